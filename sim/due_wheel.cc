// SPDX-License-Identifier: Apache-2.0
#include "sim/due_wheel.h"

#include <algorithm>
#include <new>
#include <utility>

#include "sim/huge_page.h"

namespace sim {

namespace {
constexpr size_t kSlabBytesMin = size_t{16} << 10;
}  // namespace

DueWheel::~DueWheel() {
  for (const Slab& slab : slabs_) FreePages(slab.memory, slab.bytes);
}

void DueWheel::AddSlab() {
  const size_t bytes = slabs_.empty() ? kSlabBytesMin : std::min(2 * slabs_.back().bytes, kHugePage);
  auto* memory = static_cast<std::byte*>(AllocatePages(bytes));
  slabs_.push_back({memory, bytes});
  for (size_t at = bytes; at != 0; at -= kChunkBytes) {
    Chunk* chunk = new (memory + at - kChunkBytes) Chunk;
    chunk->next = std::exchange(free_, chunk);
  }
}

void DueWheel::AddChunk(Slot& slot) {
  if (free_ == nullptr) AddSlab();
  Chunk* chunk = std::exchange(free_, free_->next);
  if (slot.end == nullptr) {
    chunk->next = chunk;
  } else {
    Chunk* last = reinterpret_cast<Chunk*>(slot.end) - 1;  // It is full, so it ends here.
    chunk->next = std::exchange(last->next, chunk);
  }
  slot.end = chunk->keys;
}

template <typename Visit>
void DueWheel::Drain(Slot& slot, Visit visit) {
  Chunk* last = reinterpret_cast<Chunk*>((reinterpret_cast<uintptr_t>(slot.end) - 1) & ~(kChunkBytes - 1));
  DueKey* const end = slot.end;
  size_ -= slot.count;
  slot = Slot();
  // A visit may file keys in other slots, but takes no chunk of this one before it is free.
  Chunk* chunk = last->next;
  for (;;) {
    Chunk* const next = chunk->next;
    if (chunk != last) {
      for (size_t line = 0; line < kChunkBytes; line += 64) {
        __builtin_prefetch(reinterpret_cast<const std::byte*>(next) + line);
      }
    }
    visit(chunk->keys, chunk == last ? static_cast<size_t>(end - chunk->keys) : Chunk::kKeys);
    chunk->next = std::exchange(free_, chunk);
    if (chunk == last) return;
    chunk = next;
  }
}

uint64_t DueWheel::TakeEarliest(DueBuffer* out) {
  const size_t old_size = out->size();
  uint64_t taken_until = 0;
  for (;;) {
    const int level = std::countr_zero(levels_);
    const int shift = kDigitBits * level;
    const uint64_t index = static_cast<uint64_t>(std::countr_zero(occupied_[level]));
    Slot& slot = slots_[level * kSlots + index];
    const bool spread = slot.count > kBatchMax && level != 0;
    if (spread && out->size() != old_size) return taken_until;
    occupied_[level] &= occupied_[level] - 1;
    if (occupied_[level] == 0) levels_ &= ~(1u << level);
    // The digits above stay, this one becomes the slot's, those below 0.
    const uint64_t above = level + 1 == kLevels ? 0 : base_ >> (shift + kDigitBits) << (shift + kDigitBits);
    base_ = above | index << shift;
    if (spread) {
      Drain(slot, [this](const DueKey* keys, size_t count) {
        for (size_t i = 0; i < count; ++i) Push(keys[i]);
      });
      continue;
    }
    Drain(slot, [out](const DueKey* keys, size_t count) { out->Append(keys, count); });
    taken_until = base_ + (uint64_t{1} << shift);
    // With few keys so far, the next slot of this level too.
    if (out->size() - old_size >= kBatchMin || (levels_ >> level & 1) == 0) return taken_until;
  }
}

void DueWheel::TakeAll(DueBuffer* out) {
  for (int level = 0; level < kLevels; ++level) {
    for (; occupied_[level] != 0; occupied_[level] &= occupied_[level] - 1) {
      Slot& slot = slots_[level * kSlots + std::countr_zero(occupied_[level])];
      Drain(slot, [out](const DueKey* keys, size_t count) { out->Append(keys, count); });
    }
  }
  levels_ = 0;
}

}  // namespace sim
