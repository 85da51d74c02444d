// SPDX-License-Identifier: Apache-2.0
//
// What a job has read, with the versions it saw: the memory of an optimistic transaction.
//
// Every query (query.h, property_query.h) can note what its answer depends on.
// The answers still hold if every noted version is still the present one.
//
// An aspect is validated as a whole. Which part of it an answer depends on is noted as well: a name in a list
// ("vm", "@daily", "#mark"), a property; the empty part is all of it. The history of a run tells parts apart.
//
// Who reads a copy with changes of its own (an overlay) names the tree that the copy was
// made of: its versions count, and what only the copy has cannot go stale.
#ifndef TXGSIM_MODEL_DATASET_READ_SET_H_
#define TXGSIM_MODEL_DATASET_READ_SET_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "model/dataset/dataset_tree.h"

namespace model {

class ReadSet {
 public:
  struct Entry {
    ObjectId object;
    Aspect aspect;
  };

  // Null: the tree that is read. Must outlive the reads.
  void UseVersionsOf(const DatasetTree* base) { base_ = base; }
  const DatasetTree* base() const { return base_; }

  // Notes the present version, unless the aspect was noted before: the first read counts.
  void Note(const DatasetTree& tree, ObjectId object, Aspect aspect, std::string_view part = {}) {
    if (base_ != nullptr && base_->OwnerOf(object) == 0) return;
    const DatasetTree& versioned = base_ != nullptr ? *base_ : tree;
    const auto [it, is_new] = seen_.try_emplace({object, aspect});
    if (is_new) it->second.version = versioned.VersionOf(object, aspect);
    it->second.parts.emplace(part);
  }
  // What another set has noted earlier, for the same reader.
  void Add(const ReadSet& other) {
    for (const auto& [key, seen] : other.seen_) {
      const auto [it, is_new] = seen_.try_emplace(key, seen);
      if (!is_new) it->second.parts.insert(seen.parts.begin(), seen.parts.end());
    }
  }

  // Returns the first entry that has changed since, or nothing.
  std::optional<Entry> FirstStale(const DatasetTree& tree) const {
    for (const auto& [key, seen] : seen_) {
      if (tree.VersionOf(key.first, key.second) != seen.version) return Entry{key.first, key.second};
    }
    return std::nullopt;
  }

  // Calls `with(object, aspect, part)` for each, in order.
  template <typename With>
  void ForEach(const With& with) const {
    for (const auto& [key, seen] : seen_) {
      for (const std::string& part : seen.parts) with(key.first, key.second, part);
    }
  }

  size_t size() const { return seen_.size(); }
  void Clear() { seen_.clear(); }

 private:
  struct Seen {
    Version version;
    absl::btree_set<std::string> parts;
  };

  const DatasetTree* base_ = nullptr;
  absl::btree_map<std::pair<ObjectId, Aspect>, Seen> seen_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_DATASET_READ_SET_H_
