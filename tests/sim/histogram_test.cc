// SPDX-License-Identifier: Apache-2.0
#include "sim/histogram.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sim/random.h"

namespace sim {
namespace {

using ::testing::ElementsAre;

TEST(HistogramTest, AnEmptyOneIsAllZero) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.min(), 0);
  EXPECT_EQ(histogram.max(), 0);
  EXPECT_EQ(histogram.Mean(), 0);
  EXPECT_EQ(histogram.Quantile(0.5), 0);
}

TEST(HistogramTest, SmallValuesAreExact) {
  Histogram histogram;
  for (int64_t v = 1; v <= 100; ++v) histogram.Add(v);
  EXPECT_EQ(histogram.Quantile(0), 1);
  EXPECT_EQ(histogram.Quantile(0.5), 50);
  EXPECT_EQ(histogram.Quantile(0.99), 99);
  EXPECT_EQ(histogram.Quantile(1), 100);
  EXPECT_EQ(histogram.Mean(), 50.5);
  EXPECT_EQ(histogram.min(), 1);
  EXPECT_EQ(histogram.max(), 100);
}

// 300 = 150 << 1, so it shares [300, 301]; 1000 = 250 << 2: [1000, 1003].
TEST(HistogramTest, BucketsAreThoseOfTheDefinition) {
  Histogram histogram;
  histogram.Add(255);
  histogram.Add(256);
  histogram.Add(257);
  histogram.Add(300, 3);
  histogram.Add(1001);
  EXPECT_THAT(histogram.Buckets(),
              ElementsAre(Histogram::Bucket{255, 255, 1}, Histogram::Bucket{256, 257, 2},
                          Histogram::Bucket{300, 301, 3}, Histogram::Bucket{1000, 1003, 1}));
}

TEST(HistogramTest, EveryValueLiesInANarrowBucketOfItsOwn) {
  Stream stream(1, "values");
  for (int i = 0; i < 20'000; ++i) {
    const int64_t value = static_cast<int64_t>(stream.NextU64() >> (1 + stream.NextBelow(63)));
    Histogram histogram;
    histogram.Add(value);
    const std::vector<Histogram::Bucket> buckets = histogram.Buckets();
    ASSERT_EQ(buckets.size(), 1u);
    ASSERT_LE(buckets[0].low, value);
    ASSERT_GE(buckets[0].high, value);
    ASSERT_LE(buckets[0].high - buckets[0].low, value / 128);
  }
}

TEST(HistogramTest, TheGreatestValueFits) {
  Histogram histogram;
  histogram.Add(std::numeric_limits<int64_t>::max(), 1'000'000);
  EXPECT_EQ(histogram.Quantile(0.5), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(histogram.Mean(), 0x1p63);
  EXPECT_EQ(histogram.max(), std::numeric_limits<int64_t>::max());
}

TEST(HistogramTest, QuantilesErrByLessThanAHundredTwentyEighth) {
  Stream stream(2, "values");
  Histogram histogram;
  std::vector<int64_t> values;
  for (int i = 0; i < 50'000; ++i) {
    values.push_back(static_cast<int64_t>(stream.NextU64() >> (24 + stream.NextBelow(20))));
    histogram.Add(values.back());
  }
  std::sort(values.begin(), values.end());
  for (double q : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const int64_t exact = values[static_cast<size_t>(std::max(1.0, q * 50'000)) - 1];
    EXPECT_GE(histogram.Quantile(q), exact) << q;
    EXPECT_LE(histogram.Quantile(q), exact + exact / 128) << q;
  }
}

TEST(HistogramTest, MergingIsAddingAllValues) {
  Stream stream(3, "values");
  Histogram parts[3];
  Histogram whole;
  for (int i = 0; i < 3000; ++i) {
    const int64_t value = static_cast<int64_t>(stream.NextBelow(uint64_t{1} << (10 + 10 * (i % 3))));
    parts[i % 3].Add(value);
    whole.Add(value);
  }
  Histogram merged;
  for (const Histogram& part : parts) merged.Merge(part);
  EXPECT_EQ(merged, whole);
  Histogram reversed;
  for (int i = 2; i >= 0; --i) reversed.Merge(parts[i]);
  EXPECT_EQ(reversed, whole);
}

TEST(HistogramTest, AddingNoTimesChangesNothing) {
  Histogram histogram;
  histogram.Add(5, 0);
  EXPECT_EQ(histogram, Histogram());
}

}  // namespace
}  // namespace sim
