// SPDX-License-Identifier: Apache-2.0
#include "model/dataset/write_limits.h"

#include <algorithm>
#include <limits>

#include "model/dataset/errno.h"
#include "model/dataset/space_policy.h"

namespace model {
namespace {

constexpr uint64_t kUnlimited = std::numeric_limits<uint64_t>::max();

int CheckRefquota(const Dataset& dataset, uint64_t in_flight) {
  if (dataset.refquota == 0 || dataset.live_bytes + in_flight < dataset.refquota) return 0;
  return in_flight > 0 ? kERESTART : kEDQUOT;
}

}  // namespace

int CheckWrite(const DatasetTree& tree, ObjectId id, absl::FunctionRef<uint64_t(ObjectId)> in_flight) {
  if (const int error = CheckRefquota(tree.DatasetOf(id), in_flight(id))) return error;
  for (ObjectId at = id; at != 0; at = tree.DatasetOf(at).parent) {
    const Dataset& dataset = tree.DatasetOf(at);
    uint64_t quota = dataset.quota == 0 ? kUnlimited : dataset.quota;
    int error = kEDQUOT;
    if (dataset.parent == 0) {
      const uint64_t pool = AdjustedPoolBytes(tree.pool_bytes(), SpacePolicy::kNormal);
      if (pool < quota) error = kENOSPC;
      quota = std::min(quota, pool);
    }
    if (quota == kUnlimited) continue;
    if (dataset.used_bytes >= quota) return error;
    if (dataset.used_bytes + in_flight(at) >= quota + quota / 32) return kERESTART;
  }
  return 0;
}

}  // namespace model
