// SPDX-License-Identifier: Apache-2.0
//
// Logarithm: x = 2^k m with m in [0.707, 1.414). The 128 table intervals of m have centres c; the interval
// around 1 has c = 1 exactly, so that nothing cancels there. log x = k log 2 + log c + log1p((m - c) / c),
// where m - c is exact and the last term is a Taylor series in |r| <= 2^-8.
//
// Exponential: x = k log 2 / 128 + r with |r| <= 0.0028; exp x = 2^(k / 128) times a Taylor series in r.
//
// The tables are worked out at compile time in double-double arithmetic; nothing is copied from a C library.
#include "sim/portable_math.h"

#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "sim/double_double.h"
#include "sim/log_of_normal.h"

namespace sim {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr uint64_t kSignBit = uint64_t{1} << 63;

constexpr DoubleDouble kLn2 = {0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56};
constexpr DoubleDouble kInverseLn2 = {0x1.71547652b82fep+0, 0x1.777d0ffda0d24p-56};
using log_internal::kIndexShift;
using log_internal::kLn2Head;
using log_internal::kLn2Tail;
using log_internal::kTableBits;
using log_internal::kTableSize;
using log_internal::Split;

struct LogTable {
  std::array<log_internal::Entry, kTableSize> entries{};
  std::array<double, kTableSize> inverse_tail{};
};

// 2 atanh((c - 1) / (c + 1)) by its series; c in [0.7, 1.5].
constexpr DoubleDouble SlowLog(double c) {
  const DoubleDouble s = DoubleDouble{c - 1, 0} / TwoSum(c, 1);
  const DoubleDouble square = s * s;
  DoubleDouble sum;
  for (int n = 41; n >= 1; n -= 2) sum = sum * square + DoubleDouble{2, 0} / DoubleDouble{double(n), 0};
  return sum * s;
}

constexpr LogTable MakeLogTable() {
  LogTable table;
  for (uint64_t i = 0; i < kTableSize; ++i) {
    const double c = std::bit_cast<double>(log_internal::kOffset + (i << kIndexShift) +
                                           (uint64_t{1} << (kIndexShift - 1)));
    const DoubleDouble inverse = DoubleDouble{1, 0} / DoubleDouble{c, 0};
    const DoubleDouble log = SlowLog(c);
    constexpr double kRounder = 0x1.8p12;  // Adding it leaves multiples of 2^-40.
    const double head = (log.hi + kRounder) - kRounder;
    table.entries[i] = {c, inverse.hi, head, (log.hi - head) + log.lo};
    table.inverse_tail[i] = inverse.lo;
  }
  return table;
}

constexpr LogTable kLogTable = MakeLogTable();

// 2^(i / 128) for i in [0, 128).
constexpr std::array<DoubleDouble, kTableSize> MakeExpTable() {
  std::array<DoubleDouble, kTableSize> table{};
  for (int i = 0; i < kTableSize; ++i) {
    const DoubleDouble x = kLn2 * DoubleDouble{double(i) / kTableSize, 0};
    DoubleDouble sum;
    for (int n = 25; n >= 1; --n) sum = (sum + DoubleDouble{1, 0}) * x / DoubleDouble{double(n), 0};
    table[i] = sum + DoubleDouble{1, 0};
  }
  return table;
}

constexpr std::array<DoubleDouble, kTableSize> kExpTable = MakeExpTable();

// REQUIRES: x is positive and finite.
Split SplitForLog(double x) {
  const uint64_t bits = std::bit_cast<uint64_t>(x);
  if (bits >= uint64_t{1} << 52) return log_internal::SplitNormal(bits);
  Split split = log_internal::SplitNormal(std::bit_cast<uint64_t>(x * 0x1p54));  // Subnormal.
  split.exponent -= 54;
  return split;
}

// The logarithm of the mantissa to about 2^-66 of its size.
DoubleDouble MantissaLog(const Split& split) {
  const log_internal::Entry& entry = kLogTable.entries[split.index];
  const double difference = split.mantissa - entry.centre;
  const DoubleDouble product = TwoProduct(difference, entry.inverse);
  const DoubleDouble r =
      FastTwoSum(product.hi, product.lo + difference * kLogTable.inverse_tail[split.index]);
  const double x = r.hi;
  const double series =
      1.0 / 3 - x * (1.0 / 4 - x * (1.0 / 5 - x * (1.0 / 6 - x * (1.0 / 7 - x * (1.0 / 8 - x / 9)))));
  const DoubleDouble square = r * r;
  const DoubleDouble log1p =
      r - DoubleDouble{square.hi / 2, square.lo / 2} + DoubleDouble{x * x * x * series, 0};
  return FastTwoSum(entry.log_head, entry.log_tail) + log1p;
}

double PowerOfTwo(int exponent) {  // REQUIRES: the result is a normal number.
  return std::bit_cast<double>(static_cast<uint64_t>(exponent + 1023) << 52);
}

// x * 2^exponent, rounded once even where the result is subnormal.
double Scale(double x, int exponent) {
  for (; exponent > 1023; exponent -= 1023) {
    x *= 0x1p1023;
    if (x == kInfinity) return x;
  }
  for (; exponent < -1022; exponent += 969) {
    x *= 0x1p-969;  // Keeps 53 bits above the subnormal range for the last step.
    if (x == 0) return x;
  }
  return x * PowerOfTwo(exponent);
}

// 2^(k / 128) exp(r)
double ExpFromParts(int k, double r) {
  const DoubleDouble& base = kExpTable[k & (kTableSize - 1)];
  const double series = r + r * r * (1.0 / 2 + r * (1.0 / 6 + r * (1.0 / 24 + r * (1.0 / 120))));
  return Scale(base.hi + (base.lo + base.hi * series), k >> kTableBits);
}

// exp(hi + lo)
double ExpOfSum(double hi, double lo) {
  if (hi > 710) return kInfinity;
  if (hi < -746) return 0;
  constexpr double kPerUnit = kTableSize * kInverseLn2.hi;
  const int k = static_cast<int>(RoundToInt64(hi * kPerUnit));
  const double r = (hi - k * (kLn2Head / kTableSize)) + (lo - k * (kLn2Tail / kTableSize));
  return ExpFromParts(k, r);
}

bool IsNaN(double x) { return x != x; }
double Magnitude(double x) { return std::bit_cast<double>(std::bit_cast<uint64_t>(x) & ~kSignBit); }
bool Negative(double x) { return std::bit_cast<uint64_t>(x) >> 63 != 0; }

enum class Parity { kNotInteger, kEven, kOdd };

Parity ParityOf(double y) {
  const double magnitude = Magnitude(y);
  if (magnitude >= 0x1p53) return Parity::kEven;
  const int64_t integer = static_cast<int64_t>(magnitude);
  if (static_cast<double>(integer) != magnitude) return Parity::kNotInteger;
  return integer % 2 == 0 ? Parity::kEven : Parity::kOdd;
}

// x^n by repeated squaring in double-double. REQUIRES: x is positive and finite; 0 < |n| <= 64
double IntegerPower(double x, int n) {
  const Split split = SplitForLog(x);
  const int magnitude = n < 0 ? -n : n;
  DoubleDouble power = {1, 0};
  DoubleDouble square = {split.mantissa, 0};
  for (int rest = magnitude; rest != 0; rest /= 2) {
    if (rest % 2 == 1) power = power * square;
    square = square * square;
  }
  if (n < 0) power = DoubleDouble{1, 0} / power;
  return Scale(power.hi, split.exponent * n);
}

// x^y. REQUIRES: x is positive, finite and not 1; y is finite and not 0
double PositivePower(double x, double y) {
  if (ParityOf(y) != Parity::kNotInteger && Magnitude(y) <= 64) return IntegerPower(x, static_cast<int>(y));
  // |log x| lies between 2^-53 and 2^10, so outside these bounds the answer is plain.
  if (Magnitude(y) > 0x1p65) return (x > 1) == (y > 0) ? kInfinity : 0;
  if (Magnitude(y) < 0x1p-65) return 1;
  const Split split = SplitForLog(x);
  const DoubleDouble log = kLn2 * DoubleDouble{double(split.exponent), 0} + MantissaLog(split);
  const DoubleDouble product = log * DoubleDouble{y, 0};
  return ExpOfSum(product.hi, product.lo);
}

template <int kSize>
double Polynomial(const double (&coefficients)[kSize], double x) {
  double sum = 0;
  for (int i = kSize; i-- > 0;) sum = sum * x + coefficients[i];
  return sum;
}

}  // namespace

