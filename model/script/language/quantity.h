// SPDX-License-Identifier: Apache-2.0
//
// Quantities as scenarios and the command line write them: "5ms", "64KiB", "200MB/s".
//
// A text needs a unit and must be exact: "0.5ns" is refused, since the clock counts
// whole nanoseconds, and so is "5", since nobody can tell what it counts. Every
// message names what is accepted; the caller puts `key = "text": ` before it.
//
// Units: durations are nanoseconds, sizes bytes, rates bytes or events a second.
// Decimal (kB MB GB TB) and binary (KiB MiB GiB TiB) multiples are kept apart.
#ifndef TXGSIM_MODEL_SCRIPT_LANGUAGE_QUANTITY_H_
#define TXGSIM_MODEL_SCRIPT_LANGUAGE_QUANTITY_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/distribution.h"

namespace model {

// The value of "never" and "forever".
inline constexpr int64_t kForeverNs = INT64_MAX;

struct Rate {
  int64_t per_second = 0;
  bool in_bytes = true;  // false: events a second ("300/s").
  friend bool operator==(const Rate&, const Rate&) = default;
};

// A duration that may be drawn. The shape that sim::Distribution is made from.
struct DistributionDecl {
  enum class Kind : uint8_t { kConstant, kUniform, kExponential, kLognormal, kPareto, kEmpirical };
  Kind kind = Kind::kConstant;
  int64_t a_ns =
      0;  // constant: the value; uniform: low; exponential: mean; lognormal: median; pareto: minimum.
  int64_t b_ns = 0;                // uniform: high.
  double shape = 0.0;              // lognormal: sigma; pareto: alpha.
  std::vector<int64_t> points_ns;  // empirical: the observations, as given.

  static DistributionDecl Constant(int64_t ns) {
    DistributionDecl constant;
    constant.a_ns = ns;
    return constant;
  }
  bool constant() const { return kind == Kind::kConstant; }
  // As the scenario would write it: `uniform("1ms", "5ms")`, or "5ms" for a constant.
  std::string DebugString() const;
  friend bool operator==(const DistributionDecl&, const DistributionDecl&) = default;
};

// REQUIRES: parameters that sim::Distribution::CheckParameters accepts.
sim::Distribution MakeDistribution(const DistributionDecl& decl);

// "5ms" -> nanoseconds; never negative. Units: ns us ms s min h.
absl::StatusOr<int64_t> ParseDuration(std::string_view text);
// "64KiB" -> bytes. Units: B kB MB GB TB KiB MiB GiB TiB.
absl::StatusOr<int64_t> ParseBytes(std::string_view text);
// "200MB/s" or "300/s".
absl::StatusOr<Rate> ParseRate(std::string_view text);

// What a bare number is answered with: `needs a unit, such as "5ms" (ns us ms s min h)`.
std::string DurationUnitHelp();
std::string SizeUnitHelp();
std::string RateUnitHelp();

// The shortest exact text: 5000000 -> "5ms", 1500000 -> "1.5ms", kForeverNs -> "forever".
std::string FormatDuration(int64_t ns);
// 65536 -> "64KiB", 1000000 -> "1MB".
std::string FormatBytes(int64_t bytes);
std::string FormatRate(Rate rate);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_LANGUAGE_QUANTITY_H_
