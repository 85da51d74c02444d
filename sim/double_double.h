// SPDX-License-Identifier: Apache-2.0
//
// Numbers of about 106 bits as the unevaluated sum of two doubles, for portable_math.cc.
//
// Error-free transformations after Dekker (1971) and Knuth; no fused multiply-add, so that the result does
// not depend on the target. Usable at compile time. Range: magnitudes between 2^-400 and 2^400, no special
// values.
#ifndef TXGSIM_SIM_DOUBLE_DOUBLE_H_
#define TXGSIM_SIM_DOUBLE_DOUBLE_H_

namespace sim {

struct DoubleDouble {
  double hi = 0;
  double lo = 0;  // At most half a unit in the last place of hi.
};

// hi + lo == a + b exactly, given |a| >= |b| or a == 0.
constexpr DoubleDouble FastTwoSum(double a, double b) {
  const double sum = a + b;
  return {sum, b - (sum - a)};
}

// hi + lo == a + b exactly.
constexpr DoubleDouble TwoSum(double a, double b) {
  const double sum = a + b;
  const double b_part = sum - a;
  return {sum, (a - (sum - b_part)) + (b - b_part)};
}

// hi + lo == a * b exactly.
constexpr DoubleDouble TwoProduct(double a, double b) {
  constexpr double kSplit = 134217729.0;  // 2^27 + 1
  const double a_scaled = kSplit * a;
  const double a_hi = a_scaled - (a_scaled - a);
  const double a_lo = a - a_hi;
  const double b_scaled = kSplit * b;
  const double b_hi = b_scaled - (b_scaled - b);
  const double b_lo = b - b_hi;
  const double product = a * b;
  return {product, ((a_hi * b_hi - product) + a_hi * b_lo + a_lo * b_hi) + a_lo * b_lo};
}

constexpr DoubleDouble operator+(DoubleDouble a, DoubleDouble b) {
  const DoubleDouble high = TwoSum(a.hi, b.hi);
  const DoubleDouble low = TwoSum(a.lo, b.lo);
  const DoubleDouble sum = FastTwoSum(high.hi, high.lo + low.hi);
  return FastTwoSum(sum.hi, sum.lo + low.lo);
}

constexpr DoubleDouble operator-(DoubleDouble a) { return {-a.hi, -a.lo}; }
constexpr DoubleDouble operator-(DoubleDouble a, DoubleDouble b) { return a + -b; }

constexpr DoubleDouble operator*(DoubleDouble a, DoubleDouble b) {
  const DoubleDouble product = TwoProduct(a.hi, b.hi);
  return FastTwoSum(product.hi, product.lo + (a.hi * b.lo + a.lo * b.hi));
}

constexpr DoubleDouble operator/(DoubleDouble a, DoubleDouble b) {
  const double first = a.hi / b.hi;
  const DoubleDouble rest = a - b * DoubleDouble{first, 0};
  const double second = rest.hi / b.hi;
  const DoubleDouble rest2 = rest - b * DoubleDouble{second, 0};
  const DoubleDouble quotient = FastTwoSum(first, second);
  return quotient + DoubleDouble{rest2.hi / b.hi, 0};
}

}  // namespace sim

#endif  // TXGSIM_SIM_DOUBLE_DOUBLE_H_
