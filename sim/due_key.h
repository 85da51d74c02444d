// SPDX-License-Identifier: Apache-2.0
//
// The 16-byte key that orders pending events, whatever structure holds them.
//
// A key is {due time, sequence << 32 | index}, compared as one unsigned 128-bit number: two instructions and
// a conditional move. No two pending keys have one sequence, so every correct structure pops the same trace
// and the structure may change while the run goes on. The index says what is due: a slot (event_slots.h), or,
// with kFrame in it, a coroutine frame by its number (arena.h).
#ifndef TXGSIM_SIM_DUE_KEY_H_
#define TXGSIM_SIM_DUE_KEY_H_

#include <cstdint>
#include <limits>

namespace sim {

struct DueKey {
  static constexpr int kIndexBits = 32;
  static constexpr uint32_t kFrame = uint32_t{1} << 31;

  uint64_t time;   // Nanoseconds, at most INT64_MAX.
  uint64_t order;  // sequence << kIndexBits | index.

  uint32_t index() const { return static_cast<uint32_t>(order); }
  bool is_frame() const { return (index() & kFrame) != 0; }
  uint32_t frame() const { return index() & ~kFrame; }
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
