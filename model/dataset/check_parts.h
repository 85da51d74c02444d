// SPDX-License-Identifier: Apache-2.0
//
// The check functions that Check (operations.h) chooses from, by subject: datasets
// in check.cc, snapshots and what belongs to them in check_snapshot.cc,
// properties in check_property.cc. Each returns 0 or an errno.
#ifndef TXGSIM_MODEL_DATASET_CHECK_PARTS_H_
#define TXGSIM_MODEL_DATASET_CHECK_PARTS_H_

#include "model/dataset/operations.h"

namespace model {

int CheckSnapshots(const DatasetTree& tree, const Mutation& m, const CheckContext& context,
                   CheckDetails* details);
int CheckDestroySnapshot(const DatasetTree& tree, const Mutation& m);
int CheckRollback(const DatasetTree& tree, const Mutation& m, const CheckContext& context,
                  CheckDetails* details);
int CheckRenameSnapshot(const DatasetTree& tree, const Mutation& m);
int CheckBookmark(const DatasetTree& tree, const Mutation& m);
int CheckDestroyBookmark(const DatasetTree& tree, const Mutation& m, const CheckContext& context);
int CheckHold(const DatasetTree& tree, const Mutation& m, const CheckContext& context, CheckDetails* details);
int CheckRelease(const DatasetTree& tree, const Mutation& m, const CheckContext& context,
                 CheckDetails* details);

int CheckSetProperty(const DatasetTree& tree, const Mutation& m, const CheckContext& context);
int CheckInherit(const DatasetTree& tree, const Mutation& m);

}  // namespace model

#endif  // TXGSIM_MODEL_DATASET_CHECK_PARTS_H_
