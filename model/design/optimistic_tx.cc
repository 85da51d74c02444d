// SPDX-License-Identifier: Apache-2.0
#include "model/design/optimistic_tx.h"

#include "model/dataset/check_reads.h"

namespace model {

sim::Task<int> OptimisticTxDesign::Begin(Session* session) {
  co_await sim::FrameName{"BeginOptimisticTx"};
  session->buffer.NoteReadsIn(&reads_);
  intents_ = std::make_unique<Intents>(session->pool, session->options->options.optimistic_tx.overlay);
  reads_.Clear();
  stale_ = false;
  co_await session->CrossIn(true);
  co_await session->pool->SpaOpen(session->thread);
  const int error = session->pool->suspended() ? kEAGAIN : 0;
  co_await session->CrossOut();
  co_return error;
}

const DatasetTree* OptimisticTxDesign::View() {
  intents_->FollowTree();
  reads_.UseVersionsOf(intents_->base());
  return &intents_->view();
}

sim::Task<JobAnswer> OptimisticTxDesign::Read(Session* session, JobCall call) {
  co_await sim::FrameName{"ReadZFSProperties"};
  co_await session->CrossIn(true);
  JobAnswer answer = co_await session->KernelRead(session->thread, call, View());
  co_await session->CrossOut();
  co_return answer;
}

sim::Task<JobAnswer> OptimisticTxDesign::Mutate(Session* session, Mutation mutation) {
  co_await sim::FrameName{"RecordIntent"};
  co_await session->CrossIn(true);
  const DatasetTree* view = View();
  JobAnswer answer;
  answer.error = intents_->Record(mutation, &answer.details);
  answer.recorded = answer.error == 0;
  if (answer.error != 0 && intents_->base() != nullptr) NoteCheck(*view, mutation, &reads_);
  co_await session->CrossOut();
  co_return answer;
}

int OptimisticTxDesign::Compare(const DatasetTree& tree) {
  stale_ = reads_.FirstStale(tree).has_value();
  return stale_ ? kERETRY : 0;
}

sim::Task<int> OptimisticTxDesign::CompareOnly(Session* session) {
  Pool* pool = session->pool;
  co_await pool->config_lock().Read(session->thread);
  co_await session->thread->Compute(sim::SimDuration::Nanos(pool->costs().sync_task_check_ns));
  const int error = Compare(pool->tree());
  pool->config_lock().Unlock(session->thread);
  co_return error;
}

sim::Task<int> OptimisticTxDesign::Commit(Session* session) {
  co_await sim::FrameName{"CommitOptimisticTx"};
  Pool* pool = session->pool;
  co_await session->CrossIn(true);
  session->Enter(LockPhase::kReadCpu);  // Checks, and the task on txg_sync.
  int error = 0;
  if (pool->suspended()) {
    error = kEAGAIN;
  } else if (intents_->empty()) {
    error = co_await CompareOnly(session);
  } else {
    SyncTask task =
        intents_->MakeTask("optimistic_tx_commit", [this, pool] { return Compare(pool->tree()); });
    task.observer = &session->figures->lock_clock;
    error = co_await pool->Administer(session->thread, &task);
    session->figures->failed_intent = intents_->failed();
  }
  co_await session->CrossOut();
  co_return error;
}

sim::Task<> OptimisticTxDesign::Abort(Session* session) {
  co_await sim::FrameName{"AbortOptimisticTx"};
  co_await session->CrossIn(true);
  intents_->Clear();
  co_await session->CrossOut();
}

sim::Task<> OptimisticTxDesign::BackOff(Session* session) {
  Thread* thread = session->thread;
  sim::Chooser& chooser = thread->machine().chooser();
  if (!backoff_site_) backoff_site_ = chooser.MakeSite("draw", session->options->name, "backoff");
  const int64_t ns = chooser.Draw(*backoff_site_, session->options->options.optimistic_tx.backoff);
  if (ns > 0) co_await thread->SleepFor(sim::SimDuration::Nanos(ns), SleepKind::kInterruptible);
}

sim::Task<int> OptimisticTxDesign::RunJob(Session* session) {
  for (int64_t left = session->options->options.optimistic_tx.retries;; --left) {
    const int result = co_await Design::RunJob(session);
    if (!stale_ || left == 0 || session->thread->killed()) co_return result;
    ++session->figures->retries;
    co_await BackOff(session);
    if (session->thread->killed()) co_return kEINTR;
    session->Restart();
  }
}

}  // namespace model
