// SPDX-License-Identifier: Apache-2.0
#include "sim/event_queue.h"

#include <algorithm>

namespace sim {

namespace {
// Fewer dead keys than this are not worth a walk over the whole queue.
constexpr size_t kPurgeMin = 64;
}  // namespace

void EventQueue::AddSlots() {
  const uint32_t old_size = static_cast<uint32_t>(slots_.size());
  SIM_CHECK_MSG(old_size < kMaxPending, "more than 2^24 pending events");
  const uint32_t new_size = std::min(std::max(old_size * 2, 64u), kMaxPending);
  slots_.resize(new_size);
  for (uint32_t i = old_size; i < new_size; ++i) slots_[i].payload = i + 1;
}

bool EventQueue::Cancel(EventId id) {
  if (!Pending(id)) return false;
  ++slots_[id.slot].generation;
  --live_;
  ++dead_;
  DropDeadTop();
  if (dead_ > live_ && dead_ >= kPurgeMin) Purge();
  return true;
}

void EventQueue::DropDeadTop() {
  while (!heap_.empty() && !Live(heap_.top())) {
    Release(heap_.top().slot());
    heap_.Pop();
    --dead_;
  }
}

void EventQueue::Purge() {
  heap_.Filter([this](const DueKey& key) {
    if (Live(key)) return true;
    Release(key.slot());
    return false;
  });
  dead_ = 0;
}

}  // namespace sim
