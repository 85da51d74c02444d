// SPDX-License-Identifier: Apache-2.0
#include "sim/check.h"

#include <algorithm>
#include <limits>
#include <string_view>

#include "absl/container/btree_set.h"
#include "model/dataset/check_parts.h"
#include "model/dataset/errno.h"
#include "model/dataset/names.h"
#include "model/dataset/operations.h"
#include "model/dataset/space_policy.h"

namespace model {
namespace {

// dmu_objset.c:dmu_objset_create_check.
int CheckCreate(const DatasetTree& tree, const Mutation& m) {
  if (m.name.find('@') != std::string::npos) return kEINVAL;
  if (m.name.size() > kDatasetNameLengthMax) return kENAMETOOLONG;
  if (NestingOf(m.name) >= kDatasetNestingMax) return kENAMETOOLONG;
  ObjectId parent = 0;
  std::string_view tail;
  if (const int error = tree.LookupDirectory(m.name, &parent, &tail)) return error;
  if (tail.empty()) return kEEXIST;
  return tree.DatasetOf(parent).type == DatasetType::kFilesystem ? 0 : kZFS_ERR_WRONG_PARENT;
}

// dsl_destroy.c:dsl_destroy_head_check_impl. The root has internal children, so it is EEXIST.
int CheckDestroyDataset(const DatasetTree& tree, const Mutation& m) {
  ObjectId id = 0;
  if (const int error = tree.Lookup(m.name, &id)) return error;
  const Dataset* dataset = tree.FindDataset(id);
  if (dataset == nullptr) return kEINVAL;
  if (dataset->LongHeld()) return kEBUSY;
  if (!dataset->snapshots.empty()) return kEBUSY;
  if (id == tree.root() || !dataset->children.empty()) return kEEXIST;
  if (dataset->origin == 0) return 0;
  const Snapshot& origin = tree.SnapshotOf(dataset->origin);
  const bool goes_too = origin.defer_destroy && origin.clones.size() == 1 && origin.holds.empty();
  return goes_too && origin.long_holds > 0 ? kEBUSY : 0;
}

// dmu_objset.c:dmu_objset_clone_check. Neither the depth nor the kind of the parent is looked at.
int CheckClone(const DatasetTree& tree, const Mutation& m) {
  if (m.second.find('@') != std::string::npos) return kEINVAL;
  if (m.second.size() > kDatasetNameLengthMax) return kENAMETOOLONG;
  ObjectId parent = 0;
  std::string_view tail;
  if (const int error = tree.LookupDirectory(m.second, &parent, &tail)) return error;
  if (tail.empty()) return kEEXIST;
  ObjectId origin = 0;
  if (const int error = tree.Lookup(m.name, &origin)) return error;
  return tree.IsSnapshot(origin) ? 0 : kEINVAL;
}

// The lowest dataset that both are, or lie below (dsl_dir.c:closest_common_ancestor).
ObjectId CommonAncestor(const DatasetTree& tree, ObjectId a, ObjectId b) {
  absl::btree_set<ObjectId> above_a;
  for (; a != 0; a = tree.DatasetOf(a).parent) above_a.insert(a);
  while (!above_a.contains(b)) b = tree.DatasetOf(b).parent;
  return b;
}

// By how much the ancestor would shrink if `from` did by `bytes`: reservations on the way hold
// some of it back (dsl_dir.c:would_change).
uint64_t WouldFree(const DatasetTree& tree, ObjectId from, uint64_t bytes, ObjectId ancestor) {
  for (; from != ancestor; from = tree.DatasetOf(from).parent) {
    const Dataset& dataset = tree.DatasetOf(from);
    const uint64_t before = std::max(dataset.used_bytes, dataset.reservation);
    bytes = before - std::max(dataset.used_bytes - bytes, dataset.reservation);
  }
  return bytes;
}

// DatasetTree::DirectoryAvailableBytes, if the ancestor were smaller by `freed`
// (dsl_dir.c:dsl_dir_space_available).
uint64_t AvailableAfter(const DatasetTree& tree, ObjectId id, ObjectId ancestor, uint64_t freed) {
  constexpr uint64_t kUnlimited = std::numeric_limits<uint64_t>::max();
  const Dataset& dataset = tree.DatasetOf(id);
  uint64_t quota = dataset.quota == 0 ? kUnlimited : dataset.quota;
  uint64_t from_above = kUnlimited;
  uint64_t used = dataset.used_bytes;
  if (dataset.parent == 0) {
    quota = std::min(quota, AdjustedPoolBytes(tree.pool_bytes(), SpacePolicy::kNormal));
  } else {
    from_above = AvailableAfter(tree, dataset.parent, ancestor, freed);
    if (dataset.reservation > used) from_above += dataset.reservation - used;
  }
  if (id == ancestor) {
    used -= freed;
    if (dataset.parent != 0) from_above += freed;
  }
  return used > quota ? 0 : std::min(from_above, quota - used);
}

// Whether `bytes` may move from below `from` to below `to` (dsl_dir.c:dsl_dir_transfer_possible).
int CheckTransfer(const DatasetTree& tree, ObjectId from, ObjectId to, uint64_t bytes) {
  const ObjectId ancestor = CommonAncestor(tree, from, to);
  const uint64_t freed = WouldFree(tree, from, bytes, ancestor);
  return AvailableAfter(tree, to, ancestor, freed) < bytes ? kENOSPC : 0;
}

// dsl_dataset.c:dsl_dataset_promote_check.
int CheckPromote(const DatasetTree& tree, const Mutation& m, const CheckContext& context,
                 CheckDetails* details) {
  ObjectId id = 0;
  if (const int error = tree.Lookup(m.name, &id)) return error;
  const Dataset* clone = tree.FindDataset(id);
  if (clone == nullptr || clone->origin == 0) return kEINVAL;
  if (!context.syncing) return 0;
  const ObjectId old_owner = tree.OwnerOf(clone->origin);
  const Dataset& old = tree.DatasetOf(old_owner);
  uint64_t moved_bytes = 0;
  const auto end = std::make_reverse_iterator(old.snapshots.begin());
  for (auto it = std::make_reverse_iterator(old.snapshots.upper_bound(clone->origin)); it != end; ++it) {
    const Snapshot& snapshot = it->second;
    if (snapshot.long_holds > 0) return kEBUSY;
    if (m.name.size() + 1 + snapshot.name.size() > kDatasetNameLengthMax) return kENAMETOOLONG;
    if (clone->snapshot_ids.contains(snapshot.name)) details->conflicts.push_back(snapshot.name);
    if (it->first != clone->origin) moved_bytes += snapshot.dead_after.TotalFrom(old.origin);
  }
  for (const auto& [name, bookmark] : old.bookmarks) {
    if (bookmark.source <= clone->origin && clone->bookmarks.contains(name))
      details->conflicts.push_back(name);
  }
  if (!details->conflicts.empty()) return kEEXIST;
  moved_bytes += tree.ContentOf(clone->origin).TotalFrom(old.origin);
  return CheckTransfer(tree, old_owner, id, moved_bytes);
}

// dsl_dir.c:dsl_valid_rename for a dataset whose names are to become `growth` longer and
// `deeper` deeper; both may be negative.
bool NamesFit(const DatasetTree& tree, ObjectId id, size_t name_size, size_t nesting) {
  if (name_size > kDatasetNameLengthMax || nesting >= kDatasetNestingMax) return false;
  const Dataset& dataset = tree.DatasetOf(id);
  for (const auto& [name, snapshot] : dataset.snapshot_ids) {
    if (name_size + 1 + name.size() > kDatasetNameLengthMax) return false;
  }
  for (const auto& [name, child] : dataset.children) {
    if (!NamesFit(tree, child, name_size + 1 + name.size(), nesting + 1)) return false;
  }
  return true;
}

bool IsBelow(const DatasetTree& tree, ObjectId id, ObjectId ancestor) {
  while (id != 0 && id != ancestor) id = tree.DatasetOf(id).parent;
  return id == ancestor;
}

// dsl_dir.c:dsl_dir_rename_check.
int CheckRename(const DatasetTree& tree, const Mutation& m) {
  ObjectId id = 0;
  if (const int error = tree.Lookup(m.name, &id)) return error;
  const Dataset* dataset = tree.FindDataset(id);
  if (dataset == nullptr) return kENOENT;
  ObjectId new_parent = 0;
  std::string_view tail;
  if (const int error = tree.LookupDirectory(m.second, &new_parent, &tail)) return error;
  if (tail.empty()) return kEEXIST;
  if (tail.front() == '@' || id == tree.root()) return kEINVAL;
  const bool moves = new_parent != dataset->parent;
  if (moves && tree.DatasetOf(new_parent).type != DatasetType::kFilesystem) return kZFS_ERR_WRONG_PARENT;
  const bool grows = m.second.size() > m.name.size() || NestingOf(m.second) > NestingOf(m.name);
  if (grows && !NamesFit(tree, id, m.second.size(), NestingOf(m.second))) return kENAMETOOLONG;
  if (!moves) return 0;
  if (IsBelow(tree, new_parent, id)) return kEINVAL;
  const uint64_t bytes = std::max(dataset->used_bytes, dataset->reservation);
  return CheckTransfer(tree, dataset->parent, new_parent, bytes);
}

// Returns EINVAL if the operation would make a name that is none. The ioctls refuse these earlier.
int CheckNewNames(const Mutation& m) {
  switch (m.kind) {
    case MutationKind::kCreateFilesystem:
    case MutationKind::kCreateVolume:
      return NameErrno(NameKind::kDataset, m.name);
    case MutationKind::kSnapshot: {
      int result = NameErrno(NameKind::kSnapshot, m.name);
      for (const std::string& name : m.more) result = std::max(result, NameErrno(NameKind::kSnapshot, name));
      return result;
    }
    case MutationKind::kClone:
    case MutationKind::kRename:
      return NameErrno(NameKind::kDataset, m.second);
    default:
      return 0;
  }
}

int CheckKind(const DatasetTree& tree, const Mutation& mutation, const CheckContext& context,
              CheckDetails* details) {
  switch (mutation.kind) {
    case MutationKind::kCreateFilesystem:
    case MutationKind::kCreateVolume:
      return CheckCreate(tree, mutation);
    case MutationKind::kSnapshot:
      return CheckSnapshots(tree, mutation, context, details);
    case MutationKind::kDestroySnapshot:
      return CheckDestroySnapshot(tree, mutation);
    case MutationKind::kDestroyDataset:
      return CheckDestroyDataset(tree, mutation);
    case MutationKind::kClone:
      return CheckClone(tree, mutation);
    case MutationKind::kPromote:
      return CheckPromote(tree, mutation, context, details);
    case MutationKind::kRollback:
      return CheckRollback(tree, mutation, context, details);
    case MutationKind::kRename:
      return CheckRename(tree, mutation);
    case MutationKind::kRenameSnapshot:
      return CheckRenameSnapshot(tree, mutation);
    case MutationKind::kBookmark:
      return CheckBookmark(tree, mutation);
    case MutationKind::kDestroyBookmark:
      return CheckDestroyBookmark(tree, mutation, context);
    case MutationKind::kHold:
      return CheckHold(tree, mutation, context, details);
    case MutationKind::kRelease:
      return CheckRelease(tree, mutation, context, details);
    case MutationKind::kSetProperty:
      return CheckSetProperty(tree, mutation, context);
    case MutationKind::kInherit:
      return CheckInherit(tree, mutation);
  }
  SIM_CHECK(false);
}

}  // namespace

int Check(const DatasetTree& tree, const Mutation& mutation, const CheckContext& context,
          CheckDetails* details) {
  CheckDetails ignored;
  if (details == nullptr) details = &ignored;
  if (const int error = CheckKind(tree, mutation, context, details)) return error;
  return CheckNewNames(mutation);
}

}  // namespace model
