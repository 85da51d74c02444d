// SPDX-License-Identifier: Apache-2.0
//
// The sync functions: what each operation changes. What is missing by now and
// what the check let pass for that (a snapshot that is destroyed already) is
// passed over here too.
#include <string_view>

#include "model/dataset/names.h"
#include "model/dataset/operations.h"
#include "model/dataset/property_table.h"
#include "sim/check.h"

namespace model {
namespace {

ObjectId Find(const DatasetTree& tree, std::string_view name) {
  ObjectId id = 0;
  const int error = tree.Lookup(name, &id);
  SIM_CHECK_MSG(error == 0, name);
  return id;
}

// Returns 0 if there is no such object.
ObjectId FindIfAny(const DatasetTree& tree, std::string_view name) {
  ObjectId id = 0;
  return tree.Lookup(name, &id) == 0 ? id : 0;
}

void SetChecked(DatasetTree& tree, ObjectId id, std::string_view name, std::string_view value, uint64_t txg) {
  const PropertyInfo* info = IsUserProperty(name) ? nullptr : FindProperty(name);
  if (info == nullptr) return tree.SetProperty(id, name, value, txg);
  tree.SetProperty(id, info->name, CanonicalValue(*info, value).value(), txg);
}

void ApplyCreate(DatasetTree& tree, const Mutation& m, SyncPoint now) {
  const ObjectId parent = Find(tree, ParentOf(m.name));
  const bool is_volume = m.kind == MutationKind::kCreateVolume;
  const ObjectId id = tree.CreateDataset(parent, LeafOf(m.name),
                                         is_volume ? DatasetType::kVolume : DatasetType::kFilesystem, now);
  for (const auto& [name, value] : m.properties) SetChecked(tree, id, name, value, now.txg);
}

void ApplySnapshot(DatasetTree& tree, const Mutation& m, std::string_view name, SyncPoint now) {
  const SplitName split = Split(name);
  const ObjectId id = tree.CreateSnapshot(Find(tree, split.dataset), split.tail, now);
  for (const auto& [property, value] : m.properties) tree.SetProperty(id, property, value, now.txg);
}

// dsl_destroy.c:dsl_destroy_snapshot_sync_impl.
void ApplyDestroySnapshot(DatasetTree& tree, const Mutation& m, uint64_t txg) {
  const ObjectId id = FindIfAny(tree, m.name);
  if (id == 0) return;
  const Snapshot& snapshot = tree.SnapshotOf(id);
  if (m.defer && (!snapshot.holds.empty() || !snapshot.clones.empty())) return tree.SetDeferDestroy(id, txg);
  tree.DestroySnapshot(id, txg);
}

// dsl_dataset.c:dsl_dataset_rename_snapshot_sync.
void RenameSnapshotOf(DatasetTree& tree, ObjectId id, std::string_view from, std::string_view to,
                      bool recursive, uint64_t txg) {
  const Dataset& dataset = tree.DatasetOf(id);
  if (recursive) {
    const NameMap<ObjectId> children = dataset.children;
    for (const auto& [leaf, child] : children) RenameSnapshotOf(tree, child, from, to, true, txg);
  }
  const ObjectId snapshot = tree.FindSnapshotNamed(tree.DatasetOf(id), from);
  if (snapshot != 0) tree.RenameSnapshot(snapshot, to, txg);
}

void ApplyRenameSnapshot(DatasetTree& tree, const Mutation& m, uint64_t txg) {
  const SplitName from = Split(m.name);
  RenameSnapshotOf(tree, Find(tree, from.dataset), from.tail, Split(m.second).tail, m.recursive, txg);
}

void ApplyBookmark(DatasetTree& tree, const Mutation& m, uint64_t txg) {
  const SplitName target = Split(m.second);
  const SplitName source = Split(m.name);
  Bookmark bookmark;
  if (source.separator == '@') {
    bookmark.source = Find(tree, m.name);
    bookmark.created = tree.SnapshotOf(bookmark.source).created;
  } else {
    bookmark = tree.DatasetOf(Find(tree, source.dataset)).bookmarks.find(source.tail)->second;
  }
  tree.AddBookmark(Find(tree, target.dataset), target.tail, bookmark, txg);
}

void ApplyDestroyBookmark(DatasetTree& tree, const Mutation& m, uint64_t txg) {
  const SplitName split = Split(m.name);
  const ObjectId id = FindIfAny(tree, split.dataset);
  if (id != 0 && tree.DatasetOf(id).bookmarks.contains(split.tail)) tree.RemoveBookmark(id, split.tail, txg);
}

void ApplyHold(DatasetTree& tree, std::string_view name, std::string_view tag, SyncPoint now) {
  if (const ObjectId id = FindIfAny(tree, name)) tree.AddHold(id, tag, now);
}

// dsl_userhold.c:dsl_dataset_user_release_sync: the last hold of a deferred snapshot takes it along.
void ApplyRelease(DatasetTree& tree, std::string_view name, std::string_view tag, uint64_t txg) {
  const ObjectId id = FindIfAny(tree, name);
  if (id == 0 || !tree.SnapshotOf(id).holds.contains(tag)) return;
  tree.RemoveHold(id, tag, txg);
  const Snapshot& snapshot = tree.SnapshotOf(id);
  if (snapshot.defer_destroy && snapshot.holds.empty() && snapshot.clones.empty())
    tree.DestroySnapshot(id, txg);
}

void ApplyInherit(DatasetTree& tree, const Mutation& m, uint64_t txg) {
  const PropertyInfo* info = IsUserProperty(m.second) ? nullptr : FindProperty(m.second);
  tree.RemoveProperty(Find(tree, m.name), info == nullptr ? std::string_view(m.second) : info->name, txg);
}

}  // namespace

void Apply(DatasetTree& tree, const Mutation& m, SyncPoint now) {
  switch (m.kind) {
    case MutationKind::kCreateFilesystem:
    case MutationKind::kCreateVolume:
      return ApplyCreate(tree, m, now);
    case MutationKind::kSnapshot:
      ApplySnapshot(tree, m, m.name, now);
      for (const std::string& name : m.more) ApplySnapshot(tree, m, name, now);
      return;
    case MutationKind::kDestroySnapshot:
      return ApplyDestroySnapshot(tree, m, now.txg);
    case MutationKind::kDestroyDataset:
      return tree.DestroyDataset(Find(tree, m.name), now.txg);
    case MutationKind::kClone:
      tree.CreateClone(Find(tree, m.name), Find(tree, ParentOf(m.second)), LeafOf(m.second), now);
      return;
    case MutationKind::kPromote:
      return tree.Promote(Find(tree, m.name), now.txg);
    case MutationKind::kRollback:
      return tree.Rollback(Find(tree, m.name), now.txg);
    case MutationKind::kRename:
      return tree.Rename(Find(tree, m.name), Find(tree, ParentOf(m.second)), LeafOf(m.second), now.txg);
    case MutationKind::kRenameSnapshot:
      return ApplyRenameSnapshot(tree, m, now.txg);
    case MutationKind::kBookmark:
      return ApplyBookmark(tree, m, now.txg);
    case MutationKind::kDestroyBookmark:
      return ApplyDestroyBookmark(tree, m, now.txg);
    case MutationKind::kHold:
      ApplyHold(tree, m.name, m.value, now);
      for (const std::string& name : m.more) ApplyHold(tree, name, m.value, now);
      return;
    case MutationKind::kRelease:
      ApplyRelease(tree, m.name, m.value, now.txg);
      for (const std::string& name : m.more) ApplyRelease(tree, name, m.value, now.txg);
      return;
    case MutationKind::kSetProperty:
      return SetChecked(tree, Find(tree, m.name), m.second, m.value, now.txg);
    case MutationKind::kInherit:
      return ApplyInherit(tree, m, now.txg);
  }
  SIM_CHECK(false);
}

}  // namespace model
