// SPDX-License-Identifier: Apache-2.0
#include "model/dataset/space_policy.h"

#include <algorithm>

#include "model/dataset/errno.h"
#include "sim/check.h"

namespace model {
namespace {

// A promote touches every snapshot of the origin's filesystem (dsl_dataset.c:dsl_dataset_promote).
uint64_t PromoteBlocks(const DatasetTree& tree, const Mutation& mutation) {
  ObjectId id = 0;
  if (tree.Lookup(mutation.name, &id) != 0) return 2;
  const Dataset* clone = tree.FindDataset(id);
  if (clone == nullptr || clone->origin == 0) return 2;
  return 2 + tree.DatasetOf(tree.OwnerOf(clone->origin)).snapshots.size();
}

}  // namespace

uint64_t SlopBytes(uint64_t pool_bytes) {
  const uint64_t slop = std::min(pool_bytes / 32, kSlopBytesMax);
  return std::max(slop, std::min(pool_bytes / 2, kSlopBytesMin));
}

uint64_t AdjustedPoolBytes(uint64_t pool_bytes, SpacePolicy policy) {
  const uint64_t slop = SlopBytes(pool_bytes);
  switch (policy) {
    case SpacePolicy::kNormal:
      return pool_bytes - slop;
    case SpacePolicy::kReserved:
      return pool_bytes - slop / 2;
    case SpacePolicy::kExtraReserved:
      return pool_bytes - slop / 4;
    case SpacePolicy::kNone:
      return pool_bytes;
  }
  SIM_CHECK(false);
}

uint64_t PoolBytesFor(uint64_t bytes) {
  // AdjustedPoolBytes never falls as the pool grows, so halve the interval that holds the answer.
  uint64_t low = bytes;
  uint64_t high = bytes + bytes / 16 + 2 * kSlopBytesMin;
  SIM_CHECK(AdjustedPoolBytes(high, SpacePolicy::kNormal) >= bytes);
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    if (AdjustedPoolBytes(middle, SpacePolicy::kNormal) >= bytes) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

SpaceCost IoctlSpaceCost(const DatasetTree& tree, const Mutation& mutation) {
  const uint64_t names = 1 + mutation.more.size();
  switch (mutation.kind) {
    case MutationKind::kCreateFilesystem:
    case MutationKind::kCreateVolume:
    case MutationKind::kClone:
      return {6, SpacePolicy::kNormal};
    case MutationKind::kSnapshot:
      return {3 * names, SpacePolicy::kNormal};
    case MutationKind::kDestroySnapshot:
    case MutationKind::kDestroyDataset:
    case MutationKind::kRelease:
      return {0, SpacePolicy::kExtraReserved};
    case MutationKind::kPromote:
      return {PromoteBlocks(tree, mutation), SpacePolicy::kReserved};
    case MutationKind::kRollback:
    case MutationKind::kRenameSnapshot:
    case MutationKind::kDestroyBookmark:
      return {1, SpacePolicy::kReserved};
    case MutationKind::kRename:
      return {3, SpacePolicy::kReserved};
    case MutationKind::kBookmark:
      return {1, SpacePolicy::kNormal};
    case MutationKind::kHold:
      return {names, SpacePolicy::kReserved};
    case MutationKind::kSetProperty:
    case MutationKind::kInherit:
      return {2, SpacePolicy::kReserved};
  }
  SIM_CHECK(false);
}

SpaceCost ProgramSpaceCost(const Mutation& mutation) {
  switch (mutation.kind) {
    case MutationKind::kClone:
    case MutationKind::kSnapshot:
      return {3, SpacePolicy::kNormal};
    case MutationKind::kBookmark:
      return {1, SpacePolicy::kNormal};
    case MutationKind::kPromote:
      return {3, SpacePolicy::kReserved};
    case MutationKind::kRollback:
    case MutationKind::kRenameSnapshot:
      return {1, SpacePolicy::kReserved};
    case MutationKind::kInherit:
    case MutationKind::kSetProperty:
      return {2, SpacePolicy::kReserved};
    default:
      return {0, SpacePolicy::kExtraReserved};  // Destroys; programs have no further operations.
  }
}

uint64_t NeededBytes(SpaceCost cost) { return 3 * cost.blocks * kSyncTaskBlockBytes; }

int CheckSpace(const DatasetTree& tree, SpaceCost cost, uint64_t extra_bytes) {
  if (cost.policy == SpacePolicy::kNone) return 0;
  const uint64_t needed = NeededBytes(cost);
  const uint64_t used = tree.UsedBytes(tree.root()) + extra_bytes;
  return used + needed > AdjustedPoolBytes(tree.pool_bytes(), cost.policy) ? kENOSPC : 0;
}

int CheckTask(const DatasetTree& tree, const Mutation& mutation, const CheckContext& context,
              CheckDetails* details) {
  if (context.syncing) {
    if (const int full = CheckSpace(tree, IoctlSpaceCost(tree, mutation)); full != 0) return full;
  }
  return Check(tree, mutation, context, details);
}

}  // namespace model
