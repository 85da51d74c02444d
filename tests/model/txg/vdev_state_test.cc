// SPDX-License-Identifier: Apache-2.0
//
// What `zpool offline`, `online` and `clear` wait for, and whom they keep waiting.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "model/admin/admin_command.h"
#include "model/dataset/errno.h"
#include "tests/support/mirror_fixture.h"

namespace model {
namespace {

using sim::SimDuration;
using ::testing::ElementsAre;

class VdevStateTest : public MirrorFixture {
 protected:
  VdevStateTest() : MirrorFixture(int64_t{1} << 30, true, int64_t{1} << 30) {}

  void Sh(const std::string& name, SimDuration at, const std::string& line) {
    Run(name, sim::SimTime::Start() + at, [this, name, line](Thread* t) -> sim::Task<> {
      absl::StatusOr<AdminCommand> command = ParseAdminCommand(line);
      const AdminResult result = co_await RunAdminCommand(t, &module, *std::move(command));
      ended.push_back(name + " " + std::to_string(result.exit_code));
    });
  }
  void Read(const std::string& name, SimDuration at) {
    Run(name, sim::SimTime::Start() + at, [this, name](Thread* t) -> sim::Task<> {
      t->EnterKernel();
      const int error = co_await pool->Read(t, 4096);
      co_await t->ReturnToUser();
      ended.push_back(name + " " + std::to_string(error));
    });
  }
  void RunUntil(SimDuration at) { simulation.Run(sim::SimTime::Start() + at); }
  const Thread& ThreadOf(const std::string& name) { return *machine.FindThread(name); }