constexpr std::array<log_internal::Entry, kTableSize> log_internal::kEntries = kLogTable.entries;

double Log(double x) {
  if (!(x > 0 && x < kInfinity)) return x == 0 ? -kInfinity : x > 0 ? x : IsNaN(x) ? x : kNaN;
  return log_internal::LogOfSplit(SplitForLog(x));
}

double Log2(double x) {
  if (!(x > 0 && x < kInfinity)) return Log(x);
  const Split split = SplitForLog(x);
  const DoubleDouble log = MantissaLog(split) * kInverseLn2;
  return (DoubleDouble{double(split.exponent), 0} + log).hi;
}

double Exp(double x) { return IsNaN(x) ? x : ExpOfSum(x, 0); }

double Exp2(double x) {
  if (IsNaN(x)) return x;
  if (x >= 1024) return kInfinity;
  if (x < -1076) return 0;
  const int k = static_cast<int>(RoundToInt64(x * kTableSize));
  return ExpFromParts(k, (x - k * (1.0 / kTableSize)) * kLn2.hi);
}

double Pow(double x, double y) {
  if (y == 0 || x == 1) return 1;
  if (IsNaN(x) || IsNaN(y)) return kNaN;
  const double magnitude = Magnitude(x);
  if (Magnitude(y) == kInfinity) {
    if (magnitude == 1) return 1;
    return (magnitude > 1) == (y > 0) ? kInfinity : 0;
  }
  const Parity parity = ParityOf(y);
  const bool negative = Negative(x) && parity == Parity::kOdd;
  double result = 0;
  if (magnitude == 0 || magnitude == kInfinity) {
    result = (magnitude == 0) == (y > 0) ? 0 : kInfinity;
  } else if (x < 0 && parity == Parity::kNotInteger) {
    return kNaN;
  } else {
    result = magnitude == 1 ? 1 : PositivePower(magnitude, y);
  }
  return negative ? -result : result;
}

