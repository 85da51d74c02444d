// SPDX-License-Identifier: Apache-2.0
//
// Keys in order: a sorted row while there are few, a wheel with a sorted row in front of it when there are
// many.
//
// Keys before limit_ are near: in the row, which is sorted and consumed from its end, or, when the row is
// long, in a heap beside it. All others are in the wheel. When the near keys are used up, Refill() takes the
// next ones from the wheel and moves the limit. While there are few keys the limit is infinite and the wheel
// is empty. Since keys are totally ordered, nobody can tell from the order which structure held them.
//
//   near                         | limit_ | far
//   row_, latest first;  heap_   |        | wheel_
//
// When pushes before the limit make the heap large, the near keys go back to the wheel and the limit comes
// closer. Only keys due at one instant cannot be parted; then the heap grows, and costs what a heap costs.
//
// Invariants:
//   (1) near times < limit_ <= wheel times.
//   (2) row_ begins with a kLastKey, so the end of an empty row is kLastKey, and a place for a key is found
//       without looking for the beginning.
#ifndef TXGSIM_SIM_DUE_QUEUE_H_
#define TXGSIM_SIM_DUE_QUEUE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "sim/due_buffer.h"
#include "sim/due_heap.h"
#include "sim/due_key.h"
#include "sim/due_wheel.h"

namespace sim {

class DueQueue {
 public:
  // A row that is shorter takes a new key in its place; the heap takes those that come when it is longer.
  static constexpr size_t kRowMax = 24;
  // The wheel comes in above so many keys in the heap; it goes out when so many are left in it. Measured:
  // from about 50 keys on it is faster than row and heap whatever the distribution of due times.
  static constexpr size_t kHeapMax = 24;
  static constexpr size_t kWheelMin = 16;

  DueQueue() { row_.Append(&kLastKey, 1); }
  DueQueue(const DueQueue&) = delete;
  DueQueue& operator=(const DueQueue&) = delete;

  size_t size() const { return NearSize() + wheel_.size(); }

  void Push(DueKey key) {
    if (key.time >= limit_) {
      wheel_.Push(key);
    } else if (row_.size() <= kRowMax) {
      Insert(key);
    } else {
      heap_.Push(key);
      if (heap_.size() > near_max_) [[unlikely]]
        SpreadNear();
    }
  }

  // The earliest near key; kLastKey if there is none, which means that a Refill is due or that all is empty.
  const DueKey& NearTop() const {
    const DueKey& last = row_.end()[-1];
    if (heap_.empty()) [[likely]]
      return last;
    return KeyLess(heap_.top(), last) ? heap_.top() : last;
  }
  bool near_empty() const { return NearSize() == 0; }
  // Whether NearTop() is the earliest of all.
  bool top_is_near() const { return NearTop().time < limit_; }

  // Removes and returns NearTop(). REQUIRES: !near_empty()
  DueKey PopNear() {
    const DueKey last = row_.end()[-1];
    if (!heap_.empty() && KeyLess(heap_.top(), last)) [[unlikely]] {
      const DueKey key = heap_.top();
      heap_.Pop();
      return key;
    }
    row_.PopBack();
    return last;
  }

  // The key of the row behind `others` more of them, or null.
  const DueKey* RowAhead(size_t others) const {
    return others + 1 < row_.size() ? row_.end() - 1 - others : nullptr;
  }
  // Whether there are so many keys that those in the wheel are not to be had at once.
  bool many() const { return limit_ != kNoLimit; }

  // Brings the next keys near; returns those in the row. REQUIRES: near_empty() and size() != 0
  std::span<const DueKey> Refill();

  // Keeps the keys for which keep(key) is true. O(size).
  template <typename Keep>
  void Filter(Keep keep) {
    DueBuffer all(size());
    TakeNear(&all);
    wheel_.TakeAll(&all);
    DueKey* const end =
        std::remove_if(all.begin(), all.end(), [&keep](const DueKey& key) { return !keep(key); });
    Rebuild(all.begin(), end);
  }

 private:
  static constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

  void Insert(DueKey key) {
    DueKey* place = row_.PushBack();
    for (; KeyLess(place[-1], key); --place) *place = place[-1];
    *place = key;
  }
  size_t NearSize() const { return heap_.size() + row_.size() - 1; }
  void TakeNear(DueBuffer* out);
  void SpreadNear();
  void Rebuild(const DueKey* begin, const DueKey* end);
  void MoveToWheel(const DueKey* begin, const DueKey* end, uint64_t first);

  DueBuffer row_;
  DueHeap heap_;
  uint64_t limit_ = kNoLimit;
  size_t near_max_ = kHeapMax;
  DueWheel wheel_;
};

}  // namespace sim

#endif  // TXGSIM_SIM_DUE_QUEUE_H_
