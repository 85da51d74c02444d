// SPDX-License-Identifier: Apache-2.0
#include "model/design/channel_tx.h"

namespace model {

sim::Task<int> ChannelTxDesign::Begin(Session* session) {
  co_await sim::FrameName{"BeginChannelTx"};
  const auto& options = session->options->options.channel_tx;
  transaction_ = std::make_shared<ChannelTransaction>(
      session->pool, session->thread->process(),
      ChannelTransaction::Options{.lease = options.lease, .overlay = options.overlay},
      &session->figures->lock_clock);
  session->thread->process()->AddFile(transaction_);
  co_await session->CrossIn(true);
  const int error = co_await transaction_->Begin(session->thread);
  co_await session->CrossOut();
  if (error != 0) session->thread->process()->RemoveFile(transaction_.get());
  co_return error;
}

sim::Task<JobAnswer> ChannelTxDesign::Read(Session* session, JobCall call) {
  co_await sim::FrameName{"ReadZFSProperties"};
  co_await session->CrossIn(true);
  JobAnswer answer;
  if (transaction_->state() == ChannelTransaction::State::kExpired) {
    answer.error = kETIMEDOUT;
  } else {
    answer = co_await session->KernelRead(session->thread, call, &transaction_->view());
  }
  co_await session->CrossOut();
  co_return answer;
}

sim::Task<JobAnswer> ChannelTxDesign::Mutate(Session* session, Mutation mutation) {
  co_await sim::FrameName{"RecordIntent"};
  co_await session->CrossIn(true);
  JobAnswer answer;
  answer.error = transaction_->Record(mutation, &answer.details);
  answer.recorded = answer.error == 0;
  co_await session->CrossOut();
  co_return answer;
}

sim::Task<int> ChannelTxDesign::Commit(Session* session) {
  co_await sim::FrameName{"CommitChannelTx"};
  co_await session->CrossIn(true);
  session->Enter(LockPhase::kReadCpu);  // Checks, and the task on txg_sync.
  const int error = co_await transaction_->Commit(session->thread);
  session->figures->failed_intent = transaction_->failed_intent();
  co_await session->CrossOut();
  session->thread->process()->RemoveFile(transaction_.get());
  co_return error;
}

sim::Task<> ChannelTxDesign::Abort(Session* session) {
  co_await sim::FrameName{"AbortChannelTx"};
  co_await session->CrossIn(true);
  transaction_->Abort(session->thread);
  co_await session->CrossOut();
  session->thread->process()->RemoveFile(transaction_.get());
}

}  // namespace model
