// SPDX-License-Identifier: Apache-2.0
#include "model/design/pipeline.h"

#include <algorithm>
#include <utility>

namespace model {

// What the last repeat left, if it was killed.
sim::Task<int> PipelineDesign::Begin(Session*) {
  recorded_.clear();
  co_return 0;
}

sim::Task<JobAnswer> PipelineDesign::Read(Session* session, JobCall call) {
  return session->ReadByIoctl(std::move(call));
}

sim::Task<JobAnswer> PipelineDesign::Mutate(Session*, Mutation mutation) {
  JobAnswer answer;
  answer.error = CheckSyntax(mutation);
  answer.recorded = answer.error == 0;
  if (answer.recorded) recorded_.push_back(std::move(mutation));
  co_return answer;
}

sim::Task<int> PipelineDesign::Commit(Session* session) {
  const auto all = static_cast<int64_t>(recorded_.size());
  const int64_t each =
      session->options->options.pipeline.batch > 0 ? session->options->options.pipeline.batch : all;
  int first_error = 0;
  for (int64_t begin = 0; begin < all && !session->thread->killed(); begin += each) {
    std::vector<Mutation> batch(recorded_.begin() + begin, recorded_.begin() + std::min(begin + each, all));
    const int error = co_await Send(session, std::move(batch));
    if (first_error == 0) first_error = error;
  }
  recorded_.clear();
  co_return session->thread->killed() ? kEINTR : first_error;
}

// The whole time from the admin gate to the end of the txg is the caller's, asleep in D; txg_sync
// itself is kept from advancing only while it runs the tasks.
sim::Task<int> PipelineDesign::Send(Session* session, std::vector<Mutation> batch) {
  co_await sim::FrameName{"ioctl"};
  co_await session->CrossIn(true);
  int first_error = 0;
  if (session->pool->suspended()) {
    first_error = kEAGAIN;
    session->figures->late_errors += static_cast<int64_t>(batch.size());
  } else {
    std::vector<SyncTask> tasks;
    for (const Mutation& mutation : batch) {
      tasks.push_back(MutationTask(session->pool, mutation, Caller::kChannelProgram));
      tasks.back().observer = &session->figures->lock_clock;
    }
    std::vector<SyncTask*> queued;
    for (SyncTask& task : tasks) queued.push_back(&task);
    session->Enter(LockPhase::kReadCpu);  // What txg_sync does for this job is kernel work.
    co_await session->pool->AdministerTogether(session->thread, std::move(queued));
    for (const SyncTask& task : tasks) {
      if (task.error == 0) continue;
      ++session->figures->late_errors;
      if (first_error == 0) first_error = task.error;
    }
  }
  co_await session->CrossOut();
  co_return first_error;
}

// Nothing has left user space.
sim::Task<> PipelineDesign::Abort(Session*) {
  recorded_.clear();
  co_return;
}

}  // namespace model
