// SPDX-License-Identifier: Apache-2.0
//
// Work that a sync does for a slice of time: freeing destroyed datasets, scrub, resilver.
// While there is any, txgs follow each other without the pause of zfs_txg_timeout.
//
//   slice          at least while somebody waits for a sync    else
//   async destroy  zfs_free_min_time_ms                        3 s (five half seconds and more)
//   scrub          zfs_scrub_min_time_ms                       until the sync has lasted zfs_txg_timeout
//   resilver       zfs_resilver_min_time_ms                    the same
//
// A scan also gives way, after its minimum, when dirty data passes
// zfs_vdev_async_write_active_min_dirty_percent. A txg that could not free all that awaits it does not
// scan: a scrub stands still until async destroy is done.
//
// Follows OpenZFS module/zfs/dsl_scan.c: dsl_scan_async_block_should_pause,
// dsl_scan_check_suspend, dsl_scan_sync; vdev_mirror.c:vdev_mirror_io_done (the repair write is
// asynchronous). A resilver starts when a member that was away comes back, for the bytes that it
// missed (its dirty time log) and that are still allocated: it reads them from the members that have them and
// writes them to that one. A block that no such member is left of, or that cannot be written, is an error,
// and the member goes on missing it.
//
// One member at a time is resilvered; one that comes back or is attached meanwhile waits for its turn (the
// feature resilver_defer, spa.c:spa_async_thread, spa_vdev_attach). Any of them ends a scrub.
//
// Differs from the real system: a scrub reads a stream of so many bytes, without walking metadata, and
// repairs nothing; destroyed blocks are freed by bytes.
#include <algorithm>

#include "fmt/format.h"
#include "model/txg/pool.h"

