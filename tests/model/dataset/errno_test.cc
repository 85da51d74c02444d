// SPDX-License-Identifier: Apache-2.0
#include "model/dataset/errno.h"

#include <set>

#include "gtest/gtest.h"

namespace model {
namespace {

TEST(ErrnoTest, ValuesAreThoseOfLinuxOnX86) {
  EXPECT_EQ(kEPERM, 1);
  EXPECT_EQ(kEDEADLK, 35);
  EXPECT_EQ(kENAMETOOLONG, 36);
  EXPECT_EQ(kETIME, 62);
  EXPECT_EQ(kENOTSUP, 95);
  EXPECT_EQ(kEDQUOT, 122);
  EXPECT_EQ(kECANCELED, 125);
  EXPECT_EQ(kZFS_ERR_WRONG_PARENT, 1033);
}

TEST(ErrnoTest, AChannelProgramSeesFortyOfThem) {
  std::set<std::string_view> names;
  for (const ErrnoEntry& entry : ChannelProgramErrnos()) names.insert(entry.name);
  EXPECT_EQ(names.size(), 40u);
  EXPECT_TRUE(names.contains("EDQUOT"));
  EXPECT_FALSE(names.contains("ETIMEDOUT"));
}

TEST(ErrnoTest, EveryValueHasOneNameAndEveryNameLeadsBackToItsValue) {
  std::set<int> values;
  for (const ErrnoEntry& entry : AllErrnos()) {
    EXPECT_TRUE(values.insert(entry.value).second) << entry.name;
    EXPECT_EQ(ErrnoName(entry.value), entry.name);
    EXPECT_EQ(ErrnoByName(entry.name), entry.value);
  }
}

TEST(ErrnoTest, SuccessAndUnknownValuesHaveNoName) {
  EXPECT_EQ(ErrnoName(0), "");
  EXPECT_EQ(ErrnoName(-1), "");
  EXPECT_EQ(ErrnoByName("EWHATEVER"), std::nullopt);
  EXPECT_EQ(ErrnoText(0), "0");
  EXPECT_EQ(ErrnoText(kEBUSY), "EBUSY");
  EXPECT_EQ(ErrnoText(77), "errno 77");
}

}  // namespace
}  // namespace model
