// SPDX-License-Identifier: Apache-2.0
#include "model/script/language/source_map.h"

#include <algorithm>

namespace model {
namespace {

bool IsNameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsNameChar(char c) { return IsNameStart(c) || IsDigit(c); }
bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v'; }

bool IsKeyword(std::string_view word) {
  constexpr std::string_view kWords[] = {
      "and", "break", "do",  "else", "elseif", "end",    "false",  "for",  "function", "goto",  "if",
      "in",  "local", "nil", "not",  "or",     "repeat", "return", "then", "true",     "until", "while"};
  return std::find(std::begin(kWords), std::end(kWords), word) != std::end(kWords);
}

// Walks over one token or comment at a time.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool Next(Token* token) {
    while (SkipSpaceAndComment()) {
    }
    if (at_ >= text_.size()) return false;
    token->pos = {line_, static_cast<int>(at_ - line_start_) + 1};
    const size_t begin = at_;
    const int begin_line = line_;
    token->text.clear();
    ReadToken(token);
    if (token->kind != TokenKind::kString) token->text = std::string(text_.substr(begin, at_ - begin));
    size_t end = at_;
    if (line_ != begin_line) end = std::min(text_.find('\n', begin), text_.size());
    token->length = static_cast<int>(end - begin);
    return true;
  }

 private:
  char Peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  void Advance() {
    if (text_[at_] == '\n') {
      ++line_;
      line_start_ = at_ + 1;
    }
    ++at_;
  }

  // Returns true if something was skipped.
  bool SkipSpaceAndComment() {
    const size_t begin = at_;
    while (at_ < text_.size() && IsSpace(text_[at_])) Advance();
    if (Peek() == '-' && Peek(1) == '-') {
      at_ += 2;
      std::string ignored;
      if (!ReadLongBracket(&ignored)) {
        while (at_ < text_.size() && text_[at_] != '\n') Advance();
      }
    } else if (at_ == 0 && Peek() == '#') {
      while (at_ < text_.size() && text_[at_] != '\n') Advance();
    }
    return at_ != begin;
  }

  // `[[...]]` or `[=[...]=]`, if one starts here.
  bool ReadLongBracket(std::string* value) {
    if (Peek() != '[') return false;
    size_t level = 0;
    while (Peek(1 + level) == '=') ++level;
    if (Peek(1 + level) != '[') return false;
    at_ += level + 2;
    if (Peek() == '\r') Advance();
    if (Peek() == '\n') Advance();
    const std::string close = "]" + std::string(level, '=') + "]";
    const size_t end = text_.find(close, at_);
    const size_t stop = end == std::string_view::npos ? text_.size() : end;
    *value = std::string(text_.substr(at_, stop - at_));
    while (at_ < stop) Advance();
    at_ = std::min(text_.size(), stop + close.size());
    return true;
  }

  void ReadQuoted(char quote, std::string* value) {
    Advance();
    while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n') {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        Advance();
        const char c = text_[at_];
        *value += c == 'n' ? '\n' : c == 't' ? '\t' : c;
      } else {
        *value += text_[at_];
      }
      Advance();
    }
    if (Peek() == quote) Advance();
  }

  void ReadToken(Token* token) {
    const char c = Peek();
    if (IsNameStart(c)) {
      token->kind = TokenKind::kName;
      while (IsNameChar(Peek())) ++at_;
    } else if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) {
      token->kind = TokenKind::kNumber;
      while (IsNameChar(Peek()) || Peek() == '.') {
        const char previous = text_[at_++];
        const bool exponent = previous == 'e' || previous == 'E' || previous == 'p' || previous == 'P';
        if (exponent && (Peek() == '+' || Peek() == '-')) ++at_;
      }
    } else if (c == '"' || c == '\'') {
      token->kind = TokenKind::kString;
      ReadQuoted(c, &token->text);
    } else if (c == '[' && ReadLongBracket(&token->text)) {
      token->kind = TokenKind::kString;
    } else {
      token->kind = TokenKind::kSymbol;
      ReadSymbol();
    }
  }

  void ReadSymbol() {
    for (std::string_view symbol : {"...", "..", "==", "~=", "<=", ">=", "//", "::", "<<", ">>"}) {
      if (text_.substr(at_, symbol.size()) == symbol) {
        at_ += symbol.size();
        return;
      }
    }
    Advance();
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t line_start_ = 0;
  int line_ = 1;
};

}  // namespace

