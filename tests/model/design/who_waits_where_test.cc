// SPDX-License-Identifier: Apache-2.0
//
// Who waits where: one test for each row of the table of waits, with the letter that `ps` shows, what is
// on top of the stack, and whether a signal would end it. Sources: OpenZFS
// module/os/linux/spl/spl-condvar.c (cv_wait and cv_wait_io are D, cv_wait_sig and cv_wait_idle S),
// include/os/linux/spl/sys/{mutex,rwlock}.h; no primitive of them is TASK_KILLABLE.
//
//   who                                              where                   state
//   a command that waits for its txg                 txg_wait_synced         D
//   a channel program that does                      txg_wait_synced         S, after a signal D
//   a program -n that runs                           -                       R
//   a writer at zfs_dirty_data_max                   dmu_tx_wait             D
//   a writer that is delayed                         dmu_tx_delay            D
//   a writer that needs a txg for space (ERESTART)   dmu_tx_wait             D
//   a transaction on a file of the txg before        dmu_tx_wait             D
//   txg_quiesce, for who is in its txg               txg_quiesce             D
//   txg_sync and txg_quiesce with nothing to do      txg_{sync,quiesce}_thread  S
//   txg_sync, for the disks                          zio_wait                D
//   who waits for a suspended pool                   zio_wait, dmu_tx_assign D
//   dp_config_rwlock                                 -                       D
//   a spa_config lock                                -                       D
//   spa_namespace_lock                               spa_open                D
//   spa_namespace_lock, for all configurations       spa_all_configs         S
//   zpool wait                                       spa_wait                S
//
// The rows of channel programs are in program_test.cc, that of a file in wait_state_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "model/admin/admin_command.h"
#include "model/dataset/operations.h"
#include "model/design/design.h"
#include "tests/support/pool_fixture.h"

namespace model {
namespace {

using sim::SimDuration;

constexpr int64_t kMiB = 1 << 20;

class WhoWaitsWhereTest : public ::testing::Test {
 protected:
  void Build(const PoolFixture::Settings& settings) {
    f = std::make_unique<PoolFixture>(settings);
    f->Make(CreateFilesystem("tank/a"));
    root = f->pool->tree().root();
  }
  void Sh(const std::string& name, SimDuration at, const std::string& line) {
    f->Run(name, at, [this, line](Thread* t) -> sim::Task<> {
      absl::StatusOr<AdminCommand> command = ParseAdminCommand(line);
      co_await RunAdminCommand(t, &f->module, *std::move(command));
    });
  }
  // Writes so much, a piece at a time.
  void Write(const std::string& name, SimDuration at, int64_t bytes, int64_t piece = kMiB) {
    f->Run(name, at, [this, bytes, piece](Thread* t) -> sim::Task<> {
      t->EnterKernel();
      for (int64_t left = bytes; left > 0; left -= piece) co_await f->pool->Write(t, root, piece);
      co_await t->ReturnToUser();
    });
  }
  // Takes a lock at 1 s and keeps it.
  template <typename Take>
  void Hold(Take take) {
    f->Run("holder", SimDuration::Seconds(1), [take](Thread* t) -> sim::Task<> {
      t->EnterKernel();
      co_await take(t);
      co_await t->SleepFor(SimDuration::Seconds(1000), SleepKind::kUninterruptible);
    });
  }
  const Thread& At(SimDuration at, const std::string& name) {
    f->RunUntil(at);
    return *f->machine.FindThread(name);
  }
  // The state, whether a fatal signal ends the wait, and the function that waits.
  void Expect(const Thread& thread, char state, const std::string& function) {
    EXPECT_EQ(thread.StateLetter(), state) << thread.name();
    EXPECT_EQ(thread.Killable(), state == 'S' && thread.process() != nullptr) << thread.name();
    EXPECT_EQ(thread.Stack().empty() ? "" : thread.Stack()[0], function) << thread.name();
  }

