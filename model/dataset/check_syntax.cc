// SPDX-License-Identifier: Apache-2.0
//
// What libzfs and the ioctl layer refuse before a sync task exists (OpenZFS
// lib/libzfs, lib/libzfs_core, module/zfs/zfs_ioctl.c: the zfs_ioc_* functions).
#include <string_view>

#include "absl/container/btree_set.h"
#include "model/dataset/errno.h"
#include "model/dataset/names.h"
#include "model/dataset/operations.h"
#include "model/dataset/property_table.h"
#include "sim/check.h"

namespace model {
namespace {

int FirstError(int first, int second) { return first != 0 ? first : second; }

int CheckNewDataset(std::string_view name) {
  if (const int error = NameErrno(NameKind::kDataset, name)) return error;
  return NestingOf(name) >= kDatasetNestingMax ? kENAMETOOLONG : 0;
}

int CheckPropertyValue(std::string_view name, std::string_view value, bool at_creation) {
  if (IsUserProperty(name)) {
    if (name.size() > kPropertyNameLengthMax) return kENAMETOOLONG;
    return value.size() > kPropertyValueLengthMax ? kE2BIG : 0;
  }
  const PropertyInfo* info = FindProperty(name);
  if (info == nullptr || info->use == PropertyUse::kReadOnly) return kEINVAL;
  if (info->use == PropertyUse::kSetOnce && !at_creation) return kEINVAL;
  return CanonicalValue(*info, value) ? 0 : kEINVAL;
}

int CheckCreate(const Mutation& mutation) {
  if (const int error = CheckNewDataset(mutation.name)) return error;
  const bool is_volume = mutation.kind == MutationKind::kCreateVolume;
  bool has_volsize = false;
  for (const auto& [name, value] : mutation.properties) {
    if (const int error = CheckPropertyValue(name, value, true)) return error;
    const PropertyInfo* info = FindProperty(name);
    if (info != nullptr && (info->valid_for & (is_volume ? kOnVolume : kOnFilesystem)) == 0) return kEINVAL;
    has_volsize |= info != nullptr && info->id == PropertyId::kVolsize;
  }
  return is_volume && !has_volsize ? kEINVAL : 0;
}

// libzfs looks at the form of every name first (libzfs_dataset.c:zfs_snapshot_nvl).
int CheckSnapshotNames(const Mutation& mutation) {
  int error = NameErrno(NameKind::kSnapshot, mutation.name);
  for (const std::string_view name : mutation.more) {
    error = FirstError(error, NameErrno(NameKind::kSnapshot, name));
  }
  return error;
}

int CheckSnapshots(const Mutation& mutation) {
  if (const int error = CheckSnapshotNames(mutation)) return error;
  absl::btree_set<std::string_view> datasets = {Split(mutation.name).dataset};
  for (const std::string_view name : mutation.more) {
    if (PoolOf(name) != PoolOf(mutation.name)) return kEXDEV;
    if (!datasets.insert(Split(name).dataset).second) return kEXDEV;  // Two of one filesystem.
  }
  for (const auto& [name, value] : mutation.properties) {
    if (!IsUserProperty(name)) return kEINVAL;
    if (const int error = CheckPropertyValue(name, value, true)) return error;
  }
  return 0;
}

int CheckBookmark(const Mutation& mutation) {
  if (NameErrno(NameKind::kBookmark, mutation.second) != 0) return kEINVAL;
  const NameKind source = Split(mutation.name).separator == '#' ? NameKind::kBookmark : NameKind::kSnapshot;
  if (NameErrno(source, mutation.name) != 0) return kEINVAL;
  return PoolOf(mutation.name) != PoolOf(mutation.second) ? kEINVAL : 0;
}

int CheckHolds(const Mutation& mutation) {
  if (mutation.value.empty()) return kEINVAL;
  if (const int error = CheckSnapshotNames(mutation)) return error;
  for (const std::string_view name : mutation.more) {
    if (PoolOf(name) != PoolOf(mutation.name)) return kEXDEV;
  }
  return 0;
}

// A name that may be a dataset or a snapshot.
int CheckPropertyOwner(std::string_view name) {
  const bool is_snapshot = Split(name).separator == '@';
  return NameErrno(is_snapshot ? NameKind::kSnapshot : NameKind::kDataset, name);
}

}  // namespace

int CheckSyntax(const Mutation& mutation) {
  const std::string_view name = mutation.name;
  const std::string_view second = mutation.second;
  switch (mutation.kind) {
    case MutationKind::kCreateFilesystem:
    case MutationKind::kCreateVolume:
      return CheckCreate(mutation);
    case MutationKind::kSnapshot:
      return CheckSnapshots(mutation);
    case MutationKind::kDestroySnapshot:
      return NameErrno(NameKind::kSnapshot, name);
    case MutationKind::kDestroyDataset:
      return mutation.defer ? kEINVAL : NameErrno(NameKind::kDataset, name);
    case MutationKind::kClone:
      if (const int error = NameErrno(NameKind::kSnapshot, name)) return error;
      if (const int error = CheckNewDataset(second)) return error;
      return PoolOf(name) != PoolOf(second) ? kEXDEV : 0;
    case MutationKind::kPromote:
      return NameErrno(NameKind::kDataset, name);
    case MutationKind::kRollback:
      return FirstError(NameErrno(NameKind::kDataset, name),
                        second.empty() ? 0 : NameErrno(NameKind::kSnapshot, second));
    case MutationKind::kRename:
      if (const int error = NameErrno(NameKind::kDataset, name)) return error;
      if (const int error = CheckNewDataset(second)) return error;
      if (NestingOf(name) == 0 || NestingOf(second) == 0) return kEINVAL;  // A pool is renamed by import.
      return PoolOf(name) != PoolOf(second) ? kEXDEV : 0;
    case MutationKind::kRenameSnapshot:
      if (const int error = NameErrno(NameKind::kSnapshot, name)) return error;
      if (const int error = NameErrno(NameKind::kSnapshot, second)) return error;
      return Split(name).dataset != Split(second).dataset ? kEXDEV : 0;
    case MutationKind::kBookmark:
      return CheckBookmark(mutation);
    case MutationKind::kDestroyBookmark:
      return NameErrno(NameKind::kBookmark, name);
    case MutationKind::kHold:
    case MutationKind::kRelease:
      return CheckHolds(mutation);
    case MutationKind::kSetProperty:
      return FirstError(CheckPropertyOwner(name), CheckPropertyValue(second, mutation.value, false));
    case MutationKind::kInherit:
      if (const int error = CheckPropertyOwner(name)) return error;
      return IsUserProperty(second) || FindProperty(second) != nullptr ? 0 : kEINVAL;
  }
  SIM_CHECK(false);
}

}  // namespace model
