// SPDX-License-Identifier: Apache-2.0
#include "sim/due_heap.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace sim {

namespace {

// Elements of padding before keys_[0], so that keys_[1] begins a cache line.
constexpr size_t kPadding = 3;
constexpr std::align_val_t kLine{64};

DueKey* Allocate(size_t capacity) {
  return static_cast<DueKey*>(::operator new((capacity + kPadding) * sizeof(DueKey), kLine)) + kPadding;
}

void Free(DueKey* keys) {
  if (keys != nullptr) ::operator delete(keys - kPadding, kLine);
}

}  // namespace

DueHeap::~DueHeap() { Free(keys_); }

void DueHeap::Grow() {
  const size_t capacity = capacity_ == 0 ? 1 + 4 * 15 : 2 * capacity_ + 3;
  DueKey* keys = Allocate(capacity);
  if (keys_ != nullptr) std::memcpy(keys, keys_, size_ * sizeof(DueKey));
  std::fill(keys + size_, keys + capacity, kLastKey);
  Free(keys_);
  keys_ = keys;
  capacity_ = capacity;
}

void DueHeap::Clear() {
  std::fill(keys_, keys_ + size_, kLastKey);
  size_ = 0;
}

}  // namespace sim
