// SPDX-License-Identifier: Apache-2.0
#include "model/storage/device.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/model/support/wait_graph.h"
#include "tests/model/support/world.h"

namespace model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kMiB = 1024 * 1024;

// 1 ms of service, 100 MiB/s, so 1 MiB moves in 10 ms.
Device::Options Plain() {
  return {.read = sim::Distribution::Constant(1'000'000),
          .write = sim::Distribution::Constant(1'000'000),
          .flush = sim::Distribution::Constant(5'000'000),
          .bandwidth = 100 * kMiB};
}

class DeviceTest : public ::testing::Test {
 protected:
  // A kernel thread that does one I/O and notes "name@ms" when it is done, with the
  // errno if there is one.
  Thread* Does(const std::string& name, Device* device, IoKind kind, int64_t bytes, int64_t at_ms) {
    return world_.Kernel(
        name,
        [this, device, kind, bytes](Thread* t) -> sim::Task<> {
          const int error = co_await device->Io(t, kind, bytes);
          log_.push_back(t->name() + "@" + std::to_string(t->machine().now().ns() / 1'000'000) +
                         (error != 0 ? " " + std::string(ErrnoName(error)) : ""));
        },
        Millis(at_ms));
  }

  World world_;
  std::vector<std::string> log_;
};

TEST_F(DeviceTest, AnIoTakesItsTransferAndItsServiceTime) {
  Device disk(&world_.machine, "disk0", Plain());
  Does("w", &disk, IoKind::kWrite, 10 * kMiB, 0);
  world_.Run();
  EXPECT_EQ(world_.now_ns(), 101'000'000);  // 10 x 10 ms + 1 ms
  EXPECT_EQ(disk.figures().ios, 1);
  EXPECT_EQ(disk.figures().bytes, 10 * kMiB);
}

TEST_F(DeviceTest, AWaiterIsInDAndTheClockWillWakeIt) {
  Device disk(&world_.machine, "disk0", Plain());
  Thread* t = Does("r", &disk, IoKind::kRead, kMiB, 0);
  world_.RunUntil(Millis(1));
  EXPECT_EQ(t->StateLetter(), 'D');
  EXPECT_TRUE(t->waiter().io);
  EXPECT_STREQ(t->Stack().front(), "io_schedule");
  EXPECT_EQ(t->waiter().on->root_name(), "disk0");
  EXPECT_THAT(WaitGraph(world_.machine).Hung(), IsEmpty());
  world_.Run();
}

TEST_F(DeviceTest, AFlushHasItsOwnTimeAndMovesNothing) {
  Device disk(&world_.machine, "disk0", Plain());
  Does("f", &disk, IoKind::kFlush, 0, 0);
  world_.Run();
  EXPECT_THAT(log_, ElementsAre("f@5"));
}

TEST_F(DeviceTest, ServiceTimesOverlapUpToTheDepth) {
  Device::Options options = Plain();
  options.bandwidth = 0;
  options.depth = 2;
  Device disk(&world_.machine, "disk0", options);
  for (const char* name : {"a", "b", "c", "d", "e"}) Does(name, &disk, IoKind::kRead, 4096, 0);
  world_.RunUntil(Micros(500));
  EXPECT_EQ(disk.in_service().size(), 2u);
  EXPECT_EQ(disk.waiting(), 3u);
  world_.Run();
  EXPECT_THAT(log_, ElementsAre("a@1", "b@1", "c@2", "d@2", "e@3"));
  EXPECT_EQ(disk.figures().queued_max, 3u);
}

