// SPDX-License-Identifier: Apache-2.0
//
// The naive kernel: a user thread that waits inside a system call keeps its core.
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/model/support/wait_graph.h"
#include "tests/model/support/world.h"

namespace model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Waited on until a given thread says so.
class Reply final : public Waitable {
 public:
  explicit Reply(WaitableKind kind) : Waitable(kind, "reply") {}
  void Enders(const Waiter&, EnderSet* enders) const override { enders->Needs(from); }
  Thread* from = nullptr;
};

MachineOptions Naive(int cores) {
  MachineOptions options = Cores(cores);
  options.blocking = BlockingKernel::kSpin;
  return options;
}

// An app that waits in the kernel for a helper in user mode that computes for 1 ms.
struct Upcalling {
  explicit Upcalling(World* world, WaitableKind kind = WaitableKind::kUpcall,
                     SleepKind sleep = SleepKind::kUninterruptible)
      : reply(kind) {
    app = world->User("app", [this, sleep](Thread* t) -> sim::Task<> {
      t->EnterKernel();
      result = co_await t->Wait(reply, {.kind = sleep});
      answered_at = t->machine().now().ns();
      co_await t->ReturnToUser();
    });
    helper = world->User("helper", [this](Thread* t) -> sim::Task<> {
      co_await t->Compute(Millis(1));
      t->machine().WakeAll(&reply, 0, t);
    });
    reply.from = helper;
  }
  Reply reply;
  Thread* app;
  Thread* helper;
  int result = -1;
  int64_t answered_at = -1;
};

TEST(SpinKernelTest, OnOneCoreTheHelperNeverRuns) {
  World world(Naive(1));
  Upcalling pair(&world);
  world.RunUntil(Seconds(10));
  EXPECT_EQ(pair.answered_at, -1);
  EXPECT_EQ(pair.app->StateLetter(), 'R');
  EXPECT_TRUE(pair.app->spinning());
  EXPECT_EQ(pair.helper->figures().cpu_user_ns, 0);
  WaitGraph graph(world.machine);
  EXPECT_THAT(graph.Hung(), ElementsAre("app", "helper"));
  EXPECT_TRUE(graph.Needs(pair.app, pair.helper));
  EXPECT_TRUE(graph.Needs(pair.helper, pair.app));  // Through the core.
}

TEST(SpinKernelTest, OnTwoCoresItAnswersAndACoreWasBurntMeanwhile) {
  World world(Naive(2));
  Upcalling pair(&world);
  world.RunUntil(Micros(500));
  EXPECT_THAT(WaitGraph(world.machine).Hung(), IsEmpty());
  world.Run();
  EXPECT_EQ(pair.answered_at, 1'000'000);
  EXPECT_EQ(pair.app->figures().cpu_spin_ns, 1'000'000);
}

TEST(SpinKernelTest, ASleepingKernelNeedsNoSecondCore) {
  World world(Cores(1));
  Upcalling pair(&world);
  world.Run();
  EXPECT_EQ(pair.answered_at, 1'000'000);
  EXPECT_EQ(pair.app->figures().cpu_spin_ns, 0);
}

TEST(SpinKernelTest, OtherWaitsSleepUnlessEverythingSpins) {
  for (bool all : {false, true}) {
    MachineOptions options = Naive(1);
    options.spin_scope_all = all;
    World world(options);
    Upcalling pair(&world, WaitableKind::kMutex);
    world.RunUntil(Seconds(1));
    EXPECT_EQ(pair.answered_at, all ? -1 : 1'000'000);
  }
}

TEST(SpinKernelTest, KernelThreadsSleep) {
  MachineOptions options = Naive(1);
  options.spin_scope_all = true;
  World world(options);
  Thread* k =
      world.Kernel("k", [](Thread* t) -> sim::Task<> { co_await t->Wait(t->machine().hang_event(), {}); });
  Thread* app = world.User("app", [](Thread* t) -> sim::Task<> { co_await t->Compute(Millis(1)); });
  world.Run();
  EXPECT_EQ(k->StateLetter(), 'D');
  EXPECT_TRUE(app->process()->ended());
}

TEST(SpinKernelTest, UserCodeSleepsAsUsual) {
  MachineOptions options = Naive(1);
  options.spin_scope_all = true;
  World world(options);
  Thread* app = world.User("app", [](Thread* t) -> sim::Task<> { co_await t->Hang(); });
  world.Run();
  EXPECT_EQ(app->StateLetter(), 'S');
}

TEST(SpinKernelTest, KillActsOnlyIfTheLoopPolls) {
  for (SleepKind sleep : {SleepKind::kUninterruptible, SleepKind::kKillable, SleepKind::kInterruptible}) {
    for (bool poll : {false, true}) {
      MachineOptions options = Naive(1);
      options.poll_fatal = poll;
      World world(options);
      Upcalling pair(&world, WaitableKind::kUpcall, sleep);
      world.At(Millis(5), [&] { world.machine.Signal(pair.app->process(), kSigKill); });
      world.RunUntil(Millis(4));
      EXPECT_EQ(pair.app->Killable(), poll);
      world.RunUntil(Seconds(1));
      EXPECT_EQ(pair.app->process()->ended(), poll);
      EXPECT_EQ(pair.result, poll ? kEINTR : -1);
      EXPECT_EQ(pair.helper->process()->ended(), poll);  // It has a core at last.
    }
  }
}

// A signal that came before the wait does not keep a loop that never looks from
// beginning.
TEST(SpinKernelTest, AKillBeforeTheWaitIsSeenOnlyIfTheLoopPolls) {
  for (bool poll : {false, true}) {
    MachineOptions options = Naive(2);
    options.poll_fatal = poll;
    World world(options);
    Reply reply(WaitableKind::kUpcall);
    int result = -1;
    Thread* app = world.User("app", [&](Thread* t) -> sim::Task<> {
      t->EnterKernel();
      co_await t->Compute(Millis(2));
      result = co_await t->Wait(reply, {.kind = SleepKind::kKillable});
    });
    reply.from = app;
    world.At(Millis(1), [&] { world.machine.Signal(app->process(), kSigKill); });
    world.RunUntil(Millis(10));
    EXPECT_EQ(result, poll ? kEINTR : -1);
    EXPECT_EQ(app->process()->ended(), poll);
  }
}

TEST(SpinKernelTest, ASpinningWaitIsNeverKilled) {
  MachineOptions options = Naive(1);
  options.poll_fatal = true;
  World world(options);
  Upcalling pair(&world, WaitableKind::kUpcall, SleepKind::kSpin);
  world.At(Millis(5), [&] { world.machine.Signal(pair.app->process(), kSigKill); });
  world.RunUntil(Seconds(1));
  EXPECT_FALSE(pair.app->process()->ended());
}

}  // namespace
}  // namespace model
