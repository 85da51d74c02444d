// SPDX-License-Identifier: Apache-2.0
#include "model/script/zcp/numbers.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace model {
namespace {

TEST(ZcpNumbersTest, TextsAreReadAsThere) {
  EXPECT_EQ(ProgramNumber(" 0x10 "), 16);
  EXPECT_EQ(ProgramNumber("-010"), -8);
  EXPECT_EQ(ProgramNumber("18446744073709551615"), -1);  // 2^64 - 1
  for (const char* none : {"", " ", "-", "08", "0x", "1e3", "1 2"})
    EXPECT_FALSE(ProgramNumber(none).has_value()) << none;
}

TEST(ZcpNumbersTest, PowersWrapAndHaveNoFractions) {
  EXPECT_EQ(ProgramPower(2, 10), 1024);
  EXPECT_EQ(ProgramPower(-3, 3), -27);
  EXPECT_EQ(ProgramPower(7, 0), 1);
  EXPECT_EQ(ProgramPower(2, -1), 0);
  EXPECT_EQ(ProgramPower(2, 63), INT64_MIN);
  EXPECT_EQ(ProgramPower(2, 64), 0);
}

TEST(ZcpNumbersTest, FractionsAreTold) {
  for (const char* yes : {"1.5", ".5", "1e3", "2.", "1E-3"}) EXPECT_TRUE(IsFraction(yes)) << yes;
  for (const char* no : {"", ".", "15", "e3", "0x1.8", "1.5x"}) EXPECT_FALSE(IsFraction(no)) << no;
}

}  // namespace
}  // namespace model
