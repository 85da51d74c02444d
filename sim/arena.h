// SPDX-License-Identifier: Apache-2.0
//
// Memory for coroutine frames: size-class free lists carved out of pages of 64 KiB.
//
// A frame lives as long as its coroutine and comes back to the free list of its
// class, so a simulation in its steady state allocates nothing. Pages come in
// chunks, which start with one, so that a short run is cheap, and grow to 2 MiB
// (one huge page).
//
// A frame has a number of 31 bits, half as long as its address, for what keeps
// many: its page's number, which the page begins with, and its place there.
//
// Under AddressSanitizer free blocks are poisoned, so that a use of a dead frame
// is reported as with malloc.
//
// Threads: one simulation, one thread; nothing here locks.
#ifndef TXGSIM_SIM_ARENA_H_
#define TXGSIM_SIM_ARENA_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sim {

class FrameArena {
 public:
  FrameArena() = default;
  FrameArena(const FrameArena&) = delete;
  FrameArena& operator=(const FrameArena&) = delete;
  ~FrameArena();

  // Returns `bytes` of memory aligned to 16.
  void* Allocate(size_t bytes) {
    const size_t index = ClassOf(bytes);
    if (index >= kClasses) return AllocateLarge(bytes);
    FreeBlock* block = free_[index];
    if (block == nullptr) return Carve(index);
    Unpoison(block, sizeof(FreeBlock));
    free_[index] = block->next;
    Unpoison(block, (index + 1) * kGranule);
    ++live_;
    return block;
  }
  // Takes back what Allocate(bytes) returned.
  void Free(void* memory, size_t bytes) {
    const size_t index = ClassOf(bytes);
    --live_;
    if (index >= kClasses) return FreeLarge(memory, bytes);
    auto* block = static_cast<FreeBlock*>(memory);
    block->next = free_[index];
    free_[index] = block;
    Poison(block, (index + 1) * kGranule);
  }

  // The number of a frame that was allocated here; kNoNumber for one over kLargest, or beyond 32 GiB of them.
  uint32_t NumberOf(const void* frame) const {
    const uint32_t first = PageOf(frame)->first_number;
    if (first == kNoNumber) [[unlikely]]
      return kNoNumber;
    return first + static_cast<uint32_t>(reinterpret_cast<uintptr_t>(frame) % kPage / kGranule);
  }
  // REQUIRES: number != kNoNumber
  void* FrameAt(uint32_t number) const {
    return pages_[number / kPageGranules] + number % kPageGranules * kGranule;
  }
  static constexpr uint32_t kNoNumber = ~uint32_t{0};

  // Frames that were allocated and not freed.
  size_t live() const { return live_; }

 private:
  struct FreeBlock {
    FreeBlock* next;
  };
  struct Chunk {
    char* memory;
    size_t bytes;
  };
  // In front of each page, and of each frame over kLargest, which has pages of its own.
  struct alignas(16) PageHead {
    uint32_t first_number;  // What a frame here would have; kNoNumber: none here has one.
  };
  static constexpr size_t kGranule = 16;
  static constexpr size_t kLargest = 4096;
  static constexpr size_t kClasses = kLargest / kGranule;
  static constexpr size_t kPage = 64 << 10;
  static constexpr uint32_t kPageGranules = kPage / kGranule;
  static constexpr size_t kNumberedPages = (size_t{1} << 31) / kPageGranules;

  static constexpr size_t ClassOf(size_t bytes) { return (bytes - 1) / kGranule; }
  static const PageHead* PageOf(const void* frame) {
    return reinterpret_cast<const PageHead*>(reinterpret_cast<uintptr_t>(frame) & ~(kPage - 1));
  }
  void* Carve(size_t index);
  void AddPage();
  static constexpr size_t LargeBytes(size_t bytes) {
    return (sizeof(PageHead) + bytes + kPage - 1) / kPage * kPage;
  }
  void* AllocateLarge(size_t bytes);
  void FreeLarge(void* memory, size_t bytes);
  static void Poison(void* memory, size_t bytes);
  static void Unpoison(void* memory, size_t bytes);

  FreeBlock* free_[kClasses] = {};
  char* next_ = nullptr;  // In the newest page, what no frame has had.
  char* end_ = nullptr;
  size_t live_ = 0;
  std::vector<char*> pages_;  // By number.
  std::vector<Chunk> chunks_;
  size_t chunk_used_ = 0;  // Bytes of the newest chunk that are pages.
};

#if defined(__SANITIZE_ADDRESS__)
#define TXGSIM_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TXGSIM_ASAN 1
#endif
#endif
#ifndef TXGSIM_ASAN
inline void FrameArena::Poison(void*, size_t) {}
inline void FrameArena::Unpoison(void*, size_t) {}
#endif

}  // namespace sim

#endif  // TXGSIM_SIM_ARENA_H_
