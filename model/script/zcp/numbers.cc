// SPDX-License-Identifier: Apache-2.0
#include "model/script/zcp/numbers.h"

#include <algorithm>

namespace model {
namespace {

int DigitOf(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 99;
}

}  // namespace

bool IsDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool IsHexadecimal(std::string_view text) {
  return text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
}

bool IsFraction(std::string_view digits) {
  const size_t digit = digits.find_first_of("0123456789");
  return (digit == 0 || (digit == 1 && digits[0] == '.')) &&
         digits.find_first_not_of("0123456789.eE+-") == std::string_view::npos &&
         digits.find_first_of(".eE") != std::string_view::npos;
}

std::optional<int64_t> DigitsOfBase(std::string_view text, int base) {
  if (text.empty()) return std::nullopt;
  uint64_t value = 0;
  for (char c : text) {
    const int digit = DigitOf(c);
    if (digit >= base) return std::nullopt;
    value = value * static_cast<uint64_t>(base) + static_cast<uint64_t>(digit);
  }
  return static_cast<int64_t>(value);
}

std::optional<int64_t> ProgramNumeral(std::string_view text) {
  if (IsHexadecimal(text)) return DigitsOfBase(text.substr(2), 16);
  return DigitsOfBase(text, text.size() > 1 && text[0] == '0' ? 8 : 10);
}

SignedText WithoutSign(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  text = text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
  const bool negative = text[0] == '-';
  if (negative || text[0] == '+') text.remove_prefix(1);
  return {negative, text};
}

std::optional<int64_t> ProgramNumber(std::string_view text) {
  const auto [negative, digits] = WithoutSign(text);
  const std::optional<int64_t> value = ProgramNumeral(digits);
  return value && negative ? Negated(*value) : value;
}

int64_t ProgramPower(int64_t base, int64_t exponent) {
  if (exponent < 0) return 0;
  uint64_t result = 1;
  uint64_t square = static_cast<uint64_t>(base);
  for (auto rest = static_cast<uint64_t>(exponent); rest != 0; rest >>= 1) {
    if ((rest & 1) != 0) result *= square;
    square *= square;
  }
  return Wrapped(result);
}

}  // namespace model
