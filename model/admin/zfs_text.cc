// SPDX-License-Identifier: Apache-2.0
#include "model/admin/zfs_text.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "fmt/format.h"
#include "model/dataset/errno.h"
#include "model/dataset/names.h"
#include "model/dataset/property_table.h"
#include "model/dataset/size_text.h"

namespace model {
namespace {

// zfs_namecheck.c:entity_namecheck, from left to right.
std::optional<std::string> FormProblem(std::string_view name) {
  if (name.size() > kDatasetNameLengthMax) return "name is too long";
  if (name.starts_with('/')) return "leading slash in name";
  if (name.empty()) return "empty component or misplaced '@' or '#' delimiter in name";
  bool delimited = false;
  size_t start = 0;
  for (size_t i = 0; i <= name.size(); ++i) {
    const bool ends = i == name.size() || name[i] == '/' || name[i] == '@' || name[i] == '#';
    if (!ends) {
      const auto byte = static_cast<unsigned char>(name[i]);
      if (absl::ascii_isalnum(byte) || std::string_view("-_.: ").find(name[i]) != std::string_view::npos) {
        continue;
      }
      return fmt::format("invalid character '{}' in name", name[i]);
    }
    const std::string_view component = name.substr(start, i - start);
    if (component.empty() && i == name.size() && name[start - 1] == '/') return "trailing slash in name";
    if (component.empty()) return "empty component or misplaced '@' or '#' delimiter in name";
    if (component == ".") return "self reference, '.' is found in name";
    if (component == "..") return "parent reference, '..' is found in name";
    if (i == name.size()) break;
    if (delimited) {
      if (name[i] != '/') return "multiple '@' and/or '#' delimiters in name";
      return "trailing slash in name";  // A '/' after the snapshot's name.
    }
    delimited = name[i] != '/';
    start = i + 1;
  }
  return std::nullopt;
}

}  // namespace

std::string_view ZfsErrorText(int error) {
  switch (error) {
    case kEPERM:
      return "permission denied";
    case kENOENT:
      return "dataset does not exist";
    case kENXIO:
    case kENODEV:
    case kEPIPE:
    case kEIO:
      return "I/O error";
    case kEINTR:
      return "signal received";
    case kENOSPC:
    case kEDQUOT:
      return "out of space";
    case kEEXIST:
      return "dataset already exists";
    case kEBUSY:
      return "dataset is busy";
    case kEROFS:
      return "pool is read-only";
    case kENAMETOOLONG:
      return "dataset name is too long";
    case kENOTSUP:
      return "unsupported version or feature";
    case kEAGAIN:
      return "pool I/O is currently suspended";
    case kEINVAL:
      return "Invalid argument";
    case kEXDEV:
      return "Invalid cross-device link";
    case kESRCH:
      return "No such process";
    case kE2BIG:
      return "Argument list too long";
    case kZFS_ERR_WRONG_PARENT:
      return "invalid parent dataset";
    default:
      return ErrnoName(error);
  }
}

std::optional<std::string> ZfsNameProblem(std::string_view name, unsigned kinds) {
  const bool has_at = name.find('@') != std::string_view::npos;
  const bool has_pound = name.find('#') != std::string_view::npos;
  if ((kinds & kZfsSnapshot) == 0 && has_at) return "snapshot delimiter '@' is not expected here";
  if (kinds == kZfsSnapshot && !has_at) {
    return "missing '@' delimiter in snapshot name, did you mean to use -r?";
  }
  if ((kinds & kZfsBookmark) == 0 && has_pound) return "bookmark delimiter '#' is not expected here";
  if (kinds == kZfsBookmark && !has_pound) {
    return "missing '#' delimiter in bookmark name, did you mean to use -r?";
  }
  return FormProblem(name);
}

std::optional<std::string> ZfsPropertyProblem(std::string_view property, std::string_view value,
                                              bool is_volume, bool at_creation) {
  if (IsUserProperty(property)) {
    if (property.size() > kPropertyNameLengthMax) {
      return fmt::format("property name '{}' is too long", property);
    }
    if (value.size() > kPropertyValueLengthMax) {
      return fmt::format("property value '{}' is too long", value.substr(0, 32));
    }
    return std::nullopt;
  }
  const PropertyInfo* info = FindProperty(property);
  if (info == nullptr) return fmt::format("invalid property '{}'", property);
  if ((info->valid_for & (is_volume ? kOnVolume : kOnFilesystem)) == 0) {
    return fmt::format("'{}' does not apply to datasets of this type", info->name);
  }
  if (info->use == PropertyUse::kReadOnly || (info->use == PropertyUse::kSetOnce && !at_creation)) {
    return fmt::format("'{}' is readonly", info->name);
  }
  const std::optional<std::string> canonical = CanonicalValue(*info, value);
  if (canonical && info->type == PropertyType::kNumber && info->default_value == "0" && *canonical == "0" &&
      value != "none") {
    return fmt::format("use 'none' to disable {}", info->name);
  }
  if (canonical) return std::nullopt;
  switch (info->type) {
    case PropertyType::kIndex:
      return fmt::format("'{}' must be one of '{}'", info->name, info->accepts);
    case PropertyType::kNumber:
      if (value == "none" || !ParseSize(value)) return fmt::format("bad numeric value '{}'", value);
      return fmt::format("'{}' must be {}", info->name, info->accepts);
    case PropertyType::kString:
      return fmt::format("'{}' must be {}", info->name, info->accepts);
  }
  return std::nullopt;
}

std::string ZfsSetErrorText(std::string_view property, int error) {
  if (error == kENOSPC) {
    // What is refused to a quota is what is there already; to a reservation, what is not there.
    if (property == "reservation" || property == "refreservation") {
      return "size is greater than available space";
    }
    return "size is less than current used or reserved space";
  }
  if (error == kEINVAL && property == "volsize") return "volume size must be a multiple of volume block size";
  if (error == kE2BIG) return "property value too long";
  return std::string(ZfsErrorText(error));
}

std::string ZfsSizeText(uint64_t bytes) {
  constexpr std::string_view kUnits = "BKMGTPE";
  size_t unit = 0;
  uint64_t whole = bytes;
  while (whole >= 1024 && unit + 1 < kUnits.size()) {
    whole /= 1024;
    ++unit;
  }
  const uint64_t one = uint64_t{1} << (10 * unit);
  if (unit == 0 || bytes % one == 0) return fmt::format("{}{}", whole, kUnits[unit]);
  // As many decimals as leave up to five characters, at first two; ties to even, as printf does.
  for (const uint64_t scale : {100, 10, 1}) {
    const auto rest = static_cast<unsigned __int128>(bytes % one) * scale;
    auto scaled = static_cast<uint64_t>(rest / one) + whole * scale;
    const auto beyond = static_cast<uint64_t>(rest % one);
    if (beyond > one / 2 || (beyond == one / 2 && scaled % 2 == 1)) ++scaled;
    const int decimals = scale == 100 ? 2 : scale == 10 ? 1 : 0;
    std::string text =
        decimals == 0 ? fmt::format("{}{}", scaled, kUnits[unit])
                      : fmt::format("{}.{:0{}}{}", scaled / scale, scaled % scale, decimals, kUnits[unit]);
    if (text.size() <= 5) return text;
  }
  return fmt::format("{}{}", whole, kUnits[unit]);
}

CivilTime CivilTimeOf(uint64_t seconds) {
  constexpr std::array<std::string_view, 7> kDays = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr std::array<uint64_t, 12> kLengths = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const uint64_t days = seconds / 86'400;
  const auto leap = [](uint64_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; };
  uint64_t year = 1970 + days / 146'097 * 400;  // 400 years have so many days.
  uint64_t day = days % 146'097;
  for (; day >= (leap(year) ? 366u : 365u); ++year) day -= leap(year) ? 366 : 365;
  size_t month = 0;
  const auto length = [&] { return kLengths[month] + (month == 1 && leap(year) ? 1 : 0); };
  for (; day >= length(); ++month) day -= length();
  return {.year = year,
          .month = month + 1,
          .day = day + 1,
          .hour = seconds / 3600 % 24,
          .minute = seconds / 60 % 60,
          .second = seconds % 60,
          .weekday_name = kDays[days % 7],
          .month_name = kMonths[month]};
}

std::string ZpoolTimeText(uint64_t seconds) {
  const CivilTime at = CivilTimeOf(seconds);
  return fmt::format("{} {} {:>2} {:02}:{:02}:{:02} {}", at.weekday_name, at.month_name, at.day, at.hour,
                     at.minute, at.second, at.year);
}

std::string ZfsTimeText(uint64_t seconds) {
  const CivilTime at = CivilTimeOf(seconds);
  return fmt::format("{} {} {:>2} {:>2}:{:02} {}", at.weekday_name, at.month_name, at.day, at.hour, at.minute,
                     at.year);
}

}  // namespace model
