// SPDX-License-Identifier: Apache-2.0
#include "sim/random.h"

#include <array>
#include <cstdint>
#include <limits>

#include "gtest/gtest.h"

namespace sim {
namespace {

// Computed from the definition in the head of random.h with Python's integers.
TEST(RandomTest, PrfMatchesItsTestVectors) {
  EXPECT_EQ(Prf(0, 0, 0), 0xa706dd2f4d197e6fu);
  EXPECT_EQ(Prf(0, 0, 1), 0xb382a305f4414f5eu);
  EXPECT_EQ(Prf(1, 0, 0), 0x5e41ab087439611eu);
  EXPECT_EQ(Prf(0, 1, 0), 0x08b4fda8c892b50eu);
  EXPECT_EQ(HashName("disk0/service"), 0x8b35b01b6d27af66u);
  EXPECT_EQ(Prf(42, HashName("disk0/service"), 0), 0xaf8e5d282486f051u);
  EXPECT_EQ(Prf(42, HashName("disk0/service"), 1'000'000), 0x86f197b83f28aaa7u);
  constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();
  EXPECT_EQ(Prf(kMax, kMax, kMax - 1), 0x1c331b27e968eab6u);
}

// With key ^ SeedBase == 0 the stream is SplitMix64 from state 0, whose first outputs are published widely.
TEST(RandomTest, AStreamFromZeroIsSplitMix64) {
  const uint64_t key = SeedBase(7);
  EXPECT_EQ(Prf(7, key, 0), 0xe220a8397b1dcdafu);
  EXPECT_EQ(Prf(7, key, 1), 0x6e789e6aa1b965f4u);
  EXPECT_EQ(Prf(7, key, 2), 0x06c45d188009454fu);
}

TEST(RandomTest, AStreamCountsThroughThePrf) {
  Stream stream(42, "disk0/service");
  for (uint64_t k = 0; k < 100; ++k) {
    EXPECT_EQ(stream.count(), k);
    EXPECT_EQ(stream.NextU64(), Prf(42, HashName("disk0/service"), k));
  }
}

TEST(RandomTest, AddingAStreamLeavesOthersUnchanged) {
  Stream alone(1, "disk0/service");
  std::array<uint64_t, 50> expected;
  for (uint64_t& x : expected) x = alone.NextU64();
  Stream disk(1, "disk0/service");
  Stream newcomer(1, "disk1/service");
  for (uint64_t x : expected) {
    EXPECT_NE(newcomer.NextU64(), x);
    EXPECT_EQ(disk.NextU64(), x);
    newcomer.NextBelow(3);
  }
}

TEST(RandomTest, UniformStaysInsideTheOpenIntervalAndIsSymmetric) {
  EXPECT_EQ(UniformFromBits(0), 0x1p-53);
  EXPECT_EQ(UniformFromBits(~uint64_t{0}), 1.0 - 0x1p-53);
  EXPECT_EQ(1.0 - UniformFromBits(0x123456789abcdef0), UniformFromBits(~uint64_t{0x123456789abcdef0}));
}

// The mean of n uniform numbers has standard deviation 1 / sqrt(12 n): 0.00029 for a million; five of them
// are allowed. The variance is 1/12 with standard deviation sqrt((1/80 - 1/144) / n) = 0.000075.
TEST(RandomTest, UniformHasTheMomentsOfAUniformVariable) {
  constexpr int kDraws = 1'000'000;
  Stream stream(3, "moments");
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double u = stream.NextUniform01();
    sum += u;
    squares += (u - 0.5) * (u - 0.5);
  }
  EXPECT_NEAR(sum / kDraws, 0.5, 5 * 0.00029);
  EXPECT_NEAR(squares / kDraws, 1.0 / 12, 5 * 0.000075);
}

// Chi-square with 15 degrees of freedom exceeds 50 with probability 1.2e-5. Streams of neighbouring keys,
// counts and seeds are read in turn, which is how a simulation reads them.
TEST(RandomTest, NumbersOfNeighbouringKeysSeedsAndCountsAreSpreadEvenly) {
  for (int shift : {0, 20, 60}) {
    std::array<int, 16> counts{};
    for (uint64_t seed = 0; seed < 16; ++seed) {
      for (uint64_t key = 0; key < 32; ++key) {
        for (uint64_t k = 0; k < 32; ++k) ++counts[(Prf(seed, key, k) >> shift) % 16];
      }
    }
    const double expected = 16.0 * 32 * 32 / 16;
    double chi_square = 0;
    for (int count : counts) chi_square += (count - expected) * (count - expected) / expected;
    EXPECT_LT(chi_square, 50) << "bits from " << shift;
  }
}

TEST(RandomTest, NextBelowIsEvenForABoundThatDividesBadly) {
  constexpr int kDraws = 300'000;
  // For n = 3 * 2^62 a plain multiplication would give two thirds of the values half the weight of the rest.
  constexpr uint64_t kBound = uint64_t{3} << 62;
  Stream stream(9, "below");
  std::array<int, 3> thirds{};
  for (int i = 0; i < kDraws; ++i) ++thirds[stream.NextBelow(kBound) >> 62];
  // Standard deviation of each count: sqrt(300000 * 1/3 * 2/3) = 258.
  for (int count : thirds) EXPECT_NEAR(count, kDraws / 3, 5 * 258);
  EXPECT_EQ(stream.count(), uint64_t{kDraws});
}

TEST(RandomTest, ARejectedNumberIsMixedAnew) {
  // 2^64 mod 3 = 1, so only a low product word of 0 is rejected: that of bits = 0.
  EXPECT_EQ(BelowFromBits(0, 3), BelowFromBits(0xe220a8397b1dcdaf, 3));
  EXPECT_EQ(BelowFromBits(1, 3), 0u);
  EXPECT_EQ(BelowFromBits(~uint64_t{0}, 3), 2u);
}

TEST(RandomTest, NextBetweenReachesBothEndsAndTheWholeRange) {
  Stream stream(5, "between");
  bool low = false;
  bool high = false;
  for (int i = 0; i < 200; ++i) {
    const int64_t x = stream.NextBetween(-2, 2);
    ASSERT_GE(x, -2);
    ASSERT_LE(x, 2);
    low |= x == -2;
    high |= x == 2;
  }
  EXPECT_TRUE(low);
  EXPECT_TRUE(high);
  EXPECT_EQ(stream.NextBetween(4, 4), 4);
  const int64_t whole =
      stream.NextBetween(std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(static_cast<uint64_t>(whole), Prf(5, HashName("between"), 201) + (uint64_t{1} << 63));
}

TEST(RandomTest, NextChanceHoldsItsRatio) {
  Stream stream(6, "chance");
  int hits = 0;
  for (int i = 0; i < 100'000; ++i) hits += stream.NextChance(1, 4);
  // Standard deviation sqrt(100000 * 3/16) = 137.
  EXPECT_NEAR(hits, 25'000, 5 * 137);
  EXPECT_FALSE(stream.NextChance(0, 4));
  EXPECT_TRUE(stream.NextChance(4, 4));
}

}  // namespace
}  // namespace sim
