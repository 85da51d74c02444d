// SPDX-License-Identifier: Apache-2.0
#include "model/sync/event.h"

#include <algorithm>

namespace model {

bool Producers::Allows(const Actor* actor) const {
  return open_ || actor == nullptr || std::find(actors_.begin(), actors_.end(), actor) != actors_.end();
}

void Producers::Fill(const Waiter& waiter, EnderSet* enders) const {
  if (outside_) enders->outside = true;
  EnderSet::Clause& clause = enders->NeedsAnyOf();
  if (open_ && waiter.thread != nullptr) {
    for (const auto& thread : waiter.thread->machine().threads()) {
      if (!thread->ended() && thread->waiter().on != waiter.on) clause.any_of.push_back(thread.get());
    }
  }
  for (const Actor* actor : actors_) {
    if (actor == waiter.thread) continue;
    // Who waits on the same object cannot be the one that ends the wait, unless its time-out brings it back.
    const auto* thread = actor->kind() == ActorKind::kThread ? static_cast<const Thread*>(actor) : nullptr;
    if (thread != nullptr && waiter.on != nullptr && thread->waiter().on == waiter.on &&
        !thread->waiter().timer.valid()) {
      continue;
    }
    clause.any_of.push_back(actor);
  }
}

bool Completion::TryWait() {
  if (all_) return true;
  if (count_ == 0) return false;
  --count_;
  return true;
}

void Completion::Complete(Thread* waker) {
  if (waiters_.empty()) {
    ++count_;
  } else {
    machine_->Wake(waiters_.front(), 0, waker);
  }
}

void Completion::CompleteAll(Thread* waker) {
  all_ = true;
  machine_->WakeAll(this, 0, waker);
}

sim::Task<int> CondVar::Wait(Thread* thread, Mutex* mutex, WaitSpec spec) {
  mutex->Unlock(thread);
  const int result = co_await thread->Wait(*this, spec);
  co_await mutex->LockIt(thread);
  co_return result;
}

void CondVar::Signal(Thread* waker) {
  if (!waiters_.empty()) machine_->Wake(waiters_.front(), 0, waker);
}

void CondVar::Broadcast(Thread* waker) { machine_->WakeAll(this, 0, waker); }

void WaitQueue::WakeOne(Thread* waker) {
  if (!waiters_.empty()) machine_->Wake(waiters_.front(), 0, waker);
}

void WaitQueue::WakeAll(Thread* waker) { machine_->WakeAll(this, 0, waker); }

void Gate::Open(Thread* waker) {
  open_ = true;
  machine_->WakeAll(this, 0, waker);
}

}  // namespace model
