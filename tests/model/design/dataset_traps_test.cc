// SPDX-License-Identifier: Apache-2.0
//
// What surprises about datasets of a live pool: tasks of one txg, EAGAIN, what the
// kernel lets pass, how many txgs a list of snapshots takes. Numbers: docs/model/surprises.md.
#include <gtest/gtest.h>

#include "model/admin/admin_command.h"
#include "model/dataset/errno.h"
#include "model/design/session.h"
#include "tests/support/pool_fixture.h"

namespace model {
namespace {

using sim::SimDuration;

struct Outcome {
  int error = -1;
  int exit_code = -1;
  int64_t end_ns = 0;
};

sim::Task<> Ioctl(Thread* thread, Pool* pool, Mutation mutation, Outcome* outcome) {
  thread->EnterKernel();
  SyncTask task = MutationTask(pool, mutation, Caller::kIoctl);
  outcome->error = co_await pool->Administer(thread, &task);
  outcome->end_ns = thread->machine().now().ns();
  co_await thread->ReturnToUser();
}

sim::Task<> Command(Thread* thread, ZfsModule* module, std::string line, Outcome* outcome) {
  absl::StatusOr<AdminCommand> command = ParseAdminCommand(line);
  const AdminResult result = co_await RunAdminCommand(thread, module, *std::move(command));
  outcome->exit_code = result.exit_code;
  outcome->end_ns = thread->machine().now().ns();
}

class DatasetTrapsTest : public ::testing::Test {
 protected:
  DatasetTrapsTest() { f_.Make(CreateFilesystem("tank/a")); }
  void StartIoctl(const Mutation& mutation, Outcome* outcome, SimDuration at = SimDuration::Seconds(1)) {
    f_.Run("ioctl", at,
           [this, mutation, outcome](Thread* t) { return Ioctl(t, f_.pool.get(), mutation, outcome); });
  }
  void StartCommand(const std::string& line, Outcome* outcome) {
    f_.Run("zfs", SimDuration::Seconds(1),
           [this, line, outcome](Thread* t) { return Command(t, &f_.module, line, outcome); });
  }
  uint64_t TxgOf(std::string_view snapshot) const {
    ObjectId id = 0;
    return f_.pool->tree().Lookup(snapshot, &id) == 0 ? f_.pool->tree().SnapshotOf(id).created.txg : 0;
  }
  PoolFixture f_;
};

// dsl_synctask.c:dsl_sync_task_common.
TEST_F(DatasetTrapsTest, Trap4ChecksRunTwiceAndOnlyTheSyncingOneSeesEarlierTasksOfItsTxg) {
  Outcome first;
  Outcome second;
  StartIoctl(CreateFilesystem("tank/c"), &first);
  StartIoctl(CreateFilesystem("tank/c"), &second);
  f_.RunUntil(SimDuration::Seconds(5));
  EXPECT_EQ(first.error, 0);
  EXPECT_EQ(second.error, kEEXIST);
  // Passed in open context, it has waited for the same txg; between the two is a wake-up.
  EXPECT_NEAR(static_cast<double>(first.end_ns), static_cast<double>(second.end_ns), 10'000);
}

TEST_F(DatasetTrapsTest, AnErrorOfTheOpenContextCheckCostsNoTxg) {
  Outcome outcome;
  StartIoctl(CreateFilesystem("tank/a"), &outcome);
  const uint64_t before = f_.pool->pipeline().synced_txg();
  f_.RunUntil(SimDuration::Millis(1900));
  EXPECT_EQ(outcome.error, kEEXIST);
  EXPECT_EQ(f_.pool->pipeline().synced_txg(), before);
}

// The second snapshot of a filesystem in one txg is EAGAIN, which the command never shows: it is tried
// again after txg + TXG_DEFER_SIZE.
TEST_F(DatasetTrapsTest, Trap5EagainNeverReachesTheUserOfACommand) {
  Outcome first;
  Outcome second;
  StartCommand("zfs snapshot tank/a@1", &first);
  StartCommand("zfs snapshot tank/a@2", &second);
  f_.RunUntil(SimDuration::Seconds(30));
  EXPECT_EQ(first.exit_code, 0);
  EXPECT_EQ(second.exit_code, 0);
  EXPECT_EQ(TxgOf("tank/a@2"), TxgOf("tank/a@1") + kTxgDeferSize + 1);
}

// dsl_destroy.c:dsl_destroy_snapshots_nvl.
TEST_F(DatasetTrapsTest, Trap7DestroyingManySnapshotsTakesAsManyTxgs) {
  for (int i = 0; i < 40; ++i) f_.Make(TakeSnapshot("tank/a@" + std::to_string(i)));
  Outcome outcome;
  StartCommand("zfs destroy tank/a@%", &outcome);
  f_.RunUntil(SimDuration::Seconds(1));
  const uint64_t before = f_.pool->pipeline().open_txg();
  f_.RunUntil(SimDuration::Seconds(30));
  EXPECT_EQ(outcome.exit_code, 0);
  int64_t tasks = 0;
  for (const TxgRow& row : f_.pool->pipeline().history()) {
    EXPECT_LE(row.sync_tasks, 1);
    tasks += row.sync_tasks;
  }
  EXPECT_EQ(tasks, 40);
  EXPECT_GE(f_.pool->pipeline().open_txg(), before + 40);
}

// dsl_destroy.c:dsl_destroy_snapshot_check, dsl_dataset.c:dsl_dataset_rename_snapshot_check.
TEST_F(DatasetTrapsTest, Trap10DestroyOrRenameOfAMissingSnapshotSucceedsAfterATxg) {
  Outcome destroyed;
  Outcome renamed;
  StartIoctl(Destroy("tank/a@none"), &destroyed);
  StartIoctl(Rename("tank/a@none", "tank/a@other"), &renamed);
  f_.RunUntil(SimDuration::Seconds(5));
  EXPECT_EQ(destroyed.error, 0);
  EXPECT_EQ(renamed.error, 0);
  EXPECT_GT(destroyed.end_ns, SimDuration::Seconds(1).ns() + 100'000);  // A sync's disk rounds.
}

// The kernel unmounts nothing: a mount is EBUSY, where the command unmounts first.
TEST_F(DatasetTrapsTest, Trap12AMountIsEbusyToTheKernelAndNothingToTheCommand) {
  ObjectId id = 0;
  ASSERT_EQ(f_.pool->tree().Lookup("tank/a", &id), 0);
  f_.pool->tree().SetMounted(id, true);
  Outcome ioctl;
  StartIoctl(Destroy("tank/a"), &ioctl);
  f_.RunUntil(SimDuration::Millis(1900));
  EXPECT_EQ(ioctl.error, kEBUSY);
  Outcome command;
  f_.Run("zfs", SimDuration::Seconds(2),
         [&](Thread* t) { return Command(t, &f_.module, "zfs destroy tank/a", &command); });
  f_.RunUntil(SimDuration::Seconds(5));
  EXPECT_EQ(command.exit_code, 0);
}

// Administration is throttled like any writer (dmu_tx.c:dmu_tx_assign without NOTHROTTLE), but not by
// quotas: its transaction writes to no dataset.
TEST_F(DatasetTrapsTest, AFullQuotaDoesNotKeepAnybodyFromDestroying) {
  f_.Make(TakeSnapshot("tank/a@1"));
  ObjectId id = 0;
  ASSERT_EQ(f_.pool->tree().Lookup("tank/a", &id), 0);
  f_.pool->tree().Write(id, uint64_t{100} << 20, 0, 1);
  f_.Make(SetProperty("tank/a", "quota", "100M"));
  Outcome outcome;
  StartCommand("zfs destroy tank/a@1", &outcome);
  f_.RunUntil(SimDuration::Seconds(5));
  EXPECT_EQ(outcome.exit_code, 0);
}

}  // namespace
}  // namespace model
