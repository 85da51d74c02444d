// SPDX-License-Identifier: Apache-2.0
//
// The text of a scenario file as tokens with positions, to find the column of an error.
//
// Lua reports lines only, and for a call the line on which its expression starts. From
// there the key, name or value in question is looked up as a token, so that strings and
// comments never match. Exact in files that people write; where a name is computed and
// several declarations share a line, the first of that line is taken.
//
// The scanner accepts any bytes: what Lua would refuse becomes a token of one character.
#ifndef TXGSIM_MODEL_SCRIPT_LANGUAGE_SOURCE_MAP_H_
#define TXGSIM_MODEL_SCRIPT_LANGUAGE_SOURCE_MAP_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/script/language/scenario.h"

namespace model {

enum class TokenKind : uint8_t { kName, kNumber, kString, kSymbol };

struct Token {
  TokenKind kind = TokenKind::kSymbol;
  SourcePos pos;
  int length = 0;    // In bytes, at most to the end of its line.
  std::string text;  // Of a string: its value, escapes resolved where simple.
};

// A place to mark: a token's position and length.
struct SourceSpan {
  SourcePos pos;
  int length = 1;
};

class SourceMap {
 public:
  explicit SourceMap(std::string text);

  const std::vector<Token>& tokens() const { return tokens_; }
  int line_count() const { return static_cast<int>(lines_.size()); }
  // Without its newline; empty outside the file.
  std::string_view line(int number) const;

  // The index of the first token of a declaration `kind "name"` whose expression starts on
  // `line`; without such a name, of the first `kind` there; else -1.
  int FindDeclaration(int line, std::string_view kind, std::string_view name) const;

  // The places of `key`, and of its value, in the tables that follow token `declaration`
  // (up to the end of the statement's calls), at depth 1. With `inner`, one level deeper, inside
  // the table that is the value of key `inner`.
  SourceSpan FindKey(int declaration, std::string_view key, std::string_view inner = {}) const;
  SourceSpan FindValue(int declaration, std::string_view key, std::string_view inner = {}) const;
  // True if the value of `key` is written as one number: `at = 5`, not `at = 5 * second`.
  bool ValueIsLiteralNumber(int declaration, std::string_view key, std::string_view inner = {}) const;
  // The string token with this text inside the value of `key`, else the value itself.
  SourceSpan FindInValue(int declaration, std::string_view key, std::string_view text) const;

  // The name of a declaration (the token after its kind), or the kind itself.
  SourceSpan FindName(int declaration) const;
  SourceSpan SpanOf(int token) const;
  // The first name token with this text on `line`, else the start of the line's code. `defined`: the
  // line on which the function that runs begins; if that is the same line, only its body counts.
  SourceSpan FindWord(int line, std::string_view word, int defined = 0) const;

  // The first token on `line` that `message` mentions, else the start of the line's code; likewise.
  SourceSpan FindMentioned(int line, std::string_view message, int defined = 0) const;

  // The `function` that begins on `line`, and of several that whose end is on `last_line`; else -1.
  int FindFunction(int line, int last_line) const;

  // True if the word is called with one number, as in `sleep(5)`, on this line.
  bool CallHasLiteralNumber(int line, std::string_view word) const;

 private:
  struct KeyRange {
    int key = -1;
    int value_begin = -1;
    int value_end = -1;  // Past the last token of the value.
  };

  int MatchingClose(int open) const;
  int MatchingEnd(int function) const;
  KeyRange FindRange(int declaration, std::string_view key, std::string_view inner) const;
  KeyRange FindInTable(int open, std::string_view key) const;
  bool IsSymbol(int token, std::string_view symbol) const;
  int FirstOfLine(int line) const;
  // Of `line`, or of what stands there in the body of the function that begins on it.
  int FirstOfCode(int line, int defined) const;
  SourceSpan FindPath(int line, std::string_view path) const;

  std::string text_;
  std::vector<std::string_view> lines_;
  std::vector<Token> tokens_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_LANGUAGE_SOURCE_MAP_H_
