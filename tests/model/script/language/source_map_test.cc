// SPDX-License-Identifier: Apache-2.0
#include "model/script/language/source_map.h"

#include "gtest/gtest.h"

namespace model {
namespace {

TEST(SourceMapTest, StringsAndCommentsHideWords) {
  const SourceMap source("-- rate = 1\nlocal s = \"rate = 2\" --[[ rate\n rate ]] rate = [==[ rate ]==]");
  int found = 0;
  for (const Token& token : source.tokens()) {
    if (token.kind == TokenKind::kName && token.text == "rate") {
      ++found;
      EXPECT_EQ(token.pos, (SourcePos{3, 10}));
    }
  }
  EXPECT_EQ(found, 1);
}

TEST(SourceMapTest, KeysAndValuesOfADeclarationAreFound) {
  const SourceMap source(
      "local t = tank\n"
      "writers \"db\" { count = 16, rat = \"200MB/s\", sync = f(a, { rate = 3 }) }\n");
  const int declaration = source.FindDeclaration(2, "writers", "db");
  EXPECT_EQ(source.FindKey(declaration, "rat").pos, (SourcePos{2, 28}));
  EXPECT_EQ(source.FindKey(declaration, "rat").length, 3);
  EXPECT_EQ(source.FindValue(declaration, "rat").pos, (SourcePos{2, 34}));
  EXPECT_EQ(source.FindValue(declaration, "rat").length, 9);
  // The key of an inner table is not one of the declaration's.
  EXPECT_EQ(source.FindKey(declaration, "rate").pos.line, 0);
  EXPECT_TRUE(source.ValueIsLiteralNumber(declaration, "count"));
  EXPECT_FALSE(source.ValueIsLiteralNumber(declaration, "sync"));
}

TEST(SourceMapTest, SeveralDeclarationsOfALineAreToldApartByName) {
  const SourceMap source("local a, b = mutex \"a\" { x = 1 }, mutex(\"b\") { x = 2 }");
  EXPECT_EQ(source.FindKey(source.FindDeclaration(1, "mutex", "a"), "x").pos.column, 26);
  EXPECT_EQ(source.FindKey(source.FindDeclaration(1, "mutex", "b"), "x").pos.column, 48);
  EXPECT_EQ(source.FindName(source.FindDeclaration(1, "mutex", "b")).pos.column, 41);
}

TEST(SourceMapTest, KeysOfANestedTableAreFoundByTheOuterKey) {
  const SourceMap source("job \"p\" { at = \"1s\", ioctl = { read_batch = 0 } }\n(function(zfs) end)");
  const int declaration = source.FindDeclaration(1, "job", "p");
  EXPECT_EQ(source.FindKey(declaration, "read_batch", "ioctl").pos.column, 32);
  EXPECT_TRUE(source.ValueIsLiteralNumber(declaration, "read_batch", "ioctl"));
}

TEST(SourceMapTest, AFunctionAsAValueHidesItsOwnCommas) {
  const SourceMap source("file \"fd\" { release = function(a, b) if a then b(1, 2) end end, flush = 3 }");
  const int declaration = source.FindDeclaration(1, "file", "fd");
  EXPECT_EQ(source.FindKey(declaration, "flush").pos.column, 65);
}

TEST(SourceMapTest, OneTextInsideAListIsFound) {
  const SourceMap source("expect \"s\" { D = { \"app\", \"db\" } }");
  const int declaration = source.FindDeclaration(1, "expect", "s");
  EXPECT_EQ(source.FindInValue(declaration, "D", "db").pos.column, 27);
}

TEST(SourceMapTest, AVerbWithAPlainNumberIsSeen) {
  const SourceMap source("sleep(5)\nsleep(5 * ms)\nsleep(x)\nsleep(0, { wait = \"S\" })");
  EXPECT_TRUE(source.CallHasLiteralNumber(1, "sleep"));
  EXPECT_FALSE(source.CallHasLiteralNumber(2, "sleep"));
  EXPECT_FALSE(source.CallHasLiteralNumber(3, "sleep"));
  EXPECT_TRUE(source.CallHasLiteralNumber(4, "sleep"));
}

TEST(SourceMapTest, AnyBytesAreAccepted) {
  const SourceMap source(std::string("\0\xff\"unfinished\n'\\", 16));
  EXPECT_EQ(source.line_count(), 2);
  EXPECT_FALSE(source.tokens().empty());
  EXPECT_TRUE(SourceMap("").tokens().empty());
  EXPECT_TRUE(SourceMap("[[").tokens().size() <= 1);
}

}  // namespace
}  // namespace model
