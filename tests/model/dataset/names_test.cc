// SPDX-License-Identifier: Apache-2.0
#include "model/dataset/names.h"

#include "gtest/gtest.h"
#include "model/dataset/errno.h"

namespace model {
namespace {

TEST(NamesTest, SplitsAtTheFirstSeparator) {
  const SplitName snapshot = Split("tank/a@s");
  EXPECT_EQ(snapshot.dataset, "tank/a");
  EXPECT_EQ(snapshot.separator, '@');
  EXPECT_EQ(snapshot.tail, "s");
  EXPECT_EQ(Split("tank/a").separator, '\0');
  EXPECT_EQ(Split("tank#b@c").tail, "b@c");
}

TEST(NamesTest, PartsOfAPath) {
  EXPECT_EQ(PoolOf("tank/a/b@s"), "tank");
  EXPECT_EQ(PoolOf("tank#b"), "tank");
  EXPECT_EQ(ParentOf("tank/a/b"), "tank/a");
  EXPECT_EQ(ParentOf("tank"), "");
  EXPECT_EQ(LeafOf("tank/a/b"), "b");
  EXPECT_EQ(LeafOf("tank"), "tank");
  EXPECT_EQ(NestingOf("tank/a/b"), 2u);
}

TEST(NamesTest, BelowMeansAtASeparator) {
  EXPECT_TRUE(IsSameOrBelow("tank/a", "tank/a"));
  EXPECT_TRUE(IsSameOrBelow("tank/a/b", "tank/a"));
  EXPECT_TRUE(IsSameOrBelow("tank/a@s", "tank/a"));
  EXPECT_TRUE(IsSameOrBelow("tank/a#b", "tank"));
  EXPECT_FALSE(IsSameOrBelow("tank/ab", "tank/a"));
  EXPECT_FALSE(IsSameOrBelow("tank/a", "tank/a/b"));
}

TEST(NamesTest, AcceptsWhatTheRealOneAccepts) {
  EXPECT_EQ(NameErrno(NameKind::kDataset, "tank/A-Z_0.9:x y"), 0);
  EXPECT_EQ(NameErrno(NameKind::kSnapshot, "zhome/home@autosnap_2020-05-12_23:20:57_monthly"), 0);
  EXPECT_EQ(NameErrno(NameKind::kBookmark, "tank#b"), 0);
  EXPECT_EQ(NameErrno(NameKind::kPool, "tank"), 0);
}

TEST(NamesTest, RefusesWhatIsNoName) {
  for (const char* name : {"", "/tank", "tank/", "tank//a", "tank/.", "tank/../a", "tank/a!", "tank/a%b",
                           "tank/a@s", "tank/a#b", "tank/\xC3\xA9"}) {
    EXPECT_EQ(NameErrno(NameKind::kDataset, name), kEINVAL) << name;
  }
  for (const char* name : {"tank", "tank@", "@s", "tank@a/b", "tank@a@b", "tank@a#b", "tank#b"}) {
    EXPECT_EQ(NameErrno(NameKind::kSnapshot, name), kEINVAL) << name;
  }
  for (const char* name : {"9tank", "mirror", "raidz", "draid", "a/b", "tank!"}) {
    EXPECT_EQ(NameErrno(NameKind::kPool, name), kEINVAL) << name;
  }
  EXPECT_EQ(NameErrno(NameKind::kPool, "mirror1"), 0);
}

TEST(NamesTest, LengthCountsTheSnapshotToo) {
  // 255 characters are the most: 5 for "tank/" leave 250.
  const std::string longest = "tank/" + std::string(250, 'a');
  EXPECT_EQ(NameErrno(NameKind::kDataset, longest), 0);
  EXPECT_EQ(NameErrno(NameKind::kDataset, longest + "a"), kENAMETOOLONG);
  EXPECT_EQ(NameErrno(NameKind::kSnapshot, longest + "@s"), kENAMETOOLONG);
  EXPECT_EQ(NameErrno(NameKind::kPool, std::string(239, 'a')), 0);
  EXPECT_EQ(NameErrno(NameKind::kPool, std::string(240, 'a')), kENAMETOOLONG);
}

TEST(NamesTest, AProblemIsToldInWords) {
  EXPECT_EQ(NameProblem(NameKind::kDataset, "tank/a!"), "contains the character '!'");
  EXPECT_EQ(NameProblem(NameKind::kDataset, "tank//a"), "has an empty component");
  EXPECT_EQ(NameProblem(NameKind::kSnapshot, "tank"), "has no '@'");
  EXPECT_EQ(NameProblem(NameKind::kPool, "mirror"), "is reserved");
  EXPECT_EQ(NameProblem(NameKind::kDataset, "tank"), std::nullopt);
}

TEST(NamesTest, UserPropertiesHaveAColonAndNoCapitals) {
  EXPECT_TRUE(IsUserProperty("com.sun:auto-snapshot"));
  EXPECT_TRUE(IsUserProperty(":"));
  EXPECT_FALSE(IsUserProperty("compression"));
  EXPECT_FALSE(IsUserProperty("Com:x"));
  EXPECT_FALSE(IsUserProperty("a:b c"));
}

}  // namespace
}  // namespace model
