// SPDX-License-Identifier: Apache-2.0
//
// The dataset tree of one pool: a plain value without time, threads or locks.
//
// model/txg owns the live tree, calls Check (operations.h) in open and in
// syncing context and Apply in syncing context; overlays and the reference run
// of a job work on copies. This class keeps the structure consistent; it decides
// nothing: which operation is allowed, and with which errno, is in operations.h.
//
// An object is a dataset (filesystem or volume) or a snapshot. Its id is given in
// order of creation and never again, so a list of snapshots by id is a list by
// createtxg, along the whole chain of a clone and its origins; a promote keeps
// that order. Lists have one fixed order: children, bookmarks, holds and
// properties by name, snapshots and clones by id.
//
// Invariants:
//   (1) Every dataset but the root stands in its parent's `children`; every
//       snapshot in the `snapshots` and `snapshot_ids` of owner_[id].
//   (2) A dataset has an origin iff it stands in that snapshot's `clones`.
//   (3) live_bytes, charged_bytes, children_bytes and used_bytes are what the
//       ledgers, limits and children add up to.
//
// Space: block_ledger.h. A dataset is charged for the blocks of its own chain
// (birth >= origin); what it shares with its origin is charged there. What a
// destroy frees stays charged to the root until DrainFreeing, as blocks that
// await asynchronous destruction do (OpenZFS module/zfs/dsl_scan.c).
//
// Differs from the real system: objects themselves take no space, nothing
// compresses, and `used` moves with the operation, not when its txg is written.
//
// Cost: lookups and changes O(log n) plus the ledger entries they touch; Promote
// and Clone O(snapshots of the origin). A copy costs O(datasets), snapshots are
// shared until one side changes their dataset.
#ifndef TXGSIM_MODEL_DATASET_DATASET_TREE_H_
#define TXGSIM_MODEL_DATASET_DATASET_TREE_H_

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "model/dataset/block_ledger.h"
#include "model/dataset/copy_on_write.h"
#include "model/dataset/tree_observer.h"

namespace model {

template <typename T>
using NameMap = absl::btree_map<std::string, T, std::less<>>;

enum class DatasetType { kFilesystem, kVolume };

// What a read depends on. A version stamp is kept for each.
enum class Aspect {
  kChildren,    // Children of a dataset; clones of a snapshot.
  kSnapshots,   // Snapshots and bookmarks of a dataset.
  kProperties,  // Local properties, name, holds, defer-destroy flag.
  kSpace,       // Every figure of space.
};
inline constexpr size_t kAspectCount = 4;

// When an aspect last changed. `change` counts all changes of the tree: the txg alone cannot tell
// two changes of one txg apart, and a read may fall between two sync tasks of one txg.
struct Version {
  uint64_t txg = 0;
  uint64_t change = 0;
  friend bool operator==(const Version&, const Version&) = default;
};
// The version of every aspect of an object that does not exist.
inline constexpr Version kGone = {.txg = UINT64_MAX, .change = UINT64_MAX};
using Versions = std::array<Version, kAspectCount>;

// The syncing txg that a change belongs to, and its time in seconds since 1970 (for `creation`).
struct SyncPoint {
  uint64_t txg = 0;
  uint64_t time_s = 0;
};

struct Bookmark {
  ObjectId source = 0;  // The snapshot it was made of, which may be gone.
  SyncPoint created;    // That snapshot's.
};

struct Snapshot {
  std::string name;  // The part after '@'.
  SyncPoint created;
  uint64_t referenced_bytes = 0;
  uint64_t volsize = 0;
  BlockLedger dead_after;   // Blocks whose death is this snapshot.
  NameMap<uint64_t> holds;  // Tag to the time it was put on, in seconds.
  NameMap<std::string> properties;
  absl::btree_set<ObjectId> clones;
  bool defer_destroy = false;
  int long_holds = 0;  // Mounted, being sent: see Dataset::long_holds.
  Versions versions;
};

struct Dataset {
  std::string name;  // The last component.
  ObjectId parent = 0;
  DatasetType type = DatasetType::kFilesystem;
  SyncPoint created;
  ObjectId origin = 0;  // The snapshot it is a clone of.
  NameMap<ObjectId> children;
  absl::btree_map<ObjectId, Snapshot> snapshots;
  NameMap<ObjectId> snapshot_ids;
  NameMap<Bookmark> bookmarks;
  NameMap<std::string> properties;  // Local ones, in canonical form.
  bool mounted = false;
  int long_holds = 0;  // Users that keep it from being destroyed: send, diff, an open zvol; mounts are apart.

  // Limits, as the properties of these names say; 0 is none.
  uint64_t quota = 0;
  uint64_t reservation = 0;
  uint64_t refquota = 0;
  uint64_t refreservation = 0;
  uint64_t volsize = 0;

