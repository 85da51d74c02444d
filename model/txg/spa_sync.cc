// SPDX-License-Identifier: Apache-2.0
//
// Writing a txg out. Follows OpenZFS module/zfs/spa.c:spa_sync and
// dsl_pool.c:dsl_pool_sync in what happens in which order:
//
//   SCL_CONFIG as reader, held to the end; the deadman is armed
//   pass 1: dirty data of the datasets, written and undirtied block by block
//           config lock as writer, once (spa_sync_upgrades)
//           sync tasks, one after the other, each as writer of the config lock
//           blocks of destroyed datasets, and a scrub or resilver, for a slice of time
//   pass 2, 3 ...: the MOS, as long as it is dirty: what pass 1 changed there, then the
//           space maps of what that allocated, then nothing, since from
//           zfs_sync_pass_deferred_free on frees wait for the next txg
//   flush, uberblocks, flush; before and after that the labels, half of them each, if devices
//           have changed their state
//   the intent logs forget what is on disk (zil_clean)
//
// A txg in which nothing was dirtied ends after pass 1 and writes no uberblock, unless
// multihost is on.
//
// Differs from the real system: what a pass dirties in the MOS is a constant a pass, so a
// sync with the default tunables has three passes; the writes of a pass are one stream per
// disk; frees that were deferred cost nothing in the next txg.
#include <algorithm>
#include <utility>

#include "model/txg/pool.h"

