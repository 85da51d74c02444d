// SPDX-License-Identifier: Apache-2.0
//
// Ring: cancellation, messages, and the exit of the owner.
//
//   target                        cancel's res    target's res
//   queued, armed                 0               -ECANCELED, after cancel's completion
//   running                       -EALREADY       its own; interruptible sleeps end with EINTR
//   running, graceful             0               its own, at the end of its step
//   none of that user_data        -ENOENT
//   all = true                    how many were found, running ones too
//
// Entries that wait behind another of their chain are not found.
//
// Source: linux io_uring/cancel.c:io_try_cancel (order: queued work, running work, polls,
// timeouts), __io_async_cancel (counts whatever of these found something), io_uring.c:
// io_uring_cancel_generic, io-wq.c:io_wq_exit_workers.
#include <algorithm>
#include <array>
#include <utility>

#include "model/ring/ring.h"

namespace model {
namespace {

// The place of a request in the order of search; -1: not found.
int SearchOrder(const RingRequest& request) {
  switch (request.state()) {
    case RingState::kQueued:
      return 0;
    case RingState::kRunning:
      return 1;
    case RingState::kArmed:
      return request.sqe().op == RingOp::kPoll ? 2 : 3;
    default:
      return -1;
  }
}

}  // namespace

bool Ring::Withdraw(const Request& request, Thread* waker) {
  if (request->state_ == RingState::kArmed) return true;
  return request->state_ == RingState::kQueued &&
         request->work_->pool().TakeBack(request->work_.get(), waker);
}

void Ring::Interrupt(const Request& request, RingCancel how, Thread* waker) {
  request->cancel_ = std::max(request->cancel_, how);
  const Waitable* object = request->worker_->waiter().on;
  if (object == nullptr || (how == RingCancel::kGraceful && object != &request->inbox_)) return;
  if (request->worker_->waiter().kind != SleepKind::kInterruptible) return;
  for (Waiter* waiter = object->waiters().front(); waiter != nullptr; waiter = waiter->next) {
    if (waiter->thread != request->worker_) continue;
    Waitable* on = waiter->on;
    machine_->Wake(waiter, kEINTR, waker);
    on->OnAbandoned(waiter);
    return;
  }
}

void Ring::Cancel(const Request& canceller, Thread* issuer) {
  const Sqe& sqe = canceller->sqe_;
  std::vector<Request> found;
  for (int order = 0; order <= 3; ++order) {
    for (const Request& request : in_flight_) {
      const bool matches = request != canceller && request->sqe_.user_data == sqe.target;
      if (matches && SearchOrder(*request) == order) found.push_back(request);
    }
  }
  if (!sqe.all && found.size() > 1) found.resize(1);
  int64_t res = -kENOENT;
  std::vector<Request> ended;
  for (const Request& request : found) {
    if (Withdraw(request, issuer)) {
      ended.push_back(request);
      res = 0;
      continue;
    }
    const bool gracefully = sqe.graceful && request->sqe_.work.stops_gracefully;
    Interrupt(request, gracefully ? RingCancel::kGraceful : RingCancel::kNow, issuer);
    res = gracefully ? 0 : -kEALREADY;
  }
  if (sqe.all) res = static_cast<int64_t>(found.size());
  Complete(canceller, {.res = res}, issuer);
  for (const Request& request : ended) Complete(request, {.res = -kECANCELED}, issuer);
}

void Ring::Deliver(const Request& message, Thread* issuer) {
  const Sqe& sqe = message->sqe_;
  int64_t res = -kENOENT;
  for (const Request& request : in_flight_) {
    if (request == message || request->sqe_.user_data != sqe.target) continue;
    if (request->state_ != RingState::kRunning && request->state_ != RingState::kQueued) continue;
    if (!request->sqe_.work.takes_messages) {
      res = -kENOTSUP;
      continue;
    }
    request->messages_.push_back(sqe.text);
    machine_->WakeAll(&request->inbox_, 0, issuer);
    res = 0;
    break;
  }
  Complete(message, {.res = res}, issuer);
}

// ---- The owner exits ----

sim::Task<> Ring::CancelForExit(Ring* ring, Thread* thread) {
  co_await sim::FrameName{"io_uring_cancel_generic"};
  ring->closing_ = true;
  ring->sq_.clear();
  ring->published_ = 0;
  ring->deferred_.clear();
  const std::vector<Request> requests = ring->in_flight_;
  for (const Request& request : requests) {
    if (request->state_ == RingState::kRunning) {
      ring->Interrupt(request, RingCancel::kNow, thread);
    } else if (request->state_ != RingState::kDone) {
      ring->Withdraw(request, thread);
      ring->Complete(request, {.res = -kECANCELED}, thread);
    }
  }
  ring->bounded_->Close(thread);
  ring->unbounded_->Close(thread);
  if (ring->poller_ != nullptr) ring->WakePoller(thread);
  co_await thread->Settle();
  co_await CleanForExit(ring, thread);
}

sim::Task<> Ring::CleanForExit(Ring* ring, Thread* thread) {
  co_await sim::FrameName{"io_uring_clean_tctx"};
  co_await PutWorkers(ring, thread);
}

sim::Task<> Ring::PutWorkers(Ring* ring, Thread* thread) {
  co_await sim::FrameName{"io_wq_put_and_exit"};
  while (!ring->WorkersGone()) co_await thread->Wait(ring->workers_done_, {});
}

bool Ring::WorkersGone() const {
  const std::vector<Thread*> all = threads();
  return std::all_of(all.begin(), all.end(),
                     [](const Thread* thread) { return thread->ended() || thread->exiting(); });
}

}  // namespace model