  BlockLedger live;             // Blocks of the head.
  uint64_t unlisted_bytes = 0;  // Charged, but of unknown place: see PoolBuilder.
  // How much of the head there is to write over: what it was declared, or cloned, with. 0: a write adds.
  uint64_t extent_bytes = 0;
  // Sums kept up to date: invariant (3).
  uint64_t live_bytes = 0;      // `referenced` of the head.
  uint64_t charged_bytes = 0;   // Head and snapshots, without what the origin is charged for.
  uint64_t children_bytes = 0;  // The larger of `used` and reservation, over the children.
  uint64_t used_bytes = 0;

  Versions versions;

  bool LongHeld() const { return mounted || long_holds > 0; }
};

// What file system calls did to a head in a txg.
struct FileChanges {
  uint64_t overwritten_bytes = 0;  // In the head's extent.
  uint64_t added_bytes = 0;        // Beyond it.
  uint64_t freed_bytes = 0;        // Files that were removed or cut off.
};

class DatasetTree {
 public:
  // A pool of `pool_bytes` with its root filesystem. REQUIRES: `pool` is a valid pool name.
  DatasetTree(std::string_view pool, uint64_t pool_bytes);
  DatasetTree(const DatasetTree& other) = default;
  DatasetTree& operator=(const DatasetTree& other);
  DatasetTree& operator=(DatasetTree&& other);
  ~DatasetTree() { observers_.BeforeChange(*this); }

  // --- Objects.

  const std::string& pool() const { return pool_; }
  ObjectId root() const { return kRoot; }
  // Counts every change of the tree: equal numbers of one tree, equal contents.
  uint64_t changes() const { return changes_; }
  size_t dataset_count() const { return datasets_.size(); }
  // How many objects there have ever been.
  size_t ids() const { return owner_.size(); }
  // Who wants to be told before the next change.
  TreeObservers& observers() const { return observers_; }

  // Return nullptr for 0, for an object of the other kind and for one that is destroyed.
  const Dataset* FindDataset(ObjectId id) const;
  const Snapshot* FindSnapshot(ObjectId id) const;
  // Returns a snapshot's dataset, a dataset itself, and 0 for an object that is destroyed.
  ObjectId OwnerOf(ObjectId id) const { return id < owner_.size() ? owner_[id] : 0; }
  bool IsSnapshot(ObjectId id) const { return FindSnapshot(id) != nullptr; }
  // REQUIRES: the object exists.
  const Dataset& DatasetOf(ObjectId id) const;
  const Snapshot& SnapshotOf(ObjectId id) const;
  std::string NameOf(ObjectId id) const;
  // A number that stands for the object in `guid`, unlike its id spread over 64 bits.
  uint64_t GuidOf(ObjectId id) const;
  Version VersionOf(ObjectId id, Aspect aspect) const;

  // Finds a dataset or snapshot. Returns 0, or the errno that the kernel's lookup gives: EXDEV for
  // another pool, ENOENT, EINVAL or ENAMETOOLONG (dsl_dataset.c:dsl_dataset_hold).
  int Lookup(std::string_view name, ObjectId* id) const;
  // Finds the deepest existing dataset of a path; `tail` is the one component that is left, empty
  // if all exist. Returns ENOENT if more than one is left (dsl_dir.c:dsl_dir_hold).
  int LookupDirectory(std::string_view path, ObjectId* dataset, std::string_view* tail) const;
  // Returns the snapshot of that short name, or 0.
  ObjectId FindSnapshotNamed(const Dataset& dataset, std::string_view name) const;
  // Returns the snapshot before the head: the newest own one, else the origin, else 0 (ds_prev).
  ObjectId NewestSnapshot(const Dataset& dataset) const;
  // Returns the snapshot before an own snapshot: the next older own one, else the origin, else 0.
  ObjectId SnapshotBefore(const Dataset& dataset, ObjectId snapshot) const;

  // --- Space.

  uint64_t pool_bytes() const { return pool_bytes_; }
  // Freed by destroys, but not yet available again.
  uint64_t freeing_bytes() const { return freeing_bytes_; }
  uint64_t ReferencedBytes(ObjectId id) const;
  // Returns what destroying this object alone would free: `used` of a snapshot.
  uint64_t UniqueBytes(ObjectId id) const;
  uint64_t UsedBytes(ObjectId id) const;
  // Returns the room below all quotas and the pool's size (dsl_dir.c:dsl_dir_space_available).
  uint64_t DirectoryAvailableBytes(ObjectId dataset) const;
  // Returns the same as the head sees it, with its refquota and refreservation: `available`.
  uint64_t AvailableBytes(ObjectId dataset) const;
  uint64_t UsedByRefreservation(const Dataset& dataset) const;
  // Returns what is written on the disks: all blocks, without what is only reserved. O(datasets).
  uint64_t AllocatedBytes() const;
  // Checks invariant (3) of the whole tree. O(objects).
  void CheckSums() const;
  // Returns the bytes of the head that are newer than the snapshot.
  uint64_t WrittenSince(const Dataset& dataset, ObjectId snapshot) const;
  // Returns the blocks that a snapshot holds.
  BlockLedger ContentOf(ObjectId snapshot) const;

