// SPDX-License-Identifier: Apache-2.0
//
// What `zfs list`, `zfs get` and `zfs holds` print: values as user space shows them, and tables.
//
// Source: OpenZFS lib/libzfs/libzfs_dataset.c:zfs_prop_get,
// lib/libzfs/libzfs_util.c:zprop_print_one_property, cmd/zfs/zfs_main.c:print_dataset.
#ifndef TXGSIM_MODEL_ADMIN_ZFS_TABLE_H_
#define TXGSIM_MODEL_ADMIN_ZFS_TABLE_H_

#include <string>
#include <string_view>
#include <vector>

#include "model/dataset/dataset_tree.h"
#include "model/dataset/read_set.h"

namespace model {

struct ShownProperty {
  std::string value = "-";
  std::string source = "-";
};

// A property as user space shows it, exact with -p; notes what that depends on.
ShownProperty ShowProperty(const DatasetTree& tree, ObjectId id, std::string_view name, bool exact,
                           ReadSet* reads = nullptr);
// The same of a bookmark, of which little is known. REQUIRES: the dataset has it.
ShownProperty ShowBookmark(const DatasetTree& tree, ObjectId dataset, std::string_view leaf,
                           std::string_view name, bool exact);

using TextTable = std::vector<std::vector<std::string>>;

// Rows with their columns aligned, those of `right` at their end, as `zfs list` does; tab separated and
// without the first row if `scripted`.
std::string TableText(const TextTable& rows, const std::vector<bool>& right, bool scripted);

}  // namespace model

#endif  // TXGSIM_MODEL_ADMIN_ZFS_TABLE_H_
