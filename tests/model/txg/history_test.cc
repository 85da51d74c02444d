// SPDX-License-Identifier: Apache-2.0
//
// What it costs a command that its change is logged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "model/admin/admin_command.h"
#include "tests/support/pool_fixture.h"

namespace model {
namespace {

using sim::SimDuration;
using ::testing::ElementsAre;

struct LoggingPool : PoolFixture {
  explicit LoggingPool(bool log_history) : PoolFixture({.log_history = log_history}) {}
  void Sh(const std::string& name, SimDuration at, const std::string& line) {
    Run(name, at, [this, name, line](Thread* t) -> sim::Task<> {
      absl::StatusOr<AdminCommand> command = ParseAdminCommand(line);
      const AdminResult result = co_await RunAdminCommand(t, &module, *std::move(command));
      ended.push_back(name + " " + std::to_string(result.exit_code));
    });
  }
  std::vector<std::string> ended;
};

// spa_history_log_nvl: a task of the txg that is open afterwards, which nobody waits for. The snapshot is
// in txg 4; 5 has its record and the line of the command, and is not empty; 6 is.
TEST(HistoryTest, TheTxgAfterAChangeHasItsRecord) {
  for (const bool log : {false, true}) {
    LoggingPool f(log);
    f.Sh("zfs", SimDuration::Seconds(1), "zfs snapshot tank@a");
    f.RunUntil(SimDuration::Seconds(12));
    EXPECT_EQ(f.pool->history().size(), 1u);
    EXPECT_GT(f.pool->pipeline().RowOf(4)->nwritten, 0);
    EXPECT_EQ(f.pool->pipeline().RowOf(5)->nwritten > 0, log);
    EXPECT_EQ(f.pool->pipeline().RowOf(6)->nwritten, 0);
    EXPECT_EQ(f.pool->uberblocks_written(), log ? 2 : 1);
  }
}

// The change is made, its txg has synced, and the command hangs in the transaction of its record.
TEST(HistoryTest, ACommandCanHangAfterItsChange) {
  LoggingPool f(true);
  SyncTask trap;
  trap.sync = [&f](uint64_t) { f.pool->Suspend(SuspendReason::kIoError); };
  f.Run("trap", SimDuration::Millis(900), [&](Thread* t) -> sim::Task<> {
    Tx tx;
    const int error = co_await f.pool->Assign(t, &tx, {});
    EXPECT_EQ(error, 0);
    f.pool->QueueSyncTask(&trap, tx.txg());
    f.pool->Commit(&tx, t);
  });
  f.Sh("zfs", SimDuration::Seconds(1), "zfs snapshot tank@a");
  f.RunUntil(SimDuration::Seconds(50));
  ObjectId snapshot = 0;
  EXPECT_EQ(f.pool->tree().Lookup("tank@a", &snapshot), 0);
  EXPECT_THAT(f.ended, ElementsAre());
  const Thread* zfs = f.machine.FindThread("zfs");
  EXPECT_EQ(zfs->StateLetter(), 'D');
  EXPECT_STREQ(zfs->Stack()[3], "spa_history_log");  // Above txg_wait_synced < dmu_tx_wait < dmu_tx_assign.
}

}  // namespace
}  // namespace model
