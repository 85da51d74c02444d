// SPDX-License-Identifier: Apache-2.0
//
// The designs on one job, and what an open channel transaction does to others.
#include "model/design/design.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/dataset/tree_digest.h"
#include "model/design/oracle.h"
#include "tests/model/design/job_fixture.h"

namespace model {
namespace {

using sim::SimDuration;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Variant {
  std::string name;
  DesignKind design;
  DesignOptions options;
};
void PrintTo(const Variant& variant, std::ostream* out) { *out << variant.name; }

class EveryDesignTest : public ::testing::TestWithParam<Variant> {};

TEST_P(EveryDesignTest, LeavesDirectsTree) {
  DesignFixture f;
  const DirectRun direct = RunDirect(&f.prune, f.pool->tree());
  const DatasetTree start = f.pool->tree();
  EXPECT_EQ(direct.exchanges.size(), 8u);  // 4 items, the end, 3 mutations.
  EXPECT_TRUE(direct.deferrable) << direct.not_deferrable_because;
  Job* job = f.AddJob(GetParam().design, &f.prune, GetParam().options);
  f.RunUntil(SimDuration::Seconds(10));
  ASSERT_TRUE(job->figures().ended);
  EXPECT_EQ(job->figures().result, 0);
  EXPECT_THAT(f.SnapshotsLeft(), ElementsAre("keep_1"));
  EXPECT_EQ(NormalisedTreeDigest(f.pool->tree(), true), NormalisedTreeDigest(direct.tree, true));
  const DesignOutcome outcome{
      .design = GetParam().design, .completed = true, .exchanges = &job->figures().exchanges};
  EXPECT_FALSE(Explain(direct, start, outcome).has_value());
  EXPECT_THAT(f.pool->violations(), IsEmpty());
}

DesignOptions CallbackAt(UpcallPlace place, bool syncing, bool config_lock) {
  DesignOptions options;
  options.callback.place = place;
  options.callback.syncing = syncing;
  options.callback.config_lock = config_lock;
  return options;
}

INSTANTIATE_TEST_SUITE_P(
    Designs, EveryDesignTest,
    ::testing::Values(Variant{"ioctl", DesignKind::kIoctl, {}},
                      Variant{"pipeline", DesignKind::kPipeline, {}},
                      Variant{"channel_tx", DesignKind::kChannelTx, {}},
                      Variant{"channel_tx, reads by three", DesignKind::kChannelTx, {.read_batch = 3}},
                      Variant{"optimistic_tx", DesignKind::kOptimisticTx, {}},
                      Variant{"optimistic_tx, reads by three", DesignKind::kOptimisticTx, {.read_batch = 3}},
                      Variant{"ring", DesignKind::kRing, {}}, Variant{"program", DesignKind::kProgram, {}},
                      Variant{"callback inline", DesignKind::kCallback,
                              CallbackAt(UpcallPlace::kInline, false, false)},
                      Variant{"callback on a helper", DesignKind::kCallback,
                              CallbackAt(UpcallPlace::kHelper, false, false)},
                      Variant{"callback on a dispatcher", DesignKind::kCallback,
                              CallbackAt(UpcallPlace::kDispatcher, false, false)},
                      Variant{"callback in a process", DesignKind::kCallback,
                              CallbackAt(UpcallPlace::kProcess, false, false)},
                      Variant{"callback inline, config lock", DesignKind::kCallback,
                              CallbackAt(UpcallPlace::kInline, false, true)},
                      Variant{"callback of txg_sync on a helper", DesignKind::kCallback,
                              CallbackAt(UpcallPlace::kHelper, true, false)},
                      Variant{"callback of txg_sync on a dispatcher", DesignKind::kCallback,
                              CallbackAt(UpcallPlace::kDispatcher, true, false)}),
    [](const auto& variant) {
      std::string name = variant.param.name;
      std::erase_if(name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); });
      return name;
    });

TEST(DesignCostTest, AnIoctlForEachPaysATxgForEachAndATransactionOne) {
  DesignFixture ioctl;
  Job* each = ioctl.AddJob(DesignKind::kIoctl, &ioctl.prune);
  ioctl.RunUntil(SimDuration::Seconds(10));
  EXPECT_EQ(each->process()->figures.txgs, 3);
  EXPECT_EQ(each->process()->figures.syscalls, 8);
  DesignFixture channel;
  Job* together = channel.AddJob(DesignKind::kChannelTx, &channel.prune);
  channel.RunUntil(SimDuration::Seconds(10));
  EXPECT_EQ(together->process()->figures.txgs, 1);
  EXPECT_EQ(together->process()->figures.syscalls, 10);  // Begin and Commit besides.
  EXPECT_GT(together->figures().lock_clock.ns(LockPhase::kCrossing), 0);
  EXPECT_LT(together->figures().latency.max(), each->figures().latency.max());
}

