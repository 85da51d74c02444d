// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/report/text.h"

#include <gtest/gtest.h>

namespace tools {
namespace {

TEST(TextTest, DurationsTakeTheUnitThatFits) {
  EXPECT_EQ(DurationText(0), "0");
  EXPECT_EQ(DurationText(999), "999 ns");
  EXPECT_EQ(DurationText(1'000), "1.00 us");
  EXPECT_EQ(DurationText(1'234'567), "1.23 ms");
  EXPECT_EQ(DurationText(45'678'000'000), "45.6 s");
  EXPECT_EQ(DurationText(600'000'000'000), "600 s");
  EXPECT_EQ(DurationText(-1'500), "-1.50 us");
}

TEST(TextTest, BytesAreBinaryAndRatesDecimal) {
  EXPECT_EQ(BytesText(512), "512 B");
  EXPECT_EQ(BytesText(int64_t{1} << 30), "1 GiB");
  EXPECT_EQ(BytesText(1'536), "1.50 KiB");
  EXPECT_EQ(RateText(200'000'000), "200 MB/s");
  EXPECT_EQ(RateText(1'500'000'000), "1.50 GB/s");
}

TEST(TextTest, InstantsAreInSecondsAsInKernelLogs) { EXPECT_EQ(InstantText(41'207'311'999), "41.207311 s"); }

TEST(TextTest, MembersOfAPoolOfThreadsAreOfOneGroup) {
  EXPECT_EQ(GroupOf("db/7"), "db");
  EXPECT_EQ(GroupOf("tank/txg_sync"), "tank/txg_sync");
  EXPECT_EQ(GroupOf("app"), "app");
  EXPECT_EQ(GroupOf("odd/"), "odd/");
}

TEST(TableTest, ColumnsAreAsWideAsTheirWidestCell) {
  Table table({1});
  table.Row({"name", "n"});
  table.Row({"b", "100"});
  EXPECT_EQ(table.Text(1), " name    n\n b     100\n");
}

TEST(TableTest, ColoursTakeNoRoom) {
  const Style style(true);
  Table table;
  table.Row({style.Red("ab"), "x"});
  table.Row({"abc", "y"});
  EXPECT_EQ(table.Text(0), "\x1b[31;1mab\x1b[0m   x\nabc  y\n");
  EXPECT_EQ(Style(false).Red("ab"), "ab");
}

TEST(TableTest, ColumnsThatAreBlankButForTheirHeadingAreLeftOut) {
  Table table({1, 3});
  table.Row({"name", "a", "choices", "n"});
  table.Row({"b", "", "", "100"});
  table.Row({"cd", "1", "", "2"});
  table.DropBlankColumns();
  EXPECT_EQ(table.Text(0), "name  a    n\nb        100\ncd    1    2\n");
}

// Names take 4 columns; two columns of 5 and their gaps make 18 with them, three 25.
TEST(TableTest, AWideTableIsPrintedInBlocksThatFit) {
  Table table;
  table.Row({"head"});
  table.Row({"row", "aaaaa", "bbbbb", "ccccc"});
  EXPECT_EQ(table.TextWithin(18), "head\nrow   aaaaa  bbbbb\n\nhead\nrow   ccccc\n");
  EXPECT_EQ(table.TextWithin(24), table.TextWithin(18));
  EXPECT_EQ(table.TextWithin(25), table.Text(0));
  EXPECT_EQ(table.TextWithin(0), table.Text(0));
  // No narrower than one column.
  EXPECT_EQ(table.TextWithin(1), "head\nrow   aaaaa\n\nhead\nrow   bbbbb\n\nhead\nrow   ccccc\n");
}

TEST(TextTest, TextIsWrappedAtBlanks) {
  EXPECT_EQ(Wrapped("one two three", 7), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(Wrapped("one two three", 3), (std::vector<std::string>{"one", "two", "three"}));
  EXPECT_EQ(Wrapped("", 3), std::vector<std::string>{""});
}

TEST(TextTest, BlanksAtTheEndsOfLinesGo) {
  EXPECT_EQ(WithoutTrailingBlanks("  a b  \n   \nc "), "  a b\n\nc ");
}

}  // namespace
}  // namespace tools