  std::vector<std::string> ended;
};

// spa_vdev_state_exit: when the command returns, no more I/O is expected from ZFS. Of 4, 5, 6 the last.
TEST_F(VdevStateTest, OfflineReturnsAfterThreeTxgs) {
  Sh("zpool", SimDuration::Seconds(1), "zpool offline tank disk1");
  RunUntil(SimDuration::Seconds(4));
  EXPECT_THAT(ended, ElementsAre("zpool 0"));
  EXPECT_EQ(pool->pipeline().synced_txg(), 6u);
  EXPECT_TRUE(disks[1]->taken_out());
  EXPECT_EQ(disks[1]->errors().writes, 0);
  // The first of them has the new configuration: two passes over the MOS, the uberblock, and labels before
  // and after it. The others are empty.
  EXPECT_EQ(pool->pipeline().RowOf(4)->writes, 5);
  EXPECT_EQ(pool->uberblocks_written(), 1);
}

TEST_F(VdevStateTest, WhatADeviceMissedWhileItWasOfflineIsResilvered) {
  Sh("off", SimDuration::Seconds(1), "zpool offline tank disk1");
  Sh("zfs", SimDuration::Seconds(5), "zfs snapshot tank@a");
  RunUntil(SimDuration::Seconds(6));
  const int64_t missed = disks[0]->figures().written_bytes - disks[1]->figures().written_bytes;
  EXPECT_GT(missed, 0);
  Sh("on", SimDuration::Seconds(7), "zpool online tank disk1");
  RunUntil(SimDuration::Seconds(30));
  EXPECT_THAT(ended, ElementsAre("off 0", "zfs 0", "on 0"));
  EXPECT_EQ(pool->scan().kind, Pool::ScanKind::kResilver);
  EXPECT_EQ(pool->scan().bytes, missed);
  EXPECT_EQ(disks[0]->figures().written_bytes, disks[1]->figures().written_bytes);
}

// An I/O that the silent disk has holds SCL_ZIO as reader, the command wants it as writer, and readers that
// come later wait behind the command, though the other disk would serve them.
TEST_F(VdevStateTest, ASilentDiskCannotBeTakenOfflineAndWhoTriesStopsReads) {
  RunUntil(SimDuration::Millis(900));
  disks[1]->Stall(std::nullopt);
  Sh("zfs", SimDuration::Seconds(1), "zfs snapshot tank@a");  // Its sync waits for the disk.
  Read("before", SimDuration::Seconds(2));
  Sh("zpool", SimDuration::Seconds(3), "zpool offline tank disk1");
  Read("behind", SimDuration::Seconds(4));
  RunUntil(SimDuration::Seconds(100));
  EXPECT_THAT(ended, ElementsAre("before 0"));
  EXPECT_EQ(ThreadOf("zpool").StateLetter(), 'D');
  EXPECT_FALSE(ThreadOf("zpool").Killable());
  EXPECT_EQ(ThreadOf("zpool").waiter().on->name(), "SCL_ZIO");
  EXPECT_EQ(ThreadOf("behind").StateLetter(), 'D');
  EXPECT_EQ(ThreadOf("behind").waiter().on->name(), "SCL_ZIO");
  // The lock of all pools is not held meanwhile.
  EXPECT_TRUE(module.namespace_lock().holds().empty());
  // Pulled out by hand, it fails in place of keeping silent, and all goes on.
  disks[1]->SetOffline(true);
  RunUntil(SimDuration::Seconds(110));
  EXPECT_THAT(ended, ::testing::UnorderedElementsAre("before 0", "behind 0", "zfs 0", "zpool 0"));
}

TEST_F(VdevStateTest, ClearWaitsForIoUnderWayToo) {
  RunUntil(SimDuration::Millis(900));
  disks[1]->Stall(SimDuration::Seconds(10));
  Sh("zfs", SimDuration::Seconds(1), "zfs snapshot tank@a");
  Sh("clear", SimDuration::Seconds(2), "zpool clear tank");
  Read("behind", SimDuration::Seconds(3));
  RunUntil(SimDuration::Seconds(10));
  EXPECT_THAT(ended, ElementsAre());
  RunUntil(SimDuration::Seconds(15));
  EXPECT_THAT(ended, ::testing::UnorderedElementsAre("behind 0", "zfs 0", "clear 0"));
}

// It is not what resumes the pool while it waits: that takes another.
TEST_F(VdevStateTest, AClearThatWasTypedTooEarlyHangsItself) {
  Sh("early", SimDuration::Seconds(1), "zpool clear tank");
  RunUntil(SimDuration::Seconds(1));
  for (int i = 0; i < 2; ++i) disks[static_cast<size_t>(i)]->SetOffline(true);
  RunUntil(SimDuration::Seconds(10));
  EXPECT_TRUE(pool->suspended());
  EXPECT_EQ(ThreadOf("early").StateLetter(), 'D');
  EXPECT_TRUE(pool->clearers().empty());
  for (int i = 0; i < 2; ++i) disks[static_cast<size_t>(i)]->SetOffline(false);
  Sh("again", SimDuration::Seconds(11), "zpool clear tank");
  RunUntil(SimDuration::Seconds(20));
  EXPECT_THAT(ended, ::testing::UnorderedElementsAre("early 0", "again 0"));
}

// Blocks of the log are then allocated on the disks: an fsync goes on, at their pace.
TEST_F(VdevStateTest, WithoutItsLogDeviceTheLogIsOnTheDisks) {
  int64_t disks_before = 0;
  Run("app", sim::SimTime::Start(), [&](Thread* t) -> sim::Task<> {
    const ObjectId root = pool->tree().root();
    t->EnterKernel();
    for (int i = 0; i < 2; ++i) {  // The first makes the log, in a txg.
      int error = co_await pool->Write(t, root, 4096);
      EXPECT_EQ(error, 0);
      error = co_await pool->Fsync(t, root);
      EXPECT_EQ(error, 0);
    }
    EXPECT_GT(disks[2]->figures().writes, 0);
    disks[2]->TakeOut(true);
    disks_before = disks[0]->figures().writes;
    int error = co_await pool->Write(t, root, 4096);
    EXPECT_EQ(error, 0);
    error = co_await pool->Fsync(t, root);
    EXPECT_EQ(error, 0);
    EXPECT_EQ(disks[0]->figures().writes, disks_before + 1);
    co_await t->ReturnToUser();
    ended.push_back("app");
  });
  RunUntil(SimDuration::Seconds(1));
  EXPECT_THAT(ended, ElementsAre("app"));
}

// The deadman watches over the log device as over the others.
TEST_F(VdevStateTest, ASilentLogDeviceIsReported) {
  Run("app", sim::SimTime::Start(), [&](Thread* t) -> sim::Task<> {
    t->EnterKernel();
    for (int i = 0; i < 2; ++i) {
      if (i == 1) disks[2]->LoseNextCompletion();
      int error = co_await pool->Write(t, pool->tree().root(), 4096);
      EXPECT_EQ(error, 0);
      error = co_await pool->Fsync(t, pool->tree().root());
    }
    co_await t->ReturnToUser();
  });
  RunUntil(SimDuration::Seconds(302));
  ASSERT_EQ(pool->events().size(), 1u);
  EXPECT_EQ(pool->events()[0].text, "slow vdev: tank/log has 1 I/O under way for more than 300 s");
  EXPECT_EQ(ThreadOf("app").StateLetter(), 'D');
}

}  // namespace
}  // namespace model
