// SPDX-License-Identifier: Apache-2.0
#include "model/design/pool_command.h"

#include <array>

#include "model/dataset/dataset_tree.h"

namespace model {
namespace {

// spa_get_stats: works on a suspended pool, but not while its config is being changed.
sim::Task<int> Status(Thread* thread, Pool* pool) {
  co_await sim::FrameName{"zfs_ioc_pool_stats"};
  co_await pool->SpaOpen(thread);
  co_await pool->scl_config().Read(thread);
  co_await thread->Compute(sim::SimDuration::Nanos(pool->costs().list_item_ns));
  pool->scl_config().Unlock(thread);
  co_return 0;
}

// Takes SCL_STATE as writer for vdev_clear, then resumes. From the start on the suspended
// pool waits for this thread and not for somebody outside.
sim::Task<int> Clear(Thread* thread, Pool* pool) {
  co_await sim::FrameName{"zfs_ioc_clear"};
  pool->ClearBegins(thread);
  co_await pool->SpaOpen(thread);
  co_await pool->scl_state().Write(thread);
  pool->scl_state().Unlock(thread);
  const int error = co_await pool->Resume(thread);
  pool->ClearEnds(thread);
  co_return error;
}

sim::Task<int> Sync(Thread* thread, Pool* pool) {
  co_await sim::FrameName{"zfs_ioc_pool_sync"};
  co_await pool->SpaOpen(thread);
  co_return co_await pool->WaitSynced(thread, 0);
}

// Reads all that is allocated.
void StartReading(Pool* pool, Pool::ScanKind kind) {
  pool->StartScan(kind, static_cast<int64_t>(pool->tree().AllocatedBytes()), nullptr);
}

// The scan begins in a sync task (dsl_scan_setup_sync).
sim::Task<int> Scrub(Thread* thread, Pool* pool, bool stop) {
  co_await sim::FrameName{"zfs_ioc_pool_scan"};
  const bool running = pool->scan().running();
  if (!stop && running) co_return kEBUSY;
  if (stop && (!running || pool->scan().kind != Pool::ScanKind::kScrub)) co_return kENOENT;
  SyncTask task;
  task.name = stop ? "dsl_scan_cancel" : "dsl_scan_setup";
  task.check = [](bool, uint64_t) { return 0; };
  task.sync = [pool, stop](uint64_t) {
    if (stop) return pool->CancelScan();
    StartReading(pool, Pool::ScanKind::kScrub);
  };
  co_return co_await pool->Administer(thread, &task);
}

sim::Task<int> Wait(Thread* thread, Pool* pool, unsigned activities) {
  co_await sim::FrameName{"zfs_ioc_wait"};
  co_await pool->SpaOpen(thread);
  co_return co_await pool->WaitActivities(thread, activities);
}

// The one mutex of all pools is held until the pool has synced: if it suspends now, every
// command on every pool waits behind this one (spa_export_common).
sim::Task<int> Export(Thread* thread, Pool* pool) {
  co_await sim::FrameName{"spa_export_common"};
  co_await pool->EnterNamespace(thread);
  co_await pool->WaitSynced(thread, 0);
  pool->set_exported();
  pool->ExitNamespace(thread);
  co_return 0;
}

// The new device is missing what is written up to three txgs (TXG_CONCURRENT_STATES) after the next
// one to sync, and the command waits for the last of these with the lock of all pools held.
sim::Task<int> Attach(Thread* thread, Pool* pool) {
  co_await sim::FrameName{"spa_vdev_attach"};
  co_await pool->EnterNamespace(thread);
  const std::array<Rwsem*, 3> all = {&pool->scl_config(), &pool->scl_state(), &pool->scl_zio()};
  for (Rwsem* lock : all) co_await lock->Write(thread);
  const uint64_t txg = pool->pipeline().synced_txg() + 1 + 3;
  StartReading(pool, Pool::ScanKind::kResilver);
  for (Rwsem* lock : all) lock->Unlock(thread);
  co_await pool->WaitSynced(thread, txg);
  pool->ExitNamespace(thread);
  co_return 0;
}

sim::Task<int> Run(Thread* thread, Pool* pool, PoolCommand command, unsigned activities) {
  switch (command) {
    case PoolCommand::kStatus:
    case PoolCommand::kList:
      return Status(thread, pool);
    case PoolCommand::kClear:
      return Clear(thread, pool);
    case PoolCommand::kSync:
      return Sync(thread, pool);
    case PoolCommand::kScrub:
      return Scrub(thread, pool, false);
    case PoolCommand::kScrubStop:
      return Scrub(thread, pool, true);
    case PoolCommand::kWait:
      return Wait(thread, pool, activities);
    case PoolCommand::kExport:
      return Export(thread, pool);
    case PoolCommand::kAttach:
      break;
  }
  return Attach(thread, pool);
}

}  // namespace

sim::Task<int> RunPoolCommand(Thread* thread, Pool* pool, PoolCommand command, unsigned activities) {
  co_await sim::FrameName{"zfsdev_ioctl"};
  thread->EnterKernel();
  thread->Charge(thread->machine().profile().ioctl_ns);
  const bool works_suspended =
      command == PoolCommand::kStatus || command == PoolCommand::kList || command == PoolCommand::kClear;
  int error = 0;
  if (pool->suspended() && !works_suspended) {
    co_await pool->SpaOpen(thread);
    error = kEAGAIN;
  } else {
    error = co_await Run(thread, pool, command, activities);
  }
  co_await thread->ReturnToUser();
  co_return error;
}

}  // namespace model
