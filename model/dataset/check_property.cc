// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "model/dataset/check_parts.h"
#include "model/dataset/errno.h"
#include "model/dataset/names.h"
#include "model/dataset/property_query.h"
#include "model/dataset/property_table.h"
#include "model/dataset/size_text.h"
#include "model/dataset/space_policy.h"

namespace model {
namespace {

// dsl_prop.c:dsl_props_set_check.
int CheckUserProperty(const DatasetTree& tree, const Mutation& m) {
  ObjectId id = 0;
  if (const int error = tree.Lookup(m.name, &id)) return error;
  if (m.second.size() > kPropertyNameLengthMax) return kENAMETOOLONG;
  return m.value.size() > kPropertyValueLengthMax ? kE2BIG : 0;
}

// dsl_dir.c:dsl_dir_set_quota_check.
int CheckQuota(const Dataset& dataset, uint64_t value) {
  if (value == 0) return 0;
  return value < dataset.reservation || value < dataset.used_bytes ? kENOSPC : 0;
}

// dsl_dataset.c:dsl_dataset_set_refquota_check.
int CheckRefquota(const Dataset& dataset, uint64_t value) {
  if (value == 0) return 0;
  return value < dataset.live_bytes || value < dataset.refreservation ? kENOSPC : 0;
}

// Whether raising a reservation from `old_value` to `value`, of which `used` is consumed, fits.
int CheckReserve(uint64_t used, uint64_t old_value, uint64_t value, uint64_t available, uint64_t quota) {
  const uint64_t before = std::max(used, old_value);
  const uint64_t after = std::max(used, value);
  if (after <= before) return 0;
  return after - before > available || (quota != 0 && value > quota) ? kENOSPC : 0;
}

// dsl_dir.c:dsl_dir_set_reservation_check. In open context the estimates are too rough to refuse.
int CheckReservation(const DatasetTree& tree, const Dataset& dataset, uint64_t value, bool syncing) {
  if (!syncing) return 0;
  const uint64_t pool = AdjustedPoolBytes(tree.pool_bytes(), SpacePolicy::kNormal);
  const uint64_t available = dataset.parent != 0 ? tree.DirectoryAvailableBytes(dataset.parent)
                                                 : pool - std::min(pool, dataset.used_bytes);
  return CheckReserve(dataset.used_bytes, dataset.reservation, value, available, dataset.quota);
}

// dsl_dataset.c:dsl_dataset_set_refreservation_check.
int CheckRefreservation(const DatasetTree& tree, ObjectId id, uint64_t value, bool syncing) {
  if (!syncing) return 0;
  const Dataset& dataset = tree.DatasetOf(id);
  return CheckReserve(tree.UniqueBytes(id), dataset.refreservation, value, tree.DirectoryAvailableBytes(id),
                      dataset.refquota);
}

// zvol.c:zvol_check_volsize.
int CheckVolsize(const DatasetTree& tree, ObjectId id, uint64_t value) {
  const uint64_t block = std::get<uint64_t>(GetProperty(tree, id, "volblocksize").value);
  return value == 0 || value % block != 0 ? kEINVAL : 0;
}

int CheckNative(const DatasetTree& tree, ObjectId id, const PropertyInfo& info, std::string_view text,
                bool syncing) {
  const std::optional<std::string> canonical = CanonicalValue(info, text);
  if (!canonical) return kEINVAL;
  if (info.type != PropertyType::kNumber) return 0;
  const Dataset& dataset = tree.DatasetOf(id);
  const uint64_t value = ParseSize(*canonical).value();
  switch (info.id) {
    case PropertyId::kQuota:
      return CheckQuota(dataset, value);
    case PropertyId::kRefquota:
      return CheckRefquota(dataset, value);
    case PropertyId::kReservation:
      return CheckReservation(tree, dataset, value, syncing);
    case PropertyId::kRefreservation:
      return CheckRefreservation(tree, id, value, syncing);
    case PropertyId::kVolsize:
      return CheckVolsize(tree, id, value);
    default:
      return 0;
  }
}

}  // namespace

int CheckSetProperty(const DatasetTree& tree, const Mutation& m, const CheckContext& context) {
  if (IsUserProperty(m.second)) return CheckUserProperty(tree, m);
  // zcp_set.c:zcp_set_prop_check knows no native properties.
  const PropertyInfo* info = context.caller == Caller::kIoctl ? FindProperty(m.second) : nullptr;
  if (info == nullptr) return kEINVAL;
  ObjectId id = 0;
  if (const int error = tree.Lookup(m.name, &id)) return error;
  const Dataset* dataset = tree.FindDataset(id);
  if (dataset == nullptr) return kEINVAL;  // zfs_ioctl.c:zfs_check_settable: snapshots take user properties.
  if (info->use == PropertyUse::kReadOnly || info->use == PropertyUse::kSetOnce) return kEINVAL;
  if ((info->valid_for & (dataset->type == DatasetType::kVolume ? kOnVolume : kOnFilesystem)) == 0) {
    return kEINVAL;
  }
  return CheckNative(tree, id, *info, m.value, context.syncing);
}

// zcp_synctask.c:zcp_inherit_prop_check, zfs_ioctl.c:zfs_ioc_inherit_prop.
int CheckInherit(const DatasetTree& tree, const Mutation& m) {
  if (!IsUserProperty(m.second)) {
    const PropertyInfo* info = FindProperty(m.second);
    if (info == nullptr || info->use != PropertyUse::kInheritable) return kEINVAL;
  }
  ObjectId id = 0;
  if (const int error = tree.Lookup(m.name, &id)) return error;
  return m.second.size() > kPropertyNameLengthMax ? kENAMETOOLONG : 0;
}

}  // namespace model