double Sqrt(double x) { return std::sqrt(x); }

// Wichura, "Algorithm AS 241: The Percentage Points of the Normal Distribution", Applied Statistics 37
// (1988), routine PPND16: relative error about 1e-16.
double InverseNormalCdf(double p) {
  if (!(p > 0 && p < 1)) return p == 0 ? -kInfinity : p == 1 ? kInfinity : kNaN;
  const double q = p - 0.5;
  if (Magnitude(q) <= 0.425) {
    static constexpr double kTop[] = {3.3871328727963666080, 133.14166789178437745, 1971.5909503065514427,
                                      13731.693765509461125, 45921.953931549871457, 67265.770927008700853,
                                      33430.575583588128105, 2509.0809287301226727};
    static constexpr double kBottom[] = {1.0,
                                         42.313330701600911252,
                                         687.18700749205790830,
                                         5394.1960214247511077,
                                         21213.794301586595867,
                                         39307.895800092710610,
                                         28729.085735721942674,
                                         5226.4952788528545610};
    const double r = 0.180625 - q * q;
    return q * Polynomial(kTop, r) / Polynomial(kBottom, r);
  }
  const double r = Sqrt(-Log(q < 0 ? p : 1 - p));
  double z = 0;
  if (r <= 5) {
    static constexpr double kTop[] = {
        1.42343711074968357734, 4.63033784615654529590,  5.76949722146069140550,   3.64784832476320460504,
        1.27045825245236838258, 0.241780725177450611770, 0.0227238449892691845833, 7.74545014278341407640e-4};
    static constexpr double kBottom[] = {1.0,
                                         2.05319162663775882187,
                                         1.67638483018380384940,
                                         0.689767334985100004550,
                                         0.148103976427480074590,
                                         0.0151986665636164571966,
                                         5.47593808499534494600e-4,
                                         1.05075007164441684324e-9};
    z = Polynomial(kTop, r - 1.6) / Polynomial(kBottom, r - 1.6);
  } else {
    static constexpr double kTop[] = {6.65790464350110377720,    5.46378491116411436990,
                                      1.78482653991729133580,    0.296560571828504891230,
                                      0.0265321895265761230930,  0.00124266094738807843860,
                                      2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static constexpr double kBottom[] = {1.0,
                                         0.599832206555887937690,
                                         0.136929880922735805310,
                                         0.0148753612908506148525,
                                         7.86869131145613259100e-4,
                                         1.84631831751005468180e-5,
                                         1.42151175831644588870e-7,
                                         2.04426310338993978564e-15};
    z = Polynomial(kTop, r - 5) / Polynomial(kBottom, r - 5);
  }
  return q < 0 ? -z : z;
}

}  // namespace sim
