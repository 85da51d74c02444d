// SPDX-License-Identifier: Apache-2.0
#include "model/txg/txg.h"

#include <algorithm>
#include <string_view>

#include "sim/hash.h"

namespace model {

// Ended by whoever has to move the pipeline on, which depends on where it stands.
class TxgPipeline::Progress final : public Waitable {
 public:
  Progress(std::string name, const TxgPipeline* pipeline)
      : Waitable(WaitableKind::kTxg, std::move(name)), pipeline_(pipeline) {}
  void Enders(const Waiter&, EnderSet* enders) const override { pipeline_->FillProgress(enders); }

 private:
  const TxgPipeline* pipeline_;
};

// A pool's thread with nothing to do: anybody may give it work.
class TxgPipeline::IdleWait final : public Waitable {
 public:
  explicit IdleWait(std::string name) : Waitable(WaitableKind::kTxg, std::move(name)) {}
  void Enders(const Waiter&, EnderSet* enders) const override { enders->clock = true; }
};

// txg_quiesce waits for every transaction of the txg to commit.
class TxgPipeline::HoldsWait final : public Waitable {
 public:
  HoldsWait(std::string name, const TxgPipeline* pipeline)
      : Waitable(WaitableKind::kTxg, std::move(name)), pipeline_(pipeline) {}
  void Enders(const Waiter& waiter, EnderSet* enders) const override {
    const uint64_t txg = static_cast<uint64_t>(waiter.argument);
    for (const TxgHold* hold = pipeline_->holds_[txg % kTxgSize]; hold != nullptr; hold = hold->next) {
      enders->Needs(hold->owner);
    }
  }

 private:
  const TxgPipeline* pipeline_;
};

class TxgPipeline::DnodeWait final : public Waitable {
 public:
  DnodeWait(std::string name, const TxgPipeline* pipeline)
      : Waitable(WaitableKind::kTxg, std::move(name)), pipeline_(pipeline) {}
  void Enders(const Waiter& waiter, EnderSet* enders) const override {
    const TxgHold* hold = pipeline_->holds_[pipeline_->quiescing_txg_ % kTxgSize];
    for (; hold != nullptr; hold = hold->next) {
      if (hold->dnode == static_cast<uint64_t>(waiter.argument)) enders->Needs(hold->owner);
    }
  }

 private:
  const TxgPipeline* pipeline_;
};

class TxgPipeline::GateWait final : public Waitable {
 public:
  GateWait(std::string name, const TxgPipeline* pipeline)
      : Waitable(WaitableKind::kGate, std::move(name)), pipeline_(pipeline) {}
  void Enders(const Waiter&, EnderSet* enders) const override {
    if (pipeline_->gate_owner_ != nullptr) {
      enders->Needs(pipeline_->gate_owner_);
    } else {
      enders->clock = true;
    }
  }

