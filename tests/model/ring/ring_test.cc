// SPDX-License-Identifier: Apache-2.0
#include "model/ring/ring.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/model/ring/ring_fixture.h"
#include "tests/model/support/wait_graph.h"

namespace model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(RingSizesTest, BothAreRoundedUpToPowersOfTwoAndTheCompletionRingIsTwiceAsLarge) {
  EXPECT_EQ(SizesOfRing(1, 0, false).sq, 1);
  EXPECT_EQ(SizesOfRing(1, 0, false).cq, 2);
  EXPECT_EQ(SizesOfRing(5, 0, false).sq, 8);
  EXPECT_EQ(SizesOfRing(5, 0, false).cq, 16);
  EXPECT_EQ(SizesOfRing(4, 9, false).cq, 16);
}

TEST(RingSizesTest, TooLargeIsRefusedOrClamped) {
  EXPECT_EQ(SizesOfRing(32'768, 0, false).error, 0);
  EXPECT_EQ(SizesOfRing(32'769, 0, false).error, kEINVAL);
  EXPECT_EQ(SizesOfRing(32'769, 0, true).sq, 32'768);
  EXPECT_EQ(SizesOfRing(8, 65'537, false).error, kEINVAL);
  EXPECT_EQ(SizesOfRing(8, 65'537, true).cq, 65'536);
  EXPECT_EQ(SizesOfRing(0, 0, true).error, kEINVAL);
}

TEST(RingSizesTest, TheCompletionRingIsNotSmallerThanTheSubmissionRing) {
  EXPECT_EQ(SizesOfRing(8, 4, false).error, kEINVAL);
  EXPECT_EQ(SizesOfRing(8, 5, false).cq, 8);
}

// Linux 6.18, SQ 4 and CQ 8: five batches of four nops are all accepted, eight completions stand in the
// ring, and all twenty are reaped later, in order.
TEST(RingTest, CompletionsBeyondTheRingAreKeptInOrder) {
  RingFixture f({.sizes = SizesOfRing(4, 0, false)});
  int64_t ready = 0, overflown = 0;
  f.App([&](Thread* t) -> sim::Task<> {
    for (int64_t k = 1; k <= 20; ++k) {
      Sqe nop = Nop(k);
      nop.link = k % 4 != 0;
      EXPECT_EQ(co_await f.ring.Submit(t, std::move(nop)), 0);
    }
    ready = f.ring.ready();
    overflown = f.ring.overflown();
    while (f.cqes.size() < 20) {
      std::optional<Cqe> cqe = co_await f.ring.Peek(t);
      if (!cqe) co_return;
      f.cqes.push_back(*cqe);
    }
  });
  f.world.Run();
  EXPECT_EQ(ready, 8);
  EXPECT_EQ(overflown, 12);
  ASSERT_EQ(f.cqes.size(), 20u);
  for (int64_t k = 1; k <= 20; ++k) EXPECT_EQ(f.cqes[static_cast<size_t>(k - 1)].user_data, k);
}

TEST(RingTest, MoreOperationsThanEntriesCanBeInFlight) {
  RingFixture f({.sizes = SizesOfRing(2, 0, false), .workers = 8});
  int64_t in_flight = 0;
  f.App([&](Thread* t) -> sim::Task<> {
    for (int64_t k = 1; k <= 6; ++k) co_await f.ring.Submit(t, Sleeps(k, 10));
    in_flight = f.ring.in_flight();
    co_await f.Reap(t, 6);
  });
  f.world.Run();
  EXPECT_EQ(in_flight, 6);
  EXPECT_EQ(f.Text(), "1:0 2:0 3:0 4:0 5:0 6:0");
}

TEST(RingTest, AChainLongerThanTheRingIsRefused) {
  RingFixture f({.sizes = SizesOfRing(2, 0, false)});
  std::vector<int> errors;
  f.App([&](Thread* t) -> sim::Task<> {
    for (int64_t k = 1; k <= 3; ++k) errors.push_back(co_await f.ring.Submit(t, Linked(Nop(k))));
  });
  f.world.Run();
  EXPECT_THAT(errors, ElementsAre(0, 0, kEBUSY));
}

TEST(RingTest, ItBelongsToTheProcessThatFirstUsesIt) {
  RingFixture f;
  int other = -1;
  f.App([&](Thread* t) -> sim::Task<> {
    co_await f.ring.Submit(t, Nop(1));
    co_await t->Compute(Millis(5));
  });
  f.world.User(
      "other", [&](Thread* t) -> sim::Task<> { other = co_await f.ring.Submit(t, Nop(2)); }, Millis(1));
  f.world.Run();
  EXPECT_EQ(other, kEBADF);
  EXPECT_EQ(f.ring.owner(), f.app->process());
}

// At most two run; they are threads of the owner.
TEST(RingTest, BoundedWorkersAreAsManyAsSaidAndUnboundedOnesDoNotCount) {
  RingFixture f({.workers = 2});
  f.App([&](Thread* t) -> sim::Task<> {
    for (int64_t k = 1; k <= 3; ++k) co_await f.ring.Submit(t, Sleeps(k, 10));
    Sqe socket = Sleeps(4, 10);
    socket.work.unbounded = true;
    co_await f.ring.Submit(t, std::move(socket));
    co_await f.Reap(t, 4);
  });
  f.world.RunUntil(Millis(5));
  std::vector<std::string> names;
  for (const Thread* thread : f.ring.threads()) {
    names.push_back(thread->name());
    EXPECT_EQ(thread->process(), f.app->process());
    EXPECT_EQ(thread->StateLetter(), 'D');
  }
  EXPECT_THAT(names, ElementsAre("uring/1", "uring/2", "uring/unbounded/1"));
  EXPECT_EQ(f.app->StateLetter(), 'S');
  f.world.Run();
  // The second worker was made when the first one went to sleep, after that of 4.
  EXPECT_EQ(f.Text(), "1:0 4:0 2:0 3:0");
  EXPECT_THAT(f.at_ms, ElementsAre(10, 10, 10, 20));
  EXPECT_TRUE(f.app->process()->ended());
}

// min(entries, 4 a core): 2 cores allow 8, the ring 4.
TEST(RingTest, UnlessSaidThereAreAsManyWorkersAsEntriesAndFourACore) {
  for (const auto& [entries, workers] : {std::pair{4, 4}, {16, 8}}) {
    RingFixture f({.sizes = SizesOfRing(entries, 0, false)}, Cores(2));
    f.App([&](Thread* t) -> sim::Task<> {
      for (int64_t k = 1; k <= 12; ++k) co_await f.ring.Submit(t, Sleeps(k, 10));
      co_await f.Reap(t, 12);
    });
    f.world.RunUntil(Millis(5));
    EXPECT_EQ(f.ring.threads().size(), static_cast<size_t>(workers)) << entries;
  }
}

TEST(RingTest, WaitForSeveralWakesOnceTheyAreAllThere) {
  RingFixture f;
  int64_t at_ms = 0;
  f.App([&](Thread* t) -> sim::Task<> {
    for (int64_t k = 1; k <= 3; ++k) co_await f.ring.Submit(t, Timeout(k, 10 * k));
    EXPECT_EQ(co_await f.ring.WaitFor(t, 2), 0);
    at_ms = f.world.now_ns() / 1'000'000;
    f.Take();
  });
  f.world.Run();
  EXPECT_EQ(at_ms, 20);
  EXPECT_EQ(f.Text(), "1:-62 2:-62");
}

TEST(RingTest, AWaitEndsByATimeoutOrASignalOrWhatIsThere) {
  RingFixture f;
  std::vector<int> results;
  f.App([&](Thread* t) -> sim::Task<> {
    t->process()->SetHandled(kSigUsr1, true);
    results.push_back(co_await f.ring.WaitFor(t, 1, Millis(5)));
    results.push_back(co_await f.ring.WaitFor(t, 1));
    t->process()->TakeHandledSignal();
    co_await f.ring.Submit(t, Nop(1));
    results.push_back(co_await f.ring.WaitFor(t, 2));  // One of two is there when the signal comes.
  });
  f.world.At(Millis(10), [&] { f.world.machine.Signal(f.app->process(), kSigUsr1); });
  f.world.At(Millis(20), [&] { f.world.machine.Signal(f.app->process(), kSigUsr1); });
  f.world.Run();
  EXPECT_THAT(results, ElementsAre(kETIME, kEINTR, 0));
}

TEST(RingTest, WhatIsThereIsReapedWithoutASystemCall) {
  RingFixture f;
  int64_t before = 0, after = 0;
  f.App([&](Thread* t) -> sim::Task<> {
    co_await f.ring.Submit(t, Nop(1));
    before = t->process()->figures.syscalls;
    EXPECT_EQ(co_await f.ring.WaitFor(t, 1), 0);
    after = t->process()->figures.syscalls;
  });
  f.world.Run();
  EXPECT_EQ(before, 2);  // Setup and one enter.
  EXPECT_EQ(after, before);
}

// A nested VM: (73 + 74 + 246) ns an enter, 67 ns an entry. Measured there: 460, 115, 68 and 66 to 79 ns a
// nop.
TEST(RingTest, ANopCostsItsShareOfTheCallAndItself) {
  for (const auto& [batch, total_ns] :
       {std::pair<int64_t, int64_t>{1, 460}, {8, 393 + 8 * 67}, {64, 393 + 64 * 67}, {256, 393 + 256 * 67}}) {
    RingFixture f({.sizes = SizesOfRing(256, 0, false)},
                  {.cores = 1, .profile = FindMachineProfile("nested-vm")});
    int64_t took = 0;
    f.App([&, n = batch](Thread* t) -> sim::Task<> {
      co_await f.ring.Setup(t);
      co_await t->Settle();
      const int64_t start = f.world.now_ns();
      for (int64_t k = 1; k <= n; ++k) {
        Sqe nop = Nop(k);
        nop.link = k != n;
        co_await f.ring.Submit(t, std::move(nop));
      }
      co_await f.Reap(t, static_cast<size_t>(n));
      took = f.world.now_ns() - start;
    });
    f.world.Run();
    EXPECT_EQ(took, total_ns) << batch;
  }
}

TEST(RingTest, WhoWaitsWithNothingInFlightWaitsForEver) {
  RingFixture f;
  f.App([&](Thread* t) -> sim::Task<> { co_await f.ring.WaitFor(t, 1); });
  f.world.RunUntil(Seconds(1));
  EXPECT_EQ(f.app->StateLetter(), 'S');
  EXPECT_TRUE(f.app->Killable());
  EXPECT_THAT(WaitGraph(f.world.machine).Hung(), ElementsAre("app"));
}

TEST(RingTest, WhoWaitsForAnOperationDependsOnItsWorker) {
  RingFixture f({.workers = 1});
  f.App([&](Thread* t) -> sim::Task<> {
    co_await f.ring.Submit(t, Sleeps(1, 1'000));
    co_await f.ring.Submit(t, Sleeps(2, 1'000));  // Queued behind it.
    co_await f.Reap(t, 2);
  });
  f.world.RunUntil(Millis(500));
  EXPECT_THAT(WaitGraph(f.world.machine).Hung(), IsEmpty());
}

}  // namespace
}  // namespace model