// dsl_synctask.c:dsl_sync_task_sync looks at the room before the check function, whoever asks. Of 1 TiB all
// but the slop is full: a snapshot needs 3 blocks, three times 16 KiB each, a destroy may use most of the
// slop.
TEST(DesignSpaceTest, AFullPoolRefusesAJobWhatItRefusesACommand) {
  constexpr uint64_t kTiB = uint64_t{1} << 40;
  for (const DesignKind design :
       {DesignKind::kIoctl, DesignKind::kProgram, DesignKind::kCallback, DesignKind::kChannelTx}) {
    DesignFixture f;
    const bool at_once = design == DesignKind::kIoctl || design == DesignKind::kProgram;
    f.pool->tree().Write(f.pool->tree().root(), kTiB - kTiB / 32, 0, 1);
    CallsBody takes({Sync(TakeSnapshot("tank/vm@new"))});
    const DirectRun direct = RunDirect(&takes, f.pool->tree());
    EXPECT_EQ(direct.exchanges[0].error, kENOSPC);
    const JobFigures& taken = f.AddJob(design, &takes)->figures();
    f.RunUntil(SimDuration::Seconds(10));
    EXPECT_EQ(at_once ? taken.exchanges[0].error : taken.result, kENOSPC);
    CallsBody destroys({Sync(Destroy("tank/vm@a"))});
    f.AddJob(design, &destroys);
    f.RunUntil(SimDuration::Seconds(20));
    EXPECT_THAT(f.SnapshotsLeft(), ElementsAre("b", "keep_1", "c"));
  }
}

TEST(ChannelTxTest, AReadOnlyTransactionCommitsWithoutATxg) {
  DesignFixture f;
  CallsBody body({Exists("tank/vm"), Exists("tank/no")});
  Job* job = f.AddJob(DesignKind::kChannelTx, &body);
  f.RunUntil(SimDuration::Seconds(4));
  EXPECT_TRUE(job->figures().ended);
  EXPECT_EQ(job->figures().result, 0);
  EXPECT_EQ(job->process()->figures.txgs, 0);
  EXPECT_EQ(f.pool->uberblocks_written(), 0);
}

TEST(ChannelTxTest, OneFailingIntentLeavesAllUndone) {
  DesignFixture f;
  CallsBody body({Sync(Destroy("tank/vm@a")), Sync(TakeSnapshot("tank/vm@b"))});  // @b exists.
  Job* job = f.AddJob(DesignKind::kChannelTx, &body);
  f.RunUntil(SimDuration::Seconds(4));
  EXPECT_EQ(job->figures().result, kEEXIST);
  EXPECT_EQ(job->figures().failed_intent, 1);
  EXPECT_THAT(f.SnapshotsLeft(), ElementsAre("a", "b", "keep_1", "c"));
  EXPECT_FALSE(f.pool->pipeline().sync_gate_closed());
}

TEST(ChannelTxTest, TwoSnapshotsOfOneFilesystemAreRefusedWithEagain) {
  DesignFixture f;
  CallsBody body({Sync(TakeSnapshot("tank/vm@x")), Sync(TakeSnapshot("tank/vm@y"))});
  Job* job = f.AddJob(DesignKind::kChannelTx, &body);
  f.RunUntil(SimDuration::Seconds(4));
  EXPECT_EQ(job->figures().result, kEAGAIN);
  EXPECT_EQ(job->figures().failed_intent, 1);
}

TEST(ChannelTxTest, AnOverlayShowsTheJobItsOwnChanges) {
  for (bool overlay : {false, true}) {
    DesignFixture f;
    CallsBody body({Sync(Destroy("tank/vm@a")), Exists("tank/vm@a")});
    DesignOptions options;
    options.channel_tx.overlay = overlay;
    Job* job = f.AddJob(DesignKind::kChannelTx, &body, options);
    const DatasetTree start = f.pool->tree();
    const DirectRun direct = RunDirect(&body, start);
    EXPECT_FALSE(direct.deferrable);
    f.RunUntil(SimDuration::Seconds(4));
    EXPECT_EQ(job->figures().exchanges[1].answer, overlay ? "false" : "true");
    const auto difference =
        Explain(direct, start, {.completed = true, .exchanges = &job->figures().exchanges});
    EXPECT_EQ(difference.has_value(), !overlay);
    if (difference) {
      EXPECT_EQ(difference->cause, "own_mutation");
    }
  }
}

