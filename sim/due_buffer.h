// SPDX-License-Identifier: Apache-2.0
//
// A growing row of due keys: what std::vector is, without filling what it makes room for.
#ifndef TXGSIM_SIM_DUE_BUFFER_H_
#define TXGSIM_SIM_DUE_BUFFER_H_

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

#include "sim/due_key.h"

namespace sim {

class DueBuffer {
 public:
  explicit DueBuffer(size_t capacity = 64)
      : keys_(std::make_unique_for_overwrite<DueKey[]>(capacity)), capacity_(capacity) {}

  size_t size() const { return size_; }
  DueKey* begin() { return keys_.get(); }
  DueKey* end() { return keys_.get() + size_; }
  const DueKey* begin() const { return keys_.get(); }
  const DueKey* end() const { return keys_.get() + size_; }

  void Clear() { size_ = 0; }
  void Append(const DueKey* keys, size_t count) {
    if (size_ + count > capacity_) Grow(size_ + count);
    std::copy(keys, keys + count, end());
    size_ += count;
  }
  // Makes room for one more, to be written by the caller, and returns its place.
  DueKey* PushBack() {
    if (size_ == capacity_) Grow(size_ + 1);
    return keys_.get() + size_++;
  }
  void PopBack() { --size_; }

 private:
  void Grow(size_t needed) {
    capacity_ = std::max(needed, 2 * capacity_);
    auto keys = std::make_unique_for_overwrite<DueKey[]>(capacity_);
    std::copy(begin(), end(), keys.get());
    keys_ = std::move(keys);
  }

  std::unique_ptr<DueKey[]> keys_;
  size_t size_ = 0;
  size_t capacity_;
};

}  // namespace sim

#endif  // TXGSIM_SIM_DUE_BUFFER_H_
