// SPDX-License-Identifier: Apache-2.0
#include "model/design/client_fault.h"

#include <algorithm>
#include <utility>

#include "sim/check.h"

namespace model {
namespace {

constexpr int64_t kPiece = int64_t{1} << 20;

sim::Task<> Loop(Thread* thread) {
  while (!thread->killed()) co_await thread->RunForever();
}

// One system call, or one page fault, that writes piece by piece.
sim::Task<> WriteAll(Thread* thread, ZfsModule* module, std::string name, int64_t bytes) {
  Pool* pool = module->FindPool(name);
  SIM_CHECK_MSG(pool != nullptr, name);
  ObjectId dataset = 0;
  int error = pool->tree().Lookup(name, &dataset);
  thread->EnterKernel();
  for (int64_t left = bytes; left > 0 && error == 0 && !thread->killed(); left -= kPiece) {
    error = co_await pool->Write(thread, dataset, std::min(left, kPiece));
  }
  co_await thread->ReturnToUser();
}

sim::Task<> Write(Thread* thread, ZfsModule* module, ClientFault fault) {
  co_await sim::FrameName{"write"};
  co_await WriteAll(thread, module, fault.pool, fault.bytes);
}

sim::Task<> SwapOut(Thread* thread, ZfsModule* module, ClientFault fault) {
  co_await sim::FrameName{"handle_mm_fault"};
  co_await WriteAll(thread, module, SwapVolumeOf(fault.pool), fault.bytes);
}

sim::Task<> ForkAndDie(Thread* thread, FaultyBody::Fork fork) {
  fork(thread);
  thread->machine().Signal(thread->process(), kSigKill);
  co_await thread->Settle();
}

class FaultyRun final : public JobRun {
 public:
  FaultyRun(std::unique_ptr<JobRun> run, ClientFault fault, ZfsModule* module, FaultyBody::Fork fork)
      : run_(std::move(run)), fault_(std::move(fault)), module_(module), fork_(std::move(fork)) {}

  void Meter(ProgramLimits limits) override {
    limits_ = limits;
    run_->Meter(limits);
  }
  int64_t instructions() const override {
    return limits_ && struck_ ? limits_->instructions : run_->instructions();
  }
  JobStep Start() override { return Look(run_->Start()); }
  JobStep Resume(const JobAnswer& answer) override {
    if (held_back_) return *std::exchange(held_back_, std::nullopt);
    return Look(run_->Resume(answer));
  }

 private:
  JobStep Look(JobStep step) {
    if (step.kind != JobStep::Kind::kCall || calls_++ != fault_.at_call) return step;
    held_back_ = std::move(step);
    return Strike();
  }

  JobStep Strike() {
    struck_ = true;
    JobStep step;
    step.kind = JobStep::Kind::kAct;
    switch (fault_.kind) {
      case ClientFault::Kind::kLoops:
        if (limits_) return TimedOut(limits_->instructions);
        step.act = Loop;
        break;
      case ClientFault::Kind::kWrites:
        step.act = [module = module_, fault = fault_](Thread* thread) {
          return Write(thread, module, fault);
        };
        break;
      case ClientFault::Kind::kSwappedOut:
        step.act = [module = module_, fault = fault_](Thread* thread) {
          return SwapOut(thread, module, fault);
        };
        break;
      case ClientFault::Kind::kForks:
        step.act = [fork = fork_](Thread* thread) { return ForkAndDie(thread, fork); };
        break;
    }
    return step;
  }

  std::unique_ptr<JobRun> run_;
  ClientFault fault_;
  ZfsModule* module_;
  FaultyBody::Fork fork_;
  std::optional<ProgramLimits> limits_;  // Of a body that the kernel runs.
  int64_t calls_ = 0;
  bool struck_ = false;
  std::optional<JobStep> held_back_;  // The call before which the fault struck.
};

}  // namespace

std::string SwapVolumeOf(std::string_view pool) { return std::string(pool) + "/swap"; }

std::unique_ptr<JobRun> FaultyBody::NewRun() {
  return std::make_unique<FaultyRun>(body_->NewRun(), fault_, module_, fork_);
}

}  // namespace model
