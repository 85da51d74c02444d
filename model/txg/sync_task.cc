// SPDX-License-Identifier: Apache-2.0
//
// Sync tasks: how an administrative change gets into a txg and waits for it.
// Follows OpenZFS module/zfs/dsl_synctask.c:dsl_sync_task_common and
// dsl_sync_task_sync. The check runs twice: in open context as a reader of the
// config lock, where an error costs no txg, and in syncing context as its writer,
// where it also sees the tasks that came before it in the same txg. An
// administrative operation is throttled like any writer.
#include "model/dataset/errno.h"
#include "model/txg/pool.h"

namespace model {

sim::Task<int> Pool::SpaOpen(Thread* thread) {
  co_await sim::FrameName{"spa_open"};
  co_await module_->namespace_lock().LockIt(thread);
  const bool gone = exported_;
  module_->namespace_lock().Unlock(thread);
  co_return gone ? kENOENT : 0;
}

sim::Task<int> Pool::WaitSynced(Thread* thread, uint64_t txg, TxgPipeline::WaitFlags flags) {
  if (txg == 0) txg = pipeline_.open_txg() + kTxgDeferSize;
  if (Process* process = thread->process()) process->CountTxg(txg);
  return pipeline_.WaitSynced(thread, txg, flags);
}

void Pool::QueueSyncTask(SyncTask* task, uint64_t txg) {
  task->txg = txg;
  task->error = 0;
  sync_tasks_[txg % kTxgSize].push_back(task);
}

sim::Task<int> Pool::RunSyncTask(Thread* thread, SyncTask* task) {
  co_await sim::FrameName{"dsl_sync_task_common"};
  for (;;) {
    int gone = 0;
    if (!task->spa_held) gone = co_await SpaOpen(thread);
    if (gone != 0) co_return gone;
    Tx tx;
    co_await Assign(thread, &tx, {.no_throttle = task->no_throttle, .suspend = true});
    const uint64_t txg = tx.txg();
    if (task->open_check && task->check) {
      co_await config_lock_.Read(thread);
      co_await thread->Compute(sim::SimDuration::Nanos(options_.costs.sync_task_check_ns * task->changes));
      const int error = task->check(false, txg);
      config_lock_.Unlock(thread);
      if (error != 0) {
        Commit(&tx, thread);
        co_return error;
      }
    }
    QueueSyncTask(task, txg);
    Commit(&tx, thread);
    if (task->queued) task->queued(thread);
    int interrupted = 0;
    if (task->signalled) interrupted = co_await WaitSynced(thread, txg, {.interruptible = true});
    if (interrupted != 0) task->signalled();
    co_await WaitSynced(thread, txg);
    if (task->error != kEAGAIN || !task->retry_eagain) co_return task->error;
    co_await WaitSynced(thread, txg + kTxgDeferSize);
  }
}

sim::Task<> Pool::RunSyncTasksTogether(Thread* thread, std::vector<SyncTask*> tasks) {
  co_await sim::FrameName{"dsl_sync_tasks_common"};
  while (!tasks.empty()) {
    co_await SpaOpen(thread);
    Tx tx;
    co_await Assign(thread, &tx, {.suspend = true});
    const uint64_t txg = tx.txg();
    for (SyncTask* task : tasks) QueueSyncTask(task, txg);
    Commit(&tx, thread);
    co_await WaitSynced(thread, txg);
    std::erase_if(tasks, [](const SyncTask* task) { return task->error != kEAGAIN || !task->retry_eagain; });
    if (!tasks.empty()) co_await WaitSynced(thread, txg + kTxgDeferSize);
  }
}

sim::Task<> Pool::EnterAdminGate(Thread* thread) {
  co_await thread->Settle();
  const sim::SimTime start = machine_->now();
  co_await admin_gate_.Read(thread);
  if (last_exclusive_ != nullptr) last_exclusive_->figures.admin_wait_ns += (machine_->now() - start).ns();
}

sim::Task<> Pool::EnterNamespace(Thread* thread) {
  if (options_.gate_first) co_await EnterAdminGate(thread);
  co_await module_->namespace_lock().LockIt(thread);
  if (!options_.gate_first) co_await EnterAdminGate(thread);
}

void Pool::ExitNamespace(Thread* thread) {
  module_->namespace_lock().Unlock(thread);
  admin_gate_.Unlock(thread);
}

sim::Task<int> Pool::Administer(Thread* thread, SyncTask* task) {
  co_await sim::FrameName{task->ioctl};
  if (!options_.gate_first) co_await SpaOpen(thread);
  co_await EnterAdminGate(thread);
  const int error = co_await RunSyncTask(thread, task);
  admin_gate_.Unlock(thread);
  if (error == 0 && task->logged) co_await LogChange(thread);
  co_return error;
}

sim::Task<> Pool::AdministerTogether(Thread* thread, std::vector<SyncTask*> tasks) {
  co_await EnterAdminGate(thread);
  co_await RunSyncTasksTogether(thread, std::move(tasks));
  admin_gate_.Unlock(thread);
  co_await LogChange(thread);
}

int64_t Pool::AdminWaitAtHand(const Process* process) const {
  if (process != last_exclusive_) return 0;
  int64_t total = 0;
  for (const Waiter* waiter = admin_gate_.waiters().front(); waiter != nullptr; waiter = waiter->next) {
    if (waiter->mode == Lock::kRead) total += (machine_->now() - waiter->thread->since()).ns();
  }
  return total;
}

// All tasks of the txg, first in first out; an error of one does not stop the next.
sim::Task<int64_t> Pool::RunSyncTasks(Thread* thread, uint64_t txg) {
  std::vector<SyncTask*>& tasks = sync_tasks_[txg % kTxgSize];
  int64_t changes = 0;
  for (size_t i = 0; i < tasks.size(); ++i) {
    co_await sim::FrameName{"dsl_sync_task_sync"};
    SyncTask* task = tasks[i];
    co_await config_lock_.Write(thread);
    if (task->observer != nullptr) task->observer->Hold(machine_->now());
    if (task->run) {
      task->error = co_await task->run(thread, txg);
    } else {
      co_await thread->Compute(sim::SimDuration::Nanos(options_.costs.sync_task_check_ns * task->changes));
      task->error = task->check ? task->check(true, txg) : 0;
      if (task->error == 0) {
        co_await thread->Compute(sim::SimDuration::Nanos(options_.costs.sync_task_apply_ns * task->changes));
        task->sync(txg);
      }
    }
    co_await thread->Settle();
    changes += task->error == 0 ? task->changes : 0;
    if (task->observer != nullptr) task->observer->Release(machine_->now());
    machine_->Record(RecordKind::kSyncTask, thread, txg, static_cast<uint64_t>(task->error));
    config_lock_.Unlock(thread);
    if (TxgRow* row = pipeline_.RowOf(txg)) ++row->sync_tasks;
  }
  tasks.clear();
  co_return changes;
}

}  // namespace model
