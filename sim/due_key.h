// SPDX-License-Identifier: Apache-2.0
//
// The 16-byte key that orders pending events, whatever structure holds them.
//
// A key is {due time, sequence << 24 | slot}, compared as one unsigned 128-bit number: two instructions and a
// conditional move. No two keys are equal, since the sequence never repeats within a run, so every correct
// structure pops the same trace and the structure may change while the run goes on.
#ifndef TXGSIM_SIM_DUE_KEY_H_
#define TXGSIM_SIM_DUE_KEY_H_

#include <cstdint>
#include <limits>

namespace sim {

struct DueKey {
  static constexpr int kSlotBits = 24;
  static constexpr uint64_t kSlotMask = (uint64_t{1} << kSlotBits) - 1;

  uint64_t time;   // Nanoseconds, at most INT64_MAX.
  uint64_t order;  // sequence << kSlotBits | slot.

  uint32_t slot() const { return static_cast<uint32_t>(order & kSlotMask); }
};
static_assert(sizeof(DueKey) == 16);

// Sorts after every real key, even one due at SimTime::Max(): its sequence is never given out.
inline constexpr DueKey kLastKey = {static_cast<uint64_t>(std::numeric_limits<int64_t>::max()),
                                    std::numeric_limits<uint64_t>::max()};

inline bool KeyLess(const DueKey& a, const DueKey& b) {
  using Wide = unsigned __int128;
  return (Wide{a.time} << 64 | a.order) < (Wide{b.time} << 64 | b.order);
}

}  // namespace sim

#endif  // TXGSIM_SIM_DUE_KEY_H_
