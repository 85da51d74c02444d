// SPDX-License-Identifier: Apache-2.0
//
// An implicit 4-ary heap of due keys, smallest first.
//
// The four children of a node fill one 64-byte cache line: children of i are 4i+1 .. 4i+4, and element 1 is
// aligned to 64 bytes. A pop moves the hole at the root down to a leaf along the smaller children, with no
// comparison against the key to be placed, then lifts the last key into place: it came from the bottom, so it
// rarely climbs far.
//
// Invariant: (1) every allocated element at or after size() is kLastKey, so a group of four is compared
// without looking at its length, and top() of an empty heap is kLastKey.
#ifndef TXGSIM_SIM_DUE_HEAP_H_
#define TXGSIM_SIM_DUE_HEAP_H_

#include <cstddef>

#include "sim/due_key.h"

namespace sim {

class DueHeap {
 public:
  DueHeap() { Grow(); }
  ~DueHeap();
  DueHeap(const DueHeap&) = delete;
  DueHeap& operator=(const DueHeap&) = delete;

  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  const DueKey& top() const { return keys_[0]; }

  // The keys in no useful order, for walks over all of them.
  const DueKey* begin() const { return keys_; }
  const DueKey* end() const { return keys_ + size_; }

  void Push(DueKey key) {
    if (size_ == capacity_) Grow();
    SiftUp(size_++, key);
  }

  // REQUIRES: !empty()
  void Pop() {
    const DueKey last = keys_[--size_];
    keys_[size_] = kLastKey;
    if (size_ != 0) SiftUp(HoleToLeaf(0), last);
  }

  void Clear();

 private:
  void Grow();

  // Moves the hole at `hole` down to a leaf; returns where it ends.
  size_t HoleToLeaf(size_t hole) {
    for (size_t child = 4 * hole + 1; child < size_; child = 4 * hole + 1) {
      const DueKey* group = keys_ + child;
      const size_t left = KeyLess(group[1], group[0]) ? 1 : 0;
      const size_t right = KeyLess(group[3], group[2]) ? 3 : 2;
      const size_t best = KeyLess(group[right], group[left]) ? right : left;
      keys_[hole] = group[best];
      hole = child + best;
    }
    return hole;
  }

  // Places `key` at the hole or above it.
  void SiftUp(size_t hole, DueKey key) {
    while (hole != 0) {
      const size_t parent = (hole - 1) / 4;
      if (!KeyLess(key, keys_[parent])) break;
      keys_[hole] = keys_[parent];
      hole = parent;
    }
    keys_[hole] = key;
  }

  DueKey* keys_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;  // 1 + a multiple of four.
};

}  // namespace sim

#endif  // TXGSIM_SIM_DUE_HEAP_H_
