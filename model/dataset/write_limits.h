// SPDX-License-Identifier: Apache-2.0
//
// Whether a dataset has room for another write: quotas, reservations and the size of
// the pool.
//
// A transaction that writes reserves its worst case when it joins a txg (OpenZFS
// module/zfs/dsl_dir.c:dsl_dir_tempreserve_impl, dsl_dataset.c:dsl_dataset_check_quota)
// and gives it back at commit; what it dirtied counts from then until its txg is on
// disk (dsl_dir_willuse_space, dsl_dir_sync). At each level from the dataset up:
//
//   used >= quota                            EDQUOT; at the root, for the pool's size,
//                                            ENOSPC
//   used + in flight >= quota + quota / 32   ERESTART: wait for a txg and try again, as
//                                            what is in flight may turn out smaller
//
// and the walk ends where a reservation already holds room for it. What is on disk is
// compared exactly; what is in flight counts with its worst case, 24 times its size.
// The last write to fit may therefore go over a quota, and near one every writer waits
// for txgs.
//
// Units: bytes. Differs from the real system: no frees are deferred, so a full pool is
// ENOSPC at once; a write that frees more than it writes is not told apart; the worst
// case counts data alone, neither rounded up to records nor with indirect blocks. What the
// ARC refuses is in model/txg/tx.cc.
#ifndef TXGSIM_MODEL_DATASET_WRITE_LIMITS_H_
#define TXGSIM_MODEL_DATASET_WRITE_LIMITS_H_

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "model/dataset/dataset_tree.h"

namespace model {

// spa_asize_inflation: the factor from bytes written to their worst case on disk.
inline constexpr uint64_t kWorstCaseInflation = 24;

// Returns what `bytes` of a file may take on disk (spa_misc.c:spa_get_worst_case_asize).
uint64_t WorstCaseBytes(uint64_t bytes, uint64_t inflation = kWorstCaseInflation);

// What awaits a txg in each dataset and all below it.
class SpaceInFlight {
 public:
  explicit SpaceInFlight(uint64_t inflation = kWorstCaseInflation) : inflation_(inflation) {}

  // What one transaction has reserved: at each level up to the first that holds room for it.
  struct Reservation {
    uint64_t txg = 0;
    std::vector<std::pair<ObjectId, uint64_t>> parts;
  };

  // Reserves `asize` bytes on disk in `txg`. Returns 0; EDQUOT or ENOSPC if there is no room; ERESTART
  // if there may be after a txg.
  int Reserve(const DatasetTree& tree, ObjectId dataset, uint64_t txg, uint64_t asize,
              Reservation* reservation);
  void Release(Reservation* reservation);
  // Notes that `bytes` were dirtied in `txg`.
  void Write(const DatasetTree& tree, ObjectId dataset, uint64_t txg, uint64_t bytes);
  // The txg is on disk.
  void Forget(uint64_t txg);

  // Returns the bytes in flight in a dataset and all below it.
  uint64_t Of(ObjectId dataset) const;

 private:
  static constexpr size_t kSlots = 4;  // TXG_SIZE
  using PerTxg = std::array<uint64_t, kSlots>;

  uint64_t inflation_;
  absl::btree_map<ObjectId, PerTxg> reserved_;
  absl::btree_map<ObjectId, PerTxg> written_;
};

// Returns what Reserve would, if nothing were in flight.
int CheckWrite(const DatasetTree& tree, ObjectId dataset, uint64_t asize);

}  // namespace model

#endif  // TXGSIM_MODEL_DATASET_WRITE_LIMITS_H_
