// SPDX-License-Identifier: Apache-2.0
#include "model/dataset/dataset_tree.h"

#include "fmt/core.h"
#include "model/dataset/tree_digest.h"
#include "tests/model/dataset/test_pool.h"

namespace model {
namespace {

TEST(DatasetTreeTest, CopiesAreIndependent) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  pool.Must(TakeSnapshot("tank/a@1"));
  TestPool overlay = pool;
  overlay.Must(Destroy("tank/a@1"));
  overlay.Must(CreateFilesystem("tank/b"));
  overlay.Write("tank/a", kMiB);
  EXPECT_TRUE(pool.Exists("tank/a@1"));
  EXPECT_FALSE(pool.Exists("tank/b"));
  EXPECT_EQ(pool.Used("tank"), 0u);
  pool.Must(SetProperty("tank/a", "my:k", "v"));
  EXPECT_TRUE(overlay.tree.DatasetOf(overlay.Id("tank/a")).properties.empty());
}

TEST(DatasetTreeTest, AChangeOfACopySharesWhatItDoesNotTouch) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  pool.Must(CreateFilesystem("tank/b"));
  TestPool overlay = pool;
  overlay.Must(SetProperty("tank/a", "my:k", "v"));
  const ObjectId a = pool.Id("tank/a");
  const ObjectId b = pool.Id("tank/b");
  EXPECT_NE(pool.tree.FindDataset(a), overlay.tree.FindDataset(a));
  EXPECT_EQ(pool.tree.FindDataset(b), overlay.tree.FindDataset(b));
}

TEST(DatasetTreeTest, GuidsAreSpreadAndStable) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  const ObjectId a = pool.Id("tank/a");
  EXPECT_NE(pool.tree.GuidOf(a), pool.tree.GuidOf(pool.tree.root()));
  const uint64_t guid = pool.tree.GuidOf(a);
  pool.Must(Rename("tank/a", "tank/b"));
  EXPECT_EQ(pool.tree.GuidOf(pool.Id("tank/b")), guid);
}

// 700 filesystems with 10 snapshots each, and one with 1000: more than 8,700 objects.
TEST(DatasetTreeTest, ALargePoolIsMadeCopiedAndPruned) {
  TestPool pool;
  for (int f = 0; f < 700; ++f) pool.Must(CreateFilesystem(fmt::format("tank/filesystem-{}", f)));
  for (int s = 0; s < 10; ++s) {
    for (int f = 0; f < 700; ++f) {
      pool.Must(TakeSnapshot(fmt::format("tank/filesystem-{}@autosnap_2020-05-13_{:02}:00:29_hourly", f, s)));
    }
  }
  for (int s = 0; s < 1000; ++s) {
    pool.Write("tank/filesystem-7", kMiB, kMiB / 2);
    pool.Must(TakeSnapshot(fmt::format("tank/filesystem-7@s{}", s)));
  }
  const uint64_t digest = NormalisedTreeDigest(pool.tree, true);
  TestPool overlay = pool;
  for (int s = 0; s < 1000; ++s) overlay.Must(Destroy(fmt::format("tank/filesystem-7@s{}", s)));
  EXPECT_EQ(NormalisedTreeDigest(pool.tree, true), digest);
  // 1000 writes of 1 MiB and as many deaths of half of one: 500 MiB are left, all the head's.
  EXPECT_EQ(overlay.Referenced("tank/filesystem-7"), 500 * kMiB + kMiB / 2);
  EXPECT_EQ(overlay.Used("tank/filesystem-7"), overlay.Referenced("tank/filesystem-7"));
}

}  // namespace
}  // namespace model
