// SPDX-License-Identifier: Apache-2.0
//
// list, holds, mount, unmount (cmd/zfs/zfs_main.c:zfs_do_list, print_dataset,
// zfs_do_holds, zfs_do_mount, zfs_do_unmount; cmd/zfs/zfs_iter.c).
//
// Differs from the real system: times are in UTC; of a bookmark only its name and its creation are known.
#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "fmt/format.h"
#include "model/admin/pool_command.h"
#include "model/admin/zfs_table.h"
#include "model/admin/zfs_text.h"
#include "model/admin/zfs_tool.h"
#include "model/dataset/errno.h"
#include "model/dataset/names.h"
#include "model/dataset/property_query.h"
#include "model/dataset/property_table.h"
#include "model/dataset/recursive.h"
#include "model/dataset/text.h"

namespace model {
namespace {

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
    } else if (type == "bookmark") {
      kinds |= kZfsBookmark;
    } else if (type == "all") {
      kinds |= kZfsAny | kZfsBookmark;
    } else {
      return 0;
    }
  }
  return kinds;
}

// What an item is sorted by: nothing comes last.
struct SortKey {
  bool valid = false;
  uint64_t number = 0;
  std::string text;
};

SortKey KeyOf(const DatasetTree& tree, ObjectId id, std::string_view property) {
  const PropertyInfo* info = IsUserProperty(property) ? nullptr : FindProperty(property);
  const PropertyResult result = GetProperty(tree, id, info == nullptr ? property : info->name);
  if (result.outcome != PropertyResult::Outcome::kValue) return {};
  if (const auto* number = std::get_if<uint64_t>(&result.value)) return {.valid = true, .number = *number};
  const auto* text = std::get_if<std::string>(&result.value);
  return {.valid = true, .text = text != nullptr ? *text : ""};
}

}  // namespace

bool ZfsTool::Item::IsThere() const {
  const DatasetTree& tree = pool->tree();
  if (tree.OwnerOf(id) == 0) return false;
  return bookmark.empty() || tree.DatasetOf(id).bookmarks.contains(bookmark);
}

std::string ZfsTool::NameOf(const Item& item) {
  const std::string name = item.pool->tree().NameOf(item.id);
  return item.bookmark.empty() ? name : fmt::format("{}#{}", name, item.bookmark);
}

ShownProperty ZfsTool::Show(const Item& item, std::string_view property, ReadSet* reads) const {
  const DatasetTree& tree = item.pool->tree();
  const bool exact = command_.Has('p');
  if (item.bookmark.empty()) return ShowProperty(tree, item.id, property, exact, reads);
  return ShowBookmark(tree, item.id, item.bookmark, property, exact);
}

void ZfsTool::Collect(const Pool* pool, ObjectId id, unsigned kinds, int depth, std::vector<Item>* items,
                      ReadSet* reads) {
  const DatasetTree& tree = pool->tree();
  const Dataset* dataset = tree.FindDataset(id);
  if (dataset == nullptr) {
    items->push_back({pool, id});
    return;
  }
  const bool is_volume = dataset->type == DatasetType::kVolume;
  if ((kinds & (is_volume ? kZfsVolume : kZfsFilesystem)) != 0) items->push_back({pool, id});
  if (depth == 0) return;
  reads->Note(tree, id, Aspect::kChildren);
  if ((kinds & kZfsSnapshot) != 0) {
    reads->Note(tree, id, Aspect::kSnapshots);
    for (const auto& [snapshot, ignored] : dataset->snapshots) items->push_back({pool, snapshot});
  }
  if ((kinds & kZfsBookmark) != 0) {
    reads->Note(tree, id, Aspect::kSnapshots);
    for (const auto& [leaf, ignored] : dataset->bookmarks) items->push_back({pool, id, leaf});
  }
  for (const auto& [leaf, child] : dataset->children) Collect(pool, child, kinds, depth - 1, items, reads);
}

