// SPDX-License-Identifier: Apache-2.0
//
// A second model of a pool, as plain as can be, to hold the first against.
//
// Datasets lie in one map by full name. A head and a snapshot are lists of numbered
// blocks, copied in full; for each block the number of lists that it stands in is
// kept, and a block that leaves the last one is free. What is unique, charged or
// written is found by set difference at the moment it is asked for, `used` and
// `available` by walking the names. Errnos are the tables of the real system's
// checks written down once more.
#ifndef TXGSIM_TESTS_MODEL_DATASET_REFERENCE_POOL_H_
#define TXGSIM_TESTS_MODEL_DATASET_REFERENCE_POOL_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "model/dataset/mutation.h"

namespace model {

class ReferencePool {
 public:
  using Blocks = std::vector<int>;  // In order of birth.

  struct Snapshot {
    std::string name;
    int sequence = 0;  // Of creation, over the whole pool.
    uint64_t txg = 0;
    Blocks blocks;
    std::set<std::string> holds;
    std::map<std::string, std::string> properties;
    bool deferred = false;
    bool long_held = false;
  };

  struct Dataset {
    bool is_volume = false;
    int sequence = 0;  // Of creation, counted with the snapshots.
    Blocks head;
    std::vector<Snapshot> snapshots;       // Oldest first.
    int origin = 0;                        // Sequence of the snapshot it is a clone of, or 0.
    std::map<std::string, int> bookmarks;  // To the sequence of their snapshot.
    std::map<std::string, std::string> properties;
    std::map<std::string, uint64_t> limits;  // quota, reservation, refquota, refreservation.
    bool mounted = false;
    bool long_held = false;
  };

  // Half of a small pool is kept back, as the slop is not smaller than that.
  explicit ReferencePool(uint64_t bytes) : usable_(static_cast<int64_t>(bytes - bytes / 2)) {
    datasets_["tank"];
  }

  struct Context {
    bool syncing = true;
    bool in_program = false;
    uint64_t txg = 0;
  };
  // Returns the errno of the operation, and performs it if that is 0 and the context is syncing.
  int Perform(const Mutation& m, const Context& context);
  // Whether a write may join a txg while nothing is in flight.
  int MayWrite(const std::string& name, int bytes) const;
  // `freed` blocks of the head die, picked at equal distances in order of birth; `written` are born.
  void Write(const std::string& name, int written, int freed);
  // Gives back what destroys have freed.
  void Drain(int blocks);
  void SetMounted(const std::string& name, bool mounted) { datasets_.at(name).mounted = mounted; }
  void SetLongHeld(const std::string& name, bool held);

  // Names in the order in which `zfs destroy -r` or `-R` takes them, without `name` itself.
  std::vector<std::string> Dependents(const std::string& name, bool with_clones) const;

  // Every figure and state of everything, a line each.
  std::string Describe() const;

 private:
  struct Place {
    std::string dataset;
    size_t index;
  };
  // Where a snapshot's blocks begin and end to be its own.
  struct Neighbours {
    const Blocks* before;
    const Blocks* after;
  };

  bool FindSnapshot(int sequence, Place* place) const;
  const Snapshot* At(int sequence) const;
  Snapshot* Find(const std::string& full_name);
  const Snapshot* Find(const std::string& full_name) const;
  // Oldest first.
  std::vector<std::string> ClonesOf(int sequence) const;
  std::vector<std::string> ChildrenOf(const std::string& name) const;
  int NewestOf(const Dataset& dataset) const;
  const Blocks& BlocksOf(int sequence) const;
  int Lookup(const std::string& name) const;
  int LookupNew(const std::string& name) const;
  int LookupDataset(const std::string& name) const;
  uint64_t Limit(const std::string& name, const std::string& which) const;

  // --- Space.
  void Take(const Blocks& blocks);
  int Drop(const Blocks& blocks);
  Neighbours NeighboursOf(const Dataset& dataset, size_t index) const;
  int64_t UniqueOfHead(const std::string& name) const;
  int64_t Charged(const std::string& name) const;
  int64_t Used(const std::string& name) const;
  int64_t Accounted(const std::string& name) const;
  int64_t UnusedRefreservation(const std::string& name) const;
  int64_t DirectoryAvailable(const std::string& name) const;
  int64_t Available(const std::string& name) const;
  bool MayMove(const std::string& from, const std::string& to, int64_t blocks) const;

  // --- Operations: the errno of the check, and what is done.
  int CheckSyntax(const Mutation& m) const;
  int CheckSyntaxOfCreate(const Mutation& m) const;
  int Check(const Mutation& m, const Context& context) const;
  void Do(const Mutation& m, const Context& context);

  int CheckSnap(const std::string& name, const Context& context) const;
  int CheckDestroySnapshot(const Mutation& m) const;
  int CheckDestroyDataset(const std::string& name) const;
  int CheckClone(const Mutation& m) const;
  int CheckPromote(const std::string& name, bool syncing) const;
  int CheckRollback(const Mutation& m, const Context& context) const;
  int CheckRename(const std::string& from, const std::string& to) const;
  int CheckRenameSnapshot(const std::string& from, const std::string& to, bool recursive) const;
  int CheckBookmark(const std::string& source, const std::string& name) const;
  int CheckHold(const Mutation& m) const;
  int CheckRelease(const Mutation& m) const;
  int CheckSet(const Mutation& m, const Context& context) const;

  void Remove(const std::string& full_name);
  void RemoveIfDeferred(int sequence);
  void DestroyDataset(const std::string& name);
  void PromoteClone(const std::string& name);
  void Move(const std::string& from, const std::string& to);
  void RenameSnapshot(const std::string& from, const std::string& to, bool recursive);
  void Set(const Mutation& m);

  std::map<std::string, Dataset> datasets_;
  std::vector<int> holders_;  // By block: the number of lists that it stands in.
  int64_t usable_;
  int64_t freeing_ = 0;
  int last_sequence_ = 0;
};

}  // namespace model

#endif  // TXGSIM_TESTS_MODEL_DATASET_REFERENCE_POOL_H_
