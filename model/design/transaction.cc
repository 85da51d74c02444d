// SPDX-License-Identifier: Apache-2.0
#include "model/design/transaction.h"

#include <algorithm>

namespace model {

ChannelTransaction::ChannelTransaction(Pool* pool, Process* owner, Options options, LockClock* clock)
    : Actor(ActorKind::kTransaction, "channel transaction of " + owner->name()),
      pool_(pool),
      owner_(owner),
      openers_({owner}),
      options_(options),
      clock_(clock),
      lease_end_(this) {}

ChannelTransaction::~ChannelTransaction() = default;

sim::Task<int> ChannelTransaction::Begin(Thread* thread) {
  co_await sim::FrameName{"channel_tx_begin"};
  if (state_ != State::kClosed) co_return kEBUSY;
  const int gone = co_await pool_->SpaOpen(thread);
  if (gone != 0) co_return gone;
  if (pool_->suspended()) co_return kEAGAIN;
  const int error = co_await pool_->admin_gate().Write(thread, {.kind = SleepKind::kInterruptible});
  if (error != 0) co_return error;
  TxgPipeline& pipeline = pool_->pipeline();
  if (!pipeline.Drained()) {
    const uint64_t txg = pipeline.syncing_txg() != 0 ? pipeline.syncing_txg() : pipeline.open_txg() - 1;
    owner_->CountTxg(txg);
  }
  const int gate_error = co_await pipeline.CloseSyncGate(thread, this);
  if (gate_error != 0) {
    pool_->admin_gate().Unlock(thread);
    co_return gate_error;
  }
  pool_->admin_gate().GiveTo(thread, this);
  pool_->set_last_exclusive(owner_);
  state_ = State::kOpen;
  if (clock_ != nullptr) clock_->Hold(pipeline.gate_closed_at());
  intents_ = std::make_unique<Intents>(pool_, options_.overlay);
  if (options_.lease != sim::SimDuration::Max()) {
    lease_event_ = pool_->machine().simulation().CallAfter(options_.lease, &lease_end_);
  }
  co_return 0;
}

int ChannelTransaction::Record(const Mutation& mutation, CheckDetails* details) {
  if (state_ != State::kOpen) return state_ == State::kExpired ? kETIMEDOUT : kEINVAL;
  return intents_->Record(mutation, details);
}

sim::Task<int> ChannelTransaction::Commit(Thread* thread) {
  co_await sim::FrameName{"channel_tx_commit"};
  if (state_ == State::kExpired) co_return kETIMEDOUT;
  if (state_ != State::kOpen) co_return kEINVAL;
  if (intents_->empty()) {
    Abort(thread);
    co_return 0;
  }
  pool_->machine().simulation().Cancel(lease_event_);
  state_ = State::kCommitting;
  SyncTask task = intents_->MakeTask("channel_tx_commit");
  task.no_throttle = !options_.commit_throttled;
  task.spa_held = true;
  task.observer = clock_;
  task.queued = [this](Thread* waker) { OpenSyncGate(waker); };
  const int error = co_await pool_->RunSyncTask(thread, &task);
  if (pool_->pipeline().sync_gate_owner() == this) OpenSyncGate(thread);  // The open-context check failed.
  ReleaseAdminGate(thread);
  state_ = State::kClosed;
  if (error == 0) co_await pool_->LogChange(thread);
  co_return error;
}

void ChannelTransaction::OpenSyncGate(Thread* waker) {
  pool_->pipeline().OpenSyncGate(waker);
  if (clock_ != nullptr) clock_->Release(pool_->machine().now());
}

void ChannelTransaction::ReleaseAdminGate(Thread* waker) { pool_->admin_gate().Release(this, waker); }

void ChannelTransaction::Abort(Thread* waker) {
  if (state_ != State::kOpen) return;
  pool_->machine().simulation().Cancel(lease_event_);
  intents_->Clear();
  state_ = State::kClosed;
  OpenSyncGate(waker);
  ReleaseAdminGate(waker);
}

void ChannelTransaction::OnLeaseEnd(sim::EventHandler* handler) {
  ChannelTransaction* transaction = static_cast<LeaseEnd*>(handler)->transaction;
  if (transaction->state_ != State::kOpen) return;
  transaction->Abort(nullptr);
  transaction->state_ = State::kExpired;
}

sim::Task<> ChannelTransaction::Close(Thread* thread) {
  co_await sim::FrameName{"channel_tx_release"};
  CloseIn(thread->process(), thread);
}

bool ChannelTransaction::OpenIn(const Process* process) const {
  return std::find(openers_.begin(), openers_.end(), process) != openers_.end();
}

void ChannelTransaction::ShareWith(Process* child) { openers_.push_back(child); }

void ChannelTransaction::CloseIn(Process* process, Thread* waker) {
  std::erase(openers_, process);
  if (openers_.empty()) Abort(waker);
}

const std::string& ChannelTransaction::reported_name() const {
  return openers_.empty() ? owner_->name() : openers_.front()->name();
}

Actor::Condition ChannelTransaction::Examine(EnderSet* enders) const {
  if (state_ == State::kClosed || state_ == State::kExpired) return Condition::kProgresses;
  if (state_ == State::kOpen && lease_event_.valid()) enders->clock = true;
  EnderSet::Clause& clause = enders->NeedsAnyOf();
  for (const Process* process : openers_) {
    for (const Thread* thread : process->threads()) {
      if (!thread->ended()) clause.any_of.push_back(thread);
    }
  }
  return Condition::kDepends;
}

}  // namespace model
