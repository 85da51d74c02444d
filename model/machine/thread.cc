// SPDX-License-Identifier: Apache-2.0
#include "model/machine/thread.h"

#include "model/machine/machine.h"

namespace model {

char Thread::StateLetter() const {
  switch (state_) {
    case ThreadState::kNew:
    case ThreadState::kRunnable:
    case ThreadState::kRunning:
      return 'R';
    case ThreadState::kStopped:
      return 'T';
    case ThreadState::kZombie:
      return 'Z';
    case ThreadState::kDead:
      return 'X';
    case ThreadState::kSleeping:
      break;
  }
  const SleepKind kind = waiter_.kind;
  return kind == SleepKind::kInterruptible || kind == SleepKind::kIdle ? 'S' : 'D';
}

ThreadFigures Thread::figures() const {
  ThreadFigures figures = figures_;
  const sim::SimTime now = machine_->now();
  if (state_ == ThreadState::kRunning && core_->bursting()) {
    (mode_ == CpuMode::kUser ? figures.cpu_user_ns : figures.cpu_kernel_ns) +=
        (now - core_->burst_start_).ns();
  } else if (spinning_) {
    figures.cpu_spin_ns += (now - since_).ns();
  } else if (state_ == ThreadState::kSleeping && StateLetter() == 'D') {
    figures.d_state_ns += (now - since_).ns();
  }
  return figures;
}

bool Thread::Killable() const {
  if (kernel_thread() || ended() || exiting_) return false;
  if (state_ == ThreadState::kStopped) return true;
  // Kernel code that runs goes on until it returns to user mode, or waits for something.
  if (waiter_.on == nullptr) return mode_ == CpuMode::kUser;
  const SleepKind kind = waiter_.kind;
  if (spinning_) return machine_->options().poll_fatal && kind != SleepKind::kSpin;
  return kind == SleepKind::kInterruptible || kind == SleepKind::kKillable;
}

void Thread::EnterKernel() {
  mode_ = CpuMode::kKernel;
  charged_ns_ += machine_->profile().syscall_entry_ns;
  if (process_ != nullptr) {
    ++process_->figures.syscalls;
    ++process_->figures.crossings;
  }
}

Actor::Condition Thread::Examine(EnderSet* enders) const {
  switch (state_) {
    case ThreadState::kZombie:
    case ThreadState::kDead:
      return Condition::kEnded;
    case ThreadState::kNew:
      if (!started_by_outside_) return Condition::kProgresses;
      enders->outside = true;
      return Condition::kDepends;
    case ThreadState::kStopped:
      enders->outside = true;
      return Condition::kDepends;
    case ThreadState::kRunnable: {
      // It runs if some core has no occupant that keeps it for ever.
      EnderSet::Clause& clause = enders->NeedsAnyOf();
      for (const auto& core : machine_->cores()) {
        const Thread* occupant = core->running();
        if (occupant == nullptr || occupant == this) return Condition::kProgresses;
        const bool stays =
            occupant->forever_ && (core->queue().slice_ns() == 0 || !machine_->MayPreempt(*occupant));
        if (occupant->spinning_ || stays) {
          clause.any_of.push_back(occupant);
        } else {
          return Condition::kProgresses;
        }
      }
      return Condition::kDepends;
    }
    case ThreadState::kRunning:
      if (forever_) return Condition::kForever;
      if (!spinning_) return Condition::kProgresses;
      break;
    case ThreadState::kSleeping:
      break;
  }
  if (waiter_.timer.valid()) {
    enders->clock = true;
    return Condition::kDepends;
  }
  waiter_.on->Enders(waiter_, enders);
  return Condition::kDepends;
}

}  // namespace model
