// SPDX-License-Identifier: Apache-2.0
//
// Checks of snapshots, rollback, bookmarks and holds.
#include <algorithm>
#include <string_view>

#include "absl/container/btree_set.h"
#include "fmt/core.h"
#include "model/dataset/check_parts.h"
#include "model/dataset/errno.h"
#include "model/dataset/names.h"

namespace model {
namespace {

// dsl_dataset.c:dsl_dataset_snapshot_check_impl.
int CheckSnapshotOf(const DatasetTree& tree, ObjectId id, std::string_view snapshot_name,
                    const CheckContext& context) {
  if (!context.syncing) return 0;
  const Dataset& dataset = tree.DatasetOf(id);
  const ObjectId newest = tree.NewestSnapshot(dataset);
  if (newest != 0 && tree.SnapshotOf(newest).created.txg >= context.txg) return kEAGAIN;
  if (tree.FindSnapshotNamed(dataset, snapshot_name) != 0) return kEEXIST;
  // The head will have no unique blocks any more, so its refreservation is needed in full again.
  const uint64_t reserve = std::min(tree.UniqueBytes(id), dataset.refreservation);
  return reserve > tree.DirectoryAvailableBytes(id) ? kENOSPC : 0;
}

int CheckOneSnapshot(const DatasetTree& tree, std::string_view name, const CheckContext& context,
                     absl::btree_set<ObjectId>* in_batch) {
  if (name.size() > kDatasetNameLengthMax) return kENAMETOOLONG;
  const size_t at = name.find('@');
  if (at == std::string_view::npos) return kEINVAL;
  ObjectId dataset = 0;
  if (const int error = tree.Lookup(name.substr(0, at), &dataset)) return error;
  if (!in_batch->insert(dataset).second) return kEXDEV;
  return CheckSnapshotOf(tree, dataset, name.substr(at + 1), context);
}

// The target that was named must be the one there is: ESRCH if it has nothing to do with the
// dataset, EEXIST if there is only something newer.
int CheckRollbackTarget(const DatasetTree& tree, ObjectId dataset_id, std::string_view name) {
  const Dataset& dataset = tree.DatasetOf(dataset_id);
  ObjectId target = 0;
  const int error = tree.Lookup(name, &target);
  if (error == kENOENT || error == kEXDEV) return kESRCH;
  if (error != 0) return error;
  if (!tree.IsSnapshot(target)) return kESRCH;
  if (target == tree.NewestSnapshot(dataset)) return 0;
  return tree.OwnerOf(target) == dataset_id || target == dataset.origin ? kEEXIST : kESRCH;
}

// dsl_dataset.c:dsl_dataset_is_before: whether a snapshot that `earlier` has, or had, lies in the
// history of `later`.
bool IsBefore(const DatasetTree& tree, ObjectId later, ObjectId earlier, ObjectId snapshot) {
  while (later != earlier) {
    const ObjectId origin = tree.DatasetOf(later).origin;
    if (origin == 0 || origin < snapshot) return false;
    later = tree.OwnerOf(origin);
  }
  return true;
}

// dsl_dataset.c:dsl_dataset_rename_snapshot_check_impl for the snapshots that are called as `from`
// is, of a dataset whose name is `from.dataset`.
int CheckRenameSnapshotOf(const DatasetTree& tree, ObjectId id, const SplitName& from, std::string_view to,
                          bool recursive) {
  const Dataset& dataset = tree.DatasetOf(id);
  if (recursive) {
    for (const auto& [leaf, child] : dataset.children) {
      const std::string name = std::string(from.dataset) + "/" + leaf;
      const SplitName below{.dataset = name, .separator = '@', .tail = from.tail};
      if (const int error = CheckRenameSnapshotOf(tree, child, below, to, true)) return error;
    }
  }
  if (tree.FindSnapshotNamed(dataset, from.tail) == 0) return 0;
  if (from.dataset.size() + 1 + to.size() > kDatasetNameLengthMax) return kENAMETOOLONG;
  if (tree.FindSnapshotNamed(dataset, to) != 0) return kEEXIST;
  return NameErrno(NameKind::kSnapshot, fmt::format("{}@{}", from.dataset, to));
}

// dsl_userhold.c:dsl_dataset_user_release_check_one.
int CheckOneRelease(const DatasetTree& tree, const std::string& name, const std::string& tag,
                    CheckDetails* details) {
  ObjectId id = 0;
  if (const int error = tree.Lookup(name, &id)) return error;
  const Snapshot* snapshot = tree.FindSnapshot(id);
  if (snapshot == nullptr) return kEINVAL;
  const bool held = snapshot->holds.contains(tag);
  if (!held) details->errors.emplace_back(name + "#" + tag, kENOENT);
  const bool goes_too = snapshot->defer_destroy && snapshot->clones.empty() &&
                        snapshot->holds.size() == static_cast<size_t>(held);
  return goes_too && snapshot->long_holds > 0 ? kEBUSY : 0;
}

}  // namespace

// dsl_dataset.c:dsl_dataset_snapshot_check: looks at all names, and the last error stands.
int CheckSnapshots(const DatasetTree& tree, const Mutation& m, const CheckContext& context,
                   CheckDetails* details) {
  absl::btree_set<ObjectId> in_batch;
  int result = 0;
  const auto check = [&](const std::string& name) {
    if (const int error = CheckOneSnapshot(tree, name, context, &in_batch)) {
      details->errors.emplace_back(name, error);
      result = error;
    }
  };
  check(m.name);
  for (const std::string& name : m.more) check(name);
  return result;
}

// dsl_destroy.c:dsl_destroy_snapshot_check. One that is gone already is no error.
int CheckDestroySnapshot(const DatasetTree& tree, const Mutation& m) {
  ObjectId id = 0;
  const int error = tree.Lookup(m.name, &id);
  if (error == kENOENT) return 0;
  if (error != 0) return error;
  const Snapshot* snapshot = tree.FindSnapshot(id);
  if (snapshot == nullptr) return kEINVAL;
  if (snapshot->long_holds > 0) return kEBUSY;
  if (m.defer) return 0;
  if (!snapshot->holds.empty()) return kEBUSY;
  return snapshot->clones.empty() ? 0 : kEEXIST;
}

// dsl_dataset.c:dsl_dataset_rollback_check.
int CheckRollback(const DatasetTree& tree, const Mutation& m, const CheckContext& context,
                  CheckDetails* details) {
  ObjectId id = 0;
  if (const int error = tree.Lookup(m.name, &id)) return error;
  const Dataset* dataset = tree.FindDataset(id);
  if (dataset == nullptr) return kEINVAL;
  const ObjectId newest = tree.NewestSnapshot(*dataset);
  if (newest == 0) return kESRCH;
  const Snapshot& target = tree.SnapshotOf(newest);
  if (context.syncing && target.created.txg >= context.txg) return kEAGAIN;
  if (!m.second.empty()) {
    if (const int error = CheckRollbackTarget(tree, id, m.second)) return error;
  }
  for (const auto& [name, bookmark] : dataset->bookmarks) {
    if (bookmark.source > newest) return kEEXIST;
  }
  // The ioctl hands over the mount it holds itself; a program cannot.
  const bool mounted = dataset->mounted && context.caller == Caller::kChannelProgram;
  if (context.syncing && (mounted || dataset->long_holds > 0)) return kEBUSY;
  if (dataset->refquota != 0 && target.referenced_bytes > dataset->refquota) return kEDQUOT;
  const uint64_t reserve = std::min(tree.UniqueBytes(id), dataset->refreservation);
  if (reserve > tree.DirectoryAvailableBytes(id)) return kENOSPC;
  details->target = tree.NameOf(newest);
  return 0;
}

// dsl_dataset.c:dsl_dataset_rename_snapshot_check. One that is missing is no error. Descendants
// come first, as in dmu_objset.c:dmu_objset_find_dp.
int CheckRenameSnapshot(const DatasetTree& tree, const Mutation& m) {
  const SplitName from = Split(m.name);
  ObjectId id = 0;
  if (const int error = tree.Lookup(from.dataset, &id)) return error;
  return CheckRenameSnapshotOf(tree, id, from, Split(m.second).tail, m.recursive);
}

// dsl_bookmark.c:dsl_bookmark_create_check_impl.
int CheckBookmark(const DatasetTree& tree, const Mutation& m) {
  const SplitName target = Split(m.second);
  const SplitName source = Split(m.name);
  if (NameErrno(NameKind::kBookmark, m.second) != 0) return kEINVAL;
  const NameKind source_kind = source.separator == '#' ? NameKind::kBookmark : NameKind::kSnapshot;
  if (NameErrno(source_kind, m.name) != 0) return kEINVAL;
  if (PoolOf(m.name) != PoolOf(m.second)) return kEINVAL;
  ObjectId id = 0;
  if (const int error = tree.Lookup(target.dataset, &id)) return error;
  if (tree.DatasetOf(id).bookmarks.contains(target.tail)) return kEEXIST;
  ObjectId source_id = 0;
  if (const int error = tree.Lookup(source.dataset, &source_id)) return error;
  const Dataset& source_dataset = tree.DatasetOf(source_id);
  ObjectId snapshot = 0;
  if (source.separator == '@') {
    snapshot = tree.FindSnapshotNamed(source_dataset, source.tail);
    if (snapshot == 0) return kENOENT;
  } else {
    const auto bookmark = source_dataset.bookmarks.find(source.tail);
    if (bookmark == source_dataset.bookmarks.end()) return kESRCH;
    snapshot = bookmark->second.source;
  }
  return IsBefore(tree, id, source_id, snapshot) ? 0 : kZFS_ERR_BOOKMARK_SOURCE_NOT_ANCESTOR;
}

// dsl_userhold.c:dsl_dataset_user_hold_check: a snapshot that is missing is reported, no more.
int CheckHold(const DatasetTree& tree, const Mutation& m, const CheckContext& context,
              CheckDetails* details) {
  if (!context.syncing) return 0;
  absl::btree_set<std::string_view> seen;
  const auto check = [&](const std::string& name) {
    if (!seen.insert(name).second) return kEEXIST;
    if (name.find('@') == std::string::npos) return kEINVAL;
    ObjectId id = 0;
    if (const int error = tree.Lookup(name, &id)) return error;
    if (m.value.size() > kHoldTagLengthMax) return kE2BIG;
    return tree.SnapshotOf(id).holds.contains(m.value) ? kEEXIST : 0;
  };
  std::vector<std::string> names = m.more;
  names.insert(names.begin(), m.name);
  for (const std::string& name : names) {
    const int error = check(name);
    if (error != 0) details->errors.emplace_back(name, error);
    if (error != 0 && error != kENOENT) return error;
  }
  return 0;
}

int CheckRelease(const DatasetTree& tree, const Mutation& m, const CheckContext& context,
                 CheckDetails* details) {
  if (!context.syncing) return 0;
  std::vector<std::string> names = m.more;
  names.insert(names.begin(), m.name);
  for (const std::string& name : names) {
    const int error = CheckOneRelease(tree, name, m.value, details);
    if (error != 0) details->errors.emplace_back(name, error);
    if (error != 0 && error != kENOENT) return error;
  }
  return 0;
}

// dsl_bookmark.c:dsl_bookmark_destroy_check: what is missing is no error. To a program the name is
// that of a dataset which does not exist.
int CheckDestroyBookmark(const DatasetTree& tree, const Mutation& m, const CheckContext& context) {
  ObjectId id = 0;
  if (context.caller == Caller::kChannelProgram) return tree.Lookup(m.name, &id);
  const int error = tree.Lookup(Split(m.name).dataset, &id);
  return error == kENOENT ? 0 : error;
}

}  // namespace model
