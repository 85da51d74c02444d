// SPDX-License-Identifier: Apache-2.0
#include "model/design/client_fault.h"

#include <algorithm>
#include <utility>

namespace model {
namespace {

// A program has no user code: its loop ends at its limit. As good as for ever for any other.
constexpr sim::SimDuration kEndless = sim::SimDuration::Seconds(1'000'000);
constexpr int64_t kPiece = int64_t{1} << 20;

sim::Task<> Loop(Thread* thread) {
  while (!thread->killed()) co_await thread->RunForever();
}

// One system call, or one page fault, that writes piece by piece.
sim::Task<> WriteAll(Thread* thread, Pool* pool, std::string name, int64_t bytes) {
  ObjectId dataset = 0;
  int error = pool->tree().Lookup(name, &dataset);
  thread->EnterKernel();
  for (int64_t left = bytes; left > 0 && error == 0 && !thread->killed(); left -= kPiece) {
    error = co_await pool->Write(thread, dataset, std::min(left, kPiece));
  }
  co_await thread->ReturnToUser();
}

sim::Task<> Write(Thread* thread, Pool* pool, int64_t bytes) {
  co_await sim::FrameName{"write"};
  co_await WriteAll(thread, pool, pool->name(), bytes);
}

sim::Task<> SwapOut(Thread* thread, Pool* pool, int64_t bytes) {
  co_await sim::FrameName{"handle_mm_fault"};
  co_await WriteAll(thread, pool, pool->name() + "/" + std::string(kSwapVolume), bytes);
}

sim::Task<> ForkAndDie(Thread* thread, FaultyBody::Fork fork) {
  fork(thread);
  thread->machine().Signal(thread->process(), kSigKill);
  co_await thread->Settle();
}

class FaultyRun final : public JobRun {
 public:
  FaultyRun(std::unique_ptr<JobRun> run, ClientFault fault, Pool* pool, DesignKind design,
            FaultyBody::Fork fork)
      : run_(std::move(run)), fault_(fault), pool_(pool), design_(design), fork_(std::move(fork)) {}

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

  JobStep Strike() const {
    JobStep step;
    step.kind = JobStep::Kind::kAct;
    Pool* pool = pool_;
    const int64_t bytes = fault_.bytes;
    switch (fault_.kind) {
      case ClientFault::Kind::kLoops:
        if (design_ == DesignKind::kProgram) {
          step.kind = JobStep::Kind::kCompute;
          step.compute = kEndless;
        } else {
          step.act = Loop;
        }
        break;
      case ClientFault::Kind::kWrites:
        step.act = [pool, bytes](Thread* thread) { return Write(thread, pool, bytes); };
        break;
      case ClientFault::Kind::kSwappedOut:
        step.act = [pool, bytes](Thread* thread) { return SwapOut(thread, pool, bytes); };
        break;
      case ClientFault::Kind::kForks:
        step.act = [fork = fork_](Thread* thread) { return ForkAndDie(thread, fork); };
        break;
    }
    return step;
  }

  std::unique_ptr<JobRun> run_;
  ClientFault fault_;
  Pool* pool_;
  DesignKind design_;
  FaultyBody::Fork fork_;
  int64_t calls_ = 0;
  std::optional<JobStep> held_back_;  // The call before which the fault struck.
};

}  // namespace

std::unique_ptr<JobRun> FaultyBody::NewRun() {
  return std::make_unique<FaultyRun>(body_->NewRun(), fault_, pool_, design_, fork_);
}

}  // namespace model
