// SPDX-License-Identifier: Apache-2.0
//
// What the `zfs` command prints: the texts of libzfs for errors, and sizes.
//
// An error line is "ACTION: DESCRIPTION". The description of an errno is that of
// OpenZFS lib/libzfs/libzfs_util.c:zfs_standard_error_fmt and libzfs_error_description,
// that of a bad name lib/libzfs/libzfs_dataset.c:zfs_validate_name; of a bad value
// lib/libzfs/libzfs_dataset.c:zfs_valid_proplist, zfs_setprop_error. Sizes follow
// lib/libzutil/zutil_nicenum.c:zfs_nicebytes.
//
// Differs from the real system: names with '%' are refused by all commands.
#ifndef TXGSIM_MODEL_ADMIN_ZFS_TEXT_H_
#define TXGSIM_MODEL_ADMIN_ZFS_TEXT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/dataset/dataset_tree.h"

namespace model {

// Kinds of dataset that a command takes, as bits.
inline constexpr unsigned kZfsFilesystem = 1;
inline constexpr unsigned kZfsVolume = 2;
inline constexpr unsigned kZfsSnapshot = 4;
inline constexpr unsigned kZfsBookmark = 8;
inline constexpr unsigned kZfsHead = kZfsFilesystem | kZfsVolume;
inline constexpr unsigned kZfsAny = kZfsHead | kZfsSnapshot;

// "dataset does not exist" for ENOENT.
std::string_view ZfsErrorText(int error);

// Returns what is wrong with a name of one of these kinds, or nothing.
std::optional<std::string> ZfsNameProblem(std::string_view name, unsigned kinds);

// Returns what is wrong with setting a property of `dataset` (nullptr: of one that is to be made,
// a volume or not), or nothing.
std::optional<std::string> ZfsPropertyProblem(std::string_view property, std::string_view value,
                                              bool is_volume, bool at_creation);
// Returns why the kernel refused a value.
std::string ZfsSetErrorText(std::string_view property, int error);

// "8M", "96.5K", "0B".
std::string ZfsSizeText(uint64_t bytes);
// A date in UTC; months and days count from 1.
struct CivilTime {
  uint64_t year;
  uint64_t month;
  uint64_t day;
  uint64_t hour;
  uint64_t minute;
  uint64_t second;
  std::string_view weekday_name;
  std::string_view month_name;
};
CivilTime CivilTimeOf(uint64_t seconds_since_1970);
// "Tue Nov 14 22:13 2023" in UTC, for seconds since 1970.
std::string ZfsTimeText(uint64_t seconds);
// As `zpool status` has it: "Tue Nov 14 22:13:20 2023".
std::string ZpoolTimeText(uint64_t seconds);

}  // namespace model

#endif  // TXGSIM_MODEL_ADMIN_ZFS_TEXT_H_
