// SPDX-License-Identifier: Apache-2.0
//
// The table of slots of pending events that can be cancelled: what a key's index stands for.
//
// Slots live in chunks of 2 MiB (a huge page on most machines), the first of which grows to that size: so a
// large table is never copied, takes what it needs, and costs few misses of the address cache. Free slots are
// chained; the last one freed is the first one used.
#ifndef TXGSIM_SIM_EVENT_SLOTS_H_
#define TXGSIM_SIM_EVENT_SLOTS_H_

#include <cstddef>
#include <cstdint>

namespace sim {

struct EventSlot {
  uintptr_t payload;    // While the slot is free: the next free one.
  uint32_t generation;  // Odd while the event is pending.
};

class EventSlots {
 public:
  static constexpr uint32_t kMax = uint32_t{1} << 24;

  EventSlots() = default;
  EventSlots(const EventSlots&) = delete;
  EventSlots& operator=(const EventSlots&) = delete;
  ~EventSlots();

  EventSlot& operator[](uint32_t index) { return chunks_[index >> kChunkBits][index & kChunkMask]; }
  const EventSlot& operator[](uint32_t index) const {
    return chunks_[index >> kChunkBits][index & kChunkMask];
  }
  // Slots that were ever used.
  uint32_t size() const { return size_; }

  // The number of a free slot, taken out of the free ones.
  uint32_t Take() {
    if (free_ == kNone) [[unlikely]]
      return Add();
    const uint32_t index = free_;
    free_ = static_cast<uint32_t>((*this)[index].payload);
    return index;
  }
  void Free(uint32_t index) {
    (*this)[index].payload = free_;
    free_ = index;
  }

 private:
  static constexpr int kChunkBits = 17;
  static constexpr uint32_t kChunkSlots = uint32_t{1} << kChunkBits;
  static constexpr uint32_t kChunkMask = kChunkSlots - 1;
  static constexpr uint32_t kNone = ~uint32_t{0};

  uint32_t Add();
  void Grow();

  uint32_t free_ = kNone;
  uint32_t size_ = 0;
  uint32_t capacity_ = 0;
  EventSlot* chunks_[kMax / kChunkSlots] = {};
};

}  // namespace sim

#endif  // TXGSIM_SIM_EVENT_SLOTS_H_
