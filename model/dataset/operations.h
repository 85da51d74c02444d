// SPDX-License-Identifier: Apache-2.0
//
// What an operation demands and what it does: the check and sync functions of
// the real sync tasks, on a dataset tree.
//
// An operation goes through up to three gates, and each answers with an errno:
//
//   CheckSyntax   names and values alone; libzfs and the ioctl layer do this. A
//                 channel program's calls do not pass here.
//   Check         the check function. It runs twice: in open context, where it
//                 fails early and skips what only the syncing txg can tell, and
//                 in syncing context, where it decides (OpenZFS
//                 module/zfs/dsl_synctask.c:dsl_sync_task_common).
//   Apply         the sync function. It cannot fail.
//
// The order of the checks is that of the real functions, named at each in
// check.cc, because the first that fails gives the errno that the user sees.
//
// Differs from the real system: encryption, delegation, filesystem and snapshot
// limits (not enforced for root) and inconsistent datasets are not modelled, so
// their errnos never come. A channel program may there make names that the ioctls
// refuse; here it gets EINVAL.
#ifndef TXGSIM_MODEL_DATASET_OPERATIONS_H_
#define TXGSIM_MODEL_DATASET_OPERATIONS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "model/dataset/dataset_tree.h"
#include "model/dataset/mutation.h"

namespace model {

// Who asks. A few checks differ.
enum class Caller {
  kIoctl,           // A mounted filesystem is handed over for a rollback; native properties can be set.
  kChannelProgram,  // zfs.sync.* and zfs.check.*.
};

struct CheckContext {
  bool syncing = true;  // Else open context.
  uint64_t txg = 0;     // The txg that the operation belongs to.
  Caller caller = Caller::kIoctl;
};

// What a check tells besides its errno.
struct CheckDetails {
  std::string target;                  // Rollback that passes: the snapshot that it goes to.
  std::vector<std::string> conflicts;  // Promote with EEXIST: short names that both sides have.
  // Snapshot, hold, release: what failed and how; may be filled although the result is 0.
  std::vector<std::pair<std::string, int>> errors;
};

// Returns 0 or an errno.
int CheckSyntax(const Mutation& mutation);
int Check(const DatasetTree& tree, const Mutation& mutation, const CheckContext& context,
          CheckDetails* details = nullptr);

// REQUIRES: Check in syncing context returned 0 on this very tree.
void Apply(DatasetTree& tree, const Mutation& mutation, SyncPoint now);

}  // namespace model

#endif  // TXGSIM_MODEL_DATASET_OPERATIONS_H_
