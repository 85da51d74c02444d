// SPDX-License-Identifier: Apache-2.0
//
// Links, linked time-outs, drains, polls: in the order and with the results that Linux 6.18 showed.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/model/ring/ring_fixture.h"
#include "tests/model/support/wait_graph.h"

namespace model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(RingChainTest, EachBeginsWhenTheOneBeforeItHasSucceeded) {
  RingFixture f;
  f.App([&](Thread* t) -> sim::Task<> {
    co_await f.ring.Submit(t, Linked(Sleeps(1, 10)));
    co_await f.ring.Submit(t, Linked(Sleeps(2, 10)));
    co_await f.ring.Submit(t, Sleeps(3, 10));
    co_await f.Reap(t, 3);
  });
  f.world.Run();
  EXPECT_EQ(f.Text(), "1:0 2:0 3:0");
  EXPECT_THAT(f.at_ms, ElementsAre(10, 20, 30));
}

// Observed: -9, -125, -125.
TEST(RingChainTest, AFailureCancelsTheRestOfTheChain) {
  RingFixture f;
  f.App([&](Thread* t) -> sim::Task<> {
    co_await f.ring.Submit(t, Linked(Sleeps(1, 10, -kEBADF)));
    co_await f.ring.Submit(t, Linked(Nop(2)));
    co_await f.ring.Submit(t, Nop(3));
    co_await f.Reap(t, 3);
  });
  f.world.Run();
  EXPECT_EQ(f.Text(), "1:-9 2:-125 3:-125");
}

TEST(RingChainTest, AHardLinkIgnoresTheFailure) {
  RingFixture f;
  f.App([&](Thread* t) -> sim::Task<> {
    co_await f.ring.Submit(t, Hardlinked(Sleeps(1, 10, -kEBADF)));
    co_await f.ring.Submit(t, Linked(Sleeps(2, 10, -kEIO)));
    co_await f.ring.Submit(t, Nop(3));
    co_await f.Reap(t, 3);
  });
  f.world.Run();
  EXPECT_EQ(f.Text(), "1:-9 2:-5 3:-125");
}

TEST(RingChainTest, AShortTransferEndsTheChainToo) {
  RingFixture f;
  f.App([&](Thread* t) -> sim::Task<> {
    Sqe shorter = WorkOf(1, {.name = "short", .body = [](Thread*, RingRequest*) -> sim::Task<RingResult> {
                               co_return RingResult{.res = 100, .failed = true};
                             }});
    co_await f.ring.Submit(t, Linked(std::move(shorter)));
    co_await f.ring.Submit(t, Nop(2));
    co_await f.Reap(t, 2);
  });
  f.world.Run();
  EXPECT_EQ(f.Text(), "1:100 2:-125");
}

// Entries: 4096 nops in one chain end at one instant; none of them is a deeper call than the other.
TEST(RingChainTest, ALongChainOfNopsIsALoop) {
  RingFixture f({.sizes = SizesOfRing(4096, 0, false)});
  f.App([&](Thread* t) -> sim::Task<> {
    for (int64_t k = 1; k < 4096; ++k) co_await f.ring.Submit(t, Linked(Nop(k)));
    co_await f.ring.Submit(t, Nop(4096));
    co_await f.Reap(t, 4096);
  });
  f.world.Run();
  ASSERT_EQ(f.cqes.size(), 4096u);
  EXPECT_EQ(f.cqes.back().user_data, 4096);
}

// Observed: the time-out's completion first, with -62, then the operation's with -125.
TEST(RingChainTest, ALinkedTimeoutCancelsAnOperationThatHasNotBegun) {
  RingFixture f;
  f.App([&](Thread* t) -> sim::Task<> {
    Sqe poll = Poll(1, nullptr);
    poll.timeout = Millis(10);
    co_await f.ring.Submit(t, std::move(poll));
    co_await f.Reap(t, 2);
  });
  f.world.Run();
  EXPECT_EQ(f.Text(), "1:-62 1:-125");
  EXPECT_EQ(f.cqes[0].text, "timeout");
  EXPECT_THAT(f.at_ms, ElementsAre(10, 10));
}

TEST(RingChainTest, TheOperationThatWinsCancelsItsTimeout) {
  RingFixture f;
  f.App([&](Thread* t) -> sim::Task<> {
    Sqe sqe = Sleeps(1, 10);
    sqe.timeout = Millis(20);
    co_await f.ring.Submit(t, std::move(sqe));
    co_await f.Reap(t, 2);
  });
  f.world.Run();
  EXPECT_EQ(f.Text(), "1:0 1:-125");
  EXPECT_EQ(f.cqes[1].text, "timeout");
  EXPECT_THAT(f.at_ms, ElementsAre(10, 10));
}

