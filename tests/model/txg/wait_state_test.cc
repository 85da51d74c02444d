// SPDX-License-Identifier: Apache-2.0
//
// Who waits where, in which state, and what couples things that seem to have nothing to do
// with each other. Sources: OpenZFS module/os/linux/spl/spl-condvar.c (cv_wait is D,
// cv_wait_sig S), include/os/linux/spl/sys/{mutex,rwlock}.h, module/zfs/spa_misc.c.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "model/admin/admin_command.h"
#include "model/design/session.h"
#include "tests/support/pool_fixture.h"

namespace model {
namespace {

using sim::SimDuration;
using ::testing::ElementsAre;

class WaitStateTest : public ::testing::Test {
 protected:
  WaitStateTest() { f.Make(CreateFilesystem("tank/a")); }

  void Sh(const std::string& name, SimDuration at, const std::string& line) {
    f.Run(name, at, [this, name, line](Thread* t) -> sim::Task<> {
      absl::StatusOr<AdminCommand> command = ParseAdminCommand(line);
      AdminResult result = co_await RunAdminCommand(t, &f.module, *std::move(command));
      ended.push_back(name + " " + std::to_string(result.exit_code));
    });
  }
  // Holds a lock from 1 s for 10 s.
  void Hold(Lock* lock, int mode) {
    f.Run("holder", SimDuration::Seconds(1), [lock, mode](Thread* t) -> sim::Task<> {
      t->EnterKernel();
      auto* mutex = dynamic_cast<Mutex*>(lock);
      auto* rwsem = dynamic_cast<Rwsem*>(lock);
      if (mutex != nullptr) {
        co_await mutex->LockIt(t);
      } else if (rwsem != nullptr) {
        co_await rwsem->Write(t);
      } else if (mode == 0) {
        co_await static_cast<Rrwlock*>(lock)->Read(t);
      } else {
        co_await static_cast<Rrwlock*>(lock)->Write(t);
      }
      co_await t->SleepFor(SimDuration::Seconds(10), SleepKind::kUninterruptible);
      lock->Release(t, t);
      co_await t->ReturnToUser();
    });
  }
  char StateAt(SimDuration at, const std::string& name) {
    f.RunUntil(at);
    const Thread* thread = f.machine.FindThread(name);
    EXPECT_FALSE(thread->Killable()) << name;
    return thread->StateLetter();
  }

