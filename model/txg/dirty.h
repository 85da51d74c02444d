// SPDX-License-Identifier: Apache-2.0
//
// Dirty data of one pool: accounting, the write throttle, the hard limit.
//
// Follows OpenZFS module/zfs/dsl_pool.c (dsl_pool_dirty_space, dsl_pool_undirty_space,
// dsl_pool_dirty_delta) and dmu_tx.c:dmu_tx_delay, in the same integer arithmetic:
//
//   M   = zfs_dirty_data_max;  min = M * zfs_delay_min_dirty_percent / 100
//   t   = 0                                   if dirty <= min
//   t   = scale * (dirty - min) / (M - dirty) if min < dirty < M, at most 100 ms
//   t   = 100 ms                              if dirty >= M
//   wake at max(tx_start + t, last_wakeup + t)
//
// so that throttled transactions are t apart over the whole pool, however many
// threads write. Whenever dirty data changes and is below M, one waiter is woken.
//
// The copies of written data that the intent log keeps in memory are counted besides, per
// txg and in all (dsl_pool_wrlog_count): with W = zfs_wrlog_data_max the same formula gives
// a delay above 60 % of W, the larger of both counts; more than 15 % of W in one txg (half of
// zfs_dirty_data_sync_percent + 10) starts its sync. They go when their txg has synced.
//
// Invariant: total() is the sum of the four per-txg counts; so is wrlog_total().
#ifndef TXGSIM_MODEL_TXG_DIRTY_H_
#define TXGSIM_MODEL_TXG_DIRTY_H_

#include <cstdint>
#include <memory>

#include "model/txg/txg.h"

namespace model {

// The delay of a transaction at `dirty` bytes, in ns.
int64_t DirtyDelayNs(int64_t dirty, const PoolTunables& tunables);
// The delay at `bytes` of intent log records in memory.
int64_t WrlogDelayNs(int64_t bytes, const PoolTunables& tunables);

class DirtyData {
 public:
  DirtyData(Machine* machine, const std::string& prefix, const PoolTunables* tunables, TxgPipeline* pipeline);

  int64_t total() const { return total_; }
  int64_t max_seen() const { return max_seen_; }
  int64_t of_txg(uint64_t txg) const { return per_txg_[txg % kTxgSize]; }
  bool AtLimit() const { return total_ >= tunables_->zfs_dirty_data_max; }
  bool NeedsDelay() const;

  void Dirty(int64_t bytes, uint64_t txg, Thread* thread);
  // As blocks are written; never more than the txg has.
  void Undirty(int64_t bytes, uint64_t txg);

  // Intent log records in memory.
  int64_t wrlog_total() const { return wrlog_total_; }
  void CountWrlog(int64_t bytes, uint64_t txg, Thread* thread);
  void ClearWrlog(uint64_t txg);

  // Checks the invariants, and that nothing of `txg`, which has synced, is dirty.
  void CheckSynced(uint64_t txg) const;

  // dmu_tx_wait with tx_wait_dirty: waits at the hard limit, then for the throttle.
  sim::Task<> WaitAndDelay(Thread* thread, sim::SimTime tx_start);

 private:
  class SpaceWait;
  void WakeOne(Thread* waker);

  Machine* machine_;
  const PoolTunables* tunables_;
  TxgPipeline* pipeline_;
  int64_t total_ = 0;
  int64_t max_seen_ = 0;
  int64_t per_txg_[kTxgSize] = {};
  int64_t wrlog_total_ = 0;
  int64_t wrlog_per_txg_[kTxgSize] = {};
  int64_t last_wakeup_ns_ = 0;
  std::unique_ptr<Waitable> space_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_TXG_DIRTY_H_
