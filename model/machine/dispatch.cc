// SPDX-License-Identifier: Apache-2.0
//
// Machine, the half that puts threads on cores and takes them off.
//
// A core is idle, switching (incoming_ is set and arrive_ is pending) or has a
// running thread. A running thread is in a burst (bursting_; burst_end_ is pending unless
// it lasts for ever), spins (it waits and keeps the core), or its coroutine is executing.
#include <algorithm>
#include <utility>

#include "model/machine/machine.h"

namespace model {

Core::Core(Machine* machine, int id, SchedulerPolicy policy, int cores)
    : machine_(machine),
      id_(id),
      queue_(policy, cores),
      arrive_(this,
              [](sim::EventHandler* h) {
                Core* c = static_cast<Event*>(h)->core;
                c->machine_->OnArrive(c);
              }),
      burst_end_(this,
                 [](sim::EventHandler* h) {
                   Core* c = static_cast<Event*>(h)->core;
                   c->machine_->OnBurstEnd(c);
                 }),
      slice_end_(this, [](sim::EventHandler* h) {
        Core* c = static_cast<Event*>(h)->core;
        c->machine_->OnSliceEnd(c);
      }) {}

void Machine::SetState(Thread* thread, ThreadState state) {
  thread->state_ = state;
  thread->since_ = now();
}

// The core it ran on last if that is idle, else the next idle one, else the core
// with the shortest queue, the last one first.
Core* Machine::SelectCore(Thread* thread) {
  if (profile().ideal) {
    if (thread->core_ == nullptr) {
      cores_.push_back(std::make_unique<Core>(this, static_cast<int>(cores_.size()), options_.scheduler, 1));
      thread->core_ = cores_.back().get();
    }
    return thread->core_;
  }
  const size_t count = cores_.size();
  const size_t home = thread->core_ != nullptr ? static_cast<size_t>(thread->core_->id_) : 0;
  Core* best = nullptr;
  size_t best_load = 0;
  for (size_t i = 0; i < count; ++i) {
    Core* core = cores_[(home + i) % count].get();
    if (core->idle()) return core;
    // A spinner does not leave: its queue is a poor choice while another is not.
    const size_t load =
        core->queue_.size() + (core->running_ != nullptr && core->running_->spinning_ ? count * 4 : 0);
    if (best == nullptr || load < best_load) {
      best = core;
      best_load = load;
    }
  }
  return best;
}

void Machine::MakeRunnable(Thread* thread, Thread* waker, bool woken) {
  if (ParkIfStopped(thread)) return;
  Core* core = SelectCore(thread);
  SetState(thread, ThreadState::kRunnable);
  if (waker != nullptr && waker->core_ != nullptr) {
    waker->Charge(waker->core_ == core ? profile().wake_local_ns : profile().wake_remote_ns);
  }
  thread->core_ = core;
  if (core->idle()) {
    core->queue_.Place(thread);
    Bring(core, thread, profile().idle_exit_ns);
    return;
  }
  if (core->bursting()) SyncBurst(core);
  core->queue_.Insert(thread, woken);
  if (core->running_ == nullptr) return;  // Switching: OnArrive arms the slice.
  if (woken && core->queue_.WakePreempts(core->running_, thread)) {
    if (MayPreempt(*core->running_) && core->bursting()) {
      Preempt(core);
      return;
    }
    core->need_resched_ = true;
  }
  ArmSlice(core);
}

// Switches an idle core to `thread`, which arrives after `delay_ns` and the switch.
void Machine::Bring(Core* core, Thread* thread, int64_t delay_ns) {
  SIM_DCHECK(core->idle());
  core->incoming_ = thread;
  thread->core_ = core;
  int64_t cost = delay_ns;
  if (core->last_ != thread) {
    cost += profile().context_switch_ns;
    thread->figures_.cpu_kernel_ns += profile().context_switch_ns;
  }
  if (cost == 0) {
    simulation_->CallReady(&core->arrive_);
  } else {
    core->arrive_.id = simulation_->CallAfter(sim::SimDuration::Nanos(cost), &core->arrive_);
  }
}

void Machine::OnArrive(Core* core) {
  Thread* thread = core->incoming_;
  core->incoming_ = nullptr;
  core->running_ = thread;
  core->last_ = thread;
  core->need_resched_ = false;
  if (thread->process_ != nullptr && thread->process_->stopped_ && thread->mode_ == CpuMode::kUser &&
      !thread->fatal_pending_) {
    LeaveCore(thread);
    SetState(thread, ThreadState::kStopped);
    return;
  }
  SetState(thread, ThreadState::kRunning);
  Record(RecordKind::kRunOn, thread, static_cast<uint64_t>(core->id_));
  ArmSlice(core);
  const bool must_die = thread->fatal_pending_ && thread->mode_ == CpuMode::kUser;
  if ((thread->burst_left_ns_ > 0 || thread->forever_) && !must_die) {
    StartBurst(thread);
  } else {
    thread->CutBurst();
    EndBurst(thread);
  }
}

// The running thread of `core` has left: who waits goes next, or one from the
// longest queue of the others.
void Machine::PickNext(Core* core) {
  if (!core->queue_.empty()) {
    Bring(core, core->queue_.PopNext(), 0);
    return;
  }
  if (profile().ideal) return;  // A core a thread: nothing to pull.
  Core* longest = nullptr;
  for (const auto& other : cores_) {
    if (other.get() != core && !other->queue_.empty() &&
        (longest == nullptr || other->queue_.size() > longest->queue_.size())) {
      longest = other.get();
    }
  }
  if (longest == nullptr || profile().ideal) return;
  Thread* stolen = longest->queue_.Steal();
  core->queue_.Place(stolen);
  Bring(core, stolen, 0);
}

void Machine::LeaveCore(Thread* thread) {
  Core* core = thread->core_;
  SIM_DCHECK(core->running_ == thread);
  core->running_ = nullptr;
  ++thread->figures_.switches;
  if (core->slice_end_.id.valid()) {
    simulation_->Cancel(core->slice_end_.id);
    core->slice_end_.id = {};
  }
  Record(RecordKind::kOffCore, thread, static_cast<uint64_t>(core->id_),
         static_cast<uint64_t>(thread->state_));
  PickNext(core);
}

bool Machine::MayPreempt(const Thread& thread) const {
  if (thread.spinning_ || thread.atomic_depth_ > 0) return false;
  return thread.mode_ == CpuMode::kUser || options_.preempt == PreemptModel::kFull;
}

// Takes the running thread, which is in a burst, off its core.
void Machine::Preempt(Core* core) {
  Thread* thread = core->running_;
  StopBurst(thread);
  core->need_resched_ = false;
  SetState(thread, ThreadState::kRunnable);
  core->queue_.Insert(thread, false);
  LeaveCore(thread);
}

void Machine::ArmSlice(Core* core) {
  const int64_t slice = core->queue_.slice_ns();
  if (slice == 0 || core->queue_.empty() || core->slice_end_.id.valid() || core->running_ == nullptr) return;
  const int64_t tick = profile().tick_ns;
  // Round robin counts ticks; the fair class looks at each tick whether the slice is used.
  const int64_t start =
      options_.scheduler == SchedulerPolicy::kRoundRobin ? now().ns() / tick * tick : now().ns();
  const int64_t due = (start + slice + tick - 1) / tick * tick;
  core->slice_end_.id = simulation_->CallAt(sim::SimTime::FromNanos(due), &core->slice_end_);
}

void Machine::OnSliceEnd(Core* core) {
  core->slice_end_.id = {};
  Thread* thread = core->running_;
  if (thread == nullptr || core->queue_.empty()) return;
  if (MayPreempt(*thread) && core->bursting()) {
    Preempt(core);
  } else {
    core->need_resched_ = true;
  }
}

void Machine::StartBurst(Thread* thread) {
  Core* core = thread->core_;
  if (thread->mode_ == CpuMode::kUser && thread->process_ != nullptr && thread->process_->stopped_ &&
      !thread->fatal_pending_) {
    SetState(thread, ThreadState::kStopped);  // Its burst is there when it comes back.
    LeaveCore(thread);
    return;
  }
  core->bursting_ = true;
  core->burst_start_ = now();
  if (!thread->forever_) {
    core->burst_end_.id =
        simulation_->CallAfter(sim::SimDuration::Nanos(thread->burst_left_ns_), &core->burst_end_);
  }
  if (core->need_resched_ && MayPreempt(*thread) && !core->queue_.empty()) Preempt(core);
}

void Machine::SyncBurst(Core* core) {
  Thread* thread = core->running_;
  const int64_t ran = (now() - core->burst_start_).ns();
  core->burst_start_ = now();
  (thread->mode_ == CpuMode::kUser ? thread->figures_.cpu_user_ns : thread->figures_.cpu_kernel_ns) += ran;
  core->queue_.Account(thread, ran);
  if (!thread->forever_) thread->burst_left_ns_ -= ran;
}

void Machine::StopBurst(Thread* thread) {
  Core* core = thread->core_;
  SyncBurst(core);
  simulation_->Cancel(core->burst_end_.id);
  core->burst_end_.id = {};
  core->bursting_ = false;
}

void Machine::OnBurstEnd(Core* core) {
  Thread* thread = core->running_;
  SyncBurst(core);
  core->burst_end_.id = {};
  core->bursting_ = false;
  thread->burst_span_ns_ = 0;
  EndBurst(thread);
}

// The burst is over and its thread still on its core: it goes on, or gives way.
void Machine::EndBurst(Thread* thread) {
  Core* core = thread->core_;
  if (thread->returning_) {
    thread->returning_ = false;
    thread->mode_ = CpuMode::kUser;
    if (thread->process_ != nullptr && thread->process_->stopped_ && !thread->fatal_pending_) {
      SetState(thread, ThreadState::kStopped);
      LeaveCore(thread);
      return;
    }
  }
  const bool may_yield = thread->atomic_depth_ == 0 &&
                         (thread->mode_ == CpuMode::kUser || options_.preempt != PreemptModel::kNone);
  if (core->need_resched_ && may_yield && !core->queue_.empty()) {
    core->need_resched_ = false;
    SetState(thread, ThreadState::kRunnable);
    core->queue_.Insert(thread, false);
    LeaveCore(thread);
    return;
  }
  Resume(thread);
}

void Machine::Resume(Thread* thread) { sim::internal::ResumeNext(thread->leaf_->handle()); }

bool Machine::ParkIfStopped(Thread* thread) {
  if (thread->process_ == nullptr || !thread->process_->stopped_ || thread->fatal_pending_) return false;
  const bool in_user_mode = thread->mode_ == CpuMode::kUser;
  const bool slept_interruptibly =
      thread->waiter_.kind == SleepKind::kInterruptible && thread->state_ == ThreadState::kSleeping;
  if (!in_user_mode && !slept_interruptibly) return false;
  SetState(thread, ThreadState::kStopped);
  return true;
}

// ---- The body's side (thread.h) ----

void Thread::StartBurst(sim::SimDuration span, sim::PromiseBase* leaf) {
  SIM_CHECK_MSG(state_ == ThreadState::kRunning, name());
  leaf_ = leaf;
  burst_span_ns_ = span.ns();
  burst_left_ns_ = span.ns() + charged_ns_;
  charged_ns_ = 0;
  if (mode_ == CpuMode::kUser && fatal_pending_) {
    CutBurst();
    machine_->simulation_->ResumeReady(leaf->handle());
    return;
  }
  machine_->StartBurst(this);
}

// What was charged is paid first, so it is not given back.
void Thread::CutBurst() {
  burst_span_ns_ = forever_ ? 0 : std::min(burst_left_ns_, burst_span_ns_);
  burst_left_ns_ = 0;
  forever_ = false;
}

sim::SimDuration Thread::TakeUnusedBurst() {
  return sim::SimDuration::Nanos(std::exchange(burst_span_ns_, 0));
}

bool Thread::GiveWay(GiveWayAwaiter::Kind kind, sim::PromiseBase* leaf) {
  Core* core = core_;
  leaf_ = leaf;
  switch (kind) {
    case GiveWayAwaiter::Kind::kYield:
      if (core->queue_.empty()) return false;
      burst_left_ns_ = 0;
      machine_->SetState(this, ThreadState::kRunnable);
      core->queue_.InsertYielding(this);
      machine_->LeaveCore(this);
      return true;
    case GiveWayAwaiter::Kind::kForever:
      if (fatal_pending_ && mode_ == CpuMode::kUser) return false;
      forever_ = true;
      burst_span_ns_ = burst_left_ns_ = 0;
      machine_->StartBurst(this);
      return true;
    case GiveWayAwaiter::Kind::kStep:
      machine_->simulation_->ResumeReady(leaf->handle());
      return true;
    case GiveWayAwaiter::Kind::kReturnToUser: {
      charged_ns_ += machine_->profile().syscall_exit_ns;
      const bool stop = process_ != nullptr && process_->stopped_ && !fatal_pending_;
      if (charged_ns_ == 0 && !stop && !core->need_resched_) {
        mode_ = CpuMode::kUser;
        return false;
      }
      returning_ = true;
      burst_span_ns_ = 0;
      burst_left_ns_ = charged_ns_;
      charged_ns_ = 0;
      machine_->StartBurst(this);
      return true;
    }
  }
  return false;
}

}  // namespace model
