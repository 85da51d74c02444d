// SPDX-License-Identifier: Apache-2.0
#include "model/dataset/size_text.h"

#include <limits>
#include <string>

#include "absl/strings/ascii.h"
#include "model/dataset/text.h"

namespace model {
namespace {

using Wide = unsigned __int128;

// More digits than this cannot change the nearest byte of any size that fits.
constexpr size_t kDigitsMax = 18;

// Takes the digits at the front of `text` as one number of at most kDigitsMax digits.
bool TakeDigits(std::string_view* text, size_t* count, Wide* value) {
  *count = 0;
  while (!text->empty() && absl::ascii_isdigit(static_cast<unsigned char>(text->front()))) {
    if (++*count > kDigitsMax + 2) return false;
    *value = *value * 10 + static_cast<unsigned>(text->front() - '0');
    text->remove_prefix(1);
  }
  return true;
}

// Returns the exponent of two of a unit: 0 for "" and "B", 10 for "K", "KB" and "KiB", and so on.
std::optional<int> UnitShift(std::string_view unit) {
  if (unit.empty() || EqualsIgnoringCase(unit, "b")) return 0;
  constexpr std::string_view kUnits = "KMGTPE";
  const size_t index = kUnits.find(absl::ascii_toupper(static_cast<unsigned char>(unit.front())));
  if (index == std::string_view::npos) return std::nullopt;
  const std::string_view rest = unit.substr(1);
  if (!rest.empty() && !EqualsIgnoringCase(rest, "b") && !EqualsIgnoringCase(rest, "ib")) {
    return std::nullopt;
  }
  return 10 * (static_cast<int>(index) + 1);
}

}  // namespace

std::optional<uint64_t> ParseSize(std::string_view text) {
  Wide digits = 0;
  size_t whole_digits = 0;
  if (!TakeDigits(&text, &whole_digits, &digits) || whole_digits == 0) return std::nullopt;
  Wide divisor = 1;
  bool fractional = false;
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    size_t fraction_digits = 0;
    if (whole_digits > kDigitsMax) return std::nullopt;
    if (!TakeDigits(&text, &fraction_digits, &digits) || fraction_digits == 0) return std::nullopt;
    if (whole_digits + fraction_digits > kDigitsMax) return std::nullopt;
    for (size_t i = 0; i < fraction_digits; ++i) divisor *= 10;
    fractional = true;
  }
  const std::optional<int> shift = UnitShift(text);
  if (!shift || (fractional && *shift == 0)) return std::nullopt;
  // At most 20 digits (67 bits) shifted by 60: 127 bits, so nothing is lost.
  const Wide bytes = ((digits << *shift) + divisor / 2) / divisor;
  if (bytes > std::numeric_limits<uint64_t>::max()) return std::nullopt;
  return static_cast<uint64_t>(bytes);
}

}  // namespace model