namespace model {
namespace {

// What a pool has of its own, besides its datasets: an estimate.
constexpr int64_t kOwnBytes = 16 << 20;

}  // namespace

bool Pool::SliceIsOver(sim::SimTime start, int64_t min_time_ms, uint64_t txg) const {
  constexpr int64_t kHalfSecond = 500'000'000;
  const int64_t elapsed = (machine_->now() - start).ns();
  if (elapsed / kHalfSecond * 1'000'000'000 > options_.tunables.zfs_txg_timeout_ns) return true;
  if (elapsed > min_time_ms * 1'000'000 && pipeline_.SyncWaiting()) return true;
  return dirty_.of_txg(txg) > options_.tunables.zfs_dirty_data_max / 2;
}

sim::Task<bool> Pool::FreeDestroyed(Thread* thread, uint64_t txg) {
  if (tree_.freeing_bytes() == 0) co_return true;
  co_await sim::FrameName{"dsl_process_async_destroys"};
  const int64_t per_us = std::max<int64_t>(options_.costs.free_bytes_per_s / 1'000'000, 1);
  const int64_t min_ms = options_.tunables.zfs_free_min_time_ms;
  const sim::SimTime start = machine_->now();
  int64_t slice_us = min_ms * 1000;
  while (tree_.freeing_bytes() > 0) {
    const int64_t bytes = std::min(static_cast<int64_t>(tree_.freeing_bytes()), per_us * slice_us);
    co_await thread->Compute(sim::SimDuration::Micros(bytes / per_us));
    tree_.DrainFreeing(static_cast<uint64_t>(bytes), txg);
    if (SliceIsOver(start, min_ms, txg)) break;
    slice_us = 50'000;
  }
  co_return tree_.freeing_bytes() == 0;
}

void Pool::StartScan(ScanKind kind, int64_t bytes, Thread* waker) {
  if (scan_.running() && scan_.kind == ScanKind::kScrub) CancelScan();
  scan_ = {.kind = kind, .bytes = bytes, .left_bytes = bytes, .start = machine_->now()};
  AddEvent(kind == ScanKind::kScrub ? "scrub_start" : "resilver_start", "");
  bytes > 0 ? pipeline_.Poke(waker) : ScanHasEnded();
}

void Pool::ScanHasEnded() {
  scan_.end = machine_->now();
  AddEvent(scan_.kind == ScanKind::kScrub ? "scrub_finish" : "resilver_finish",
           fmt::format("{} errors", scan_.errors));
}

void Pool::CancelScan() {
  scan_.cancelled = true;
  scan_.end = machine_->now();
  AddEvent("scrub_abort", "");
}

void Pool::PauseScan(bool paused, Thread* waker) {
  scan_.paused = paused;
  AddEvent(paused ? "scrub_paused" : "scrub_resume", "");
  if (!paused) pipeline_.Poke(waker);
}

void Pool::Resilver(Device* onto, int64_t bytes) {
  const bool resilvering = scan_.running() && scan_.kind == ScanKind::kResilver;
  if (resilvering && (onto == nullptr || scan_.onto != onto)) {
    if (std::find(deferred_.begin(), deferred_.end(), onto) == deferred_.end()) deferred_.push_back(onto);
    return;
  }
  StartScan(ScanKind::kResilver, bytes, nullptr);
  scan_.onto = onto;
}

void Pool::MemberIsBack(Device* device) {
  if (device->offline() || disks_->Missed(device) == 0) return;
  disks_->LimitMissed(device, static_cast<int64_t>(tree_.AllocatedBytes()) + kOwnBytes);
  Resilver(device, disks_->Missed(device));
}

void Pool::MemberIsNew() { Resilver(nullptr, static_cast<int64_t>(tree_.AllocatedBytes())); }

unsigned Pool::Activities() const {
  unsigned going_on = tree_.freeing_bytes() > 0 ? kActivityFree : 0;
  if (scan_.running() && !scan_.paused)
    going_on |= scan_.kind == ScanKind::kScrub ? kActivityScrub : kActivityResilver;
  return going_on;
}

sim::Task<int> Pool::WaitActivities(Thread* thread, unsigned wanted) {
  co_await sim::FrameName{"spa_wait"};
  while ((Activities() & wanted) != 0) {
    const int error = co_await thread->Wait(*activities_cv_, {.kind = SleepKind::kInterruptible});
    if (error != 0) co_return error;
  }
  co_return 0;
}

std::shared_ptr<DeviceIo> Pool::WriteResilvered(Thread* thread, int64_t bytes) {
  if (scan_.onto == nullptr) return nullptr;
  return scan_.onto->Submit(IoKind::kWrite, bytes, thread, AsyncWrite());
}

sim::Task<> Pool::EndResilverWrite(Thread* thread, std::shared_ptr<DeviceIo> io) {
  if (io == nullptr) co_return;
  co_await sim::FrameName{"zio_wait"};
  const Deadman::IoWait watched(&deadman_, thread);
  const int error = co_await io->Wait(thread);
  if (error != 0) {
    scan_.errors += RecordsOf(io->bytes());
    co_return;
  }
  scan_.resilvered_bytes += io->bytes();
  disks_->Regain(&io->device(), io->bytes());
}

// A read and the write of what was read before it are under way together.
sim::Task<> Pool::ScanSlice(Thread* thread) {
  if (!scan_.running() || scan_.paused) co_return;
  co_await sim::FrameName{"dsl_scan_sync"};
  const PoolTunables& t = options_.tunables;
  const int64_t min_ms =
      scan_.kind == ScanKind::kScrub ? t.zfs_scrub_min_time_ms : t.zfs_resilver_min_time_ms;
  const sim::SimTime start = machine_->now();
  std::shared_ptr<DeviceIo> writing;
  bool over = false;
  while (scan_.running() && !over) {
    const int64_t bytes = std::min(scan_.left_bytes, options_.costs.scan_chunk_bytes);
    const int64_t errors = data_errors_;
    // An error is counted and stops nothing; but where devices are gone, and no member is there to go on
    // without them, the writes of this txg will suspend the pool.
    const IoRole role{
        .io_class = IoClass::kScrub, .stream_active = t.zfs_vdev_scrub_max_active, .resilvers = scan_.onto};
    const int error = co_await DiskIo(thread, IoKind::kRead, bytes, 0, role);
    if (error != 0 && data_errors_ == errors) {
      if (scan_.onto == nullptr || scan_.onto->offline()) break;
      data_errors_ += RecordsOf(bytes);
    }
    scan_.errors += data_errors_ - errors;
    co_await EndResilverWrite(thread, std::move(writing));
    if (error == 0) writing = WriteResilvered(thread, bytes);
    scan_.left_bytes -= std::min(bytes, scan_.left_bytes);
    const int64_t elapsed = (machine_->now() - start).ns();
    const bool long_sync = (machine_->now() - sync_start_).ns() >= t.zfs_txg_timeout_ns;
    const bool much_dirty =
        dirty_.total() >= t.zfs_dirty_data_max / 100 * t.zfs_vdev_async_write_active_min_dirty_percent;
    over = elapsed > min_ms * 1'000'000 && (long_sync || pipeline_.SyncWaiting() || much_dirty);
  }
  co_await EndResilverWrite(thread, std::move(writing));
  if (scan_.left_bytes > 0) co_return;
  ScanHasEnded();
  while (!deferred_.empty() && !scan_.running()) {
    Device* next = deferred_.front();
    deferred_.erase(deferred_.begin());
    next == nullptr ? MemberIsNew() : MemberIsBack(next);
  }
}

}  // namespace model
