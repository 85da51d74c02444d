// SPDX-License-Identifier: Apache-2.0
//
// A pool declared by the text of `zfs list`: how a real pool comes into a scenario.
//
// Any columns (`-o`) may be there, in any order; NAME must be. What each row is:
// a snapshot if its name has an '@', a bookmark if it has a '#'; else as TYPE
// says; else a volume if there is a VOLSIZE, or a MOUNTPOINT column with '-' in
// it; else a filesystem. Datasets that the names imply are made, with the data
// of their newest snapshot.
//
// USED and REFER fill the tree (pool_builder.h). What a dataset uses beyond what
// the listing shows of it is charged to it as one lump. AVAIL of the pool's root,
// or else the largest there is, sizes the pool; a filesystem with less than its
// parent gets the refquota that this implies. MOUNTPOINT and columns of
// properties that can be set become local properties where they differ from
// what would hold anyway. ORIGIN makes clones. CREATETXG, if it is there, orders
// snapshots; else the order of the listing does. Other columns are passed over.
//
// A listing does not tell what two snapshots share, nor where a property is set.
#ifndef TXGSIM_MODEL_DATASET_IMPORT_H_
#define TXGSIM_MODEL_DATASET_IMPORT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "model/dataset/dataset_tree.h"

namespace model {

struct ImportOptions {
  std::string pool;         // All rows must be of this pool; if empty, of that of the first row.
  uint64_t pool_bytes = 0;  // If 0, from AVAIL, else twice what is used and at least 1 TiB.
};

struct ImportedPool {
  DatasetTree tree;
  int datasets = 0;  // Rows of each kind.
  int snapshots = 0;
  int bookmarks = 0;
};

// Returns an error as "FILE:LINE: text" for what is not such a listing. `file_name` is for messages.
absl::StatusOr<ImportedPool> ImportPool(std::string_view file_name, std::string_view text,
                                        const ImportOptions& options = {});

}  // namespace model

#endif  // TXGSIM_MODEL_DATASET_IMPORT_H_
