// SPDX-License-Identifier: Apache-2.0
//
// What `-r` and `-R` mean: the names that user space gathers before it calls the
// kernel, which knows no recursion but that of renaming snapshots.
//
// A recursive snapshot, hold or release is one ioctl with all names in it, so all
// happen in one txg. A recursive destroy is a walk: what depends on a dataset is
// destroyed before it, one ioctl after the other (OpenZFS cmd/zfs/zfs_main.c:
// zfs_do_destroy, destroy_callback; lib/libzfs/libzfs_dataset.c:zfs_iter_dependents).
//
// Differs from the real system: siblings come in the fixed order of the tree.
#ifndef TXGSIM_MODEL_DATASET_RECURSIVE_H_
#define TXGSIM_MODEL_DATASET_RECURSIVE_H_

#include <string>
#include <string_view>
#include <vector>

#include "model/dataset/dataset_tree.h"

namespace model {

// Returns a dataset and all below it, each before its children.
std::vector<ObjectId> DatasetsBelow(const DatasetTree& tree, ObjectId dataset);

// Returns the name with `tail` ("@now") of a dataset and of all below it.
std::vector<std::string> NamesBelow(const DatasetTree& tree, ObjectId dataset, std::string_view tail);

// Returns what must go before `id`, a dataset or snapshot, can be destroyed, in an order in which that
// is possible: descendants and snapshots, and with `with_clones` also clones and what depends on them.
std::vector<ObjectId> Dependents(const DatasetTree& tree, ObjectId id, bool with_clones);

}  // namespace model

#endif  // TXGSIM_MODEL_DATASET_RECURSIVE_H_
