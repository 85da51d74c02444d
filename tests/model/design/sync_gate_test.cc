// SPDX-License-Identifier: Apache-2.0
//
// How far the others come while a channel transaction keeps the sync gate closed: what stops a
// writer before the dirty limit, and what goes on regardless.
#include <gtest/gtest.h>

#include "model/dataset/errno.h"
#include "model/design/transaction.h"
#include "tests/support/pool_fixture.h"

namespace model {
namespace {

using sim::SimDuration;

constexpr int64_t kMiB = 1 << 20;

// tank/a, and a holder from 2 s on whose transaction stays open until it is killed.
struct HeldPool : PoolFixture {
  HeldPool() : HeldPool(Settings{}) {}
  explicit HeldPool(const Settings& settings) : PoolFixture(settings) {
    Make(CreateFilesystem("tank/a"));
    holder = Run("holder", SimDuration::Seconds(2), [this](Thread* t) { return Hold(t, pool.get()); });
  }
  static sim::Task<> Hold(Thread* thread, Pool* pool) {
    auto transaction =
        std::make_shared<ChannelTransaction>(pool, thread->process(), ChannelTransaction::Options{}, nullptr);
    thread->process()->AddFile(transaction);
    thread->EnterKernel();
    const int error = co_await transaction->Begin(thread);
    EXPECT_EQ(error, 0);
    co_await thread->ReturnToUser();
    co_await thread->SleepFor(SimDuration::Seconds(1'000'000), SleepKind::kInterruptible);
  }
  ObjectId a() const {
    ObjectId id = 0;
    EXPECT_EQ(pool->tree().Lookup("tank/a", &id), 0);
    return id;
  }
  // Writes without a pause from 3 s on.
  const Load& Write(int64_t size) {
    load = std::make_unique<Load>(pool.get(),
                                  LoadOptions{.name = "app",
                                              .size_bytes = size,
                                              .dataset = "tank/a",
                                              .at = sim::SimTime::Start() + SimDuration::Seconds(3)});
    load->Start();
    return *load;
  }
  char StateOf(std::string_view name) const { return machine.FindThread(name)->StateLetter(); }

