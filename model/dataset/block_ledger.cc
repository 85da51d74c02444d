// SPDX-License-Identifier: Apache-2.0
#include "model/dataset/block_ledger.h"

#include <algorithm>

#include "sim/check.h"

namespace model {

void BlockLedger::Add(ObjectId birth, uint64_t bytes) {
  if (bytes != 0) bytes_[birth] += bytes;
}

void BlockLedger::Add(const BlockLedger& other) {
  for (const auto& [birth, bytes] : other.bytes_) bytes_[birth] += bytes;
}

BlockLedger BlockLedger::TakeFrom(ObjectId birth) {
  BlockLedger taken;
  const auto first = bytes_.lower_bound(birth);
  taken.bytes_.insert(first, bytes_.end());
  bytes_.erase(first, bytes_.end());
  return taken;
}

BlockLedger BlockLedger::TakeBefore(ObjectId birth) {
  BlockLedger taken;
  const auto end = bytes_.lower_bound(birth);
  taken.bytes_.insert(bytes_.begin(), end);
  bytes_.erase(bytes_.begin(), end);
  return taken;
}

BlockLedger BlockLedger::TakeEvenly(uint64_t bytes) {
  using Wide = unsigned __int128;
  const uint64_t total = Total();
  bytes = std::min(bytes, total);
  BlockLedger taken;
  if (bytes == 0) return taken;
  uint64_t passed = 0;
  uint64_t taken_sum = 0;
  for (auto it = bytes_.begin(); it != bytes_.end();) {
    passed += it->second;
    const auto due = static_cast<uint64_t>(Wide{bytes} * passed / total);
    const uint64_t share = due - taken_sum;
    SIM_CHECK(share <= it->second);
    taken_sum = due;
    taken.Add(it->first, share);
    it->second -= share;
    it = it->second == 0 ? bytes_.erase(it) : std::next(it);
  }
  return taken;
}

void BlockLedger::Subtract(const BlockLedger& other) {
  for (const auto& [birth, bytes] : other.bytes_) {
    const auto it = bytes_.find(birth);
    SIM_CHECK(it != bytes_.end());
    SIM_CHECK(it->second >= bytes);
    it->second -= bytes;
    if (it->second == 0) bytes_.erase(it);
  }
}

uint64_t BlockLedger::Total() const { return TotalFrom(0); }

uint64_t BlockLedger::TotalFrom(ObjectId birth) const {
  uint64_t total = 0;
  for (auto it = bytes_.lower_bound(birth); it != bytes_.end(); ++it) total += it->second;
  return total;
}

}  // namespace model
