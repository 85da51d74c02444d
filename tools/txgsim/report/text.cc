// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/report/text.h"

#include <algorithm>
#include <array>
#include <utility>

#include "fmt/format.h"

namespace tools {
namespace {

// Three significant digits at least, without trailing noise.
std::string Scaled(int64_t value, int64_t unit, std::string_view name) {
  const int64_t whole = value / unit;
  if (whole >= 100) return fmt::format("{} {}", (value + unit / 2) / unit, name);
  const int64_t hundredths = static_cast<int64_t>((static_cast<__int128>(value) * 100 + unit / 2) / unit);
  if (whole >= 10) return fmt::format("{}.{} {}", hundredths / 100, hundredths % 100 / 10, name);
  return fmt::format("{}.{:02} {}", hundredths / 100, hundredths % 100, name);
}

}  // namespace

std::string DurationText(int64_t ns) {
  if (ns < 0) return "-" + DurationText(-ns);
  if (ns == 0) return "0";
  if (ns < 1'000) return fmt::format("{} ns", ns);
  if (ns < 1'000'000) return Scaled(ns, 1'000, "us");
  if (ns < 1'000'000'000) return Scaled(ns, 1'000'000, "ms");
  return Scaled(ns, 1'000'000'000, "s");
}

std::string InstantText(int64_t ns) {
  return fmt::format("{}.{:06} s", ns / 1'000'000'000, ns % 1'000'000'000 / 1'000);
}

std::string BytesText(int64_t bytes) {
  static constexpr std::array<std::string_view, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  int64_t unit = 1;
  size_t index = 0;
  while (index + 1 < kUnits.size() && bytes / unit >= 1024) {
    unit *= 1024;
    ++index;
  }
  if (index == 0) return fmt::format("{} B", bytes);
  if (bytes % unit == 0) return fmt::format("{} {}", bytes / unit, kUnits[index]);
  return Scaled(bytes, unit, kUnits[index]);
}

std::string RateText(int64_t bytes_per_s) {
  if (bytes_per_s < 1'000) return fmt::format("{} B/s", bytes_per_s);
  if (bytes_per_s < 1'000'000) return Scaled(bytes_per_s, 1'000, "kB/s");
  if (bytes_per_s < 1'000'000'000) return Scaled(bytes_per_s, 1'000'000, "MB/s");
  return Scaled(bytes_per_s, 1'000'000'000, "GB/s");
}

std::string GroupOf(const std::string& name) {
  const size_t slash = name.rfind('/');
  if (slash == std::string::npos || slash + 1 == name.size()) return name;
  for (size_t i = slash + 1; i < name.size(); ++i) {
    if (name[i] < '0' || name[i] > '9') return name;
  }
  return name.substr(0, slash);
}

std::string Style::Wrap(std::string_view code, std::string_view text) const {
  return colour_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

std::string ShellWord(std::string_view word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string_view::npos) return std::string(word);
  std::string quoted = "'";
  for (char c : word) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {
      while (i < text.size() && text[i] != 'm') ++i;
    } else if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) {
      ++width;
    }
  }
  return width;
}

void Table::DropBlankColumns() {
  for (size_t column = rows_.empty() ? 0 : rows_.front().size(); column-- > 0;) {
    const bool blank = std::all_of(rows_.begin() + 1, rows_.end(), [&](const std::vector<std::string>& row) {
      return column >= row.size() || row[column].empty();
    });
    if (!blank) continue;
    for (std::vector<std::string>& row : rows_) {
      if (column < row.size()) row.erase(row.begin() + static_cast<std::ptrdiff_t>(column));
    }
    std::erase(right_, column);
    for (size_t& right : right_) right -= right > column ? 1 : 0;
  }
}

std::vector<size_t> Table::Widths() const {
  std::vector<size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(row[i]));
  }
  return widths;
}

std::string Table::Text(size_t indent) const {
  const std::vector<size_t> widths = Widths();
  return Block(widths, indent, 1, widths.size());
}

std::string Table::TextWithin(size_t width) const {
  const std::vector<size_t> widths = Widths();
  std::string text;
  for (size_t begin = 1, end = 1; begin < widths.size(); begin = end) {
    size_t line = widths[0];
    while (end < widths.size() && (width == 0 || end == begin || line + 2 + widths[end] <= width))
      line += 2 + widths[end++];
    text += (text.empty() ? "" : "\n") + Block(widths, 0, begin, end);
  }
  return text;
}

std::string Table::Block(const std::vector<size_t>& widths, size_t indent, size_t begin, size_t end) const {
  std::string text;
  for (const auto& row : rows_) {
    std::string line(indent, ' ');
    for (size_t i = 0; i < std::min(row.size(), end); ++i) {
      if (i > 0 && i < begin) continue;
      const size_t padding = widths[i] - DisplayWidth(row[i]);
      const bool right = std::find(right_.begin(), right_.end(), i) != right_.end();
      if (i > 0) line += "  ";
      if (right) line.append(padding, ' ');
      line += row[i];
      if (!right) line.append(padding, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::vector<std::string> Wrapped(std::string_view text, size_t width) {
  std::vector<std::string> lines;
  std::string line;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    if (!line.empty() && DisplayWidth(line) + 1 + DisplayWidth(word) > width)
      lines.push_back(std::exchange(line, ""));
    line += fmt::format("{}{}", line.empty() ? "" : " ", word);
  }
  if (!line.empty() || lines.empty()) lines.push_back(line);
  return lines;
}

std::string WithoutTrailingBlanks(std::string_view text) {
  std::string trimmed;
  trimmed.reserve(text.size());
  for (char c : text) {
    if (c == '\n') trimmed.erase(trimmed.find_last_not_of(' ') + 1);
    trimmed += c;
  }
  return trimmed;
}

}  // namespace tools
