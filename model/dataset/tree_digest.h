// SPDX-License-Identifier: Apache-2.0
//
// The normalised tree: what must agree when the same job has run under another
// interface, and nothing that may rightly differ.
//
// In it: names, types, the order of snapshots, origins by name, local properties,
// bookmarks, hold tags, defer-destroy flags; on demand figures of space, to be
// taken once DrainFreeing has given everything back. Never in it: guids, object
// ids, txgs, times, mounts.
#ifndef TXGSIM_MODEL_DATASET_TREE_DIGEST_H_
#define TXGSIM_MODEL_DATASET_TREE_DIGEST_H_

#include <cstdint>
#include <string>

#include "model/dataset/dataset_tree.h"

namespace model {

// Returns a hash of the normalised text: the same on every platform and in every run.
uint64_t NormalisedTreeDigest(const DatasetTree& tree, bool include_space);

// Returns the normalised tree, one fact a line, each line with the full name it is about: for
// showing what differs.
std::string NormalisedTreeText(const DatasetTree& tree, bool include_space);

}  // namespace model

#endif  // TXGSIM_MODEL_DATASET_TREE_DIGEST_H_
