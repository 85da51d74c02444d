// SPDX-License-Identifier: Apache-2.0
//
// Joining the open txg, and what delays it. Follows OpenZFS module/zfs/dmu_tx.c:
// dmu_tx_assign tries, and while it may not, waits and tries again:
//   1. a suspended pool: waits until it is resumed
//   2. not delayed yet and dirty data over the threshold: waits at the hard limit,
//      then for the throttle, once a transaction
//   3. holds the open txg
//
// Differs from the real system: no wait for a dnode of the txg before, and no
// space reservation: quotas are checked where a dataset is changed.
#include "model/txg/pool.h"

namespace model {

sim::Task<int> Pool::Assign(Thread* thread, Tx* tx, TxAssignFlags flags) {
  co_await sim::FrameName{"dmu_tx_assign"};
  co_await thread->Settle();
  tx->start = machine_->now();
  if (flags.no_throttle) tx->delayed = true;
  for (;;) {
    if (suspended_) {
      co_await thread->Wait(*suspend_cv_, {});
      continue;
    }
    if (!tx->delayed && dirty_.NeedsDelay()) {
      co_await dirty_.WaitAndDelay(thread, tx->start);
      tx->delayed = true;
      continue;
    }
    break;
  }
  pipeline_.HoldOpen(thread, &tx->hold);
  co_return 0;
}

void Pool::Commit(Tx* tx, Thread* thread) { pipeline_.Release(&tx->hold, thread); }

}  // namespace model
