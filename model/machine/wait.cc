// SPDX-License-Identifier: Apache-2.0
//
// Machine, the half that lets threads wait and wakes them.
#include "model/machine/machine.h"
#include "sim/hash.h"

namespace model {

bool Machine::WaitSpins(const Thread& thread, const Waitable& object, SleepKind kind) const {
  if (kind == SleepKind::kSpin) return true;
  if (options_.blocking != BlockingKernel::kSpin || thread.kernel_thread() ||
      thread.mode() != CpuMode::kKernel) {
    return false;
  }
  return options_.spin_scope_all || object.kind() == WaitableKind::kUpcall ||
         object.kind() == WaitableKind::kRequest;
}

// Whether a signal that is pending keeps the wait from beginning.
bool Machine::SignalEndsWait(const Thread& thread, const Waitable& object, SleepKind kind) const {
  if (WaitSpins(thread, object, kind)) {
    return thread.fatal_pending_ && options_.poll_fatal && kind != SleepKind::kSpin;
  }
  if (kind == SleepKind::kKillable) return thread.fatal_pending_;
  if (kind != SleepKind::kInterruptible) return false;
  return thread.fatal_pending_ ||
         (thread.process_ != nullptr && !thread.signals_blocked_ && thread.process_->HasHandledSignal());
}

Thread::WaitAwaiter Thread::Wait(Waitable& object, WaitSpec spec, int mode, int64_t argument) {
  SIM_CHECK_MSG(state_ == ThreadState::kRunning, name());
  waiter_.mode = static_cast<int16_t>(mode);
  waiter_.argument = argument;
  waiter_.kind = spec.kind;
  waiter_.io = spec.io;
  waiter_.result = spec.timeout_result;
  if (machine_->SignalEndsWait(*this, object, spec.kind)) {
    waiter_.result = kEINTR;
    return {this};
  }
  if (spec.timeout.ns() <= 0) return {this};
  waiter_.on = &object;
  object.waiters_.PushBack(&waiter_);
  machine_->Record(RecordKind::kBlock, this, object, static_cast<uint64_t>(spec.kind));
  if (spec.timeout != sim::SimDuration::Max()) {
    waiter_.call = &Machine::OnTimeout;
    waiter_.timer = machine_->simulation_->CallAfter(spec.timeout, &waiter_);
  }
  if (machine_->WaitSpins(*this, object, spec.kind)) {
    spinning_ = true;
    since_ = machine_->now();
    return {this};
  }
  SIM_CHECK_MSG(atomic_depth_ == 0, "sleeping while atomic: " + name());
  machine_->SetState(this, ThreadState::kSleeping);
  if (process_ != nullptr && process_->stopped_ && !fatal_pending_ &&
      spec.kind == SleepKind::kInterruptible) {
    machine_->SetState(this, ThreadState::kStopped);
  }
  machine_->LeaveCore(this);
  if (sleep_observer_ != nullptr) sleep_observer_->OnSleep(this);
  return {this};
}

inline void Machine::EndWaitUnrecorded(Waiter* waiter, int result, Thread* waker) {
  Thread* thread = waiter->thread;
  waiter->on->waiters_.Remove(waiter);
  waiter->on = nullptr;
  waiter->result = result;
  if (waiter->timer.valid()) {
    simulation_->Cancel(waiter->timer);
    waiter->timer = {};
  }
  const int64_t waited = (now() - thread->since_).ns();
  if (thread->spinning_) {
    thread->spinning_ = false;
    thread->figures_.cpu_spin_ns += waited;
    thread->core_->queue_.Account(thread, waited);
    thread->since_ = now();
    simulation_->ResumeReady(thread->leaf_->handle());
    return;
  }
  if (waiter->kind == SleepKind::kUninterruptible || waiter->kind == SleepKind::kKillable) {
    thread->figures_.d_state_ns += waited;
  }
  if (thread->sleep_observer_ != nullptr) thread->sleep_observer_->OnWoken(thread);
  if (thread->state_ == ThreadState::kStopped) {
    if (thread->process_->stopped_ && !thread->fatal_pending_) return;  // SIGCONT makes it runnable.
  }
  MakeRunnable(thread, waker, true);
}

void Machine::EndWait(Waiter* waiter, int result, Thread* waker) {
  if (recorder() != nullptr) [[unlikely]]
    return EndWaitRecorded(waiter, result, waker);
  EndWaitUnrecorded(waiter, result, waker);
}

void Machine::EndWaitRecorded(Waiter* waiter, int result, Thread* waker) {
  RecordNow(RecordKind::kWake, waiter->thread, *waiter->on, static_cast<uint64_t>(result));
  EndWaitUnrecorded(waiter, result, waker);
}

void Machine::Wake(Waiter* waiter, int result, Thread* waker) {
  SIM_CHECK(waiter->on != nullptr);
  EndWait(waiter, result, waker);
}

void Machine::WakeAll(Waitable* object, int result, Thread* waker) {
  // Those who wait now: who comes back to wait again is not among them.
  Waiter* last = nullptr;
  for (Waiter* waiter = object->waiters_.front(); waiter != nullptr; waiter = waiter->next) last = waiter;
  while (last != nullptr) {
    Waiter* waiter = object->waiters_.front();
    const bool done = waiter == last;
    EndWait(waiter, result, waker);
    if (done) break;
  }
}

void Machine::OnTimeout(sim::EventHandler* handler) {
  auto* waiter = static_cast<Waiter*>(handler);
  Waitable* object = waiter->on;
  waiter->timer = {};
  waiter->thread->machine().EndWait(waiter, waiter->result, nullptr);
  object->OnAbandoned(waiter);
}

Thread::WaitAwaiter Thread::SleepFor(sim::SimDuration span, SleepKind kind) {
  return Wait(machine_->sleep_event(), {.kind = kind, .timeout = span, .timeout_result = 0});
}

Thread::WaitAwaiter Thread::Hang() {
  return Wait(machine_->hang_event(), {.kind = SleepKind::kInterruptible});
}

}  // namespace model
