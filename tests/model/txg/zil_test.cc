// SPDX-License-Identifier: Apache-2.0
//
// The intent log, and the oracle of power cuts: at any instant, what an import would find has
// every fsynced write and every change of a synced txg, and nothing of a later txg.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <string>
#include <vector>

#include "model/dataset/errno.h"
#include "model/dataset/tree_digest.h"
#include "model/design/session.h"
#include "sim/random.h"
#include "tests/support/pool_fixture.h"

namespace model {
namespace {

using sim::SimDuration;

sim::Task<int> WriteAs(Thread* thread, Pool* pool, ObjectId dataset, int64_t bytes) {
  thread->EnterKernel();
  const int error = co_await pool->Write(thread, dataset, bytes);
  co_await thread->ReturnToUser();
  co_return error;
}

sim::Task<int> FsyncAs(Thread* thread, Pool* pool, ObjectId dataset) {
  thread->EnterKernel();
  const int error = co_await pool->Fsync(thread, dataset);
  co_await thread->ReturnToUser();
  co_return error;
}

// What somebody was told, and when.
struct Promise {
  sim::SimTime at;
  ObjectId dataset;
  uint64_t seq;  // Writes up to this one are safe.
};
struct Taken {
  sim::SimTime at;
  std::string name;
};

// Whether the property sync is always, so that every write is promised.
class CrashTest : public ::testing::TestWithParam<bool> {
 protected:
  // What holds between any two events.
  void CheckInvariants() const {
    const TxgPipeline& pipeline = f_.pool->pipeline();
    int64_t dirty = 0;
    for (uint64_t txg = 0; txg < kTxgSize; ++txg) dirty += f_.pool->dirty().of_txg(txg);
    ASSERT_EQ(dirty, f_.pool->dirty().total());
    // synced < syncing < quiesced or quiescing < open, each by one; none is skipped.
    uint64_t last = pipeline.synced_txg();
    for (const uint64_t txg : {pipeline.syncing_txg(), pipeline.quiesced_txg(), pipeline.quiescing_txg()}) {
      if (txg == 0) continue;
      ASSERT_EQ(txg, last + 1);
      last = txg;
    }
    ASSERT_EQ(pipeline.open_txg(), last + 1);
    for (const auto& thread : f_.machine.threads()) {
      const Waitable* object = thread->waiter().on;
      if (object == nullptr || object->name() != "tx_sync_done_cv") continue;
      ASSERT_GT(static_cast<uint64_t>(thread->waiter().argument), pipeline.synced_txg()) << thread->name();
    }
  }
  sim::Task<> Writer(Thread* thread, ObjectId dataset, int64_t bytes, int every, SimDuration pause) {
    for (int k = 1;; ++k) {
      const uint64_t before = f_.pool->ZilOf(dataset).last_seq();
      const int error = co_await WriteAs(thread, f_.pool.get(), dataset, bytes);
      EXPECT_EQ(error, 0);
      if (GetParam()) promises_.push_back({f_.machine.now(), dataset, before + 1});
      if (every != 0 && k % every == 0) {
        const uint64_t seq = f_.pool->ZilOf(dataset).last_seq();
        const int fsync = co_await FsyncAs(thread, f_.pool.get(), dataset);
        EXPECT_EQ(fsync, 0);
        promises_.push_back({f_.machine.now(), dataset, seq});
      }
      co_await thread->SleepFor(pause, SleepKind::kInterruptible);
    }
  }
  sim::Task<> Administrator(Thread* thread) {
    for (int k = 0;; ++k) {
      const std::string name = "tank/a@s" + std::to_string(k);
      SyncTask task = MutationTask(f_.pool.get(), TakeSnapshot(name), Caller::kIoctl);
      thread->EnterKernel();
      const int error = co_await f_.pool->Administer(thread, &task);
      co_await thread->ReturnToUser();
      EXPECT_EQ(error, 0);
      taken_.push_back({f_.machine.now(), name});
      co_await thread->SleepFor(SimDuration::Millis(37), SleepKind::kInterruptible);
    }
  }

