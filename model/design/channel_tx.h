// SPDX-License-Identifier: Apache-2.0
//
// Design `channel_tx`: BeginChannelTx, reads, recorded intents, CommitChannelTx.
//
// One system call each. The transaction (transaction.h) holds the txg sync lock from
// Begin to Commit, also while the body runs in user mode; it belongs to an open file
// of the process, so it ends with the process at the latest, unless a child shares it.
//
// A job's transaction is on one pool, that of its first call. With `each_pool` the first
// call that names another pool begins one there too; Commit commits them in the order of
// Begin, and the first that is refused ends it: nothing spans two pools.
#ifndef TXGSIM_MODEL_DESIGN_CHANNEL_TX_H_
#define TXGSIM_MODEL_DESIGN_CHANNEL_TX_H_

#include <memory>
#include <vector>

#include "model/design/design.h"
#include "model/design/transaction.h"

namespace model {

class ChannelTxDesign final : public Design {
 public:
  sim::Task<int> Begin(Session* session) override;
  sim::Task<JobAnswer> Read(Session* session, JobCall call) override;
  sim::Task<JobAnswer> Mutate(Session* session, Mutation mutation) override;
  sim::Task<int> Commit(Session* session) override;
  sim::Task<> Abort(Session* session) override;
  void ShareFiles(Process* parent, Process* child) override;
  void CloseOnExec(Thread* thread) override;

 private:
  using TransactionPtr = std::shared_ptr<ChannelTransaction>;
  sim::Task<int> BeginOn(Session* session, Pool* pool);
  // The transaction that serves a call; begins it if need be.
  sim::Task<int> Find(Session* session, JobCall call, ChannelTransaction** found);
  sim::Task<> AbortOne(Session* session, TransactionPtr transaction);

  std::vector<TransactionPtr> open_;  // In the order of Begin.
};

}  // namespace model

#endif  // TXGSIM_MODEL_DESIGN_CHANNEL_TX_H_
