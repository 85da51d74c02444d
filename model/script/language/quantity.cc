// SPDX-License-Identifier: Apache-2.0
#include "model/script/language/quantity.h"

#include <algorithm>
#include <array>
#include <span>

#include "absl/status/status.h"
#include "fmt/format.h"

namespace model {
namespace {

struct Unit {
  std::string_view name;
  int64_t factor;
};

// Ascending, so that formatting can look for the largest that fits.
constexpr std::array kDurationUnits = {
    Unit{"ns", 1},
    Unit{"us", 1'000},
    Unit{"ms", 1'000'000},
    Unit{"s", 1'000'000'000},
    Unit{"min", 60'000'000'000},
    Unit{"h", 3'600'000'000'000},
};
constexpr std::array kSizeUnits = {
    Unit{"B", 1},
    Unit{"kB", 1'000},
    Unit{"MB", 1'000'000},
    Unit{"GB", 1'000'000'000},
    Unit{"TB", 1'000'000'000'000},
    Unit{"KiB", int64_t{1} << 10},
    Unit{"MiB", int64_t{1} << 20},
    Unit{"GiB", int64_t{1} << 30},
    Unit{"TiB", int64_t{1} << 40},
};

std::string UnitList(std::span<const Unit> units) {
  std::string list;
  for (const Unit& unit : units) {
    if (!list.empty()) list += ' ';
    list += unit.name;
  }
  return list;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// A decimal number without exponent: value = digits / 10^decimals.
struct Decimal {
  __int128 digits = 0;
  int decimals = 0;
  size_t length = 0;  // Characters consumed; 0 if there is no number.
};

constexpr int kMaxDecimals = 18;
constexpr int kMaxDigits = 19;

absl::StatusOr<Decimal> ReadDecimal(std::string_view text) {
  Decimal number;
  int significant = 0;
  bool in_fraction = false;
  bool any_digit = false;
  size_t i = 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.' && !in_fraction && any_digit) {
      in_fraction = true;
      continue;
    }
    if (!IsDigit(c)) break;
    any_digit = true;
    if (number.digits != 0 || c != '0') ++significant;
    if (significant > kMaxDigits) return absl::InvalidArgumentError("too many digits");
    number.digits = number.digits * 10 + (c - '0');
    if (in_fraction && ++number.decimals > kMaxDecimals) {
      return absl::InvalidArgumentError("too many digits");
    }
  }
  if (any_digit && text[i - 1] != '.') number.length = i;
  return number;
}

// `number` times `factor`, which must come out whole and fit.
absl::StatusOr<int64_t> Scale(const Decimal& number, int64_t factor, std::string_view smallest) {
  __int128 divisor = 1;
  for (int i = 0; i < number.decimals; ++i) divisor *= 10;
  // digits < 10^19 and factor < 2^42, so the product fits 128 bits.
  const __int128 product = number.digits * factor;
  if (product % divisor != 0) {
    return absl::InvalidArgumentError(fmt::format("is not a whole number of {}", smallest));
  }
  const __int128 value = product / divisor;
  // The largest value is kept for "forever".
  if (value >= INT64_MAX) return absl::InvalidArgumentError("too large");
  return static_cast<int64_t>(value);
}

absl::StatusOr<int64_t> ParseWithUnit(std::string_view text, std::span<const Unit> units,
                                      std::string_view smallest, const std::string& help) {
  if (!text.empty() && text[0] == '-') return absl::InvalidArgumentError("must not be negative");
  absl::StatusOr<Decimal> number = ReadDecimal(text);
  if (!number.ok()) return number.status();
  if (number->length == 0) {
    return absl::InvalidArgumentError(fmt::format("not a number with a unit; {}", help));
  }
  const std::string_view unit_text = text.substr(number->length);
  if (unit_text.empty()) {
    if (number->digits == 0) return 0;
    return absl::InvalidArgumentError(help);
  }
  for (const Unit& unit : units) {
    if (unit.name == unit_text) return Scale(*number, unit.factor, smallest);
  }
  return absl::InvalidArgumentError(
      fmt::format("unknown unit \"{}\"; accepted: {}", unit_text, UnitList(units)));
}

// `value` over 10^9 of the largest unit in which at most three decimals are needed.
std::string FormatWith(int64_t value, std::span<const Unit> units) {
  for (size_t i = units.size(); i-- > 0;) {
    const int64_t factor = units[i].factor;
    if (value < factor) continue;
    if (value % factor == 0) return fmt::format("{}{}", value / factor, units[i].name);
    const int64_t rest = value % factor;
    if (factor % 1000 == 0 && rest % (factor / 1000) == 0) {
      std::string fraction = fmt::format("{:03}", rest / (factor / 1000));
      fraction.erase(fraction.find_last_not_of('0') + 1);
      return fmt::format("{}.{}{}", value / factor, fraction, units[i].name);
    }
  }
  return fmt::format("{}{}", value, units[0].name);
}

}  // namespace

std::string DurationUnitHelp() {
  return fmt::format("needs a unit, such as \"5ms\" ({})", UnitList(kDurationUnits));
}

std::string SizeUnitHelp() {
  return fmt::format("needs a unit, such as \"64KiB\" ({})", UnitList(kSizeUnits));
}

std::string RateUnitHelp() {
  return fmt::format("needs a unit, such as \"200MB/s\" ({}, each with /s; or events, such as \"300/s\")",
                     UnitList(kSizeUnits));
}

absl::StatusOr<int64_t> ParseDuration(std::string_view text) {
  return ParseWithUnit(text, kDurationUnits, "ns", DurationUnitHelp());
}

absl::StatusOr<int64_t> ParseBytes(std::string_view text) {
  return ParseWithUnit(text, kSizeUnits, "bytes", SizeUnitHelp());
}

absl::StatusOr<Rate> ParseRate(std::string_view text) {
  constexpr std::string_view kPerSecond = "/s";
  if (!text.empty() && text[0] == '-') return absl::InvalidArgumentError("must not be negative");
  if (text == "0") return Rate{};
  if (text.size() < kPerSecond.size() || text.substr(text.size() - kPerSecond.size()) != kPerSecond) {
    return absl::InvalidArgumentError(RateUnitHelp());
  }
  const std::string_view amount = text.substr(0, text.size() - kPerSecond.size());
  absl::StatusOr<Decimal> number = ReadDecimal(amount);
  if (!number.ok()) return number.status();
  if (number->length > 0 && number->length == amount.size()) {
    absl::StatusOr<int64_t> events = Scale(*number, 1, "events a second");
    if (!events.ok()) return events.status();
    return Rate{.per_second = *events, .in_bytes = false};
  }
  absl::StatusOr<int64_t> bytes = ParseWithUnit(amount, kSizeUnits, "bytes a second", RateUnitHelp());
  if (!bytes.ok()) return bytes.status();
  return Rate{.per_second = *bytes, .in_bytes = true};
}

std::string FormatDuration(int64_t ns) {
  if (ns == kForeverNs) return "forever";
  if (ns == 0) return "0s";
  if (ns < 0) return fmt::format("{}ns", ns);
  // Fractions of minutes and hours read badly: 90 s, not 1.5 min.
  const int64_t kMinute = 60'000'000'000;
  const size_t count = ns % kMinute == 0 ? kDurationUnits.size() : 4;
  const size_t whole_hours = ns % (60 * kMinute) == 0 ? count : std::min<size_t>(count, 5);
  return FormatWith(ns, std::span(kDurationUnits).first(whole_hours));
}

std::string FormatBytes(int64_t bytes) {
  const std::span<const Unit> units(kSizeUnits);
  if (bytes != 0 && bytes % 1024 == 0) {
    for (size_t i = units.size(); i-- > 5;) {
      if (bytes % units[i].factor == 0) return fmt::format("{}{}", bytes / units[i].factor, units[i].name);
    }
  }
  return FormatWith(bytes, units.first(5));
}

std::string FormatRate(Rate rate) {
  if (!rate.in_bytes) return fmt::format("{}/s", rate.per_second);
  return FormatBytes(rate.per_second) + "/s";
}

sim::Distribution MakeDistribution(const DistributionDecl& decl) {
  switch (decl.kind) {
    case DistributionDecl::Kind::kConstant:
      return sim::Distribution::Constant(decl.a_ns);
    case DistributionDecl::Kind::kUniform:
      return sim::Distribution::Uniform(decl.a_ns, decl.b_ns);
    case DistributionDecl::Kind::kExponential:
      return sim::Distribution::Exponential(decl.a_ns);
    case DistributionDecl::Kind::kLognormal:
      return sim::Distribution::Lognormal(decl.a_ns, decl.shape);
    case DistributionDecl::Kind::kPareto:
      return sim::Distribution::Pareto(decl.a_ns, decl.shape);
    case DistributionDecl::Kind::kEmpirical:
      return sim::Distribution::Empirical(decl.points_ns);
  }
  return sim::Distribution();
}

std::string DistributionDecl::DebugString() const {
  const auto quoted = [](int64_t ns) { return fmt::format("\"{}\"", FormatDuration(ns)); };
  switch (kind) {
    case Kind::kConstant:
      return FormatDuration(a_ns);
    case Kind::kUniform:
      return fmt::format("uniform({}, {})", quoted(a_ns), quoted(b_ns));
    case Kind::kExponential:
      return "exponential " + quoted(a_ns);
    case Kind::kLognormal:
      return fmt::format("lognormal({}, {})", quoted(a_ns), shape);
    case Kind::kPareto:
      return fmt::format("pareto({}, {})", quoted(a_ns), shape);
    case Kind::kEmpirical: {
      std::string text = "empirical { ";
      for (size_t i = 0; i < points_ns.size(); ++i) {
        text += (i == 0 ? "" : ", ") + quoted(points_ns[i]);
      }
      return text + " }";
    }
  }
  return "";
}

}  // namespace model
