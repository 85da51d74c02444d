// SPDX-License-Identifier: Apache-2.0
#include "model/ring/sendfile.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/model/ring/ring_fixture.h"
#include "tests/model/support/wait_graph.h"
#include "tests/support/pool_fixture.h"

namespace model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kKiB = 1024;

// A chunk takes 3 ms to read and 7 ms to send.
struct SendfileFixture : RingFixture {
  static Device::Options Takes(int64_t ms) {
    Device::Options options;
    options.read = options.write = sim::Distribution::Constant(ms * 1'000'000);
    return options;
  }
  SendfileFixture()
      : RingFixture({.workers = 1}),
        disk(&world.machine, "disk", Takes(3)),
        eth0(&world.machine, "eth0", Takes(7)) {}
  Sqe Send(int64_t user_data, int64_t chunks) {
    return WorkOf(
        user_data,
        Sendfile({.from_device = &disk, .to = &eth0, .bytes = chunks * 64 * kKiB, .chunk_bytes = 64 * kKiB}));
  }
  Device disk;
  Device eth0;
};

TEST(SendfileTest, AfterEachChunkButTheLastComesACompletionWithMore) {
  SendfileFixture f;
  f.App([&](Thread* t) -> sim::Task<> {
    co_await f.ring.Submit(t, f.Send(1, 3));
    co_await f.Reap(t, 3);
  });
  f.world.RunUntil(Millis(5));
  EXPECT_EQ(f.app->StateLetter(), 'S');
  EXPECT_EQ(f.ring.threads()[0]->name(), "uring/unbounded/1");
  EXPECT_EQ(f.ring.threads()[0]->StateLetter(), 'D');
  f.world.Run();
  EXPECT_EQ(f.Text(), "1:65536+ 1:131072+ 1:196608");
  EXPECT_THAT(f.at_ms, ElementsAre(10, 20, 30));
  EXPECT_EQ(f.eth0.figures().written_bytes, 3 * 64 * kKiB);
}

TEST(SendfileTest, AGracefulCancelLetsTheChunkAtHandFinish) {
  SendfileFixture f;
  f.App([&](Thread* t) -> sim::Task<> {
    co_await f.ring.Submit(t, f.Send(1, 100));
    co_await f.Reap(t, 2);
    co_await t->Compute(Millis(4));  // In the middle of the third.
    co_await f.ring.Submit(t, Cancel(2, 1, true));
    co_await f.Reap(t, 4);
  });
  f.world.Run();
  EXPECT_EQ(f.Text(), "1:65536+ 1:131072+ 2:0 1:196608");
  EXPECT_THAT(f.at_ms, ElementsAre(10, 20, 24, 30));
  EXPECT_EQ(f.eth0.figures().written_bytes, 3 * 64 * kKiB);
}

// The read of the third chunk ends at 23 ms; it is not sent.
TEST(SendfileTest, AnotherCancelIsTooLateAndEndsItAfterTheIoAtHand) {
  SendfileFixture f;
  f.App([&](Thread* t) -> sim::Task<> {
    co_await f.ring.Submit(t, f.Send(1, 100));
    co_await f.Reap(t, 2);
    co_await t->Compute(Millis(1));
    co_await f.ring.Submit(t, Cancel(2, 1));
    co_await f.Reap(t, 4);
  });
  f.world.Run();
  EXPECT_EQ(f.Text(), "1:65536+ 1:131072+ 2:-114 1:-125");
  EXPECT_THAT(f.at_ms, ElementsAre(10, 20, 21, 23));
  EXPECT_EQ(f.eth0.figures().written_bytes, 2 * 64 * kKiB);
}

TEST(SendfileTest, AQueuedOneIsCancelledBeforeItHasSentAnything) {
  RingFixture f({.workers = 1});
  PoolFixture unused;  // Its pool stands for a dataset: such work is bounded.
  Device eth0(&f.world.machine, "eth0", {});
  f.App([&](Thread* t) -> sim::Task<> {
    co_await f.ring.Submit(t, Sleeps(1, 10));
    RingWork send = Sendfile({.from_pool = unused.pool.get(), .to = &eth0, .bytes = kKiB});
    EXPECT_FALSE(send.unbounded);
    co_await f.ring.Submit(t, WorkOf(2, std::move(send)));
    co_await f.ring.Submit(t, Cancel(3, 2, true));
    co_await f.Reap(t, 3);
  });
  f.world.Run();
  EXPECT_EQ(f.Text(), "3:0 2:-125 1:0");
  EXPECT_EQ(eth0.figures().ios, 0);
}

