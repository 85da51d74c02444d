// SPDX-License-Identifier: Apache-2.0
#include "sim/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "sim/check.h"

namespace sim {

namespace {
constexpr int kBits = Histogram::kSubBucketBits;
constexpr uint64_t kSubBuckets = uint64_t{1} << kBits;
}  // namespace

// A value is shifted right until it is below 2 * kSubBuckets; the index is what is left plus kSubBuckets a
// shift.
size_t Histogram::IndexOf(int64_t value) {
  const uint64_t bits = static_cast<uint64_t>(value);
  const int shift = std::max(static_cast<int>(std::bit_width(bits)) - (kBits + 1), 0);
  return static_cast<size_t>(shift) * kSubBuckets + (bits >> shift);
}

Histogram::Bucket Histogram::EmptyBucketAt(size_t index) {
  const size_t shift = index < kSubBuckets ? 0 : index / kSubBuckets - 1;
  const int64_t low = static_cast<int64_t>((index - shift * kSubBuckets) << shift);
  return {.low = low, .high = low + ((int64_t{1} << shift) - 1)};
}

void Histogram::Add(int64_t value, uint64_t times) {
  SIM_CHECK(value >= 0);
  if (times == 0) return;
  const size_t index = IndexOf(value);
  if (index >= counts_.size()) counts_.resize(index + 1);
  counts_[index] += times;
  count_ += times;
  sum_ += static_cast<unsigned __int128>(value) * times;
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
}

void Histogram::Merge(const Histogram& other) {
  if (other.counts_.size() > counts_.size()) counts_.resize(other.counts_.size());
  for (size_t i = 0; i < other.counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

double Histogram::Mean() const {
  return empty() ? 0 : static_cast<double>(sum_) / static_cast<double>(count_);
}

int64_t Histogram::Quantile(double q) const {
  SIM_CHECK(q >= 0 && q <= 1);
  if (empty()) return 0;
  const double wanted = std::max(1.0, std::ceil(q * static_cast<double>(count_)));
  uint64_t seen = 0;
  for (size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (static_cast<double>(seen) >= wanted) return std::min(EmptyBucketAt(i).high, max_);
  }
  return max_;
}

std::vector<Histogram::Bucket> Histogram::Buckets() const {
  std::vector<Bucket> buckets;
  for (size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    buckets.push_back(EmptyBucketAt(i));
    buckets.back().count = counts_[i];
  }
  return buckets;
}

}  // namespace sim
