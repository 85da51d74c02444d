// SPDX-License-Identifier: Apache-2.0
//
// The history of a pool: what was done to it by which command.
//
// A command that has changed the pool leaves its line once it has succeeded, as the real tools do
// with ZFS_IOC_LOG_HISTORY. With Options::log_history each change, and each line, is put on disk as
// it is there: a transaction of its own after the change (throttled as any, and on a suspended
// pool the command hangs in it with its change made), and a task in the txg that is then open,
// which nobody waits for. So the txg after a change is not empty, and while the task is pending
// leaf devices get all the asynchronous writes they may have.
//
// Follows OpenZFS module/zfs/spa_history.c: spa_history_log_nvl, spa_history_log_sync; zfs_ioctl.c:
// zfsdev_ioctl_common. Differs from the real system: no internal records (`zpool history -i`); the
// history is never full.
#include <utility>

#include "model/txg/pool.h"

namespace model {

sim::Task<> Pool::LogChange(Thread* thread) {
  if (!options_.log_history) co_return;
  co_await sim::FrameName{"spa_history_log"};
  Tx tx;
  if (co_await Assign(thread, &tx, {}) != 0) co_return;
  ++history_tasks_[tx.txg() % kTxgSize];
  Commit(&tx, thread);
}

sim::Task<> Pool::LogCommand(Thread* thread, std::string line) {
  history_.push_back({machine_->now(), std::move(line)});
  if (!options_.log_history) co_return;
  co_await sim::FrameName{"zfs_ioc_log_history"};
  thread->EnterKernel();
  thread->Charge(machine_->profile().ioctl_ns);
  const int gone = co_await SpaOpen(thread);
  if (gone == 0) co_await LogChange(thread);
  co_await thread->ReturnToUser();
}

sim::Task<> Pool::WriteHistory(Thread* thread, uint64_t txg) {
  for (int64_t left = std::exchange(history_tasks_[txg % kTxgSize], 0); left > 0; --left) {
    co_await sim::FrameName{"spa_history_log_sync"};
    co_await config_lock_.Write(thread);
    co_await thread->Compute(sim::SimDuration::Nanos(options_.costs.sync_task_check_ns));
    config_lock_.Unlock(thread);
  }
}

}  // namespace model