SourceMap::SourceMap(std::string text) : text_(std::move(text)) {
  std::string_view rest = text_;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view one = rest.substr(0, end);
    if (!one.empty() && one.back() == '\r') one.remove_suffix(1);
    lines_.push_back(one);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  Scanner scanner(text_);
  Token token;
  while (scanner.Next(&token)) tokens_.push_back(token);
}

std::string_view SourceMap::line(int number) const {
  if (number < 1 || number > line_count()) return {};
  return lines_[static_cast<size_t>(number - 1)];
}

bool SourceMap::IsSymbol(int token, std::string_view symbol) const {
  if (token < 0 || token >= static_cast<int>(tokens_.size())) return false;
  const Token& one = tokens_[static_cast<size_t>(token)];
  return one.kind == TokenKind::kSymbol && one.text == symbol;
}

int SourceMap::FirstOfLine(int line) const {
  const auto it = std::lower_bound(tokens_.begin(), tokens_.end(), line,
                                   [](const Token& token, int number) { return token.pos.line < number; });
  return static_cast<int>(it - tokens_.begin());
}

int SourceMap::FindDeclaration(int line, std::string_view kind, std::string_view name) const {
  int first = -1;
  for (int i = FirstOfLine(line); i < static_cast<int>(tokens_.size()); ++i) {
    const Token& token = tokens_[static_cast<size_t>(i)];
    // The receiver of a method may stand on a line of its own: look a little further.
    if (token.pos.line > line + 2 || (token.pos.line > line && first >= 0)) break;
    if (token.kind != TokenKind::kName || token.text != kind) continue;
    if (first < 0) first = i;
    int next = i + 1;
    if (IsSymbol(next, "(")) ++next;
    if (next >= static_cast<int>(tokens_.size())) break;
    const Token& argument = tokens_[static_cast<size_t>(next)];
    if (argument.kind == TokenKind::kString && argument.text == name) return i;
  }
  return first;
}

int SourceMap::MatchingClose(int open) const {
  int depth = 0;
  for (int i = open; i < static_cast<int>(tokens_.size()); ++i) {
    if (IsSymbol(i, "(") || IsSymbol(i, "{") || IsSymbol(i, "[")) ++depth;
    if (IsSymbol(i, ")") || IsSymbol(i, "}") || IsSymbol(i, "]")) {
      if (--depth == 0) return i;
    }
  }
  return static_cast<int>(tokens_.size()) - 1;
}

int SourceMap::MatchingEnd(int function) const {
  int depth = 0;
  for (int i = function; i < static_cast<int>(tokens_.size()); ++i) {
    const Token& one = tokens_[static_cast<size_t>(i)];
    if (one.kind != TokenKind::kName) continue;
    if (one.text == "function" || one.text == "if" || one.text == "do" || one.text == "repeat") ++depth;
    if ((one.text == "end" || one.text == "until") && --depth == 0) return i;
  }
  return static_cast<int>(tokens_.size()) - 1;
}

// The entry `key = value` of the table whose `{` is token `open`.
SourceMap::KeyRange SourceMap::FindInTable(int open, std::string_view key) const {
  const int close = MatchingClose(open);
  int i = open + 1;
  while (i < close) {
    KeyRange range;
    const bool named = tokens_[static_cast<size_t>(i)].kind == TokenKind::kName && IsSymbol(i + 1, "=");
    const bool computed = IsSymbol(i, "[");
    range.key = computed ? i + 1 : i;
    range.value_begin = named ? i + 2 : computed ? MatchingClose(i) + 2 : i;
    int end = range.value_begin;
    while (end < close && !IsSymbol(end, ",") && !IsSymbol(end, ";")) {
      const bool opens = IsSymbol(end, "(") || IsSymbol(end, "{") || IsSymbol(end, "[");
      // A function's body may hold commas of its own: skip to its `end` by depth of blocks.
      const Token& token = tokens_[static_cast<size_t>(end)];
      if (token.kind == TokenKind::kName && token.text == "function") end = MatchingEnd(end);
      end = opens ? MatchingClose(end) + 1 : end + 1;
    }
    range.value_end = std::min(end, close);
    if ((named || computed) && tokens_[static_cast<size_t>(range.key)].text == key) return range;
    i = end + 1;
  }
  return {};
}

