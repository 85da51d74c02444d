// SPDX-License-Identifier: Apache-2.0
#include "model/machine/waitable.h"

#include "sim/check.h"

namespace model {

void WaiterList::PushBack(Waiter* waiter) {
  waiter->next = nullptr;
  waiter->previous = tail_;
  (tail_ != nullptr ? tail_->next : head_) = waiter;
  tail_ = waiter;
}

void WaiterList::PushFront(Waiter* waiter) {
  waiter->previous = nullptr;
  waiter->next = head_;
  (head_ != nullptr ? head_->previous : tail_) = waiter;
  head_ = waiter;
}

void WaiterList::Remove(Waiter* waiter) {
  SIM_DCHECK(waiter->previous != nullptr || head_ == waiter);
  (waiter->previous != nullptr ? waiter->previous->next : head_) = waiter->next;
  (waiter->next != nullptr ? waiter->next->previous : tail_) = waiter->previous;
  waiter->next = waiter->previous = nullptr;
}

std::string_view SleepKindName(SleepKind kind) {
  switch (kind) {
    case SleepKind::kUninterruptible:
      return "D";
    case SleepKind::kKillable:
      return "killable";
    case SleepKind::kInterruptible:
      return "S";
    case SleepKind::kIdle:
      return "idle";
    case SleepKind::kSpin:
      return "spin";
  }
  return "";
}

}  // namespace model
