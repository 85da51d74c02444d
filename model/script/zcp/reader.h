// SPDX-License-Identifier: Apache-2.0
//
// Reads the text of a function as the Lua of channel programs reads it, and says where it
// would find something else than the Lua that runs it here.
//
// The function has been compiled by Lua 5.4, so its text is well formed, and this parser
// reports no errors: it walks over statements and expressions, with the operators of 5.4,
// and keeps of each expression only whether it is a constant and which integer that is
// there. Bytecode does not do for that: here constants are folded before it is written.
//
// What is looked at: numbers (a leading 0 is octal, no fractions, 64 bits that wrap), the
// operators, constants that are folded towards zero where the same at run time is rounded
// down, formats of string.format, texts for tonumber, members of libraries, attributes of
// locals, and how deep the text nests. Source: OpenZFS module/lua/llex.c:read_numeral,
// lobject.c:luaO_str2d, luaO_arith, lcode.c:constfolding, lvm.c:luaV_div, luaV_mod,
// lparser.c:subexpr, enterlevel, lstrlib.c:str_format.
//
// Differs from the real system: hexadecimal numbers with a fraction or an exponent, `\u`
// in texts, and texts that arithmetic turns into numbers are not looked at; a local that is
// called as a library is taken for it.
#ifndef TXGSIM_MODEL_SCRIPT_ZCP_READER_H_
#define TXGSIM_MODEL_SCRIPT_ZCP_READER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/script/language/source_map.h"

namespace model {

struct DialectNote {
  int line = 0;
  std::string text;
};

// Levels that statements and expressions may nest (LUAI_MAXCCALLS), the call of the parser counted.
inline constexpr int kProgramLevels = 20;

// Of the function whose `function` is token `function`, in the order of the text.
// REQUIRES: the text is one that Lua 5.4 compiles.
std::vector<DialectNote> ReadAsProgram(const std::vector<Token>& tokens, int function);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_ZCP_READER_H_