SourceMap::KeyRange SourceMap::FindRange(int declaration, std::string_view key,
                                         std::string_view inner) const {
  if (declaration < 0) return {};
  int i = declaration + 1;
  while (i < static_cast<int>(tokens_.size())) {
    if (tokens_[static_cast<size_t>(i)].kind == TokenKind::kString) {
      ++i;
    } else if (IsSymbol(i, "{") || (IsSymbol(i, "(") && IsSymbol(i + 1, "{"))) {
      int open = IsSymbol(i, "{") ? i : i + 1;
      if (!inner.empty()) {
        const KeyRange outer = FindInTable(open, inner);
        if (outer.key < 0 || !IsSymbol(outer.value_begin, "{")) return {};
        open = outer.value_begin;
      }
      return FindInTable(open, key);
    } else if (IsSymbol(i, "(")) {
      const int close = MatchingClose(i);
      // param("name", default, { ... }): the table is an argument.
      const bool takes_table = tokens_[static_cast<size_t>(declaration)].text == "param";
      for (int j = i + 1; takes_table && j < close; ++j) {
        if (IsSymbol(j, "{") && IsSymbol(j - 1, ",")) return FindInTable(j, key);
      }
      i = close + 1;
    } else {
      break;
    }
  }
  return {};
}

SourceSpan SourceMap::SpanOf(int token) const {
  if (token < 0 || token >= static_cast<int>(tokens_.size())) return {};
  const Token& one = tokens_[static_cast<size_t>(token)];
  return {one.pos, std::max(1, one.length)};
}

SourceSpan SourceMap::FindKey(int declaration, std::string_view key, std::string_view inner) const {
  return SpanOf(FindRange(declaration, key, inner).key);
}

SourceSpan SourceMap::FindValue(int declaration, std::string_view key, std::string_view inner) const {
  const KeyRange range = FindRange(declaration, key, inner);
  if (range.key < 0) return {};
  SourceSpan span = SpanOf(range.value_begin);
  const SourceSpan last = SpanOf(range.value_end - 1);
  if (last.pos.line == span.pos.line) span.length = last.pos.column + last.length - span.pos.column;
  return span;
}

bool SourceMap::ValueIsLiteralNumber(int declaration, std::string_view key, std::string_view inner) const {
  const KeyRange range = FindRange(declaration, key, inner);
  return range.key >= 0 && range.value_end == range.value_begin + 1 &&
         tokens_[static_cast<size_t>(range.value_begin)].kind == TokenKind::kNumber;
}

SourceSpan SourceMap::FindInValue(int declaration, std::string_view key, std::string_view text) const {
  const KeyRange range = FindRange(declaration, key, {});
  for (int i = range.value_begin; range.key >= 0 && i < range.value_end; ++i) {
    const Token& token = tokens_[static_cast<size_t>(i)];
    if (token.kind == TokenKind::kString && token.text == text) return SpanOf(i);
  }
  return FindValue(declaration, key);
}

SourceSpan SourceMap::FindName(int declaration) const {
  if (declaration < 0) return {};
  const int next = IsSymbol(declaration + 1, "(") ? declaration + 2 : declaration + 1;
  const bool named = next < static_cast<int>(tokens_.size()) &&
                     tokens_[static_cast<size_t>(next)].kind == TokenKind::kString;
  return SpanOf(named ? next : declaration);
}

int SourceMap::FirstOfCode(int line, int defined) const {
  const int first = FirstOfLine(line);
  if (line != defined) return first;
  const auto on_line = [&](int i) {
    return i < static_cast<int>(tokens_.size()) && tokens_[static_cast<size_t>(i)].pos.line == line;
  };
  for (int i = first; on_line(i); ++i) {
    const Token& token = tokens_[static_cast<size_t>(i)];
    if (token.kind != TokenKind::kName || token.text != "function") continue;
    int open = i + 1;
    while (on_line(open) && !IsSymbol(open, "(")) ++open;
    if (!on_line(open)) break;
    const int body = MatchingClose(open) + 1;
    return on_line(body) ? body : first;
  }
  return first;
}

