// SPDX-License-Identifier: Apache-2.0
#include "model/dataset/zfs_listing.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "absl/strings/ascii.h"
#include "fmt/core.h"
#include "fmt/ranges.h"
#include "model/dataset/property_table.h"
#include "model/dataset/text.h"

namespace model {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

uint8_t ByteAt(std::string_view text, size_t i) { return static_cast<uint8_t>(text[i]); }

// Returns the length of the UTF-8 sequence at `i`, or 0 if there is none. Overlong forms and
// surrogates pass: nothing here decodes the text.
size_t SequenceLength(std::string_view text, size_t i) {
  const uint8_t lead = ByteAt(text, i);
  const size_t length = lead < 0x80   ? 1
                        : lead < 0xC2 ? 0
                        : lead < 0xE0 ? 2
                        : lead < 0xF0 ? 3
                        : lead < 0xF5 ? 4
                                      : 0;
  if (i + length > text.size()) return 0;
  for (size_t k = 1; k < length; ++k) {
    if ((ByteAt(text, i + k) & 0xC0) != 0x80) return 0;
  }
  return length;
}

absl::Status CheckIsText(std::string_view file_name, std::string_view text) {
  int line = 1;
  for (size_t i = 0; i < text.size();) {
    const uint8_t byte = ByteAt(text, i);
    if (byte == '\n') ++line;
    const bool is_control = (byte < 0x20 && byte != '\n' && byte != '\t' && byte != '\r') || byte == 0x7F;
    const size_t length = SequenceLength(text, i);
    if (is_control || length == 0) {
      return ListingError(file_name, line,
                          fmt::format("byte 0x{:02X} is not text; expected is the output of zfs list", byte));
    }
    i += length;
  }
  return absl::OkStatus();
}

std::vector<std::string_view> SplitAtSpace(std::string_view line) {
  std::vector<std::string_view> fields;
  for (size_t i = 0; i < line.size();) {
    const size_t end = std::min(line.find_first_of(" \t", i), line.size());
    if (end > i) fields.push_back(line.substr(i, end - i));
    i = end + 1;
  }
  return fields;
}

std::string_view Strip(std::string_view text) {
  const size_t first = text.find_first_not_of(' ');
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// Columns of the aligned form are at least two spaces apart, so a field may hold single ones.
std::vector<std::string_view> SplitAtTwoSpaces(std::string_view line) {
  std::vector<std::string_view> fields;
  for (const std::string_view part : SplitText(line, "  ")) {
    if (const std::string_view field = Strip(part); !field.empty()) fields.push_back(field);
  }
  return fields;
}

std::vector<std::string_view> SplitRow(std::string_view line, size_t columns) {
  if (line.find('\t') != std::string_view::npos) return SplitText(line, "\t");
  std::vector<std::string_view> fields = SplitAtSpace(line);
  if (fields.size() > columns) {
    std::vector<std::string_view> wider = SplitAtTwoSpaces(line);
    if (wider.size() == columns) return wider;
  }
  return fields;
}

bool IsDigits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// The fields of "Thu Jan  1  9:05 2020" begin at `fields`.
bool IsDate(std::span<const std::string_view> fields) {
  constexpr std::array<std::string_view, 7> kDays = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  if (fields.size() < 5) return false;
  const size_t colon = std::min(fields[3].find(':'), fields[3].size());
  return std::find(kDays.begin(), kDays.end(), fields[0]) != kDays.end() &&
         std::find(kMonths.begin(), kMonths.end(), fields[1]) != kMonths.end() && IsDigits(fields[2]) &&
         fields[2].size() <= 2 && colon <= 2 && IsDigits(fields[3].substr(0, colon)) &&
         fields[3].size() == colon + 3 && IsDigits(fields[3].substr(colon + 1)) && IsDigits(fields[4]) &&
         fields[4].size() == 4;
}

// A date pads its day and its hour: with single spaces in it, it is one field.
std::string WithDatesJoined(std::string_view line) {
  std::string joined(line);
  const std::vector<std::string_view> fields = SplitAtSpace(line);
  for (size_t i = 0; i + 5 <= fields.size(); ++i) {
    const std::span<const std::string_view> date(&fields[i], 5);
    if (!IsDate(date)) continue;
    const auto begin = static_cast<size_t>(date.front().data() - line.data());
    const auto end = static_cast<size_t>(date.back().data() - line.data()) + date.back().size();
    joined = fmt::format("{}{}{}", line.substr(0, begin), fmt::join(date, " "), line.substr(end));
    break;
  }
  return joined;
}

bool IsHeading(std::string_view line) {
  const auto is_lower = [](char c) { return absl::ascii_islower(static_cast<unsigned char>(c)); };
  if (std::any_of(line.begin(), line.end(), is_lower)) return false;
  const std::vector<std::string_view> fields = SplitAtSpace(line);
  return std::any_of(fields.begin(), fields.end(), [](std::string_view field) {
    const PropertyInfo* info = FindProperty(field);
    return info != nullptr && info->column == field;
  });
}

}  // namespace

int Listing::ColumnOf(std::string_view heading) const {
  const auto it = std::find(columns.begin(), columns.end(), heading);
  return it == columns.end() ? -1 : static_cast<int>(it - columns.begin());
}

absl::Status ListingError(std::string_view file_name, int line, std::string_view text) {
  return absl::InvalidArgumentError(fmt::format("{}:{}: {}", file_name, line, text));
}

uint64_t CreationOf(std::string_view cell) {
  const std::vector<std::string_view> fields = SplitAtSpace(cell);
  const auto number = [](std::string_view text) {
    uint64_t value = 0;
    for (const char digit : text) value = value * 10 + static_cast<uint64_t>(digit - '0');
    return value;
  };
  if (!IsDate(fields)) return IsDigits(cell) && cell.size() <= 18 ? number(cell) : 0;
  // Days since 1970 by counting from March, so that a leap day comes last.
  const auto month =
      static_cast<uint64_t>(std::find(kMonths.begin(), kMonths.end(), fields[1]) - kMonths.begin());
  const uint64_t from_march = (month + 10) % 12;
  const uint64_t year = number(fields[4]) - (month < 2 ? 1 : 0);
  const uint64_t days =
      365 * year + year / 4 - year / 100 + year / 400 + (153 * from_march + 2) / 5 + number(fields[2]) - 1;
  constexpr uint64_t kDaysTo1970 = 719468;
  if (number(fields[4]) == 0 || days < kDaysTo1970) return 0;
  const size_t colon = fields[3].find(':');
  return (days - kDaysTo1970) * 86400 + number(fields[3].substr(0, colon)) * 3600 +
         number(fields[3].substr(colon + 1)) * 60;
}

absl::StatusOr<Listing> ParseListing(std::string_view file_name, std::string_view text) {
  if (absl::Status status = CheckIsText(file_name, text); !status.ok()) return status;
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  Listing listing;
  int number = 0;
  bool has_heading = false;
  for (std::string_view line : SplitText(text, "\n")) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    if (listing.columns.empty() && IsHeading(line)) {
      has_heading = true;
      for (const std::string_view field : SplitAtSpace(line)) listing.columns.emplace_back(field);
      if (listing.ColumnOf("NAME") < 0) {
        return ListingError(
            file_name, number,
            fmt::format("no NAME column; the columns are {}", fmt::join(listing.columns, " ")));
      }
      continue;
    }
    if (listing.columns.empty()) listing.columns = {"NAME", "USED", "AVAIL", "REFER", "MOUNTPOINT"};
    const std::string joined = listing.ColumnOf("CREATION") >= 0 ? WithDatesJoined(line) : std::string(line);
    const std::vector<std::string_view> fields = SplitRow(joined, listing.columns.size());
    if (fields.size() != listing.columns.size()) {
      const std::string_view hint = has_heading ? "" : " (the default ones, as there is no heading)";
      return ListingError(file_name, number,
                          fmt::format("{} fields where {} are expected: {}{}", fields.size(),
                                      listing.columns.size(), fmt::join(listing.columns, " "), hint));
    }
    listing.rows.push_back({.line = number, .cells = {fields.begin(), fields.end()}});
  }
  if (listing.rows.empty()) {
    return absl::InvalidArgumentError(
        fmt::format("{}: no datasets; expected is the output of zfs list", file_name));
  }
  return listing;
}

}  // namespace model
