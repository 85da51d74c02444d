// SPDX-License-Identifier: Apache-2.0
//
// How many of a job's changes a tree has.
//
// A change is told by what it leaves: what exists under its names, a property's local value, a tag, a clone's
// origin. It is done if the tree has there what the direct run has left. What is the same before the job as
// after it (made and destroyed again, set to what it was) cannot be told, nor can a rollback.
#ifndef TXGSIM_MODEL_SCRIPT_COMPARE_DONE_H_
#define TXGSIM_MODEL_SCRIPT_COMPARE_DONE_H_

#include <cstdint>

#include "model/dataset/dataset_tree.h"
#include "model/design/oracle.h"

namespace model {

struct DoneCount {
  int64_t done = 0;
  int64_t of = 0;
  int64_t not_counted = 0;  // That cannot be told.
};
// `start`: before the job.
DoneCount CountDone(const DatasetTree& start, const DirectRun& direct, const DatasetTree& tree);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_COMPARE_DONE_H_
