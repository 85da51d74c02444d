// SPDX-License-Identifier: Apache-2.0
//
// Cancellation, the exit of the owner and the thread that polls.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/upcall/server.h"
#include "tests/model/ring/ring_fixture.h"
#include "tests/model/support/wait_graph.h"

namespace model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(RingCancelTest, WhatIsUnknownOrEndedIsNotFound) {
  RingFixture f;
  f.App([&](Thread* t) -> sim::Task<> {
    co_await f.ring.Submit(t, Nop(1));
    co_await f.ring.Submit(t, Cancel(2, 1));
    co_await f.ring.Submit(t, Cancel(3, 77));
    co_await f.Reap(t, 3);
  });
  f.world.Run();
  EXPECT_EQ(f.Text(), "1:0 2:-2 3:-2");
}

// Observed: cancel 0 first, then the target with -125.
TEST(RingCancelTest, AnArmedPollAndATimeoutAreCancelledAfterTheCancelsOwnCompletion) {
  RingFixture f;
  f.App([&](Thread* t) -> sim::Task<> {
    co_await f.ring.Submit(t, Poll(1, nullptr));
    co_await f.ring.Submit(t, Timeout(2, 1'000));
    co_await f.ring.Submit(t, Cancel(3, 1));
    co_await f.ring.Submit(t, Cancel(4, 2));
    co_await f.Reap(t, 4);
  });
  f.world.Run();
  EXPECT_EQ(f.Text(), "3:0 1:-125 4:0 2:-125");
  EXPECT_EQ(f.world.now_ns(), 0);  // The timer is gone with it.
}

TEST(RingCancelTest, AQueuedOperationIsTakenBack) {
  RingFixture f({.workers = 1});
  f.App([&](Thread* t) -> sim::Task<> {
    co_await f.ring.Submit(t, Sleeps(1, 10));
    co_await f.ring.Submit(t, Sleeps(2, 10));
    co_await f.ring.Submit(t, Cancel(3, 2));
    co_await f.Reap(t, 3);
  });
  f.world.Run();
  EXPECT_EQ(f.Text(), "3:0 2:-125 1:0");
}

// Observed: -114. In D nothing happens; an interruptible sleep breaks.
TEST(RingCancelTest, ARunningOperationIsOnlyTold) {
  RingFixture f;
  f.App([&](Thread* t) -> sim::Task<> {
    co_await f.ring.Submit(t, Sleeps(1, 20, 5));
    co_await f.ring.Submit(t, Sleeps(2, 20, 5, SleepKind::kInterruptible));
    co_await t->Compute(Millis(10));
    co_await f.ring.Submit(t, Cancel(3, 1));
    co_await f.ring.Submit(t, Cancel(4, 2));
    co_await f.Reap(t, 4);
  });
  f.world.Run();
  EXPECT_EQ(f.Text(), "3:-114 4:-114 2:-4 1:5");
  EXPECT_THAT(f.at_ms, ElementsAre(10, 10, 10, 20));
}

TEST(RingCancelTest, AnEntryBehindAnotherOfItsChainIsNotFound) {
  RingFixture f;
  f.App([&](Thread* t) -> sim::Task<> {
    co_await f.ring.Submit(t, Linked(Sleeps(1, 10)));
    co_await f.ring.Submit(t, Nop(2));
    co_await f.ring.Submit(t, Cancel(3, 2));
    co_await f.Reap(t, 3);
  });
  f.world.Run();
  EXPECT_EQ(f.Text(), "3:-2 1:0 2:0");
}

TEST(RingCancelTest, CancelAllSaysHowMany) {
  RingFixture f({.workers = 1});
  f.App([&](Thread* t) -> sim::Task<> {
    co_await f.ring.Submit(t, Poll(7, nullptr));
    co_await f.ring.Submit(t, Sleeps(1, 10));
    co_await f.ring.Submit(t, Sleeps(7, 10));
    Sqe all = Cancel(3, 7);
    all.all = true;
    co_await f.ring.Submit(t, std::move(all));
    co_await f.Reap(t, 4);
  });
  f.world.Run();
  EXPECT_EQ(f.Text(), "3:2 7:-125 7:-125 1:0");  // Queued work is found before polls.
}

// What runs is told, and counts: one runs, one is queued; then one that runs alone; then none.
TEST(RingCancelTest, CancelAllCountsWhatRuns) {
  RingFixture f({.workers = 1});
  f.App([&](Thread* t) -> sim::Task<> {
    const auto cancel_all = [](int64_t user_data, int64_t target) {
      Sqe all = Cancel(user_data, target);
      all.all = true;
      return all;
    };
    co_await f.ring.Submit(t, Sleeps(7, 10));
    co_await f.ring.Submit(t, Sleeps(7, 10));
    co_await t->Compute(Millis(1));
    co_await f.ring.Submit(t, cancel_all(3, 7));
    co_await f.ring.Submit(t, cancel_all(4, 7));
    co_await f.ring.Submit(t, cancel_all(5, 8));
    co_await f.Reap(t, 5);
  });
  f.world.Run();
  EXPECT_EQ(f.Text(), "3:2 7:-125 4:1 5:0 7:0");
}

TEST(RingCancelTest, ACancelledOperationCancelsItsChain) {
  RingFixture f;
  f.App([&](Thread* t) -> sim::Task<> {
    co_await f.ring.Submit(t, Linked(Poll(1, nullptr)));
    co_await f.ring.Submit(t, Nop(2));
    co_await f.ring.Submit(t, Cancel(3, 1));
    co_await f.Reap(t, 3);
  });
  f.world.Run();
  EXPECT_EQ(f.Text(), "3:0 1:-125 2:-125");
}

// Observed: a second after SIGKILL the owner is in D in io_wq_put_and_exit, the worker in D too, the
// process is not reaped; it is once the FUSE connection is aborted.
TEST(RingExitTest, AKilledOwnerWaitsInDForAWorkerThatNobodyAnswers) {
  RingFixture f;
  Server sshfs(&f.world.machine, "sshfs", {.on_death = kECONNABORTED});
  sshfs.Serve([](Thread* t, std::shared_ptr<ServerRequest>) -> sim::Task<Answer> {
    co_await t->Hang();
    co_return Answer{};
  });
  f.App([&](Thread* t) -> sim::Task<> {
    RingWork statx = {.name = "statx", .body = [&](Thread* worker, RingRequest*) -> sim::Task<RingResult> {
                        const Answer answer =
                            co_await sshfs.Request(worker, "GETATTR", {}, {.kind = CallWait::kFuse});
                        co_return RingResult{.res = -answer.error};
                      }};
    co_await f.ring.Submit(t, WorkOf(1, std::move(statx)));
    co_await f.Reap(t, 1);
  });
  f.world.RunUntil(Millis(10));
  Thread* worker = f.ring.threads()[0];
  EXPECT_EQ(f.app->StateLetter(), 'S');
  EXPECT_EQ(worker->StateLetter(), 'S');
  f.world.machine.Signal(f.app->process(), kSigKill);
  f.world.RunUntil(Millis(1'010));
  EXPECT_EQ(f.app->StateLetter(), 'D');
  EXPECT_EQ(worker->StateLetter(), 'D');
  EXPECT_FALSE(f.app->process()->ended());
  std::vector<std::string> stack;
  for (const char* frame : f.app->Stack()) stack.emplace_back(frame);
  EXPECT_THAT(stack,
              ElementsAre("io_wq_put_and_exit", "io_uring_clean_tctx", "io_uring_cancel_generic", "do_exit"));
  EXPECT_THAT(WaitGraph(f.world.machine).Hung(), ElementsAre("sshfs", "app", "uring/1"));
  sshfs.Abort(nullptr);
  f.world.RunUntil(Millis(1'011));
  EXPECT_TRUE(f.app->process()->ended());
}

TEST(RingExitTest, WhatIsQueuedOrArmedIsCancelledAndWhatRunsIsWaitedFor) {
  RingFixture f({.workers = 1});
  std::vector<int64_t> ran;
  const auto notes = [&](int64_t k) {
    return WorkOf(k, {.name = "note", .body = [&, k](Thread* worker, RingRequest*) -> sim::Task<RingResult> {
                        co_await worker->SleepFor(Millis(20), SleepKind::kUninterruptible);
                        ran.push_back(k);
                        co_return RingResult{};
                      }});
  };
  f.App([&](Thread* t) -> sim::Task<> {
    co_await f.ring.Submit(t, notes(1));
    co_await f.ring.Submit(t, notes(2));
    co_await f.ring.Submit(t, Timeout(3, 60'000));
    co_await f.ring.Submit(t, Poll(4, nullptr));
    co_await t->Compute(Millis(5));
  });
  f.world.Run();
  EXPECT_THAT(ran, ElementsAre(1));
  EXPECT_EQ(f.app->process()->end().ns(), 20'000'000);
  EXPECT_EQ(f.ring.in_flight(), 0);
}

TEST(RingExitTest, FilesAreClosedByTheOwnerAfterItsWorkersHaveGone) {
  struct Note final : OpenFile {
    sim::Task<> Close(Thread* thread) override {
      who = thread->name();
      at_ms = thread->machine().now().ns() / 1'000'000;
      co_return;
    }
    std::string who;
    int64_t at_ms = 0;
  };
  RingFixture f;
  auto file = std::make_shared<Note>();
  f.App([&](Thread* t) -> sim::Task<> {
    t->process()->AddFile(file);
    co_await f.ring.Submit(t, Sleeps(1, 1));
    co_await f.ring.Submit(t, Sleeps(2, 30));
    co_await t->RunForever();
  });
  f.world.At(Millis(10), [&] { f.world.machine.Signal(f.app->process(), kSigKill); });
  f.world.Run();
  EXPECT_EQ(file->who, "app");
  EXPECT_EQ(file->at_ms, 30);
}

TEST(RingExitTest, AHandledSignalIsForTheOwnerAndNotForItsWorkers) {
  RingFixture f;
  int result = 0;
  f.App([&](Thread* t) -> sim::Task<> {
    t->process()->SetHandled(kSigUsr1, true);
    co_await f.ring.Submit(t, Sleeps(1, 20, 5, SleepKind::kInterruptible));
    result = co_await f.ring.WaitFor(t, 1);
    t->process()->TakeHandledSignal();
    co_await f.Reap(t, 1);
  });
  f.world.At(Millis(10), [&] { f.world.machine.Signal(f.app->process(), kSigUsr1); });
  f.world.Run();
  EXPECT_EQ(result, kEINTR);
  EXPECT_EQ(f.Text(), "1:5");
}

TEST(RingPollerTest, SubmittingIsNoSystemCallWhileThePollerIsAwake) {
  RingFixture f({.sqpoll = true});
  std::vector<int64_t> calls;
  f.App([&](Thread* t) -> sim::Task<> {
    co_await f.ring.Submit(t, Nop(1));  // Setup.
    co_await f.Reap(t, 1);
    calls.push_back(t->process()->figures.syscalls);
    co_await f.ring.Submit(t, Nop(2));
    co_await t->Compute(Millis(1));
    f.Take();
    calls.push_back(t->process()->figures.syscalls);
    co_await t->Compute(Seconds(2));  // It falls asleep a second after the last entry.
    EXPECT_EQ(f.ring.threads().back()->StateLetter(), 'S');
    co_await f.ring.Submit(t, Nop(3));
    co_await f.Reap(t, 3);
    calls.push_back(t->process()->figures.syscalls);
  });
  f.world.RunUntil(Millis(500));
  EXPECT_EQ(f.ring.threads().back()->name(), "uring/sq");
  EXPECT_EQ(f.ring.threads().back()->StateLetter(), 'R');
  f.world.Run();
  EXPECT_EQ(f.Text(), "1:0 2:0 3:0");
  EXPECT_EQ(calls[1], calls[0]);
  EXPECT_GT(calls[2], calls[1]);
  EXPECT_TRUE(f.app->process()->ended());
}

// One core: the poller gives it back at the end of its tick of 4 ms only.
TEST(RingPollerTest, APollerThatSharesACoreIsAsSlowAsItsTurns) {
  RingFixture f({.sqpoll = true}, Cores(1));
  int64_t done_ns = 0;
  f.App([&](Thread* t) -> sim::Task<> {
    co_await f.ring.Submit(t, Nop(1));
    co_await f.Reap(t, 1);
    done_ns = f.world.now_ns();
  });
  f.world.Run();
  EXPECT_GE(done_ns, 4'000'000);
  EXPECT_TRUE(f.app->process()->ended());
}

}  // namespace
}  // namespace model
