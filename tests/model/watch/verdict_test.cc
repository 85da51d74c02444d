// SPDX-License-Identifier: Apache-2.0
#include "model/watch/verdict.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/watch/detector.h"
#include "model/watch/lap_book.h"
#include "tests/model/watch/things.h"

namespace model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

sim::Task<> LockAndCompute(Thread* thread, Mutex* mutex, sim::SimDuration span) {
  co_await mutex->LockIt(thread);
  co_await thread->Compute(span);
  mutex->Unlock(thread);
}
sim::Task<> LockAndSleep(Thread* thread, Mutex* mutex, sim::SimDuration span) {
  co_await mutex->LockIt(thread);
  co_await thread->SleepFor(span, SleepKind::kInterruptible);
  mutex->Unlock(thread);
}
sim::Task<> ThinkInUserMode(Thread* thread, Mutex* held) {
  co_await held->LockIt(thread);
  co_await thread->Compute(Seconds(3600));
}
sim::Task<> LoopInUserMode(Thread* thread, Mutex* held) {
  co_await held->LockIt(thread);
  co_await thread->RunForever();
}

// The work inside the lock takes 20 s; slow_after is 10 s. At 5 s nothing is wrong yet,
// at 15 s the waiter is slow, at 25 s all is done: a slow system is never called hung.
TEST(VerdictTest, ASlowSystemIsNeverCalledHung) {
  World world({.cores = 2});
  Mutex mutex(&world.machine, "m");
  world.Kernel("script", [&](Thread* t) { return LockAndCompute(t, &mutex, Seconds(20)); });
  world.User(
      "list", [&](Thread* t) { return TakeOne(t, &mutex); }, Millis(1));
  world.RunUntil(Seconds(5));
  EXPECT_EQ(Judge(world.machine, {}).verdict, Verdict::kCompleted);
  world.RunUntil(Seconds(15));
  const Judgement slow = Judge(world.machine, {});
  EXPECT_EQ(slow.verdict, Verdict::kSlow);
  EXPECT_EQ(slow.root, "script");
  EXPECT_THAT(Names(slow.slow), ElementsAre("list"));
  EXPECT_THAT(slow.hangs, IsEmpty());
  world.RunUntil(Seconds(25));
  EXPECT_EQ(Judge(world.machine, {}).verdict, Verdict::kCompleted);
}

// H27: the vfork parent is in D, killable, for 100 s; its child sleeps.
TEST(VerdictTest, AVforkParentIsSlow) {
  World world({.cores = 2});
  Thread* child = world.User("child", [](Thread* t) { return Tick(t, Seconds(100)); });
  Thread* parent = world.User("parent", [&](Thread* t) {
    return WaitOn(t, &child->process()->end_event(), {.kind = SleepKind::kKillable});
  });
  world.RunUntil(Seconds(60));
  const Judgement judgement = Judge(world.machine, {});
  EXPECT_EQ(judgement.verdict, Verdict::kSlow);
  EXPECT_EQ(judgement.root, "child");
  EXPECT_THAT(Names(judgement.slow), ElementsAre("parent"));
  EXPECT_TRUE(parent->Killable());
}

TEST(VerdictTest, ASleepingThreadIsNotSlow) {
  World world({.cores = 2});
  Mutex mutex(&world.machine, "m");
  world.User("sleeper", [&](Thread* t) { return LockAndSleep(t, &mutex, Seconds(100)); });
  world.RunUntil(Seconds(60));
  EXPECT_EQ(Judge(world.machine, {}).verdict, Verdict::kCompleted);
  const Judgement cut_short = Judge(world.machine, {.work_left = true});
  EXPECT_EQ(cut_short.verdict, Verdict::kUnknown);
  EXPECT_EQ(cut_short.subkind, "unfinished");
}

TEST(VerdictTest, ADeadlockNamesItsCycle) {
  World world({.cores = 2});
  Mutex a(&world.machine, "a"), b(&world.machine, "b");
  world.Kernel("x", [&](Thread* t) { return TakeBoth(t, &a, &b); });
  world.Kernel("y", [&](Thread* t) { return TakeBoth(t, &b, &a); });
  world.RunUntil(Seconds(1));
  const Judgement judgement = Judge(world.machine, {});
  EXPECT_EQ(judgement.verdict, Verdict::kDeadlock);
  EXPECT_EQ(judgement.subkind, "cycle");
  EXPECT_THAT(judgement.cycle, ElementsAre("x", "y"));
  EXPECT_EQ(judgement.root, "");
}

TEST(VerdictTest, OneThreadInACycleIsASelfDeadlock) {
  World world({.cores = 2});
  Mutex a(&world.machine, "a");
  world.Kernel("x", [&](Thread* t) { return TakeBoth(t, &a, &a); });
  world.RunUntil(Seconds(1));
  EXPECT_EQ(Judge(world.machine, {}).subkind, "self_deadlock");
}

