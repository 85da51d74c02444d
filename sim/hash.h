// SPDX-License-Identifier: Apache-2.0
//
// Stable 64-bit hashes of names: the same on every platform and in every run.
//
// Site keys, stream keys and the names in the digest are hashes of their text,
// taken once when a component is built. FNV-1a followed by the finaliser of
// MurmurHash3 (fmix64), which spreads short names over all bits.
#ifndef TXGSIM_SIM_HASH_H_
#define TXGSIM_SIM_HASH_H_

#include <cstdint>
#include <string_view>

namespace sim {

constexpr uint64_t MixBits(uint64_t x) {
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccdULL;
  x ^= x >> 33;
  x *= 0xc4ceb9fe1a85ec53ULL;
  x ^= x >> 33;
  return x;
}

constexpr uint64_t HashName(std::string_view text, uint64_t basis = 0xcbf29ce484222325ULL) {
  uint64_t h = basis;
  for (char c : text) h = (h ^ static_cast<uint8_t>(c)) * 0x100000001b3ULL;
  return MixBits(h);
}

constexpr uint64_t CombineHash(uint64_t a, uint64_t b) {
  return MixBits(a ^ (b + 0x9e3779b97f4a7c15ULL + (a << 6) + (a >> 2)));
}

}  // namespace sim

#endif  // TXGSIM_SIM_HASH_H_