TEST(ChannelTxTest, TheLeaseAbortsASilentHolder) {
  DesignFixture f;
  DesignOptions options;
  options.channel_tx.lease = SimDuration::Millis(500);
  Job* job = f.AddJob(DesignKind::kChannelTx, &f.prune, options, sim::Distribution::Constant(300'000'000));
  f.RunUntil(SimDuration::Seconds(6));
  EXPECT_TRUE(job->figures().ended);
  EXPECT_EQ(job->figures().result, kETIMEDOUT);
  EXPECT_NEAR(static_cast<double>(job->figures().lock_clock.total_ns()), 500e6, 1e6);
}

TEST(ChannelTxTest, AKilledHolderIsAbortedByItsExit) {
  DesignFixture f;
  Job* job = f.AddJob(DesignKind::kChannelTx, &f.prune, {}, sim::Distribution::Constant(1'000'000'000));
  f.RunUntil(SimDuration::Millis(2500));
  EXPECT_TRUE(f.pool->pipeline().sync_gate_closed());
  f.machine.Signal(job->process(), kSigKill);
  f.RunUntil(SimDuration::Millis(2510));
  EXPECT_FALSE(f.pool->pipeline().sync_gate_closed());
  EXPECT_TRUE(job->process()->ended());
}

// An administrator queued behind a transaction ends exactly one txg after Commit's.
TEST(ChannelTxTest, AnAdministratorWaitsAndEndsOneTxgAfterCommit) {
  DesignFixture f;
  Job* job = f.AddJob(DesignKind::kChannelTx, &f.prune, {}, sim::Distribution::Constant(20'000'000));
  int64_t done = 0;
  f.Run("zfs", SimDuration::Millis(2050),
        [&](Thread* t) { return Command(t, &f.module, "zfs snapshot tank@x", &done); });
  f.RunUntil(SimDuration::Seconds(10));
  ASSERT_TRUE(job->figures().ended);
  ASSERT_GT(done, 0);
  ObjectId id = 0;
  ASSERT_EQ(f.pool->tree().Lookup("tank@x", &id), 0);
  uint64_t commit_txg = 0;
  for (const TxgRow& row : f.pool->pipeline().history()) {
    if (row.sync_tasks > 0 && commit_txg == 0) commit_txg = row.txg;
  }
  EXPECT_EQ(f.pool->tree().SnapshotOf(id).created.txg, commit_txg + 1);
  EXPECT_GT(job->process()->figures.admin_wait_ns, 100'000'000);
}

// Begin waits for the rest of a running sync, and for operations in flight.
TEST(ChannelTxTest, BeginWaitsForTheSyncAtHandAndTheOperationsInFlight) {
  DesignFixture f({.disk_service = SimDuration::Millis(50), .disk_flush = SimDuration::Millis(50)});
  int64_t done = 0;
  f.Run("zfs", SimDuration::Millis(1990),
        [&](Thread* t) { return Command(t, &f.module, "zfs snapshot tank@x", &done); });
  CallsBody body({Exists("tank/vm")});
  Job* job = f.AddJob(DesignKind::kChannelTx, &body);
  f.RunUntil(SimDuration::Seconds(10));
  ASSERT_GT(done, 0);
  ASSERT_TRUE(job->figures().ended);
  EXPECT_GT(job->figures().end.ns(), done);
  EXPECT_GT(job->figures().latency.max(), 100'000'000);
}

// While the gate is closed: no uberblock, dirty data never falls, reads and fsync go on.
TEST(SyncGateTest, NothingButTheIntentLogReachesTheDisks) {
  DesignFixture f({.dirty_data_max = 256 << 20});
  Load db(f.pool.get(),
          {.name = "db", .count = 4, .bytes_per_s = 20 << 20, .dataset = "tank", .fsync_every = 16});
  db.Start();
  Load web(f.pool.get(),
           {.name = "web", .reads = true, .count = 2, .bytes_per_s = 20 << 20, .dataset = "tank"});
  web.Start();
  Job* job = f.AddJob(DesignKind::kChannelTx, &f.prune, {}, sim::Distribution::Constant(500'000'000));
  f.RunUntil(SimDuration::Millis(2300));
  ASSERT_TRUE(f.pool->pipeline().sync_gate_closed());
  const int64_t uberblocks = f.pool->uberblocks_written();
  const int64_t dirty = f.pool->dirty().total();
  const int64_t writes = db.figures().ops;
  const int64_t reads = web.figures().ops;
  f.RunUntil(SimDuration::Millis(4000));
  EXPECT_EQ(f.pool->uberblocks_written(), uberblocks);
  EXPECT_GT(f.pool->dirty().total(), dirty);
  EXPECT_GT(db.figures().ops, writes + 200);
  EXPECT_GT(web.figures().ops, reads + 200);
  f.RunUntil(SimDuration::Seconds(30));
  EXPECT_TRUE(job->figures().ended);
  EXPECT_GT(f.pool->uberblocks_written(), uberblocks);
  EXPECT_THAT(f.pool->violations(), IsEmpty());
}

TEST(SyncGateTest, TheFirstFsyncOfADatasetWaitsForATxg) {
  DesignFixture f;
  Job* job = f.AddJob(DesignKind::kChannelTx, &f.prune, {}, sim::Distribution::Constant(500'000'000));
  bool done = false;
  struct Frame {
    static sim::Task<> Run(Thread* thread, Pool* pool, bool* done) {
      thread->EnterKernel();
      co_await pool->Write(thread, pool->tree().root(), 4096);
      co_await pool->Fsync(thread, pool->tree().root());
      *done = true;
      co_await thread->ReturnToUser();
    }
  };
  Process* app =
      f.Run("app", SimDuration::Millis(2100), [&](Thread* t) { return Frame::Run(t, f.pool.get(), &done); });
  f.RunUntil(SimDuration::Seconds(4));
  EXPECT_FALSE(done);
  EXPECT_EQ(app->threads().front()->StateLetter(), 'D');
  f.RunUntil(SimDuration::Seconds(30));
  EXPECT_TRUE(job->figures().ended);
  EXPECT_TRUE(done);
}

// The time from Begin until the first writer sleeps at the hard limit is a sum over the
// writes that fit below it. Write k takes the declared period, size / rate, or the delay
// that it was given, if that is longer: pool-wide, wake-ups are that far apart. Of n
// threads n - 1 already sleep when one is given its delay, so write k was given the delay
// of n - 1 writes ago.
TEST(SyncGateTest, TheHardLimitIsReachedWhenTheIntegralOfTheDelaySaysSo) {
  constexpr int64_t kMax = 256 << 20;
  constexpr int64_t kSize = 128 << 10;
  constexpr int64_t kRate = 100 << 20;
  for (int threads : {1, 4, 16}) {
    DesignFixture f({.dirty_data_max = kMax});
    CallsBody body({Exists("tank/vm"), Exists("tank/vm")});
    Job* job = f.AddJob(DesignKind::kChannelTx, &body, {}, sim::Distribution::Constant(100'000'000'000));
    Load db(f.pool.get(), {.name = "db",
                           .count = threads,
                           .bytes_per_s = kRate,
                           .size_bytes = kSize,
                           .dataset = "tank",
                           .at = sim::SimTime::Start() + SimDuration::Seconds(3)});
    db.Start();
    PoolTunables tunables;
    tunables.zfs_dirty_data_max = kMax;
    double expected_ns = 0;
    const double period_ns = 1e9 * kSize / kRate;
    for (int64_t dirty = 0; dirty < kMax; dirty += kSize) {
      const int64_t when_given = std::max<int64_t>(dirty - (threads - 1) * kSize, 0);
      const auto delay = static_cast<double>(DirtyDelayNs(when_given, tunables));
      expected_ns += std::max(delay, period_ns);
    }
    sim::SimTime blocked;
    for (int ms = 3000; ms < 60'000 && blocked.ns() == 0; ms += 1) {
      f.RunUntil(SimDuration::Millis(ms));
      for (const Thread* thread : db.process()->threads()) {
        if (thread->waiter().on != nullptr && thread->waiter().on->kind() == WaitableKind::kDirtySpace) {
          blocked = thread->since();
          break;
        }
      }
    }
    ASSERT_GT(blocked.ns(), 0);
    EXPECT_FALSE(job->figures().ended);
    EXPECT_NEAR(static_cast<double>(blocked.ns() - 3'000'000'000), expected_ns, 0.01 * expected_ns)
        << threads;
  }
}

TEST(AdminCommandTest, SaysWhatItDoesNotKnow) {
  EXPECT_EQ(ParseAdminCommand("rm -rf /").status().message(),
            "\"rm -rf /\": only `zfs` and `zpool` commands can be run");
  EXPECT_THAT(std::string(ParseAdminCommand("zfs frobnicate tank").status().message()),
              ::testing::HasSubstr("unknown subcommand \"frobnicate\""));
  EXPECT_FALSE(ParseAdminCommand("zfs create tank/a tank/b").ok());
  EXPECT_FALSE(ParseAdminCommand("zpool clear").ok());
  ASSERT_TRUE(ParseAdminCommand("zfs create -V 4G tank/vol").ok());
  EXPECT_EQ(ParseAdminCommand("zfs create -V 4G tank/vol")->zfs.volsize, "4G");
}

}  // namespace
}  // namespace model