SourceSpan SourceMap::FindWord(int line, std::string_view word, int defined) const {
  const int first = FirstOfCode(line, defined);
  for (int i = first; i < static_cast<int>(tokens_.size()); ++i) {
    const Token& token = tokens_[static_cast<size_t>(i)];
    if (token.pos.line != line) break;
    if (token.kind == TokenKind::kName && token.text == word) return SpanOf(i);
  }
  if (first < static_cast<int>(tokens_.size()) && tokens_[static_cast<size_t>(first)].pos.line == line) {
    return SpanOf(first);
  }
  return {{line, 1}, 1};
}

// The names of `path` (a.b.c) one after the other on `line`; else its last name alone.
SourceSpan SourceMap::FindPath(int line, std::string_view path) const {
  std::vector<std::string_view> names;
  while (!path.empty()) {
    const size_t dot = std::min(path.find('.'), path.size());
    names.push_back(path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  for (size_t from : {size_t{0}, names.size() - 1}) {
    for (int i = FirstOfLine(line); i < static_cast<int>(tokens_.size()); ++i) {
      const Token& first = tokens_[static_cast<size_t>(i)];
      if (first.pos.line != line) break;
      int last = i;
      bool same = first.kind == TokenKind::kName && first.text == names[from];
      for (size_t n = from + 1; n < names.size() && same; ++n) {
        last += 2;
        same = last < static_cast<int>(tokens_.size()) && IsSymbol(last - 1, ".") &&
               tokens_[static_cast<size_t>(last)].text == names[n] &&
               tokens_[static_cast<size_t>(last)].pos.line == line;
      }
      if (!same) continue;
      const Token& end = tokens_[static_cast<size_t>(last)];
      return {first.pos, end.pos.column + end.length - first.pos.column};
    }
  }
  return {};
}

SourceSpan SourceMap::FindMentioned(int line, std::string_view message, int defined) const {
  // `run.loads.db.p99: no such path`
  const std::string_view path = message.substr(0, message.find(':'));
  if (path.find('.') != std::string_view::npos && path.find_first_of(" \"'") == std::string_view::npos) {
    const SourceSpan span = FindPath(line, path);
    if (span.pos.line > 0) return span;
  }
  // What the message quotes, then what it says.
  const SourceMap words{std::string(message)};
  std::vector<Token> candidates = words.tokens();
  std::stable_partition(candidates.begin(), candidates.end(),
                        [](const Token& word) { return word.kind == TokenKind::kString; });
  for (const Token& word : candidates) {
    if (word.kind == TokenKind::kSymbol || word.kind == TokenKind::kNumber) continue;
    if (word.kind == TokenKind::kName && IsKeyword(word.text)) continue;
    for (int i = FirstOfCode(line, defined); i < static_cast<int>(tokens_.size()); ++i) {
      const Token& token = tokens_[static_cast<size_t>(i)];
      if (token.pos.line != line) break;
      if (token.kind == TokenKind::kName && token.text == word.text) return SpanOf(i);
    }
  }
  return FindWord(line, {}, defined);
}

int SourceMap::FindFunction(int line, int last_line) const {
  int found = -1;
  for (int i = FirstOfLine(line); i < static_cast<int>(tokens_.size()); ++i) {
    const Token& token = tokens_[static_cast<size_t>(i)];
    if (token.pos.line != line) break;
    if (token.kind != TokenKind::kName || token.text != "function") continue;
    if (found < 0) found = i;
    if (tokens_[static_cast<size_t>(MatchingEnd(i))].pos.line == last_line) return i;
  }
  return found;
}

bool SourceMap::CallHasLiteralNumber(int line, std::string_view word) const {
  for (int i = FirstOfLine(line); i + 3 < static_cast<int>(tokens_.size()); ++i) {
    const Token& token = tokens_[static_cast<size_t>(i)];
    if (token.pos.line != line) break;
    if (token.kind == TokenKind::kName && token.text == word && IsSymbol(i + 1, "(") &&
        tokens_[static_cast<size_t>(i + 2)].kind == TokenKind::kNumber &&
        (IsSymbol(i + 3, ")") || IsSymbol(i + 3, ","))) {
      return true;
    }
  }
  return false;
}

}  // namespace model
