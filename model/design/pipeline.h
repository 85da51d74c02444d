// SPDX-License-Identifier: Apache-2.0
//
// Design `pipeline`: reads now, changes later, in batches.
//
// A read is one ioctl, as under `ioctl`. A mutation is written down in user space
// and answered there: 0, or a syntax errno. Commit sends what was written down, one
// ioctl a batch: one transaction, so one txg, with a sync task for each mutation,
// first in first out. Each is checked in syncing context only, an error of one does
// not stop the next, and EAGAIN is repeated two txgs later.
//
//            user space                     the ioctl of a batch
//   Mutate --> list --> Commit --> | assign, queue n tasks, wait for the txg | --> n errnos
//
// Nothing is held between two calls. Others see nothing before Commit, and then every
// task by itself: the config lock drops between two. What comes back are the errnos of
// operations of which the job was told long ago that they were fine; the first of them
// is the job's result, and late_errors counts them.
#ifndef TXGSIM_MODEL_DESIGN_PIPELINE_H_
#define TXGSIM_MODEL_DESIGN_PIPELINE_H_

#include <vector>

#include "model/design/design.h"

namespace model {

class PipelineDesign final : public Design {
 public:
  sim::Task<int> Begin(Session* session) override;
  sim::Task<JobAnswer> Read(Session* session, JobCall call) override;
  sim::Task<JobAnswer> Mutate(Session* session, Mutation mutation) override;
  bool MutationsCross() const override { return false; }
  sim::Task<int> Commit(Session* session) override;
  sim::Task<> Abort(Session* session) override;

 private:
  // One ioctl. Returns the first errno.
  sim::Task<int> Send(Session* session, std::vector<Mutation> batch);

  std::vector<Mutation> recorded_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_DESIGN_PIPELINE_H_
