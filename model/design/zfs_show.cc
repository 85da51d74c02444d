// SPDX-License-Identifier: Apache-2.0
//
// list, get, holds, mount, unmount (cmd/zfs/zfs_main.c:zfs_do_list, print_dataset,
// zfs_do_get, zfs_do_holds, zfs_do_mount, zfs_do_unmount; cmd/zfs/zfs_iter.c).
//
// Differs from the real system: sorting is always by name, and of snapshots by
// creation; times are in UTC.
#include <algorithm>
#include <optional>

#include "absl/strings/str_join.h"
#include "fmt/format.h"
#include "model/dataset/errno.h"
#include "model/dataset/names.h"
#include "model/dataset/property_query.h"
#include "model/dataset/property_table.h"
#include "model/dataset/recursive.h"
#include "model/dataset/text.h"
#include "model/design/pool_command.h"
#include "model/design/zfs_text.h"
#include "model/design/zfs_tool.h"

namespace model {
namespace {

struct Shown {
  std::string value = "-";
  std::string source = "-";
};

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
std::vector<std::string> AllShown(const DatasetTree& tree, ObjectId id) {
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

// A property as user space shows it; notes what that depends on.
Shown ShowProperty(const DatasetTree& tree, ObjectId id, std::string_view name, bool exact,
                   ReadSet* reads = nullptr) {
  const PropertyInfo* info = IsUserProperty(name) ? nullptr : FindProperty(name);
  const Dataset* dataset = tree.FindDataset(id);
  if (info != nullptr && info->id == PropertyId::kMounted) {
    if (dataset == nullptr || dataset->type == DatasetType::kVolume) return {};
    return {.value = dataset->mounted ? "yes" : "no"};
  }
  const PropertyResult result = GetProperty(tree, id, info == nullptr ? name : info->name, reads);
  if (result.outcome != PropertyResult::Outcome::kValue) return {};
  Shown shown;
  if (const auto* number = std::get_if<uint64_t>(&result.value)) {
    shown.value = info == nullptr ? std::to_string(*number) : NumberText(*info, *number, exact);
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

using Table = std::vector<std::vector<std::string>>;

// Rows with their columns aligned, as `zfs list` does; tab separated and without the first row if
// `scripted`.
std::string TableText(const Table& rows, const std::vector<bool>& right, bool scripted) {
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

// The types of `-t` as bits; 0 for a word that is none.
unsigned ParseTypes(std::string_view types) {
  unsigned kinds = 0;
  for (const std::string_view type : SplitText(types, ",")) {
    if (type == "filesystem" || type == "fs") {
      kinds |= kZfsFilesystem;
    } else if (type == "volume" || type == "vol") {
      kinds |= kZfsVolume;
    } else if (type == "snapshot" || type == "snap") {
      kinds |= kZfsSnapshot;
    } else if (type == "all") {
      kinds |= kZfsAny;
    } else {
      return 0;
    }
  }
  return kinds;
}

void Collect(const DatasetTree& tree, ObjectId id, unsigned kinds, int depth, std::vector<ObjectId>* objects,
             ReadSet* reads) {
  const Dataset* dataset = tree.FindDataset(id);
  if (dataset == nullptr) {
    objects->push_back(id);
    return;
  }
  const bool is_volume = dataset->type == DatasetType::kVolume;
  if ((kinds & (is_volume ? kZfsVolume : kZfsFilesystem)) != 0) objects->push_back(id);
  if (depth == 0) return;
  reads->Note(tree, id, Aspect::kChildren);
  if ((kinds & kZfsSnapshot) != 0) {
    reads->Note(tree, id, Aspect::kSnapshots);
    for (const auto& [snapshot, ignored] : dataset->snapshots) objects->push_back(snapshot);
  }
  for (const auto& [leaf, child] : dataset->children) Collect(tree, child, kinds, depth - 1, objects, reads);
}

}  // namespace

sim::Task<std::vector<ZfsTool::Item>> ZfsTool::Selected(Names roots, std::string_view default_types) {
  std::vector<Item> objects;
  unsigned kinds = ParseTypes(command_.types.empty() ? default_types : std::string_view(command_.types));
  if (kinds == 0) {
    FailUsage(fmt::format("invalid type '{}'", command_.types));
    co_return objects;
  }
  int depth = command_.depth;
  if (depth < 0 && (command_.Has('r') || roots.empty())) depth = INT32_MAX;
  // Snapshots alone are those of the datasets named.
  if (depth < 0) depth = kinds == kZfsSnapshot ? 1 : 0;
  if (roots.empty()) {
    if (co_await ReadPoolConfigs(thread_, module_) != 0) co_return objects;
    for (const Pool* pool : module_->pools()) {
      if (!pool->exported()) roots.push_back(pool->name());
    }
  }
  std::vector<std::pair<const Pool*, ReadSet>> read;
  for (const std::string& root : roots) {
    if (thread_->killed()) co_return objects;
    const bool is_snapshot = Split(root).separator == '@';
    const bool default_kinds = command_.types.empty();
    const unsigned accepted = default_kinds || depth > 0 ? kinds | kZfsAny : kinds;
    if (!co_await Open(root, accepted)) continue;
    std::vector<ObjectId> here;
    const Pool* pool = module_->FindPool(root);
    ReadSet& lists = read.emplace_back(pool, ReadSet()).second;
    Collect(pool->tree(), Find(root), is_snapshot ? kZfsSnapshot : kinds, depth, &here, &lists);
    co_await ReadItems(root, here.size());
    for (const ObjectId id : here) {
      if (pool->tree().OwnerOf(id) != 0) objects.push_back({pool, id});
    }
  }
  // What was destroyed while others were read is not shown: these are the lists as they are now.
  std::erase_if(objects, [](const Item& item) { return item.pool->tree().OwnerOf(item.id) == 0; });
  for (const auto& [pool, lists] : read) NoteReads(pool, lists);
  co_return objects;
}

sim::Task<> ZfsTool::List() {
  if (command_.columns == "space") {
    command_.columns =
        "name,available,used,usedbysnapshots,usedbydataset,usedbyrefreservation,usedbychildren";
  }
  const std::string_view columns = command_.columns.empty() ? "name,used,available,referenced,mountpoint"
                                                            : std::string_view(command_.columns);
  Table rows(1);
  std::vector<bool> right;
  Names properties;
  for (const std::string_view column : SplitText(columns, ",")) {
    const PropertyInfo* info = IsUserProperty(column) ? nullptr : FindProperty(column);
    if (info == nullptr && !IsUserProperty(column) && !column.starts_with("written@")) {
      co_return FailUsage(fmt::format("bad property list: invalid property '{}'", column));
    }
    properties.emplace_back(info == nullptr ? column : info->name);
    std::string heading(info == nullptr ? column : info->column);
    std::transform(heading.begin(), heading.end(), heading.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    rows[0].push_back(std::move(heading));
    right.push_back(info != nullptr && info->type == PropertyType::kNumber);
  }
  const std::vector<Item> objects = co_await Selected(command_.operands, "filesystem,volume");
  if (exit_code_ == 2) co_return;
  for (const auto& [pool, id] : objects) {
    std::vector<std::string> row;
    ReadSet reads;
    for (const std::string& property : properties) {
      row.push_back(ShowProperty(pool->tree(), id, property, command_.Has('p'), &reads).value);
    }
    NoteReads(pool, reads);
    rows.push_back(std::move(row));
  }
  if (rows.size() > 1) Print(TableText(rows, right, command_.Has('H')));
  if (rows.size() == 1 && exit_code_ == 0) Print("no datasets available");
}

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
  const Names roots(command_.operands.begin() + 1, command_.operands.end());
  const std::vector<Item> objects = co_await Selected(roots, "all");
  Table rows = {{"NAME", "PROPERTY", "VALUE", "SOURCE"}};
  for (const auto& [pool, id] : objects) {
    const DatasetTree& tree = pool->tree();
    ReadSet reads;
    for (const std::string& property : wanted == "all" ? AllShown(tree, id) : properties) {
      const Shown shown = ShowProperty(tree, id, property, command_.Has('p'), &reads);
      rows.push_back({tree.NameOf(id), property, shown.value, shown.source});
    }
    NoteReads(pool, reads);
  }
  if (rows.size() > 1) Print(TableText(rows, {false, false, false, false}, command_.Has('H')));
}

sim::Task<> ZfsTool::Holds() {
  Table rows = {{"NAME", "TAG", "TIMESTAMP"}};
  for (const std::string& name : command_.operands) {
    const std::optional<Names> names = co_await SnapshotsNamed(name, "cannot list holds", true);
    if (!names) continue;
    for (const std::string& one : *names) {
      ReadSet reads;
      reads.Note(TreeOf(one), Find(one), Aspect::kProperties);
      NoteReads(module_->FindPool(one), reads);
      for (const auto& [tag, time_s] : TreeOf(one).SnapshotOf(Find(one)).holds) {
        rows.push_back({one, tag, command_.Has('p') ? std::to_string(time_s) : ZfsTimeText(time_s)});
      }
    }
    if (!command_.Has('r') && names->empty()) Fail(fmt::format("cannot open '{}'", name), kENOENT);
  }
  if (rows.size() > 1) Print(TableText(rows, {false, false, false}, command_.Has('H')));
}

sim::Task<> ZfsTool::MountIt() {
  Names names = command_.operands;
  const bool all = names.empty();
  if (all) {
    for (const Pool* pool : module_->pools()) {
      for (const ObjectId id : DatasetsBelow(pool->tree(), pool->tree().root())) {
        if (WantsMount(pool->tree(), id)) names.push_back(pool->tree().NameOf(id));
      }
    }
  }
  for (const std::string& name : names) {
    if (!co_await Open(name, kZfsFilesystem)) co_return;
    const DatasetTree& tree = TreeOf(name);
    const ObjectId id = Find(name);
    const std::string mountpoint = ShowProperty(tree, id, "mountpoint", false).value;
    const std::string action = fmt::format("cannot mount '{}'", name);
    if (tree.DatasetOf(id).mounted) {
      if (!all) Fail(action, "filesystem already mounted");
    } else if (mountpoint == "legacy") {
      Fail(action, "legacy mountpoint");
    } else if (mountpoint == "none") {
      Fail(action, "no mountpoint set");
    } else if (ShowProperty(tree, id, "canmount", false).value == "off") {
      Fail(action, "'canmount' property is set to 'off'");
    } else {
      Mount(name);
    }
  }
}

sim::Task<> ZfsTool::UnmountIt() {
  Names names = command_.operands;
  const bool all = names.empty();
  if (all) {
    for (const Pool* pool : module_->pools()) {
      for (const ObjectId id : DatasetsBelow(pool->tree(), pool->tree().root())) {
        if (pool->tree().DatasetOf(id).mounted) names.push_back(pool->tree().NameOf(id));
      }
    }
    std::reverse(names.begin(), names.end());
  }
  for (const std::string& name : names) {
    if (thread_->killed() || !co_await Open(name, kZfsFilesystem)) co_return;
    if (!TreeOf(name).DatasetOf(Find(name)).mounted) {
      Fail(fmt::format("cannot unmount '{}'", name), "not currently mounted");
      continue;
    }
    co_await Unmount(name);
  }
}

}  // namespace model
