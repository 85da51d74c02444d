// SPDX-License-Identifier: Apache-2.0
//
// The logarithm's inner part, in a header so that drawing a time is a table look-up and a dozen
// multiplications without a call. For all but draws: Log of portable_math.h, whose results these are.
#ifndef TXGSIM_SIM_LOG_OF_NORMAL_H_
#define TXGSIM_SIM_LOG_OF_NORMAL_H_

#include <array>
#include <bit>
#include <cstdint>

#include "sim/double_double.h"

namespace sim::log_internal {

inline constexpr int kTableBits = 7;
inline constexpr int kTableSize = 1 << kTableBits;
inline constexpr int kIndexShift = 52 - kTableBits;
inline constexpr uint64_t kOneBits = std::bit_cast<uint64_t>(1.0);
// Chosen so that 1.0 is the centre of its interval, and the smallest mantissa is near sqrt(1/2).
inline constexpr uint64_t kOffset =
    kOneBits - (uint64_t{75} << kIndexShift) - (uint64_t{1} << (kIndexShift - 1));

// log 2 as a head of 21 bits, whose products with any exponent are exact, and a tail.
inline constexpr double kLn2Head = 0x1.62e42p-1;
inline constexpr double kLn2Tail = 0x1.fdf473de6af28p-22;

struct Entry {
  double centre;
  double inverse;   // 1 / centre
  double log_head;  // log(centre), a multiple of 2^-40: sums with k * kLn2Head are exact.
  double log_tail;
};
extern const std::array<Entry, kTableSize> kEntries;

struct Split {
  int exponent;
  uint64_t index;
  double mantissa;  // In [0.707, 1.414).
};

// REQUIRES: `bits` are those of a positive normal number.
inline Split SplitNormal(uint64_t bits) {
  const uint64_t offset = bits - kOffset;
  const int64_t exponent = static_cast<int64_t>(offset) >> 52;
  return {static_cast<int>(exponent), (offset >> kIndexShift) % kTableSize,
          std::bit_cast<double>(bits - (static_cast<uint64_t>(exponent) << 52))};
}

inline double LogOfSplit(const Split& split) {
  const Entry& entry = kEntries[split.index];
  const double k = split.exponent;
  const double r = (split.mantissa - entry.centre) * entry.inverse;
  const double r2 = r * r;
  const double series =
      r2 * ((-1.0 / 2 + r * (1.0 / 3)) + r2 * ((-1.0 / 4 + r * (1.0 / 5)) + r2 * (-1.0 / 6 + r * (1.0 / 7))));
  const double head = k * kLn2Head + entry.log_head;
  const DoubleDouble sum = FastTwoSum(head, r);  // Valid: the head is 0 or larger than r.
  return sum.hi + (sum.lo + (k * kLn2Tail + entry.log_tail) + series);
}

// log x. REQUIRES: x is positive, normal and finite.
inline double LogOfNormal(double x) { return LogOfSplit(SplitNormal(std::bit_cast<uint64_t>(x))); }

}  // namespace sim::log_internal

#endif  // TXGSIM_SIM_LOG_OF_NORMAL_H_
