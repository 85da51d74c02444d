// SPDX-License-Identifier: Apache-2.0
//
// Means of runs that differ in their seed only, and how far to trust them.
//
// The runs of one point are independent draws, so the interval is that of Student (1908): with n runs, mean m
// and standard deviation s (the sum of squares over n - 1), the true mean lies within
//
//   m +- t * s / sqrt(n)
//
// in 95 of 100 cases, where t is the 0.975 quantile of Student's distribution with n - 1 degrees of freedom.
// It supposes that the figure is roughly normal over the seeds; for a maximum or a high percentile over few
// seeds it is a hint. One run has no interval.
#ifndef TXGSIM_MODEL_SCRIPT_RESULT_STATISTICS_H_
#define TXGSIM_MODEL_SCRIPT_RESULT_STATISTICS_H_

#include <cstddef>
#include <optional>
#include <vector>

namespace model {

struct Summary {
  size_t count = 0;
  double mean = 0;
  std::optional<double> ci95;  // Half of the interval's width.
  double min = 0;
  double max = 0;
};

// The same on every platform: sums run in the order of `values`.
Summary Summarise(const std::vector<double>& values);

// The 0.975 quantile of Student's distribution. REQUIRES: degrees >= 1.
double StudentQuantile975(size_t degrees);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_RESULT_STATISTICS_H_
