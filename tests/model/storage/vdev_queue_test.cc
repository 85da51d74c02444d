// SPDX-License-Identifier: Apache-2.0
#include "model/storage/vdev_queue.h"

#include <memory>
#include <vector>

#include "gtest/gtest.h"
#include "model/storage/device.h"
#include "tests/model/support/world.h"

namespace model {
namespace {

std::bitset<kIoClasses> Waiting(std::initializer_list<IoClass> classes) {
  std::bitset<kIoClasses> set;
  for (const IoClass one : classes) set.set(static_cast<size_t>(one));
  return set;
}

TEST(VdevQueueTest, MinimaComeFirstInOrderOfPriority) {
  const VdevQueueLimits limits;
  VdevQueueCounts active = {};
  const auto all = Waiting({IoClass::kSyncRead, IoClass::kAsyncWrite, IoClass::kScrub});
  EXPECT_EQ(NextIoClass(limits, active, all), IoClass::kSyncRead);
  active[static_cast<size_t>(IoClass::kSyncRead)] = 10;  // Its minimum, which is its maximum too.
  EXPECT_EQ(NextIoClass(limits, active, all), IoClass::kAsyncWrite);
  active[static_cast<size_t>(IoClass::kAsyncWrite)] = 2;
  EXPECT_EQ(NextIoClass(limits, active, all), IoClass::kScrub);
  active[static_cast<size_t>(IoClass::kScrub)] = 1;
  // All have their minimum: in order of priority up to the maxima.
  EXPECT_EQ(NextIoClass(limits, active, all), IoClass::kAsyncWrite);
  active[static_cast<size_t>(IoClass::kAsyncWrite)] = 10;
  EXPECT_EQ(NextIoClass(limits, active, all), IoClass::kScrub);
  active[static_cast<size_t>(IoClass::kScrub)] = 3;
  EXPECT_EQ(NextIoClass(limits, active, all), std::nullopt);
}

TEST(VdevQueueTest, NothingIsBegunAboveTheLimitOfAllClasses) {
  VdevQueueLimits limits;
  limits.max_active = 5;
  VdevQueueCounts active = {};
  active[static_cast<size_t>(IoClass::kAsyncWrite)] = 5;
  EXPECT_EQ(NextIoClass(limits, active, Waiting({IoClass::kSyncRead})), std::nullopt);
}

// dirty_max 1000: 2 below 300, 10 above 600, in between 2 + (dirty - 300) * 8 / 300.
TEST(VdevQueueTest, AsyncWritesRiseWithDirtyData) {
  const AsyncWriteScale scale;
  const auto at = [&](int64_t dirty) { return MaxAsyncWrites(scale, dirty, 1000, false); };
  EXPECT_EQ(at(0), 2);
  EXPECT_EQ(at(299), 2);
  EXPECT_EQ(at(300), 2);
  EXPECT_EQ(at(338), 3);  // 38 * 8 / 300 = 1.01
  EXPECT_EQ(at(450), 6);
  EXPECT_EQ(at(600), 10);
  EXPECT_EQ(at(601), 10);
  EXPECT_EQ(MaxAsyncWrites(scale, 0, 1000, true), 10);
}

// Ten reads of 1 ms at a time, though the device would take 64: 25 reads take three rounds.
TEST(VdevQueueTest, ADeviceTakesNoMoreOfAClassThanItsMaximum) {
  World world;
  const VdevQueueLimits limits;
  Device device(&world.machine, "disk0",
                {.read = sim::Distribution::Constant(1'000'000), .depth = 64, .limits = &limits});
  std::vector<std::shared_ptr<DeviceIo>> reads;
  for (int i = 0; i < 25; ++i) {
    reads.push_back(device.Submit(IoKind::kRead, 0, nullptr, {.io_class = IoClass::kSyncRead}));
  }
  EXPECT_EQ(device.in_service().size(), 10u);
  // A write is not behind them.
  device.Submit(IoKind::kWrite, 0, nullptr, {.io_class = IoClass::kSyncWrite});
  EXPECT_EQ(device.in_service().size(), 11u);
  world.Run();
  EXPECT_EQ(world.now_ns(), 3'000'000);
  EXPECT_TRUE(reads.back()->done());
}

// A head that does one at a time, and ten who read in a loop: 10 reads of 8 ms, then a turn of the stream,
// two units of 1 MiB at 200 MiB/s, and so on. The second turn and the third begin with a seek of 8 ms, and
// the I/O ends with one: 80 + 10, 80 + 18, 80 + 18 + 8.
TEST(VdevQueueTest, ReadersLeaveAStreamItsTurn) {
  World world;
  const VdevQueueLimits limits;
  Device device(&world.machine, "disk0",
                {.read = sim::Distribution::Constant(8'000'000),
                 .write = sim::Distribution::Constant(8'000'000),
                 .bandwidth = int64_t{200} << 20,
                 .depth = 1,
                 .stream_unit = 1 << 20,
                 .limits = &limits});
  const auto read_in_a_loop = [&device](Thread* t) -> sim::Task<> {
    while (t->machine().now() < sim::SimTime::Start() + Seconds(1)) {
      std::shared_ptr<DeviceIo> io = device.Submit(IoKind::kRead, 0, t, {.io_class = IoClass::kSyncRead});
      co_await io->Wait(t);
    }
  };
  for (int i = 0; i < 10; ++i) world.Kernel("reader", read_in_a_loop);
  std::shared_ptr<DeviceIo> write;
  world.At(Millis(1), [&] {
    write = device.Submit(IoKind::kWrite, 6 << 20, nullptr,
                          {.io_class = IoClass::kAsyncWrite, .stream_active = 2});
  });
  world.Run();
  ASSERT_TRUE(write->done());
  EXPECT_EQ((write->ended() - sim::SimTime::Start()).ns(), 294'000'000);
}

// Three streams' worth of classes wait for one slot: it is given in the order in which the limits let them
// through.
TEST(VdevQueueTest, WhatIsIssuedGetsASlotInItsOrder) {
  World world;
  const VdevQueueLimits limits;
  Device device(&world.machine, "disk0",
                {.read = sim::Distribution::Constant(1'000'000),
                 .write = sim::Distribution::Constant(1'000'000),
                 .depth = 1,
                 .limits = &limits});
  const auto scrub = device.Submit(IoKind::kRead, 0, nullptr, {.io_class = IoClass::kScrub});
  const auto write = device.Submit(IoKind::kWrite, 0, nullptr, {.io_class = IoClass::kAsyncWrite});
  const auto read = device.Submit(IoKind::kRead, 0, nullptr, {.io_class = IoClass::kSyncRead});
  world.Run();
  EXPECT_LT(scrub->ended(), write->ended());
  EXPECT_LT(write->ended(), read->ended());
}

// Units of 128 KiB wait 1 ms each. Two at a time move 250 MiB/s at most, ten 1.22 GiB/s, more
// than the 1 GiB/s of the channel: 64 MiB take 256 ms or 62.5 ms, and 1 ms of service.
TEST(VdevQueueTest, AStreamMovesNoFasterThanItsActiveUnits) {
  for (const auto& [active, ms] : {std::pair{2, 257.0}, std::pair{10, 63.5}}) {
    World world;
    Device device(&world.machine, "disk0",
                  {.write = sim::Distribution::Constant(1'000'000), .bandwidth = int64_t{1} << 30});
    device.Submit(IoKind::kWrite, 64 << 20, nullptr,
                  {.io_class = IoClass::kAsyncWrite, .stream_active = active});
    world.Run();
    EXPECT_NEAR(static_cast<double>(world.now_ns()) / 1e6, ms, 0.001) << active;
  }
}

}  // namespace
}  // namespace model
