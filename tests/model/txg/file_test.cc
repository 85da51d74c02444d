// SPDX-License-Identifier: Apache-2.0
//
// What file system calls make of a dataset, in their txg and by a replay of the log.
#include <gtest/gtest.h>

#include "model/dataset/errno.h"
#include "tests/support/pool_fixture.h"

namespace model {
namespace {

using sim::SimDuration;

constexpr uint64_t kMiB = 1 << 20;

struct FileFixture : PoolFixture {
  FileFixture() : PoolFixture({.keep_tree_on_disk = true}) {
    Make(CreateFilesystem("tank/a"));
    EXPECT_EQ(pool->tree().Lookup("tank/a", &a), 0);
  }
  uint64_t Referenced() const { return pool->tree().ReferencedBytes(a); }
  ObjectId a = 0;
};

// 10 MiB, of which some were there: a power cut after the fsync leaves what the sync of the txg would.
TEST(FileTest, AReplayedWriteGrowsTheDatasetAsItsSyncDoes) {
  struct Row {
    uint64_t extent;
    bool append;
    uint64_t after;
  };
  for (const Row& row : {Row{0, false, 10}, Row{4, false, 10}, Row{20, false, 20}, Row{20, true, 30}}) {
    FileFixture f;
    f.pool->tree().Write(f.a, row.extent * kMiB, 0, 1);
    f.pool->tree().SetExtent(f.a, row.extent * kMiB);
    bool fsynced = false;
    f.Run("app", SimDuration::Millis(100), [&](Thread* t) -> sim::Task<> {
      t->EnterKernel();
      int error = co_await f.pool->Fsync(t, f.a);  // Makes the log.
      EXPECT_EQ(error, 0);
      co_await f.pool->WaitSynced(t, 0);
      error = co_await f.pool->Write(t, f.a, 10 * kMiB, row.append);
      EXPECT_EQ(error, 0);
      error = co_await f.pool->Fsync(t, f.a);
      EXPECT_EQ(error, 0);
      co_await t->ReturnToUser();
      fsynced = true;
    });
    for (int64_t ms = 1; !fsynced && ms < 20'000; ++ms) f.RunUntil(SimDuration::Millis(ms));
    const RecoveredPool recovered = f.pool->Recover();
    ASSERT_TRUE(recovered.tree.has_value());
    EXPECT_EQ(recovered.tree->ReferencedBytes(f.a), row.after * kMiB);
    f.RunUntil(SimDuration::Seconds(40));
    EXPECT_EQ(f.Referenced(), row.after * kMiB);
  }
}

TEST(FileTest, NothingIsFreedOfWhatIsReadonly) {
  FileFixture f;
  f.pool->tree().Write(f.a, 10 * kMiB, 0, 1);
  f.Make(SetProperty("tank/a", "readonly", "on"));
  int error = 0;
  f.Run("rm", SimDuration::Millis(100), [&](Thread* t) -> sim::Task<> {
    t->EnterKernel();
    error = co_await f.pool->Free(t, f.a, 5 * kMiB);
    co_await t->ReturnToUser();
  });
  f.RunUntil(SimDuration::Seconds(12));
  EXPECT_EQ(error, kEROFS);
  EXPECT_EQ(f.Referenced(), 10 * kMiB);
}

}  // namespace
}  // namespace model
