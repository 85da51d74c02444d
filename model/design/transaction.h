// SPDX-License-Identifier: Apache-2.0
//
// A channel transaction: the open file that holds the pool's txg sync lock. Files are inherited
// by fork, and closed by exec.
//
//            Begin                     Commit queued            txg synced
//   kClosed --------> kOpen ---------------------> kCommitting ------------> kClosed
//                       |  Abort, last close, exit, lease end
//                       `------------------------------------> kClosed, kExpired
//
// While it is open it holds two gates of the pool, as the file and not as a thread:
//   admin gate   exclusively: mutating administration waits
//   sync gate    closed: txg_sync starts no txg and asks for no quiesce
// so every read until Commit sees one frozen state, and only the intent log still
// reaches the disks. Intents are applied all or not at all, as one sync task.
#ifndef TXGSIM_MODEL_DESIGN_TRANSACTION_H_
#define TXGSIM_MODEL_DESIGN_TRANSACTION_H_

#include <memory>
#include <string>
#include <vector>

#include "model/design/intents.h"

namespace model {

class ChannelTransaction final : public OpenFile, public Actor {
 public:
  struct Options {
    sim::SimDuration lease = sim::SimDuration::Max();
    bool overlay = false;           // Intents are checked and applied to a private copy at once.
    bool commit_throttled = false;  // Commit's task waits for dirty space.
  };
  // `clock` outlives the transaction, or is null.
  ChannelTransaction(Pool* pool, Process* owner, Options options, LockClock* clock);
  ~ChannelTransaction() override;

  enum class State : uint8_t { kClosed, kOpen, kCommitting, kExpired };
  State state() const { return state_; }

  // Takes the gates. Returns 0, EINTR (a signal while waiting), EAGAIN (suspended
  // pool), EBUSY (this file has a transaction open).
  sim::Task<int> Begin(Thread* thread);
  // Records an intent. Returns 0 or a syntax errno; with an overlay the errno of
  // the operation; ETIMEDOUT after the lease.
  int Record(const Mutation& mutation, CheckDetails* details);
  // The tree that reads show.
  const DatasetTree& view() const { return intents_->view(); }
  // Commits. Returns 0, or the errno of the first intent that fails (failed_intent
  // says which); then nothing has changed. ETIMEDOUT after the lease.
  sim::Task<int> Commit(Thread* thread);
  // Drops the intents and opens both gates.
  void Abort(Thread* waker);
  int failed_intent() const { return intents_ != nullptr ? intents_->failed() : -1; }

  Pool* pool() const { return pool_; }
  // Who has the file open: at first the owner. A child shares it; only the last close aborts.
  bool OpenIn(const Process* process) const;
  void ShareWith(Process* child);
  void CloseIn(Process* process, Thread* waker);

  sim::Task<> Close(Thread* thread) override;
  // Whoever still lives of the threads of those who have it open can end the transaction.
  Condition Examine(EnderSet* enders) const override;
  const std::string& reported_name() const override;

 private:
  struct LeaseEnd : sim::EventHandler {
    explicit LeaseEnd(ChannelTransaction* t)
        : EventHandler(&ChannelTransaction::OnLeaseEnd), transaction(t) {}
    ChannelTransaction* transaction;
  };
  static void OnLeaseEnd(sim::EventHandler* handler);
  void OpenSyncGate(Thread* waker);
  void ReleaseAdminGate(Thread* waker);

  Pool* pool_;
  Process* owner_;
  std::vector<Process*> openers_;
  Options options_;
  LockClock* clock_;
  State state_ = State::kClosed;
  std::unique_ptr<Intents> intents_;  // Since Begin.
  LeaseEnd lease_end_;
  sim::EventId lease_event_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_DESIGN_TRANSACTION_H_
