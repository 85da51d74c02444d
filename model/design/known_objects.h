// SPDX-License-Identifier: Apache-2.0
//
// What is known of the objects of a pool, so that another look tells what a sync task changed of them.
//
// A change is of an aspect of an object (dataset_tree.h), and, but for space, of parts of it:
// a name in a list of children ("vm") or of snapshots and bookmarks ("@daily", "#mark"), a property,
// the tag of a hold ("hold backup"). An object's own name is its property "name": its creation, its end and
// whatever renames it change that.
//
// Cost: a look is O(objects), and O(parts) of those whose lists or properties changed.
#ifndef TXGSIM_MODEL_DESIGN_KNOWN_OBJECTS_H_
#define TXGSIM_MODEL_DESIGN_KNOWN_OBJECTS_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "model/dataset/dataset_tree.h"

namespace model {

// The part that is an object's own name.
inline constexpr std::string_view kNamePart = "name";

struct ChangedPart {
  ObjectId object = 0;
  Aspect aspect = Aspect::kChildren;
  std::string part;  // Empty: the aspect has changed, whichever part it was.
  friend bool operator==(const ChangedPart&, const ChangedPart&) = default;
};

struct TreeChanges {
  std::vector<ChangedPart> parts;
  std::vector<ObjectId>
      found;  // What was there before, and still is, and of which more than space has changed.
  std::vector<ObjectId> gone;
};

class KnownObjects {
 public:
  explicit KnownObjects(const DatasetTree& tree);
  // All that has changed after the change number `since`, which becomes what is known.
  TreeChanges Look(const DatasetTree& tree, uint64_t since);

 private:
  using Facts = absl::btree_map<std::pair<Aspect, std::string>, std::string>;
  struct Known {
    ObjectId list = 0;  // In whose list it stands: the parent's, or the dataset's of a snapshot.
    std::string name;
    Facts facts;
  };

  static Known KnowledgeOf(const DatasetTree& tree, ObjectId id);
  void Compare(const DatasetTree& tree, ObjectId id, const Versions& versions, uint64_t since,
               TreeChanges* changes);

  absl::btree_map<ObjectId, Known> known_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_DESIGN_KNOWN_OBJECTS_H_
