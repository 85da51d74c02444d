// SPDX-License-Identifier: Apache-2.0
#include "sim/arena.h"

#include <algorithm>
#include <cstdlib>

#include "sim/check.h"
#include "sim/huge_page.h"

#ifdef TXGSIM_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace sim {

#ifdef TXGSIM_ASAN
void FrameArena::Poison(void* memory, size_t bytes) { __asan_poison_memory_region(memory, bytes); }
void FrameArena::Unpoison(void* memory, size_t bytes) { __asan_unpoison_memory_region(memory, bytes); }
#endif

FrameArena::~FrameArena() {
  SIM_CHECK(live_ == 0);
  for (const Chunk& chunk : chunks_) {
    Unpoison(chunk.memory, chunk.bytes);
    FreePages(chunk.memory, chunk.bytes);
  }
}

void* FrameArena::Carve(size_t index) {
  const size_t bytes = (index + 1) * kGranule;
  if (static_cast<size_t>(end_ - next_) < bytes) {
    // The tail of the old chunk is given up: at most one frame's worth.
    const size_t size = std::min(kHugePage, kFirstChunk << std::min<size_t>(chunks_.size(), 5));
    next_ = static_cast<char*>(AllocatePages(size));
    end_ = next_ + size;
    chunks_.push_back({next_, size});
    Poison(next_, size);
  }
  char* memory = next_;
  next_ += bytes;
  Unpoison(memory, bytes);
  ++live_;
  return memory;
}

void* FrameArena::AllocateLarge(size_t bytes) {
  ++live_;
  void* memory = std::malloc(bytes);
  SIM_CHECK_MSG(memory != nullptr, "out of memory for coroutine frames");
  return memory;
}

void FrameArena::FreeLarge(void* memory) { std::free(memory); }

}  // namespace sim
