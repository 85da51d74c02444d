// SPDX-License-Identifier: Apache-2.0
#include "model/dataset/query.h"

#include "fmt/core.h"
#include "model/dataset/errno.h"
#include "model/dataset/names.h"
#include "sim/check.h"

namespace model {
namespace {

std::optional<ListItem> NextChild(const DatasetTree& tree, ObjectId id, ListCursor* cursor) {
  const Dataset& dataset = tree.DatasetOf(id);
  const auto it = dataset.children.upper_bound(cursor->name);
  if (it == dataset.children.end()) return std::nullopt;
  cursor->name = it->first;
  return ListItem{.name = tree.NameOf(it->second), .id = it->second, .value = {}, .source = {}};
}

std::optional<ListItem> NextSnapshot(const DatasetTree& tree, ObjectId id, ListCursor* cursor) {
  const Dataset& dataset = tree.DatasetOf(id);
  const auto it = dataset.snapshots.upper_bound(cursor->id);
  if (it == dataset.snapshots.end()) return std::nullopt;
  cursor->id = it->first;
  return ListItem{.name = tree.NameOf(it->first), .id = it->first, .value = {}, .source = {}};
}

std::optional<ListItem> NextClone(const DatasetTree& tree, ObjectId id, ListCursor* cursor) {
  const Snapshot& snapshot = tree.SnapshotOf(id);
  const auto it = snapshot.clones.upper_bound(cursor->id);
  if (it == snapshot.clones.end()) return std::nullopt;
  cursor->id = *it;
  return ListItem{.name = tree.NameOf(*it), .id = *it, .value = {}, .source = {}};
}

std::optional<ListItem> NextBookmark(const DatasetTree& tree, ObjectId id, ListCursor* cursor) {
  const Dataset& dataset = tree.DatasetOf(id);
  const auto it = dataset.bookmarks.upper_bound(cursor->name);
  if (it == dataset.bookmarks.end()) return std::nullopt;
  cursor->name = it->first;
  return ListItem{.name = fmt::format("{}#{}", tree.NameOf(id), it->first), .value = {}, .source = {}};
}

std::optional<ListItem> NextHold(const DatasetTree& tree, ObjectId id, ListCursor* cursor) {
  const Snapshot& snapshot = tree.SnapshotOf(id);
  const auto it = snapshot.holds.upper_bound(cursor->name);
  if (it == snapshot.holds.end()) return std::nullopt;
  cursor->name = it->first;
  return ListItem{.name = it->first, .value = {}, .source = {}, .time_s = it->second};
}

// Takes the smallest name behind the cursor over the object and its ancestors; the nearest sets it.
std::optional<ListItem> NextUserProperty(const DatasetTree& tree, ObjectId id, ListCursor* cursor,
                                         ReadSet* reads) {
  std::optional<ListItem> best;
  for (ObjectId at = id; at != 0;) {
    if (reads != nullptr) reads->Note(tree, at, Aspect::kProperties);
    const Snapshot* snapshot = tree.FindSnapshot(at);
    const auto& local = snapshot != nullptr ? snapshot->properties : tree.DatasetOf(at).properties;
    auto it = local.upper_bound(cursor->name);
    while (it != local.end() && !IsUserProperty(it->first)) ++it;
    if (it != local.end() && (!best || it->first < best->name)) {
      best = ListItem{.name = it->first, .value = it->second, .source = tree.NameOf(at)};
    }
    at = snapshot != nullptr ? tree.OwnerOf(at) : tree.DatasetOf(at).parent;
  }
  if (best) cursor->name = best->name;
  return best;
}

std::optional<ListItem> Next(const DatasetTree& tree, ListKind kind, ObjectId id, ListCursor* cursor,
                             ReadSet* reads) {
  const auto note = [&](Aspect aspect) {
    if (reads != nullptr) reads->Note(tree, id, aspect);
  };
  switch (kind) {
    case ListKind::kChildren:
      note(Aspect::kChildren);
      return NextChild(tree, id, cursor);
    case ListKind::kSnapshots:
      note(Aspect::kSnapshots);
      return NextSnapshot(tree, id, cursor);
    case ListKind::kClones:
      note(Aspect::kChildren);
      return NextClone(tree, id, cursor);
    case ListKind::kBookmarks:
      note(Aspect::kSnapshots);
      return NextBookmark(tree, id, cursor);
    case ListKind::kHolds:
      note(Aspect::kProperties);
      return NextHold(tree, id, cursor);
    case ListKind::kUserProperties:
      return NextUserProperty(tree, id, cursor, reads);
  }
  SIM_CHECK(false);
}

}  // namespace

int FindObject(const DatasetTree& tree, std::string_view name, ObjectId* id, ReadSet* reads) {
  const int error = tree.Lookup(name, id);
  if (reads == nullptr || (error != 0 && error != kENOENT)) return error;
  // The list in which it was found, or missed.
  ObjectId directory = 0;
  std::string_view tail;
  const SplitName split = Split(name);
  if (split.separator == '@') {
    if (tree.Lookup(split.dataset, &directory) == 0) {
      reads->Note(tree, directory, Aspect::kSnapshots, name.substr(split.dataset.size()));
      return error;
    }
  }
  // Walk up to the deepest ancestor that exists.
  for (std::string_view path = ParentOf(split.dataset); !path.empty(); path = ParentOf(path)) {
    if (tree.LookupDirectory(path, &directory, &tail) == 0 && tail.empty()) {
      const std::string_view below = split.dataset.substr(path.size() + 1);
      reads->Note(tree, directory, Aspect::kChildren, below.substr(0, below.find('/')));
      break;
    }
  }
  return error;
}

int CheckListable(const DatasetTree& tree, ListKind kind, ObjectId id) {
  if (tree.OwnerOf(id) == 0) return kENOENT;
  switch (kind) {
    case ListKind::kChildren:
    case ListKind::kSnapshots:
    case ListKind::kBookmarks:
      return tree.IsSnapshot(id) ? kEINVAL : 0;
    case ListKind::kClones:
    case ListKind::kHolds:
      return tree.IsSnapshot(id) ? 0 : kEINVAL;
    case ListKind::kUserProperties:
      return 0;
  }
  SIM_CHECK(false);
}

int NextItem(const DatasetTree& tree, ListKind kind, ObjectId id, ListCursor* cursor,
             std::optional<ListItem>* item, ReadSet* reads) {
  item->reset();
  if (const int error = CheckListable(tree, kind, id)) return error;
  *item = Next(tree, kind, id, cursor, reads);
  return 0;
}

}  // namespace model
