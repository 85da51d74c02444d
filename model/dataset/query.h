// SPDX-License-Identifier: Apache-2.0
//
// Lists, one item at a time: what zfs.list.* and the *_LIST_NEXT ioctls read.
//
// Each item may be a crossing of its own, and the tree may change between two of
// them. A cursor therefore remembers the key of the item it returned last and
// goes on behind it: what is destroyed meanwhile is not listed, what is made
// behind the cursor is (OpenZFS module/zfs/zcp_iter.c, zfs_ioctl.c:
// zfs_ioc_snapshot_list_next).
//
// Differs from the real system: the order is fixed (dataset_tree.h), not that of
// a salted hash, and is the same under every interface.
#ifndef TXGSIM_MODEL_DATASET_QUERY_H_
#define TXGSIM_MODEL_DATASET_QUERY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/dataset/dataset_tree.h"
#include "model/dataset/read_set.h"

namespace model {

enum class ListKind {
  kChildren,        // Filesystems and volumes directly below a filesystem.
  kSnapshots,       // Of a filesystem or volume.
  kClones,          // Of a snapshot.
  kBookmarks,       // Of a filesystem or volume.
  kHolds,           // Of a snapshot.
  kUserProperties,  // Of any; inherited ones too.
};

struct ListItem {
  std::string name;     // Full name; the tag of a hold; the name of a property.
  ObjectId id = 0;      // Of a dataset or snapshot.
  std::string value;    // Of a property.
  std::string source;   // Of a property: where it is set.
  uint64_t time_s = 0;  // Of a hold: when it was put on.
};

// The place behind the last item returned; default constructed, the beginning.
struct ListCursor {
  std::string name;
  ObjectId id = 0;
  ObjectId listed = 0;  // Whose list it is, where that is found by its object and not by its name.
  friend bool operator==(const ListCursor&, const ListCursor&) = default;
};

// Returns 0, ENOENT, EXDEV and so on for `name`, as a read of it would get; notes what that depends on.
int FindObject(const DatasetTree& tree, std::string_view name, ObjectId* id, ReadSet* reads = nullptr);

// Returns 0, or EINVAL if such a list does not exist for that object, or ENOENT if it is destroyed.
int CheckListable(const DatasetTree& tree, ListKind kind, ObjectId id);

// Sets `item` to the next one, or to nothing at the end, and moves the cursor. Returns CheckListable().
int NextItem(const DatasetTree& tree, ListKind kind, ObjectId id, ListCursor* cursor,
             std::optional<ListItem>* item, ReadSet* reads = nullptr);

}  // namespace model

#endif  // TXGSIM_MODEL_DATASET_QUERY_H_
