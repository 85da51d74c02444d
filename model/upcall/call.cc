// SPDX-License-Identifier: Apache-2.0
#include "model/upcall/call.h"

#include <utility>

#include "sim/hash.h"

namespace model {

Call::Call(ActorKind actor_kind, WaitableKind kind, Machine* machine, std::string call_name,
           const Thread* caller, std::any argument)
    : Actor(actor_kind, call_name),
      Waitable(kind, std::move(call_name)),
      machine_(machine),
      from_(caller != nullptr && caller->process() != nullptr ? caller->process()->name() : ""),
      argument_(std::move(argument)) {}

Thread::WaitAwaiter Call::WaitOnce(Thread* thread, SleepKind kind, const CallWaitSpec& spec,
                                   sim::SimTime deadline) {
  WaitSpec wait = {.kind = kind, .io = spec.io};
  if (deadline != sim::SimTime::Max()) wait.timeout = deadline - machine_->now();
  return thread->Wait(*this, wait);
}

sim::Task<int> Call::Await(Thread* thread, CallWaitSpec spec) {
  if (ended()) co_return 0;
  const sim::SimTime deadline =
      spec.timeout == sim::SimDuration::Max() ? sim::SimTime::Max() : machine_->now() + spec.timeout;
  int error = 0;
  switch (spec.kind) {
    case CallWait::kPlain:
      error = co_await WaitOnce(thread, SleepKind::kUninterruptible, spec, deadline);
      break;
    case CallWait::kKillable:
      error = co_await WaitOnce(thread, SleepKind::kKillable, spec, deadline);
      break;
    case CallWait::kInterruptible:
      error = co_await WaitOnce(thread, SleepKind::kInterruptible, spec, deadline);
      break;
    case CallWait::kIdle:
      error = co_await WaitOnce(thread, SleepKind::kIdle, spec, deadline);
      break;
    case CallWait::kSpin:
      error = co_await WaitOnce(thread, SleepKind::kSpin, spec, deadline);
      break;
    case CallWait::kFuse: {
      co_await sim::FrameName{"request_wait_answer"};
      error = co_await WaitOnce(thread, SleepKind::kInterruptible, spec, deadline);
      if (error != kEINTR || ended()) break;
      interrupted_ = true;
      OnInterrupted();
      if (!spec.force) {
        error = co_await WaitOnce(thread, SleepKind::kKillable, spec, deadline);
        if (error != kEINTR || ended() || state_ == CallState::kQueued) break;
      }
      error = co_await WaitOnce(thread, SleepKind::kUninterruptible, spec, deadline);
      break;
    }
    case CallWait::kSeccomp: {
      co_await sim::FrameName{"seccomp_do_user_notification"};
      error = co_await WaitOnce(thread, SleepKind::kInterruptible, spec, deadline);
      if (error == kEINTR && state_ == CallState::kTaken && spec.killable_once_taken && !thread->killed()) {
        interrupted_ = true;
        OnInterrupted();
        error = co_await WaitOnce(thread, SleepKind::kKillable, spec, deadline);
      }
      break;
    }
  }
  // It ended after the signal had come, or the time, and before the waiter ran: the answer counts.
  if (error != 0 && ended()) error = 0;
  co_return error == 0 ? 0 : Leave(error, spec);
}

int Call::Leave(int error, const CallWaitSpec& spec) {
  if (!spec.withdraws) return error;
  if (state_ == CallState::kQueued) {
    Withdraw();
    answer_.error = error;
    End(CallState::kAborted, nullptr);
  } else {
    abandoned_ = true;
  }
  return error;
}

void Call::Take(Thread* taker) {
  SIM_CHECK_MSG(state_ == CallState::kQueued, name());
  state_ = CallState::kTaken;
  taker_ = taker;
  machine_->Record(record_kind(), taker, sim::HashName(record_name()), static_cast<uint64_t>(state_));
  if (interrupted_) OnInterrupted();
}

int Call::Finish(Answer answer, Thread* waker) {
  if (ended()) return kENOENT;  // Aborted before the answer came.
  answer_ = std::move(answer);
  End(CallState::kDone, waker);
  return abandoned_ ? kENOENT : 0;
}

void Call::Abort(int error, Thread* waker) {
  if (ended()) return;
  answer_ = {.error = error, .value = {}};
  End(CallState::kAborted, waker);
}

void Call::End(CallState state, Thread* waker) {
  state_ = state;
  machine_->Record(record_kind(), waker, sim::HashName(record_name()), static_cast<uint64_t>(state_));
  given_.ReleaseAll(this, waker);
  machine_->WakeAll(this, 0, waker);
}

Actor::Condition Call::Examine(EnderSet* enders) const {
  if (ended()) return Condition::kEnded;
  AddAnswerers(nullptr, enders);
  return Condition::kDepends;
}

void Call::Enders(const Waiter& waiter, EnderSet* enders) const { AddAnswerers(waiter.thread, enders); }

}  // namespace model
