// SPDX-License-Identifier: Apache-2.0
#include "model/watch/ps.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/model/watch/things.h"

namespace model {
namespace {

using ::testing::ElementsAre;

sim::Task<> WaitSynced(Thread* thread, Waitable* thing) {
  co_await sim::FrameName{"txg_wait_synced"};
  co_await thread->Wait(*thing, {.kind = SleepKind::kKillable});
}
sim::Task<> Snapshot(Thread* thread, Waitable* thing) {
  co_await sim::FrameName{"zfs_ioc_snapshot"};
  thread->EnterKernel();
  co_await WaitSynced(thread, thing);
}

sim::Task<> LoopInUserMode(Thread* thread) {
  co_await sim::FrameName{"job"};
  co_await thread->RunForever();
}

TEST(PsTest, ShowsTheLetterAndWhetherItCanReallyBeKilled) {
  World world({.cores = 2});
  Thing synced(WaitableKind::kTxg, "tx_sync_done_cv");
  synced.needs = {world.Kernel("txg_sync", [](Thread* t) { return Tick(t, Seconds(5)); })};
  world.User("zfs", [&](Thread* t) { return Snapshot(t, &synced); });
  world.User("plain", [&](Thread* t) { return WaitOn(t, &synced, {}); });
  world.User(
      "later", [](Thread* t) { return Tick(t, Seconds(1)); }, Seconds(60));
  world.RunUntil(Seconds(1));

  const std::vector<PsRow> rows = Ps(world.machine);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].comm, "txg_sync");
  EXPECT_EQ(rows[0].waits_on, "sleep");
  EXPECT_EQ(rows[0].holder, "");
  EXPECT_EQ(rows[1].comm, "zfs");
  EXPECT_EQ(rows[1].state, 'D');
  EXPECT_TRUE(rows[1].killable);
  EXPECT_EQ(rows[1].wchan, "txg_wait_synced");
  EXPECT_THAT(rows[1].stack, ElementsAre("txg_wait_synced", "zfs_ioc_snapshot"));
  EXPECT_EQ(StackText(rows[1].stack), "txg_wait_synced < zfs_ioc_snapshot");
  EXPECT_EQ(rows[1].waits_on, "tx_sync_done_cv");
  EXPECT_EQ(rows[1].holder, "txg_sync");
  EXPECT_EQ(rows[2].state, 'D');
  EXPECT_FALSE(rows[2].killable);
}

sim::Task<> ReadFor(Thread* thread, Rrwlock* lock) {
  co_await lock->Read(thread);
  co_await thread->SleepFor(Seconds(1000), SleepKind::kInterruptible);
}
sim::Task<> WriteOne(Thread* thread, Rrwlock* lock) {
  thread->EnterKernel();
  co_await lock->Write(thread);
}

// A reader behind a waiting writer waits for the reader that the writer waits for: both are shown.
TEST(PsTest, ShowsWhoHoldsALockAndWhoIsInFront) {
  World world({.cores = 4});
  Rrwlock config(&world.machine, "config", true);
  world.User("mount", [&](Thread* t) { return ReadFor(t, &config); });
  world.User(
      "second", [&](Thread* t) { return ReadFor(t, &config); }, Millis(1));
  world.Kernel(
      "txg_sync", [&](Thread* t) { return WriteOne(t, &config); }, Millis(2));
  world.User(
      "zfs", [&](Thread* t) { return ReadFor(t, &config); }, Millis(3));
  world.RunUntil(Seconds(1));
  const std::vector<PsRow> rows = Ps(world.machine);
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[2].holder, "mount");
  EXPECT_EQ(rows[2].more_holders, 1);
  EXPECT_EQ(rows[2].queued_behind, "");
  EXPECT_EQ(rows[3].holder, "mount");
  EXPECT_EQ(rows[3].queued_behind, "txg_sync");
  EXPECT_TRUE(rows[3].on_lock);
}

// One core, a spinner on it: the other thread is runnable and waits for the core.
TEST(PsTest, AStarvedThreadWaitsForACore) {
  World world({.cores = 1, .blocking = BlockingKernel::kSpin});
  Thing answer(WaitableKind::kUpcall, "decide");
  world.User("app", [&](Thread* t) { return WaitOn(t, &answer, {}); });
  world.User(
      "other", [](Thread* t) { return Tick(t, Seconds(1)); }, Millis(1));
  world.RunUntil(Seconds(1));
  const std::vector<PsRow> rows = Ps(world.machine);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].state, 'R');
  EXPECT_FALSE(rows[0].killable);
  EXPECT_EQ(rows[1].state, 'R');
  EXPECT_EQ(rows[1].waits_on, "core");
  EXPECT_EQ(rows[1].holder, "app");
}

sim::Task<> DownOne(Thread* thread, Semaphore* semaphore) {
  thread->EnterKernel();
  co_await semaphore->Down(thread);
  co_await thread->SleepFor(Seconds(100), SleepKind::kInterruptible);
}

// One that begins with no unit is a signal; of one that somebody has, the next waits for him.
TEST(PsTest, ASemaphoreIsHeldOnlyIfSomebodyHasAUnit) {
  World world({.cores = 2});
  Semaphore answer(&world.machine, "answer", 0);
  Semaphore slots(&world.machine, "slots", 1);
  world.User("asks", [&](Thread* t) { return DownOne(t, &answer); });
  world.User("first", [&](Thread* t) { return DownOne(t, &slots); });
  world.User(
      "second", [&](Thread* t) { return DownOne(t, &slots); }, Millis(1));
  world.RunUntil(Seconds(1));
  const std::vector<PsRow> rows = Ps(world.machine);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_FALSE(rows[0].on_lock);
  EXPECT_EQ(rows[2].holder, "first");
  EXPECT_TRUE(rows[2].on_lock);
}

sim::Task<> CopyLoop(Thread* thread) {
  co_await sim::FrameName{"pwrite"};
  thread->EnterKernel();
  for (;;) co_await thread->Compute(Seconds(3));
}

// SIGKILL acts at the return to user mode, and a loop in the kernel does not get there.
TEST(PsTest, WhatRunsInTheKernelIsNotKillableAndShowsWhereItIs) {
  World world({.cores = 2});
  world.User("smbd", &CopyLoop);
  world.User("loop", [](Thread* t) { return LoopInUserMode(t); });
  world.RunUntil(Seconds(1));
  const std::vector<PsRow> rows = Ps(world.machine);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].state, 'R');
  EXPECT_FALSE(rows[0].killable);
  EXPECT_EQ(rows[0].wchan, "-");
  EXPECT_THAT(rows[0].stack, ElementsAre("pwrite"));
  EXPECT_EQ(rows[1].state, 'R');
  EXPECT_TRUE(rows[1].killable);
  EXPECT_THAT(rows[1].stack, ElementsAre());
}

}  // namespace
}  // namespace model
