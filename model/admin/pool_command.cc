// SPDX-License-Identifier: Apache-2.0
#include "model/admin/pool_command.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "model/admin/zpool_text.h"
#include "model/dataset/dataset_tree.h"

namespace model {
namespace {

// spa_get_stats: works on a suspended pool, but not while its config is being changed.
sim::Task<int> Status(Thread* thread, Pool* pool) {
  co_await sim::FrameName{"zfs_ioc_pool_stats"};
  const int gone = co_await pool->SpaOpen(thread);
  if (gone != 0) co_return gone;
  co_await pool->scl_config().Read(thread);
  co_await thread->Compute(sim::SimDuration::Nanos(pool->costs().list_item_ns));
  pool->scl_config().Unlock(thread);
  co_return 0;
}

// From the start on the suspended pool waits for this thread and not for somebody outside.
sim::Task<int> Clear(Thread* thread, Pool* pool, std::string device) {
  co_await sim::FrameName{"zfs_ioc_clear"};
  pool->ClearBegins(thread);
  int error = co_await pool->SpaOpen(thread);
  if (error == 0) error = co_await pool->ClearErrors(thread, std::move(device));
  pool->ClearEnds(thread);
  co_return error;
}

sim::Task<int> Sync(Thread* thread, Pool* pool) {
  co_await sim::FrameName{"zfs_ioc_pool_sync"};
  const int gone = co_await pool->SpaOpen(thread);
  if (gone != 0) co_return gone;
  co_return co_await pool->WaitSynced(thread, 0);
}

// A dependent chain: labels, uberblock, object set, directory, configuration, datasets, space maps, log.
constexpr int kImportReads = 24;
constexpr int64_t kImportReadBytes = 16 << 10;

// dsl_scan_setup_check, dsl_scrub_pause_resume_check, dsl_scan_cancel_check; spa_scan_stop.
int CheckScrub(const Pool::Scan& scan, PoolCommand command, bool resumes) {
  const bool scrubs = scan.running() && scan.kind == Pool::ScanKind::kScrub;
  if (command == PoolCommand::kScrub) return scan.running() && !resumes ? kEBUSY : 0;
  if (command == PoolCommand::kScrubPause) return !scrubs ? kENOENT : scan.paused ? kEBUSY : 0;
  return scrubs ? 0 : scan.running() ? kEBUSY : kENOENT;
}

// The scan begins in a sync task (dsl_scan_setup_sync); one that was paused when the command was typed goes
// on (dsl_scrub_pause_resume_sync).
sim::Task<int> Scrub(Thread* thread, Pool* pool, PoolCommand command) {
  co_await sim::FrameName{"zfs_ioc_pool_scan"};
  const Pool::Scan& scan = pool->scan();
  const bool resumes =
      command == PoolCommand::kScrub && scan.running() && scan.kind == Pool::ScanKind::kScrub && scan.paused;
  SyncTask task;
  task.name = "dsl_scan";
  task.logged = false;
  task.check = [pool, command, resumes](bool, uint64_t) {
    return CheckScrub(pool->scan(), command, resumes);
  };
  task.sync = [pool, command, resumes](uint64_t) {
    if (command == PoolCommand::kScrubStop) return pool->CancelScan();
    if (command == PoolCommand::kScrubPause) return pool->PauseScan(true, nullptr);
    if (resumes) return pool->PauseScan(false, nullptr);
    pool->StartScan(Pool::ScanKind::kScrub, static_cast<int64_t>(pool->tree().AllocatedBytes()), nullptr);
  };
  co_return co_await pool->Administer(thread, &task);
}

sim::Task<int> Wait(Thread* thread, Pool* pool, unsigned activities) {
  co_await sim::FrameName{"zfs_ioc_wait"};
  const int gone = co_await pool->SpaOpen(thread);
  if (gone != 0) co_return gone;
  co_return co_await pool->WaitActivities(thread, activities);
}

// The one mutex of all pools is held until the pool has synced: if it suspends now, every
// command on every pool waits behind this one (spa_export_common).
sim::Task<int> Export(Thread* thread, Pool* pool) {
  co_await sim::FrameName{"spa_export_common"};
  co_await pool->EnterNamespace(thread);
  const int error = pool->exported() ? kENOENT : 0;
  if (error == 0) co_await pool->WaitSynced(thread, 0);
  pool->set_exported(true);
  pool->ExitNamespace(thread);
  co_return error;
}

// spa_import: the lock of all pools is held while the pool is read in, and until the blocks of its logs are
// claimed in a txg.
sim::Task<int> Import(Thread* thread, Pool* pool) {
  co_await sim::FrameName{"spa_import"};
  co_await pool->EnterNamespace(thread);
  int error = PoolHealth(*pool) == "UNAVAIL" ? kENXIO : 0;
  if (!pool->exported()) error = kEEXIST;
  for (int i = 0; i < kImportReads && error == 0; ++i) {
    error = co_await pool->ReadMos(thread, kImportReadBytes);
  }
  if (error == 0) {
    pool->set_exported(false);
    co_await pool->WaitSynced(thread, pool->pipeline().open_txg());
  }
  pool->ExitNamespace(thread);
  co_return error;
}

// What `zpool` looks at before it asks for anything (make_root_vdev, zpool_find_vdev).
int CheckDevices(const Pool& pool, const PoolOperands& operands) {
  if (!operands.device.empty() && pool.FindDevice(operands.device) == nullptr) return kENODEV;
  const std::vector<std::string>& fresh = operands.new_devices;
  const bool member = std::any_of(fresh.begin(), fresh.end(),
                                  [&](const std::string& name) { return pool.FindDevice(name) != nullptr; });
  return member ? kEBUSY : 0;
}

// spa_vdev_enter to spa_vdev_exit. A new member is missing what is written up to three txgs
// (TXG_CONCURRENT_STATES) after the next one to sync, and the command waits for the last of these with the
// lock of all pools held; a new vdev is there with the next. That next one has the new labels.
sim::Task<int> ChangeVdevs(Thread* thread, Pool* pool, PoolOperands operands, bool resilvers) {
  const int error = CheckDevices(*pool, operands);
  if (error != 0) co_return error;
  co_await sim::FrameName{resilvers ? "spa_vdev_attach" : "spa_vdev_add"};
  co_await pool->EnterNamespace(thread);
  co_await pool->scl_config().Write(thread);
  co_await pool->scl_state().Write(thread);
  co_await pool->LockOutIo(thread);
  const uint64_t txg = pool->pipeline().synced_txg() + 1 + (resilvers ? 3 : 0);
  if (resilvers) pool->MemberIsNew();
  pool->DirtyConfig();
  for (Rwsem* lock : {&pool->scl_config(), &pool->scl_state(), &pool->scl_zio()}) lock->Unlock(thread);
  co_await pool->WaitSynced(thread, txg);
  pool->ExitNamespace(thread);
  co_return 0;
}

// Looks whether devices that were away are back.
sim::Task<int> Reopen(Thread* thread, Pool* pool) {
  co_await sim::FrameName{"zfs_ioc_pool_reopen"};
  const int gone = co_await pool->SpaOpen(thread);
  if (gone != 0) co_return gone;
  co_await pool->EnterVdevState(thread);
  pool->ExitVdevState(thread);
  for (Device* device : pool->disks().devices()) pool->MemberIsBack(device);
  co_return 0;
}

sim::Task<int> SetOnline(Thread* thread, Pool* pool, std::string device, bool online) {
  co_await sim::FrameName{"zfs_ioc_vdev_set_state"};
  const int gone = co_await pool->SpaOpen(thread);
  if (gone != 0) co_return gone;
  co_return co_await pool->SetDeviceOnline(thread, std::move(device), online);
}

// spa_sync_props.
sim::Task<int> SetFailMode(Thread* thread, Pool* pool, FailMode failmode) {
  co_await sim::FrameName{"zfs_ioc_pool_set_props"};
  SyncTask task;
  task.name = "spa_prop_set";
  task.logged = false;
  task.sync = [pool, failmode](uint64_t) { pool->set_failmode(failmode); };
  co_return co_await pool->Administer(thread, &task);
}

// What is printed is read at the end.
sim::Task<int> Look(Thread* thread, Pool* pool, bool opens) {
  co_await sim::FrameName{"zfsdev_ioctl_common"};
  int gone = 0;
  if (opens) gone = co_await pool->SpaOpen(thread);
  if (gone != 0) co_return gone;
  co_await thread->Compute(sim::SimDuration::Nanos(pool->costs().list_item_ns));
  co_return 0;
}

sim::Task<int> Run(Thread* thread, Pool* pool, PoolCommand command, PoolOperands operands) {
  switch (command) {
    case PoolCommand::kStatus:
    case PoolCommand::kList:
    case PoolCommand::kIostat:
      return Status(thread, pool);
    case PoolCommand::kClear:
      return Clear(thread, pool, std::move(operands.device));
    case PoolCommand::kSync:
      return Sync(thread, pool);
    case PoolCommand::kScrub:
    case PoolCommand::kScrubStop:
    case PoolCommand::kScrubPause:
      return Scrub(thread, pool, command);
    case PoolCommand::kWait:
      return Wait(thread, pool, operands.activities);
    case PoolCommand::kExport:
      return Export(thread, pool);
    case PoolCommand::kImport:
      return Import(thread, pool);
    case PoolCommand::kOffline:
      return SetOnline(thread, pool, std::move(operands.device), false);
    case PoolCommand::kOnline:
      return SetOnline(thread, pool, std::move(operands.device), true);
    case PoolCommand::kSet:
      return SetFailMode(thread, pool, operands.failmode);
    case PoolCommand::kHistory:
    case PoolCommand::kGet:
      return Look(thread, pool, true);
    case PoolCommand::kEvents:
      return Look(thread, pool, false);
    case PoolCommand::kReopen:
      return Reopen(thread, pool);
    case PoolCommand::kAdd:
      return ChangeVdevs(thread, pool, std::move(operands), false);
    case PoolCommand::kAttach:
    case PoolCommand::kReplace:
      break;
  }
  return ChangeVdevs(thread, pool, std::move(operands), true);
}

// POOL_CHECK_NONE, and clear, which must.
bool WorksSuspended(PoolCommand command) {
  switch (command) {
    case PoolCommand::kStatus:
    case PoolCommand::kList:
    case PoolCommand::kIostat:
    case PoolCommand::kClear:
    case PoolCommand::kEvents:
    case PoolCommand::kGet:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool IsLogged(PoolCommand command) {
  switch (command) {
    case PoolCommand::kClear:
    case PoolCommand::kScrub:
    case PoolCommand::kScrubStop:
    case PoolCommand::kScrubPause:
    case PoolCommand::kImport:
    case PoolCommand::kAttach:
    case PoolCommand::kReplace:
    case PoolCommand::kAdd:
    case PoolCommand::kReopen:
    case PoolCommand::kOffline:
    case PoolCommand::kOnline:
    case PoolCommand::kSet:
      return true;
    default:
      return false;
  }
}

sim::Task<int> ReadPoolConfigs(Thread* thread, ZfsModule* module) {
  co_await sim::FrameName{"zfsdev_ioctl"};
  thread->EnterKernel();
  thread->Charge(thread->machine().profile().ioctl_ns);
  co_await sim::FrameName{"spa_all_configs"};
  const int error = co_await module->namespace_lock().LockIt(thread, {.kind = SleepKind::kInterruptible});
  if (error == 0) module->namespace_lock().Unlock(thread);
  co_await thread->ReturnToUser();
  co_return error;
}

sim::Task<int> RunPoolCommand(Thread* thread, Pool* pool, PoolCommand command, PoolOperands operands) {
  co_await sim::FrameName{"zfsdev_ioctl"};
  thread->EnterKernel();
  thread->Charge(thread->machine().profile().ioctl_ns);
  int error = 0;
  if (pool->suspended() && !WorksSuspended(command)) {
    error = co_await pool->SpaOpen(thread);
    if (error == 0) error = kEAGAIN;
  } else {
    error = co_await Run(thread, pool, command, std::move(operands));
    if (error == 0 && IsLogged(command)) co_await pool->LogChange(thread);
  }
  co_await thread->ReturnToUser();
  co_return error;
}

}  // namespace model
