// SPDX-License-Identifier: Apache-2.0
#include "model/script/declare/params.h"

#include <charconv>

#include "absl/status/status.h"
#include "fmt/format.h"
#include "sim/check.h"

namespace model {
namespace {

constexpr size_t kSweepMax = 100'000;

template <typename Number>
bool ReadNumber(std::string_view text, Number* number) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *number);
  return error == std::errc() && stop == end && !text.empty();
}

absl::Status BadRange(std::string_view text) {
  return absl::InvalidArgumentError(
      fmt::format("\"{}\": a range is \"1..8\", \"1..9+2\" or \"16..256*2\", rising", text));
}

absl::StatusOr<std::vector<ParamValue>> ParseRange(std::string_view text) {
  const size_t dots = text.find("..");
  std::string_view last_text = text.substr(dots + 2);
  const size_t step_at = last_text.find_first_of("+*");
  const char step_kind = step_at == std::string_view::npos ? '+' : last_text[step_at];
  int64_t first = 0;
  int64_t last = 0;
  int64_t step = 1;
  if (step_at != std::string_view::npos) {
    if (!ReadNumber(last_text.substr(step_at + 1), &step)) return BadRange(text);
    last_text = last_text.substr(0, step_at);
  }
  if (!ReadNumber(text.substr(0, dots), &first) || !ReadNumber(last_text, &last)) return BadRange(text);
  if (first > last || step < 1 || (step_kind == '*' && (step < 2 || first < 1))) return BadRange(text);
  std::vector<ParamValue> values;
  for (int64_t value = first; value <= last;) {
    values.emplace_back(value);
    if (values.size() > kSweepMax) {
      return absl::InvalidArgumentError(fmt::format("\"{}\": more than {} values", text, kSweepMax));
    }
    const bool overflow = step_kind == '+' ? __builtin_add_overflow(value, step, &value)
                                           : __builtin_mul_overflow(value, step, &value);
    if (overflow) break;
  }
  return values;
}

}  // namespace

std::string_view ParamTypeName(const ParamValue& value) {
  constexpr std::string_view kNames[] = {"boolean", "integer", "number", "text"};
  return kNames[value.index()];
}

absl::StatusOr<ParamValue> ParseParamValue(std::string_view text, const ParamValue& like) {
  if (std::holds_alternative<bool>(like)) {
    if (text == "true") return ParamValue(true);
    if (text == "false") return ParamValue(false);
    return absl::InvalidArgumentError("true or false is wanted");
  }
  if (std::holds_alternative<int64_t>(like)) {
    int64_t number = 0;
    if (!ReadNumber(text, &number)) return absl::InvalidArgumentError("a whole number is wanted");
    return ParamValue(number);
  }
  if (std::holds_alternative<double>(like)) {
    double number = 0;
    if (!ReadNumber(text, &number)) return absl::InvalidArgumentError("a number is wanted");
    return ParamValue(number);
  }
  return ParamValue(std::string(text));
}

absl::StatusOr<std::vector<ParamValue>> ParseSweep(std::string_view text, const ParamValue& like) {
  if (std::holds_alternative<int64_t>(like) && text.find("..") != std::string_view::npos)
    return ParseRange(text);
  std::vector<ParamValue> values;
  while (true) {
    const size_t comma = text.find(',');
    const std::string_view one = text.substr(0, comma);
    absl::StatusOr<ParamValue> value = ParseParamValue(one, like);
    if (!value.ok()) {
      return absl::InvalidArgumentError(
          fmt::format("\"{}\": {}", one, std::string(value.status().message())));
    }
    values.push_back(*std::move(value));
    if (comma == std::string_view::npos) return values;
    text.remove_prefix(comma + 1);
  }
}

absl::StatusOr<ParamValue> ConvertParamValue(const ParamValue& value, const ParamValue& like) {
  if (value.index() == like.index()) return value;
  if (std::holds_alternative<double>(like) && std::holds_alternative<int64_t>(value)) {
    return ParamValue(static_cast<double>(std::get<int64_t>(value)));
  }
  return absl::InvalidArgumentError(
      fmt::format("its type is {}, as that of the default", ParamTypeName(like)));
}

ParamValue ToParamValue(const PlainValue& value) {
  if (const bool* flag = std::get_if<bool>(&value)) return *flag;
  if (const int64_t* integer = std::get_if<int64_t>(&value)) return *integer;
  if (const double* number = std::get_if<double>(&value)) return *number;
  SIM_CHECK(std::holds_alternative<std::string>(value));
  return std::get<std::string>(value);
}

}  // namespace model