  // --- Changes, each on checked arguments: what Apply and PoolBuilder are made of.

  ObjectId CreateDataset(ObjectId parent, std::string_view name, DatasetType type, SyncPoint now);
  ObjectId CreateClone(ObjectId origin, ObjectId parent, std::string_view name, SyncPoint now);
  ObjectId CreateSnapshot(ObjectId dataset, std::string_view name, SyncPoint now);
  // REQUIRES: no clones, no holds.
  void DestroySnapshot(ObjectId snapshot, uint64_t txg);
  // REQUIRES: no snapshots, no children, not the root. Also destroys an origin that waited for this.
  void DestroyDataset(ObjectId dataset, uint64_t txg);
  void Rename(ObjectId dataset, ObjectId new_parent, std::string_view new_name, uint64_t txg);
  void RenameSnapshot(ObjectId snapshot, std::string_view new_name, uint64_t txg);
  // REQUIRES: the dataset is a clone.
  void Promote(ObjectId dataset, uint64_t txg);
  // Makes the head what NewestSnapshot() is. REQUIRES: there is one.
  void Rollback(ObjectId dataset, uint64_t txg);
  void AddBookmark(ObjectId dataset, std::string_view name, const Bookmark& bookmark, uint64_t txg);
  void RemoveBookmark(ObjectId dataset, std::string_view name, uint64_t txg);
  void AddHold(ObjectId snapshot, std::string_view tag, SyncPoint now);
  void RemoveHold(ObjectId snapshot, std::string_view tag, uint64_t txg);
  void SetDeferDestroy(ObjectId snapshot, uint64_t txg);
  // Sets a local property of a dataset or snapshot, in canonical form; limits take effect.
  void SetProperty(ObjectId id, std::string_view name, std::string_view value, uint64_t txg);
  void RemoveProperty(ObjectId id, std::string_view name, uint64_t txg);

  void SetMounted(ObjectId dataset, bool mounted) { MutableDataset(dataset).mounted = mounted; }
  // Adds to the long holds of a dataset or snapshot; `delta` is 1 or -1.
  void AddLongHold(ObjectId id, int delta);

  // What a txg wrote to a head: `freed_bytes` of its blocks die, evenly over all its data, and
  // `written_bytes` are born. An overwrite is both, an append only the second.
  void Write(ObjectId dataset, uint64_t written_bytes, uint64_t freed_bytes, uint64_t txg);
  // Notes that so much of the head, as it is, is there to write over.
  void SetExtent(ObjectId dataset, uint64_t bytes) { MutableDataset(dataset).extent_bytes = bytes; }
  // The same as file system calls make it: what lies in the extent is written once a txg, a volume holds
  // no more than its size, and what is freed falls out of the extent.
  void ChangeFiles(ObjectId dataset, const FileChanges& changes, uint64_t txg);
  // Gives back up to `bytes` of what destroys have freed; returns how many.
  uint64_t DrainFreeing(uint64_t bytes, uint64_t txg);

 private:
  friend class PoolBuilder;

  static constexpr ObjectId kRoot = 1;

  // Every change begins with one of these three, before anything has changed.
  Dataset& MutableDataset(ObjectId id);
  Snapshot& MutableSnapshot(ObjectId id);
  ObjectId NewId(ObjectId owner);

  void Touch(Versions& versions, Aspect aspect, uint64_t txg);
  void TouchAll(Versions& versions, uint64_t txg);
  void TouchNames(ObjectId dataset, uint64_t txg);
  // Brings used_bytes up to date here and above, after a change of the sums it is made of.
  void UpdateUsed(ObjectId dataset, uint64_t txg);
  void ApplyLimit(ObjectId dataset, std::string_view property, uint64_t txg);
  // Makes live_bytes and charged_bytes anew from the ledgers.
  void RecountLedgers(Dataset& dataset);
  uint64_t UsedOf(ObjectId id, const Dataset& dataset) const;
  // Moves the bookmarks made of a snapshot up to `last`.
  void MoveBookmarks(Dataset& from, Dataset& to, ObjectId last);

  std::string pool_;
  uint64_t pool_bytes_;
  uint64_t freeing_bytes_ = 0;
  uint64_t changes_ = 0;
  std::vector<ObjectId> owner_;  // By object id; see OwnerOf.
  absl::btree_map<ObjectId, CopyOnWrite<Dataset>> datasets_;
  mutable TreeObservers observers_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_DATASET_DATASET_TREE_H_
