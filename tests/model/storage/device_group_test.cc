// SPDX-License-Identifier: Apache-2.0
#include "model/storage/device_group.h"

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

constexpr int64_t kKiB = 1024;
constexpr int64_t kMiB = 1024 * kKiB;

class DeviceGroupTest : public ::testing::Test {
 protected:
  DeviceGroupTest() {
    const Device::Options options = {.read = sim::Distribution::Constant(1'000'000),
                                     .write = sim::Distribution::Constant(1'000'000),
                                     .flush = sim::Distribution::Constant(5'000'000),
                                     .bandwidth = 100 * kMiB};
    for (int i = 0; i < 4; ++i) {
      disks_.push_back(std::make_unique<Device>(&world_.machine, "disk" + std::to_string(i), options));
    }
    group_ = std::make_unique<DeviceGroup>(
        &world_.machine, "tank",
        std::vector<Device*>{disks_[0].get(), disks_[1].get(), disks_[2].get(), disks_[3].get()});
  }
  std::vector<int64_t> BytesOf() const {
    std::vector<int64_t> bytes;
    for (const auto& disk : disks_) bytes.push_back(disk->figures().bytes / kKiB);
    return bytes;
  }

  World world_;
  std::vector<std::unique_ptr<Device>> disks_;
  std::unique_ptr<DeviceGroup> group_;
};

// 40 MiB over four disks: 10 MiB each, 100 ms, and 1 ms of service.
TEST_F(DeviceGroupTest, BandwidthsAddUp) {
  int64_t end = 0;
  world_.Kernel("k", [&](Thread* t) -> sim::Task<> {
    EXPECT_EQ(co_await group_->Io(t, IoKind::kWrite, 40 * kMiB), 0);
    end = t->machine().now().ns();
    EXPECT_EQ(t->figures().switches, 1);  // It waits once, for all parts.
  });
  world_.Run();
  EXPECT_EQ(end, 101'000'000);
  EXPECT_THAT(BytesOf(), ElementsAre(10'240, 10'240, 10'240, 10'240));
}

// Chunks of 128 KiB in turn, the last one short; the next I/O goes on where this ended.
TEST_F(DeviceGroupTest, ChunksTakeTurns) {
  group_->Submit(IoKind::kWrite, 6 * 128 * kKiB - 4 * kKiB);
  world_.Run();
  EXPECT_THAT(BytesOf(), ElementsAre(256, 252, 128, 128));
  group_->Submit(IoKind::kRead, 4 * kKiB);
  group_->Submit(IoKind::kRead, 4 * kKiB);
  group_->Submit(IoKind::kRead, 4 * kKiB);
  world_.Run();
  EXPECT_THAT(BytesOf(), ElementsAre(260, 252, 132, 132));
}

TEST_F(DeviceGroupTest, AFlushGoesToAllAndIsDoneWithTheLast) {
  disks_[2]->SetSlow(3);
  std::shared_ptr<GroupIo> flush = group_->Submit(IoKind::kFlush, 0);
  EXPECT_EQ(flush->parts().size(), 4u);
  world_.RunUntil(Millis(10));
  EXPECT_FALSE(flush->done());
  world_.Run();
  EXPECT_TRUE(flush->done());
  EXPECT_EQ(world_.now_ns(), 15'000'000);
}

TEST_F(DeviceGroupTest, NothingToMoveIsDoneAtOnce) { EXPECT_TRUE(group_->Submit(IoKind::kWrite, 0)->done()); }

TEST_F(DeviceGroupTest, TheFirstErrorIsTheGroups) {
  disks_[1]->SetError(kEIO);
  int error = 0;
  world_.Kernel("k", [&](Thread* t) -> sim::Task<> { error = co_await group_->Io(t, IoKind::kWrite, kMiB); });
  world_.Run();
  EXPECT_EQ(error, kEIO);
  EXPECT_EQ(world_.now_ns(), 1'000'000 + 2 * 1'250'000);  // It still waits for all parts.
}

TEST_F(DeviceGroupTest, AFailingDeviceFailsAtOnce) {
  for (const auto& disk : disks_) disk->Fail(kENXIO);
  std::shared_ptr<GroupIo> io = group_->Submit(IoKind::kWrite, kMiB);
  EXPECT_TRUE(io->done());
  EXPECT_EQ(io->error(), kENXIO);
}

TEST_F(DeviceGroupTest, OneStalledDeviceHoldsUpTheGroup) {
  disks_[3]->Stall(std::nullopt);
  Thread* waiter =
      world_.Kernel("k", [&](Thread* t) -> sim::Task<> { co_await group_->Io(t, IoKind::kWrite, kMiB); });
  world_.RunUntil(Micros(100));
  WaitGraph graph(world_.machine);
  EXPECT_THAT(graph.Hung(), ElementsAre("k"));
  const auto* io = static_cast<const GroupIo*>(waiter->waiter().on);
  EXPECT_TRUE(graph.Progresses(io->parts()[0].get()));
  EXPECT_FALSE(graph.Progresses(io->parts()[3].get()));
  EXPECT_EQ(io->parts()[3]->reported_name(), "disk3");
  disks_[3]->EndStall();
  world_.Run();
  EXPECT_TRUE(waiter->ended());
}

TEST_F(DeviceGroupTest, AHoldGivenToAGroupIsReleasedWithTheLastPart) {
  Mutex mutex(&world_.machine, "m");
  world_.Kernel("k", [&](Thread* t) -> sim::Task<> {
    co_await mutex.LockIt(t);
    std::shared_ptr<GroupIo> io = group_->Submit(IoKind::kWrite, 40 * kMiB, t);
    mutex.GiveTo(t, io.get());
  });
  int64_t got_at = 0;
  world_.Kernel(
      "w",
      [&](Thread* t) -> sim::Task<> {
        co_await mutex.LockIt(t);
        got_at = t->machine().now().ns();
      },
      Millis(1));
  world_.Run();
  EXPECT_EQ(got_at, 101'000'000);
}

}  // namespace
}  // namespace model