  PoolFixture f;
  std::vector<std::string> ended;
};

TEST_F(WaitStateTest, WaitingForTheConfigLockIsD) {
  Hold(&f.pool->config_lock(), 1);
  Sh("list", SimDuration::Seconds(2), "zfs list tank");
  EXPECT_EQ(StateAt(SimDuration::Seconds(3), "list"), 'D');
  EXPECT_EQ(StateAt(SimDuration::Seconds(6), "txg_sync"), 'D');
}

// A config writer waits for nobody here, but even `zpool status` queues behind it.
TEST_F(WaitStateTest, WaitingForASpaConfigLockIsD) {
  Hold(&f.pool->scl_config(), 1);
  Sh("status", SimDuration::Seconds(2), "zpool status tank");
  EXPECT_EQ(StateAt(SimDuration::Seconds(3), "status"), 'D');
  EXPECT_EQ(StateAt(SimDuration::Seconds(6), "txg_sync"), 'D');
  f.RunUntil(SimDuration::Seconds(12));
  EXPECT_THAT(ended, ElementsAre("status 0"));
}

// The one mutex of all pools: who holds it for the sake of one pool stops the commands of all.
TEST_F(WaitStateTest, TheNamespaceLockCouplesAllPools) {
  Device disk(&f.machine, "disk1", {});
  DeviceGroup disks(&f.machine, "other", std::vector<Device*>{&disk});
  Pool::Options options;
  options.name = "other";
  options.only_pool = false;
  options.tunables.zfs_dirty_data_max = 1 << 30;
  Pool other(&f.module, options, &disks, DatasetTree("other", uint64_t{1} << 40));
  other.Start();
  Hold(&f.module.namespace_lock(), 1);
  Sh("on-tank", SimDuration::Seconds(2), "zfs snapshot tank/a@x");
  Sh("on-other", SimDuration::Seconds(2), "zpool status other");
  EXPECT_EQ(StateAt(SimDuration::Seconds(3), "on-tank"), 'D');
  EXPECT_EQ(StateAt(SimDuration::Seconds(3), "on-other"), 'D');
  // Data needs no such lock: the other pool's txgs go on.
  const uint64_t synced = other.pipeline().synced_txg();
  f.RunUntil(SimDuration::Seconds(11));
  EXPECT_GT(other.pipeline().synced_txg(), synced);
  f.RunUntil(SimDuration::Seconds(13));
  EXPECT_EQ(ended.size(), 2u);
  f.simulation.DestroyTasks();
}

// An export takes the namespace lock across three txgs.
TEST_F(WaitStateTest, AnExportHoldsTheNamespaceLockWhileItWaitsForItsTxgs) {
  Sh("export", SimDuration::Seconds(1), "zpool export tank");
  f.RunUntil(SimDuration::Seconds(3));
  EXPECT_THAT(ended, ElementsAre("export 0"));
  Sh("late", SimDuration::Seconds(4), "zfs list tank");
  f.RunUntil(SimDuration::Seconds(5));
  EXPECT_THAT(ended, ElementsAre("export 0", "late 1"));  // ENOENT: there is no such pool.
}

// cv_wait_sig: a signal ends it. `zpool scrub` waits for its txg, the scrub itself goes on in those that
// follow.
TEST_F(WaitStateTest, AZpoolWaitSleepsInSAndASignalEndsIt) {
  f.pool->StartScan(Pool::ScanKind::kScrub, int64_t{1} << 45, nullptr);
  Sh("zpool", SimDuration::Seconds(1), "zpool wait -t scrub tank");
  f.RunUntil(SimDuration::Seconds(20));
  const Thread* waiting = f.machine.FindThread("zpool");
  EXPECT_EQ(waiting->StateLetter(), 'S');
  EXPECT_TRUE(waiting->Killable());
  EXPECT_STREQ(waiting->Stack()[0], "spa_wait");
  f.machine.Signal(f.machine.FindProcess("zpool"), kSigKill);
  f.RunUntil(SimDuration::Seconds(21));
  EXPECT_TRUE(f.machine.FindProcess("zpool")->ended());
  EXPECT_TRUE(f.pool->scan().running());
}

TEST_F(WaitStateTest, AZpoolWaitEndsWithTheTxgThatEndsTheScrub) {
  f.pool->StartScan(Pool::ScanKind::kScrub, int64_t{1} << 30, nullptr);
  Sh("zpool", SimDuration::Seconds(0), "zpool wait tank");
  f.RunUntil(SimDuration::Seconds(30));
  EXPECT_THAT(ended, ElementsAre("zpool 0"));
  EXPECT_FALSE(f.pool->scan().running());
}

// dmu_tx.c:dmu_tx_try_assign: a file belongs to the last txg until the last transaction there that
// changes it has committed.
TEST_F(WaitStateTest, ATransactionOnAFileOfTheTxgBeforeWaitsInDForItsHolder) {
  const auto change = [this](Thread* t, uint64_t file, SimDuration lasting) -> sim::Task<> {
    t->EnterKernel();
    Tx tx;
    tx.hold.dnode = file;
    const int error = co_await f.pool->Assign(t, &tx, {});
    EXPECT_EQ(error, 0);
    if (lasting.ns() > 0) co_await t->SleepFor(lasting, SleepKind::kUninterruptible);
    f.pool->Commit(&tx, t);
    co_await t->ReturnToUser();
    ended.push_back(t->name());
  };
  f.Run("holder", SimDuration::Seconds(1), [&](Thread* t) { return change(t, 7, SimDuration::Seconds(20)); });
  // The txg of the holder quiesces from 5 s on.
  f.Run("same-file", SimDuration::Seconds(6), [&](Thread* t) { return change(t, 7, {}); });
  f.Run("other-file", SimDuration::Seconds(6), [&](Thread* t) { return change(t, 8, {}); });
  EXPECT_EQ(StateAt(SimDuration::Seconds(10), "same-file"), 'D');
  EXPECT_STREQ(f.machine.FindThread("same-file")->Stack()[0], "dmu_tx_wait");
  EXPECT_EQ(f.machine.FindThread("same-file")->waiter().on->name(), "dn_notxholds");
  f.RunUntil(SimDuration::Seconds(22));
  EXPECT_THAT(ended, ElementsAre("other-file", "holder", "same-file"));
}

// zio_resume_wait, and with failmode=wait everybody who wants to join a txg.
TEST_F(WaitStateTest, WhoWaitsForASuspendedPoolIsInD) {
  f.Run("writer", SimDuration::Seconds(3), [this](Thread* t) -> sim::Task<> {
    t->EnterKernel();
    const int error = co_await f.pool->Write(t, f.pool->tree().root(), 4096);
    EXPECT_EQ(error, 0);
    co_await t->ReturnToUser();
    ended.push_back("writer");
  });
  Sh("zfs", SimDuration::Seconds(1), "zfs snapshot tank/a@x");
  f.RunUntil(SimDuration::Seconds(1));
  f.device.SetOffline(true);
  EXPECT_EQ(StateAt(SimDuration::Seconds(4), "writer"), 'D');
  EXPECT_EQ(StateAt(SimDuration::Seconds(4), "txg_sync"), 'D');
  EXPECT_EQ(StateAt(SimDuration::Seconds(4), "zfs"), 'D');
  f.machine.Signal(f.machine.FindProcess("zfs"), kSigKill);
  f.machine.Signal(f.machine.FindProcess("writer"), kSigKill);
  f.RunUntil(SimDuration::Seconds(100));
  EXPECT_THAT(ended, ElementsAre());  // SIGKILL reaches nobody.
}

// Administration is throttled as any writer: at the dirty limit it waits like one.
TEST_F(WaitStateTest, AnAdministrativeOperationWaitsAtTheDirtyLimit) {
  f.Run("gate", {}, [this](Thread* t) -> sim::Task<> {
    t->EnterKernel();
    const int error = co_await f.pool->pipeline().CloseSyncGate(t, t);
    EXPECT_EQ(error, 0);
    f.pool->dirty().Dirty(f.pool->tunables().zfs_dirty_data_max, f.pool->pipeline().open_txg(), t);
    co_await t->SleepFor(SimDuration::Seconds(10), SleepKind::kUninterruptible);
    f.pool->pipeline().OpenSyncGate(t);
    co_await t->ReturnToUser();
  });
  Sh("zfs", SimDuration::Seconds(1), "zfs snapshot tank/a@x");
  EXPECT_EQ(StateAt(SimDuration::Seconds(3), "zfs"), 'D');
  EXPECT_STREQ(f.machine.FindThread("zfs")->Stack()[0], "dmu_tx_wait");
  f.RunUntil(SimDuration::Seconds(14));
  EXPECT_THAT(ended, ElementsAre("zfs 0"));
}

}  // namespace
}  // namespace model
