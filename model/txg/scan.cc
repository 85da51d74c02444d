// SPDX-License-Identifier: Apache-2.0
//
// Work that a sync does for a slice of time: freeing destroyed datasets, scrub, resilver.
// While there is any, txgs follow each other without the pause of zfs_txg_timeout.
//
//   slice          at least while somebody waits for a sync    else
//   async destroy  zfs_free_min_time_ms                        3 s (five half seconds and more)
//   scrub          zfs_scrub_min_time_ms                       zfs_txg_timeout
//   resilver       zfs_resilver_min_time_ms                    zfs_txg_timeout
//
// A scrub also gives way, after its minimum, when dirty data passes
// zfs_vdev_async_write_active_min_dirty_percent.
//
// Follows OpenZFS module/zfs/dsl_scan.c: dsl_scan_async_block_should_pause,
// dsl_scan_check_suspend, dsl_scan_sync. A resilver starts when a member that was away comes
// back, for the bytes that it missed (its dirty time log). Differs from the real system: a scrub reads a
// stream of so many bytes, without walking metadata; a resilver only reads, what it writes
// to the new member is left out; destroyed blocks are freed by bytes.
#include <algorithm>

#include "model/txg/pool.h"

namespace model {

bool Pool::SliceIsOver(sim::SimTime start, int64_t min_time_ms, uint64_t txg) const {
  constexpr int64_t kHalfSecond = 500'000'000;
  const int64_t elapsed = (machine_->now() - start).ns();
  if (elapsed / kHalfSecond * 1'000'000'000 > options_.tunables.zfs_txg_timeout_ns) return true;
  if (elapsed > min_time_ms * 1'000'000 && pipeline_.SyncWaiting()) return true;
  return dirty_.of_txg(txg) > options_.tunables.zfs_dirty_data_max / 2;
}

sim::Task<> Pool::FreeDestroyed(Thread* thread, uint64_t txg) {
  if (tree_.freeing_bytes() == 0) co_return;
  co_await sim::FrameName{"dsl_process_async_destroys"};
  const int64_t per_us = std::max<int64_t>(options_.costs.free_bytes_per_s / 1'000'000, 1);
  const int64_t min_ms = options_.tunables.zfs_free_min_time_ms;
  const sim::SimTime start = machine_->now();
  int64_t slice_us = min_ms * 1000;
  while (tree_.freeing_bytes() > 0) {
    const int64_t bytes = std::min(static_cast<int64_t>(tree_.freeing_bytes()), per_us * slice_us);
    co_await thread->Compute(sim::SimDuration::Micros(bytes / per_us));
    tree_.DrainFreeing(static_cast<uint64_t>(bytes), txg);
    if (SliceIsOver(start, min_ms, txg)) co_return;
    slice_us = 50'000;
  }
}

void Pool::StartScan(ScanKind kind, int64_t bytes, Thread* waker) {
  scan_kind_ = kind;
  scan_left_ = bytes;
  if (bytes > 0) pipeline_.Poke(waker);
}

void Pool::MemberIsBack(const Device* device) {
  const int64_t missed = disks_->TakeMissed(device);
  if (missed > 0) StartScan(ScanKind::kResilver, missed, nullptr);
}

sim::Task<> Pool::ScanSlice(Thread* thread) {
  if (scan_left_ == 0) co_return;
  co_await sim::FrameName{"dsl_scan_sync"};
  const PoolTunables& t = options_.tunables;
  const int64_t min_ms =
      scan_kind_ == ScanKind::kScrub ? t.zfs_scrub_min_time_ms : t.zfs_resilver_min_time_ms;
  const sim::SimTime start = machine_->now();
  while (scan_left_ > 0) {
    const int64_t bytes = std::min(scan_left_, options_.costs.scan_chunk_bytes);
    // An error is counted by the scan and stops nothing.
    co_await DiskIo(thread, IoKind::kRead, bytes, 0, {.io_class = IoClass::kScrub});
    scan_left_ -= bytes;
    const int64_t elapsed = (machine_->now() - start).ns();
    const bool much_dirty =
        dirty_.total() >= t.zfs_dirty_data_max / 100 * t.zfs_vdev_async_write_active_min_dirty_percent;
    if (elapsed >= t.zfs_txg_timeout_ns) co_return;
    if (elapsed > min_ms * 1'000'000 && (pipeline_.SyncWaiting() || much_dirty)) co_return;
  }
}

}  // namespace model
