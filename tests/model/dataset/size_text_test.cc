// SPDX-License-Identifier: Apache-2.0
#include "model/dataset/size_text.h"

#include "gtest/gtest.h"

namespace model {
namespace {

TEST(SizeTextTest, ReadsBytesAndUnits) {
  EXPECT_EQ(ParseSize("0"), 0u);
  EXPECT_EQ(ParseSize("0B"), 0u);
  EXPECT_EQ(ParseSize("512"), 512u);
  EXPECT_EQ(ParseSize("238K"), 238u * 1024);
  EXPECT_EQ(ParseSize("249G"), uint64_t{249} << 30);
  EXPECT_EQ(ParseSize("1kb"), 1024u);
  EXPECT_EQ(ParseSize("1MiB"), 1024u * 1024);
  EXPECT_EQ(ParseSize("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(ParseSize("15E"), uint64_t{15} << 60);
}

TEST(SizeTextTest, DecimalsAreRoundedToTheNearestByte) {
  // 22.5 * 2^20 = 23592960 exactly.
  EXPECT_EQ(ParseSize("22.5M"), 23592960u);
  // 3.09 * 2^40 = 3397490929827.84, so 3397490929828.
  EXPECT_EQ(ParseSize("3.09T"), 3397490929828u);
  // 0.0005 * 2^10 = 0.512 and 0.0004 * 2^10 = 0.4096.
  EXPECT_EQ(ParseSize("0.0005K"), 1u);
  EXPECT_EQ(ParseSize("0.0004K"), 0u);
  // 5.31 * 2^30 = 5701569085.44.
  EXPECT_EQ(ParseSize("5.31G"), 5701569085u);
}

TEST(SizeTextTest, RefusesWhatIsNoSize) {
  for (const char* text : {"", "-", "none", "G", ".5G", "5.G", "1.5", "1.5B", "1X", "1KK", "-1", "+1", "1 G",
                           "0x10", "16E", "18446744073709551616", "1.00000000000000000000K", "nan", "1e3"}) {
    EXPECT_EQ(ParseSize(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace model