TEST(VerdictTest, TheGravestHangGivesTheVerdictAndAllAreListed) {
  World world({.cores = 4});
  Thing io(WaitableKind::kIo, "sda/1", "sda");
  io.outside = true;
  WaitQueue queue(&world.machine, "queue");
  world.User("reader", [&](Thread* t) { return WaitOn(t, &io, {}); });
  world.User("sleeper", [&](Thread* t) { return WaitOn(t, &queue, {}); });
  world.RunUntil(Seconds(1));
  const Judgement judgement = Judge(world.machine, {});
  EXPECT_EQ(judgement.verdict, Verdict::kLostEvent);
  EXPECT_EQ(judgement.subkind, "lost_wakeup");
  EXPECT_EQ(judgement.root, "queue");
  ASSERT_EQ(judgement.hangs.size(), 2u);
  EXPECT_EQ(judgement.hangs[1].verdict, Verdict::kExternal);
  EXPECT_EQ(judgement.hangs[1].subkind, "device");
  EXPECT_EQ(judgement.hangs[1].root.name, "sda");
}

// Example 04 in small: a process holds what txg_sync needs, and is stopped.
TEST(VerdictTest, AStoppedProcessThatHoldsUpAPoolFreezesIt) {
  World world({.cores = 4});
  Mutex gate(&world.machine, "sync gate");
  Thread* prune = world.User("prune", [&](Thread* t) { return ThinkInUserMode(t, &gate); });
  world.Kernel(
      "txg_sync", [&](Thread* t) { return TakeOne(t, &gate); }, Millis(1));
  world.RunUntil(Seconds(1));
  const std::vector<PoolTxgs> holds = {{.pool = "tank", .gate_closed_by = prune->process()}};
  const Judgement before = Judge(world.machine, {.pools = holds});
  EXPECT_EQ(before.verdict, Verdict::kCompleted);
  EXPECT_THAT(before.frozen, IsEmpty());

  world.machine.Signal(prune->process(), kSigStop);
  world.RunUntil(Seconds(2));
  const Judgement stopped = Judge(world.machine, {.pools = holds});
  EXPECT_EQ(stopped.verdict, Verdict::kFrozenPool);
  EXPECT_EQ(stopped.subkind, "stopped");
  EXPECT_EQ(stopped.root, "prune");
  EXPECT_THAT(stopped.frozen, ElementsAre("tank"));
  EXPECT_EQ(prune->StateLetter(), 'T');
  // The same, were it no pool that it holds up.
  EXPECT_EQ(Judge(world.machine, {}).verdict, Verdict::kExternal);

  world.machine.Signal(prune->process(), kSigCont);
  world.RunUntil(Seconds(3));
  EXPECT_THAT(Judge(world.machine, {.pools = holds}).frozen, IsEmpty());
}

TEST(VerdictTest, APoolStaysFrozenWhateverTheVerdict) {
  World world({.cores = 4});
  Mutex gate(&world.machine, "sync gate"), a(&world.machine, "a"), b(&world.machine, "b");
  Thread* looper = world.User("looper", [&](Thread* t) { return LoopInUserMode(t, &gate); });
  world.Kernel(
      "txg_sync", [&](Thread* t) { return TakeOne(t, &gate); }, Millis(1));
  world.Kernel("x", [&](Thread* t) { return TakeBoth(t, &a, &b); });
  world.Kernel("y", [&](Thread* t) { return TakeBoth(t, &b, &a); });
  world.RunUntil(Seconds(1));
  const Judgement judgement =
      Judge(world.machine, {.pools = {{.pool = "tank", .gate_closed_by = looper->process()}}});
  EXPECT_EQ(judgement.verdict, Verdict::kDeadlock);
  EXPECT_THAT(judgement.frozen, ElementsAre("tank"));
  ASSERT_EQ(judgement.hangs.size(), 2u);
  EXPECT_EQ(judgement.hangs[1].verdict, Verdict::kFrozenPool);
  EXPECT_EQ(judgement.hangs[1].subkind, "endless_loop");
}

// No gate is closed: txg_sync waits for a lock behind two processes, of which the second is
// stopped. A pool whose txg_sync waits for a disk is not frozen.
TEST(VerdictTest, AStoppedProcessBehindWhichTxgSyncWaitsFreezesThePool) {
  World world({.cores = 4});
  Mutex config(&world.machine, "config"), inner(&world.machine, "inner");
  Thing io(WaitableKind::kIo, "sda/1", "sda");
  io.outside = true;
  Thread* stopped = world.User("stopped", [&](Thread* t) { return ThinkInUserMode(t, &inner); });
  world.User(
      "reader", [&](Thread* t) { return TakeBoth(t, &config, &inner); }, Millis(1));
  Thread* sync = world.Kernel(
      "txg_sync", [&](Thread* t) { return TakeOne(t, &config); }, Millis(2));
  Thread* other_sync = world.Kernel("other/txg_sync", [&](Thread* t) { return WaitOn(t, &io, {}); });
  world.RunUntil(Seconds(1));
  world.machine.Signal(stopped->process(), kSigStop);
  world.RunUntil(Seconds(2));
  const Judgement judgement =
      Judge(world.machine,
            {.pools = {{.pool = "tank", .threads = {sync}}, {.pool = "other", .threads = {other_sync}}}});
  EXPECT_EQ(judgement.verdict, Verdict::kFrozenPool);
  EXPECT_EQ(judgement.subkind, "stopped");
  EXPECT_EQ(judgement.root, "stopped");
  EXPECT_THAT(judgement.frozen, ElementsAre("tank"));
}

