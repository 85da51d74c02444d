// SPDX-License-Identifier: Apache-2.0
//
// The transaction group pipeline of one pool: three states, two threads.
//
//        HoldOpen            last hold released            txg_sync takes it
//   kOpen --------> kQuiescing ------------------> kQuiesced ----------------> kSyncing -> synced
//     one at all     at most one of these two together                          one
//     times
//
// Follows OpenZFS module/zfs/txg.c: txg_quiesce_thread, txg_quiesce, txg_sync_thread,
// txg_wait_synced_impl, txg_wait_open, txg_kick. What surprises, and is kept:
//   - There is no eager quiesce: while txg N-1 syncs, txg N stays open, so all
//     that arrives during a long sync lands in one batch.
//   - The timeout counts from the start of the last sync to the start of the next.
//   - WaitSynced(0) waits for the open txg + TXG_DEFER_SIZE, three txgs in all.
//   - Quiescing lasts until the last transaction of the txg has committed.
//
// The sync gate is new here: an open channel transaction keeps it closed, and
// while it is, txg_sync starts no txg and asks for no quiesce. It is looked at
// where suspension is, and once more before a quiesced txg is taken.
//
// Invariants, checked at each step:
//   (1) Every txg passes every state, in order; txg N syncs after N - 1 and before N + 1.
//   (2) A txg that syncs is held by nobody.
//   (3) Nobody sleeps for a txg that has synced.
//
// Differs from the real system: one hold counter a txg in place of one per CPU;
// no commit callbacks.
#ifndef TXGSIM_MODEL_TXG_TXG_H_
#define TXGSIM_MODEL_TXG_TXG_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "model/sync/event.h"
#include "model/txg/tunables.h"

namespace model {

inline constexpr int kTxgSize = 4;       // TXG_SIZE
inline constexpr int kTxgDeferSize = 2;  // TXG_DEFER_SIZE
inline constexpr uint64_t kTxgInitial = 4;

// A row of the kstat `txgs` (module/zfs/spa_stats.c:spa_txg_history_show) and what
// the judges of a scenario ask besides. States: B O Q W S C.
struct TxgRow {
  uint64_t txg = 0;
  int64_t birth_ns = 0;
  char state = 'B';
  int64_t ndirty = 0;
  int64_t nread = 0;
  int64_t nwritten = 0;
  int64_t reads = 0;
  int64_t writes = 0;
  int64_t otime_ns = 0;  // Open.
  int64_t qtime_ns = 0;  // Quiescing.
  int64_t wtime_ns = 0;  // Waiting for txg_sync.
  int64_t stime_ns = 0;  // Syncing.
  int64_t sync_start_ns = 0;
  int64_t sync_tasks = 0;
  int64_t waiters = 0;  // Threads that waited for this txg.
};

class TxgPipeline;

// A transaction's part in a txg, from assign to commit.
struct TxgHold {
  const Actor* owner = nullptr;
  uint64_t txg = 0;    // 0: none.
  uint64_t dnode = 0;  // The file that it changes; 0: none that others change.
  TxgHold* next = nullptr;
  TxgHold* previous = nullptr;
};

// What the pipeline asks of the pool.
class TxgSyncer {
 public:
  virtual ~TxgSyncer() = default;
  // Writes txg out (spa_sync). Runs on txg_sync.
  virtual sim::Task<> SyncTxg(Thread* thread, uint64_t txg) = 0;
  // Whether txgs must follow each other without a pause (dsl_scan_active).
  virtual bool ScanActive() const = 0;
  // What txg_sync waits on while the pool is suspended; null: it is not.
  virtual Waitable* SuspendedOn() = 0;
};

class TxgPipeline {
 public:
  TxgPipeline(Machine* machine, std::string thread_prefix, const PoolTunables* tunables, TxgSyncer* syncer);

  // Starts txg_sync and txg_quiesce.
  void Start();

  uint64_t open_txg() const { return open_txg_; }
  uint64_t quiescing_txg() const { return quiescing_txg_; }
  uint64_t quiesced_txg() const { return quiesced_txg_; }
  uint64_t syncing_txg() const { return syncing_txg_; }
  uint64_t synced_txg() const { return synced_txg_; }
  // Nothing between open and synced.
  bool Drained() const { return quiescing_txg_ == 0 && quiesced_txg_ == 0 && syncing_txg_ == 0; }
  Thread* sync_thread() const { return sync_thread_; }
  Thread* quiesce_thread() const { return quiesce_thread_; }

