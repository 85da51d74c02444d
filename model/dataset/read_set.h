// SPDX-License-Identifier: Apache-2.0
//
// What a job has read, with the versions it saw: the memory of an optimistic transaction.
//
// Every query (query.h, property_query.h) can note what its answer depends on.
// The answers still hold if every noted version is still the present one.
#ifndef TXGSIM_MODEL_DATASET_READ_SET_H_
#define TXGSIM_MODEL_DATASET_READ_SET_H_

#include <cstddef>
#include <optional>
#include <utility>

#include "absl/container/btree_map.h"
#include "model/dataset/dataset_tree.h"

namespace model {

class ReadSet {
 public:
  struct Entry {
    ObjectId object;
    Aspect aspect;
  };

  // Notes the present version, unless the aspect was noted before: the first read counts.
  void Note(const DatasetTree& tree, ObjectId object, Aspect aspect) {
    seen_.try_emplace({object, aspect}, tree.VersionOf(object, aspect));
  }

  // Returns the first entry that has changed since, or nothing.
  std::optional<Entry> FirstStale(const DatasetTree& tree) const {
    for (const auto& [key, version] : seen_) {
      if (tree.VersionOf(key.first, key.second) != version) return Entry{key.first, key.second};
    }
    return std::nullopt;
  }

  size_t size() const { return seen_.size(); }
  void Clear() { seen_.clear(); }

 private:
  absl::btree_map<std::pair<ObjectId, Aspect>, Version> seen_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_DATASET_READ_SET_H_
