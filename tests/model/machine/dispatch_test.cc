// SPDX-License-Identifier: Apache-2.0
//
// Threads on cores: slices, preemption, costs.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/model/support/wait_graph.h"
#include "tests/model/support/world.h"

namespace model {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::Le;

// Computes for ever in small steps and notes each time that it finds itself back on its
// core after somebody else.
ThreadBody Spinner(std::vector<std::pair<std::string, int64_t>>* turns) {
  return [turns](Thread* t) -> sim::Task<> {
    while (!t->killed()) {
      if (turns->empty() || turns->back().first != t->name()) {
        turns->push_back({t->name(), t->machine().now().ns()});
      }
      co_await t->Compute(Micros(10));
    }
  };
}

std::vector<int64_t> TurnLengths(const std::vector<std::pair<std::string, int64_t>>& turns) {
  std::vector<int64_t> lengths;
  for (size_t i = 1; i < turns.size(); ++i) lengths.push_back(turns[i].second - turns[i - 1].second);
  return lengths;
}

// HZ=250: the tick is 4 ms, longer than the base slice of 0.7 ms, so turns end at ticks.
TEST(DispatchTest, TwoEqualSpinnersOnOneCoreAlternateAtEveryTickWithEevdf) {
  World world(Cores(1));
  std::vector<std::pair<std::string, int64_t>> turns;
  world.User("a", Spinner(&turns));
  world.User("b", Spinner(&turns));
  world.RunUntil(Millis(99));
  ASSERT_EQ(turns.size(), 25u);  // 100 ms / 4 ms
  EXPECT_THAT(TurnLengths(turns), Each(4'000'000));
  EXPECT_EQ(turns[0].first, "a");
  EXPECT_EQ(turns[1].first, "b");
}

// The same with the costs of a real machine: a switch costs 1.2 us and the turns stay
// on the ticks, within one step of 10 us.
TEST(DispatchTest, TurnsStayOnTheTicksWhenSwitchesCost) {
  World world({.cores = 1});
  std::vector<std::pair<std::string, int64_t>> turns;
  Thread* a = world.User("a", Spinner(&turns));
  Thread* b = world.User("b", Spinner(&turns));
  world.RunUntil(Millis(400));
  EXPECT_THAT(turns.size(), AllOf(Ge(99u), Le(101u)));
  std::vector<int64_t> lengths = TurnLengths(turns);
  lengths.erase(lengths.begin());
  EXPECT_THAT(lengths, Each(AllOf(Ge(3'980'000), Le(4'020'000))));
  const double share = static_cast<double>(a->figures().cpu_user_ns) /
                       static_cast<double>(a->figures().cpu_user_ns + b->figures().cpu_user_ns);
  EXPECT_NEAR(share, 0.5, 0.02);
}

TEST(DispatchTest, RoundRobinTurnsLast100Ms) {
  MachineOptions options = Cores(1);
  options.scheduler = SchedulerPolicy::kRoundRobin;
  World world(options);
  std::vector<std::pair<std::string, int64_t>> turns;
  world.User("a", Spinner(&turns));
  world.User("b", Spinner(&turns));
  world.RunUntil(Millis(999));
  ASSERT_EQ(turns.size(), 10u);
  EXPECT_THAT(TurnLengths(turns), Each(100'000'000));
}

TEST(DispatchTest, FifoNeverTakesTheCoreAway) {
  MachineOptions options = Cores(1);
  options.scheduler = SchedulerPolicy::kFifo;
  World world(options);
  std::vector<std::pair<std::string, int64_t>> turns;
  world.User("a", Spinner(&turns));
  Thread* b = world.User("b", Spinner(&turns));
  world.RunUntil(Seconds(10));
  EXPECT_EQ(turns.size(), 1u);
  EXPECT_EQ(b->figures().cpu_user_ns, 0);
  EXPECT_EQ(b->StateLetter(), 'R');
}

// Weights of nice 0 and nice 5 are 1024 and 335, so a gets 1024 / 1359 = 0.753.
TEST(DispatchTest, SharesFollowTheWeights) {
  World world(Cores(1));
  std::vector<std::pair<std::string, int64_t>> turns;
  Thread* a = world.User("a", Spinner(&turns));
  Thread* b = world.machine.Spawn(world.machine.CreateProcess("b"), "b", Spinner(&turns), {.nice = 5});
  world.RunUntil(Seconds(10));
  const auto total = static_cast<double>(a->figures().cpu_user_ns + b->figures().cpu_user_ns);
  EXPECT_NEAR(static_cast<double>(a->figures().cpu_user_ns) / total, 0.753, 0.01);
}

// Waking after a sleep, a thread goes before one that has used its slice, at once and
// not at the next tick.
TEST(DispatchTest, AWokenThreadPreemptsOneThatUsedItsSlice) {
  World world(Cores(1));
  std::vector<std::pair<std::string, int64_t>> turns;
  world.User("hog", [](Thread* t) -> sim::Task<> { co_await t->Compute(Seconds(1)); });
  int64_t back = 0;
  world.User("sleeper", [&](Thread* t) -> sim::Task<> {
    co_await t->SleepFor(Micros(49'500), SleepKind::kInterruptible);
    co_await t->Compute(Micros(1));
    back = t->machine().now().ns();
  });
  world.RunUntil(Millis(200));
  // It first runs at the hog's first tick (4 ms), then sleeps for 49.5 ms.
  EXPECT_EQ(back, 4'000'000 + 49'500'000 + 1'000);
}

TEST(DispatchTest, ASleeperOnABusyFifoCoreWaitsForTheCore) {
  MachineOptions options = Cores(1);
  options.scheduler = SchedulerPolicy::kFifo;
  World world(options);
  int64_t back = 0;
  world.User("sleeper", [&](Thread* t) -> sim::Task<> {
    co_await t->SleepFor(Millis(1), SleepKind::kInterruptible);
    back = t->machine().now().ns();
  });
  world.User("hog", [](Thread* t) -> sim::Task<> { co_await t->Compute(Millis(7)); });
  world.Run();
  EXPECT_EQ(back, 7'000'000);
}

// A thread in kernel mode gives way at the end of a burst (voluntary), in the middle of
// it (full), or not before it returns to user mode (none).
int64_t KernelHogGivesWayAfter(PreemptModel preempt) {
  MachineOptions options = Cores(1);
  options.preempt = preempt;
  World world(options);
  int64_t other_ran = 0;
  world.User("hog", [](Thread* t) -> sim::Task<> {
    t->EnterKernel();
    co_await t->Compute(Millis(10));
    co_await t->Compute(Millis(10));
    co_await t->ReturnToUser();
    co_await t->Compute(Millis(10));
  });
  world.User("other", [&](Thread* t) -> sim::Task<> {
    other_ran = t->machine().now().ns();
    co_return;
  });
  world.Run();
  return other_ran / 1'000'000;
}

TEST(DispatchTest, ThePreemptionModelSaysWhenKernelCodeGivesWay) {
  EXPECT_EQ(KernelHogGivesWayAfter(PreemptModel::kFull), 4);        // The tick.
  EXPECT_EQ(KernelHogGivesWayAfter(PreemptModel::kVoluntary), 10);  // The end of the burst.
  EXPECT_EQ(KernelHogGivesWayAfter(PreemptModel::kNone), 20);       // The return to user mode.
}

// A return to user mode whose cost was just paid when the core is taken away still
// ends in user mode.
TEST(DispatchTest, AReturnToUserModeSurvivesPreemptionAtItsVeryEnd) {
  static constexpr MachineProfile kSlowExit = {
      .name = "slow-exit", .syscall_exit_ns = 4'000'000, .tick_ns = 4'000'000};
  World world({.cores = 1, .profile = &kSlowExit, .preempt = PreemptModel::kFull});
  CpuMode mode = CpuMode::kKernel;
  int64_t user_ns = 0;
  Thread* a = world.User("a", [&](Thread* t) -> sim::Task<> {
    t->EnterKernel();
    co_await t->ReturnToUser();
    mode = t->mode();
    co_await t->Compute(Millis(1));
    user_ns = t->figures().cpu_user_ns;
  });
  world.User("b", [](Thread* t) -> sim::Task<> { co_await t->Compute(Millis(1)); });
  world.Run();
  EXPECT_EQ(mode, CpuMode::kUser);
  EXPECT_EQ(user_ns, 1'000'000);
  EXPECT_EQ(a->figures().cpu_kernel_ns, 4'000'000);
}

TEST(DispatchTest, AtomicCodeIsNeverPreempted) {
  MachineOptions options = Cores(1);
  options.preempt = PreemptModel::kFull;
  World world(options);
  int64_t other_ran = 0;
  world.Kernel("holder", [](Thread* t) -> sim::Task<> {
    t->EnterAtomic();
    co_await t->Compute(Millis(20));
    t->LeaveAtomic();
    co_await t->Compute(Millis(20));
  });
  world.User("other", [&](Thread* t) -> sim::Task<> {
    other_ran = t->machine().now().ns();
    co_return;
  });
  world.Run();
  EXPECT_EQ(other_ran, 20'000'000);
}

TEST(DispatchTest, YieldLetsTheOtherGoFirstWhateverThePolicy) {
  for (SchedulerPolicy policy :
       {SchedulerPolicy::kFifo, SchedulerPolicy::kRoundRobin, SchedulerPolicy::kEevdf}) {
    MachineOptions options = Cores(1);
    options.scheduler = policy;
    World world(options);
    std::vector<std::string> order;
    auto body = [&](Thread* t) -> sim::Task<> {
      for (int i = 0; i < 3; ++i) {
        order.push_back(t->name());
        co_await t->Compute(Micros(10));
        co_await t->Yield();
      }
    };
    world.User("a", body);
    world.User("b", body);
    world.Run();
    EXPECT_THAT(order, ElementsAre("a", "b", "a", "b", "a", "b"));
  }
}

// The first one starts on an idle core: idle exit and switch. Waking a sleeper on
// another, idle core costs the waker a remote wake-up, and the sleeper runs after the
// idle exit; no switch, since that core ran it last.
TEST(DispatchTest, WakingCostsTheWakerAndTheIdleCoreExtraTime) {
  World world({.cores = 2});
  const MachineProfile& profile = world.machine.profile();
  int64_t woken_at = 0, wake_at = 0, paid_at = 0;
  Thread* sleeper = world.User("sleeper", [&](Thread* t) -> sim::Task<> {
    EXPECT_EQ(t->machine().now().ns(), profile.idle_exit_ns + profile.context_switch_ns);
    co_await t->Hang();
    woken_at = t->machine().now().ns();
  });
  world.User("waker", [&](Thread* t) -> sim::Task<> {
    co_await t->Compute(Micros(100));
    wake_at = t->machine().now().ns();
    t->machine().Wake(const_cast<Waiter*>(&sleeper->waiter()), 0, t);
    co_await t->Settle();
    paid_at = t->machine().now().ns();
  });
  world.Run();
  EXPECT_EQ(paid_at - wake_at, profile.wake_remote_ns);
  EXPECT_EQ(woken_at - wake_at, profile.idle_exit_ns);
}

TEST(DispatchTest, WakingOnTheSameCoreCostsLessAndNeedsASwitch) {
  World world({.cores = 1, .scheduler = SchedulerPolicy::kFifo});
  const MachineProfile& profile = world.machine.profile();
  int64_t woken_at = 0, wake_at = 0, paid_at = 0;
  Thread* sleeper = world.User("sleeper", [&](Thread* t) -> sim::Task<> {
    co_await t->Hang();
    woken_at = t->machine().now().ns();
  });
  world.User("waker", [&](Thread* t) -> sim::Task<> {
    wake_at = t->machine().now().ns();
    t->machine().Wake(const_cast<Waiter*>(&sleeper->waiter()), 0, t);
    co_await t->Settle();
    paid_at = t->machine().now().ns();
    co_await t->Hang();
  });
  world.Run();
  EXPECT_EQ(paid_at - wake_at, profile.wake_local_ns);
  EXPECT_EQ(woken_at - paid_at, profile.context_switch_ns);
}

TEST(DispatchTest, AnIdleCorePullsFromTheLongestQueue) {
  World world(Cores(2));
  int64_t end = 0;
  for (int i = 0; i < 4; ++i) {
    world.User("t" + std::to_string(i), [&](Thread* t) -> sim::Task<> {
      co_await t->Compute(Millis(10));
      end = t->machine().now().ns();
    });
  }
  world.Run();
  EXPECT_EQ(end, 20'000'000);  // 4 x 10 ms on 2 cores.
}

// What a thread ran elsewhere says nothing about its share here: it neither starves nor
// starves the others.
TEST(DispatchTest, AThreadThatMovesToAnotherCoreGetsItsShareThere) {
  World world(Cores(2));
  Thread* old = world.User("old", [](Thread* t) -> sim::Task<> {
    co_await t->Compute(Seconds(5));
    co_await t->SleepFor(Millis(1), SleepKind::kInterruptible);
    co_await t->Compute(Seconds(1));
  });
  auto forever = [](Thread* t) -> sim::Task<> { co_await t->RunForever(); };
  world.User("pin", forever, Micros(5'000'100));  // Two on the core where `old` was.
  world.User("pin2", forever, Micros(5'000'200));
  Thread* young = world.User("young", forever, Millis(4'999));
  world.RunUntil(Millis(6'001));
  // From 5.001 s on the two share the core of `young`.
  EXPECT_NEAR(static_cast<double>(old->figures().cpu_user_ns - 5'000'000'000), 500e6, 5e6);
  EXPECT_NEAR(static_cast<double>(young->figures().cpu_user_ns), 502e6, 5e6);
}

TEST(DispatchTest, RunningForEverLeavesNothingPending) {
  World world(Cores(1));
  Thread* t = world.User("loop", [](Thread* self) -> sim::Task<> { co_await self->RunForever(); });
  world.Run();
  EXPECT_EQ(world.now_ns(), 0);
  EnderSet enders;
  EXPECT_EQ(t->Examine(&enders), Actor::Condition::kForever);
  world.RunUntil(Seconds(3));
  world.machine.Signal(t->process(), kSigKill);
  world.Run();
  EXPECT_TRUE(t->process()->ended());
  EXPECT_EQ(t->figures().cpu_user_ns, 3'000'000'000);
}

TEST(DispatchTest, AnEndlessLoopInUserModeSharesItsCore) {
  World world(Cores(1));
  Thread* loop = world.User("loop", [](Thread* t) -> sim::Task<> { co_await t->RunForever(); });
  Thread* worker = world.User("worker", [](Thread* t) -> sim::Task<> { co_await t->Compute(Millis(40)); });
  world.RunUntil(Seconds(1));
  EXPECT_TRUE(worker->ended());
  EXPECT_FALSE(loop->ended());
}

TEST(DispatchTest, AnEndlessLoopInTheKernelKeepsItsCore) {
  World world(Cores(1));
  world.User("loop", [](Thread* t) -> sim::Task<> {
    t->EnterKernel();
    co_await t->RunForever();
  });
  Thread* worker = world.User("worker", [](Thread* t) -> sim::Task<> { co_await t->Compute(Millis(40)); });
  world.RunUntil(Seconds(10));
  EXPECT_EQ(worker->figures().cpu_user_ns, 0);
  EXPECT_THAT(WaitGraph(world.machine).Hung(), ElementsAre("worker"));
}

TEST(DispatchTest, ChargesArePaidByTheNextBurst) {
  World world(Cores(1));
  int64_t end = 0;
  Thread* t = world.Kernel("k", [&](Thread* self) -> sim::Task<> {
    self->Charge(300);
    self->Charge(200);
    co_await self->Settle();
    EXPECT_EQ(self->machine().now().ns(), 500);
    co_await self->Settle();
    EXPECT_EQ(self->machine().now().ns(), 500);
    self->Charge(1);
    co_await self->Compute(Nanos(9));
    end = self->machine().now().ns();
  });
  world.Run();
  EXPECT_EQ(end, 510);
  EXPECT_EQ(t->figures().cpu_kernel_ns, 510);
}

TEST(DispatchTest, ModesAreAccountedApart) {
  World world({.cores = 1});
  const MachineProfile& profile = world.machine.profile();
  Thread* t = world.User("app", [](Thread* self) -> sim::Task<> {
    co_await self->Compute(Micros(10));
    self->EnterKernel();
    co_await self->Compute(Micros(5));
    co_await self->ReturnToUser();
    co_await self->Compute(Micros(1));
  });
  world.Run();
  EXPECT_EQ(t->figures().cpu_user_ns, 11'000);
  EXPECT_EQ(t->figures().cpu_kernel_ns, 5'000 + profile.syscall_entry_ns + profile.syscall_exit_ns +
                                            profile.context_switch_ns + profile.process_exit_ns);
  EXPECT_EQ(t->process()->figures.syscalls, 1);
}

}  // namespace
}  // namespace model