  // Joins the open txg (txg_hold_open and txg_rele_to_quiesce).
  void HoldOpen(const Actor* owner, TxgHold* hold);
  // Leaves it (txg_rele_to_sync).
  void Release(TxgHold* hold, Thread* waker);
  // A transaction of the txg before, not committed yet, changes that file too (dn_assigned_txg).
  bool DnodeHeldBefore(const TxgHold& hold) const;
  // Waits until none does that any more.
  sim::Task<> WaitForDnode(Thread* thread, uint64_t dnode);

  struct WaitFlags {
    bool interruptible = false;  // TXG_WAIT_SIGNAL: returns EINTR.
    bool suspend = false;        // TXG_WAIT_SUSPEND: returns ESHUTDOWN if the pool is suspended.
  };
  // Waits until `txg` has synced; 0: the open one + 2. Returns 0, EINTR or ESHUTDOWN.
  sim::Task<int> WaitSynced(Thread* thread, uint64_t txg, WaitFlags flags);
  // Waits until `txg` is open or past; 0: the one after the open one. D if it asks for the quiesce, else S.
  sim::Task<> WaitOpen(Thread* thread, uint64_t txg, bool should_quiesce);
  // Makes txg_sync sync up to `txg` without anybody waiting (txg_kick).
  void Kick(uint64_t txg, Thread* waker);
  bool SyncWaiting() const { return syncing_txg_ <= sync_txg_waiting_ || quiesced_txg_ != 0; }
  // Wakes txg_sync so that it looks again at what it waits for.
  void Poke(Thread* waker);
  // Wakes those who wait for a txg, so that they look whether the pool is suspended (txg_wait_kick).
  void KickWaiters();

  // The sync gate. Closing waits for the first moment when the pipeline is drained;
  // returns 0 or EINTR. `owner` keeps it; who waits for a txg waits for it.
  sim::Task<int> CloseSyncGate(Thread* thread, const Actor* owner);
  void OpenSyncGate(Thread* waker);
  bool sync_gate_closed() const { return gate_owner_ != nullptr; }
  const Actor* sync_gate_owner() const { return gate_owner_; }
  sim::SimTime gate_closed_at() const { return gate_closed_at_; }

  // Says who moves the pipeline on, for waits that need it to move.
  void FillProgress(EnderSet* enders) const;
  // The last txgs, the newest last. The kstat shows zfs_txg_history of them.
  const std::deque<TxgRow>& history() const { return history_; }
  TxgRow* RowOf(uint64_t txg);
  // Time for which txg_sync was kept from advancing by the gate.
  sim::SimDuration gate_closed_time() const;

 private:
  class Progress;  // Ended by whoever moves the pipeline.
  class IdleWait;
  class HoldsWait;
  class DnodeWait;
  class GateWait;

  sim::Task<> SyncThread(Thread* thread);
  sim::Task<> QuiesceThread(Thread* thread);
  void SetState(uint64_t txg, char state);
  void CheckWaiters() const;
  bool TakeGateIfDrained();

  Machine* machine_;
  std::string prefix_;
  const PoolTunables* tunables_;
  TxgSyncer* syncer_;
  Thread* sync_thread_ = nullptr;
  Thread* quiesce_thread_ = nullptr;

  uint64_t open_txg_ = kTxgInitial;
  uint64_t quiescing_txg_ = 0;
  uint64_t quiesced_txg_ = 0;
  uint64_t syncing_txg_ = 0;
  uint64_t synced_txg_ = kTxgInitial - 1;
  uint64_t sync_txg_waiting_ = 0;
  uint64_t quiesce_txg_waiting_ = 0;
  TxgHold* holds_[kTxgSize] = {};

  std::unique_ptr<Waitable> sync_more_;     // txg_sync idles here.
  std::unique_ptr<Waitable> quiesce_more_;  // txg_quiesce idles here.
  std::unique_ptr<Waitable> quiesce_done_;  // txg_sync, txg_wait_open.
  std::unique_ptr<Waitable> sync_done_;     // txg_wait_synced.
  std::unique_ptr<Waitable> holds_gone_;    // txg_quiesce waits for transactions to commit.
  std::unique_ptr<Waitable> notxholds_;     // Who wants a file that a transaction of the last txg has.
  std::unique_ptr<Waitable> gate_;          // txg_sync waits for the sync gate.
  std::unique_ptr<Waitable> drained_;       // Who wants to close the gate.

  const Actor* gate_owner_ = nullptr;
  const Actor* gate_wanted_by_ = nullptr;
  sim::SimTime gate_closed_at_;
  sim::SimDuration gate_closed_;
  std::deque<TxgRow> history_;  // At least those that are not on disk yet.
};

}  // namespace model

#endif  // TXGSIM_MODEL_TXG_TXG_H_
