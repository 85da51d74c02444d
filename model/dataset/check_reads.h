// SPDX-License-Identifier: Apache-2.0
//
// What the answer of a check function depends on, for who wants to know later whether it
// would still be the same (read_set.h).
//
// Errs towards more: whether a name exists depends on the list that it stands in, and of
// what exists its lists and properties are noted, needed or not. Space is noted, up to the
// root, for the operations whose check looks at it (dsl_dir.c:dsl_dir_transfer_possible,
// dsl_dataset.c:dsl_dataset_rollback_check, dsl_dataset_snapshot_reserve_space, limits).
//
// Differs from the real system: the pool-wide room that every sync task asks for
// (space_policy.h) is not noted: each write anywhere would change it.
#ifndef TXGSIM_MODEL_DATASET_CHECK_READS_H_
#define TXGSIM_MODEL_DATASET_CHECK_READS_H_

#include "model/dataset/mutation.h"
#include "model/dataset/read_set.h"

namespace model {

void NoteCheck(const DatasetTree& tree, const Mutation& mutation, ReadSet* reads);

}  // namespace model

#endif  // TXGSIM_MODEL_DATASET_CHECK_READS_H_
