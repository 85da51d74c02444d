// SPDX-License-Identifier: Apache-2.0
//
// get (cmd/zfs/zfs_main.c:zfs_do_get, get_callback).
#include <algorithm>
#include <optional>

#include "absl/strings/str_join.h"
#include "fmt/format.h"
#include "model/admin/zfs_table.h"
#include "model/admin/zfs_text.h"
#include "model/admin/zfs_tool.h"
#include "model/dataset/names.h"
#include "model/dataset/property_query.h"
#include "model/dataset/property_table.h"
#include "model/dataset/query.h"
#include "model/dataset/text.h"

namespace model {
namespace {

// What `zfs get all` shows, in its order (include/sys/fs/zfs.h: zfs_prop_t).
// clang-format off
constexpr std::string_view kOrderOfAll[] = {
    "type", "creation", "used", "available", "referenced", "compressratio", "mounted", "origin", "quota",
    "reservation", "volsize", "volblocksize", "recordsize", "mountpoint", "sharenfs", "checksum",
    "compression", "atime", "devices", "exec", "setuid", "readonly", "zoned", "snapdir", "aclmode",
    "aclinherit", "createtxg", "canmount", "xattr", "copies", "version", "utf8only", "normalization",
    "casesensitivity", "vscan", "nbmand", "sharesmb", "refquota", "refreservation", "guid", "primarycache",
    "secondarycache", "usedbysnapshots", "usedbydataset", "usedbychildren", "usedbyrefreservation",
    "defer_destroy", "userrefs", "logbias", "objsetid", "dedup", "mlslabel", "sync", "dnodesize",
    "refcompressratio", "written", "clones", "logicalused", "logicalreferenced", "volmode",
    "filesystem_limit", "snapshot_limit", "filesystem_count", "snapshot_count", "snapdev", "acltype",
    "context", "fscontext", "defcontext", "rootcontext", "relatime", "redundant_metadata", "overlay",
    "encryption", "keylocation", "keyformat", "pbkdf2iters", "special_small_blocks", "prefetch",
    "volthreading", "direct", "longname",
};
// clang-format on

// The properties that `zfs get all` shows of an object: native ones in their order, then its own words.
std::vector<std::string> AllShown(const DatasetTree& tree, ObjectId id, bool bookmark) {
  if (bookmark) return {"type", "creation", "createtxg"};
  const std::vector<std::string> valid = SystemProperties(tree, id);
  const Dataset* dataset = tree.FindDataset(id);
  std::vector<std::string> names;
  for (const std::string_view name : kOrderOfAll) {
    const bool mounted = name == "mounted" && dataset != nullptr && dataset->type == DatasetType::kFilesystem;
    if (mounted || std::find(valid.begin(), valid.end(), name) != valid.end()) names.emplace_back(name);
  }
  ListCursor cursor;
  std::optional<ListItem> item;
  while (NextItem(tree, ListKind::kUserProperties, id, &cursor, &item) == 0 && item)
    names.push_back(item->name);
  return names;
}

// Of -o: which columns, in which order.
constexpr std::string_view kColumns[] = {"name", "property", "value", "received", "source"};
// Of -s: what the source of a property begins with.
struct SourceName {
  std::string_view name;
  std::string_view shown;
};
constexpr SourceName kSources[] = {{"local", "local"},         {"default", "default"},
                                   {"inherited", "inherited"}, {"received", "received"},
                                   {"temporary", "temporary"}, {"none", "-"}};

// The columns of -o by number; nothing if one is none.
std::optional<std::vector<size_t>> ColumnsOf(std::string_view text) {
  if (text.empty()) return std::vector<size_t>{0, 1, 2, 4};
  if (text == "all") return std::vector<size_t>{0, 1, 2, 3, 4};
  std::vector<size_t> columns;
  for (const std::string_view name : SplitText(text, ",")) {
    const auto* const it = std::find(std::begin(kColumns), std::end(kColumns), name);
    if (it == std::end(kColumns)) return std::nullopt;
    columns.push_back(static_cast<size_t>(it - std::begin(kColumns)));
  }
  return columns;
}

std::optional<std::vector<std::string_view>> SourcesOf(std::string_view text) {
  std::vector<std::string_view> sources;
  for (const std::string_view name : SplitText(text, ",")) {
    const auto* const it = std::find_if(std::begin(kSources), std::end(kSources),
                                        [&](const SourceName& source) { return source.name == name; });
    if (it == std::end(kSources)) return std::nullopt;
    sources.push_back(it->shown);
  }
  return sources;
}

bool ComesFrom(const std::vector<std::string_view>& sources, std::string_view source) {
  return std::any_of(sources.begin(), sources.end(),
                     [&](std::string_view one) { return source.starts_with(one); });
}

}  // namespace

sim::Task<> ZfsTool::Get() {
  const std::string_view wanted = command_.operands[0];
  Names properties;
  for (const std::string_view name : SplitText(wanted, ",")) {
    const bool known = name == "all" || IsUserProperty(name) || name.starts_with("written@");
    const PropertyInfo* info = known ? nullptr : FindProperty(name);
    if (!known && info == nullptr) {
      co_return FailUsage(fmt::format("bad property list: invalid property '{}'", name));
    }
    properties.emplace_back(info == nullptr ? name : info->name);
  }
  const std::optional<std::vector<size_t>> columns = ColumnsOf(command_.columns);
  if (!columns) co_return FailUsage(fmt::format("invalid column name '{}'", command_.columns));
  std::vector<std::string_view> sources;
  if (!command_.sources.empty()) {
    const auto wanted_sources = SourcesOf(command_.sources);
    if (!wanted_sources) co_return FailUsage(fmt::format("invalid source '{}'", command_.sources));
    sources = *wanted_sources;
  }
  const Names roots(command_.operands.begin() + 1, command_.operands.end());
  const std::vector<Item> objects = co_await Selected(roots, "all");
  TextTable rows(1);
  for (const size_t column : *columns) {
    rows[0].emplace_back(kColumns[column]);
    std::transform(rows[0].back().begin(), rows[0].back().end(), rows[0].back().begin(),
                   [](char c) { return static_cast<char>(c - 'a' + 'A'); });
  }
  for (const Item& item : objects) {
    ReadSet reads;
    const DatasetTree& tree = item.pool->tree();
    for (const std::string& property :
         wanted == "all" ? AllShown(tree, item.id, !item.bookmark.empty()) : properties) {
      const ShownProperty shown = Show(item, property, &reads);
      if (!sources.empty() && !ComesFrom(sources, shown.source)) continue;
      const std::string cells[] = {NameOf(item), property, shown.value, "-", shown.source};
      std::vector<std::string>& row = rows.emplace_back();
      for (const size_t column : *columns) row.push_back(cells[column]);
    }
    NoteReads(item.pool, reads);
  }
  const std::vector<bool> right(columns->size(), false);
  if (rows.size() > 1) Print(TableText(rows, right, command_.Has('H')));
}

}  // namespace model
