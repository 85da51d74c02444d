// SPDX-License-Identifier: Apache-2.0
//
// Keys of the farther future, roughly sorted: for when there are too many for a heap.
//
// A radix wheel. A key is filed by the highest digit (base 64) in which its time differs from the wheel's
// base: the digit's place is the level, its value the slot. The earliest keys are in the first occupied slot
// of the lowest occupied level. Taking them moves the base to that slot; a slot with many keys is first
// spread over the levels below. So a key moves once a level at most, however the times are distributed, and
// nothing is to be tuned to them. This plays the part of the rungs of a ladder queue (Tang, Goh, Thng 2005),
// with rungs at fixed places.
//
// A slot is a chain of 256-byte chunks, filled and read in sequence: pushing writes to the end of one of some
// hundred chunks, which stay in the cache even with millions of keys.
//
// Invariant: (1) no key is earlier than the base.
#ifndef TXGSIM_SIM_DUE_WHEEL_H_
#define TXGSIM_SIM_DUE_WHEEL_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "sim/check.h"
#include "sim/due_buffer.h"
#include "sim/due_key.h"

namespace sim {

class DueWheel {
 public:
  DueWheel() = default;
  ~DueWheel();
  DueWheel(const DueWheel&) = delete;
  DueWheel& operator=(const DueWheel&) = delete;

  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }

  // Whether all keys would be filed where they are if this were the base. REQUIRES: none is earlier.
  bool CanRebase(uint64_t base) const {
    return empty() || LevelOf(base ^ base_) <= std::countr_zero(levels_);
  }
  // REQUIRES: CanRebase(base)
  void Rebase(uint64_t base) {
    SIM_DCHECK(CanRebase(base));
    base_ = base;
  }

  // REQUIRES: key.time >= base()
  void Push(DueKey key) {
    const int level = LevelOf(key.time ^ base_);
    const uint64_t slot = key.time >> (kDigitBits * level) & (kSlots - 1);
    occupied_[level] |= uint64_t{1} << slot;
    levels_ |= 1u << level;
    ++size_;
    Append(slots_[level * kSlots + slot], key);
  }

  // Moves the earliest keys to the end of `out`, unsorted, and returns a time such that those before it were
  // taken and no other. At least one key; if there are enough, about kBatchMin to kBatchMax, and more only if
  // they are due at one instant. REQUIRES: !empty()
  uint64_t TakeEarliest(DueBuffer* out);

  // Moves all keys to the end of `out`.
  void TakeAll(DueBuffer* out);

 private:
  static constexpr int kDigitBits = 6;
  static constexpr int kSlots = 1 << kDigitBits;
  static constexpr int kLevels = 11;  // 66 bits.
  static constexpr size_t kBatchMin = 8;
  static constexpr size_t kBatchMax = 32;

  static constexpr size_t kChunkBytes = 256;
  struct alignas(kChunkBytes) Chunk {
    static constexpr size_t kKeys = kChunkBytes / sizeof(DueKey) - 1;
    Chunk* next;  // The last chunk's is the first: a ring. In the free list, the next free one.
    uint64_t unused;
    DueKey keys[kKeys];
  };
  static_assert(sizeof(Chunk) == kChunkBytes);

  struct Slot {
    DueKey* end = nullptr;  // After the last key, in the last chunk; at its end if the chunk is full.
    size_t count = 0;
  };

  static int LevelOf(uint64_t difference) {
    // bit / 6 for bits up to 63.
    return (63 - std::countl_zero(difference | 1)) * 43 >> 8;
  }

  void Append(Slot& slot, DueKey key) {
    // Keys begin 16 bytes into a chunk, so only a full chunk or none ends at a multiple of its size.
    if (reinterpret_cast<uintptr_t>(slot.end) % kChunkBytes == 0) [[unlikely]]
      AddChunk(slot);
    *slot.end++ = key;
    ++slot.count;
  }
  void AddChunk(Slot& slot);
  void AddSlab();
  // Calls visit(keys, count) for each run of keys and empties the slot.
  template <typename Visit>
  void Drain(Slot& slot, Visit visit);

  uint64_t base_ = 0;
  size_t size_ = 0;
  uint32_t levels_ = 0;  // Bit l: level l has an occupied slot.
  uint64_t occupied_[kLevels] = {};
  Slot slots_[kLevels * kSlots];

  struct Slab {
    std::byte* memory;
    size_t bytes;
  };
  Chunk* free_ = nullptr;
  std::vector<Slab> slabs_;
};

}  // namespace sim

#endif  // TXGSIM_SIM_DUE_WHEEL_H_
