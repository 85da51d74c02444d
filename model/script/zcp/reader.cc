// SPDX-License-Identifier: Apache-2.0
#include "model/script/zcp/reader.h"

#include <cstdint>
#include <optional>
#include <string_view>

#include "fmt/format.h"
#include "model/script/zcp/numbers.h"

namespace model {
namespace {

// lparser.c of Lua 5.4: how strongly an operator binds to its left and right.
struct Binary {
  std::string_view symbol;
  int left;
  int right;
};
constexpr Binary kBinary[] = {
    {"or", 1, 1},  {"and", 2, 2}, {"<", 3, 3},   {">", 3, 3},   {"<=", 3, 3},   {">=", 3, 3},  {"~=", 3, 3},
    {"==", 3, 3},  {"|", 4, 4},   {"~", 5, 5},   {"&", 6, 6},   {"<<", 7, 7},   {">>", 7, 7},  {"..", 9, 8},
    {"+", 10, 10}, {"-", 10, 10}, {"*", 11, 11}, {"/", 11, 11}, {"//", 11, 11}, {"%", 11, 11}, {"^", 14, 13}};
constexpr int kUnaryLimit = 12;

// The parser is called from outside: one level less for the text.
constexpr int kLevelOfCall = 1;

// Members that this Lua has and that one has not (lcorolib.c, ltablib.c).
constexpr std::string_view kAbsentMembers[] = {"table.move", "coroutine.isyieldable", "coroutine.close"};

constexpr std::string_view kFormatsOfFractions = "fFeEgGaA";

class ProgramReader {
 public:
  explicit ProgramReader(const std::vector<Token>& tokens) : tokens_(tokens) {}

  std::vector<DialectNote> Read(int function) {
    at_ = static_cast<size_t>(function) + 1;
    while (at_ < tokens_.size() && !Is("(")) ++at_;  // The name, if it has one.
    Function();
    return std::move(notes_);
  }

 private:
  using Constant = std::optional<int64_t>;

  bool AtEnd() const { return at_ >= tokens_.size(); }
  const Token& Current() const { return tokens_[at_]; }
  bool Is(std::string_view text) const {
    return !AtEnd() && Current().kind != TokenKind::kString && Current().text == text;
  }
  bool Take(std::string_view text) {
    if (!Is(text)) return false;
    ++at_;
    return true;
  }
  bool IsKind(TokenKind kind) const { return !AtEnd() && Current().kind == kind; }
  int Line() const { return AtEnd() ? 0 : Current().pos.line; }

  void Note(int line, std::string text) { notes_.push_back({line, std::move(text)}); }

  void Enter() {
    if (++levels_ == kProgramLevels - kLevelOfCall + 1)
      Note(Line(), fmt::format("this nests deeper than the {} levels that its parser takes there: too many C "
                               "levels",
                               kProgramLevels));
  }
  void Leave() { --levels_; }

  // Behind `function` and its name.
  void Function() {
    if (Take("(")) {
      while (!AtEnd() && !Take(")")) ++at_;
    }
    Block();
    Take("end");
  }

  void Block() {
    while (!AtEnd() && !Is("end") && !Is("else") && !Is("elseif") && !Is("until")) Statement();
  }

  void Statement() {
    const size_t before = at_;
    Enter();
    if (Take("if") || Take("while")) {
      Condition();
    } else if (Take("do")) {
      Block();
      Take("end");
    } else if (Take("for")) {
      while (!AtEnd() && !Is("=") && !Is("in")) ++at_;
      ++at_;
      Expressions();
      Take("do");
      Block();
      Take("end");
    } else if (Take("repeat")) {
      Block();
      Take("until");
      Expression();
    } else if (Take("function")) {
      while (!AtEnd() && !Is("(")) ++at_;
      Function();
    } else if (Take("local")) {
      Local();
    } else if (Take("return")) {
      if (!Is("end") && !Is("else") && !Is("elseif") && !Is("until") && !Is(";")) Expressions();
    } else if (Take("goto")) {
      ++at_;
    } else if (Take("::")) {
      at_ += 2;
    } else if (!Take(";") && !Take("break")) {
      Suffixed();
      while (Take(",")) Suffixed();
      if (Take("=")) Expressions();
    }
    Leave();
    if (at_ == before) ++at_;
  }

  // What follows `if` or `while`.
  void Condition() {
    Expression();
    Take("do");
    Take("then");
    Block();
    while (Take("elseif")) {
      Expression();
      Take("then");
      Block();
    }
    if (Take("else")) Block();
    Take("end");
  }

