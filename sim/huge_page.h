// SPDX-License-Identifier: Apache-2.0
//
// Memory in large pieces, on huge pages where the system has them.
#ifndef TXGSIM_SIM_HUGE_PAGE_H_
#define TXGSIM_SIM_HUGE_PAGE_H_

#include <cstddef>

namespace sim {

// What most machines call a huge page.
inline constexpr size_t kHugePage = size_t{2} << 20;

// A piece of kHugePage is aligned to its size; without huge pages everything works, at more misses of the
// address cache. A smaller one is aligned to the largest power of two that divides its size, at most 4 KiB.
// Never null.
void* AllocatePages(size_t bytes);
// `memory` may be null.
void FreePages(void* memory);

}  // namespace sim

#endif  // TXGSIM_SIM_HUGE_PAGE_H_
