// SPDX-License-Identifier: Apache-2.0
//
// The native properties that the model knows: one row each.
//
// Names, types, uses and defaults follow OpenZFS module/zcommon/zfs_prop.c:
// zfs_prop_init. User properties (names with a ':') need no row.
//
// Differs from the real system: rows that no operation of the model touches
// (ACLs, encryption, sharing, SELinux labels, user quotas) are left out, so
// zfs.list.system_properties is shorter here.
#ifndef TXGSIM_MODEL_DATASET_PROPERTY_TABLE_H_
#define TXGSIM_MODEL_DATASET_PROPERTY_TABLE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace model {

enum class PropertyId {
  kAclinherit,
  kAclmode,
  kAcltype,
  kAtime,
  kAvailable,
  kCanmount,
  kCasesensitivity,
  kChecksum,
  kClones,
  kCompression,
  kCompressratio,
  kContext,
  kCopies,
  kCreatetxg,
  kCreation,
  kDedup,
  kDefcontext,
  kDeferDestroy,
  kDevices,
  kDirect,
  kDnodesize,
  kEncryption,
  kExec,
  kFilesystemCount,
  kFilesystemLimit,
  kFscontext,
  kGuid,
  kInconsistent,
  kKeyformat,
  kKeylocation,
  kLogbias,
  kLogicalreferenced,
  kLogicalused,
  kLongname,
  kMlslabel,
  kMounted,
  kMountpoint,
  kName,
  kNbmand,
  kNormalization,
  kNumclones,
  kObjsetid,
  kOrigin,
  kOverlay,
  kPbkdf2iters,
  kPrefetch,
  kPrevsnap,
  kPrimarycache,
  kQuota,
  kReadonly,
  kReceiveResumeToken,
  kRecordsize,
  kRedactSnaps,
  kRedundantMetadata,
  kRefcompressratio,
  kReferenced,
  kRefquota,
  kRefreservation,
  kRelatime,
  kReservation,
  kRootcontext,
  kSecondarycache,
  kSetuid,
  kSharenfs,
  kSharesmb,
  kSnapdev,
  kSnapdir,
  kSnapshotCount,
  kSnapshotLimit,
  kSpecialSmallBlocks,
  kSync,
  kType,
  kUnique,
  kUsed,
  kUsedbychildren,
  kUsedbydataset,
  kUsedbyrefreservation,
  kUsedbysnapshots,
  kUserrefs,
  kUtf8only,
  kVersion,
  kVolblocksize,
  kVolmode,
  kVolsize,
  kVolthreading,
  kVscan,
  kWritten,
  kXattr,
  kZoned,
};

enum class PropertyType { kNumber, kIndex, kString };

enum class PropertyUse {
  kReadOnly,     // A figure or a state.
  kSetOnce,      // Given at creation.
  kSettable,     // Applies to its own dataset alone.
  kInheritable,  // Taken from the nearest ancestor that sets it.
};

// Kinds of dataset a property is valid for, as bits.
inline constexpr unsigned kOnFilesystem = 1;
inline constexpr unsigned kOnVolume = 2;
inline constexpr unsigned kOnSnapshot = 4;

struct PropertyInfo {
  PropertyId id;
  std::string_view name;
  std::string_view column;  // Heading in `zfs list`; in any case also a name of the property.
  PropertyType type;
  PropertyUse use;
  unsigned valid_for;
  std::string_view default_value;  // In canonical form; empty if there is none.
  std::string_view accepts;        // What may be set; the values themselves, split by " | ", for an index.
  bool hidden = false;             // Readable, but not listed.
};

// All rows, by name.
std::span<const PropertyInfo> AllProperties();

// Returns the row for "available", "avail" or "AVAIL", or nullptr.
const PropertyInfo* FindProperty(std::string_view name);
const PropertyInfo& PropertyOf(PropertyId id);

// Returns the stored form of a value that may be set: the text of an index, a string as it is,
// decimal bytes for a number ("10G" and "none" are understood). Nothing if it is not accepted.
std::optional<std::string> CanonicalValue(const PropertyInfo& info, std::string_view text);

}  // namespace model

#endif  // TXGSIM_MODEL_DATASET_PROPERTY_TABLE_H_
