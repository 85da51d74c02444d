// SPDX-License-Identifier: Apache-2.0
#include "sim/event_queue.h"

#include <algorithm>

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
      for (const DueKey& key : keys_.Refill()) {
        if (!key.is_frame()) __builtin_prefetch(&slots_[key.index()]);
      }
    }
    if (Live(keys_.NearTop())) return;
    slots_.Free(keys_.PopNear().index());
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
  if (payload != 0) --live_;
  if (key.is_frame()) return payload;
  if (payload != 0) ++slots_[key.index()].generation;
  slots_.Free(key.index());
  return payload;
}

void EventQueue::Purge() {
  keys_.Filter([this](const DueKey& key) {
    if (Live(key)) return true;
    slots_.Free(key.index());
    return false;
  });
  dead_ = 0;
}

// Gives the keys that are pending the first sequence numbers, in their order.
void EventQueue::Renumber() {
  std::vector<DueKey> keys;
  keys_.Filter([&keys](const DueKey& key) {
    keys.push_back(key);
    return false;
  });
  std::sort(keys.begin(), keys.end(), KeyLess);
  next_order_ = 0;
  for (const DueKey& key : keys) {
    keys_.Push({key.time, next_order_ | key.index()});
    next_order_ += kOrderStep;
  }
}

}  // namespace sim
