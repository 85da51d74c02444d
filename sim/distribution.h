// SPDX-License-Identifier: Apache-2.0
//
// Distributions of durations, drawn by inverting the distribution function.
//
// A draw is Quantile(u) for one uniform u, so a draw is monotone in u, costs one number of its stream
// whatever the kind, and "this latency at its p99" has a meaning. Values are whole nanoseconds in [0,
// kMaxNs]: rounded to the nearest, cut off at kMaxNs. u comes from UniformFromBits, so the least and the
// greatest draw are those at 2^-53 and 1 - 2^-53; they are what kMin and kMax mean for a kind without bounds.
//
// Units: nanoseconds; sigma and alpha have none.
#ifndef TXGSIM_SIM_DISTRIBUTION_H_
#define TXGSIM_SIM_DISTRIBUTION_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sim/check.h"
#include "sim/log_of_normal.h"
#include "sim/portable_math.h"
#include "sim/random.h"

namespace sim {

// The points of a distribution that a strategy may draw instead of a random one.
enum class QuantilePoint : uint8_t { kMin, kP10, kP50, kP90, kP99, kMax };
inline constexpr QuantilePoint kQuantilePoints[] = {QuantilePoint::kMin, QuantilePoint::kP10,
                                                    QuantilePoint::kP50, QuantilePoint::kP90,
                                                    QuantilePoint::kP99, QuantilePoint::kMax};

// "min", "p10", "p50", "p90", "p99", "max".
std::string_view Name(QuantilePoint point);
absl::StatusOr<QuantilePoint> ParseQuantilePoint(std::string_view name);
// The u in (0, 1) of a point.
double UniformAt(QuantilePoint point);

class Distribution {
 public:
  enum class Kind : uint8_t { kConstant, kUniform, kExponential, kLognormal, kPareto, kEmpirical };

  // About 104 days, so that a clock of int64 nanoseconds survives many of them.
  static constexpr int64_t kMaxNs = int64_t{1} << 53;
  static constexpr double kMaxSigma = 10;
  static constexpr double kMaxAlpha = 1000;

  // Always 0.
  Distribution() = default;

  // REQUIRES (all): parameters that CheckParameters accepts.
  static Distribution Constant(int64_t value_ns);
  static Distribution Uniform(int64_t low_ns, int64_t high_ns);  // Both ends included.
  static Distribution Exponential(int64_t mean_ns);
  static Distribution Lognormal(int64_t median_ns, double sigma);  // sigma of the logarithm.
  static Distribution Pareto(int64_t scale_ns, double alpha);      // From scale_ns upwards.
  static Distribution Empirical(std::vector<int64_t> samples_ns);  // Each sample equally likely.

  // For parameters that come from a user: the error names the parameter, its value and what is accepted.
  // Parameters are in the order of the factories' arguments; kEmpirical takes the samples.
  static absl::Status CheckParameters(Kind kind, const std::vector<double>& parameters);

  Kind kind() const { return kind_; }

  // REQUIRES: 0 < u < 1
  int64_t Quantile(double u) const {
    if (kind_ != Kind::kExponential) return OtherQuantile(u);
    return std::min(RoundToInt64(first_ * -log_internal::LogOfNormal(1 - u)), kMaxNs);
  }
  int64_t Quantile(QuantilePoint point) const { return Quantile(UniformAt(point)); }
  int64_t Draw(Stream& stream) const { return Quantile(stream.NextUniform01()); }

  // Of the distribution before rounding and cut-off, in nanoseconds; infinite for Pareto with alpha <= 1.
  double Mean() const;

  // As a scenario would write it, in nanoseconds: "lognormal(median_ns=100000, sigma=0.5)".
  std::string DebugString() const;

  friend bool operator==(const Distribution&, const Distribution&) = default;

 private:
  Distribution(Kind kind, double first, double second) : kind_(kind), first_(first), second_(second) {}
  // REQUIRES: kind() is not kExponential
  int64_t OtherQuantile(double u) const;

  Kind kind_ = Kind::kConstant;
  double first_ = 0;   // Value, low, mean, median or scale: whole nanoseconds, exact.
  double second_ = 0;  // High, sigma or alpha.
  std::vector<int64_t> sorted_ns_;
};

// The draws of one distribution from one stream, in order. Each is worked out while the one before is in use:
// a draw takes a processor some fifty cycles from its first instruction to its last, which nobody waits for.
class DrawSeries {
 public:
  DrawSeries(Stream stream, Distribution distribution)
      : stream_(stream), distribution_(std::move(distribution)), next_(distribution_.Draw(stream_)) {}

  // What distribution.Draw(stream) would return.
  int64_t Next() { return std::exchange(next_, distribution_.Draw(stream_)); }

 private:
  Stream stream_;
  Distribution distribution_;
  int64_t next_;
};

}  // namespace sim

#endif  // TXGSIM_SIM_DISTRIBUTION_H_