 private:
  const TxgPipeline* pipeline_;
};

TxgPipeline::TxgPipeline(Machine* machine, std::string thread_prefix, const PoolTunables* tunables,
                         TxgSyncer* syncer)
    : machine_(machine), prefix_(std::move(thread_prefix)), tunables_(tunables), syncer_(syncer) {
  sync_more_ = std::make_unique<IdleWait>(prefix_ + "tx_sync_more_cv");
  quiesce_more_ = std::make_unique<IdleWait>(prefix_ + "tx_quiesce_more_cv");
  quiesce_done_ = std::make_unique<Progress>(prefix_ + "tx_quiesce_done_cv", this);
  sync_done_ = std::make_unique<Progress>(prefix_ + "tx_sync_done_cv", this);
  holds_gone_ = std::make_unique<HoldsWait>(prefix_ + "tc_cv", this);
  notxholds_ = std::make_unique<DnodeWait>(prefix_ + "dn_notxholds", this);
  gate_ = std::make_unique<GateWait>(prefix_ + "sync_gate", this);
  drained_ = std::make_unique<Progress>(prefix_ + "txg_drained", this);
  history_.push_back({.txg = open_txg_, .birth_ns = machine_->now().ns(), .state = 'O'});
}

void TxgPipeline::Start() {
  sync_thread_ = machine_->Spawn(nullptr, prefix_ + "txg_sync", [this](Thread* t) { return SyncThread(t); });
  quiesce_thread_ =
      machine_->Spawn(nullptr, prefix_ + "txg_quiesce", [this](Thread* t) { return QuiesceThread(t); });
}

TxgRow* TxgPipeline::RowOf(uint64_t txg) {
  for (auto it = history_.rbegin(); it != history_.rend(); ++it) {
    if (it->txg == txg) return &*it;
  }
  return nullptr;
}

// Closes the row's time in the state that it leaves.
void TxgPipeline::SetState(uint64_t txg, char state) {
  machine_->Record(RecordKind::kTxgState, sync_thread_, txg, static_cast<uint64_t>(state));
  if (state == 'O') {
    history_.push_back({.txg = txg, .birth_ns = machine_->now().ns(), .state = 'O'});
    while (static_cast<int64_t>(history_.size()) > std::max<int64_t>(tunables_->zfs_txg_history, kTxgSize))
      history_.pop_front();
    return;
  }
  TxgRow* row = RowOf(txg);
  if (row == nullptr) return;
  constexpr std::string_view kOrder = "OQWSC";
  SIM_CHECK(kOrder.find(state) == kOrder.find(row->state) + 1);
  const int64_t since_birth = machine_->now().ns() - row->birth_ns;
  switch (state) {
    case 'Q':
      row->otime_ns = since_birth;
      break;
    case 'W':
      row->qtime_ns = since_birth - row->otime_ns;
      break;
    case 'S':
      row->wtime_ns = since_birth - row->otime_ns - row->qtime_ns;
      row->sync_start_ns = machine_->now().ns();
      break;
    case 'C':
      row->stime_ns = machine_->now().ns() - row->sync_start_ns;
      break;
  }
  row->state = state;
}

void TxgPipeline::HoldOpen(const Actor* owner, TxgHold* hold) {
  SIM_CHECK(hold->txg == 0);
  hold->owner = owner;
  hold->txg = open_txg_;
  TxgHold** head = &holds_[open_txg_ % kTxgSize];
  hold->previous = nullptr;
  hold->next = *head;
  if (*head != nullptr) (*head)->previous = hold;
  *head = hold;
}

void TxgPipeline::Release(TxgHold* hold, Thread* waker) {
  SIM_CHECK(hold->txg != 0);
  TxgHold** head = &holds_[hold->txg % kTxgSize];
  (hold->previous != nullptr ? hold->previous->next : *head) = hold->next;
  if (hold->next != nullptr) hold->next->previous = hold->previous;
  const uint64_t txg = hold->txg;
  hold->txg = 0;
  if (txg != quiescing_txg_) return;
  if (*head == nullptr) machine_->WakeAll(holds_gone_.get(), 0, waker);
  if (hold->dnode != 0) machine_->WakeAll(notxholds_.get(), 0, waker);
}

bool TxgPipeline::DnodeHeldBefore(const TxgHold& hold) const {
  if (hold.dnode == 0 || quiescing_txg_ == 0 || hold.txg != quiescing_txg_ + 1) return false;
  const TxgHold* other = holds_[quiescing_txg_ % kTxgSize];
  while (other != nullptr && other->dnode != hold.dnode) other = other->next;
  return other != nullptr;
}

sim::Task<> TxgPipeline::WaitForDnode(Thread* thread, uint64_t dnode) {
  co_await sim::FrameName{"dmu_tx_wait"};
  co_await thread->Wait(*notxholds_, {}, 0, static_cast<int64_t>(dnode));
}

void TxgPipeline::Poke(Thread* waker) { machine_->WakeAll(sync_more_.get(), 0, waker); }

void TxgPipeline::KickWaiters() { machine_->WakeAll(sync_done_.get(), 0, nullptr); }

void TxgPipeline::Kick(uint64_t txg, Thread* waker) {
  if (txg <= sync_txg_waiting_) return;
  sync_txg_waiting_ = txg;
  Poke(waker);
}

sim::Task<int> TxgPipeline::WaitSynced(Thread* thread, uint64_t txg, WaitFlags flags) {
  co_await sim::FrameName{"txg_wait_synced"};
  if (txg == 0) txg = open_txg_ + kTxgDeferSize;
  if (synced_txg_ >= txg) co_return 0;
  if (sync_txg_waiting_ < txg) sync_txg_waiting_ = txg;
  if (TxgRow* row = RowOf(txg)) ++row->waiters;
  while (synced_txg_ < txg) {
    if (flags.suspend && syncer_->SuspendedOn() != nullptr) co_return kESHUTDOWN;
    Poke(thread);
    const SleepKind kind = flags.interruptible ? SleepKind::kInterruptible : SleepKind::kUninterruptible;
    const int error =
        co_await thread->Wait(*sync_done_, {.kind = kind, .io = true}, 0, static_cast<int64_t>(txg));
    if (error != 0) co_return error;
  }
  co_return 0;
}

sim::Task<> TxgPipeline::WaitOpen(Thread* thread, uint64_t txg, bool should_quiesce) {
  co_await sim::FrameName{"txg_wait_open"};
  if (txg == 0) txg = open_txg_ + 1;
  if (should_quiesce && quiesce_txg_waiting_ < txg) quiesce_txg_waiting_ = txg;
  while (open_txg_ < txg) {
    machine_->WakeAll(quiesce_more_.get(), 0, thread);
    const SleepKind kind = should_quiesce ? SleepKind::kUninterruptible : SleepKind::kIdle;
    co_await thread->Wait(*quiesce_done_, {.kind = kind, .io = true}, 0, static_cast<int64_t>(txg));
  }
}

sim::Task<> TxgPipeline::QuiesceThread(Thread* thread) {
  co_await sim::FrameName{"txg_quiesce_thread"};
  for (;;) {
    while (open_txg_ >= quiesce_txg_waiting_ || quiesced_txg_ != 0) {
      thread->set_idles(true);
      co_await thread->Wait(*quiesce_more_, {.kind = SleepKind::kIdle});
      thread->set_idles(false);
    }
    const uint64_t txg = open_txg_;
    quiescing_txg_ = txg;
    SetState(txg, 'Q');
    ++open_txg_;
    SetState(open_txg_, 'O');
    while (holds_[txg % kTxgSize] != nullptr) {
      co_await thread->Wait(*holds_gone_, {}, 0, static_cast<int64_t>(txg));
    }
    co_await thread->Settle();
    quiescing_txg_ = 0;
    quiesced_txg_ = txg;
    SetState(txg, 'W');
    machine_->WakeAll(sync_more_.get(), 0, thread);
    machine_->WakeAll(quiesce_done_.get(), 0, thread);
  }
}

sim::Task<> TxgPipeline::SyncThread(Thread* thread) {
  co_await sim::FrameName{"txg_sync_thread"};
  sim::SimTime start = machine_->now();
  for (;;) {
    const int64_t timeout = tunables_->zfs_txg_timeout_ns;
    for (;;) {
      const int64_t timer = timeout - (machine_->now() - start).ns();
      if (syncer_->ScanActive() || timer <= 0 || synced_txg_ < sync_txg_waiting_ || quiesced_txg_ != 0) break;
      thread->set_idles(true);
      co_await thread->Wait(
          *sync_more_,
          {.kind = SleepKind::kIdle, .timeout = sim::SimDuration::Nanos(timer), .timeout_result = 0});
      thread->set_idles(false);
    }
    if (Waitable* suspended = syncer_->SuspendedOn()) {
      co_await thread->Wait(*suspended, {.kind = SleepKind::kIdle});
      continue;
    }
    if (gate_owner_ != nullptr) {
      co_await thread->Wait(*gate_, {});
      continue;
    }
    while (quiesced_txg_ == 0 && gate_owner_ == nullptr) {
      if (quiescing_txg_ == 0) {
        quiesce_txg_waiting_ = std::max(quiesce_txg_waiting_, open_txg_ + 1);
        machine_->WakeAll(quiesce_more_.get(), 0, thread);
      }
      co_await thread->Wait(*quiesce_done_, {.kind = SleepKind::kIdle});
    }
    if (gate_owner_ != nullptr) continue;
    const uint64_t txg = quiesced_txg_;
    SIM_CHECK(txg == synced_txg_ + 1 && holds_[txg % kTxgSize] == nullptr);
    syncing_txg_ = txg;
    quiesced_txg_ = 0;
    SetState(txg, 'S');
    machine_->WakeAll(quiesce_more_.get(), 0, thread);
    start = machine_->now();
    co_await syncer_->SyncTxg(thread, txg);
    co_await thread->Settle();
    CheckWaiters();
    synced_txg_ = txg;
    syncing_txg_ = 0;
    SetState(txg, 'C');
    TakeGateIfDrained();
    machine_->WakeAll(sync_done_.get(), 0, thread);
  }
}

// Nobody sleeps until a txg has synced that has.
void TxgPipeline::CheckWaiters() const {
  for (const Waiter* waiter = sync_done_->waiters().front(); waiter != nullptr; waiter = waiter->next) {
    SIM_CHECK(static_cast<uint64_t>(waiter->argument) > synced_txg_);
  }
}

// The first moment when no txg is quiescing, quiesced or syncing.
bool TxgPipeline::TakeGateIfDrained() {
  if (gate_wanted_by_ == nullptr || gate_owner_ != nullptr || !Drained()) return false;
  gate_owner_ = gate_wanted_by_;
  gate_wanted_by_ = nullptr;
  gate_closed_at_ = machine_->now();
  machine_->Record(RecordKind::kGate, sync_thread_, *gate_, 0);
  machine_->WakeAll(drained_.get(), 0, nullptr);
  return true;
}

sim::Task<int> TxgPipeline::CloseSyncGate(Thread* thread, const Actor* owner) {
  co_await sim::FrameName{"txg_close_sync_gate"};
  SIM_CHECK(gate_owner_ == nullptr && gate_wanted_by_ == nullptr);
  gate_wanted_by_ = owner;
  if (TakeGateIfDrained()) co_return 0;
  const int error = co_await thread->Wait(*drained_, {.kind = SleepKind::kInterruptible});
  if (error != 0 && gate_owner_ != owner) {
    gate_wanted_by_ = nullptr;
    co_return error;
  }
  co_return 0;
}

void TxgPipeline::OpenSyncGate(Thread* waker) {
  SIM_CHECK(gate_owner_ != nullptr);
  gate_owner_ = nullptr;
  gate_closed_ += machine_->now() - gate_closed_at_;
  machine_->Record(RecordKind::kGate, sync_thread_, *gate_, 1);
  machine_->WakeAll(gate_.get(), 0, waker);
}

sim::SimDuration TxgPipeline::gate_closed_time() const {
  return gate_owner_ != nullptr ? gate_closed_ + (machine_->now() - gate_closed_at_) : gate_closed_;
}

void TxgPipeline::FillProgress(EnderSet* enders) const {
  // It may have been asked and not have had a core yet.
  const bool asked = quiesced_txg_ == 0 && open_txg_ < quiesce_txg_waiting_;
  const bool quiesce_holds_it_up = syncing_txg_ == 0 && (quiescing_txg_ != 0 || asked);
  enders->Needs(quiesce_holds_it_up ? quiesce_thread_ : sync_thread_);
}

}  // namespace model