  Process* holder;
  std::unique_ptr<Load> load;
};

// While it is in flight a record of 128 KiB counts as 3 MiB, and up to 320 + 10 MiB may be in flight below a
// quota of 320 MiB. So 110 records fit, of an empty dataset: 13 writes of 1 MiB and a part of the 14th, which
// waits for a txg that does not come.
TEST(SyncGateTest, ADatasetWithAQuotaStopsAtATwentyFourthOfIt) {
  HeldPool f;
  f.Make(SetProperty("tank/a", "quota", "320M"));
  const Load& load = f.Write(kMiB);
  f.RunUntil(SimDuration::Seconds(60));
  EXPECT_EQ(load.figures().ops, 13);
  EXPECT_EQ(f.StateOf("app"), 'D');
  EXPECT_EQ(f.pool->dirty().total(), 110 * 128 << 10);
  f.machine.Signal(f.holder, kSigKill);
  f.RunUntil(SimDuration::Seconds(61));
  EXPECT_GT(load.figures().ops, 50);
}

// Records of 4 KiB fill the log's memory long before they are 60 % of a dirty limit of 4 GiB.
TEST(SyncGateTest, TheLogsMemoryDelaysAWriterBeforeDirtyDataDoes) {
  PoolTunables tunables;
  tunables.zfs_wrlog_data_max = 4 * kMiB;
  HeldPool f({.dirty_data_max = 4096 * kMiB, .tunables = tunables});
  const Load& load = f.Write(4096);
  f.RunUntil(SimDuration::Seconds(4));
  EXPECT_GT(load.delay_ns(), 500'000'000);
  EXPECT_LT(f.pool->dirty().total(), 40 * kMiB);
  EXPECT_EQ(f.pool->pipeline().synced_txg(), kTxgInitial - 1);
}

// 100 GiB of file are 800 blocks of pointers of 128 KiB; 240 of them are 30 % of 100 MiB of dirty data, and
// the first who has so many asks for a txg and waits for it.
sim::Task<> FreeMuch(Thread* thread, Pool* pool, ObjectId dataset, bool* ended) {
  thread->EnterKernel();
  const int error = co_await pool->Free(thread, dataset, int64_t{100} << 30);
  EXPECT_EQ(error, 0);
  *ended = true;
  co_await thread->ReturnToUser();
}

TEST(SyncGateTest, AFreeOfALargeFileWaitsForTheTxgThatItForces) {
  HeldPool f({.dirty_data_max = 100 * kMiB});
  bool ended = false;
  f.Run("rm", SimDuration::Seconds(3),
        [&f, &ended](Thread* t) { return FreeMuch(t, f.pool.get(), f.a(), &ended); });
  f.RunUntil(SimDuration::Seconds(60));
  EXPECT_FALSE(ended);
  EXPECT_EQ(f.StateOf("rm"), 'D');
  EXPECT_LE(f.pool->pipeline().open_txg(), kTxgInitial + 2);
  f.machine.Signal(f.holder, kSigKill);
  f.RunUntil(SimDuration::Seconds(120));
  EXPECT_TRUE(ended);
}

// 60 % of 100 MiB (zfs_delay_min_dirty_percent): up to there a writer is not delayed at all.
TEST(SyncGateTest, AWriterIsDelayedFromSixtyPercentOfTheDirtyLimitOn) {
  HeldPool f({.dirty_data_max = 100 * kMiB});
  const Load& load = f.Write(kMiB / 4);
  int64_t most = 0;
  for (int us = 3'000'000; load.delay_ns() == 0 && us < 4'000'000; us += 50) {
    most = f.pool->dirty().total();
    f.RunUntil(SimDuration::Micros(us));
  }
  EXPECT_GT(load.delay_ns(), 0);
  EXPECT_GE(most, 60 * kMiB);
  EXPECT_LE(most, 61 * kMiB);
  EXPECT_EQ(load.stall_ns(), 0);  // Far from the limit.
}

// Renames a file and calls fsync: once at 1 s, when txgs still go, then `count` times from 3 s on. The record
// takes 16 bytes of the log and no space of the dataset.
sim::Task<> RenameAndSync(Thread* thread, Pool* pool, ObjectId dataset, int count, int* durable) {
  for (int i = 0; i <= count; ++i) {
    if (i == 1) co_await thread->SleepFor(SimDuration::Seconds(2), SleepKind::kInterruptible);
    thread->EnterKernel();
    Tx tx;
    co_await pool->Assign(thread, &tx, {});
    pool->dirty().Dirty(4096, tx.txg(), thread);  // The directory.
    pool->ZilOf(dataset).Add({.txg = tx.txg(), .bytes = 16});
    pool->Commit(&tx, thread);
    const int error = co_await pool->Fsync(thread, dataset);
    EXPECT_EQ(error, 0);
    if (i > 0) ++*durable;
    co_await thread->ReturnToUser();
  }
}

// A block of the log has 4 KiB and 16 bytes here, and is given back when its txg has synced. The disks have
// room for three.
TEST(SyncGateTest, FsyncStandsStillWhenThereIsNoSpaceForALogBlock) {
  HeldPool f({.pool_bytes = 16 * kMiB});
  f.pool->tree().Write(f.pool->tree().root(), 16 * kMiB - 3 * 4112, 0, 1);
  int durable = 0;
  f.Run("app", SimDuration::Seconds(1),
        [&](Thread* t) { return RenameAndSync(t, f.pool.get(), f.a(), 10, &durable); });
  f.RunUntil(SimDuration::Seconds(60));
  EXPECT_EQ(durable, 3);
  EXPECT_EQ(f.StateOf("app"), 'D');
  EXPECT_EQ(f.pool->ZilOf(f.a()).block_bytes(), 3 * 4112);
  f.machine.Signal(f.holder, kSigKill);
  f.RunUntil(SimDuration::Seconds(120));
  EXPECT_EQ(durable, 10);
}

// A log block that cannot be written is replaced by a whole txg (zil_lwb_flush_vdevs_done).
TEST(SyncGateTest, FsyncFallsBackOnATxgWhenALogBlockFails) {
  HeldPool f;
  int durable = 0;
  f.Run("app", SimDuration::Seconds(1),
        [&](Thread* t) { return RenameAndSync(t, f.pool.get(), f.a(), 2, &durable); });
  f.RunUntil(SimDuration::Millis(2900));
  f.device.SetError(kEIO);
  f.RunUntil(SimDuration::Millis(3100));
  f.device.SetError(0);
  f.RunUntil(SimDuration::Seconds(60));
  EXPECT_EQ(durable, 0);
  EXPECT_EQ(f.StateOf("app"), 'D');
  EXPECT_FALSE(f.pool->suspended());
  f.machine.Signal(f.holder, kSigKill);
  f.RunUntil(SimDuration::Seconds(120));
  EXPECT_EQ(durable, 2);
}

// Without a heartbeat the pool would be suspended after ten intervals of a second.
TEST(SyncGateTest, HeartbeatsOfMultihostGoOn) {
  HeldPool f({.multihost = true});
  f.RunUntil(SimDuration::Seconds(100));
  EXPECT_TRUE(f.pool->pipeline().sync_gate_closed());
  EXPECT_FALSE(f.pool->suspended());
}

// zfs_deadman_synctime_ms is ten minutes, but no spa_sync is running.
TEST(SyncGateTest, TheDeadmanIsNotArmed) {
  HeldPool f;
  f.Write(64 << 10);
  f.RunUntil(SimDuration::Seconds(1500));
  EXPECT_EQ(f.StateOf("app"), 'D');
  EXPECT_TRUE(f.pool->events().empty());
}

}  // namespace
}  // namespace model
