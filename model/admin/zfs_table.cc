// SPDX-License-Identifier: Apache-2.0
#include "model/admin/zfs_table.h"

#include <algorithm>

#include "absl/strings/str_join.h"
#include "fmt/format.h"
#include "model/admin/zfs_text.h"
#include "model/dataset/names.h"
#include "model/dataset/property_query.h"
#include "model/dataset/property_table.h"

namespace model {
namespace {

bool IsLimit(const PropertyInfo& info) {
  return info.default_value == "0" && info.use == PropertyUse::kSettable;
}

std::string NumberText(const PropertyInfo& info, uint64_t value, bool exact) {
  if (info.id == PropertyId::kCompressratio || info.id == PropertyId::kRefcompressratio) {
    return fmt::format("{}.{:02}{}", value / 100, value % 100, exact ? "" : "x");
  }
  if (exact) return std::to_string(value);
  if (IsLimit(info) && value == 0) return "none";
  switch (info.id) {
    case PropertyId::kCreation:
      return ZfsTimeText(value);
    case PropertyId::kCreatetxg:
    case PropertyId::kGuid:
    case PropertyId::kObjsetid:
    case PropertyId::kUserrefs:
    case PropertyId::kNumclones:
    case PropertyId::kCopies:
    case PropertyId::kPbkdf2iters:
      return std::to_string(value);
    case PropertyId::kFilesystemLimit:
    case PropertyId::kSnapshotLimit:
      return value == UINT64_MAX ? "none" : std::to_string(value);
    case PropertyId::kSpecialSmallBlocks:
      return value == 0 ? "0" : ZfsSizeText(value);
    default:
      return ZfsSizeText(value);
  }
}

}  // namespace

ShownProperty ShowProperty(const DatasetTree& tree, ObjectId id, std::string_view name, bool exact,
                           ReadSet* reads) {
  const PropertyInfo* info = IsUserProperty(name) ? nullptr : FindProperty(name);
  const Dataset* dataset = tree.FindDataset(id);
  if (info != nullptr && info->id == PropertyId::kMounted) {
    if (dataset == nullptr || dataset->type == DatasetType::kVolume) return {};
    return {.value = dataset->mounted ? "yes" : "no"};
  }
  const PropertyResult result = GetProperty(tree, id, info == nullptr ? name : info->name, reads);
  if (result.outcome != PropertyResult::Outcome::kValue) return {};
  ShownProperty shown;
  if (const auto* number = std::get_if<uint64_t>(&result.value)) {
    const bool bytes = info == nullptr && !exact;  // written@SNAPSHOT.
    shown.value = info != nullptr ? NumberText(*info, *number, exact)
                  : bytes         ? ZfsSizeText(*number)
                                  : std::to_string(*number);
  } else if (const auto* text = std::get_if<std::string>(&result.value)) {
    shown.value = *text;
  } else {
    shown.value = absl::StrJoin(std::get<std::vector<std::string>>(result.value), ",");
  }
  const bool read_only = info != nullptr && info->use == PropertyUse::kReadOnly;
  if (result.source && !read_only) {
    shown.source = *result.source == "default"         ? "default"
                   : *result.source == tree.NameOf(id) ? "local"
                                                       : "inherited from " + *result.source;
  }
  return shown;
}

ShownProperty ShowBookmark(const DatasetTree& tree, ObjectId dataset, std::string_view leaf,
                           std::string_view name, bool exact) {
  const Bookmark& bookmark = tree.DatasetOf(dataset).bookmarks.find(leaf)->second;
  const PropertyInfo* info = IsUserProperty(name) ? nullptr : FindProperty(name);
  if (info == nullptr) return {};
  switch (info->id) {
    case PropertyId::kName:
      return {.value = fmt::format("{}#{}", tree.NameOf(dataset), leaf)};
    case PropertyId::kType:
      return {.value = "bookmark"};
    case PropertyId::kCreation:
      return {.value = NumberText(*info, bookmark.created.time_s, exact)};
    case PropertyId::kCreatetxg:
      return {.value = NumberText(*info, bookmark.created.txg, exact)};
    default:
      return {};
  }
}

std::string TableText(const TextTable& rows, const std::vector<bool>& right, bool scripted) {
  std::vector<size_t> width(right.size(), 0);
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], row[i].size());
  }
  std::string text;
  for (size_t r = scripted ? 1 : 0; r < rows.size(); ++r) {
    if (!text.empty()) text += '\n';
    for (size_t i = 0; i < rows[r].size(); ++i) {
      const std::string& cell = rows[r][i];
      if (i > 0) text += scripted ? "\t" : "  ";
      const std::string padding = scripted ? "" : std::string(width[i] - cell.size(), ' ');
      if (right[i]) text += padding;
      text += cell;
      if (!right[i] && i + 1 < rows[r].size()) text += padding;
    }
  }
  return text;
}

}  // namespace model
