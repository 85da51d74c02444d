// SPDX-License-Identifier: Apache-2.0
//
// Writing a txg out. Follows OpenZFS module/zfs/spa.c:spa_sync and
// dsl_pool.c:dsl_pool_sync in what happens in which order:
//
//   SCL_CONFIG as reader, held to the end
//   pass 1: dirty data of the datasets, written and undirtied block by block
//           config lock as writer, once (spa_sync_upgrades)
//           sync tasks, one after the other, each as writer of the config lock
//           blocks of destroyed datasets, for a slice of time
//   pass 2: what the tasks changed in the MOS (and pass 3: its space maps)
//   flush, uberblocks, flush
//
// A txg in which nothing was dirtied ends after pass 1 and writes no uberblock.
//
// Differs from the real system: the number of passes is fixed (three when the MOS
// is dirty); the writes of a pass are one stream per disk.
#include <algorithm>

#include "model/txg/pool.h"

namespace model {
namespace {

constexpr int64_t kMinChunk = 1 << 20;
constexpr int64_t kMaxChunk = 64 << 20;
constexpr int64_t kUberblockBytes = 4 * 4096;  // Four labels.

}  // namespace

// An error in a sync never fails the txg: the pool suspends, and the write is
// issued again after `zpool clear` (zio.c:zio_suspend).
sim::Task<int> Pool::DiskIo(Thread* thread, IoKind kind, int64_t bytes, uint64_t txg) {
  co_await sim::FrameName{"zio_wait"};
  for (;;) {
    const int error = co_await disks_->Io(thread, kind, bytes);
    if (txg == 0) co_return error;
    if (error == 0) break;
    suspended_ = true;
    while (suspended_) co_await thread->Wait(*suspend_cv_, {.io = true});
  }
  if (TxgRow* row = pipeline_.RowOf(txg)) {
    if (kind == IoKind::kWrite) {
      ++row->writes;
      row->nwritten += bytes;
    } else if (kind == IoKind::kRead) {
      ++row->reads;
      row->nread += bytes;
    }
  }
  co_return 0;
}

sim::Task<> Pool::WriteDirty(Thread* thread, uint64_t txg) {
  const int64_t total = dirty_.of_txg(txg);
  const int64_t chunk = std::clamp(total / 32, kMinChunk, kMaxChunk);
  int64_t left = total;
  while (left > 0) {
    const int64_t bytes = std::min(chunk, left);
    co_await DiskIo(thread, IoKind::kWrite, bytes, txg);
    dirty_.Undirty(bytes, txg);
    left -= bytes;
  }
  for (const auto& [dataset, bytes] : written_[txg % kTxgSize]) {
    const Dataset* head = tree_.FindDataset(dataset);
    if (head == nullptr) continue;  // Destroyed meanwhile.
    const auto written = static_cast<uint64_t>(bytes);
    tree_.Write(dataset, written, std::min(written, head->live_bytes), txg);
  }
  written_[txg % kTxgSize].clear();
}

// dsl_scan.c:dsl_scan_async_block_should_pause: at least zfs_free_min_time_ms while
// somebody waits for a sync, else about half of the txg timeout.
sim::Task<> Pool::FreeDestroyed(Thread* thread, uint64_t txg) {
  const auto freeing = static_cast<int64_t>(tree_.freeing_bytes());
  if (freeing == 0) co_return;
  co_await sim::FrameName{"dsl_process_async_destroys"};
  const int64_t slice_ms = pipeline_.SyncWaiting() ? options_.tunables.zfs_free_min_time_ms : 3'000;
  const int64_t most = options_.costs.free_bytes_per_s / 1000 * slice_ms;
  const int64_t bytes = std::min(freeing, most);
  const int64_t per_us = std::max<int64_t>(options_.costs.free_bytes_per_s / 1'000'000, 1);
  co_await thread->Compute(sim::SimDuration::Micros(bytes / per_us));
  tree_.DrainFreeing(static_cast<uint64_t>(bytes), txg);
}

sim::Task<> Pool::MosPass(Thread* thread, uint64_t txg, int64_t bytes) {
  co_await DiskIo(thread, IoKind::kWrite, bytes, txg);
}

sim::Task<> Pool::WriteUberblock(Thread* thread, uint64_t txg) {
  co_await sim::FrameName{"vdev_config_sync"};
  co_await DiskIo(thread, IoKind::kFlush, 0, txg);
  co_await DiskIo(thread, IoKind::kWrite, kUberblockBytes, txg);
  co_await DiskIo(thread, IoKind::kFlush, 0, txg);
  if (pipeline_.sync_gate_closed()) violations_.push_back("uberblock written while the sync gate is closed");
  ++uberblocks_written_;
}

sim::Task<> Pool::SyncTxg(Thread* thread, uint64_t txg) {
  co_await sim::FrameName{"spa_sync"};
  co_await scl_config_.Read(thread);
  const int64_t tasks = static_cast<int64_t>(sync_tasks_[txg % kTxgSize].size());
  const bool dirty = dirty_.of_txg(txg) > 0 || tasks > 0 || tree_.freeing_bytes() > 0;
  if (dirty) {
    co_await thread->Compute(sim::SimDuration::Nanos(options_.costs.sync_base_ns));
    co_await WriteDirty(thread, txg);
  }
  in_flight_.Forget(txg);
  co_await config_lock_.Write(thread);
  config_lock_.Unlock(thread);
  if (dirty) {
    co_await RunSyncTasks(thread, txg);
    co_await FreeDestroyed(thread, txg);
    const int64_t mos_bytes = options_.costs.mos_bytes_base + tasks * options_.costs.mos_bytes_per_task;
    co_await MosPass(thread, txg, mos_bytes);
    co_await MosPass(thread, txg, options_.costs.mos_bytes_base);
    co_await WriteUberblock(thread, txg);
  }
  scl_config_.Unlock(thread);
}

}  // namespace model
