// SPDX-License-Identifier: Apache-2.0
#include "model/dataset/zfs_listing.h"

#include <algorithm>
#include <cstdint>

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
    const std::vector<std::string_view> fields = SplitRow(line, listing.columns.size());
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
