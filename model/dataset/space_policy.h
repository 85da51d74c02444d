// SPDX-License-Identifier: Apache-2.0
//
// The space that the pool keeps back, and how far an operation may go into it.
//
// A sync task states how many blocks it may modify and a policy; before its check
// function runs in syncing context the pool compares
//     root used + 3 * blocks * 16 KiB  >  pool size - what the policy keeps back
// and if so fails it with ENOSPC (OpenZFS dsl_synctask.c:dsl_sync_task_sync,
// dsl_pool.c:dsl_pool_adjustedsize, spa_misc.c:spa_get_slop_space). Operations
// that give space back may go further into the slop than those that use it.
//
// Differs from the real system: no embedded log is taken off the slop, and no
// deferred frees or checkpoint off the pool.
#ifndef TXGSIM_MODEL_DATASET_SPACE_POLICY_H_
#define TXGSIM_MODEL_DATASET_SPACE_POLICY_H_

#include <cstdint>

#include "model/dataset/operations.h"

namespace model {

enum class SpacePolicy {
  kNormal,         // Keeps the whole slop: create, clone, snapshot, bookmark.
  kReserved,       // Half of it: set, inherit, rename, promote, rollback, hold.
  kExtraReserved,  // A quarter: destroy, release, channel programs.
  kNone,           // No check.
};

// The slop is 1/32 of the pool within these bounds, the lower no more than half of the pool.
inline constexpr uint64_t kSlopBytesMin = uint64_t{128} << 20;
inline constexpr uint64_t kSlopBytesMax = uint64_t{128} << 30;
// DST_AVG_BLKSHIFT: bytes for each block that a sync task says it modifies.
inline constexpr uint64_t kSyncTaskBlockBytes = uint64_t{16} << 10;

uint64_t SlopBytes(uint64_t pool_bytes);
// Returns the size of the pool less what the policy keeps back.
uint64_t AdjustedPoolBytes(uint64_t pool_bytes, SpacePolicy policy);
// Returns the smallest pool whose AdjustedPoolBytes under kNormal is at least `bytes`.
uint64_t PoolBytesFor(uint64_t bytes);

struct SpaceCost {
  uint64_t blocks;
  SpacePolicy policy;
};

// Returns what the ioctl of a mutation states for its sync task (the callers of dsl_sync_task).
SpaceCost IoctlSpaceCost(const DatasetTree& tree, const Mutation& mutation);
// Returns what zfs.sync.* and zfs.check.* state (module/zfs/zcp_synctask.c).
SpaceCost ProgramSpaceCost(const Mutation& mutation);

// The room that it states.
uint64_t NeededBytes(SpaceCost cost);
// Returns 0 or ENOSPC. `extra_bytes` is what is already promised in this txg: a channel program
// passes the sum for its successful calls so far.
int CheckSpace(const DatasetTree& tree, SpaceCost cost, uint64_t extra_bytes = 0);

// The check of a sync task of this mutation: in syncing context the space comes first. Returns 0 or an errno.
int CheckTask(const DatasetTree& tree, const Mutation& mutation, const CheckContext& context,
              CheckDetails* details = nullptr);

}  // namespace model

#endif  // TXGSIM_MODEL_DATASET_SPACE_POLICY_H_
