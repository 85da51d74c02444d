// SPDX-License-Identifier: Apache-2.0
#include "model/design/ioctl.h"

#include <utility>

namespace model {

sim::Task<JobAnswer> IoctlDesign::Read(Session* session, JobCall call) {
  return session->ReadByIoctl(std::move(call));
}

// The whole time from the admin gate to the end of the txg is the caller's, asleep
// in D; txg_sync itself is kept from advancing only while it runs the task.
sim::Task<JobAnswer> IoctlDesign::Mutate(Session* session, Mutation mutation) {
  co_await sim::FrameName{"ioctl"};
  JobAnswer answer;
  answer.error = CheckSyntax(mutation);
  if (answer.error != 0) co_return answer;
  co_await session->CrossIn(true);
  if (session->pool->suspended()) {
    answer.error = kEAGAIN;
  } else {
    SyncTask task = MutationTask(session->pool, mutation, Caller::kChannelProgram, &answer.details);
    task.observer = &session->figures->lock_clock;
    session->Enter(LockPhase::kReadCpu);  // What txg_sync does for this job is kernel work.
    answer.error = co_await session->pool->Administer(session->thread, &task);
  }
  co_await session->CrossOut();
  co_return answer;
}

}  // namespace model