// 8 GiB are 65536 chunks of 128 KiB.
TEST_F(DeviceTest, ALoneTransferCostsTwoEventsWhateverItsSize) {
  Device disk(&world_.machine, "disk0", Plain());
  std::shared_ptr<DeviceIo> io = disk.Submit(IoKind::kWrite, 8192 * kMiB);
  world_.Run();
  EXPECT_TRUE(io->done());
  EXPECT_EQ(world_.simulation.events(), 2u);
  EXPECT_EQ(world_.now_ns(), 81'921'000'000);
}

// At 15.1 ms the chunk that moves, 1.25 ms long, is the 13th: it ends at 16.25 ms. Then the
// read's one chunk moves, until 17.5 ms, and 1 ms later it is done; the write is late by
// that one chunk.
TEST_F(DeviceTest, ASmallIoWaitsForOneChunkOfALargeOne) {
  Device disk(&world_.machine, "disk0", Plain());
  std::shared_ptr<DeviceIo> large = disk.Submit(IoKind::kWrite, 10 * kMiB);
  std::shared_ptr<DeviceIo> small;
  int64_t small_at = 0, large_at = 0;
  world_.Kernel(
      "reader",
      [&](Thread* t) -> sim::Task<> {
        small = disk.Submit(IoKind::kRead, 128 * 1024);
        co_await small->Wait(t);
        small_at = t->machine().now().ns();
        co_await large->Wait(t);
        large_at = t->machine().now().ns();
      },
      Micros(15'100));
  world_.Run();
  EXPECT_EQ(small_at, 18'500'000);
  EXPECT_EQ(large_at, 102'250'000);
}

// Two of 5 MiB take turns by chunks: both end after about 100 ms, the bandwidth is kept.
TEST_F(DeviceTest, LargeTransfersShareTheBandwidth) {
  Device disk(&world_.machine, "disk0", Plain());
  Does("a", &disk, IoKind::kWrite, 5 * kMiB, 0);
  Does("b", &disk, IoKind::kWrite, 5 * kMiB, 0);
  world_.Run();
  EXPECT_THAT(log_, ElementsAre("a@99", "b@101"));
}

// ---- faults ----

TEST_F(DeviceTest, AStalledDeviceCompletesNothingUntilTheStallEnds) {
  Device disk(&world_.machine, "disk0", Plain());
  Does("a", &disk, IoKind::kRead, 0, 0);
  Does("b", &disk, IoKind::kRead, 0, 3);
  world_.RunUntil(Micros(500));
  disk.Stall(Millis(10));
  world_.RunUntil(Millis(5));
  EXPECT_THAT(WaitGraph(world_.machine).Hung(), IsEmpty());  // The clock will end it.
  world_.Run();
  EXPECT_THAT(log_, ElementsAre("a@10", "b@11"));
}

TEST_F(DeviceTest, AStallForEverIsForTheOutsideToEnd) {
  Device disk(&world_.machine, "disk0", Plain());
  disk.Stall(std::nullopt);
  Thread* a = Does("a", &disk, IoKind::kRead, 0, 0);
  world_.Run();
  EnderSet enders;
  a->Examine(&enders);
  EXPECT_TRUE(enders.outside);
  EXPECT_THAT(WaitGraph(world_.machine).Hung(), ElementsAre("a"));
  disk.EndStall();
  world_.Run();
  EXPECT_EQ(log_.size(), 1u);
}

TEST_F(DeviceTest, SlowAppliesToWhatStartsFromThenOn) {
  Device disk(&world_.machine, "disk0", Plain());
  Does("before", &disk, IoKind::kRead, kMiB, 0);
  world_.At(Millis(20), [&] { disk.SetSlow(10); });
  Does("slow", &disk, IoKind::kRead, kMiB, 30);
  world_.At(Millis(200), [&] { disk.SetSlow(1); });
  Does("after", &disk, IoKind::kRead, kMiB, 210);
  world_.Run();
  EXPECT_THAT(log_, ElementsAre("before@11", "slow@140", "after@221"));
}

TEST_F(DeviceTest, ErrorsReachTheWaiters) {
  Device disk(&world_.machine, "disk0", Plain());
  disk.SetError(kEIO);
  Does("a", &disk, IoKind::kRead, 0, 0);
  world_.At(Millis(5), [&] { disk.SetError(0); });
  Does("b", &disk, IoKind::kRead, 0, 6);
  world_.Run();
  EXPECT_THAT(log_, ElementsAre("a@1 EIO", "b@7"));
  EXPECT_EQ(disk.figures().errors, 1);
}

// The completion of the next one is lost: nobody and nothing can end that wait. Its slot
// stays taken, so with a depth of one the next I/O waits for ever as well.
TEST_F(DeviceTest, ALostCompletionLeavesAnEmptyClause) {
  for (int depth : {1, 2}) {
    World world;
    Device::Options options = Plain();
    options.depth = depth;
    Device disk(&world.machine, "disk0", options);
    disk.LoseNextCompletion();
    auto reads = [&](Thread* t) -> sim::Task<> { co_await disk.Io(t, IoKind::kRead, 0); };
    Thread* lost = world.Kernel("lost", reads);
    world.Kernel("next", reads, Millis(5));
    world.Run();
    EnderSet enders;
    lost->Examine(&enders);
    EXPECT_FALSE(enders.outside || enders.clock);
    ASSERT_EQ(enders.all_of.size(), 1u);
    EXPECT_THAT(enders.all_of[0].any_of, IsEmpty());
    if (depth == 1) {
      EXPECT_THAT(WaitGraph(world.machine).Hung(), ElementsAre("lost", "next"));
    } else {
      EXPECT_THAT(WaitGraph(world.machine).Hung(), ElementsAre("lost"));
    }
    disk.Repair();
    world.Run();
    EXPECT_TRUE(lost->ended());
  }
}

// Where a watchdog begins it anew the slot comes free, so that who is queued behind it is not lost either.
TEST_F(DeviceTest, WhoIsQueuedBehindALostIoThatIsBegunAnewMayHope) {
  World world;
  Device::Options options = Plain();
  options.depth = 1;
  Device disk(&world.machine, "disk0", options);
  disk.set_rescue(Rescue::kLost);
  disk.LoseNextCompletion();
  auto reads = [&](Thread* t) -> sim::Task<> { co_await disk.Io(t, IoKind::kRead, 0); };
  world.Kernel("lost", reads);
  Thread* next = world.Kernel("next", reads, Millis(5));
  world.Run();
  EXPECT_THAT(WaitGraph(world.machine).Hung(), IsEmpty());
  disk.ReissueOverdue(Millis(0), true);
  world.Run();
  EXPECT_TRUE(next->ended());
}

// ---- holding ----

TEST_F(DeviceTest, AHeldDeviceKeepsNewIosUntilItIsReleased) {
  Device map(&world_.machine, "dm-0", Plain());
  Does("before", &map, IoKind::kRead, 0, 0);
  world_.RunUntil(Micros(500));
  map.Hold();
  Does("a", &map, IoKind::kRead, 0, 2);
  Does("b", &map, IoKind::kRead, 0, 3);
  world_.At(Millis(10), [&] { map.Release(); });
  world_.RunUntil(Millis(5));
  EXPECT_EQ(map.held().size(), 2u);
  world_.Run();
  EXPECT_THAT(log_, ElementsAre("before@1", "a@11", "b@11"));
}

TEST_F(DeviceTest, FailingEndsWhatIsHeldAndWhatComes) {
  Device map(&world_.machine, "dm-0", Plain());
  map.Hold();
  Does("a", &map, IoKind::kRead, 0, 0);
  world_.At(Millis(30), [&] { map.Fail(kEIO); });
  Does("b", &map, IoKind::kRead, 0, 31);
  world_.At(Millis(40), [&] { map.Release(); });
  Does("c", &map, IoKind::kRead, 0, 41);
  world_.Run();
  EXPECT_THAT(log_, ElementsAre("a@30 EIO", "b@31 EIO", "c@42"));
}

// A map whose timer was lost: the daemon that owned it is gone.
TEST_F(DeviceTest, WhoWaitsForAHeldDeviceWaitsForThoseWhoMayReleaseIt) {
  Device map(&world_.machine, "dm-0", Plain());
  map.Hold();
  Thread* daemon =
      world_.User("multipathd", [](Thread* t) -> sim::Task<> { co_await t->Compute(Millis(10)); });
  map.by().Add(daemon);
  Thread* a = Does("scsi_id", &map, IoKind::kRead, 0, 0);
  world_.RunUntil(Millis(5));
  EXPECT_TRUE(WaitGraph(world_.machine).Needs(a, daemon));
  EXPECT_THAT(WaitGraph(world_.machine).Hung(), IsEmpty());
  world_.Run();
  EXPECT_THAT(WaitGraph(world_.machine).Hung(), ElementsAre("scsi_id"));
}

TEST_F(DeviceTest, AHoldGivenToAnIoIsReleasedAtItsCompletion) {
  Device disk(&world_.machine, "disk0", Plain());
  Rwsem state(&world_.machine, "SCL_STATE", true);
  world_.Kernel("submitter", [&](Thread* t) -> sim::Task<> {
    co_await state.Read(t);
    std::shared_ptr<DeviceIo> io = disk.Submit(IoKind::kWrite, kMiB, t);
    state.GiveTo(t, io.get());
  });
  int64_t written_at = 0;
  Thread* writer = world_.Kernel(
      "writer",
      [&](Thread* t) -> sim::Task<> {
        co_await state.Write(t);
        written_at = t->machine().now().ns();
      },
      Millis(1));
  world_.RunUntil(Millis(5));
  EXPECT_TRUE(WaitGraph(world_.machine).Needs(writer, state.holds()[0].owner));
  EXPECT_EQ(state.holds()[0].owner->reported_name(), "disk0");
  EXPECT_THAT(WaitGraph(world_.machine).Hung(), IsEmpty());
  world_.Run();
  EXPECT_EQ(written_at, 11'000'000);
}

TEST_F(DeviceTest, AWaitCanBeInterruptedWithoutTheIo) {
  Device disk(&world_.machine, "disk0", Plain());
  int result = -1;
  std::shared_ptr<DeviceIo> io;
  Thread* app = world_.User("app", [&](Thread* t) -> sim::Task<> {
    t->EnterKernel();
    io = disk.Submit(IoKind::kRead, kMiB, t);
    result = co_await io->Wait(t, {.kind = SleepKind::kKillable});
    co_await t->ReturnToUser();
  });
  world_.At(Millis(2), [&] { world_.machine.Signal(app->process(), kSigKill); });
  world_.Run();
  EXPECT_EQ(result, kEINTR);
  EXPECT_EQ(app->process()->end().ns(), 2'000'000);
  EXPECT_TRUE(io->done());
  EXPECT_EQ(world_.now_ns(), 11'000'000);
}

TEST_F(DeviceTest, ServiceTimesAreDrawnFromTheDevicesOwnStream) {
  auto end_with = [](bool other_device) {
    World world;
    Device::Options options = Plain();
    options.read = sim::Distribution::Exponential(1'000'000);
    Device disk(&world.machine, "disk0", options);
    Device other(&world.machine, "disk1", options);
    if (other_device) other.Submit(IoKind::kRead, 0);
    int64_t end = 0;
    world.Kernel("k", [&](Thread* t) -> sim::Task<> {
      for (int i = 0; i < 10; ++i) co_await disk.Io(t, IoKind::kRead, 0);
      end = t->machine().now().ns();
    });
    world.Run();
    return end;
  };
  EXPECT_EQ(end_with(false), end_with(true));
}

}  // namespace
}  // namespace model
