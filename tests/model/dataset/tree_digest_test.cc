// SPDX-License-Identifier: Apache-2.0
#include "model/dataset/tree_digest.h"

#include "gtest/gtest.h"
#include "model/dataset/pool_builder.h"
#include "tests/model/dataset/test_pool.h"

namespace model {
namespace {

// Some of everything, with as many other objects made and destroyed before as is asked for.
TestPool MakePool(int detours) {
  TestPool pool;
  for (int i = 0; i < detours; ++i) {
    pool.Must(CreateFilesystem("tank/detour"));
    pool.Must(Destroy("tank/detour"));
  }
  pool.Must(CreateFilesystem("tank/a", {{"atime", "off"}}));
  pool.Must(CreateVolume("tank/v", "1G"));
  pool.Must(TakeSnapshot("tank/a@1"));
  pool.Must(TakeSnapshot("tank/a@2"));
  pool.Must(Clone("tank/a@2", "tank/c"));
  pool.Must(Hold("keep", "tank/a@1"));
  pool.Must(MakeBookmark("tank/a@1", "tank/a#b"));
  return pool;
}

uint64_t Digest(const TestPool& pool) { return NormalisedTreeDigest(pool.tree, false); }

TEST(TreeDigestTest, IdsTxgsTimesAndMountsDoNotCount) {
  TestPool one = MakePool(0);
  const TestPool other = MakePool(3);
  EXPECT_NE(one.Id("tank/a"), other.Id("tank/a"));
  EXPECT_EQ(Digest(one), Digest(other));
  EXPECT_EQ(NormalisedTreeDigest(one.tree, true), NormalisedTreeDigest(other.tree, true));
  one.tree.SetMounted(one.Id("tank/a"), true);
  EXPECT_EQ(Digest(one), Digest(other));
}

TEST(TreeDigestTest, TheOrderOfUnrelatedOperationsDoesNotCount) {
  TestPool one;
  one.Must(CreateFilesystem("tank/a"));
  one.Must(CreateFilesystem("tank/b"));
  TestPool other;
  other.Must(CreateFilesystem("tank/b"));
  other.Must(CreateFilesystem("tank/a"));
  EXPECT_EQ(Digest(one), Digest(other));
}

TEST(TreeDigestTest, EverythingElseCounts) {
  const uint64_t digest = Digest(MakePool(0));
  for (const Mutation& mutation :
       {CreateFilesystem("tank/x"), Destroy("tank/a#b"), Release("keep", "tank/a@1"), Promote("tank/c"),
        Destroy("tank/a@2", true), SetProperty("tank/a", "my:k", "v"), SetProperty("tank/a@1", "my:k", "v"),
        Inherit("tank/a", "atime"), Rename("tank/a@1", "tank/a@0"), TakeSnapshot("tank/v@1")}) {
    TestPool pool = MakePool(0);
    pool.Must(mutation);
    EXPECT_NE(Digest(pool), digest) << ToCommand(mutation);
  }
}

TEST(TreeDigestTest, TheOrderOfSnapshotsCounts) {
  TestPool one;
  one.Must(TakeSnapshot("tank@1"));
  one.Must(TakeSnapshot("tank@2"));
  TestPool other;
  other.Must(TakeSnapshot("tank@2"));
  other.Must(TakeSnapshot("tank@1"));
  EXPECT_NE(Digest(one), Digest(other));
}

TEST(TreeDigestTest, SpaceCountsOnDemand) {
  TestPool one = MakePool(0);
  TestPool other = MakePool(0);
  other.Write("tank/v", kMiB);
  EXPECT_EQ(Digest(one), Digest(other));
  EXPECT_NE(NormalisedTreeDigest(one.tree, true), NormalisedTreeDigest(other.tree, true));
}

TEST(TreeDigestTest, TheTextTellsTheSameInWords) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a", {{"atime", "off"}}));
  pool.Must(TakeSnapshot("tank/a@1"));
  pool.Must(Hold("keep", "tank/a@1"));
  EXPECT_EQ(NormalisedTreeText(pool.tree, false),
            "tank filesystem\n"
            "tank/a filesystem\n"
            "tank/a set atime=off\n"
            "tank/a@1 snapshot\n"
            "tank/a@1 hold keep\n");
}

TEST(TreeDigestTest, IsTheSameOnEveryPlatform) {
  // A digest that changes here changes every recorded result: on purpose only.
  EXPECT_EQ(Digest(MakePool(0)), 0x98f35eeac376a75au);
}

}  // namespace
}  // namespace model
