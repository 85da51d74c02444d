// SPDX-License-Identifier: Apache-2.0
#include "model/dataset/write_limits.h"

#include <algorithm>
#include <limits>

#include "model/dataset/errno.h"
#include "model/dataset/space_policy.h"

namespace model {
namespace {

constexpr uint64_t kUnlimited = std::numeric_limits<uint64_t>::max();
constexpr uint64_t kMinBlockBytes = 512;  // SPA_MINBLOCKSIZE

// By how much a growth shows above something that has `reserved` set aside (parent_delta).
uint64_t GrowthAbove(uint64_t used, uint64_t growth, uint64_t reserved) {
  return std::max(used + growth, reserved) - std::max(used, reserved);
}

// dsl_dataset.c:dsl_dataset_check_quota, for the quota of the head.
int CheckRefquota(const Dataset& dataset, uint64_t in_flight) {
  if (dataset.refquota == 0 || dataset.live_bytes + in_flight < dataset.refquota) return 0;
  return in_flight > 0 ? kERESTART : kEDQUOT;
}

// One level of dsl_dir_tempreserve_impl.
int CheckLevel(const DatasetTree& tree, const Dataset& dataset, uint64_t used, uint64_t in_flight) {
  uint64_t quota = dataset.quota == 0 ? kUnlimited : dataset.quota;
  int error = kEDQUOT;
  if (dataset.parent == 0) {
    const uint64_t pool = AdjustedPoolBytes(tree.pool_bytes(), SpacePolicy::kNormal);
    if (pool < quota) error = kENOSPC;
    quota = std::min(quota, pool);
  }
  if (quota == kUnlimited) return 0;
  if (used >= quota) return error;
  return used + in_flight >= quota + quota / 32 ? kERESTART : 0;
}

}  // namespace

uint64_t WorstCaseBytes(uint64_t bytes, uint64_t inflation) {
  return bytes == 0 ? 0 : std::max(bytes, kMinBlockBytes) * inflation;
}

int SpaceInFlight::Reserve(const DatasetTree& tree, ObjectId id, uint64_t txg, uint64_t asize,
                           Reservation* reservation) {
  Reservation done{.txg = txg, .parts = {}};
  const Dataset& head = tree.DatasetOf(id);
  uint64_t in_flight = Of(id);
  int error = CheckRefquota(head, in_flight);
  // What is set aside for the head and not used counts as free for it.
  uint64_t used = head.used_bytes - tree.UsedByRefreservation(head);
  const uint64_t unique = tree.UniqueBytes(id);
  uint64_t from_refreservation = 0;
  if (head.refreservation > unique) {
    const uint64_t above = GrowthAbove(unique, asize + in_flight, head.refreservation);
    from_refreservation = asize - std::min(asize, above);
  }
  while (error == 0) {
    const Dataset& dataset = tree.DatasetOf(id);
    error = CheckLevel(tree, dataset, used, in_flight);
    if (error != 0) break;
    reserved_[id][txg % kSlots] += asize;
    done.parts.emplace_back(id, asize);
    asize = GrowthAbove(used + in_flight, asize - from_refreservation, dataset.reservation);
    from_refreservation = 0;
    if (asize == 0 || dataset.parent == 0) break;
    id = dataset.parent;
    used = tree.DatasetOf(id).used_bytes;
    in_flight = Of(id);
  }
  if (error != 0) {
    Release(&done);
    return error;
  }
  *reservation = std::move(done);
  return 0;
}

void SpaceInFlight::Release(Reservation* reservation) {
  for (const auto& [id, bytes] : reservation->parts) {
    const auto it = reserved_.find(id);
    it->second[reservation->txg % kSlots] -= bytes;
    if (it->second == PerTxg{}) reserved_.erase(it);
  }
  reservation->parts.clear();
}

void SpaceInFlight::Write(const DatasetTree& tree, ObjectId id, uint64_t txg, uint64_t bytes) {
  uint64_t growth = WorstCaseBytes(bytes, inflation_);
  while (growth != 0 && id != 0) {
    const Dataset* dataset = tree.FindDataset(id);
    if (dataset == nullptr) return;
    written_[id][txg % kSlots] += growth;
    growth = GrowthAbove(dataset->used_bytes + Of(id), growth, dataset->reservation);
    id = dataset->parent;
  }
}

void SpaceInFlight::Forget(uint64_t txg) {
  for (auto it = written_.begin(); it != written_.end();) {
    it->second[txg % kSlots] = 0;
    it = it->second == PerTxg{} ? written_.erase(it) : std::next(it);
  }
}

uint64_t SpaceInFlight::Of(ObjectId id) const {
  uint64_t total = 0;
  for (const auto* map : {&reserved_, &written_}) {
    const auto it = map->find(id);
    if (it == map->end()) continue;
    for (const uint64_t bytes : it->second) total += bytes;
  }
  return total;
}

int CheckWrite(const DatasetTree& tree, ObjectId dataset, uint64_t asize) {
  SpaceInFlight nothing;
  SpaceInFlight::Reservation ignored;
  return nothing.Reserve(tree, dataset, 0, asize, &ignored);
}

}  // namespace model
