// SPDX-License-Identifier: Apache-2.0
#include "sim/arena.h"

#include <algorithm>
#include <new>

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
  // The tail of the old page is given up: at most one frame's worth.
  if (static_cast<size_t>(end_ - next_) < bytes) AddPage();
  char* memory = next_;
  next_ += bytes;
  Unpoison(memory, bytes);
  ++live_;
  return memory;
}

void FrameArena::AddPage() {
  if (chunks_.empty() || chunk_used_ == chunks_.back().bytes) {
    const size_t bytes = chunks_.empty() ? kPage : std::min(kHugePage, 2 * chunks_.back().bytes);
    chunks_.push_back({static_cast<char*>(AllocatePages(bytes)), bytes});
    chunk_used_ = 0;
  }
  char* page = chunks_.back().memory + chunk_used_;
  chunk_used_ += kPage;
  const bool numbered = pages_.size() < kNumberedPages;
  new (page) PageHead{numbered ? static_cast<uint32_t>(pages_.size()) * kPageGranules : kNoNumber};
  if (numbered) pages_.push_back(page);
  next_ = page + sizeof(PageHead);
  end_ = page + kPage;
  Poison(next_, kPage - sizeof(PageHead));
}

void* FrameArena::AllocateLarge(size_t bytes) {
  ++live_;
  void* page = AllocatePages(LargeBytes(bytes));
  return new (page) PageHead{kNoNumber} + 1;
}

void FrameArena::FreeLarge(void* memory, size_t bytes) {
  FreePages(static_cast<PageHead*>(memory) - 1, LargeBytes(bytes));
}

}  // namespace sim
