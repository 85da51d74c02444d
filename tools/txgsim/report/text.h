// SPDX-License-Identifier: Apache-2.0
//
// How figures and tables are written for people.
#ifndef TXGSIM_TOOLS_TXGSIM_REPORT_TEXT_H_
#define TXGSIM_TOOLS_TXGSIM_REPORT_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tools {

// "12.3 us", "1.204 s": three or four digits and the unit that fits; exact zero is "0".
std::string DurationText(int64_t ns);
// "41.207311 s": an instant, in seconds, as kernel logs have it.
std::string InstantText(int64_t ns);
// "1.00 GiB", "512 KiB".
std::string BytesText(int64_t bytes);
// "200 MB/s", decimal as rates are.
std::string RateText(int64_t bytes_per_s);

// "db/7" is of the pool of threads "db"; any other name stands for itself.
std::string GroupOf(const std::string& name);

// Colours, or not: decided once.
class Style {
 public:
  explicit Style(bool colour) : colour_(colour) {}
  std::string Bold(std::string_view text) const { return Wrap("1", text); }
  std::string Dim(std::string_view text) const { return Wrap("2", text); }
  std::string Red(std::string_view text) const { return Wrap("31;1", text); }
  std::string Green(std::string_view text) const { return Wrap("32", text); }
  std::string Yellow(std::string_view text) const { return Wrap("33", text); }

 private:
  std::string Wrap(std::string_view code, std::string_view text) const;
  bool colour_;
};

// Columns as wide as their widest cell, two spaces apart.
class Table {
 public:
  // Columns with these indices are flush right.
  explicit Table(std::vector<size_t> right = {}) : right_(std::move(right)) {}
  void Row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }
  // Leaves out columns that are blank in all rows but the first.
  void DropBlankColumns();
  // Each line begins with `indent` spaces.
  std::string Text(size_t indent) const;
  // The same in blocks of columns, one below the other, none wider than `width` unless a single column is;
  // the first column stands in each. Rows of one cell are headings. 0: all columns side by side.
  std::string TextWithin(size_t width) const;

 private:
  std::vector<size_t> Widths() const;
  // Column 0, and those from `begin` to before `end`.
  std::string Block(const std::vector<size_t>& widths, size_t indent, size_t begin, size_t end) const;

  std::vector<size_t> right_;
  std::vector<std::vector<std::string>> rows_;
};

// The text at its blanks in lines of at most `width` columns, or of one longer word.
std::vector<std::string> Wrapped(std::string_view text, size_t width);

// Without the blanks at the ends of lines.
std::string WithoutTrailingBlanks(std::string_view text);

// A word as a shell reads it: quoted if it must be.
std::string ShellWord(std::string_view word);

// Columns that a text takes on a terminal: UTF-8 continuation bytes and escapes take none.
size_t DisplayWidth(std::string_view text);

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_REPORT_TEXT_H_
