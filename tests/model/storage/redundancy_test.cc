// SPDX-License-Identifier: Apache-2.0
//
// Mirrors and raidz: where the bytes go, what is survived; devices that go away.
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/storage/device_group.h"
#include "tests/model/support/wait_graph.h"
#include "tests/model/support/world.h"

namespace model {
namespace {

using ::testing::ElementsAre;

constexpr int64_t kKiB = 1024;

class RedundancyTest : public ::testing::Test {
 protected:
  RedundancyTest() {
    for (int i = 0; i < 4; ++i) {
      disks_.push_back(std::make_unique<Device>(&world_.machine, "disk" + std::to_string(i),
                                                Device::Options{
                                                    .read = sim::Distribution::Constant(1'000'000),
                                                    .write = sim::Distribution::Constant(1'000'000),
                                                    .flush = sim::Distribution::Constant(1'000'000),
                                                }));
    }
  }
  std::vector<Device*> Disks(size_t begin, size_t end) const {
    std::vector<Device*> result;
    for (size_t i = begin; i < end; ++i) result.push_back(disks_[i].get());
    return result;
  }
  std::vector<int64_t> KiBOf() const {
    std::vector<int64_t> result;
    for (const auto& disk : disks_) result.push_back(disk->figures().bytes / kKiB);
    return result;
  }
  // The error of one I/O, and -1 while it is not done.
  int Do(DeviceGroup* group, IoKind kind, int64_t bytes, IoRole role = {}) {
    std::shared_ptr<GroupIo> io = group->Submit(kind, bytes, nullptr, role);
    world_.Run();
    return io->done() ? io->error() : -1;
  }

