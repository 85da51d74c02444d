// SPDX-License-Identifier: Apache-2.0
//
// A job of the scenario as the designs run it: a Lua coroutine that stops at each zfs call.
//
// The body is not the code of a simulated thread: a design resumes it where the call has
// been answered, on whatever thread that is. So words of a job never wait; what takes
// time is a step that the design carries out (JobStep).
#ifndef TXGSIM_MODEL_SCRIPT_RUN_JOB_H_
#define TXGSIM_MODEL_SCRIPT_RUN_JOB_H_

#include <memory>
#include <optional>

#include "model/design/job.h"
#include "model/script/lua/sandbox.h"
#include "model/script/run/call.h"

namespace model {

class LuaJobBody final : public JobBody {
 public:
  LuaJobBody(World* world, int32_t index) : world_(world), index_(index) {}
  std::unique_ptr<JobRun> NewRun() override;

 private:
  World* world_;
  int32_t index_;
};

class LuaJobRun final : public JobRun {
 public:
  // `thread`: whose sites and streams the body uses; the job's own.
  LuaJobRun(World* world, BodyRef body, RunThread* thread);
  void Meter(ProgramLimits limits) override;
  int64_t instructions() const override { return meter_ ? meter_->instructions : 0; }
  JobStep Start() override;
  JobStep Resume(const JobAnswer& answer) override;

 private:
  // Runs the body to its next step that a design has to carry out.
  JobStep Run(int arguments);
  JobStep EndWell(int results);
  JobStep EndByError(int status);

  World* world_;
  std::unique_ptr<BodyRun> body_;
  std::unique_ptr<OpCall> pending_;  // The word that it stopped in.
  JobStep step_;                     // What that word asked for.
  const Word* word_ = nullptr;       // The last one that it stopped in.
  std::optional<Sandbox::Meter> meter_;
};

// The step of a job in which a word of user code is carried out as ever (BlockingOp::job_step).
void ActInJob(OpCall* call, JobStep* step);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_RUN_JOB_H_