  std::unique_ptr<PoolFixture> f;
  ObjectId root = 0;
};

TEST_F(WhoWaitsWhereTest, ACommandThatWaitsForItsTxg) {
  Build({.disk_service = SimDuration::Seconds(1)});
  Sh("zfs", SimDuration::Seconds(1), "zfs snapshot tank/a@x");
  Expect(At(SimDuration::Millis(1500), "zfs"), 'D', "txg_wait_synced");
  f->machine.Signal(f->machine.FindProcess("zfs"), kSigKill);
  Expect(At(SimDuration::Millis(1600), "zfs"), 'D', "txg_wait_synced");
}

TEST_F(WhoWaitsWhereTest, AWriterAtTheDirtyLimit) {
  PoolTunables tunables;
  tunables.zfs_delay_min_dirty_percent = 100;  // No delays on the way to the limit.
  Build({.dirty_data_max = 16 * kMiB, .disk_bandwidth = kMiB, .tunables = tunables});
  for (int i = 0; i < 32; ++i) Write("w" + std::to_string(i), SimDuration::Seconds(1), kMiB);
  Expect(At(SimDuration::Millis(1100), "w31"), 'D', "dmu_tx_wait");
  ASSERT_NE(f->machine.FindThread("w31")->waiter().on, nullptr);
  EXPECT_EQ(f->machine.FindThread("w31")->waiter().on->name(), "dp_spaceavail_cv");
}

TEST_F(WhoWaitsWhereTest, AWriterThatIsDelayed) {
  Build({.dirty_data_max = 100 * kMiB, .disk_bandwidth = kMiB});
  // The last of 95 is written at 94 % of the limit: 500 us * 34 / 6, and those before have their turns.
  Write("w", SimDuration::Seconds(1), 95 * kMiB);
  bool seen = false;
  for (int us = 0; us < 100'000 && !seen; us += 10) {
    const Thread& writer = At(SimDuration::Seconds(1) + SimDuration::Micros(us), "w");
    seen = writer.StateLetter() == 'D' && !writer.Stack().empty() &&
           std::string(writer.Stack()[0]) == "dmu_tx_delay";
  }
  ASSERT_TRUE(seen);
  Expect(*f->machine.FindThread("w"), 'D', "dmu_tx_delay");
}

// 24 times 1 MiB in flight is over the quota of 8 MiB and a 32nd.
TEST_F(WhoWaitsWhereTest, AWriterThatNeedsATxgForSpace) {
  Build({.disk_service = SimDuration::Seconds(1)});
  f->Make(SetProperty("tank", "quota", "8M"));
  Write("w", SimDuration::Seconds(1), 2 * kMiB);
  Expect(At(SimDuration::Millis(1500), "w"), 'D', "txg_wait_synced");
  EXPECT_STREQ(f->machine.FindThread("w")->Stack()[1], "dmu_tx_wait");
}

TEST_F(WhoWaitsWhereTest, TheTwoThreadsOfAPipelineWithNothingToDo) {
  Build({});
  for (const char* name : {"txg_sync", "txg_quiesce"}) {
    const Thread& thread = At(SimDuration::Seconds(1), name);
    EXPECT_EQ(thread.StateLetter(), 'S');
    EXPECT_FALSE(thread.Killable());  // cv_wait_idle: all signals are blocked.
  }
}

TEST_F(WhoWaitsWhereTest, TxgQuiesceForWhoIsInItsTxg) {
  Build({});
  f->Run("holder", SimDuration::Seconds(1), [&](Thread* t) -> sim::Task<> {
    t->EnterKernel();
    Tx tx;
    co_await f->pool->Assign(t, &tx, {});
    co_await t->SleepFor(SimDuration::Seconds(100), SleepKind::kUninterruptible);
    f->pool->Commit(&tx, t);
    co_await t->ReturnToUser();
  });
  Expect(At(SimDuration::Seconds(10), "txg_quiesce"), 'D', "txg_quiesce_thread");
  EXPECT_EQ(f->machine.FindThread("txg_sync")->StateLetter(), 'S');
}

TEST_F(WhoWaitsWhereTest, TxgSyncForTheDisks) {
  Build({.disk_service = SimDuration::Seconds(1)});
  Write("w", SimDuration::Seconds(1), kMiB);
  const Thread& sync = At(SimDuration::Millis(5'500), "txg_sync");
  Expect(sync, 'D', "io_schedule");
  EXPECT_STREQ(sync.Stack()[1], "zio_wait");
}

TEST_F(WhoWaitsWhereTest, WhoWaitsForASuspendedPool) {
  Build({});
  Sh("zfs", SimDuration::Seconds(1), "zfs snapshot tank/a@x");
  f->RunUntil(SimDuration::Seconds(1));
  f->device.SetOffline(true);
  Write("w", SimDuration::Seconds(2), kMiB);
  Expect(At(SimDuration::Seconds(3), "txg_sync"), 'D', "zio_wait");
  const Thread& writer = At(SimDuration::Seconds(3), "w");
  Expect(writer, 'D', "txg_wait_synced");
  EXPECT_STREQ(writer.Stack()[1], "dmu_tx_wait");
  Expect(At(SimDuration::Seconds(3), "zfs"), 'D', "txg_wait_synced");
}

TEST_F(WhoWaitsWhereTest, TheConfigLockOfThePool) {
  Build({});
  Hold([this](Thread* t) { return f->pool->config_lock().Write(t); });
  Sh("list", SimDuration::Seconds(2), "zfs list tank/a");
  const Thread& list = At(SimDuration::Seconds(3), "list");
  EXPECT_EQ(list.StateLetter(), 'D');
  EXPECT_FALSE(list.Killable());
  EXPECT_EQ(list.waiter().on->name(), "dp_config_rwlock");
}

TEST_F(WhoWaitsWhereTest, ASpaConfigLock) {
  Build({});
  Hold([this](Thread* t) { return f->pool->scl_config().Write(t); });
  Sh("status", SimDuration::Seconds(2), "zpool status tank");
  const Thread& status = At(SimDuration::Seconds(3), "status");
  EXPECT_EQ(status.StateLetter(), 'D');
  EXPECT_FALSE(status.Killable());
  EXPECT_EQ(status.waiter().on->name(), "SCL_CONFIG");
}

// spa_open takes the mutex plainly; only ZFS_IOC_POOL_CONFIGS, with which a command without a name begins,
// can be interrupted there.
TEST_F(WhoWaitsWhereTest, TheLockOfAllPools) {
  Build({});
  Hold([this](Thread* t) { return f->module.namespace_lock().LockIt(t); });
  Sh("one", SimDuration::Seconds(2), "zpool status tank");
  Sh("all", SimDuration::Seconds(2), "zpool status");
  Sh("list", SimDuration::Seconds(2), "zfs list");
  Expect(At(SimDuration::Seconds(3), "one"), 'D', "spa_open");
  for (const char* name : {"all", "list"}) {
    Expect(At(SimDuration::Seconds(3), name), 'S', "spa_all_configs");
    f->machine.Signal(f->machine.FindProcess(name), kSigKill);
    f->RunUntil(SimDuration::Seconds(4));
    EXPECT_TRUE(f->machine.FindProcess(name)->ended());
  }
}

TEST_F(WhoWaitsWhereTest, ZpoolWait) {
  Build({});
  f->pool->StartScan(Pool::ScanKind::kScrub, int64_t{1} << 45, nullptr);
  Sh("wait", SimDuration::Seconds(1), "zpool wait -t scrub tank");
  Expect(At(SimDuration::Seconds(20), "wait"), 'S', "spa_wait");
}

}  // namespace
}  // namespace model
