// SPDX-License-Identifier: Apache-2.0
#include "model/script/result/statistics.h"

#include <gtest/gtest.h>

namespace model {
namespace {

// The quantiles as every table of them has them.
TEST(StatisticsTest, StudentsQuantilesAreThoseOfTheTables) {
  EXPECT_NEAR(StudentQuantile975(1), 12.706, 0.0005);
  EXPECT_NEAR(StudentQuantile975(2), 4.303, 0.0005);
  EXPECT_NEAR(StudentQuantile975(9), 2.262, 0.0005);
  EXPECT_NEAR(StudentQuantile975(11), 2.20098516, 0.00001);
  EXPECT_NEAR(StudentQuantile975(30), 2.04227246, 0.000001);
  EXPECT_NEAR(StudentQuantile975(120), 1.97993041, 0.000001);
  for (size_t degrees = 1; degrees < 200; ++degrees)
    EXPECT_GT(StudentQuantile975(degrees), StudentQuantile975(degrees + 1)) << degrees;
  EXPECT_NEAR(StudentQuantile975(1'000'000'000), 1.95996398, 0.00000001);
}

// 2 4 4 4 5 5 7 9: mean 5, squares 9+1+1+1+0+0+4+16 = 32, over 7; t(7) = 2.36462;
// 2.36462 * sqrt(32 / 7) / sqrt(8) = 1.78749.
TEST(StatisticsTest, AnIntervalIsThatOfStudent) {
  const Summary summary = Summarise({2, 4, 4, 4, 5, 5, 7, 9});
  EXPECT_EQ(summary.count, 8u);
  EXPECT_EQ(summary.mean, 5);
  EXPECT_NEAR(summary.ci95.value(), 1.78749, 0.00001);
  EXPECT_EQ(summary.min, 2);
  EXPECT_EQ(summary.max, 9);
}

TEST(StatisticsTest, OneValueHasNoIntervalAndEqualOnesHaveNone) {
  EXPECT_FALSE(Summarise({3}).ci95.has_value());
  EXPECT_EQ(Summarise({3}).mean, 3);
  EXPECT_EQ(Summarise({3, 3, 3}).ci95, 0);
  EXPECT_EQ(Summarise({}).count, 0u);
}

}  // namespace
}  // namespace model
