// SPDX-License-Identifier: Apache-2.0
//
// Numbers as the Lua of channel programs has them: integers of 64 bits that wrap, a leading 0 is octal, no
// fractions. Source: OpenZFS module/lua/llex.c:read_numeral, lobject.c:luaO_str2d, luaO_arith.
#ifndef TXGSIM_MODEL_SCRIPT_ZCP_NUMBERS_H_
#define TXGSIM_MODEL_SCRIPT_ZCP_NUMBERS_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace model {

bool IsDigits(std::string_view text);
bool IsHexadecimal(std::string_view text);
// A number with a fraction or an exponent, such as Lua 5.4 reads.
bool IsFraction(std::string_view digits);

// All of `text` as digits of `base`, modulo 2^64.
std::optional<int64_t> DigitsOfBase(std::string_view text, int base);
// A numeral without sign, as both kinds of Lua write it in code, as it is read there.
std::optional<int64_t> ProgramNumeral(std::string_view text);

// A text without the space around it and without its sign.
struct SignedText {
  bool negative = false;
  std::string_view digits;
};
SignedText WithoutSign(std::string_view text);

// What tonumber(text) is there; nothing: nil.
std::optional<int64_t> ProgramNumber(std::string_view text);

inline int64_t Wrapped(uint64_t value) { return static_cast<int64_t>(value); }
inline int64_t Negated(int64_t value) { return Wrapped(uint64_t{0} - static_cast<uint64_t>(value)); }
// 0 for a negative exponent.
int64_t ProgramPower(int64_t base, int64_t exponent);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_ZCP_NUMBERS_H_
