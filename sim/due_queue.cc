// SPDX-License-Identifier: Apache-2.0
#include "sim/due_queue.h"

#include <algorithm>

#include "sim/check.h"

namespace sim {

namespace {

bool KeyGreater(const DueKey& a, const DueKey& b) { return KeyLess(b, a); }

// By counting for each key those behind it: no branch depends on the keys, which beats insertion and merging
// for batches as small as ours.
void SortByRank(DueKey* keys, size_t count) {
  constexpr size_t kMax = 48;
  DueKey copy[kMax];
  SIM_DCHECK(count <= kMax);
  std::copy(keys, keys + count, copy);
  for (size_t i = 0; i < count; ++i) {
    size_t rank = 0;
    for (size_t j = 0; j < count; ++j) rank += KeyGreater(copy[j], copy[i]) ? 1 : 0;
    keys[rank] = copy[i];
  }
}

// Latest first.
void Sort(DueKey* begin, DueKey* end) {
  if (end - begin <= 40) {
    SortByRank(begin, static_cast<size_t>(end - begin));
    return;
  }
  // Keys due at one instant come in the order of their pushes.
  std::reverse(begin, end);
  if (!std::is_sorted(begin, end, KeyGreater)) std::sort(begin, end, KeyGreater);
}

}  // namespace

std::span<const DueKey> DueQueue::Refill() {
  SIM_DCHECK(near_empty() && !wheel_.empty());
  if (wheel_.size() < kWheelMin) {
    wheel_.TakeAll(&row_);
    limit_ = kNoLimit;
  } else {
    limit_ = wheel_.TakeEarliest(&row_);
  }
  near_max_ = kHeapMax;
  Sort(row_.begin() + 1, row_.end());
  return {row_.begin() + 1, row_.size() - 1};
}

void DueQueue::TakeNear(DueBuffer* out) {
  out->Append(row_.begin() + 1, row_.size() - 1);
  out->Append(heap_.begin(), heap_.size());
  heap_.Clear();
  row_.Clear();
  row_.Append(&kLastKey, 1);
}

void DueQueue::SpreadNear() {
  const uint64_t first = NearTop().time;
  const bool rebuild = !wheel_.CanRebase(first);
  const size_t moved = NearSize() + (rebuild ? wheel_.size() : 0);
  // If it cannot help, or would move much more than was pushed since the last time, let the heap grow first.
  near_max_ = 2 * heap_.size();
  if (limit_ - first <= 1 || moved > 8 * heap_.size()) return;
  DueBuffer keys(moved);
  TakeNear(&keys);
  if (rebuild) wheel_.TakeAll(&keys);
  MoveToWheel(keys.begin(), keys.end(), first);
}

void DueQueue::Rebuild(const DueKey* begin, const DueKey* end) {
  if (end - begin <= static_cast<std::ptrdiff_t>(kWheelMin)) {
    for (; begin != end; ++begin) Insert(*begin);
    limit_ = kNoLimit;
    near_max_ = kHeapMax;
  } else {
    MoveToWheel(begin, end, std::min_element(begin, end, KeyLess)->time);
  }
}

void DueQueue::MoveToWheel(const DueKey* begin, const DueKey* end, uint64_t first) {
  wheel_.Rebase(first);
  limit_ = first;
  near_max_ = kHeapMax;
  for (; begin != end; ++begin) wheel_.Push(*begin);
}

}  // namespace sim
