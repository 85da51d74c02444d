// SPDX-License-Identifier: Apache-2.0
#include "sim/distribution.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "fmt/format.h"
#include "sim/check.h"
#include "sim/portable_math.h"

namespace sim {

namespace {

struct PointRow {
  std::string_view name;
  double u;
};

// In the order of QuantilePoint.
constexpr PointRow kPointRows[] = {{"min", 0x1p-53}, {"p10", 0.10}, {"p50", 0.50},
                                   {"p90", 0.90},    {"p99", 0.99}, {"max", 1 - 0x1p-53}};

struct ParameterRow {
  std::string_view name;
  double least;
  double most;
  bool whole;
};

struct KindRow {
  std::string_view name;
  std::vector<ParameterRow> parameters;
};

constexpr double kMost = static_cast<double>(Distribution::kMaxNs);

const KindRow& RowOf(Distribution::Kind kind) {
  // In the order of Distribution::Kind.
  static const std::vector<KindRow> rows = {
      {"constant", {{"value_ns", 0, kMost, true}}},
      {"uniform", {{"low_ns", 0, kMost, true}, {"high_ns", 0, kMost, true}}},
      {"exponential", {{"mean_ns", 0, kMost, true}}},
      {"lognormal", {{"median_ns", 0, kMost, true}, {"sigma", 0, Distribution::kMaxSigma, false}}},
      {"pareto", {{"scale_ns", 0, kMost, true}, {"alpha", 0.001, Distribution::kMaxAlpha, false}}},
      {"empirical", {{"sample_ns", 0, kMost, true}}},
  };
  return rows[static_cast<size_t>(kind)];
}

absl::Status CheckParameter(const KindRow& kind, const ParameterRow& row, double value) {
  const bool whole = !row.whole || value == static_cast<double>(RoundToInt64(value));
  if (value >= row.least && value <= row.most && whole) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("{}: {} is {}; accepted: {}{} to {}", kind.name, row.name,
                                                value, row.whole ? "a whole number, " : "", row.least,
                                                row.most));
}

Distribution Checked(Distribution distribution, Distribution::Kind kind,
                     const std::vector<double>& parameters) {
  const absl::Status status = Distribution::CheckParameters(kind, parameters);
  SIM_CHECK_MSG(status.ok(), status.ToString());
  return distribution;
}

}  // namespace

std::string_view Name(QuantilePoint point) { return kPointRows[static_cast<size_t>(point)].name; }

double UniformAt(QuantilePoint point) { return kPointRows[static_cast<size_t>(point)].u; }

absl::StatusOr<QuantilePoint> ParseQuantilePoint(std::string_view name) {
  for (QuantilePoint point : kQuantilePoints) {
    if (Name(point) == name) return point;
  }
  return absl::InvalidArgumentError(
      fmt::format("'{}' is no point of a distribution; accepted: min, p10, p50, p90, p99, max", name));
}

absl::Status Distribution::CheckParameters(Kind kind, const std::vector<double>& parameters) {
  const KindRow& row = RowOf(kind);
  if (kind == Kind::kEmpirical) {
    if (parameters.empty())
      return absl::InvalidArgumentError("empirical: no samples; accepted: at least one");
    for (double sample : parameters) {
      if (absl::Status status = CheckParameter(row, row.parameters[0], sample); !status.ok()) return status;
    }
    return absl::OkStatus();
  }
  if (parameters.size() != row.parameters.size()) {
    return absl::InvalidArgumentError(fmt::format("{}: {} parameters given; accepted: {}", row.name,
                                                  parameters.size(), row.parameters.size()));
  }
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (absl::Status status = CheckParameter(row, row.parameters[i], parameters[i]); !status.ok())
      return status;
  }
  if (kind == Kind::kUniform && parameters[0] > parameters[1]) {
    return absl::InvalidArgumentError(
        fmt::format("uniform: low_ns is {}, above high_ns, which is {}", parameters[0], parameters[1]));
  }
  return absl::OkStatus();
}

