// SPDX-License-Identifier: Apache-2.0
//
// Design `ioctl`: one blocking system call an operation, as `zfs` itself works.
//
// A read is one ioctl: spa_namespace_lock for a moment, the config lock as reader,
// and out. A mutation is one ioctl and one dsl_sync_task: its errno is real, and it
// comes after a whole txg. Nothing is held between two calls and nothing is atomic:
// others see every step, and what was done stays.
#ifndef TXGSIM_MODEL_DESIGN_IOCTL_H_
#define TXGSIM_MODEL_DESIGN_IOCTL_H_

#include "model/design/design.h"

namespace model {

class IoctlDesign final : public Design {
 public:
  sim::Task<JobAnswer> Read(Session* session, JobCall call) override;
  sim::Task<JobAnswer> Mutate(Session* session, Mutation mutation) override;
};

}  // namespace model

#endif  // TXGSIM_MODEL_DESIGN_IOCTL_H_
