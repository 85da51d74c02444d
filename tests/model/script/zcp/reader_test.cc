// SPDX-License-Identifier: Apache-2.0
//
// Trap 13, octal literals and folding, and what else the Lua of channel programs reads otherwise; of
// trap 14 the order of pairs.
#include "model/script/zcp/reader.h"

#include <gmock/gmock.h>

#include "fmt/format.h"

namespace model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// "LINE: TEXT" of a function with these statements, the first of which stands on line 1.
std::vector<std::string> NotesOf(const std::string& statements) {
  const SourceMap source("local body = function(zfs) " + statements + "\nend");
  std::vector<std::string> texts;
  for (const DialectNote& note : ReadAsProgram(source.tokens(), source.FindFunction(1, source.line_count())))
    texts.push_back(fmt::format("{}: {}", note.line, note.text));
  return texts;
}

std::string Repeated(const std::string& text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) result += text;
  return result;
}

// 010 == 8, 0777 == 511; 08 is malformed; what an octal and a decimal reading agree on is no surprise.
TEST(ZcpReaderTest, Trap13ALeadingZeroIsOctal) {
  EXPECT_THAT(NotesOf("return 010,\n0777"),
              ElementsAre("1: `010` is octal there: 8", "2: `0777` is octal there: 511"));
  EXPECT_THAT(NotesOf("return 08"), ElementsAre("1: `08` is a malformed number there"));
  EXPECT_THAT(NotesOf("return 0, 00, 07, 10, 0x10, 0xFF"), IsEmpty());
  EXPECT_THAT(NotesOf("local text = \"010\" -- 010"), IsEmpty());
}

// 2^64 - 1 is -1, 2^63 the smallest integer; 2^63 - 1 is what it is here.
TEST(ZcpReaderTest, Trap13NumbersAreIntegersOf64BitsThatWrap) {
  EXPECT_THAT(NotesOf("return 18446744073709551615"),
              ElementsAre("1: `18446744073709551615` wraps there: -1"));
  EXPECT_THAT(NotesOf("return 9223372036854775808"),
              ElementsAre("1: `9223372036854775808` wraps there: -9223372036854775808"));
  EXPECT_THAT(NotesOf("return 9223372036854775807"), IsEmpty());
  for (const char* number : {"1.0", "1.5", ".5", "1e3", "5E-1"}) {
    EXPECT_THAT(NotesOf(fmt::format("return {}", number)),
                ElementsAre(fmt::format("1: `{}` is a malformed number there", number)));
  }
}

// -7/2 is -3 folded (C) and -4 at run time (floor); -7%3 is -1 folded and 2 at run time; a positive
// quotient is the same both ways, but 3 and not 3.5.
TEST(ZcpReaderTest, Trap13ConstantsAreFoldedTowardsZero) {
  EXPECT_THAT(
      NotesOf("return -7 / 2"),
      ElementsAre("1: `-7 / 2` is -3 there, since constants are folded as C does, and -4 where one of "
                  "them is a variable"));
  EXPECT_THAT(NotesOf("return -7 % 3"),
              ElementsAre("1: `-7 % 3` is -1 there, since constants are folded as C does, and 2 where one of "
                          "them is a variable"));
  EXPECT_THAT(NotesOf("return 7 % -3"),
              ElementsAre("1: `7 % -3` is 1 there, since constants are folded as C does, and -2 where one of "
                          "them is a variable"));
  EXPECT_THAT(NotesOf("return 7 / 2"), ElementsAre("1: `7 / 2` is the integer 3 there"));
  EXPECT_THAT(NotesOf("return 7 % 3, -6 % 3"), IsEmpty());
}

TEST(ZcpReaderTest, Trap13OnlyConstantsAreFolded) {
  EXPECT_THAT(NotesOf("local a = -7\nreturn a / 2"),
              ElementsAre("2: `/` is floor division of integers there"));
  EXPECT_THAT(NotesOf("local a = -7 return a % 2"), IsEmpty());
  // (a * -7) / 2: the left operand is no constant. a * (-7 / 2): it is.
  EXPECT_THAT(NotesOf("local a = 1 return a * -7 / 2"),
              ElementsAre("1: `/` is floor division of integers there"));
  EXPECT_THAT(NotesOf("local a = 1 return a * (-7 / 2)"), ElementsAre(HasSubstr("`-7 / 2` is -3 there")));
  // A zero divisor is left to the run, where it is an error.
  EXPECT_THAT(NotesOf("return 1 / 0"), ElementsAre("1: `1 / 0` is an error there"));
}

// 2 * -4 + 1 is -7, 010 - 5 is 3, 2 ^ 3 is 8: folded in their turn, in parentheses too.
TEST(ZcpReaderTest, Trap13FoldedConstantsAreFoldedFurther) {
  EXPECT_THAT(NotesOf("return (2 * -4 + 1) / 2"), ElementsAre(HasSubstr("`-7 / 2` is -3 there")));
  EXPECT_THAT(NotesOf("return -(7) % (010 - 5)"),
              ElementsAre("1: `010` is octal there: 8", HasSubstr("`-7 % 3` is -1 there")));
  EXPECT_THAT(NotesOf("return -7 % 2 ^ 3"),
              ElementsAre(HasSubstr("`^` is a power"), HasSubstr("`-7 % 8` is -7 there")));
}

