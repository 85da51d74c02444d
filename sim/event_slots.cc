// SPDX-License-Identifier: Apache-2.0
#include "sim/event_slots.h"

#include <algorithm>

#include "sim/check.h"
#include "sim/huge_page.h"

namespace sim {

namespace {
constexpr uint32_t kFirstSlots = 64;
}  // namespace

EventSlots::~EventSlots() {
  const uint32_t first = std::min(capacity_, kChunkSlots);
  FreePages(chunks_[0], first * sizeof(EventSlot));
  for (uint32_t at = kChunkSlots; at < capacity_; at += kChunkSlots) {
    FreePages(chunks_[at >> kChunkBits], kHugePage);
  }
}

uint32_t EventSlots::Add() {
  SIM_CHECK_MSG(size_ < kMax, "more than 2^24 pending events that can be cancelled");
  if (size_ == capacity_) Grow();
  (*this)[size_].generation = 0;
  return size_++;
}

void EventSlots::Grow() {
  if (capacity_ >= kChunkSlots) {
    chunks_[capacity_ >> kChunkBits] = static_cast<EventSlot*>(AllocatePages(kHugePage));
    capacity_ += kChunkSlots;
    return;
  }
  const uint32_t capacity = std::max(2 * capacity_, kFirstSlots);
  auto* slots = static_cast<EventSlot*>(AllocatePages(capacity * sizeof(EventSlot)));
  std::copy(chunks_[0], chunks_[0] + size_, slots);
  FreePages(chunks_[0], capacity_ * sizeof(EventSlot));
  chunks_[0] = slots;
  capacity_ = capacity;
}

}  // namespace sim
