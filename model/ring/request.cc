// SPDX-License-Identifier: Apache-2.0
#include "model/ring/request.h"

#include <utility>

#include "model/ring/ring.h"

namespace model {

RingRequest::Inbox::Inbox(const RingRequest* request)
    : Waitable(WaitableKind::kQueue, request->name()), request_(request) {}

void RingRequest::Inbox::Enders(const Waiter&, EnderSet* enders) const {
  request_->ring_->AddUsers(nullptr, &enders->NeedsAnyOf());
}

RingRequest::RingRequest(Ring* ring, Sqe sqe, uint64_t sequence)
    : Actor(ActorKind::kWork, ring->name() + ":" + std::to_string(sqe.user_data)),
      ring_(ring),
      sqe_(std::move(sqe)),
      sequence_(sequence),
      inbox_(this),
      timer_(this, &Ring::OnTimeout),
      link_timer_(this, &Ring::OnLinkTimeout) {}

const std::string& RingRequest::reported_name() const { return ring_->name(); }

void RingRequest::Progress(RingResult result, Thread* worker) {
  ring_->Post({sqe_.user_data, result.res, true, std::move(result.text)}, worker);
}

std::string RingRequest::TakeMessage() {
  SIM_CHECK(!messages_.empty());
  std::string message = std::move(messages_.front());
  messages_.pop_front();
  return message;
}

sim::Task<int> RingRequest::WaitMessage(Thread* worker) {
  co_await sim::FrameName{"io_uring_wait_message"};
  while (messages_.empty()) {
    if (cancel_ != RingCancel::kNone) co_return kEINTR;
    const int error = co_await worker->Wait(inbox_, {.kind = SleepKind::kInterruptible});
    if (error != 0) co_return error;
  }
  co_return 0;
}

Actor::Condition RingRequest::Examine(EnderSet* enders) const {
  switch (state_) {
    case RingState::kDone:
      return Condition::kEnded;
    case RingState::kLinked:
      if (const std::shared_ptr<RingRequest> previous = previous_.lock()) enders->Needs(previous.get());
      break;
    case RingState::kDeferred:
      ring_->AddEarlier(sequence_, enders);
      break;
    case RingState::kArmed:
      if (timer_.id.valid()) {
        enders->clock = true;
      } else if (sqe_.poll != nullptr) {
        sqe_.poll->putters().Fill(Waiter(), enders);
      } else {
        enders->NeedsAnyOf();
      }
      break;
    case RingState::kQueued:
      enders->Needs(work_.get());
      break;
    case RingState::kRunning:
      enders->Needs(worker_);
      break;
  }
  if (link_timer_.id.valid() && state_ != RingState::kRunning) enders->clock = true;
  return Condition::kDepends;
}

}  // namespace model
