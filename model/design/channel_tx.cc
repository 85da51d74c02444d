// SPDX-License-Identifier: Apache-2.0
#include "model/design/channel_tx.h"

#include <utility>

namespace model {

sim::Task<int> ChannelTxDesign::Begin(Session* session) {
  open_.clear();
  return BeginOn(session, session->pool);
}

sim::Task<int> ChannelTxDesign::BeginOn(Session* session, Pool* pool) {
  co_await sim::FrameName{"BeginChannelTx"};
  const auto& options = session->options->options.channel_tx;
  // The figures of the sync lock are those of the first pool.
  auto transaction = std::make_shared<ChannelTransaction>(
      pool, session->thread->process(),
      ChannelTransaction::Options{
          .lease = options.lease, .overlay = options.overlay, .commit_throttled = options.commit_throttled},
      open_.empty() ? &session->figures->lock_clock : nullptr);
  session->thread->process()->AddFile(transaction);
  co_await session->CrossIn(true);
  const int error = co_await transaction->Begin(session->thread);
  co_await session->CrossOut();
  if (error != 0) {
    session->thread->process()->RemoveFile(transaction.get());
  } else {
    open_.push_back(std::move(transaction));
  }
  co_return error;
}

sim::Task<int> ChannelTxDesign::Find(Session* session, JobCall call, ChannelTransaction** found) {
  *found = open_.front().get();
  if (!session->options->options.channel_tx.each_pool) co_return 0;
  Pool* pool = session->PoolOf(call);
  if (pool == nullptr) co_return 0;
  for (const TransactionPtr& transaction : open_) {
    *found = transaction.get();
    if (transaction->pool() == pool) co_return 0;
  }
  const int error = co_await BeginOn(session, pool);
  *found = open_.back().get();
  co_return error;
}

sim::Task<JobAnswer> ChannelTxDesign::Read(Session* session, JobCall call) {
  co_await sim::FrameName{"ReadZFSProperties"};
  JobAnswer answer;
  ChannelTransaction* transaction = nullptr;
  answer.error = co_await Find(session, call, &transaction);
  if (answer.error != 0) co_return answer;
  co_await session->CrossIn(true);
  if (transaction->state() == ChannelTransaction::State::kExpired) {
    answer.error = kETIMEDOUT;
  } else {
    Pool* own = std::exchange(session->pool, transaction->pool());
    if (session->options->options.channel_tx.spa_each_call) {
      session->Enter(LockPhase::kBlocked);
      co_await session->pool->SpaOpen(session->thread);
    }
    answer = co_await session->KernelRead(session->thread, call, &transaction->view());
    session->pool = own;
  }
  co_await session->CrossOut();
  co_return answer;
}

sim::Task<JobAnswer> ChannelTxDesign::Mutate(Session* session, Mutation mutation) {
  co_await sim::FrameName{"RecordIntent"};
  JobAnswer answer;
  ChannelTransaction* transaction = nullptr;
  JobCall call;
  call.kind = CallKind::kSync;
  call.mutation = mutation;
  answer.error = co_await Find(session, call, &transaction);
  if (answer.error != 0) co_return answer;
  co_await session->CrossIn(true);
  answer.error = transaction->Record(mutation, &answer.details);
  answer.recorded = answer.error == 0;
  co_await session->CrossOut();
  co_return answer;
}

sim::Task<int> ChannelTxDesign::Commit(Session* session) {
  int error = 0;
  for (size_t i = 0; i < open_.size(); ++i) {
    TransactionPtr transaction = open_[i];
    if (error != 0) {
      co_await AbortOne(session, transaction);
      continue;
    }
    co_await sim::FrameName{"CommitChannelTx"};
    co_await session->CrossIn(true);
    session->Enter(LockPhase::kReadCpu);  // Checks, and the task on txg_sync.
    error = co_await transaction->Commit(session->thread);
    session->figures->failed_intent = transaction->failed_intent();
    co_await session->CrossOut();
    session->thread->process()->RemoveFile(transaction.get());
  }
  co_return error;
}

sim::Task<> ChannelTxDesign::Abort(Session* session) {
  for (size_t i = 0; i < open_.size(); ++i) co_await AbortOne(session, open_[i]);
}

sim::Task<> ChannelTxDesign::AbortOne(Session* session, TransactionPtr transaction) {
  co_await sim::FrameName{"AbortChannelTx"};
  co_await session->CrossIn(true);
  transaction->Abort(session->thread);
  co_await session->CrossOut();
  session->thread->process()->RemoveFile(transaction.get());
}

void ChannelTxDesign::ShareFiles(Process* parent, Process* child) {
  for (const TransactionPtr& transaction : open_) {
    if (!transaction->OpenIn(parent)) continue;
    transaction->ShareWith(child);
    child->AddFile(transaction);
  }
}

void ChannelTxDesign::CloseOnExec(Thread* thread) {
  for (const TransactionPtr& transaction : open_) {
    if (thread->process()->RemoveFile(transaction.get())) transaction->CloseIn(thread->process(), thread);
  }
}

}  // namespace model
