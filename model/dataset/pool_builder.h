// SPDX-License-Identifier: Apache-2.0
//
// Declares the state of a pool before time 0: for scenarios and imported listings.
//
// Declaring costs nothing and takes no txg: objects are as old as txg 1, so that
// none of them counts as made in a txg of the run. Errors are the user's, hence
// absl::Status; they name what was declared, the caller adds file and line.
//
// Space of declared snapshots (block_ledger.h): `used` is what a snapshot holds
// alone, `shared_with_next` what only it and the next one hold, the head being the
// next of the newest. Nothing else is shared pairwise: the data of the head was
// there before the first snapshot, and all hold it. So with one snapshot only,
// all of the head's data is shared with just that one.
#ifndef TXGSIM_MODEL_DATASET_POOL_BUILDER_H_
#define TXGSIM_MODEL_DATASET_POOL_BUILDER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "model/dataset/dataset_tree.h"
#include "model/dataset/mutation.h"

namespace model {

struct DeclaredDataset {
  uint64_t used_bytes = 0;  // Data of the head: `referenced`.
  bool mounted = true;      // For a filesystem.
  PropertyList properties;  // User properties and native ones, as in `zfs set`.
  uint64_t time_s = 0;      // `creation`; 0: some time before the run.
};

struct DeclaredSnapshot {
  uint64_t used_bytes = 0;
  uint64_t shared_with_next_bytes = 0;
  std::optional<uint64_t> referenced_bytes;  // Else what the head has and `used`.
  uint64_t time_s = 0;
};

class PoolBuilder {
 public:
  // REQUIRES: `pool` is a valid pool name.
  PoolBuilder(std::string_view pool, uint64_t pool_bytes);
  // Goes on from what is there: an imported listing.
  explicit PoolBuilder(DatasetTree tree) : tree_(std::move(tree)) {}

  // Gives the root its data and properties; or makes a filesystem or volume, with the parents it lacks.
  absl::Status Root(const DeclaredDataset& declared);
  absl::Status Filesystem(std::string_view name, const DeclaredDataset& declared = {});
  absl::Status Volume(std::string_view name, std::string_view volsize, const DeclaredDataset& declared = {});
  // Snapshots of one dataset are declared oldest first; one that shares with the next, before the clones
  // of older ones.
  absl::Status Snapshot(std::string_view name, const DeclaredSnapshot& declared = {});
  // `used_bytes` is what the clone has written of its own.
  absl::Status Clone(std::string_view origin, std::string_view name, const DeclaredDataset& declared = {});
  absl::Status Bookmark(std::string_view snapshot, std::string_view name);
  // A bookmark of a snapshot that is gone and was older than all there are.
  absl::Status OldBookmark(std::string_view name);
  absl::Status Hold(std::string_view snapshot, std::string_view tag);
  absl::Status Property(std::string_view name, std::string_view property, std::string_view value);

  // Charges a dataset for bytes whose place is not known, up to `used` in all: a listing may leave
  // out what else there is. They stay until the dataset is destroyed. Descendants come first.
  void RaiseUsed(ObjectId dataset, uint64_t used_bytes);
  // Declares how large the pool is, once its contents are known.
  void SetPoolBytes(uint64_t pool_bytes) { tree_.pool_bytes_ = pool_bytes; }

  // Head data to and fro, as DatasetTree::Write.
  void Write(ObjectId dataset, uint64_t written_bytes, uint64_t freed_bytes);

  const DatasetTree& tree() const { return tree_; }

 private:
  absl::Status Perform(const Mutation& mutation, uint64_t time_s = 0);
  absl::Status Create(const Mutation& mutation, std::string_view name, const DeclaredDataset& declared);
  absl::Status MakeParents(std::string_view name);
  absl::Status Fill(ObjectId dataset, const DeclaredDataset& declared);
  void PlaceBlocks(ObjectId dataset, ObjectId snapshot, const DeclaredSnapshot& declared);

  DatasetTree tree_;
  // By dataset, what the newest snapshot shares with its next, the head so far.
  absl::btree_map<ObjectId, uint64_t> shared_with_head_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_DATASET_POOL_BUILDER_H_
