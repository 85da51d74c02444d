// SPDX-License-Identifier: Apache-2.0
//
// Whether a dataset has room for another write: quotas and the size of the pool.
//
// A transaction that writes asks this when it joins a txg (OpenZFS module/zfs/
// dsl_dir.c:dsl_dir_tempreserve_impl, dsl_dataset.c:dsl_dataset_check_quota). What
// is on disk is compared exactly; what is in flight, that is dirty or reserved and
// inflated to its worst case by the caller, may go 1/32 over a quota. Over that the
// writer must wait for a txg, since what it will free is not known before.
//
// Differs from the real system: no frees are deferred, so a full pool is ENOSPC at
// once; a write that frees more than it writes is not told apart.
#ifndef TXGSIM_MODEL_DATASET_WRITE_LIMITS_H_
#define TXGSIM_MODEL_DATASET_WRITE_LIMITS_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "model/dataset/dataset_tree.h"

namespace model {

// spa_asize_inflation: the factor from bytes written to their worst case on disk.
inline constexpr uint64_t kWorstCaseInflation = 24;

// Returns 0; EDQUOT or ENOSPC if there is no room; ERESTART if there may be after a txg.
// `in_flight` returns the inflated bytes that await a txg in a dataset and all below it.
int CheckWrite(const DatasetTree& tree, ObjectId dataset, absl::FunctionRef<uint64_t(ObjectId)> in_flight);

}  // namespace model

#endif  // TXGSIM_MODEL_DATASET_WRITE_LIMITS_H_
