// SPDX-License-Identifier: Apache-2.0
//
// Counter-based random numbers: the k-th number of a stream is a function of (seed, key, k) and nothing else.
//
// A component draws from a stream of its own, named by a path ("disk0/service"); key is the hash of the path.
// Adding a component, or drawing more from one, leaves the numbers of all others as they were.
//
// The function, bit by bit; all arithmetic is modulo 2^64:
//   Mix(z):           z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;  z = (z ^ z >> 27) * 0x94d049bb133111eb;
//                     result z ^ z >> 31
//   SeedBase(seed):   Mix(seed + G)           with G = 0x9e3779b97f4a7c15
//   Prf(seed, key, k) = Mix((key ^ SeedBase(seed)) + (k + 1) * G)
// So a stream is SplitMix64 (Steele, Lea, Flood 2014; variant 13 of Stafford's mixers) begun at a point that
// key and seed choose. Test vectors are in tests/sim/random_test.cc. Keys must be well mixed: HashName,
// CombineHash.
//
// Cost: two dependent multiplications when SeedBase is at hand. Threads: plain values.
#ifndef TXGSIM_SIM_RANDOM_H_
#define TXGSIM_SIM_RANDOM_H_

#include <cstdint>
#include <string_view>

#include "sim/check.h"
#include "sim/hash.h"

namespace sim {

namespace random_internal {
inline constexpr uint64_t kGamma = 0x9e3779b97f4a7c15;
constexpr uint64_t Mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}
}  // namespace random_internal

constexpr uint64_t SeedBase(uint64_t seed) { return random_internal::Mix(seed + random_internal::kGamma); }

// Prf with the part that depends on the seed alone taken out of the loop.
constexpr uint64_t PrfFromBase(uint64_t seed_base, uint64_t key, uint64_t k) {
  return random_internal::Mix((key ^ seed_base) + (k + 1) * random_internal::kGamma);
}

constexpr uint64_t Prf(uint64_t seed, uint64_t key, uint64_t k) {
  return PrfFromBase(SeedBase(seed), key, k);
}

// The top 52 bits as the middle of one of 2^52 equal parts of (0, 1): exact, never 0 nor 1, and 1 - u is
// exact and just as likely.
constexpr double UniformFromBits(uint64_t bits) {
  return static_cast<double>(2 * (bits >> 12) + 1) * 0x1p-53;
}

// An unbiased integer in [0, n) from one number of a stream: Lemire's multiplication ("Fast Random Integer
// Generation in an Interval", 2019). A rejected number is mixed anew instead of taking the stream's next, so
// a draw always costs one count. REQUIRES: n > 0
constexpr uint64_t BelowFromBits(uint64_t bits, uint64_t n) {
  using Wide = unsigned __int128;
  SIM_CHECK(n > 0);
  Wide product = Wide{bits} * n;
  if (static_cast<uint64_t>(product) < n) {
    const uint64_t threshold = -n % n;  // 2^64 mod n
    while (static_cast<uint64_t>(product) < threshold) {
      bits = random_internal::Mix(bits + random_internal::kGamma);
      product = Wide{bits} * n;
    }
  }
  return static_cast<uint64_t>(product >> 64);
}

class Stream {
 public:
  constexpr Stream(uint64_t seed, uint64_t key) : base_(key ^ SeedBase(seed)) {}
  constexpr Stream(uint64_t seed, std::string_view path) : Stream(seed, HashName(path)) {}

  // How many numbers were drawn.
  constexpr uint64_t count() const { return count_; }

  constexpr uint64_t NextU64() { return random_internal::Mix(base_ + ++count_ * random_internal::kGamma); }
  constexpr double NextUniform01() { return UniformFromBits(NextU64()); }
  constexpr uint64_t NextBelow(uint64_t n) { return BelowFromBits(NextU64(), n); }
  // In [low, high]. REQUIRES: low <= high
  constexpr int64_t NextBetween(int64_t low, int64_t high) {
    SIM_CHECK(low <= high);
    const uint64_t span = static_cast<uint64_t>(high) - static_cast<uint64_t>(low);
    const uint64_t offset = span == ~uint64_t{0} ? NextU64() : NextBelow(span + 1);
    return static_cast<int64_t>(static_cast<uint64_t>(low) + offset);
  }
  // True with probability numerator / denominator. REQUIRES: numerator <= denominator, denominator > 0
  constexpr bool NextChance(uint64_t numerator, uint64_t denominator) {
    SIM_CHECK(numerator <= denominator);
    return NextBelow(denominator) < numerator;
  }

 private:
  uint64_t base_;
  uint64_t count_ = 0;
};

}  // namespace sim

#endif  // TXGSIM_SIM_RANDOM_H_