// cmd/zfs/zfs_iter.c:zfs_sort; what the properties do not tell apart stays in its order.
void ZfsTool::Sort(std::vector<Item>* items) const {
  for (auto sort = command_.sort.rbegin(); sort != command_.sort.rend(); ++sort) {
    const auto& [property, descending] = *sort;
    std::vector<std::pair<SortKey, Item>> keyed;
    for (Item& item : *items) {
      SortKey key;
      if (item.bookmark.empty()) key = KeyOf(item.pool->tree(), item.id, property);
      keyed.emplace_back(std::move(key), std::move(item));
    }
    std::stable_sort(keyed.begin(), keyed.end(), [reverse = descending](const auto& a, const auto& b) {
      if (a.first.valid != b.first.valid) return a.first.valid;
      const SortKey& one = reverse ? b.first : a.first;
      const SortKey& other = reverse ? a.first : b.first;
      return std::tie(one.number, one.text) < std::tie(other.number, other.text);
    });
    items->clear();
    for (auto& [key, item] : keyed) items->push_back(std::move(item));
  }
}

sim::Task<std::vector<ZfsTool::Item>> ZfsTool::Selected(Names roots, std::string_view default_types) {
  std::vector<Item> objects;
  unsigned kinds = ParseTypes(command_.types.empty() ? default_types : std::string_view(command_.types));
  if (kinds == 0) {
    FailUsage(fmt::format("invalid type '{}'", command_.types));
    co_return objects;
  }
  int depth = command_.depth;
  if (depth < 0 && (command_.Has('r') || roots.empty())) depth = INT32_MAX;
  // Snapshots and bookmarks alone are those of the datasets named.
  if (depth < 0) depth = (kinds & kZfsHead) == 0 ? 1 : 0;
  if (roots.empty()) {
    if (co_await ReadPoolConfigs(thread_, module_) != 0) co_return objects;
    for (const Pool* pool : module_->pools()) {
      if (!pool->exported()) roots.push_back(pool->name());
    }
  }
  std::vector<std::pair<const Pool*, ReadSet>> read;
  for (const std::string& root : roots) {
    if (thread_->killed()) co_return objects;
    const SplitName split = Split(root);
    const bool is_snapshot = split.separator == '@';
    const bool default_kinds = command_.types.empty();
    const unsigned accepted = default_kinds || depth > 0 ? kinds | kZfsAny : kinds;
    if (!co_await Open(root, accepted)) continue;
    std::vector<Item> here;
    const Pool* pool = module_->FindPool(root);
    ReadSet& lists = read.emplace_back(pool, ReadSet()).second;
    if (split.separator == '#') {
      here.push_back({pool, Find(split.dataset), std::string(split.tail)});
    } else {
      Collect(pool, Find(root), is_snapshot ? kZfsSnapshot : kinds, depth, &here, &lists);
    }
    co_await ReadItems(root, here.size());
    objects.insert(objects.end(), here.begin(), here.end());
  }
  // What was destroyed while others were read is not shown: these are the lists as they are now.
  std::erase_if(objects, [](const Item& item) { return !item.IsThere(); });
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
  TextTable rows(1);
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
  for (const auto& [property, reverse] : command_.sort) {
    if (IsUserProperty(property) || FindProperty(property) != nullptr) continue;
    co_return FailUsage(fmt::format("invalid property '{}'", property));
  }
  std::vector<Item> objects = co_await Selected(command_.operands, "filesystem,volume");
  if (exit_code_ == 2) co_return;
  Sort(&objects);
  for (const Item& item : objects) {
    std::vector<std::string> row;
    ReadSet reads;
    for (const std::string& property : properties) row.push_back(Show(item, property, &reads).value);
    NoteReads(item.pool, reads);
    rows.push_back(std::move(row));
  }
  if (rows.size() > 1) Print(TableText(rows, right, command_.Has('H')));
  if (rows.size() == 1 && exit_code_ == 0) Print("no datasets available");
}

sim::Task<> ZfsTool::Holds() {
  TextTable rows = {{"NAME", "TAG", "TIMESTAMP"}};
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
