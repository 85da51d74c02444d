// SPDX-License-Identifier: Apache-2.0
//
// A log-linear histogram of non-negative integers, such as latencies in nanoseconds.
//
// Values below 128 have a bucket each; above, every power of two is cut into 128 equal buckets, so a bucket's
// width is at most 1/128 of its values: quantiles err by less than 0.8 %. Merging adds counts and loses
// nothing, so percentiles of many runs come from the merged histogram, never from averaged percentiles.
#ifndef TXGSIM_SIM_HISTOGRAM_H_
#define TXGSIM_SIM_HISTOGRAM_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace sim {

class Histogram {
 public:
  static constexpr int kSubBucketBits = 7;

  struct Bucket {
    int64_t low = 0;  // Both ends belong to the bucket.
    int64_t high = 0;
    uint64_t count = 0;
    friend bool operator==(const Bucket&, const Bucket&) = default;
  };

  // REQUIRES: value >= 0
  void Add(int64_t value, uint64_t times = 1);
  void Merge(const Histogram& other);

  bool empty() const { return count_ == 0; }
  uint64_t count() const { return count_; }
  // Exact; 0 if empty.
  int64_t min() const { return empty() ? 0 : min_; }
  int64_t max() const { return max_; }
  double Mean() const;

  // The least bucket end that at least q * count() values do not exceed, but no more than max(); 0 if empty.
  // Never below the true quantile. REQUIRES: 0 <= q <= 1
  int64_t Quantile(double q) const;

  // Those that are not empty, ascending.
  std::vector<Bucket> Buckets() const;

  friend bool operator==(const Histogram&, const Histogram&) = default;

 private:
  static size_t IndexOf(int64_t value);
  static Bucket EmptyBucketAt(size_t index);

  std::vector<uint64_t> counts_;  // By bucket index, up to that of the greatest value.
  uint64_t count_ = 0;
  unsigned __int128 sum_ = 0;
  int64_t min_ = std::numeric_limits<int64_t>::max();
  int64_t max_ = 0;
};

}  // namespace sim

#endif  // TXGSIM_SIM_HISTOGRAM_H_
