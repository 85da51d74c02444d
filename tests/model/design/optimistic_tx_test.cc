// SPDX-License-Identifier: Apache-2.0
//
// Design optimistic_tx, cell by cell of docs/model/designs.md. Jobs begin at 2 s; the think time comes
// before each call that crosses, so with 1 s of it call k is made at 2 s + k.
#include "model/design/optimistic_tx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/design/oracle.h"
#include "model/txg/load.h"
#include "tests/model/design/job_fixture.h"

namespace model {
namespace {

using sim::SimDuration;
using ::testing::ElementsAre;

constexpr DesignKind kDesign = DesignKind::kOptimisticTx;

DesignOptions Retries(int64_t retries, bool overlay = false) {
  DesignOptions options;
  options.optimistic_tx.retries = retries;
  options.optimistic_tx.overlay = overlay;
  return options;
}

sim::Distribution OneSecond() { return sim::Distribution::Constant(1'000'000'000); }

// Between the calls others change the pool and txgs sync: nothing is held.
TEST(OptimisticTxTest, NothingIsHeldAcrossUserCode) {
  DesignFixture f;
  CallsBody body({Exists("tank/vm"), Sync(Destroy("tank/vm@a")), Sync(Destroy("tank/vm@b"))});
  Job* job = f.AddJob(kDesign, &body, {}, OneSecond());
  int64_t done = 0;
  f.Type(SimDuration::Millis(3500), "zfs create tank/vm/other", &done);
  f.RunUntil(SimDuration::Millis(3900));
  EXPECT_GT(done, 0);
  EXPECT_GT(f.pool->uberblocks_written(), 0);
  EXPECT_FALSE(f.pool->pipeline().sync_gate_closed());
  EXPECT_EQ(f.machine.FindThread("prune")->StateLetter(), 'R');
  f.RunUntil(SimDuration::Seconds(10));
  EXPECT_EQ(job->figures().result, 0);
  EXPECT_THAT(f.SnapshotsLeft(), ElementsAre("keep_1", "c"));
  EXPECT_EQ(job->process()->figures.txgs, 1);
  // Only its task on txg_sync: a check and an apply for each of two intents, beside a lock or two.
  EXPECT_NEAR(static_cast<double>(job->figures().lock_clock.total_ns()), 2 * (15e3 + 60e3), 1e3);
}

TEST(OptimisticTxTest, TwoReadsMayDisagree) {
  DesignFixture f;
  CallsBody body({Exists("tank/vm@a"), Exists("tank/vm@a")});
  Job* job = f.AddJob(kDesign, &body, Retries(0), OneSecond());
  int64_t done = 0;
  f.Type(SimDuration::Millis(3500), "zfs destroy tank/vm@a", &done);
  f.RunUntil(SimDuration::Seconds(10));
  EXPECT_EQ(job->figures().exchanges[0].answer, "true");
  EXPECT_EQ(job->figures().exchanges[1].answer, "false");
  // Commit notices, although there is nothing to commit; it costs no txg.
  EXPECT_EQ(job->figures().result, kERETRY);
  EXPECT_EQ(job->process()->figures.txgs, 0);
}

TEST(OptimisticTxTest, AnAgreeingReadOnlyTransactionCostsNoTxg) {
  DesignFixture f;
  CallsBody body({Exists("tank/vm@a")});
  Job* job = f.AddJob(kDesign, &body);
  f.RunUntil(SimDuration::Seconds(4));
  EXPECT_TRUE(job->figures().ended);
  EXPECT_EQ(job->figures().result, 0);
  EXPECT_EQ(job->process()->figures.txgs, 0);
  EXPECT_EQ(f.pool->uberblocks_written(), 0);
}

TEST(OptimisticTxTest, WhatIsStaleInOpenContextCostsNoTxg) {
  DesignFixture f;
  CallsBody body({Exists("tank/vm@b"), Sync(Destroy("tank/vm@a"))});
  Job* job = f.AddJob(kDesign, &body, Retries(0), OneSecond());
  int64_t done = 0;
  f.Type(SimDuration::Millis(3500), "zfs destroy tank/vm@b", &done);
  f.RunUntil(SimDuration::Seconds(10));
  EXPECT_EQ(job->figures().result, kERETRY);
  EXPECT_EQ(job->figures().failed_intent, -1);
  EXPECT_EQ(job->process()->figures.txgs, 0);
  EXPECT_THAT(f.SnapshotsLeft(), ElementsAre("a", "keep_1", "c"));
}

// Both tasks are in one txg, and both saw the same list in open context: the second is refused on
// txg_sync, runs again, and finds nothing more to do.
TEST(OptimisticTxTest, WhatIsStaleInSyncingContextRunsAgain) {
  DesignFixture f;
  Job* first = f.AddJob(kDesign, &f.prune);
  Job* second = f.AddJob(kDesign, &f.prune);
  f.RunUntil(SimDuration::Seconds(10));
  EXPECT_EQ(first->figures().result, 0);
  EXPECT_EQ(second->figures().result, 0);
  EXPECT_EQ(first->figures().retries, 0);
  EXPECT_EQ(second->figures().retries, 1);
  EXPECT_EQ(second->process()->figures.txgs, 1);  // That of the refusal; the second run only compares.
  EXPECT_EQ(second->figures().exchanges.size(), 2u);
  EXPECT_THAT(f.SnapshotsLeft(), ElementsAre("keep_1"));
}

// A writer makes `used` of the newest snapshot stale in each txg, and before the tasks of that txg run.
TEST(OptimisticTxTest, UnderWritersUsedOfTheNewestSnapshotStarvesIt) {
  DesignFixture f;
  ObjectId vm = 0;
  ASSERT_EQ(f.pool->tree().Lookup("tank/vm", &vm), 0);
  f.pool->tree().Write(vm, 64 << 20, 0, 1);
  f.pool->tree().SetExtent(vm, 64 << 20);
  f.Make(TakeSnapshot("tank/vm@newest"));
  Load db(f.pool.get(), {.name = "db", .bytes_per_s = 10 << 20, .dataset = "tank/vm"});
  db.Start();
  CallsBody body({Get("tank/vm@newest", "type"), Get("tank/vm@newest", "used"), Sync(Destroy("tank/vm@a"))});
  const DatasetTree start = f.pool->tree();
  const DirectRun direct = RunDirect(&body, start);
  DesignOptions options = Retries(3);
  options.optimistic_tx.backoff = sim::Distribution::Constant(500'000'000);
  Job* job = f.AddJob(kDesign, &body, options);
  f.RunUntil(SimDuration::Seconds(60));
  EXPECT_EQ(job->figures().result, kERETRY);
  EXPECT_EQ(job->figures().retries, 3);
  EXPECT_GT(job->figures().latency.max(), 1'500'000'000);  // Three pauses, beside four syncs.
  EXPECT_THAT(f.SnapshotsLeft(), ElementsAre("a", "b", "keep_1", "c", "newest"));
  std::vector<JobFigures::Exchange> same = direct.exchanges;
  const auto difference =
      Explain(direct, start,
              {.design = kDesign, .completed = true, .result = kERETRY, .exchanges = &same, .others = true});
  ASSERT_TRUE(difference.has_value());
  EXPECT_EQ(difference->call, "commit");
  EXPECT_EQ(difference->cause, "interference");
}

TEST(OptimisticTxTest, OneFailingIntentLeavesAllUndoneAndIsNotRetried) {
  DesignFixture f;
  CallsBody body({Sync(Destroy("tank/vm@a")), Sync(TakeSnapshot("tank/vm@b"))});  // @b exists.
  Job* job = f.AddJob(kDesign, &body);
  f.RunUntil(SimDuration::Seconds(4));
  EXPECT_EQ(job->figures().result, kEEXIST);
  EXPECT_EQ(job->figures().failed_intent, 1);
  EXPECT_EQ(job->figures().retries, 0);
  EXPECT_THAT(f.SnapshotsLeft(), ElementsAre("a", "b", "keep_1", "c"));
}

TEST(OptimisticTxTest, ReadsShowOwnIntentsOnlyWithAnOverlay) {
  for (bool overlay : {false, true}) {
    DesignFixture f;
    CallsBody body({Sync(Destroy("tank/vm@a")), Exists("tank/vm@a")});
    const DatasetTree start = f.pool->tree();
    const DirectRun direct = RunDirect(&body, start);
    Job* job = f.AddJob(kDesign, &body, Retries(0, overlay));
    f.RunUntil(SimDuration::Seconds(4));
    EXPECT_EQ(job->figures().result, 0);
    EXPECT_EQ(job->figures().exchanges[1].answer, overlay ? "false" : "true");
    const auto difference = Explain(
        direct, start, {.design = kDesign, .completed = true, .exchanges = &job->figures().exchanges});
    ASSERT_EQ(difference.has_value(), !overlay);
    if (difference) {
      EXPECT_EQ(difference->cause, "own_mutation");
    }
  }
}

// With an overlay a job still sees what others did, and a mutation that is refused depends on why.
TEST(OptimisticTxTest, AnOverlayFollowsTheLivePoolAndNotesRefusals) {
  DesignFixture f;
  CallsBody body({Sync(Destroy("tank/vm@a")), Sync(TakeSnapshot("tank/vm@b")), Exists("tank/new")});
  Job* job = f.AddJob(kDesign, &body, Retries(0, true), OneSecond());
  int64_t created = 0;
  int64_t destroyed = 0;
  f.Type(SimDuration::Millis(4300), "zfs create tank/new", &created);
  f.Type(SimDuration::Millis(4500), "zfs destroy tank/vm@b", &destroyed);
  f.RunUntil(SimDuration::Seconds(10));
  EXPECT_EQ(job->figures().exchanges[1].answer, "EEXIST");
  EXPECT_EQ(job->figures().exchanges[2].answer, "true");
  EXPECT_EQ(job->figures().result, kERETRY);
}

TEST(OptimisticTxTest, AKilledJobLeavesNothing) {
  DesignFixture f;
  Job* job = f.AddJob(kDesign, &f.prune, {}, OneSecond());
  f.RunUntil(SimDuration::Millis(4500));
  f.machine.Signal(job->process(), kSigKill);
  f.RunUntil(SimDuration::Millis(4510));
  EXPECT_TRUE(job->process()->ended());
  f.RunUntil(SimDuration::Seconds(10));
  EXPECT_THAT(f.SnapshotsLeft(), ElementsAre("a", "b", "keep_1", "c"));
}

TEST(OptimisticTxTest, InCommitASignalWaitsForTheTxgAndTheResultStands) {
  DesignFixture f({.disk_service = SimDuration::Millis(50), .disk_flush = SimDuration::Millis(50)});
  Job* job = f.AddJob(kDesign, &f.prune);
  f.RunUntil(SimDuration::Millis(2010));
  EXPECT_EQ(f.machine.FindThread("prune")->StateLetter(), 'D');
  f.machine.Signal(job->process(), kSigKill);
  f.RunUntil(SimDuration::Millis(2050));
  EXPECT_FALSE(job->process()->ended());
  f.RunUntil(SimDuration::Seconds(10));
  EXPECT_TRUE(job->process()->ended());
  EXPECT_THAT(f.SnapshotsLeft(), ElementsAre("keep_1"));
}

// Its Commit holds the admin gate shared, so it waits for a transaction that has it.
TEST(OptimisticTxTest, CommitWaitsForAChannelTransaction) {
  DesignFixture f;
  CallsBody look({Exists("tank/vm"), Exists("tank/vm")});
  Job* holder = f.AddJob(DesignKind::kChannelTx, &look, {}, OneSecond());
  Job* job = f.AddJob(kDesign, &f.prune);
  f.RunUntil(SimDuration::Millis(3500));
  EXPECT_FALSE(job->figures().ended);
  EXPECT_EQ(f.machine.FindThread("prune2")->StateLetter(), 'D');
  f.RunUntil(SimDuration::Seconds(10));
  EXPECT_TRUE(holder->figures().ended);
  EXPECT_EQ(job->figures().result, 0);
}

// At the dirty limit, which a slow disk leaves only slowly, the task of an optimistic transaction waits for
// room as any other operation does; that of a channel transaction does not.
TEST(OptimisticTxTest, CommitIsThrottled) {
  for (const DesignKind design : {kDesign, DesignKind::kChannelTx}) {
    DesignFixture f({.dirty_data_max = 16 << 20, .disk_bandwidth = 4 << 20});
    Load db(f.pool.get(), {.name = "db", .count = 8, .dataset = "tank"});
    db.Start();
    Job* job = f.AddJob(design, &f.prune);
    f.RunUntil(SimDuration::Seconds(120));
    ASSERT_TRUE(job->figures().ended);
    const int64_t waited = job->process()->figures.delay_ns + job->process()->figures.stall_ns;
    EXPECT_EQ(waited > 0, design == kDesign) << waited;
  }
}

TEST(OptimisticTxTest, ASuspendedPoolRefusesBeginAndCommit) {
  for (const int64_t suspend_ms : {1000, 2500}) {
    DesignFixture f;
    CallsBody body({Sync(Destroy("tank/vm@a"))});
    Job* job = f.AddJob(kDesign, &body, {}, OneSecond());
    f.RunUntil(SimDuration::Millis(suspend_ms));
    f.pool->Suspend(SuspendReason::kIoError);
    f.RunUntil(SimDuration::Seconds(5));
    ASSERT_TRUE(job->figures().ended);
    EXPECT_EQ(job->figures().result, kEAGAIN);
    EXPECT_EQ(job->figures().exchanges.size(), suspend_ms == 1000 ? 0u : 1u);
  }
}

// Looked at every 20 us from Begin to after Commit: others, and an import after a power cut, find all of the
// three snapshots that go, or none of them gone.
TEST(OptimisticTxTest, OthersAndAPowerCutFindAllOrNothing) {
  DesignFixture f({.keep_tree_on_disk = true});
  const auto count = [](const DatasetTree& tree) {
    ObjectId vm = 0;
    EXPECT_EQ(tree.Lookup("tank/vm", &vm), 0);
    return tree.DatasetOf(vm).snapshots.size();
  };
  int64_t created = 0;
  f.Type(SimDuration::Seconds(1), "zfs create tank/other", &created);  // So that there is a txg on disk.
  Job* job = f.AddJob(kDesign, &f.prune);
  std::vector<size_t> seen = {4};
  std::vector<size_t> on_disk = {4};
  for (int us = 1'999'000; us < 2'020'000; us += 20) {
    f.RunUntil(SimDuration::Micros(us));
    if (count(f.pool->tree()) != seen.back()) seen.push_back(count(f.pool->tree()));
    const RecoveredPool recovered = f.pool->Recover();
    if (count(*recovered.tree) != on_disk.back()) on_disk.push_back(count(*recovered.tree));
  }
  EXPECT_TRUE(job->figures().ended);
  EXPECT_THAT(seen, ElementsAre(4, 1));
  EXPECT_THAT(on_disk, ElementsAre(4, 1));
}

}  // namespace
}  // namespace model
