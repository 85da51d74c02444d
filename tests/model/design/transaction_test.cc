// SPDX-License-Identifier: Apache-2.0
//
// Who has a channel transaction's file open, and what else a scenario may ask of a transaction or its
// pool. Jobs begin at 2 s.
#include "model/design/transaction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/model/design/job_fixture.h"

namespace model {
namespace {

using sim::SimDuration;
using ::testing::ElementsAre;

sim::Distribution Think(int64_t ms) { return sim::Distribution::Constant(ms * 1'000'000); }

sim::Task<> Sleep(Thread* thread, SimDuration span) {
  co_await thread->SleepFor(span, SleepKind::kInterruptible);
}

// Lives for ten seconds, from 2.3 s on when it inherits what the job has open.
Process* ForkAt2300Ms(DesignFixture* f, Job* job) {
  f->RunUntil(SimDuration::Millis(2300));
  Process* child = f->Run("child", SimDuration::Millis(2300),
                          [](Thread* t) { return Sleep(t, SimDuration::Seconds(10)); });
  job->design().ShareFiles(job->process(), child);
  return child;
}

TEST(TransactionFileTest, OnlyTheLastCloseAborts) {
  DesignFixture f;
  Job* job = f.AddJob(DesignKind::kChannelTx, &f.prune, {}, Think(1000));
  ForkAt2300Ms(&f, job);
  const Actor* owner = f.pool->pipeline().sync_gate_owner();
  ASSERT_NE(owner, nullptr);
  EXPECT_EQ(owner->reported_name(), "prune");
  f.machine.Signal(job->process(), kSigKill);
  f.RunUntil(SimDuration::Millis(12'000));
  EXPECT_TRUE(job->process()->ended());
  EXPECT_TRUE(f.pool->pipeline().sync_gate_closed());
  EXPECT_EQ(owner->reported_name(), "child");
  f.RunUntil(SimDuration::Millis(12'400));
  EXPECT_FALSE(f.pool->pipeline().sync_gate_closed());
  EXPECT_THAT(f.SnapshotsLeft(), ElementsAre("a", "b", "keep_1", "c"));
}

TEST(TransactionFileTest, ExecClosesAChildsCopyAndNotTheOwners) {
  DesignFixture f;
  Job* job = f.AddJob(DesignKind::kChannelTx, &f.prune, {}, Think(1000));
  Process* child = ForkAt2300Ms(&f, job);
  f.RunUntil(SimDuration::Millis(2400));
  job->design().CloseOnExec(child->threads().front());
  EXPECT_TRUE(f.pool->pipeline().sync_gate_closed());
  f.machine.Signal(job->process(), kSigKill);
  f.RunUntil(SimDuration::Millis(2500));
  EXPECT_FALSE(f.pool->pipeline().sync_gate_closed());
}

TEST(TransactionFileTest, WhatHasBeenCommittedNoLaterCloseUndoes) {
  DesignFixture f;
  Job* job = f.AddJob(DesignKind::kChannelTx, &f.prune, {}, Think(100));
  ForkAt2300Ms(&f, job);
  f.RunUntil(SimDuration::Seconds(20));
  EXPECT_EQ(job->figures().result, 0);
  EXPECT_THAT(f.SnapshotsLeft(), ElementsAre("keep_1"));
}

// Two items on disks of 10 ms: @a of the list, and tank/vm, which stands for the end of it. The second time
// all is in memory.
TEST(ColdMetadataTest, EachObjectIsReadOnceAndCountsAsIo) {
  DesignFixture f({.disk_service = SimDuration::Millis(10), .cold_metadata = true});
  for (const char* name : {"b", "keep_1", "c"}) f.Make(Destroy(std::string("tank/vm@") + name));
  CallsBody body({Get("tank/vm@a", "guid"), Get("tank/vm", "type"), Get("tank/vm@a", "guid")});
  Job* job = f.AddJob(DesignKind::kChannelTx, &body);
  f.RunUntil(SimDuration::Seconds(4));
  ASSERT_TRUE(job->figures().ended);
  const int64_t io_ns = job->figures().lock_clock.ns(LockPhase::kReadIo);
  EXPECT_GE(io_ns, 20'000'000);
  EXPECT_LT(io_ns, 20'500'000);
  DesignFixture warm({.disk_service = SimDuration::Millis(10)});
  Job* quick = warm.AddJob(DesignKind::kChannelTx, &body);
  warm.RunUntil(SimDuration::Seconds(4));
  EXPECT_EQ(quick->figures().lock_clock.ns(LockPhase::kReadIo), 0);
}

// At the gate `zpool attach` has the lock of all pools, or has it not.
TEST(GateOrderTest, AVdevCommandWaitsAtTheGateWithoutTheNamespaceLock) {
  for (const bool gate_first : {true, false}) {
    DesignFixture f({.gate_first = gate_first});
    f.AddJob(DesignKind::kChannelTx, &f.prune, {}, Think(100));
    int64_t attached = 0;
    int64_t listed = 0;
    f.Type(SimDuration::Millis(2200), "zpool attach tank disk0 disk1", &attached);
    f.Type(SimDuration::Millis(2300), "zpool status tank", &listed);
    f.RunUntil(SimDuration::Millis(2400));
    EXPECT_EQ(attached, 0);
    EXPECT_EQ(listed > 0, gate_first);
    f.RunUntil(SimDuration::Seconds(60));
    EXPECT_GT(attached, 2'800'000'000);  // Eight calls of 100 ms.
    EXPECT_GT(listed, 0);
  }
}

// After txg 4 has been asked for by nobody: the last to have synced is 3, so it waits for 3 + 1 + 3.
TEST(GateOrderTest, AnAttachWaitsForFourTxgs) {
  DesignFixture f;
  int64_t attached = 0;
  f.Type(SimDuration::Seconds(1), "zpool attach tank disk0 disk1", &attached);
  f.RunUntil(SimDuration::Seconds(1));
  EXPECT_EQ(f.pool->pipeline().synced_txg(), kTxgInitial - 1);
  f.RunUntil(SimDuration::Seconds(4));
  EXPECT_GT(attached, 0);
  EXPECT_GE(f.pool->pipeline().synced_txg(), kTxgInitial + 3);
  EXPECT_FALSE(f.pool->scan().running());  // An empty pool: nothing to resilver.
  EXPECT_FALSE(ParseAdminCommand("zpool attach tank disk0").ok());
}

}  // namespace
}  // namespace model