  World world_;
  std::vector<std::unique_ptr<Device>> disks_;
};

TEST_F(RedundancyTest, AMirrorWritesAllCopiesAndReadsOne) {
  DeviceGroup group(&world_.machine, "tank",
                    std::vector<Vdev>{{.kind = VdevKind::kMirror, .members = Disks(0, 2)},
                                      {.kind = VdevKind::kMirror, .members = Disks(2, 4)}});
  EXPECT_EQ(Do(&group, IoKind::kWrite, 256 * kKiB), 0);
  EXPECT_THAT(KiBOf(), ElementsAre(128, 128, 128, 128));
  EXPECT_EQ(Do(&group, IoKind::kRead, 256 * kKiB), 0);
  EXPECT_THAT(KiBOf(), ElementsAre(256, 128, 256, 128));
}

// Four disks with two of parity: 256 KiB are 2 x 128 of data and 2 x 128 of parity. A block
// of 4 KiB is one data column and two of parity.
TEST_F(RedundancyTest, ARaidzWritesItsParityToo) {
  DeviceGroup group(&world_.machine, "tank",
                    std::vector<Vdev>{{.kind = VdevKind::kRaidz, .members = Disks(0, 4), .parity = 2}},
                    1024 * kKiB);
  EXPECT_EQ(Do(&group, IoKind::kWrite, 256 * kKiB), 0);
  EXPECT_THAT(KiBOf(), ElementsAre(128, 128, 128, 128));
  EXPECT_EQ(Do(&group, IoKind::kWrite, 4 * kKiB), 0);
  EXPECT_THAT(KiBOf(), ElementsAre(128, 132, 132, 132));
}

TEST_F(RedundancyTest, AMirrorSurvivesAllButOne) {
  DeviceGroup group(&world_.machine, "tank",
                    std::vector<Vdev>{{.kind = VdevKind::kMirror, .members = Disks(0, 3)}});
  disks_[0]->SetOffline(true);
  disks_[2]->SetError(kEIO);
  EXPECT_EQ(Do(&group, IoKind::kWrite, 4 * kKiB), 0);
  EXPECT_EQ(Do(&group, IoKind::kRead, 4 * kKiB), 0);  // Tried until one has it.
  EXPECT_EQ(Do(&group, IoKind::kFlush, 0), 0);
  disks_[1]->SetOffline(true);
  EXPECT_NE(Do(&group, IoKind::kWrite, 4 * kKiB), 0);
  EXPECT_NE(Do(&group, IoKind::kRead, 4 * kKiB), 0);
}

TEST_F(RedundancyTest, ARaidzSurvivesAsManyAsItHasParity) {
  DeviceGroup group(&world_.machine, "tank",
                    std::vector<Vdev>{{.kind = VdevKind::kRaidz, .members = Disks(0, 4), .parity = 1}});
  disks_[1]->SetOffline(true);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(Do(&group, IoKind::kWrite, 64 * kKiB), 0);
    EXPECT_EQ(Do(&group, IoKind::kRead, 64 * kKiB), 0);
  }
  disks_[2]->SetOffline(true);
  EXPECT_EQ(Do(&group, IoKind::kWrite, 64 * kKiB), kENXIO);
  EXPECT_EQ(Do(&group, IoKind::kRead, 64 * kKiB), kENXIO);
}

TEST_F(RedundancyTest, AMemberThatIsSilentHoldsUpTheWrite) {
  DeviceGroup group(&world_.machine, "tank",
                    std::vector<Vdev>{{.kind = VdevKind::kMirror, .members = Disks(0, 2)}});
  disks_[1]->Stall(std::nullopt);
  EXPECT_EQ(Do(&group, IoKind::kWrite, 4 * kKiB), -1);
  disks_[1]->SetOffline(true);
  EXPECT_EQ(Do(&group, IoKind::kWrite, 4 * kKiB), 0);
}

TEST_F(RedundancyTest, AScrubReadsEveryCopy) {
  DeviceGroup group(&world_.machine, "tank",
                    std::vector<Vdev>{{.kind = VdevKind::kMirror, .members = Disks(0, 2)}});
  EXPECT_EQ(Do(&group, IoKind::kRead, 64 * kKiB, {.io_class = IoClass::kScrub}), 0);
  EXPECT_THAT(KiBOf(), ElementsAre(64, 64, 0, 0));
}

// The resilver of a member that was away reads from those that have what it lacks.
TEST_F(RedundancyTest, AResilverReadsOneCopyAndNotTheOldOne) {
  DeviceGroup group(&world_.machine, "tank",
                    std::vector<Vdev>{{.kind = VdevKind::kMirror, .members = Disks(0, 2)}});
  for (int i = 0; i < 4; ++i) {
    const IoRole resilver = {.io_class = IoClass::kScrub, .resilvers = disks_[0].get()};
    EXPECT_EQ(Do(&group, IoKind::kRead, 64 * kKiB, resilver), 0);
  }
  EXPECT_THAT(KiBOf(), ElementsAre(0, 256, 0, 0));
}

// Its part of each block takes the parts of as many others as a block has columns, of its vdev alone.
TEST_F(RedundancyTest, AResilverOfRaidzReadsTheColumnsOfItsVdev) {
  DeviceGroup group(&world_.machine, "tank",
                    std::vector<Vdev>{{.kind = VdevKind::kRaidz, .members = Disks(0, 3), .parity = 1},
                                      {.kind = VdevKind::kDisk, .members = Disks(3, 4)}});
  const IoRole resilver = {.io_class = IoClass::kScrub, .resilvers = disks_[1].get()};
  EXPECT_EQ(Do(&group, IoKind::kRead, 64 * kKiB, resilver), 0);
  EXPECT_THAT(KiBOf(), ElementsAre(64, 0, 64, 0));
  disks_[0]->SetOffline(true);
  EXPECT_EQ(Do(&group, IoKind::kRead, 64 * kKiB, resilver), kENXIO);
}

// Two members missed different writes: together they hold all. What both missed no third one has.
TEST_F(RedundancyTest, AMemberIsNoCopyOfWhatItMissed) {
  DeviceGroup group(&world_.machine, "tank",
                    std::vector<Vdev>{{.kind = VdevKind::kRaidz, .members = Disks(0, 3), .parity = 1}});
  const auto write_without = [&](size_t away) {
    disks_[away]->SetOffline(true);
    EXPECT_EQ(Do(&group, IoKind::kWrite, 64 * kKiB), 0);
    disks_[away]->SetOffline(false);
    world_.RunUntil(world_.simulation.now() - sim::SimTime::Start() + Millis(10));
  };
  write_without(0);
  EXPECT_TRUE(group.DoesWithout(disks_[0].get()));
  EXPECT_FALSE(group.DoesWithout(disks_[1].get()));
  write_without(1);
  const IoRole resilver = {.io_class = IoClass::kScrub, .resilvers = disks_[0].get()};
  EXPECT_EQ(Do(&group, IoKind::kRead, 64 * kKiB, resilver), 0);
  write_without(0);  // From its first to its last moment disk 1 was away too.
  EXPECT_EQ(Do(&group, IoKind::kRead, 64 * kKiB, resilver), kEIO);
  group.Regain(disks_[1].get(), group.Missed(disks_[1].get()));
  EXPECT_EQ(Do(&group, IoKind::kRead, 64 * kKiB, resilver), 0);
}

// An error of all is none of a member: its pool is suspended, and the write issued anew.
TEST_F(RedundancyTest, AWriteThatFailedAltogetherMakesNoCopyOld) {
  DeviceGroup group(&world_.machine, "tank",
                    std::vector<Vdev>{{.kind = VdevKind::kMirror, .members = Disks(0, 2)}});
  for (int i = 0; i < 2; ++i) disks_[static_cast<size_t>(i)]->SetOffline(true);
  EXPECT_EQ(Do(&group, IoKind::kWrite, 64 * kKiB), kENXIO);
  for (int i = 0; i < 2; ++i) disks_[static_cast<size_t>(i)]->SetOffline(false);
  EXPECT_GT(group.Missed(disks_[0].get()), 0);
  EXPECT_TRUE(group.DoesWithout(disks_[0].get()));
}

TEST_F(RedundancyTest, ReadsPreferMembersThatMissedNothing) {
  DeviceGroup group(&world_.machine, "tank",
                    std::vector<Vdev>{{.kind = VdevKind::kMirror, .members = Disks(0, 2)}});
  disks_[0]->SetOffline(true);
  EXPECT_EQ(Do(&group, IoKind::kWrite, 64 * kKiB), 0);
  disks_[0]->SetOffline(false);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(Do(&group, IoKind::kRead, 64 * kKiB), 0);
  EXPECT_THAT(KiBOf(), ElementsAre(64, 5 * 64, 0, 0));  // The write is tried on both.
}

TEST_F(RedundancyTest, WhatIsUnderWayFailsWhenItsDeviceGoes) {
  Device& disk = *disks_[0];
  std::shared_ptr<DeviceIo> in_service = disk.Submit(IoKind::kWrite, 0);
  disk.LoseNextCompletion();
  std::shared_ptr<DeviceIo> later = disk.Submit(IoKind::kRead, 0);
  world_.RunUntil(Millis(2));
  EXPECT_FALSE(in_service->done());  // Lost.
  EXPECT_TRUE(later->done());
  disk.SetOffline(true);
  EXPECT_EQ(in_service->error(), kENXIO);
  EXPECT_EQ(disk.Submit(IoKind::kWrite, 0)->error(), kENXIO);
  disk.SetOffline(false);
  std::shared_ptr<DeviceIo> again = disk.Submit(IoKind::kWrite, 0);
  world_.Run();
  EXPECT_EQ(again->error(), 0);
}

TEST_F(RedundancyTest, OnlyWhatIsLostIsBegunAnew) {
  Device& disk = *disks_[0];
  disk.LoseNextCompletion();
  std::shared_ptr<DeviceIo> lost = disk.Submit(IoKind::kWrite, 0);
  world_.RunUntil(Millis(10));
  EXPECT_EQ(disk.ReissueOverdue(Millis(20), true), 0);
  EXPECT_EQ(disk.ReissueOverdue(Millis(5), false), 1);
  EXPECT_FALSE(lost->done());
  EXPECT_EQ(disk.ReissueOverdue(Millis(5), true), 1);
  world_.Run();
  EXPECT_TRUE(lost->done());
  EXPECT_EQ(world_.now_ns(), 11'000'000);
}

}  // namespace
}  // namespace model
