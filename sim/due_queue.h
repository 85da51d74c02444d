// SPDX-License-Identifier: Apache-2.0
//
// Keys in order: a heap while there are few, a wheel with a small heap in front of it when there are many.
//
// Keys before limit_ are near: either in the batch, which is sorted and consumed from the front, or in the
// heap. All others are in the wheel. When the near keys are used up, Refill() takes the next batch from the
// wheel and moves the limit. While there are few keys the limit is infinite and all are in the heap. Since
// keys are totally ordered, nobody can tell from the order which structure held them.
//
//   near                              | limit_ | far
//   batch_[front..] sorted;  heap_    |        | wheel_
//
// When pushes before the limit make the heap large, the near keys go back to the wheel and the limit comes
// closer. Only keys due at one instant cannot be parted; then the heap grows, and costs what a heap costs.
//
// Invariants:
//   (1) near times < limit_ <= wheel times.
//   (2) batch_ ends with a kLastKey beyond its last key, so the front of an empty batch is kLastKey.
#ifndef TXGSIM_SIM_DUE_QUEUE_H_
#define TXGSIM_SIM_DUE_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "sim/due_heap.h"
#include "sim/due_key.h"
#include "sim/due_wheel.h"

namespace sim {

class DueQueue {
 public:
  // The wheel comes in above so many keys; it goes out below half as many. Measured: from about 50 keys on it
  // is faster than the heap whatever the distribution of due times.
  static constexpr size_t kHeapMax = 32;

  DueQueue() = default;
  DueQueue(const DueQueue&) = delete;
  DueQueue& operator=(const DueQueue&) = delete;

  size_t size() const { return NearSize() + wheel_.size(); }

  void Push(DueKey key) {
    if (key.time >= limit_) {
      wheel_.Push(key);
    } else {
      heap_.Push(key);
      if (heap_.size() > near_max_) [[unlikely]]
        SpreadNear();
    }
  }

  // The earliest near key; kLastKey if there is none, which means that a Refill is due or that all is empty.
  const DueKey& NearTop() const {
    const DueKey& sorted = batch_[front_];
    return KeyLess(heap_.top(), sorted) ? heap_.top() : sorted;
  }
  bool near_empty() const { return heap_.empty() && front_ + 1 == batch_.size(); }

  // Removes and returns NearTop(). REQUIRES: !near_empty()
  DueKey PopNear() {
    const DueKey sorted = batch_[front_];
    if (KeyLess(heap_.top(), sorted)) {
      const DueKey key = heap_.top();
      heap_.Pop();
      return key;
    }
    ++front_;
    return sorted;
  }

  // The batched key behind `others` more of them, or null.
  const DueKey* BatchedAhead(size_t others) const {
    return others < batch_.size() - 1 - front_ ? &batch_[front_ + others] : nullptr;
  }

  // Brings the next keys near; returns those that will be popped from the batch.
  // REQUIRES: near_empty() and size() != 0
  std::span<const DueKey> Refill();

  // Keeps the keys for which keep(key) is true. O(size).
  template <typename Keep>
  void Filter(Keep keep) {
    std::vector<DueKey> kept;
    kept.reserve(size());
    TakeNear(&kept);
    wheel_.TakeAll(&kept);
    std::erase_if(kept, [&keep](const DueKey& key) { return !keep(key); });
    Rebuild(kept);
  }

 private:
  static constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

  size_t NearSize() const { return heap_.size() + batch_.size() - 1 - front_; }
  void TakeNear(std::vector<DueKey>* out);
  void SpreadNear();
  void Rebuild(const std::vector<DueKey>& keys);
  void MoveToWheel(const std::vector<DueKey>& keys, uint64_t first);

  DueHeap heap_;
  std::vector<DueKey> batch_ = {kLastKey};
  size_t front_ = 0;
  uint64_t limit_ = kNoLimit;
  size_t near_max_ = kHeapMax;
  DueWheel wheel_;
};

}  // namespace sim

#endif  // TXGSIM_SIM_DUE_QUEUE_H_
