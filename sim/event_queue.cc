// SPDX-License-Identifier: Apache-2.0
#include "sim/event_queue.h"

namespace sim {

namespace {
// Fewer dead keys than this are not worth a walk over the whole queue.
constexpr size_t kPurgeMin = 64;
}  // namespace

bool EventQueue::Cancel(EventId id) {
  if (!Pending(id)) return false;
  ++slots_[id.slot].generation;
  --live_;
  ++dead_;
  if (dead_ > live_ && dead_ >= kPurgeMin && keys_.size() != 0) Purge();
  return true;
}

// Brings the earliest live key to the top of the near ones, if there is one.
void EventQueue::BringTop() {
  while (keys_.size() != 0) {
    if (keys_.near_empty()) {
      // The slots of the whole row at once: the misses overlap.
      for (const DueKey& key : keys_.Refill()) __builtin_prefetch(&slots_[key.slot()]);
    }
    const uint32_t slot = keys_.NearTop().slot();
    if (Live(keys_.NearTop())) return;
    keys_.PopNear();
    slots_.Free(slot);
    --dead_;
  }
}

void EventQueue::TakeKeys(std::vector<DueKey>* keys) {
  if (keys_.size() == 0) return;
  keys_.Filter([keys](const DueKey& key) {
    keys->push_back(key);
    return false;
  });
  dead_ = 0;
}

uintptr_t EventQueue::Claim(const DueKey& key) {
  const uintptr_t payload = PayloadOf(key);
  if (payload != 0) {
    ++slots_[key.slot()].generation;
    --live_;
  }
  slots_.Free(key.slot());
  return payload;
}

void EventQueue::Purge() {
  keys_.Filter([this](const DueKey& key) {
    if (Live(key)) return true;
    slots_.Free(key.slot());
    return false;
  });
  dead_ = 0;
}

}  // namespace sim