// H13: a thread retries for ever with a lock held; readers wait for it.
sim::Task<> RetryForEver(Thread* thread, Mutex* mutex, LapBook* laps, int64_t laps_before_progress) {
  co_await mutex->LockIt(thread);
  for (int64_t lap = 0;; ++lap) {
    co_await thread->Compute(Micros(100));
    co_await thread->SleepFor(Micros(100), SleepKind::kUninterruptible);
    laps->Retry(thread, "EFAULT");
    if (lap == laps_before_progress) laps->Progress(thread);
  }
}

TEST(VerdictTest, LapsWithoutProgressAreALivelock) {
  World world({.cores = 2});
  Mutex mutex(&world.machine, "range lock");
  LapBook laps(1000);
  Detector detector(&world.machine, {});
  detector.Start();
  // Its last progress is at lap 2000; 1000 laps later, 0.6 s after the start, it is one.
  Thread* writer = world.User("smbd", [&](Thread* t) { return RetryForEver(t, &mutex, &laps, 2000); });
  world.User(
      "reader", [&](Thread* t) { return TakeOne(t, &mutex); }, Millis(1));
  world.RunUntil(Millis(500));
  EXPECT_THAT(laps.Livelocked(), IsEmpty());
  EXPECT_EQ(Judge(world.machine, {.livelocked = laps.Livelocked()}).verdict, Verdict::kCompleted);
  world.RunUntil(Seconds(2));
  const Judgement judgement = Judge(world.machine, {.livelocked = laps.Livelocked()});
  EXPECT_EQ(judgement.verdict, Verdict::kLivelock);
  EXPECT_EQ(judgement.root, "smbd");
  EXPECT_THAT(Names(judgement.hung.threads()), ElementsAre("smbd", "reader"));
  EXPECT_EQ(laps.ReasonOf(writer), "EFAULT");
  world.RunUntil(Seconds(300));
  EXPECT_THAT(Names(detector.HungTasks()), ElementsAre("reader"));
}

// One of two that could end the wait runs for ever, and nothing was declared about it.
class Endless final : public Actor {
 public:
  Endless() : Actor(ActorKind::kWork, "poll") {}
  Condition Examine(EnderSet*) const override { return Condition::kForever; }
};

TEST(VerdictTest, WhatAnUndeclaredRunnerMayStillEndIsUnknown) {
  World world({.cores = 2});
  CondVar cv(&world.machine, "cv");
  Endless poll;
  cv.producers().Add(&poll);
  world.User("app", [&](Thread* t) { return WaitOn(t, &cv, {}); });
  world.RunUntil(Seconds(60));
  const Judgement judgement = Judge(world.machine, {});
  EXPECT_EQ(judgement.verdict, Verdict::kUnknown);
  EXPECT_EQ(judgement.root, "poll");
  EXPECT_TRUE(judgement.hung.empty());
}

TEST(VerdictTest, NamesAreThoseOfTheResult) {
  EXPECT_EQ(VerdictName(Verdict::kDeadlock), "deadlock");
  EXPECT_EQ(VerdictName(Verdict::kFrozenPool), "frozen_pool");
  EXPECT_EQ(VerdictName(Verdict::kCompleted), "completed");
}

// A machine that has panicked runs nothing. Who had not ended waits for whoever starts it anew; that "a" is
// blocked there is no hang of the machine any more.
TEST(VerdictTest, AStoppedMachineIsMovedFromOutsideUnlessAllHadEnded) {
  World world;
  Mutex mutex(&world.machine, "m");
  world.Kernel("holder", [&](Thread* t) { return LockAndSleep(t, &mutex, Seconds(100)); });
  world.User(
      "a", [&](Thread* t) { return TakeOne(t, &mutex); }, Millis(1));
  world.RunUntil(Seconds(1));
  const Judgement stopped = Judge(world.machine, {.work_left = true, .halted = "panic"});
  EXPECT_EQ(stopped.verdict, Verdict::kExternal);
  EXPECT_EQ(stopped.subkind, "panic");
  EXPECT_EQ(stopped.root, "machine");
  EXPECT_TRUE(stopped.hung.empty());
  const Judgement idle = Judge(world.machine, {.work_left = false, .halted = "power_cut"});
  EXPECT_EQ(idle.verdict, Verdict::kCompleted);
  EXPECT_EQ(idle.subkind, "power_cut");
}

}  // namespace
}  // namespace model
