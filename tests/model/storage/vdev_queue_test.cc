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
