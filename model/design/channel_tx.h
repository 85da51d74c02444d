// SPDX-License-Identifier: Apache-2.0
//
// Design `channel_tx`: BeginChannelTx, reads, recorded intents, CommitChannelTx.
//
// One system call each. The transaction (transaction.h) holds the txg sync lock from
// Begin to Commit, also while the body runs in user mode; it belongs to an open file
// of the process, so it ends with the process at the latest.
#ifndef TXGSIM_MODEL_DESIGN_CHANNEL_TX_H_
#define TXGSIM_MODEL_DESIGN_CHANNEL_TX_H_

#include <memory>

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

 private:
  std::shared_ptr<ChannelTransaction> transaction_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_DESIGN_CHANNEL_TX_H_
