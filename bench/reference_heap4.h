// SPDX-License-Identifier: Apache-2.0
//
// The yardstick: a bare implicit 4-ary heap that runs the hold model.
//
// Machines differ and shared ones are noisy, so every speed of ours is given as a ratio to this loop in the
// same run. It is fixed: keys {u64 time, u64 sequence << 24 | slot}, groups of four siblings on one 64-byte
// line, pop from the top down, then push, no replacement of the top. It is no event queue: no payloads, no
// cancelling.
#ifndef TXGSIM_BENCH_REFERENCE_HEAP4_H_
#define TXGSIM_BENCH_REFERENCE_HEAP4_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

namespace bench {

struct ReferenceKey {
  uint64_t time;
  uint64_t order;
};

inline bool Less(const ReferenceKey& a, const ReferenceKey& b) {
  using Wide = unsigned __int128;
  return (Wide{a.time} << 64 | a.order) < (Wide{b.time} << 64 | b.order);
}

// Exponential increments of mean 1 (2^20 ticks) from a table of 1,024 interpolated quantiles.
class ExponentialIncrements {
 public:
  static constexpr double kTicksPerUnit = 1 << 20;

  ExponentialIncrements() : table_(kEntries + 1) {
    for (int i = 0; i < kEntries; ++i) table_[i] = -std::log1p(-double(i) / kEntries) * kTicksPerUnit;
    // The last stretch has no end; this one keeps its mean, log(1024) + 1, at its middle.
    table_[kEntries] = table_[kEntries - 1] + 2 * kTicksPerUnit;
  }

  uint64_t Next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    const uint64_t index = state_ >> 54;
    const double fraction = static_cast<double>((state_ >> 22) & 0xffffffff) * 0x1p-32;
    return static_cast<uint64_t>(table_[index] + fraction * (table_[index + 1] - table_[index]));
  }

 private:
  static constexpr int kEntries = 1024;
  std::vector<double> table_;
  uint64_t state_ = 42;
};

class ReferenceHeap4 {
 public:
  explicit ReferenceHeap4(size_t capacity)
      : memory_(static_cast<ReferenceKey*>(
            ::operator new ((capacity + 2 * kPadding) * sizeof(ReferenceKey), std::align_val_t{64}))),
        keys_(memory_ + kPadding) {}
  ~ReferenceHeap4() { ::operator delete (memory_, std::align_val_t{64}); }
  ReferenceHeap4(const ReferenceHeap4&) = delete;
  ReferenceHeap4& operator=(const ReferenceHeap4&) = delete;

  void Push(ReferenceKey key) {
    size_t hole = size_++;
    while (hole != 0) {
      const size_t parent = (hole - 1) / 4;
      if (!Less(key, keys_[parent])) break;
      keys_[hole] = keys_[parent];
      hole = parent;
    }
    keys_[hole] = key;
  }

  ReferenceKey Pop() {
    const ReferenceKey top = keys_[0];
    const ReferenceKey last = keys_[--size_];
    size_t hole = 0;
    for (;;) {
      const size_t child = 4 * hole + 1;
      if (child >= size_) break;
      size_t best = child;
      const size_t end = child + 4 < size_ ? child + 4 : size_;
      for (size_t i = child + 1; i < end; ++i) {
        if (Less(keys_[i], keys_[best])) best = i;
      }
      if (!Less(keys_[best], last)) break;
      keys_[hole] = keys_[best];
      hole = best;
    }
    keys_[hole] = last;
    return top;
  }

 private:
  static constexpr size_t kPadding = 3;  // keys_[1] begins a line.
  ReferenceKey* memory_;
  ReferenceKey* keys_;
  size_t size_ = 0;
};

}  // namespace bench

#endif  // TXGSIM_BENCH_REFERENCE_HEAP4_H_
