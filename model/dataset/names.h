// SPDX-License-Identifier: Apache-2.0
//
// Names of pools, datasets, snapshots and bookmarks: how they are split, and
// which of them are valid.
//
// Two places of the real system look at names, and they differ. User space and
// the ioctl layer run the name checks (OpenZFS module/zcommon/zfs_namecheck.c)
// before anything else; the kernel's own lookups only split at separators
// (DatasetTree::Lookup). Channel programs go through the second alone.
//
// Differs from the real system: '%' is refused. There it is let through for
// names that the kernel makes for itself (`%recv`), which the model has not.
#ifndef TXGSIM_MODEL_DATASET_NAMES_H_
#define TXGSIM_MODEL_DATASET_NAMES_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace model {

// ZFS_MAX_DATASET_NAME_LEN is 256 with the terminating NUL (include/sys/fs/zfs.h).
inline constexpr size_t kDatasetNameLengthMax = 255;
// A pool name leaves room for the internal datasets below it (zfs_namecheck.c:pool_namecheck).
inline constexpr size_t kPoolNameLengthMax = 239;
// The number of '/' in a name is below this at create and rename (zfs_max_dataset_nesting).
inline constexpr size_t kDatasetNestingMax = 50;
// ZAP_MAXNAMELEN and ZAP_MAXVALUELEN, both with the NUL: limits of a user property.
inline constexpr size_t kPropertyNameLengthMax = 255;
inline constexpr size_t kPropertyValueLengthMax = 8191;
// MAXNAMELEN: a longer hold tag is E2BIG (dsl_userhold.c).
inline constexpr size_t kHoldTagLengthMax = 256;

// "tank/a@s" is {"tank/a", '@', "s"}; a plain dataset has separator '\0'.
struct SplitName {
  std::string_view dataset;
  char separator = '\0';
  std::string_view tail;
};

// Splits at the first '@' or '#'.
SplitName Split(std::string_view name);

// Returns "tank" for "tank/a@s".
std::string_view PoolOf(std::string_view name);
// Returns "tank/a" for "tank/a/b", and an empty text for a pool.
std::string_view ParentOf(std::string_view dataset);
// Returns "b" for "tank/a/b", and the whole for a pool.
std::string_view LeafOf(std::string_view dataset);
// Returns the number of '/' in the name.
size_t NestingOf(std::string_view dataset);
// Returns whether `name` is `ancestor` or lies below it; snapshots and bookmarks lie below their dataset.
bool IsSameOrBelow(std::string_view name, std::string_view ancestor);

enum class NameKind { kPool, kDataset, kSnapshot, kBookmark };

// Returns what is wrong with the name, as a half sentence for messages
// ("contains the character '!'"), or nothing if it is a valid name of that kind.
std::optional<std::string> NameProblem(NameKind kind, std::string_view name);

// Returns 0, kENAMETOOLONG for a name that is only too long, or kEINVAL.
int NameErrno(NameKind kind, std::string_view name);

// Returns whether the name is that of a user property: lower-case letters, digits and
// "-_.:", with at least one ':' (zfs_prop.c:zfs_prop_user).
bool IsUserProperty(std::string_view name);

}  // namespace model

#endif  // TXGSIM_MODEL_DATASET_NAMES_H_
