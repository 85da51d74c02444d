// SPDX-License-Identifier: Apache-2.0
//
// Memory in large pieces, on huge pages where the system has them.
#ifndef TXGSIM_SIM_HUGE_PAGE_H_
#define TXGSIM_SIM_HUGE_PAGE_H_

#include <cstddef>

namespace sim {

// What most machines call a huge page.
inline constexpr size_t kHugePage = size_t{2} << 20;

// A piece is aligned to the largest power of two that divides its size. Without huge pages everything works,
// at more misses of the address cache. Never null.
void* AllocatePages(size_t bytes);
// `bytes` as they were asked for; `memory` may be null.
void FreePages(void* memory, size_t bytes);

}  // namespace sim

#endif  // TXGSIM_SIM_HUGE_PAGE_H_