// An upper bound of 20 levels, one of which is the call of the parser: 17 blocks with a statement that
// has an expression make 17 + 1 + 1 + 1 levels.
TEST(ZcpReaderTest, Trap13TheParserNestsTwentyLevels) {
  const auto blocks = [](int count) {
    return Repeated("if true then ", count) + "return 1 " + Repeated("end ", count);
  };
  EXPECT_THAT(NotesOf(blocks(17)), IsEmpty());
  EXPECT_THAT(NotesOf(blocks(18)), ElementsAre(HasSubstr("too many C levels")));
  // `..` leans to the right, so each operand is a level: 1 + 1 + 18, and one more.
  EXPECT_THAT(NotesOf("return a" + Repeated(" .. a", 17)), IsEmpty());
  EXPECT_THAT(NotesOf("return a" + Repeated(" .. a", 18)), ElementsAre(HasSubstr("too many C levels")));
  EXPECT_THAT(NotesOf("return a" + Repeated(" + a", 100)), IsEmpty());
}

TEST(ZcpReaderTest, Trap13TextsAsNumbers) {
  EXPECT_THAT(NotesOf("return tonumber(\"010\"), tonumber \"-010\""),
              ElementsAre("1: tonumber(\"010\") is 8 there", "1: tonumber(\"-010\") is -8 there"));
  EXPECT_THAT(NotesOf("return tonumber(\"08\"), tonumber(\" 1.5 \")"),
              ElementsAre("1: tonumber(\"08\") is nil there", "1: tonumber(\" 1.5 \") is nil there"));
  EXPECT_THAT(NotesOf("return tonumber(\"-10\"), tonumber(\"0x1F\"), tonumber(\"abc\"), tonumber(x, 10)"),
              IsEmpty());
  EXPECT_THAT(NotesOf("return tonumber(day)"), ElementsAre(HasSubstr("leading 0 as octal")));
}

TEST(ZcpReaderTest, Trap13FormatsOfFractionsAreNotThere) {
  EXPECT_THAT(NotesOf("return string.format(\"%d %5.2f %s\", 1, 2, 3)"),
              ElementsAre("1: `%5.2f` is no format there"));
  EXPECT_THAT(NotesOf("return (\"%g\"):format(1)"), ElementsAre("1: `%g` is no format there"));
  EXPECT_THAT(NotesOf("return string.format(\"%d %%f %x %q %5s\", 1, 2, \"a\", 3)"), IsEmpty());
}

TEST(ZcpReaderTest, SyntaxAndMembersOfLaterVersions) {
  EXPECT_THAT(NotesOf("local a <const> = 1"), ElementsAre("1: `<const>` is a syntax error there"));
  EXPECT_THAT(NotesOf("local a, b = 1 << 4, 7 // 2"),
              ElementsAre("1: `<<` is a syntax error there", "1: `//` is a syntax error there"));
  EXPECT_THAT(NotesOf("local a = ~1 local b = a ~ 1 local c = a ~= b"),
              ElementsAre("1: `~` is a syntax error there", "1: `~` is a syntax error there"));
  EXPECT_THAT(NotesOf("table.move(a, 1, 2, 3) table.insert(a, 1) coroutine.close(c)"),
              ElementsAre("1: \"table.move\" is not there", "1: \"coroutine.close\" is not there"));
}

TEST(ZcpReaderTest, Trap14TheOrderOfPairsIsAnotherInEachRun) {
  EXPECT_THAT(
      NotesOf("for k in pairs(t) do end\nlocal k = next(t)"),
      ElementsAre("1: pairs meets text keys in another order in each run there; here they are sorted",
                  "2: next meets text keys in another order in each run there; here they are sorted"));
  EXPECT_THAT(NotesOf("for i, v in ipairs(t) do end for i = 1, #t do end"), IsEmpty());
}

// Every statement and expression once: nothing in it differs, and nothing is read twice or passed over.
TEST(ZcpReaderTest, AllOfTheGrammarIsWalkedOver) {
  const std::string text = R"(
local function f(a, ...) local b = { a, x = 1, [a] = { 2; 3 }, ... } return #b, not a end
local t = { g = function(self) return -self end }
function t.h(x) if x == nil then return end end
function t:m() repeat local y = self until y ~= 1 end
for i = 1, 10, 2 do while i < 5 do i = i + 1 break end end
for k, v in ipairs(t) do goto on ::on:: end
do t.g, t["h"] = f(1), f "x" end
t:m { 1 } (f)(2)[3].z = "a" .. "b" == "ab" and 1 or 2;
if f() then f() elseif t then f() else f() end
return (f(010)))";
  EXPECT_THAT(NotesOf(text), ElementsAre("11: `010` is octal there: 8"));
}

}  // namespace
}  // namespace model