namespace model {
namespace {

constexpr int64_t kMinChunk = 1 << 20;
constexpr int64_t kMaxChunk = 64 << 20;
constexpr int64_t kUberblockBytes = 4 * 4096;     // Four labels.
constexpr int64_t kLabelBytes = 2 * (112 << 10);  // The configurations of two labels.

}  // namespace

// vdev_queue_max_async_writes. spa_has_pending_synctask looks at all four txgs.
IoRole Pool::AsyncWrite() const {
  const PoolTunables& t = options_.tunables;
  const bool tasks = std::any_of(std::begin(sync_tasks_), std::end(sync_tasks_),
                                 [](const std::vector<SyncTask*>& list) { return !list.empty(); }) ||
                     std::any_of(std::begin(history_tasks_), std::end(history_tasks_),
                                 [](int64_t count) { return count > 0; });
  const AsyncWriteScale scale = {t.zfs_vdev_async_write_min_active, t.zfs_vdev_async_write_max_active,
                                 t.zfs_vdev_async_write_active_min_dirty_percent,
                                 t.zfs_vdev_async_write_active_max_dirty_percent};
  return {.io_class = IoClass::kAsyncWrite,
          .stream_active = MaxAsyncWrites(scale, dirty_.total(), t.zfs_dirty_data_max, tasks)};
}

sim::Task<> Pool::WriteDirty(Thread* thread, uint64_t txg) {
  dirty_.Undirty(std::exchange(in_place_[txg % kTxgSize], 0), txg);
  const int64_t total = dirty_.of_txg(txg);
  const int64_t chunk = std::clamp(total / 32, kMinChunk, kMaxChunk);
  int64_t left = total;
  while (left > 0) {
    const int64_t bytes = std::min(chunk, left);
    co_await DiskIo(thread, IoKind::kWrite, bytes, txg, AsyncWrite());
    dirty_.Undirty(bytes, txg);
    left -= bytes;
  }
  for (const auto& [dataset, changes] : changed_[txg % kTxgSize]) {
    // Unless it has been destroyed meanwhile.
    if (tree_.FindDataset(dataset) != nullptr) tree_.ChangeFiles(dataset, changes, txg);
  }
  changed_[txg % kTxgSize].clear();
}

// What each pass from the second on writes of the MOS, until one leaves nothing dirty.
sim::Task<> Pool::SyncMos(Thread* thread, uint64_t txg, int64_t dirty_bytes) {
  for (int64_t pass = 2; dirty_bytes > 0; ++pass) {
    co_await DiskIo(thread, IoKind::kWrite, dirty_bytes, txg, AsyncWrite());
    const bool frees_deferred = pass > options_.tunables.zfs_sync_pass_deferred_free;
    dirty_bytes = frees_deferred ? 0 : options_.costs.mos_bytes_base;
  }
}

sim::Task<> Pool::WriteUberblock(Thread* thread, uint64_t txg) {
  co_await sim::FrameName{"vdev_config_sync"};
  const bool labels = std::exchange(config_dirty_, false);
  co_await DiskIo(thread, IoKind::kFlush, 0, txg, {});
  if (labels) {
    co_await DiskIo(thread, IoKind::kWrite, kLabelBytes, txg, {.io_class = IoClass::kSyncWrite});
    co_await DiskIo(thread, IoKind::kFlush, 0, txg, {});
  }
  co_await DiskIo(thread, IoKind::kWrite, kUberblockBytes, txg, {.io_class = IoClass::kSyncWrite});
  // From here on an import may find it.
  on_disk_.txg = txg;
  if (options_.keep_tree_on_disk) on_disk_.tree = tree_;
  for (const auto& [dataset, zil] : zils_) on_disk_.last_seq[dataset] = zil->LastSeqOf(txg);
  co_await DiskIo(thread, IoKind::kFlush, 0, txg, {});
  if (labels) {
    co_await DiskIo(thread, IoKind::kWrite, kLabelBytes, txg, {.io_class = IoClass::kSyncWrite});
    co_await DiskIo(thread, IoKind::kFlush, 0, txg, {});
  }
  if (pipeline_.sync_gate_closed()) violations_.push_back("uberblock written while the sync gate is closed");
  ++uberblocks_written_;
}

sim::Task<> Pool::SyncTxg(Thread* thread, uint64_t txg) {
  co_await sim::FrameName{"spa_sync"};
  co_await scl_config_.Read(thread);
  deadman_.SyncBegins(txg);
  sync_start_ = machine_->now();
  const bool dirty = dirty_.of_txg(txg) > 0 || !sync_tasks_[txg % kTxgSize].empty() ||
                     history_tasks_[txg % kTxgSize] > 0 || config_dirty_ || ScanActive();
  if (dirty) {
    co_await thread->Compute(sim::SimDuration::Nanos(options_.costs.sync_base_ns));
    co_await WriteDirty(thread, txg);
  }
  in_flight_.Forget(txg);
  co_await config_lock_.Write(thread);
  config_lock_.Unlock(thread);
  if (dirty) {
    co_await WriteHistory(thread, txg);
    const int64_t changes = co_await RunSyncTasks(thread, txg);
    const bool freed = co_await FreeDestroyed(thread, txg);
    if (freed) co_await ScanSlice(thread);
    co_await SyncMos(thread, txg,
                     options_.costs.mos_bytes_base + changes * options_.costs.mos_bytes_per_change);
  }
  if (dirty || options_.multihost) co_await WriteUberblock(thread, txg);
  deadman_.SyncEnds();
  dirty_.ClearWrlog(txg);
  long_free_dirty_[txg % kTxgSize] = 0;
  if (dirty) {
    for (const auto& [dataset, zil] : zils_) zil->Clean(txg);
  }
  scl_config_.Unlock(thread);
  machine_->WakeAll(activities_cv_.get(), 0, thread);
  CheckSynced(txg);
}

// The sums of the datasets are checked in turns, so that a txg costs the same on a pool of any size: on
// one of a few objects in every txg.
void Pool::CheckSynced(uint64_t txg) const {
  constexpr uint64_t kObjectsPerTxg = 16;
  dirty_.CheckSynced(txg);
  SIM_CHECK(sync_tasks_[txg % kTxgSize].empty() && in_place_[txg % kTxgSize] == 0);
  SIM_CHECK(history_tasks_[txg % kTxgSize] == 0);
  if (txg % (tree_.ids() / kObjectsPerTxg + 1) == 0) tree_.CheckSums();
}

}  // namespace model