TEST(RingChainTest, ALinkedTimeoutOnlyTellsAnOperationThatRuns) {
  RingFixture f;
  f.App([&](Thread* t) -> sim::Task<> {
    Sqe in_d = Sleeps(1, 30, 7);
    in_d.timeout = Millis(10);
    co_await f.ring.Submit(t, std::move(in_d));
    Sqe in_s = Sleeps(2, 30, 7, SleepKind::kInterruptible);
    in_s.timeout = Millis(20);
    co_await f.ring.Submit(t, std::move(in_s));
    co_await f.Reap(t, 4);
  });
  f.world.Run();
  EXPECT_EQ(f.Text(), "1:-114 2:-114 2:-4 1:7");
  EXPECT_THAT(f.at_ms, ElementsAre(10, 20, 20, 30));
}

TEST(RingChainTest, ADrainWaitsForAllBeforeItAndHoldsUpAllBehindIt) {
  RingFixture f;
  f.App([&](Thread* t) -> sim::Task<> {
    co_await f.ring.Submit(t, Sleeps(1, 20));
    co_await f.ring.Submit(t, Sleeps(2, 10));
    Sqe barrier = Nop(3);
    barrier.drain = true;
    co_await f.ring.Submit(t, std::move(barrier));
    co_await f.ring.Submit(t, Nop(4));
    co_await f.Reap(t, 4);
  });
  f.world.RunUntil(Millis(15));
  EXPECT_EQ(f.Text(), "2:0");
  EXPECT_THAT(WaitGraph(f.world.machine).Hung(), IsEmpty());
  f.world.Run();
  EXPECT_EQ(f.Text(), "2:0 1:0 3:0 4:0");
  EXPECT_THAT(f.at_ms, ElementsAre(10, 20, 20, 20));
}

TEST(RingChainTest, APollIsReadyOnceAMessageIsThere) {
  RingFixture f;
  MessageQueue queue(&f.world.machine, "pipe", 0);
  f.App([&](Thread* t) -> sim::Task<> {
    co_await f.ring.Submit(t, Poll(1, &queue));
    co_await f.Reap(t, 1);
    co_await f.ring.Submit(t, Poll(2, &queue));  // At once.
    co_await f.Reap(t, 2);
  });
  f.world.User("writer", [&](Thread* t) -> sim::Task<> {
    co_await t->Compute(Millis(10));
    co_await queue.Put(t, 1);
  });
  f.world.Run();
  EXPECT_EQ(f.Text(), "1:1 2:1");
  EXPECT_THAT(f.at_ms, ElementsAre(10, 10));
}

// Observed: res 1 with MORE for each event, after a cancel -125 without it.
TEST(RingChainTest, AMultishotPollPromisesMoreUntilItIsCancelled) {
  RingFixture f;
  MessageQueue queue(&f.world.machine, "pipe", 0);
  f.App([&](Thread* t) -> sim::Task<> {
    Sqe poll = Poll(1, &queue);
    poll.multishot = true;
    co_await f.ring.Submit(t, std::move(poll));
    co_await f.Reap(t, 2);
    co_await f.ring.Submit(t, Cancel(2, 1));
    co_await f.Reap(t, 4);
  });
  f.world.User("writer", [&](Thread* t) -> sim::Task<> {
    for (int k = 0; k < 2; ++k) {
      co_await t->Compute(Millis(10));
      co_await queue.Put(t, k);
    }
  });
  f.world.Run();
  EXPECT_EQ(f.Text(), "1:1+ 1:1+ 2:0 1:-125");
}

TEST(RingChainTest, APollDependsOnThoseThatMayWrite) {
  RingFixture f;
  MessageQueue queue(&f.world.machine, "pipe", 0);
  f.App([&](Thread* t) -> sim::Task<> {
    co_await f.ring.Submit(t, Poll(1, &queue));
    co_await f.Reap(t, 1);
  });
  Thread* writer = f.world.User("writer", [](Thread* t) -> sim::Task<> { co_await t->Compute(Seconds(1)); });
  queue.putters().Add(writer);
  f.world.RunUntil(Millis(10));
  EXPECT_THAT(WaitGraph(f.world.machine).Hung(), IsEmpty());
  f.world.Run();  // It ends without a word.
  EXPECT_THAT(WaitGraph(f.world.machine).Hung(), ElementsAre("app"));
}

}  // namespace
}  // namespace model
