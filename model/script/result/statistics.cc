// SPDX-License-Identifier: Apache-2.0
#include "model/script/result/statistics.h"

#include <algorithm>
#include <array>

#include "sim/check.h"
#include "sim/portable_math.h"

namespace model {

// Up to ten degrees from a table; from there by the expansion in 1 / degrees of Abramowitz and Stegun,
// Handbook of Mathematical Functions, 26.7.5, whose error is below 0.00001 there and falls quickly.
double StudentQuantile975(size_t degrees) {
  static constexpr std::array kTable = {12.7062047, 4.30265273, 3.18244631, 2.77644511, 2.57058184,
                                        2.44691185, 2.36462425, 2.30600414, 2.26215716, 2.22813885};
  SIM_CHECK(degrees >= 1);
  if (degrees <= kTable.size()) return kTable[degrees - 1];
  const double n = static_cast<double>(degrees);
  const double z = 1.959963984540054;  // Of the normal distribution.
  const double z2 = z * z;
  const double g1 = z * (z2 + 1) / 4;
  const double g2 = z * ((5 * z2 + 16) * z2 + 3) / 96;
  const double g3 = z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384;
  const double g4 = z * ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945) / 92160;
  return z + (g1 + (g2 + (g3 + g4 / n) / n) / n) / n;
}

Summary Summarise(const std::vector<double>& values) {
  Summary summary;
  summary.count = values.size();
  if (values.empty()) return summary;
  double sum = 0;
  for (double value : values) sum += value;
  const double n = static_cast<double>(values.size());
  summary.mean = sum / n;
  summary.min = *std::min_element(values.begin(), values.end());
  summary.max = *std::max_element(values.begin(), values.end());
  if (values.size() < 2) return summary;
  double squares = 0;
  for (double value : values) squares += (value - summary.mean) * (value - summary.mean);
  summary.ci95 = StudentQuantile975(values.size() - 1) * sim::Sqrt(squares / (n - 1)) / sim::Sqrt(n);
  return summary;
}

}  // namespace model