  PoolFixture f_{{.disk_service = SimDuration::Millis(1),
                  .disk_flush = SimDuration::Millis(3),
                  .keep_tree_on_disk = true}};
  std::vector<Promise> promises_;
  std::vector<Taken> taken_;
};

TEST_P(CrashTest, AThousandPowerCutsLoseNothingThatWasPromised) {
  f_.Make(CreateFilesystem("tank/a"));
  f_.Make(CreateFilesystem("tank/b"));
  if (GetParam()) f_.Make(SetProperty("tank", "sync", "always"));
  ObjectId a = 0;
  ObjectId b = 0;
  ASSERT_EQ(f_.pool->tree().Lookup("tank/a", &a), 0);
  ASSERT_EQ(f_.pool->tree().Lookup("tank/b", &b), 0);
  for (int i = 0; i < 3; ++i) {
    f_.Run("w" + std::to_string(i), SimDuration::Millis(1 + i),
           [this, a, i](Thread* t) { return Writer(t, a, 8192, 2 + i, SimDuration::Micros(700)); });
  }
  f_.Run("big", {}, [this, b](Thread* t) { return Writer(t, b, 1 << 20, 50, SimDuration::Millis(2)); });
  f_.Run("careless", {}, [this, b](Thread* t) { return Writer(t, b, 4096, 0, SimDuration::Millis(1)); });
  f_.Run("zfs", {}, [this](Thread* t) { return Administrator(t); });

  sim::Stream dice(20231125, "cuts");
  std::vector<int64_t> cuts;
  for (int i = 0; i < 1000; ++i) cuts.push_back(static_cast<int64_t>(dice.NextUniform01() * 4e9));
  std::sort(cuts.begin(), cuts.end());
  std::map<uint64_t, std::string> digest_of_txg;
  uint64_t replayed = 0;
  for (const int64_t cut : cuts) {
    f_.simulation.Run(sim::SimTime::FromNanos(cut));
    CheckInvariants();
    const RecoveredPool recovered = f_.pool->Recover();
    // Every txg whose waiters have been told is there.
    ASSERT_GE(recovered.txg, f_.pool->pipeline().synced_txg() - (f_.pool->uberblocks_written() == 0 ? 1 : 0));
    ASSERT_LE(recovered.txg, std::max(f_.pool->pipeline().synced_txg(), f_.pool->pipeline().syncing_txg()));
    for (const Promise& promise : promises_) {
      ASSERT_GE(recovered.writes.at(promise.dataset).seq, promise.seq) << cut;
    }
    ASSERT_TRUE(recovered.tree.has_value());
    for (const Taken& taken : taken_) {
      ObjectId id = 0;
      ASSERT_EQ(recovered.tree->Lookup(taken.name, &id), 0) << taken.name << " at " << cut;
    }
    // Nothing of a later txg: no snapshot that is younger, and no write beyond the log.
    ObjectId next = 0;
    ASSERT_NE(recovered.tree->Lookup("tank/a@s" + std::to_string(taken_.size() + 1), &next), 0);
    for (const auto& [dataset, writes] : recovered.writes) {
      ASSERT_LE(writes.synced_seq, writes.seq);
      ASSERT_LE(writes.seq, f_.pool->ZilOf(dataset).last_seq());
      ASSERT_EQ(writes.seq - writes.synced_seq, static_cast<uint64_t>(writes.replayed));
      replayed += static_cast<uint64_t>(writes.replayed);
    }
    if (recovered.writes.count(b) != 0 && promises_.empty()) {
      ASSERT_EQ(recovered.writes.at(b).replayed, 0);
    }
  }
  EXPECT_GT(promises_.size(), 100u);
  EXPECT_GT(taken_.size(), 20u);
  EXPECT_GT(replayed, 1000u);
}
INSTANTIATE_TEST_SUITE_P(Sync, CrashTest, ::testing::Bool());

// The second finds nothing new to log, but must not return before the first one's block is on disk.
TEST(ZilTest, WhoFindsNothingNewWaitsForTheBlockWithItsData) {
  PoolFixture f({.disk_service = SimDuration::Millis(10)});
  const ObjectId root = f.pool->tree().root();
  int64_t first = 0;
  int64_t second = 0;
  f.Run("first", SimDuration::Seconds(1), [&](Thread* t) -> sim::Task<> {
    co_await WriteAs(t, f.pool.get(), root, 4096);
    co_await FsyncAs(t, f.pool.get(), root);  // The first block of the dataset: a txg.
    co_await WriteAs(t, f.pool.get(), root, 4096);
    co_await FsyncAs(t, f.pool.get(), root);
    first = f.machine.now().ns();
  });
  f.Run("second", SimDuration::Seconds(1), [&](Thread* t) -> sim::Task<> {
    while (f.pool->ZilOf(root).last_seq() < 2)
      co_await t->SleepFor(SimDuration::Micros(50), SleepKind::kInterruptible);
    co_await t->SleepFor(SimDuration::Millis(1), SleepKind::kInterruptible);
    co_await FsyncAs(t, f.pool.get(), root);
    second = f.machine.now().ns();
  });
  f.RunUntil(SimDuration::Seconds(2));
  ASSERT_GT(first, 0);
  ASSERT_GT(second, 0);
  EXPECT_LT(second - first, 100'000);
  EXPECT_GT(second - first, -100'000);
}

// What `count` fsyncs in one txg take of the processor, each behind a write.
double ProcessorSecondsOf(int count) {
  PoolFixture f({.disk_service = SimDuration::Micros(1), .disk_flush = SimDuration::Micros(1)});
  const ObjectId root = f.pool->tree().root();
  const uint64_t first_txg = f.pool->pipeline().open_txg();
  f.Run("app", SimDuration::Millis(1), [&](Thread* t) -> sim::Task<> {
    for (int i = 0; i < count; ++i) {
      co_await WriteAs(t, f.pool.get(), root, 512);
      co_await FsyncAs(t, f.pool.get(), root);
    }
  });
  const std::clock_t start = std::clock();
  f.RunUntil(SimDuration::Seconds(4));
  const double taken = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  EXPECT_EQ(f.pool->ZilOf(root).durable_seq(), static_cast<uint64_t>(count));
  // The log was made in a txg of its own.
  EXPECT_EQ(f.pool->pipeline().open_txg(), first_txg + 1);
  return taken;
}

TEST(ZilTest, AnFsyncCostsTheSameHoweverManyTheTxgHas) {
  ProcessorSecondsOf(10'000);
  EXPECT_LT(ProcessorSecondsOf(40'000), 10 * ProcessorSecondsOf(10'000));
}

// What 20 threads that write and fsync write of blocks until each has done so 11 times.
int64_t BlocksOfTwenty(int64_t bytes) {
  PoolFixture f({.disk_service = SimDuration::Millis(10), .disk_flush = SimDuration::Millis(5)});
  const ObjectId root = f.pool->tree().root();
  int64_t made_log = 0;
  int ended = 0;
  for (int i = 0; i < 20; ++i) {
    f.Run("w" + std::to_string(i), {}, [&](Thread* t) -> sim::Task<> {
      for (int k = 0; k < 11; ++k) {
        if (k == 1 && made_log == 0) made_log = f.device.figures().writes;
        co_await WriteAs(t, f.pool.get(), root, bytes);
        co_await FsyncAs(t, f.pool.get(), root);
      }
      ++ended;
    });
  }
  f.RunUntil(SimDuration::Seconds(4));
  EXPECT_EQ(ended, 20);
  return f.device.figures().writes - made_log;
}

// About ten rounds: a block each while 20 records fit, else three.
TEST(GroupCommitTest, ThreadsThatCommitTogetherShareBlocks) {
  EXPECT_GE(BlocksOfTwenty(4096), 10);
  EXPECT_LE(BlocksOfTwenty(4096), 15);
  EXPECT_GE(BlocksOfTwenty(16 << 10), 25);
  EXPECT_LE(BlocksOfTwenty(16 << 10), 45);
}

// Nobody else has ever been seen: its block is written at once. One that finds a block not flushed yet waits
// a tenth of the 15 ms for others, so that who comes within that time needs no block of its own.
TEST(GroupCommitTest, OnlyWhoMayHaveCompanyWaitsForIt) {
  PoolFixture f({.disk_service = SimDuration::Millis(10), .disk_flush = SimDuration::Millis(5)});
  const ObjectId root = f.pool->tree().root();
  std::vector<int64_t> taken;
  const auto fsync = [&](Thread* t) -> sim::Task<> {
    co_await WriteAs(t, f.pool.get(), root, 4096);
    const sim::SimTime start = f.machine.now();
    co_await FsyncAs(t, f.pool.get(), root);
    taken.push_back((f.machine.now() - start).ns() / 100'000);
  };
  f.Run("log", {}, [&](Thread* t) -> sim::Task<> {
    for (int i = 0; i < 50; ++i) co_await fsync(t);
  });
  const auto at = [](int64_t us) { return SimDuration::Seconds(2) + SimDuration::Micros(us); };
  f.Run("first", at(0), fsync);
  f.Run("second", at(2'000), fsync);
  f.Run("third", at(3'000), fsync);
  f.RunUntil(SimDuration::Seconds(3));
  ASSERT_EQ(taken.size(), 53u);
  EXPECT_EQ(taken[49], 150);
  EXPECT_THAT(std::vector<int64_t>(taken.end() - 3, taken.end()), ::testing::ElementsAre(150, 165, 155));
}

TEST(ZilTest, WhatHasSyncedNeedsNoLog) {
  PoolFixture f;
  const ObjectId root = f.pool->tree().root();
  int64_t writes_before = 0;
  f.Run("w", SimDuration::Seconds(1), [&](Thread* t) -> sim::Task<> {
    co_await WriteAs(t, f.pool.get(), root, 4096);
    co_await t->SleepFor(SimDuration::Seconds(12), SleepKind::kInterruptible);
    writes_before = f.device.figures().writes;
    const int error = co_await FsyncAs(t, f.pool.get(), root);
    EXPECT_EQ(error, 0);
    EXPECT_EQ(f.device.figures().writes, writes_before);
  });
  f.RunUntil(SimDuration::Seconds(14));
  EXPECT_GT(writes_before, 0);
}

// zfs_vnops.c: the property is looked at by every call, so `zfs set` takes effect at once.
TEST(ZilTest, ThePropertySyncDecidesWhatACallWaitsFor) {
  PoolFixture f;
  const ObjectId root = f.pool->tree().root();
  bool ended = false;
  f.Run("app", SimDuration::Seconds(1), [&](Thread* t) -> sim::Task<> {
    co_await WriteAs(t, f.pool.get(), root, 4096);
    co_await FsyncAs(t, f.pool.get(), root);  // Makes the log.
    f.pool->tree().SetProperty(root, "sync", "always", 1);
    co_await WriteAs(t, f.pool.get(), root, 4096);
    EXPECT_EQ(f.pool->ZilOf(root).durable_seq(), 2u);
    f.pool->tree().SetProperty(root, "sync", "disabled", 1);
    co_await WriteAs(t, f.pool.get(), root, 4096);
    const int64_t writes = f.device.figures().writes;
    const int error = co_await FsyncAs(t, f.pool.get(), root);
    EXPECT_EQ(error, 0);
    EXPECT_EQ(f.device.figures().writes, writes);
    EXPECT_EQ(f.pool->ZilOf(root).durable_seq(), 2u);
    ended = true;
  });
  f.RunUntil(SimDuration::Seconds(2));
  EXPECT_TRUE(ended);
}

// 15 % of 40 MiB are 6 MiB: 1,537 records of 4 KiB start a sync. Larger writes are logged by reference.
// zfs_log.c:zfs_log_write, dmu.c:dmu_sync: of 32 KiB and more the log refers to the data, which is then in
// its place already when the txg syncs. With a log device all is copied.
TEST(ZilTest, ALargeWriteThatWasFsyncedIsNotWrittenAgainByTheSync) {
  for (const bool large : {true, false}) {
    PoolFixture f;
    const ObjectId root = f.pool->tree().root();
    const int64_t size = large ? 1 << 20 : 16 << 10;
    const int64_t count = large ? 4 : 256;
    int64_t before = 0;
    f.Run("app", SimDuration::Millis(100), [&](Thread* t) -> sim::Task<> {
      co_await WriteAs(t, f.pool.get(), root, size);
      co_await FsyncAs(t, f.pool.get(), root);  // Makes the log, in a txg of its own.
      for (int64_t i = 0; i < count; ++i) co_await WriteAs(t, f.pool.get(), root, size);
      before = f.device.figures().written_bytes;
      co_await FsyncAs(t, f.pool.get(), root);
    });
    f.RunUntil(SimDuration::Seconds(12));
    // 4 MiB by fsync, and a second time by the sync if they were copied; and less than 1 MiB of metadata.
    const int64_t written = f.device.figures().written_bytes - before;
    EXPECT_GT(written, (large ? 4 : 8) * (1 << 20));
    EXPECT_LT(written, (large ? 5 : 9) * (1 << 20));
    EXPECT_EQ(f.pool->dirty().total(), 0);
  }
}

// How long a write of 8 KiB and an fsync behind it take with these properties of the dataset's parent.
struct Waited {
  int error = -1;
  int64_t write_ns = 0;
  int64_t fsync_ns = 0;
};
Waited WriteAndFsync(const std::vector<Mutation>& changes) {
  PoolFixture f;
  f.Make(CreateFilesystem("tank/a"));
  for (const Mutation& change : changes) f.Make(change);
  ObjectId dataset = 0;
  EXPECT_EQ(f.pool->tree().Lookup("tank/a", &dataset), 0);
  Waited taken;
  f.Run("w", SimDuration::Millis(100), [&](Thread* t) -> sim::Task<> {
    const sim::SimTime start = f.machine.now();
    taken.error = co_await WriteAs(t, f.pool.get(), dataset, 8192);
    const sim::SimTime written = f.machine.now();
    const int error = co_await FsyncAs(t, f.pool.get(), dataset);
    EXPECT_EQ(error, 0);
    taken.write_ns = (written - start).ns();
    taken.fsync_ns = (f.machine.now() - written).ns();
  });
  f.RunUntil(SimDuration::Seconds(20));
  return taken;
}

// Standard: the fsync waits for a txg (the first block of a log needs one), the write for nothing. Disabled:
// neither waits. Always: the write does, and leaves the fsync nothing.
TEST(SyncPropertyTest, TheDatasetSaysWhoWaitsForTheLog) {
  constexpr int64_t kNoDisk = 20'000;
  const Waited standard = WriteAndFsync({});
  EXPECT_LT(standard.write_ns, kNoDisk);
  EXPECT_GT(standard.fsync_ns, kNoDisk);
  const Waited disabled = WriteAndFsync({SetProperty("tank", "sync", "disabled")});
  EXPECT_LT(disabled.write_ns, kNoDisk);
  EXPECT_LT(disabled.fsync_ns, kNoDisk);
  const Waited always = WriteAndFsync({SetProperty("tank", "sync", "always")});
  EXPECT_GT(always.write_ns, kNoDisk);
  EXPECT_LT(always.fsync_ns, kNoDisk);
  // What is set nearer counts.
  EXPECT_GT(
      WriteAndFsync({SetProperty("tank", "sync", "disabled"), SetProperty("tank/a", "sync", "standard")})
          .fsync_ns,
      kNoDisk);
}

TEST(SyncPropertyTest, NothingIsWrittenToWhatIsReadonly) {
  EXPECT_EQ(WriteAndFsync({}).error, 0);
  EXPECT_EQ(WriteAndFsync({SetProperty("tank", "readonly", "on")}).error, kEROFS);
}

TEST(WrlogTest, RecordsInMemoryStartASync) {
  PoolTunables tunables;
  tunables.zfs_wrlog_data_max = 40 << 20;
  for (const int64_t bytes : {int64_t{4096}, int64_t{65536}}) {
    PoolFixture f({.dirty_data_max = int64_t{4} << 30, .tunables = tunables});
    const ObjectId root = f.pool->tree().root();
    f.Run("w", SimDuration::Millis(100), [&](Thread* t) -> sim::Task<> {
      for (int i = 0; i < 2000; ++i) co_await WriteAs(t, f.pool.get(), root, bytes);
    });
    f.RunUntil(SimDuration::Seconds(1));
    EXPECT_EQ(f.pool->pipeline().synced_txg() > kTxgInitial - 1, bytes == 4096);
    f.RunUntil(SimDuration::Seconds(12));
    EXPECT_EQ(f.pool->dirty().wrlog_total(), 0);
  }
}

// 2.4 MB of records of 4 MB are 60 % of 4 MB; at 80 % the delay is 500 us.
TEST(WrlogTest, TheDelayFollowsTheSameFormula) {
  PoolTunables tunables;
  tunables.zfs_wrlog_data_max = 4000;
  EXPECT_EQ(WrlogDelayNs(2400, tunables), 0);
  EXPECT_EQ(WrlogDelayNs(3200, tunables), 500'000);
  EXPECT_EQ(WrlogDelayNs(4000, tunables), 100'000'000);
}

// 30 % of 100 MiB are 30 MiB: 240 blocks of pointers of 128 KiB, for 30 GiB of file. A free of
// 100 GiB so forces three txgs of its own, and waits each time until the next one is open.
TEST(FreeTest, AFreeThatDirtiesTooMuchForcesTxgs) {
  PoolTunables tunables;
  tunables.zfs_txg_timeout_ns = 3'000'000'000'000;
  PoolFixture f({.dirty_data_max = 100 << 20, .tunables = tunables});
  f.Run("rm", SimDuration::Millis(100), [&](Thread* t) -> sim::Task<> {
    t->EnterKernel();
    const int error = co_await f.pool->Free(t, f.pool->tree().root(), int64_t{100} << 30);
    EXPECT_EQ(error, 0);
    co_await t->ReturnToUser();
  });
  f.RunUntil(SimDuration::Seconds(60));
  // 800 blocks in all; txgs also start by themselves at 20 % of dirty data, so at least three.
  EXPECT_GE(f.pool->pipeline().open_txg(), kTxgInitial + 3);
  EXPECT_EQ(f.machine.FindThread("rm")->ended(), true);
}

// Half of a cache of 100 MiB: dirty data stops there, although its own limit is 1 GiB.
TEST(CacheTest, DirtyDataStopsAtItsShareOfTheCache) {
  PoolTunables tunables;
  tunables.zfs_arc_max = 100 << 20;
  PoolFixture f({.disk_bandwidth = 10 << 20, .tunables = tunables});
  const ObjectId root = f.pool->tree().root();
  for (int i = 0; i < 4; ++i) {
    f.Run("w" + std::to_string(i), {}, [&](Thread* t) -> sim::Task<> {
      for (int k = 0; k < 100; ++k) co_await WriteAs(t, f.pool.get(), root, 1 << 20);
    });
  }
  f.RunUntil(SimDuration::Seconds(20));
  EXPECT_GT(f.pool->dirty().max_seen(), 45 << 20);
  EXPECT_LE(f.pool->dirty().max_seen(), 50 << 20);
}

// arc_memory_throttle: once for each transaction that writes; administration writes to no dataset.
TEST(CacheTest, WhileMemoryIsShortAWriteWaitsForATxg) {
  PoolFixture f;
  f.pool->set_memory_low(true);
  const ObjectId root = f.pool->tree().root();
  int64_t wrote = 0;
  int64_t took = 0;
  f.Run("w", SimDuration::Seconds(1), [&](Thread* t) -> sim::Task<> {
    for (int i = 0; i < 3; ++i) {
      co_await WriteAs(t, f.pool.get(), root, 4096);
      ++wrote;
    }
  });
  f.Run("zfs", SimDuration::Seconds(1), [&](Thread* t) -> sim::Task<> {
    SyncTask task = MutationTask(f.pool.get(), TakeSnapshot("tank@a"), Caller::kIoctl);
    t->EnterKernel();
    const int error = co_await f.pool->Administer(t, &task);
    EXPECT_EQ(error, 0);
    co_await t->ReturnToUser();
    took = f.machine.now().ns() - 1'000'000'000;
  });
  f.RunUntil(SimDuration::Seconds(3));
  // A wait starts the sync at once, so three waits are three short syncs.
  EXPECT_EQ(wrote, 3);
  EXPECT_GE(f.pool->pipeline().synced_txg(), 6u);
  EXPECT_GT(took, 0);
  EXPECT_LT(took, 20'000'000);
}

// On a disk that does one thing at a time a read waits for three requests of the scrub at the most, 384 KiB,
// and not for the 16 MiB that the scrub has before it.
TEST(ScanTest, AReadGetsInBetweenTheRequestsOfAScrub) {
  PoolFixture f({.disk_bandwidth = 100 << 20, .disk_depth = 1});
  f.pool->StartScan(Pool::ScanKind::kScrub, int64_t{4} << 30, nullptr);
  int64_t longest = 0;
  f.Run("reader", SimDuration::Seconds(6), [&](Thread* t) -> sim::Task<> {
    t->EnterKernel();
    for (int i = 0; i < 20; ++i) {
      const sim::SimTime start = f.machine.now();
      const int error = co_await f.pool->Read(t, 4096);
      EXPECT_EQ(error, 0);
      longest = std::max(longest, (f.machine.now() - start).ns());
    }
    co_await t->ReturnToUser();
  });
  f.RunUntil(SimDuration::Seconds(8));
  EXPECT_LT(f.pool->scan().left_bytes, int64_t{4} << 30);
  EXPECT_GT(longest, 3'000'000);
  EXPECT_LT(longest, 6'000'000);
}

// Back to back: each txg gives the scrub its 750 ms while somebody waits, else up to the time-out.
TEST(ScanTest, ATxgScrubsForItsMinimumWhileSomebodyWaits) {
  PoolFixture f({.disk_bandwidth = 100 << 20});
  f.pool->StartScan(Pool::ScanKind::kScrub, int64_t{4} << 30, nullptr);
  int64_t latency = 0;
  f.Run("zfs", SimDuration::Millis(6'000), [&](Thread* t) -> sim::Task<> {
    const int64_t start = f.machine.now().ns();
    SyncTask task = MutationTask(f.pool.get(), TakeSnapshot("tank@a"), Caller::kIoctl);
    t->EnterKernel();
    const int error = co_await f.pool->Administer(t, &task);
    EXPECT_EQ(error, 0);
    co_await t->ReturnToUser();
    latency = f.machine.now().ns() - start;
  });
  f.RunUntil(SimDuration::Seconds(12));
  // The rest of the slice at hand, ended by the wait, and one slice of 750 ms to 910 ms (chunks of 160 ms).
  EXPECT_GT(latency, 750'000'000);
  EXPECT_LT(latency, 2'000'000'000);
  EXPECT_LT(f.pool->scan().left_bytes, int64_t{4} << 30);
}

}  // namespace
}  // namespace model
