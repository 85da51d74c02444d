// SPDX-License-Identifier: Apache-2.0
//
// Memory for coroutine frames: size-class free lists carved out of large chunks.
//
// A frame lives as long as its coroutine and comes back to the free list of its
// class, so a simulation in its steady state allocates nothing. Chunks start
// small, so that a short run is cheap, and grow to 2 MiB (one huge page).
//
// Under AddressSanitizer free blocks are poisoned, so that a use of a dead frame
// is reported as with malloc.
//
// Threads: one simulation, one thread; nothing here locks.
#ifndef TXGSIM_SIM_ARENA_H_
#define TXGSIM_SIM_ARENA_H_

#include <cstddef>
#include <vector>

namespace sim {

class FrameArena {
 public:
  FrameArena() = default;
  FrameArena(const FrameArena&) = delete;
  FrameArena& operator=(const FrameArena&) = delete;
  ~FrameArena();

  // Returns `bytes` of memory aligned to 16. Frames over kLargest go to malloc.
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
    if (index >= kClasses) return FreeLarge(memory);
    auto* block = static_cast<FreeBlock*>(memory);
    block->next = free_[index];
    free_[index] = block;
    Poison(block, (index + 1) * kGranule);
  }

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
  static constexpr size_t kGranule = 16;
  static constexpr size_t kLargest = 4096;
  static constexpr size_t kClasses = kLargest / kGranule;
  static constexpr size_t kFirstChunk = 64 << 10;

  static constexpr size_t ClassOf(size_t bytes) { return (bytes - 1) / kGranule; }
  void* Carve(size_t index);
  void* AllocateLarge(size_t bytes);
  void FreeLarge(void* memory);
  static void Poison(void* memory, size_t bytes);
  static void Unpoison(void* memory, size_t bytes);

  FreeBlock* free_[kClasses] = {};
  char* next_ = nullptr;
  char* end_ = nullptr;
  size_t live_ = 0;
  std::vector<Chunk> chunks_;
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
