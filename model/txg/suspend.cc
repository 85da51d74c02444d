// SPDX-License-Identifier: Apache-2.0
//
// What becomes of an I/O that fails. Follows OpenZFS module/zfs/zio.c: zio_done,
// zio_suspend, zio_resume.
//
//   I/O                          failmode=wait        continue             panic
//   of a sync                    parked, the pool     the same             the machine
//                                is suspended                              stops
//   read, device gone (ENXIO)    the same             EIO to the caller    the same
//   read, any other error        EIO to the caller    the same             the same
//   intent log                   the caller waits     EIO to the caller    as for a sync,
//                                for a txg                                 in that txg
//   log device, gone             that block; those after it go to the disks
//
// A parked I/O is issued anew by `zpool clear`, which waits for it and says EIO if it fails
// again; the pool is then suspended as before.
#include <algorithm>

#include "fmt/format.h"
#include "model/txg/pool.h"

namespace model {
namespace {

// What the kstat shows of a txg is all that the pool read and wrote while it synced, whatever for
// (spa_stats.c:spa_txg_history_fini_io).
void CountIo(TxgPipeline* pipeline, IoKind kind, int64_t bytes) {
  TxgRow* row = pipeline->RowOf(pipeline->syncing_txg());
  if (row == nullptr) return;
  if (kind == IoKind::kWrite) {
    ++row->writes;
    row->nwritten += bytes;
  } else if (kind == IoKind::kRead) {
    ++row->reads;
    row->nread += bytes;
  }
}

}  // namespace

sim::Task<int> Pool::DiskIo(Thread* thread, IoKind kind, int64_t bytes, uint64_t txg, IoRole role) {
  if (IoLockedOut(thread)) co_await BeginIo(thread);  // Not in zio_wait yet: the deadman does not look.
  co_await sim::FrameName{"zio_wait"};
  const Deadman::IoWait watched(&deadman_, thread);
  bool parked = false;
  for (;;) {
    if (IoLockedOut(thread)) co_await BeginIo(thread);
    in_io_.push_back(thread);
    std::shared_ptr<GroupIo> io = disks_->Submit(kind, bytes, thread, role);
    const int error = co_await io->Wait(thread);
    EndIo(thread);
    if (error == 0) break;
    const bool gone = kind == IoKind::kRead && error == kENXIO && role.io_class != IoClass::kScrub &&
                      options_.failmode != FailMode::kContinue;
    if (txg == 0 && !gone) {
      if (kind == IoKind::kRead && error != kENXIO) data_errors_ += RecordsOf(bytes);
      co_return error == kENXIO ? kEIO : error;
    }
    if (!parked) parked_.push_back(thread);
    parked = true;
    Suspend(SuspendReason::kIoError);
    do {
      co_await thread->Wait(*suspend_cv_, {.io = true});  // For ever, if the machine has stopped.
    } while (suspended());
  }
  if (parked) {
    std::erase(parked_, thread);
    if (parked_.empty()) machine_->WakeAll(resume_cv_.get(), 0, thread);
  }
  CountIo(&pipeline_, kind, bytes);
  co_return 0;
}

sim::Task<int> Pool::LogIo(Thread* thread, IoKind kind, int64_t bytes) {
  // Without a log device that works the blocks are allocated on the disks.
  const bool on_log = log_ != nullptr && !log_->devices().front()->offline();
  if (!on_log) return DiskIo(thread, kind, bytes, 0, {.io_class = IoClass::kSyncWrite});
  return LogDeviceIo(thread, kind, bytes);
}

sim::Task<int> Pool::LogDeviceIo(Thread* thread, IoKind kind, int64_t bytes) {
  if (IoLockedOut(thread)) co_await BeginIo(thread);
  co_await sim::FrameName{"zio_wait"};
  const Deadman::IoWait watched(&deadman_, thread);
  in_io_.push_back(thread);
  std::shared_ptr<GroupIo> io = log_->Submit(kind, bytes, thread, {.io_class = IoClass::kSyncWrite});
  const int error = co_await io->Wait(thread);
  EndIo(thread);
  if (error == 0) CountIo(&pipeline_, kind, bytes);
  co_return error;
}

void Pool::Suspend(SuspendReason reason) {
  if (suspended()) return;
  if (options_.failmode == FailMode::kPanic) {
    module_->Panic(fmt::format("pool {}: uncorrectable I/O failure, and failmode is panic", name()));
    return;
  }
  suspend_reason_ = reason;
  AddEvent("io_failure", reason == SuspendReason::kMultihost ? "suspended by multihost"
                                                             : "suspended by an uncorrectable I/O error");
  pipeline_.KickWaiters();
  machine_->WakeAll(resume_cv_.get(), 0, nullptr);
}

sim::Task<int> Pool::Resume(Thread* thread) {
  co_await sim::FrameName{"zio_resume"};
  if (!suspended()) co_return 0;
  if (options_.multihost && other_host_active_) co_return kEREMOTEIO;
  suspend_reason_ = SuspendReason::kNone;
  AddEvent("resume", "");
  machine_->WakeAll(suspend_cv_.get(), 0, thread);
  while (!parked_.empty() && !suspended()) co_await thread->Wait(*resume_cv_, {.io = true});
  if (suspended()) co_return kEIO;
  // What a member missed before, and what failed on it and was written anew (vdev_clear,
  // SPA_ASYNC_RESILVER).
  for (Device* device : disks_->devices()) MemberIsBack(device);
  co_return 0;
}

}  // namespace model
