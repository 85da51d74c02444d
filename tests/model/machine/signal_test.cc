// SPDX-License-Identifier: Apache-2.0
//
// Which signal ends which wait, what ps shows meanwhile, and when a killed thread dies.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/model/support/world.h"

namespace model {
namespace {

using ::testing::ElementsAre;

// A thread that waits in the kernel for an event that somebody outside may bring.
struct Waiting {
  Waiting(World* world, SleepKind kind) {
    thread = world->User("app", [this, kind](Thread* t) -> sim::Task<> {
      t->EnterKernel();
      result = co_await t->Wait(t->machine().hang_event(), {.kind = kind});
      ended_wait_at = t->machine().now().ns();
      co_await t->ReturnToUser();
      if (!t->killed()) back_in_user_mode = true;
    });
  }
  Thread* thread;
  int result = -1;
  int64_t ended_wait_at = -1;
  bool back_in_user_mode = false;
};

struct SleepRow {
  SleepKind kind;
  char letter;
  bool killable;
  bool any_signal;
};

void PrintTo(const SleepRow& row, std::ostream* out) { *out << SleepKindName(row.kind); }

class SleepTest : public ::testing::TestWithParam<SleepRow> {};

// The table of waitable.h.
INSTANTIATE_TEST_SUITE_P(Kinds, SleepTest,
                         ::testing::Values(SleepRow{SleepKind::kUninterruptible, 'D', false, false},
                                           SleepRow{SleepKind::kKillable, 'D', true, false},
                                           SleepRow{SleepKind::kInterruptible, 'S', true, true},
                                           SleepRow{SleepKind::kIdle, 'S', false, false},
                                           SleepRow{SleepKind::kSpin, 'R', false, false}));

TEST_P(SleepTest, ShowsItsLetter) {
  World world;
  Waiting waiting(&world, GetParam().kind);
  world.RunUntil(Millis(1));
  EXPECT_EQ(waiting.thread->StateLetter(), GetParam().letter);
  EXPECT_EQ(waiting.thread->Killable(), GetParam().killable);
  EXPECT_EQ(waiting.thread->waiter().on->name(), "user code");
}

TEST_P(SleepTest, KillEndsItOrWaitsForTheEvent) {
  World world;
  Waiting waiting(&world, GetParam().kind);
  world.At(Millis(1), [&] { world.machine.Signal(waiting.thread->process(), kSigKill); });
  world.RunUntil(Millis(2));
  EXPECT_EQ(waiting.thread->process()->ended(), GetParam().killable);
  EXPECT_TRUE(waiting.thread->process()->killed());
  if (GetParam().killable) {
    EXPECT_EQ(waiting.result, kEINTR);
    EXPECT_EQ(waiting.ended_wait_at, 1'000'000);
    EXPECT_EQ(waiting.thread->process()->kill_to_exit(), Nanos(0));
  } else {
    EXPECT_EQ(waiting.thread->StateLetter(), GetParam().letter);
    world.At(Millis(5),
             [&] { world.machine.Wake(const_cast<Waiter*>(&waiting.thread->waiter()), 0, nullptr); });
    world.Run();
    EXPECT_EQ(waiting.result, 0);
    EXPECT_TRUE(waiting.thread->process()->ended());
    EXPECT_EQ(waiting.thread->process()->kill_to_exit(), Millis(4));
  }
  EXPECT_FALSE(waiting.back_in_user_mode);
}

TEST_P(SleepTest, AHandledSignalEndsOnlyAnInterruptibleSleep) {
  World world;
  Waiting waiting(&world, GetParam().kind);
  waiting.thread->process()->SetHandled(kSigUsr1, true);
  world.At(Millis(1), [&] { world.machine.Signal(waiting.thread->process(), kSigUsr1); });
  world.RunUntil(Millis(2));
  EXPECT_EQ(waiting.back_in_user_mode, GetParam().any_signal);
  EXPECT_EQ(waiting.result, GetParam().any_signal ? kEINTR : -1);
  EXPECT_EQ(waiting.thread->process()->TakeHandledSignal(), kSigUsr1);
  EXPECT_EQ(waiting.thread->process()->TakeHandledSignal(), 0);
}

TEST_P(SleepTest, AnUnhandledSignalIsFatal) {
  World world;
  Waiting waiting(&world, GetParam().kind);
  world.At(Millis(1), [&] { world.machine.Signal(waiting.thread->process(), kSigTerm); });
  world.RunUntil(Millis(2));
  EXPECT_EQ(waiting.thread->process()->ended(), GetParam().killable);
}

TEST_P(SleepTest, StopShowsTForAnInterruptibleSleeperOnly) {
  World world;
  Waiting waiting(&world, GetParam().kind);
  world.At(Millis(1), [&] { world.machine.Signal(waiting.thread->process(), kSigStop); });
  world.RunUntil(Millis(2));
  const bool stops = GetParam().kind == SleepKind::kInterruptible;
  EXPECT_EQ(waiting.thread->StateLetter(), stops ? 'T' : GetParam().letter);
  // The event comes while it is stopped: it does not run before SIGCONT.
  world.At(Millis(3),
           [&] { world.machine.Wake(const_cast<Waiter*>(&waiting.thread->waiter()), 0, nullptr); });
  world.RunUntil(Millis(4));
  EXPECT_FALSE(waiting.back_in_user_mode);
  EXPECT_EQ(waiting.thread->StateLetter(), 'T');
  world.At(Millis(5), [&] { world.machine.Signal(waiting.thread->process(), kSigCont); });
  world.RunUntil(Millis(6));
  EXPECT_TRUE(waiting.back_in_user_mode);
  EXPECT_EQ(waiting.result, 0);
}

TEST(SignalTest, AStoppedSleeperGoesBackToSleepOnCont) {
  World world;
  Waiting waiting(&world, SleepKind::kInterruptible);
  world.At(Millis(1), [&] { world.machine.Signal(waiting.thread->process(), kSigStop); });
  world.At(Millis(2), [&] { world.machine.Signal(waiting.thread->process(), kSigCont); });
  world.RunUntil(Millis(3));
  EXPECT_EQ(waiting.thread->StateLetter(), 'S');
}

TEST(SignalTest, AStoppedProcessIsKilledAtOnce) {
  World world;
  Waiting waiting(&world, SleepKind::kInterruptible);
  world.At(Millis(1), [&] { world.machine.Signal(waiting.thread->process(), kSigStop); });
  world.At(Millis(2), [&] { world.machine.Signal(waiting.thread->process(), kSigKill); });
  world.Run();
  EXPECT_TRUE(waiting.thread->process()->ended());
  EXPECT_EQ(world.now_ns(), 2'000'000);
}

TEST(SignalTest, AThreadInUserModeDiesInTheMiddleOfItsBurst) {
  World world;
  int64_t unused = 0;
  Thread* t = world.User("app", [&](Thread* self) -> sim::Task<> {
    unused = (co_await self->Compute(Millis(10))).ns();
    EXPECT_TRUE(self->killed());
  });
  world.At(Millis(3), [&] { world.machine.Signal(t->process(), kSigKill); });
  world.Run();
  EXPECT_EQ(unused, 7'000'000);
  EXPECT_EQ(world.now_ns(), 3'000'000);
  EXPECT_TRUE(t->process()->ended());
}

// 1 us of charges is paid first; the kill comes 0.4 us into that, so nothing of the
// 10 us has been used, and no more than that is given back.
TEST(SignalTest, WhatWasChargedIsNotGivenBack) {
  World world;
  int64_t unused = 0;
  Thread* t = world.User("app", [&](Thread* self) -> sim::Task<> {
    self->Charge(1'000);
    unused = (co_await self->Compute(Micros(10))).ns();
  });
  world.At(Nanos(400), [&] { world.machine.Signal(t->process(), kSigKill); });
  world.Run();
  EXPECT_EQ(unused, 10'000);
}

TEST(SignalTest, AThreadInKernelModeFinishesItsWorkFirst) {
  World world;
  int64_t kernel_end = 0;
  bool user_again = false;
  Thread* t = world.User("app", [&](Thread* self) -> sim::Task<> {
    self->EnterKernel();
    co_await self->Compute(Millis(10));
    kernel_end = self->machine().now().ns();
    co_await self->ReturnToUser();
    user_again = !self->killed();
  });
  world.At(Millis(3), [&] { world.machine.Signal(t->process(), kSigKill); });
  world.Run();
  EXPECT_EQ(kernel_end, 10'000'000);
  EXPECT_FALSE(user_again);
  EXPECT_EQ(t->process()->kill_to_exit(), Millis(7));
}

TEST(SignalTest, AHandledSignalCutsAUserBurstShortAndTheRestIsKnown) {
  World world;
  std::vector<int64_t> handled_at;
  Thread* t = world.User("app", [&](Thread* self) -> sim::Task<> {
    sim::SimDuration left = Millis(10);
    while (left.ns() > 0) {
      left = co_await self->Compute(left);
      if (self->process()->TakeHandledSignal() != 0) handled_at.push_back(self->machine().now().ns());
    }
  });
  t->process()->SetHandled(kSigUsr1, true);
  world.At(Millis(2), [&] { world.machine.Signal(t->process(), kSigUsr1); });
  world.At(Millis(5), [&] { world.machine.Signal(t->process(), kSigUsr1); });
  world.Run();
  EXPECT_THAT(handled_at, ElementsAre(2'000'000, 5'000'000));
  EXPECT_EQ(t->process()->end().ns(), 10'000'000);
}

TEST(SignalTest, StopHoldsAUserBurstAndContGoesOnWithIt) {
  World world;
  Thread* t = world.User("app", [&](Thread* self) -> sim::Task<> { co_await self->Compute(Millis(10)); });
  world.At(Millis(4), [&] { world.machine.Signal(t->process(), kSigStop); });
  world.RunUntil(Millis(5));
  EXPECT_EQ(t->StateLetter(), 'T');
  EXPECT_EQ(t->figures().cpu_user_ns, 4'000'000);
  world.At(Millis(100), [&] { world.machine.Signal(t->process(), kSigCont); });
  world.Run();
  EXPECT_EQ(t->process()->end().ns(), 106'000'000);
}

// A thread in the kernel stops only where it would go back to user mode, holding
// nothing of the kernel.
TEST(SignalTest, StopTakesEffectAtTheReturnToUserMode) {
  World world;
  int64_t kernel_end = 0, user_again = 0;
  Thread* t = world.User("app", [&](Thread* self) -> sim::Task<> {
    self->EnterKernel();
    co_await self->Compute(Millis(10));
    kernel_end = self->machine().now().ns();
    co_await self->ReturnToUser();
    user_again = self->machine().now().ns();
  });
  world.At(Millis(4), [&] { world.machine.Signal(t->process(), kSigStop); });
  world.RunUntil(Millis(20));
  EXPECT_EQ(kernel_end, 10'000'000);
  EXPECT_EQ(t->StateLetter(), 'T');
  world.At(Millis(30), [&] { world.machine.Signal(t->process(), kSigCont); });
  world.Run();
  EXPECT_EQ(user_again, 30'000'000);
}

TEST(SignalTest, AThreadThatStopsItselfStopsAtOnce) {
  World world;
  int64_t end = 0;
  Thread* t = world.User("app", [&](Thread* self) -> sim::Task<> {
    self->machine().Signal(self->process(), kSigStop);
    co_await self->Compute(Millis(1));
    end = self->machine().now().ns();
  });
  world.At(Millis(50), [&] { world.machine.Signal(t->process(), kSigCont); });
  world.RunUntil(Millis(40));
  EXPECT_EQ(t->StateLetter(), 'T');
  world.Run();
  EXPECT_EQ(end, 51'000'000);
}

TEST(SignalTest, ARunnableThreadCanBeStoppedAndGoesOnLater) {
  World world(Cores(1));
  world.User("hog", [](Thread* t) -> sim::Task<> {
    t->EnterKernel();
    co_await t->Compute(Millis(10));
  });
  Thread* t = world.User("app", [](Thread* self) -> sim::Task<> { co_await self->Compute(Millis(1)); });
  world.At(Millis(5), [&] { world.machine.Signal(t->process(), kSigStop); });
  world.At(Millis(20), [&] { world.machine.Signal(t->process(), kSigCont); });
  world.RunUntil(Millis(15));
  EXPECT_EQ(t->StateLetter(), 'T');
  world.Run();
  EXPECT_EQ(t->process()->end().ns(), 21'000'000);
}

TEST(SignalTest, AProcessThatHasNotStartedCannotBeKilled) {
  World world;
  Thread* t = world.User(
      "late", [](Thread* self) -> sim::Task<> { co_await self->Compute(Millis(1)); }, Seconds(1));
  world.At(Millis(1), [&] { world.machine.Signal(t->process(), kSigKill); });
  world.Run();
  EXPECT_EQ(t->process()->end().ns(), 1'001'000'000);
}

TEST(SignalTest, AThreadThatWouldStartLaterDiesWithItsProcess) {
  World world;
  Thread* main = world.User("app", [](Thread* self) -> sim::Task<> { co_await self->Compute(Seconds(5)); });
  bool ran = false;
  world.machine.Spawn(main->process(), "t2",
                      [&](Thread*) -> sim::Task<> {
                        ran = true;
                        co_return;
                      },
                      {.at = sim::SimTime::FromNanos(60'000'000'000)});
  world.At(Seconds(1), [&] { world.machine.Signal(main->process(), kSigKill); });
  world.Run();
  EXPECT_FALSE(ran);
  EXPECT_EQ(main->process()->end().ns(), 1'000'000'000);
}

TEST(SignalTest, NamesOfSignalsAreKnownWithAndWithoutPrefix) {
  EXPECT_EQ(SignalByName("KILL"), kSigKill);
  EXPECT_EQ(SignalByName("SIGUSR1"), kSigUsr1);
  EXPECT_EQ(SignalByName("SIGNAL"), 0);
}

TEST(SignalTest, ATimeoutEndsAWaitWithItsOwnResult) {
  World world;
  int timed_out = 0, chosen = 0, slept = -1;
  world.Kernel("k", [&](Thread* t) -> sim::Task<> {
    timed_out = co_await t->Wait(t->machine().hang_event(), {.timeout = Millis(1)});
    chosen = co_await t->Wait(t->machine().hang_event(), {.timeout = Millis(1), .timeout_result = kEAGAIN});
    slept = co_await t->SleepFor(Millis(1), SleepKind::kUninterruptible);
    EXPECT_EQ(t->machine().now().ns(), 3'000'000);
  });
  world.Run();
  EXPECT_EQ(timed_out, kETIMEDOUT);
  EXPECT_EQ(chosen, kEAGAIN);
  EXPECT_EQ(slept, 0);
}

TEST(SignalTest, TimeInDIsCounted) {
  World world;
  Thread* t = world.User("app", [](Thread* self) -> sim::Task<> {
    self->EnterKernel();
    co_await self->SleepFor(Millis(7), SleepKind::kKillable);
    co_await self->SleepFor(Millis(5), SleepKind::kInterruptible);
    co_await self->SleepFor(Millis(3), SleepKind::kUninterruptible);
  });
  world.RunUntil(Millis(3));
  EXPECT_EQ(t->figures().d_state_ns, 3'000'000);
  world.Run();
  EXPECT_EQ(t->figures().d_state_ns, 10'000'000);
}

}  // namespace
}  // namespace model