  void Local() {
    if (Take("function")) {
      ++at_;
      Function();
      return;
    }
    do {
      ++at_;
      if (!Is("<")) continue;
      const int line = Line();
      ++at_;
      Note(line, fmt::format("`<{}>` is a syntax error there", AtEnd() ? "" : Current().text));
      at_ += 2;
    } while (Take(","));
    if (Take("=")) Expressions();
  }

  void Expressions() {
    do Expression();
    while (Take(","));
  }

  Constant Expression(int limit = 0) {
    Enter();
    Constant value;
    const bool negates = Is("-");
    if (negates || Is("not") || Is("#") || Is("~")) {
      if (Is("~")) Note(Line(), "`~` is a syntax error there");
      ++at_;
      const Constant operand = Expression(kUnaryLimit);
      if (negates && operand) value = Negated(*operand);
    } else {
      value = Simple();
    }
    for (const Binary* op = BinaryHere(); op != nullptr && op->left > limit; op = BinaryHere()) {
      const int line = Line();
      ++at_;
      value = Combine(op->symbol, value, Expression(op->right), line);
    }
    Leave();
    return value;
  }

  const Binary* BinaryHere() const {
    for (const Binary& op : kBinary) {
      if (Is(op.symbol)) return &op;
    }
    return nullptr;
  }

  Constant Simple() {
    if (IsKind(TokenKind::kNumber)) return Number();
    if (IsKind(TokenKind::kString)) {
      ++at_;
      return std::nullopt;
    }
    if (Is("{")) {
      Table();
      return std::nullopt;
    }
    if (Take("function")) {
      Function();
      return std::nullopt;
    }
    if (Take("nil") || Take("true") || Take("false") || Take("...")) return std::nullopt;
    return Suffixed();
  }

  Constant Number() {
    const int line = Line();
    const std::string& text = tokens_[at_++].text;
    const Constant there = ProgramNumeral(text);
    if (IsHexadecimal(text)) return there;
    if (!there) {
      Note(line, fmt::format("`{}` is a malformed number there", text));
    } else if (text.size() > 1 && text[0] == '0' && there != DigitsOfBase(text, 10)) {
      Note(line, fmt::format("`{}` is octal there: {}", text, *there));
    } else if (IsDigits(text) && std::to_string(*there) != text && text[0] != '0') {
      Note(line, fmt::format("`{}` wraps there: {}", text, *there));
    }
    return there;
  }

  Constant Combine(std::string_view symbol, Constant a, Constant b, int line) {
    if (symbol == "//" || symbol == "&" || symbol == "|" || symbol == "~" || symbol == "<<" ||
        symbol == ">>") {
      Note(line, fmt::format("`{}` is a syntax error there", symbol));
      return std::nullopt;
    }
    if (symbol == "^") Note(line, "`^` is a power of integers there, 0 for a negative exponent");
    if (symbol == "/" && !(a && b)) Note(line, "`/` is floor division of integers there");
    if (!a || !b) return std::nullopt;
    const auto x = static_cast<uint64_t>(*a);
    const auto y = static_cast<uint64_t>(*b);
    if (symbol == "+") return Wrapped(x + y);
    if (symbol == "-") return Wrapped(x - y);
    if (symbol == "*") return Wrapped(x * y);
    if (symbol == "^") return ProgramPower(*a, *b);
    if (symbol == "/" || symbol == "%") return Divide(symbol == "/", *a, *b, line);
    return std::nullopt;
  }

  // A zero divisor is not folded, nor is the one quotient that has no integer.
  Constant Divide(bool quotient, int64_t a, int64_t b, int line) {
    const char* symbol = quotient ? "/" : "%";
    if (b == 0) {
      if (quotient) Note(line, fmt::format("`{} / 0` is an error there", a));
      return std::nullopt;
    }
    if (b == -1) return quotient ? (a == INT64_MIN ? Constant() : Folded(-a, a, b, line)) : Constant(0);
    const int64_t folded = quotient ? a / b : a % b;
    const bool rounds = a % b != 0 && (a < 0) != (b < 0);
    if (rounds) {
      Note(line,
           fmt::format("`{} {} {}` is {} there, since constants are folded as C does, and {} where one of "
                       "them is a variable",
                       a, symbol, b, folded, quotient ? folded - 1 : folded + b));
    } else if (quotient) {
      return Folded(folded, a, b, line);
    }
    return folded;
  }

