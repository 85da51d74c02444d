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
  if (dead_ > live_ && dead_ >= kPurgeMin) Purge();
  return true;
}

// Brings the earliest live key to the top of the near ones, if there is one.
void EventQueue::BringTop() {
  while (keys_.size() != 0) {
    if (keys_.near_empty()) {
      // The slots of a whole batch at once: the misses overlap.
      for (const DueKey& key : keys_.Refill()) __builtin_prefetch(&slots_[key.slot()]);
    }
    const uint32_t slot = keys_.NearTop().slot();
    if (slots_[slot].generation % 2 == 1) return;
    keys_.PopNear();
    Release(slot);
    --dead_;
  }
}

void EventQueue::Purge() {
  keys_.Filter([this](const DueKey& key) {
    if (Live(key)) return true;
    Release(key.slot());
    return false;
  });
  dead_ = 0;
}

}  // namespace sim
