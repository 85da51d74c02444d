// SPDX-License-Identifier: Apache-2.0
#include "sim/huge_page.h"

#include <algorithm>
#include <cstdlib>

#include "sim/check.h"

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace sim {

void* AllocatePages(size_t bytes) {
  SIM_CHECK(bytes != 0);
  const size_t alignment = bytes == kHugePage ? kHugePage : std::min<size_t>(bytes & -bytes, 4096);
  void* memory = std::aligned_alloc(alignment, bytes);
  SIM_CHECK_MSG(memory != nullptr, "out of memory");
#ifdef __linux__
  if (bytes == kHugePage) madvise(memory, bytes, MADV_HUGEPAGE);
#endif
  return memory;
}

void FreePages(void* memory) { std::free(memory); }

}  // namespace sim