TEST(SendfileTest, AMessageReachesItBetweenTwoChunksAndComesBack) {
  SendfileFixture f;
  f.App([&](Thread* t) -> sim::Task<> {
    co_await f.ring.Submit(t, f.Send(1, 3));
    co_await f.ring.Submit(t, Message(2, 1, "how far?"));
    co_await f.ring.Submit(t, Message(3, 99, "nobody"));
    co_await f.Reap(t, 5);
  });
  f.world.Run();
  EXPECT_EQ(f.Text(), "2:0 3:-2 1:65536+ 1:131072+ 1:196608");
  EXPECT_EQ(f.cqes[2].text, "how far?");
  EXPECT_EQ(f.cqes[3].text, "");
}

TEST(SendfileTest, APausedOneWaitsInSForItsOwner) {
  SendfileFixture f;
  f.App([&](Thread* t) -> sim::Task<> {
    co_await f.ring.Submit(t, f.Send(1, 2));
    co_await f.ring.Submit(t, Message(2, 1, "pause"));
    co_await t->Compute(Millis(50));
    co_await f.ring.Submit(t, Message(3, 1, "resume"));
    co_await f.Reap(t, 4);
  });
  f.world.RunUntil(Millis(40));
  EXPECT_EQ(f.ring.threads()[0]->StateLetter(), 'S');
  EXPECT_THAT(WaitGraph(f.world.machine).Hung(), IsEmpty());
  f.world.Run();
  // The first chunk was sent at 10 ms; its completion comes when it goes on.
  EXPECT_EQ(f.Text(), "2:0 3:0 1:65536+ 1:131072");
  EXPECT_THAT(f.at_ms, ElementsAre(50, 50, 50, 60));
}

TEST(SendfileTest, AnOwnerThatWaitsForAPausedOneWaitsForItself) {
  SendfileFixture f;
  f.App([&](Thread* t) -> sim::Task<> {
    co_await f.ring.Submit(t, f.Send(1, 2));
    co_await f.ring.Submit(t, Message(2, 1, "pause"));
    co_await f.Reap(t, 3);
  });
  f.world.RunUntil(Seconds(1));
  EXPECT_THAT(WaitGraph(f.world.machine).Hung(), ElementsAre("app", "uring/unbounded/1"));
  f.world.machine.Signal(f.app->process(), kSigKill);
  f.world.Run();
  EXPECT_TRUE(f.app->process()->ended());
}

TEST(SendfileTest, APausedOneCanBeCancelledEitherWay) {
  for (const bool graceful : {true, false}) {
    SendfileFixture f;
    f.App([&](Thread* t) -> sim::Task<> {
      co_await f.ring.Submit(t, f.Send(1, 9));
      co_await f.ring.Submit(t, Message(2, 1, "pause"));
      co_await t->Compute(Millis(50));
      co_await f.ring.Submit(t, Cancel(3, 1, graceful));
      co_await f.Reap(t, 3);
    });
    f.world.Run();
    EXPECT_EQ(f.Text(), graceful ? "2:0 3:0 1:65536" : "2:0 3:-114 1:-125");
  }
}

TEST(SendfileTest, AnErrorIsTheResultOrMakesItShort) {
  SendfileFixture f;
  f.App([&](Thread* t) -> sim::Task<> {
    co_await f.ring.Submit(t, Linked(f.Send(1, 9)));
    co_await f.ring.Submit(t, Nop(2));
    co_await f.Reap(t, 3);
    co_await f.ring.Submit(t, f.Send(3, 9));
    co_await f.Reap(t, 4);
  });
  f.world.At(Millis(15), [&] { f.eth0.SetError(kEIO); });
  f.world.Run();
  EXPECT_EQ(f.Text(), "1:65536+ 1:65536 2:-125 3:-5");
}

TEST(SendfileTest, AKilledOwnerWaitsForTheIoAtHandAndNoLonger) {
  SendfileFixture f;
  f.App([&](Thread* t) -> sim::Task<> {
    co_await f.ring.Submit(t, f.Send(1, 1'000));
    co_await f.Reap(t, 1'000);
  });
  f.world.At(Millis(25), [&] { f.world.machine.Signal(f.app->process(), kSigKill); });
  f.world.RunUntil(Millis(28));
  EXPECT_EQ(f.app->StateLetter(), 'D');
  f.world.Run();
  EXPECT_EQ(f.app->process()->end().ns(), 30'000'000);
}

TEST(SendfileTest, OnADeadDiskItsOwnerIsHungInItsExit) {
  SendfileFixture f;
  f.App([&](Thread* t) -> sim::Task<> {
    co_await f.ring.Submit(t, f.Send(1, 1'000));
    co_await f.Reap(t, 1'000);
  });
  f.world.At(Millis(21), [&] { f.disk.Stall(std::nullopt); });
  f.world.At(Millis(50), [&] { f.world.machine.Signal(f.app->process(), kSigKill); });
  f.world.RunUntil(Seconds(1));
  EXPECT_EQ(f.app->StateLetter(), 'D');
  EXPECT_FALSE(f.app->Killable());
  EXPECT_THAT(WaitGraph(f.world.machine).Hung(), ElementsAre("app", "uring/unbounded/1"));
}

}  // namespace
}  // namespace model