Distribution Distribution::Constant(int64_t value_ns) {
  const double value = static_cast<double>(value_ns);
  return Checked(Distribution(Kind::kConstant, value, 0), Kind::kConstant, {value});
}

Distribution Distribution::Uniform(int64_t low_ns, int64_t high_ns) {
  const double low = static_cast<double>(low_ns);
  const double high = static_cast<double>(high_ns);
  return Checked(Distribution(Kind::kUniform, low, high), Kind::kUniform, {low, high});
}

Distribution Distribution::Exponential(int64_t mean_ns) {
  const double mean = static_cast<double>(mean_ns);
  return Checked(Distribution(Kind::kExponential, mean, 0), Kind::kExponential, {mean});
}

Distribution Distribution::Lognormal(int64_t median_ns, double sigma) {
  const double median = static_cast<double>(median_ns);
  return Checked(Distribution(Kind::kLognormal, median, sigma), Kind::kLognormal, {median, sigma});
}

Distribution Distribution::Pareto(int64_t scale_ns, double alpha) {
  const double scale = static_cast<double>(scale_ns);
  return Checked(Distribution(Kind::kPareto, scale, alpha), Kind::kPareto, {scale, alpha});
}

Distribution Distribution::Empirical(std::vector<int64_t> samples_ns) {
  Distribution distribution(Kind::kEmpirical, 0, 0);
  std::sort(samples_ns.begin(), samples_ns.end());
  const std::vector<double> parameters(samples_ns.begin(), samples_ns.end());
  distribution.sorted_ns_ = std::move(samples_ns);
  return Checked(std::move(distribution), Kind::kEmpirical, parameters);
}

int64_t Distribution::OtherQuantile(double u) const {
  SIM_DCHECK(u > 0 && u < 1);
  double value = first_;
  switch (kind_) {
    case Kind::kConstant:
    case Kind::kExponential:
      break;
    case Kind::kUniform: {
      const int64_t offset = static_cast<int64_t>(u * (second_ - first_ + 1));
      return std::min(static_cast<int64_t>(first_) + offset, static_cast<int64_t>(second_));
    }
    case Kind::kLognormal:
      value = first_ * Exp(second_ * InverseNormalCdf(u));
      break;
    case Kind::kPareto:
      value = first_ * Exp(-Log(1 - u) / second_);
      break;
    case Kind::kEmpirical: {
      const size_t count = sorted_ns_.size();
      return sorted_ns_[std::min(static_cast<size_t>(u * static_cast<double>(count)), count - 1)];
    }
  }
  return std::min(RoundToInt64(value), kMaxNs);
}

double Distribution::Mean() const {
  switch (kind_) {
    case Kind::kConstant:
    case Kind::kExponential:
      return first_;
    case Kind::kUniform:
      return first_ + (second_ - first_) / 2;
    case Kind::kLognormal:
      return first_ * Exp(second_ * second_ / 2);
    case Kind::kPareto:
      if (second_ <= 1) return std::numeric_limits<double>::infinity();
      return first_ * second_ / (second_ - 1);
    case Kind::kEmpirical:
      break;
  }
  double sum = 0;
  for (int64_t sample : sorted_ns_) sum += static_cast<double>(sample);
  return sum / static_cast<double>(sorted_ns_.size());
}

std::string Distribution::DebugString() const {
  const KindRow& row = RowOf(kind_);
  if (kind_ == Kind::kEmpirical) return fmt::format("empirical({} samples)", sorted_ns_.size());
  const double values[] = {first_, second_};
  std::string text = fmt::format("{}(", row.name);
  for (size_t i = 0; i < row.parameters.size(); ++i) {
    const ParameterRow& parameter = row.parameters[i];
    text += fmt::format("{}{}=", i == 0 ? "" : ", ", parameter.name);
    text += parameter.whole ? fmt::format("{}", RoundToInt64(values[i])) : fmt::format("{}", values[i]);
  }
  return text + ")";
}

}  // namespace sim
