// SPDX-License-Identifier: Apache-2.0
//
// Elementary functions whose every bit is the same on every platform.
//
// The C library's differ in the last place from one library, version and processor to another, which is
// enough to change a trace. These use only + - * / sqrt of IEEE 754 doubles and operations on their bits; the
// build forbids contraction (-ffp-contract=off). The error of Log, Log2, Exp, Exp2 and Pow against the true
// value is below 1 unit in the last place. Special cases are those of C's Annex F.
#ifndef TXGSIM_SIM_PORTABLE_MATH_H_
#define TXGSIM_SIM_PORTABLE_MATH_H_

#include <cstdint>
#include <limits>

namespace sim {

double Log(double x);
double Log2(double x);
double Exp(double x);
double Exp2(double x);
// Powers with an integer exponent up to 64 in magnitude are rounded correctly, so 10^3 is 1000.
double Pow(double x, double y);
double Sqrt(double x);

// The z for which a standard normal variable is below z with probability p; infinite at 0 and 1.
double InverseNormalCdf(double p);

// Nearest integer, halves upwards; beyond the range of int64 its nearest end; 0 for NaN.
inline int64_t RoundToInt64(double x) {
  if (!(x >= -0x1p63 && x < 0x1p63)) {
    if (x != x) return 0;
    return x < 0 ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max();
  }
  const int64_t whole = static_cast<int64_t>(x);
  const double fraction = x - static_cast<double>(whole);
  // Added as numbers: a branch here would be wrong half of the time.
  return whole + (fraction >= 0.5 ? 1 : 0) - (fraction < -0.5 ? 1 : 0);
}

}  // namespace sim

#endif  // TXGSIM_SIM_PORTABLE_MATH_H_
