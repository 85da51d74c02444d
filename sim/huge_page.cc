// SPDX-License-Identifier: Apache-2.0
#include "sim/huge_page.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "sim/check.h"

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace sim {

#ifdef __linux__
namespace {

// Straight from the system: malloc would keep the rests that alignment leaves.
void* AllocateHugePage() {
  void* memory = mmap(nullptr, 2 * kHugePage, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  SIM_CHECK_MSG(memory != MAP_FAILED, "out of memory");
  const size_t before = -reinterpret_cast<uintptr_t>(memory) % kHugePage;
  char* page = static_cast<char*>(memory) + before;
  if (before != 0) munmap(memory, before);
  if (before != kHugePage) munmap(page + kHugePage, kHugePage - before);
  madvise(page, kHugePage, MADV_HUGEPAGE);
  return page;
}

}  // namespace
#endif

void* AllocatePages(size_t bytes) {
  SIM_CHECK(bytes != 0);
#ifdef __linux__
  if (bytes == kHugePage) return AllocateHugePage();
#endif
  void* memory = std::aligned_alloc(std::min<size_t>(bytes & -bytes, kHugePage), bytes);
  SIM_CHECK_MSG(memory != nullptr, "out of memory");
  return memory;
}

void FreePages(void* memory, size_t bytes) {
#ifdef __linux__
  if (bytes == kHugePage && memory != nullptr) {
    munmap(memory, kHugePage);
    return;
  }
#endif
  std::free(memory);
}

}  // namespace sim
