// SPDX-License-Identifier: Apache-2.0
//
// Pending events of one run, earliest first.
//
// The queue decides one thing: which event is due next. The simulation owns the clock and knows what a
// payload means; here it is an opaque word.
//
// Order: by due time, then by the order of Push calls. The key is a total order (due_key.h), so the trace
// does not depend on which structure holds the keys (due_queue.h). When the sequence numbers run out, those
// of the pending keys begin anew, in their order.
//
// Cancelling only marks the event's slot; its key is dropped when it comes to the top, or all dead keys at
// once when they outnumber the live ones. A run that cancels nothing pays nothing for it. The resumption of a
// coroutine that nobody can cancel takes no slot: the key carries the frame's number.
//
// Invariants:
//   (1) A slot is live while its generation is odd, so a live id is never generation 0.
//   (2) A key is in the queue exactly once, from Push until it is popped or dropped; its slot is not given
//       out again before.
//
// Limits: 2^24 pending events with a slot (checked). An id kept while its slot is used 2^31 more times may
// name a newer event. Threads: one run, one thread.
// Cost: Push O(1) or O(log n), Pop amortised O(log n) at worst, Cancel amortised O(1).
#ifndef TXGSIM_SIM_EVENT_QUEUE_H_
#define TXGSIM_SIM_EVENT_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/arena.h"
#include "sim/check.h"
#include "sim/due_key.h"
#include "sim/due_queue.h"
#include "sim/event_slots.h"
#include "sim/time.h"

namespace sim {

struct EventId {
  uint32_t slot = 0;
  uint32_t generation = 0;
  bool valid() const { return generation != 0; }
};

class EventQueue {
 public:
  // `frames`: whose frames PushFrame takes. `first_sequence`: not 0 in a test that has no time for 2^32
  // pushes.
  explicit EventQueue(const FrameArena* frames = nullptr, uint32_t first_sequence = 0)
      : frames_(frames), next_order_(first_sequence * kOrderStep) {}
  EventQueue(const EventQueue&) = delete;
  EventQueue& operator=(const EventQueue&) = delete;

  EventId Push(SimTime due, uintptr_t payload) {
    const uint32_t index = slots_.Take();
    EventSlot& slot = slots_[index];
    slot.payload = payload;
    ++slot.generation;
    PushKey(due, index);
    return {index, slot.generation};
  }
  // Pushes the address of a coroutine frame, for good: it cannot be cancelled.
  void PushFrame(SimTime due, void* frame) {
    const uint32_t number = frames_->NumberOf(frame);
    if (number == FrameArena::kNoNumber) [[unlikely]] {
      Push(due, reinterpret_cast<uintptr_t>(frame));
    } else {
      PushKey(due, DueKey::kFrame | number);
    }
  }

  // Returns true if the event was pending. Stale and default-constructed ids are harmless.
  bool Cancel(EventId id);
  bool Pending(EventId id) const {
    return id.slot < slots_.size() && slots_[id.slot].generation == id.generation && id.generation % 2 == 1;
  }

  bool empty() const { return live_ == 0; }
  size_t size() const { return live_; }

  // Due time of the earliest live event; SimTime::Max() if there is none.
  SimTime top_time() {
    if (!keys_.top_is_near() || dead_ != 0) [[unlikely]]
      BringTop();
    return SimTime::FromNanos(static_cast<int64_t>(keys_.NearTop().time));
  }

  // Removes the earliest event and returns its payload.
  // REQUIRES: !empty(), and top_time() was called since the last change.
  uintptr_t PopTop() {
    SIM_DCHECK(!empty());
    const DueKey key = keys_.PopNear();
    --live_;
    if (key.is_frame()) return FrameOf(key);
    EventSlot& slot = slots_[key.index()];
    const uintptr_t payload = slot.payload;
    ++slot.generation;
    slots_.Free(key.index());
    return payload;
  }

  // Removes the earliest event, stores its due time and returns its payload. REQUIRES: !empty()
  uintptr_t Pop(SimTime* due) {
    *due = top_time();
    return PopTop();
  }

  // For a loop that orders the events itself (choosing_loop.h). Appends the keys pushed since the last call;
  // the events stay pending, and may be cancelled, until the key is claimed.
  void TakeKeys(std::vector<DueKey>* keys);
  // The payload of a taken event; 0 if it was cancelled meanwhile.
  uintptr_t PayloadOf(const DueKey& key) const {
    if (key.is_frame()) return FrameOf(key);
    return Live(key) ? slots_[key.index()].payload : 0;
  }
  // Removes a taken event and returns its payload, 0 if it was cancelled.
  uintptr_t Claim(const DueKey& key);

  // The payload of an event that will probably pop after two more, or 0 if it is not known cheaply or there
  // are few. Only for fetching into the cache what it points to.
  uintptr_t Hint() const {
    if (!keys_.many()) return 0;
    const DueKey* key = keys_.RowAhead(2);
    if (key == nullptr) return 0;
    return key->is_frame() ? FrameOf(*key) : slots_[key->index()].payload;
  }

 private:
  static constexpr uint64_t kOrderStep = uint64_t{1} << DueKey::kIndexBits;
  static constexpr uint64_t kOrderEnd = ~(kOrderStep - 1);  // The last sequence is kLastKey's.

  void PushKey(SimTime due, uint32_t index) {
    if (next_order_ == kOrderEnd) [[unlikely]]
      Renumber();
    keys_.Push({static_cast<uint64_t>(due.ns()), next_order_ | index});
    next_order_ += kOrderStep;
    ++live_;
  }
  bool Live(const DueKey& key) const { return key.is_frame() || slots_[key.index()].generation % 2 == 1; }
  uintptr_t FrameOf(const DueKey& key) const {
    return reinterpret_cast<uintptr_t>(frames_->FrameAt(key.frame()));
  }
  void BringTop();
  void Purge();
  void Renumber();

  DueQueue keys_;
  EventSlots slots_;
  const FrameArena* frames_;
  uint64_t next_order_;
  size_t live_ = 0;
  size_t dead_ = 0;  // Keys in keys_ whose event was cancelled.
};

}  // namespace sim

#endif  // TXGSIM_SIM_EVENT_QUEUE_H_
