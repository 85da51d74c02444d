// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "model/design/session.h"
#include "model/txg/txg.h"
#include "tests/support/pool_fixture.h"

namespace model {
namespace {

using sim::SimDuration;
using ::testing::ElementsAre;

sim::Task<> TakeIt(Thread* thread, Pool* pool, std::string name, std::vector<int>* results) {
  SyncTask task = MutationTask(pool, TakeSnapshot(std::move(name)), Caller::kIoctl);
  thread->EnterKernel();
  const int error = co_await pool->Administer(thread, &task);
  co_await thread->ReturnToUser();
  results->push_back(error);
}

std::vector<TxgRow> BusyRows(const Pool& pool) {
  std::vector<TxgRow> rows;
  for (const TxgRow& row : pool.pipeline().history()) {
    if (row.waiters > 0) rows.push_back(row);
  }
  return rows;
}

TEST(TxgPipelineTest, AnIdlePoolSyncsEveryFiveSecondsFromStartToStart) {
  PoolFixture f;
  f.RunUntil(SimDuration::Seconds(21));
  std::vector<int64_t> starts;
  for (const TxgRow& row : f.pool->pipeline().history()) {
    if (row.state == 'C') starts.push_back(row.sync_start_ns);
  }
  ASSERT_EQ(starts.size(), 4u);
  for (size_t i = 1; i < starts.size(); ++i) {
    EXPECT_GE(starts[i] - starts[i - 1], 5'000'000'000);
    EXPECT_LT(starts[i] - starts[i - 1], 5'001'000'000);
  }
  EXPECT_EQ(f.pool->uberblocks_written(), 0);  // Nothing was dirty.
}

TEST(TxgPipelineTest, TheWaitForAnOperationStartsTheSyncAtOnce) {
  PoolFixture f;
  std::vector<int> results;
  f.Run("zfs", SimDuration::Seconds(1),
        [&](Thread* t) { return TakeIt(t, f.pool.get(), "tank@a", &results); });
  f.RunUntil(SimDuration::Millis(1100));
  EXPECT_THAT(results, ElementsAre(0));
  EXPECT_EQ(f.pool->uberblocks_written(), 1);
}

// Eight at once: the first starts a sync, the other seven share the next txg at the latest.
TEST(TxgPipelineTest, OperationsThatArriveDuringASyncShareTheNextTxg) {
  PoolFixture f;
  for (int i = 0; i < 8; ++i) f.Make(CreateFilesystem("tank/home" + std::to_string(i)));
  std::vector<int> results;
  for (int i = 0; i < 8; ++i) {
    f.Run("zfs" + std::to_string(i), SimDuration::Micros(1'000'000 + 100 * i), [&, i](Thread* t) {
      return TakeIt(t, f.pool.get(), "tank/home" + std::to_string(i) + "@a", &results);
    });
  }
  f.RunUntil(SimDuration::Seconds(2));
  EXPECT_EQ(results.size(), 8u);
  const std::vector<TxgRow> busy = BusyRows(*f.pool);
  ASSERT_EQ(busy.size(), 2u);
  EXPECT_EQ(busy[0].sync_tasks + busy[1].sync_tasks, 8);
}

// Both snapshots pass the open-context check; in syncing context the second finds
// that its filesystem was snapshotted in this txg: EAGAIN, repeated at txg + 2,
// so the command line sees only the time.
TEST(SyncTaskTest, ASecondSnapshotInOneTxgIsRepeatedTwoTxgsLater) {
  PoolFixture f;
  std::vector<int> results;
  f.Run("one", SimDuration::Seconds(1),
        [&](Thread* t) { return TakeIt(t, f.pool.get(), "tank@a", &results); });
  f.Run("two", SimDuration::Seconds(1),
        [&](Thread* t) { return TakeIt(t, f.pool.get(), "tank@b", &results); });
  f.RunUntil(SimDuration::Seconds(2));
  EXPECT_THAT(results, ElementsAre(0, 0));
  const auto* a =
      f.pool->tree().FindSnapshot(f.pool->tree().FindSnapshotNamed(f.pool->tree().DatasetOf(1), "a"));
  const auto* b =
      f.pool->tree().FindSnapshot(f.pool->tree().FindSnapshotNamed(f.pool->tree().DatasetOf(1), "b"));
  ASSERT_NE(a, nullptr);
  ASSERT_NE(b, nullptr);
  EXPECT_GE(b->created.txg, a->created.txg + kTxgDeferSize);
}

TEST(SyncTaskTest, AnErrorOfTheOpenContextCheckCostsNoTxg) {
  PoolFixture f;
  std::vector<int> results;
  f.Run("zfs", SimDuration::Seconds(1),
        [&](Thread* t) { return TakeIt(t, f.pool.get(), "tank/no@a", &results); });
  f.RunUntil(SimDuration::Seconds(2));
  EXPECT_THAT(results, ElementsAre(kENOENT));
  EXPECT_TRUE(BusyRows(*f.pool).empty());
}

TEST(TxgWaitTest, WaitSyncedOfZeroWaitsForTheOpenTxgPlusTwo) {
  PoolFixture f;
  uint64_t open = 0;
  uint64_t synced = 0;
  auto body = [&](Thread* t) -> sim::Task<> {
    struct Frame {
      static sim::Task<> Run(Thread* thread, Pool* pool, uint64_t* before, uint64_t* after) {
        *before = pool->pipeline().open_txg();
        co_await pool->WaitSynced(thread, 0);
        *after = pool->pipeline().synced_txg();
      }
    };
    return Frame::Run(t, f.pool.get(), &open, &synced);
  };
  f.Run("zpool", SimDuration::Seconds(1), body);
  f.RunUntil(SimDuration::Seconds(3));
  EXPECT_EQ(synced, open + 2);
}

// facts of the wait states: a command waits for its txg in D and SIGKILL does not
// end that; idle pool threads are in S; txg_quiesce waits for holders in D while
// txg_sync idles in S.
TEST(TxgWaitTest, ACommandWaitsForItsTxgInD) {
  PoolFixture f({.disk_service = SimDuration::Millis(100)});
  std::vector<int> results;
  Process* zfs = f.Run("zfs", SimDuration::Seconds(1),
                       [&](Thread* t) { return TakeIt(t, f.pool.get(), "tank@a", &results); });
  f.RunUntil(SimDuration::Millis(1050));
  Thread* thread = zfs->threads().front();
  EXPECT_EQ(thread->StateLetter(), 'D');
  EXPECT_FALSE(thread->Killable());
  EXPECT_STREQ(thread->Stack()[0], "txg_wait_synced");
  EXPECT_STREQ(thread->Stack()[1], "dsl_sync_task_common");
  f.machine.Signal(zfs, kSigKill);
  f.RunUntil(SimDuration::Millis(1060));
  EXPECT_EQ(thread->StateLetter(), 'D');
  f.RunUntil(SimDuration::Seconds(3));
  EXPECT_TRUE(zfs->ended());
  EXPECT_THAT(results, ElementsAre(0));  // The operation stands.
}

TEST(TxgWaitTest, IdlePoolThreadsSleepInS) {
  PoolFixture f;
  f.RunUntil(SimDuration::Seconds(1));
  EXPECT_EQ(f.pool->pipeline().sync_thread()->StateLetter(), 'S');
  EXPECT_EQ(f.pool->pipeline().quiesce_thread()->StateLetter(), 'S');
}

sim::Task<> HoldTxg(Thread* thread, Pool* pool, SimDuration span) {
  thread->EnterKernel();
  Tx tx;
  co_await pool->Assign(thread, &tx, {});
  co_await thread->SleepFor(span, SleepKind::kUninterruptible);
  pool->Commit(&tx, thread);
  co_await thread->ReturnToUser();
}

TEST(TxgWaitTest, AHeldTransactionShowsAsQuiesceInDAndSyncIdleInS) {
  PoolFixture f;
  std::vector<int> results;
  f.Run("writer", SimDuration::Seconds(1),
        [&](Thread* t) { return HoldTxg(t, f.pool.get(), SimDuration::Seconds(1)); });
  f.Run("zfs", SimDuration::Millis(1100),
        [&](Thread* t) { return TakeIt(t, f.pool.get(), "tank@a", &results); });
  f.RunUntil(SimDuration::Millis(1500));
  EXPECT_EQ(f.pool->pipeline().quiesce_thread()->StateLetter(), 'D');
  EXPECT_EQ(f.pool->pipeline().sync_thread()->StateLetter(), 'S');
  EXPECT_TRUE(results.empty());
  f.RunUntil(SimDuration::Millis(2100));
  EXPECT_THAT(results, ElementsAre(0));
}

TEST(TxgPipelineTest, WhileATxgSyncsTheNextOneStaysOpen) {
  PoolFixture f({.disk_service = SimDuration::Millis(50)});
  std::vector<int> results;
  f.Run("zfs", SimDuration::Seconds(1),
        [&](Thread* t) { return TakeIt(t, f.pool.get(), "tank@a", &results); });
  f.RunUntil(SimDuration::Millis(1060));
  EXPECT_NE(f.pool->pipeline().syncing_txg(), 0u);
  EXPECT_EQ(f.pool->pipeline().quiescing_txg(), 0u);
  EXPECT_EQ(f.pool->pipeline().open_txg(), f.pool->pipeline().syncing_txg() + 1);
}

TEST(LoadTest, DirtyDataOverTwentyPercentOfTheLimitStartsASync) {
  PoolFixture f({.dirty_data_max = 100 << 20});
  Load load(f.pool.get(), {.name = "db", .count = 4, .bytes_per_s = 50 << 20, .dataset = "tank"});
  load.Start();
  f.RunUntil(SimDuration::Seconds(1));
  // 50 MiB/s against a kick at 20 MiB: about two syncs a second, not one in five.
  EXPECT_GE(f.pool->uberblocks_written(), 2);
  EXPECT_EQ(load.stall_ns(), 0);
  EXPECT_NEAR(static_cast<double>(load.figures().bytes), 50.0 * (1 << 20), 1 << 20);
}

}  // namespace
}  // namespace model
