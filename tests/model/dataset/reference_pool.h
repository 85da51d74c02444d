// SPDX-License-Identifier: Apache-2.0
//
// A second model of a pool, as plain as can be, to hold the first against.
//
// Datasets lie in one map by full name; each head and each snapshot is a set of
// numbered blocks, copied in full. What is unique or charged is found by set
// difference at the moment it is asked for. Errnos are the table of the real
// system's checks written down once more.
#ifndef TXGSIM_TESTS_MODEL_DATASET_REFERENCE_POOL_H_
#define TXGSIM_TESTS_MODEL_DATASET_REFERENCE_POOL_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "model/dataset/mutation.h"

namespace model {

class ReferencePool {
 public:
  using Blocks = std::set<int>;

  struct Snapshot {
    std::string name;
    int sequence = 0;  // Of creation, over the whole pool.
    uint64_t txg = 0;
    Blocks blocks;
    std::set<std::string> holds;
    bool deferred = false;
  };

  struct Dataset {
    Blocks head;
    std::vector<Snapshot> snapshots;       // Oldest first.
    int origin = 0;                        // Sequence of the snapshot it is a clone of, or 0.
    std::map<std::string, int> bookmarks;  // To the sequence of their snapshot.
  };

  ReferencePool() { datasets_["tank"]; }

  // Returns the errno of the operation in syncing context of `txg`, after performing it if that is 0.
  int Perform(const Mutation& m, uint64_t txg);
  // `freed` blocks of the head die, picked at equal distances in order of birth; `written` are born.
  void Write(const std::string& name, int written, int freed);

  const std::map<std::string, Dataset>& datasets() const { return datasets_; }
  // Blocks that only this snapshot holds, of its neighbours along its history.
  size_t Unique(const std::string& dataset, size_t index) const;
  // Blocks of the dataset and its snapshots that its origin does not hold.
  size_t Charged(const std::string& dataset) const;
  // Blocks that anything holds.
  size_t Allocated() const;
  std::string NameOfSnapshot(int sequence) const;

 private:
  struct Place {
    std::string dataset;
    size_t index;
  };

  bool FindSnapshot(int sequence, Place* place) const;
  const Snapshot* At(int sequence) const;
  Snapshot* Find(const std::string& full_name);
  std::vector<std::string> ClonesOf(int sequence) const;
  bool HasChildren(const std::string& name) const;
  int NewestOf(const Dataset& dataset) const;
  int FindParent(const std::string& name) const;
  void Remove(const std::string& full_name);
  void RemoveIfDeferred(int sequence);

  int Snap(const std::string& name, uint64_t txg);
  int DestroySnapshot(const Mutation& m);
  int DestroyDataset(const std::string& name);
  int CloneOf(const std::string& origin, const std::string& name);
  int PromoteClone(const std::string& name);
  int RollBack(const std::string& name, uint64_t txg);
  int Move(const std::string& from, const std::string& to);
  int RenameSnapshot(const std::string& from, const std::string& to);
  int AddBookmark(const std::string& source, const std::string& name);
  int HoldOrRelease(const Mutation& m);

  std::map<std::string, Dataset> datasets_;
  int last_sequence_ = 0;
  int last_block_ = 0;
};

}  // namespace model

#endif  // TXGSIM_TESTS_MODEL_DATASET_REFERENCE_POOL_H_