  Constant Folded(int64_t value, int64_t a, int64_t b, int line) {
    Note(line, fmt::format("`{} / {}` is the integer {} there", a, b, value));
    return value;
  }

  void Table() {
    Take("{");
    while (!AtEnd() && !Take("}")) {
      if (Take("[")) {
        Expression();
        Take("]");
        Take("=");
      } else if (IsKind(TokenKind::kName) && at_ + 1 < tokens_.size() && tokens_[at_ + 1].text == "=" &&
                 tokens_[at_ + 1].kind == TokenKind::kSymbol) {
        at_ += 2;
      }
      const size_t before = at_;
      Expression();
      if (!Take(",")) Take(";");
      if (at_ == before) ++at_;
    }
  }

  // A name or something in parentheses, and what is indexed and called behind it.
  Constant Suffixed() {
    Constant value;
    std::string path;
    const Token* text = nullptr;
    if (Take("(")) {
      if (IsKind(TokenKind::kString)) text = &Current();
      value = Expression();
      Take(")");
    } else if (IsKind(TokenKind::kName)) {
      path = Current().text;
      ++at_;
    } else {
      return value;
    }
    for (;;) {
      const int line = Line();
      if (Take(".")) {
        path += "." + Current().text;
        ++at_;
        for (std::string_view absent : kAbsentMembers) {
          if (path == absent) Note(line, fmt::format("\"{}\" is not there", path));
        }
      } else if (Take("[")) {
        Expression();
        Take("]");
        path.clear();
      } else if (Take(":")) {
        if (text != nullptr && Is("format")) CheckFormat(*text);
        ++at_;
        Arguments();
        path.clear();
      } else if (Is("(") || Is("{") || IsKind(TokenKind::kString)) {
        Call(path);
        path.clear();
      } else {
        return value;
      }
      value.reset();
      text = nullptr;
    }
  }

  void Call(const std::string& callee) {
    const int line = Line();
    const size_t first = Is("(") ? at_ + 1 : at_;
    const bool literal = first < tokens_.size() && tokens_[first].kind == TokenKind::kString;
    if (callee == "string.format" && literal) CheckFormat(tokens_[first]);
    const int count = Arguments();
    if (callee == "tonumber" && count == 1) {
      CheckToNumber(line, literal ? &tokens_[first] : nullptr);
    } else if (callee == "pairs" || callee == "next") {
      Note(line, fmt::format("{} meets text keys in another order in each run there; here they are sorted",
                             callee));
    }
  }

  // How many there are; a table or a text without parentheses is one.
  int Arguments() {
    if (Is("{")) {
      Table();
      return 1;
    }
    if (IsKind(TokenKind::kString)) {
      ++at_;
      return 1;
    }
    Take("(");
    int count = 0;
    while (!AtEnd() && !Take(")")) {
      const size_t before = at_;
      Expression();
      ++count;
      Take(",");
      if (at_ == before) ++at_;
    }
    return count;
  }

  void CheckFormat(const Token& format) {
    const std::string& text = format.text;
    for (size_t i = 0; i + 1 < text.size(); ++i) {
      if (text[i] != '%') continue;
      size_t end = i + 1;
      while (end < text.size() &&
             std::string_view("-+ #0123456789.").find(text[end]) != std::string_view::npos) {
        ++end;
      }
      if (end < text.size() && kFormatsOfFractions.find(text[end]) != std::string_view::npos) {
        Note(format.pos.line, fmt::format("`{}` is no format there", text.substr(i, end + 1 - i)));
      }
      i = end;
    }
  }

  void CheckToNumber(int line, const Token* literal) {
    if (literal == nullptr) {
      Note(line, "tonumber reads a text with a leading 0 as octal there, and none with a fraction");
      return;
    }
    const auto [negative, digits] = WithoutSign(literal->text);
    if (const std::optional<int64_t> number = ProgramNumber(literal->text)) {
      if (!IsHexadecimal(digits) && ProgramNumeral(digits) != DigitsOfBase(digits, 10))
        Note(line, fmt::format("tonumber(\"{}\") is {} there", literal->text, *number));
    } else if (IsDigits(digits) || IsFraction(digits)) {
      Note(line, fmt::format("tonumber(\"{}\") is nil there", literal->text));
    }
  }

  const std::vector<Token>& tokens_;
  size_t at_ = 0;
  int levels_ = 0;
  std::vector<DialectNote> notes_;
};

}  // namespace

std::vector<DialectNote> ReadAsProgram(const std::vector<Token>& tokens, int function) {
  return ProgramReader(tokens).Read(function);
}

}  // namespace model
