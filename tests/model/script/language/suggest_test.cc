// SPDX-License-Identifier: Apache-2.0
#include "model/script/language/suggest.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace model {
namespace {

TEST(SuggestTest, ASwapOfNeighboursIsOneStep) {
  EXPECT_EQ(EditDistance("iodepht", "iodepth"), 1);
  EXPECT_EQ(EditDistance("", "abc"), 3);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3);
}

TEST(SuggestTest, TheClosestWordWithinReachIsSuggested) {
  const std::vector<std::string> known = {"rate", "size", "dataset", "count"};
  EXPECT_EQ(Suggest("rat", known), "rate");
  EXPECT_EQ(Suggest("datset", known), "dataset");
  EXPECT_EQ(Suggest("conut", known), "count");
  EXPECT_EQ(Suggest("banana", known), "");
}

TEST(SuggestTest, LongWordsMayDifferByAThird) {
  // Four steps away; a third of 14 is 4.
  EXPECT_EQ(Suggest("zfs_dirty_dt_x", {"zfs_dirty_data_max"}), "zfs_dirty_data_max");
  EXPECT_EQ(Suggest("abc", {"xyz"}), "");
}

TEST(SuggestTest, AShortWordIsNotReplacedWhole) {
  EXPECT_EQ(Suggest("ab", {"xy"}), "");
  EXPECT_EQ(Suggest("ap", {"app"}), "app");
  EXPECT_EQ(Suggest("x", {"y"}), "");
}

TEST(SuggestTest, OfEquallyCloseWordsTheFirstIsTaken) {
  EXPECT_EQ(Suggest("cores", {"corps", "cords"}), "corps");
}

TEST(SuggestTest, WhereNothingIsCloseWhatIsAcceptedIsListed) {
  EXPECT_EQ(AcceptedUnlessNear("place", {"keep", "wait", "keep"}), "; accepted: keep, wait");
  EXPECT_EQ(AcceptedUnlessNear("kep", {"keep", "wait"}), "");  // "keep" is close.
  EXPECT_EQ(AcceptedUnlessNear("place", std::vector<std::string>()), "");
  std::vector<std::string> many;
  for (int i = 0; i < 20; ++i) many.push_back("thread" + std::to_string(i));
  EXPECT_THAT(AcceptedUnlessNear("x", many), testing::EndsWith("thread15 and 4 more"));
}

}  // namespace
}  // namespace model
