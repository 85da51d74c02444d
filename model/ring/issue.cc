// SPDX-License-Identifier: Apache-2.0
//
// Ring: how operations begin, and how they end.
//
// Nothing here waits: it runs on the submitter, on a worker, or in interrupt context.
#include <algorithm>
#include <utility>

#include "model/ring/ring.h"

namespace model {

// A drain begins when all before it have ended; what comes after it does not overtake it.
void Ring::Start(const Request& head, Thread* issuer) {
  const bool earlier = in_flight_.front()->sequence_ < head->sequence_;
  if (!deferred_.empty() || (head->sqe_.drain && earlier)) {
    head->state_ = RingState::kDeferred;
    deferred_.push_back(head);
    return;
  }
  ready_.push_back(head);
  IssueReady(issuer);
}

// A chain of operations that end at once is a loop, not a recursion.
void Ring::IssueReady(Thread* issuer) {
  if (issuing_) return;
  issuing_ = true;
  for (;;) {
    if (ready_.empty() && !deferred_.empty()) {
      const Request& head = deferred_.front();
      if (!head->sqe_.drain || in_flight_.front()->sequence_ >= head->sequence_) {
        ready_.push_back(head);
        deferred_.pop_front();
      }
    }
    if (ready_.empty()) break;
    const Request request = std::move(ready_.front());
    ready_.pop_front();
    Issue(request, issuer);
  }
  issuing_ = false;
}

void Ring::Issue(const Request& request, Thread* issuer) {
  if (request->state_ == RingState::kDone) return;
  if (closing_) {
    Complete(request, {.res = -kECANCELED}, issuer);
    return;
  }
  const Sqe& sqe = request->sqe_;
  if (sqe.op != RingOp::kTimeout && sqe.timeout != sim::SimDuration::Max()) {
    request->link_timer_.id = machine_->simulation().CallAfter(sqe.timeout, &request->link_timer_);
  }
  switch (sqe.op) {
    case RingOp::kNop:
      Complete(request, {}, issuer);
      break;
    case RingOp::kTimeout:
      request->state_ = RingState::kArmed;
      if (sqe.timeout == sim::SimDuration::Max()) break;
      request->timer_.id = machine_->simulation().CallAfter(sqe.timeout, &request->timer_);
      break;
    case RingOp::kPoll:
      ArmPoll(request, issuer);
      break;
    case RingOp::kCancel:
      Cancel(request, issuer);
      break;
    case RingOp::kMessage:
      Deliver(request, issuer);
      break;
    case RingOp::kWork:
      QueueWork(request, issuer);
      break;
  }
}

void Ring::QueueWork(const Request& request, Thread* issuer) {
  request->state_ = RingState::kQueued;
  WorkerPool& pool = request->sqe_.work.unbounded ? *unbounded_ : *bounded_;
  request->work_ = pool.Queue(
      request->sqe_.work.name,
      [this, request](Thread* worker, Work*) {
        request->state_ = RingState::kRunning;
        request->worker_ = worker;
        return Run(this, request, worker);
      },
      issuer);
}

sim::Task<> Ring::Run(Ring* ring, Request request, Thread* worker) {
  co_await sim::FrameName{"io_wq_submit_work"};
  worker->SetMode(CpuMode::kKernel);
  worker->set_signals_blocked(true);
  RingResult result = co_await request->sqe_.work.body(worker, request.get());
  co_await worker->Settle();
  worker->SetMode(CpuMode::kKernel);
  ring->Complete(request, std::move(result), worker);
}

void Ring::ArmPoll(const Request& request, Thread* issuer) {
  request->state_ = RingState::kArmed;
  MessageQueue* queue = request->sqe_.poll;
  if (queue == nullptr) return;
  if (std::find(polled_.begin(), polled_.end(), queue) == polled_.end()) {
    polled_.push_back(queue);
    queue->OnMessage([this, queue](Thread* waker) { OnPolled(queue, waker); });
  }
  if (queue->readable()) OnPolled(queue, issuer);
}

void Ring::OnPolled(const MessageQueue* queue, Thread* waker) {
  const std::vector<Request> requests = in_flight_;
  for (const Request& request : requests) {
    if (request->sqe_.poll != queue || request->state_ != RingState::kArmed) continue;
    if (request->sqe_.multishot) {
      Post({request->sqe_.user_data, 1, true, {}}, waker);
    } else {
      Complete(request, {.res = 1}, waker);
    }
  }
}

void Ring::OnTimeout(sim::EventHandler* handler) {
  RingRequest* request = static_cast<RingRequest::Timer*>(handler)->request;
  request->timer_.id = {};
  Ring* ring = request->ring_;
  ring->Complete(ring->Shared(request), {.res = -kETIME}, nullptr);
}

// linux io_uring/timeout.c:io_req_task_link_timeout: what runs already is only told.
void Ring::OnLinkTimeout(sim::EventHandler* handler) {
  RingRequest* expired = static_cast<RingRequest::Timer*>(handler)->request;
  expired->link_timer_.id = {};
  Ring* ring = expired->ring_;
  const Request request = ring->Shared(expired);
  const bool withdrawn = ring->Withdraw(request, nullptr);
  ring->Post({request->sqe_.user_data, withdrawn ? -kETIME : -kEALREADY, false, "timeout"}, nullptr);
  if (withdrawn) {
    ring->Complete(request, {.res = -kECANCELED}, nullptr);
  } else {
    ring->Interrupt(request, RingCancel::kNow, nullptr);
  }
}

Ring::Request Ring::Shared(const RingRequest* request) const {
  for (const Request& one : in_flight_) {
    if (one.get() == request) return one;
  }
  SIM_CHECK_MSG(false, name_);
  return nullptr;
}

void Ring::Complete(const Request& request, RingResult result, Thread* waker) {
  const Request held = request;
  held->state_ = RingState::kDone;
  machine_->simulation().Cancel(held->timer_.id);
  held->timer_.id = {};
  const bool failed = result.failed || result.res < 0;
  Post({held->sqe_.user_data, result.res, false, std::move(result.text)}, waker);
  if (held->link_timer_.id.valid()) {
    machine_->simulation().Cancel(held->link_timer_.id);
    held->link_timer_.id = {};
    Post({held->sqe_.user_data, -kECANCELED, false, "timeout"}, waker);
  }
  std::erase(in_flight_, held);
  held->work_.reset();
  Request next = std::move(held->next_);
  if (next != nullptr && failed && !held->sqe_.hardlink) {
    for (; next != nullptr; next = std::exchange(next->next_, nullptr)) {
      next->state_ = RingState::kDone;
      Post({next->sqe_.user_data, -kECANCELED, false, {}}, waker);
      std::erase(in_flight_, next);
    }
  } else if (next != nullptr) {
    ready_.push_back(std::move(next));
  }
  IssueReady(waker);
}

void Ring::Post(Cqe cqe, Thread* waker) {
  const bool room = overflow_.empty() && ready() < options_.sizes.cq;
  (room ? cq_ : overflow_).push_back(std::move(cqe));
  const int64_t there = std::min(ready() + overflown(), options_.sizes.cq);
  Waiter* waiter = completions_.waiters().front();
  while (waiter != nullptr) {
    Waiter* next = waiter->next;
    if (waiter->argument <= there) machine_->Wake(waiter, 0, waker);
    waiter = next;
  }
}

void Ring::FlushOverflow() {
  while (!overflow_.empty() && ready() < options_.sizes.cq) {
    cq_.push_back(std::move(overflow_.front()));
    overflow_.pop_front();
  }
}

}  // namespace model
