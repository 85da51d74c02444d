// SPDX-License-Identifier: Apache-2.0
#include "sim/due_queue.h"

#include <algorithm>

#include "sim/check.h"

namespace sim {

namespace {

// By counting for each key those before it: no branch depends on the keys, which beats insertion and merging
// for batches as small as ours.
void SortByRank(std::span<DueKey> keys) {
  constexpr size_t kMax = 48;
  DueKey copy[kMax];
  SIM_DCHECK(keys.size() <= kMax);
  std::copy(keys.begin(), keys.end(), copy);
  const size_t count = keys.size();
  for (size_t i = 0; i < count; ++i) {
    size_t rank = 0;
    for (size_t j = 0; j < count; ++j) rank += KeyLess(copy[j], copy[i]) ? 1 : 0;
    keys[rank] = copy[i];
  }
}

void Sort(std::span<DueKey> keys) {
  if (keys.size() <= 40) {
    SortByRank(keys);
  } else if (!std::is_sorted(keys.begin(), keys.end(), KeyLess)) {
    std::sort(keys.begin(), keys.end(), KeyLess);
  }
}

}  // namespace

std::span<const DueKey> DueQueue::Refill() {
  SIM_DCHECK(near_empty() && !wheel_.empty());
  batch_.clear();
  front_ = 0;
  if (wheel_.size() < kHeapMax / 2) {
    wheel_.TakeAll(&batch_);
    limit_ = kNoLimit;
  } else {
    limit_ = wheel_.TakeEarliest(&batch_);
  }
  near_max_ = kHeapMax;
  Sort(batch_);
  batch_.push_back(kLastKey);
  return {batch_.data(), batch_.size() - 1};
}

void DueQueue::TakeNear(std::vector<DueKey>* out) {
  out->insert(out->end(), batch_.begin() + static_cast<std::ptrdiff_t>(front_), batch_.end() - 1);
  out->insert(out->end(), heap_.begin(), heap_.end());
  heap_.Clear();
  batch_.assign(1, kLastKey);
  front_ = 0;
}

void DueQueue::SpreadNear() {
  const uint64_t first = NearTop().time;
  const bool rebuild = !wheel_.CanRebase(first);
  const size_t moved = NearSize() + (rebuild ? wheel_.size() : 0);
  // If it cannot help, or would move much more than was pushed since the last time, let the heap grow first.
  near_max_ = 2 * heap_.size();
  if (limit_ - first <= 1 || moved > 8 * heap_.size()) return;
  std::vector<DueKey> keys;
  keys.reserve(moved);
  TakeNear(&keys);
  if (rebuild) wheel_.TakeAll(&keys);
  MoveToWheel(keys, first);
}

void DueQueue::Rebuild(const std::vector<DueKey>& keys) {
  if (keys.size() <= kHeapMax / 2) {
    for (const DueKey& key : keys) heap_.Push(key);
    limit_ = kNoLimit;
    near_max_ = kHeapMax;
  } else {
    MoveToWheel(keys, std::min_element(keys.begin(), keys.end(), KeyLess)->time);
  }
}

void DueQueue::MoveToWheel(const std::vector<DueKey>& keys, uint64_t first) {
  wheel_.Rebase(first);
  limit_ = first;
  near_max_ = kHeapMax;
  for (const DueKey& key : keys) wheel_.Push(key);
}

}  // namespace sim
