// SPDX-License-Identifier: Apache-2.0
//
// Signals: who is woken, who is stopped, who has to die.
//
// Source: linux kernel/signal.c (signal_wake_up_state, complete_signal), which
// wakes an interruptible sleeper for any signal and a killable one for a fatal
// signal only; a plain D sleeper never.
#include <array>

#include "model/machine/machine.h"

namespace model {

int SignalByName(std::string_view name) {
  if (name.substr(0, 3) == "SIG") name.remove_prefix(3);
  struct Entry {
    std::string_view name;
    int number;
  };
  static constexpr std::array<Entry, 8> kSignals = {{{"HUP", kSigHup},
                                                     {"INT", kSigInt},
                                                     {"KILL", kSigKill},
                                                     {"USR1", kSigUsr1},
                                                     {"USR2", kSigUsr2},
                                                     {"TERM", kSigTerm},
                                                     {"CONT", kSigCont},
                                                     {"STOP", kSigStop}}};
  for (const Entry& entry : kSignals) {
    if (entry.name == name) return entry.number;
  }
  return 0;
}

// A thread in user mode is interrupted; what is left of its burst is given back.
void Machine::Kick(Thread* thread) {
  if (thread->mode_ != CpuMode::kUser || thread->state_ != ThreadState::kRunning) return;
  if (!thread->core_->bursting()) return;
  StopBurst(thread);
  thread->CutBurst();
  simulation_->ResumeReady(thread->leaf_->handle());
}

void Machine::Signal(Process* process, int signal) {
  if (process->ended_ || now() < process->start_) return;
  Record(RecordKind::kSignal, process->threads_.empty() ? nullptr : process->threads_.front(),
         static_cast<uint64_t>(signal));
  if (signal == kSigStop) {
    if (process->stopped_ || process->killed_) return;
    process->stopped_ = true;
    for (Thread* thread : process->threads_) {
      if (thread->state_ == ThreadState::kRunning && thread->mode_ == CpuMode::kUser &&
          thread->core_->bursting()) {
        StopBurst(thread);
        SetState(thread, ThreadState::kStopped);
        LeaveCore(thread);
      } else if (thread->state_ == ThreadState::kRunnable && thread->mode_ == CpuMode::kUser &&
                 thread->core_->queue_.Remove(thread)) {
        SetState(thread, ThreadState::kStopped);
      } else if (thread->state_ == ThreadState::kSleeping &&
                 thread->waiter_.kind == SleepKind::kInterruptible) {
        SetState(thread, ThreadState::kStopped);
      }
    }
    return;
  }
  if (signal == kSigCont) {
    if (!process->stopped_) return;
    process->stopped_ = false;
    for (Thread* thread : process->threads_) {
      if (thread->state_ != ThreadState::kStopped) continue;
      if (thread->waiter_.on != nullptr) {
        SetState(thread, ThreadState::kSleeping);
      } else {
        MakeRunnable(thread, nullptr, true);
      }
    }
    return;
  }
  if (signal != kSigKill && ((process->handled_mask_ >> signal) & 1) != 0) {
    process->handled_pending_ |= uint64_t{1} << signal;
    for (Thread* thread : process->threads_) {
      if (thread->ended() || thread->exiting_ || thread->signals_blocked_) continue;
      if (thread->state_ == ThreadState::kNew || thread->state_ == ThreadState::kStopped) continue;
      if (thread->waiter_.on != nullptr && !thread->spinning_) {
        if (thread->waiter_.kind != SleepKind::kInterruptible) continue;
        Waitable* object = thread->waiter_.on;
        EndWait(&thread->waiter_, kEINTR, nullptr);
        object->OnAbandoned(&thread->waiter_);
        return;
      }
      Kick(thread);
      return;
    }
    return;
  }
  if (!process->killed_) {
    process->killed_ = true;
    process->killed_at_ = now();
  }
  EndThreads(process);
}

void Machine::EndThreads(Process* process) {
  process->stopped_ = false;
  for (Thread* thread : process->threads_) EndThread(thread);
}

void Machine::EndSiblings(Thread* thread) {
  for (Thread* other : thread->process_->threads_) {
    if (other != thread) EndThread(other);
  }
}

void Machine::EndThread(Thread* thread) {
  if (thread->ended() || thread->exiting_ || thread->fatal_pending_) return;
  thread->fatal_pending_ = true;
  if (thread->waiter_.on != nullptr) {
    const SleepKind kind = thread->waiter_.kind;
    const bool interruptible = kind == SleepKind::kInterruptible || kind == SleepKind::kKillable;
    const bool ends = thread->spinning_ ? options_.poll_fatal && kind != SleepKind::kSpin : interruptible;
    if (ends) {
      Waitable* object = thread->waiter_.on;
      EndWait(&thread->waiter_, kEINTR, nullptr);
      object->OnAbandoned(&thread->waiter_);
    }
  } else if (thread->state_ == ThreadState::kNew) {
    // Not before its time, if that is still to come: it starts now, to end.
    if (simulation_->Cancel(thread->waiter_.timer)) simulation_->CallReady(&thread->waiter_);
  } else if (thread->state_ == ThreadState::kStopped) {
    MakeRunnable(thread, nullptr, true);
  } else {
    Kick(thread);
  }
}

}  // namespace model
