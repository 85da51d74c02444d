// SPDX-License-Identifier: Apache-2.0
//
// Joining the open txg, and what delays it. Follows OpenZFS module/zfs/dmu_tx.c:
// dmu_tx_assign tries, and while it may not, waits and tries again:
//   1. a suspended pool: waits until the txg that it was suspended in is on disk; EIO with
//      failmode=continue, unless the caller asked to wait (DMU_TX_SUSPEND: all administration does)
//   2. not delayed yet and dirty data, or what the intent log keeps in memory, over its
//      threshold: waits at the hard limit, then for the throttle, once a transaction
//   3. holds the open txg
//   4. a file that a transaction of the txg before still holds: waits for its commit
//   5. a transaction that writes to a dataset reserves its worst case there and above
//      (dsl_dir.c:dsl_dir_tempreserve_space): EDQUOT or ENOSPC ends it; ERESTART lets go
//      of the txg, waits until the next one is on disk, and begins again; so does one whose
//      data would not fit into the cache beside what is dirty already
//
// The reservation lasts until Commit; what was written counts from then until its txg
// is on disk (model/dataset/write_limits.h).
//
// Where memory runs short elsewhere (set_memory_low) the cache refuses each transaction that writes once
// (arc.c:arc_memory_throttle, EAGAIN). txg_delay would then keep it for up to 10 ms in the txg that it has
// just joined, but only while the txg before is quiescing or waits for txg_sync; that is left out. Then it
// waits for a txg as for space.
#include <algorithm>

#include "model/dataset/errno.h"
#include "model/txg/pool.h"

namespace model {
namespace {

sim::Task<> WaitForTxg(Thread* thread, TxgPipeline* pipeline) {
  co_await sim::FrameName{"dmu_tx_wait"};
  co_await pipeline->WaitSynced(thread, pipeline->synced_txg() + 1, {});
}

}  // namespace

sim::Task<int> Pool::Assign(Thread* thread, Tx* tx, TxAssignFlags flags) {
  co_await sim::FrameName{"dmu_tx_assign"};
  co_await thread->Settle();
  tx->start = machine_->now();
  if (flags.no_throttle) tx->delayed = true;
  for (;;) {
    if (suspended()) {
      if (!flags.suspend && options_.failmode == FailMode::kContinue) co_return kEIO;
      co_await WaitForTxg(thread, &pipeline_);
      continue;
    }
    if (!tx->delayed && dirty_.NeedsDelay()) {
      co_await dirty_.WaitAndDelay(thread, tx->start);
      tx->delayed = true;
      continue;
    }
    pipeline_.HoldOpen(thread, &tx->hold);
    if (pipeline_.DnodeHeldBefore(tx->hold)) {
      pipeline_.Release(&tx->hold, thread);
      co_await pipeline_.WaitForDnode(thread, tx->hold.dnode);
      continue;
    }
    const int error = CacheIsFull(*tx) || MustWaitForMemory(tx) ? kERESTART : ReserveSpace(tx);
    if (error == 0) co_return 0;
    pipeline_.Release(&tx->hold, thread);
    if (error != kERESTART) co_return error;
    co_await WaitForTxg(thread, &pipeline_);
  }
}

bool Pool::IsDirty(ObjectId dataset) const {
  return std::any_of(std::begin(changed_), std::end(changed_),
                     [dataset](const auto& changed) { return changed.contains(dataset); });
}

// arc_tempreserve_space: what is dirty is in the cache, and only so much of that may be.
bool Pool::CacheIsFull(const Tx& tx) const {
  const PoolTunables& t = options_.tunables;
  if (t.zfs_arc_max == 0 || tx.write_bytes == 0) return false;
  const int64_t dirty = dirty_.total() + static_cast<int64_t>(tx.write_bytes);
  return dirty_.total() > 0 && dirty > t.zfs_arc_max / 100 * t.zfs_arc_dirty_limit_percent;
}

bool Pool::MustWaitForMemory(Tx* tx) const {
  if (!memory_low_ || tx->write_bytes == 0 || tx->waited_for_memory) return false;
  tx->waited_for_memory = true;
  return true;
}

int Pool::ReserveSpace(Tx* tx) {
  if (tree_.FindDataset(tx->dataset) == nullptr) return 0;
  const auto inflation = static_cast<uint64_t>(options_.tunables.spa_asize_inflation);
  return in_flight_.Reserve(tree_, tx->dataset, tx->txg(), WorstCaseBytes(tx->write_bytes, inflation),
                            &tx->space);
}

void Pool::Commit(Tx* tx, Thread* thread) {
  in_flight_.Release(&tx->space);
  in_flight_.Write(tree_, tx->dataset, tx->txg(), tx->write_bytes);
  pipeline_.Release(&tx->hold, thread);
}

}  // namespace model
