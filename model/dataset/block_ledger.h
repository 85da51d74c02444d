// SPDX-License-Identifier: Apache-2.0
//
// Bytes by time of birth: what stands for block pointers and deadlists here.
//
// The real system knows of each block in which txg it was born, and keeps for
// each snapshot a deadlist: the blocks that died after it and before the next
// one (OpenZFS module/zfs/dsl_deadlist.c). Whether a snapshot holds a block, and
// whether it holds it alone, follows from birth and death. The model keeps the
// same two facts, as sums of bytes:
//
//   birth   the newest snapshot that existed when the block was written, or the
//           origin for a clone that had none of its own yet; 0 if there was none
//   death   the last snapshot that holds the block, or none while it is live
//
// Object ids grow with creation, along every chain of snapshots. Hence snapshot
// s holds a block iff birth < s <= death, and holds it alone iff besides that
// death == s and birth >= (the snapshot before s). Destroying a snapshot moves
// deaths to the one before it and never touches a birth; all the sharing rules
// (a neighbour gains what only the two shared) follow without further code.
//
// Units: bytes. Invariant: no entry is 0.
#ifndef TXGSIM_MODEL_DATASET_BLOCK_LEDGER_H_
#define TXGSIM_MODEL_DATASET_BLOCK_LEDGER_H_

#include <cstdint>

#include "absl/container/btree_map.h"

namespace model {

// Numbers the objects of a pool in order of creation, from 1; 0 is "none".
using ObjectId = uint64_t;

class BlockLedger {
 public:
  using Map = absl::btree_map<ObjectId, uint64_t>;

  // Adds blocks of one birth.
  void Add(ObjectId birth, uint64_t bytes);
  // Adds all of another ledger's.
  void Add(const BlockLedger& other);

  // Removes and returns the blocks born at or after `birth`.
  BlockLedger TakeFrom(ObjectId birth);
  // Removes and returns the blocks born before `birth`.
  BlockLedger TakeBefore(ObjectId birth);
  // Removes and returns up to `bytes`, from all births in proportion to what each has, as
  // random overwrites would hit them. Rounds by running sums: of a total of T, the share of the
  // blocks from a to b in order of birth is floor(bytes * b / T) - floor(bytes * a / T).
  BlockLedger TakeEvenly(uint64_t bytes);
  // Removes `other`, entry by entry. REQUIRES: every entry of `other` is covered.
  void Subtract(const BlockLedger& other);

  uint64_t Total() const;
  uint64_t TotalFrom(ObjectId birth) const;
  bool empty() const { return bytes_.empty(); }
  const Map& bytes() const { return bytes_; }

 private:
  Map bytes_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_DATASET_BLOCK_LEDGER_H_
