// SPDX-License-Identifier: Apache-2.0
#include "sim/distribution.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "gtest/gtest.h"
#include "sim/portable_math.h"

namespace sim {
namespace {

constexpr int64_t kMs = 1'000'000;

std::vector<Distribution> OneOfEachKind() {
  return {Distribution::Constant(5 * kMs),    Distribution::Uniform(2 * kMs, 4 * kMs),
          Distribution::Exponential(3 * kMs), Distribution::Lognormal(kMs, 0.5),
          Distribution::Pareto(kMs, 3),       Distribution::Empirical({30, 10, 20, 10})};
}

TEST(DistributionTest, QuantilesAreThoseOfTheFormulas) {
  // -ln(1 - 0.5) * 3e6 = 2079441.54; -ln(0.01) * 3e6 = 13815510.56
  const Distribution exponential = Distribution::Exponential(3 * kMs);
  EXPECT_EQ(exponential.Quantile(0.5), 2'079'442);
  EXPECT_EQ(exponential.Quantile(QuantilePoint::kP99), 13'815'511);
  // The median is the median; one sigma up, at Phi(1) = 0.841344746, is e^0.5 = 1.648721 times as much.
  const Distribution lognormal = Distribution::Lognormal(kMs, 0.5);
  EXPECT_EQ(lognormal.Quantile(QuantilePoint::kP50), kMs);
  EXPECT_NEAR(static_cast<double>(lognormal.Quantile(0.841344746068543)), 1'648'721, 1);
  // 1e6 * 0.1^(-1/3) = 2154434.69; and 8^(1/3) = 2 at u = 7/8.
  const Distribution pareto = Distribution::Pareto(kMs, 3);
  EXPECT_EQ(pareto.Quantile(QuantilePoint::kP90), 2'154'435);
  EXPECT_EQ(pareto.Quantile(0.875), 2 * kMs);
  EXPECT_EQ(pareto.Quantile(QuantilePoint::kMin), kMs);
  // Sorted: 10 10 20 30, a quarter of (0, 1) each.
  const Distribution empirical = Distribution::Empirical({30, 10, 20, 10});
  EXPECT_EQ(empirical.Quantile(0.49), 10);
  EXPECT_EQ(empirical.Quantile(0.51), 20);
  EXPECT_EQ(empirical.Quantile(QuantilePoint::kMin), 10);
  EXPECT_EQ(empirical.Quantile(QuantilePoint::kMax), 30);
}

TEST(DistributionTest, UniformReachesBothEnds) {
  const Distribution die = Distribution::Uniform(1, 6);
  EXPECT_EQ(die.Quantile(QuantilePoint::kMin), 1);
  EXPECT_EQ(die.Quantile(QuantilePoint::kMax), 6);
  Stream stream(1, "die");
  int counts[7] = {};
  for (int i = 0; i < 60'000; ++i) ++counts[die.Draw(stream)];
  // Standard deviation sqrt(60000 * 1/6 * 5/6) = 91.
  for (int face = 1; face <= 6; ++face) EXPECT_NEAR(counts[face], 10'000, 5 * 91);
  const Distribution wide = Distribution::Uniform(0, 1'000'000'000'000'000);
  EXPECT_EQ(wide.Quantile(QuantilePoint::kMax), 1'000'000'000'000'000);
}

TEST(DistributionTest, QuantilesNeverDecrease) {
  for (const Distribution& distribution : OneOfEachKind()) {
    int64_t last = distribution.Quantile(QuantilePoint::kMin);
    for (int i = 1; i < 10'000; ++i) {
      const int64_t value = distribution.Quantile(i / 10'000.0);
      ASSERT_LE(last, value) << distribution.DebugString() << " at " << i;
      last = value;
    }
    EXPECT_LE(last, distribution.Quantile(QuantilePoint::kMax));
  }
}

TEST(DistributionTest, ASeriesGivesTheDrawsOfItsStreamInOrder) {
  for (const Distribution& distribution : OneOfEachKind()) {
    DrawSeries series({3, "series"}, distribution);
    Stream stream(3, "series");
    for (int i = 0; i < 1000; ++i) ASSERT_EQ(series.Next(), distribution.Draw(stream));
  }
}

// A draw of the exponential kind has a way of its own through the logarithm.
TEST(DistributionTest, ExponentialDrawsAreThoseOfTheLogarithm) {
  Stream stream(4, "log");
  for (int64_t mean : {int64_t{1}, 3 * kMs, Distribution::kMaxNs}) {
    const Distribution exponential = Distribution::Exponential(mean);
    for (int i = 0; i < 10'000; ++i) {
      const double u = stream.NextUniform01();
      ASSERT_EQ(exponential.Quantile(u),
                std::min(RoundToInt64(static_cast<double>(mean) * -Log(1 - u)), Distribution::kMaxNs));
    }
  }
}

// The mean of n draws strays from the true one by sd / sqrt(n); five of them are allowed. Relative standard
// deviations: uniform(2,4) 0.193, exponential 1, lognormal(0.5) 0.533, pareto(3) 0.577, empirical 0.474.
TEST(DistributionTest, MeansOfManyDrawsAreTheMean) {
  constexpr int kDraws = 400'000;
  const double relative_deviation[] = {0, 0.193, 1, 0.533, 0.577, 0.474};
  int row = 0;
  for (const Distribution& distribution : OneOfEachKind()) {
    Stream stream(2, "mean");
    double sum = 0;
    for (int i = 0; i < kDraws; ++i) sum += static_cast<double>(distribution.Draw(stream));
    const double error = 5 * relative_deviation[row++] / std::sqrt(kDraws);
    EXPECT_NEAR(sum / kDraws / distribution.Mean(), 1, error) << distribution.DebugString();
    EXPECT_EQ(stream.count(), uint64_t{kDraws});
  }
}

// The second moment about the mean of an exponential variable is mean^2, its relative error over n draws
// sqrt(8 / n) = 0.0045.
TEST(DistributionTest, ExponentialHasTheVarianceOfItsKind) {
  constexpr int kDraws = 400'000;
  const Distribution distribution = Distribution::Exponential(kMs);
  Stream stream(3, "variance");
  double sum = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = static_cast<double>(distribution.Draw(stream)) / kMs - 1;
    sum += x * x;
  }
  EXPECT_NEAR(sum / kDraws, 1, 5 * 0.0045);
}

TEST(DistributionTest, DrawsAreCutOffNotOverflown) {
  EXPECT_EQ(Distribution::Pareto(1000, 0.01).Quantile(QuantilePoint::kP99), Distribution::kMaxNs);
  EXPECT_EQ(Distribution::Lognormal(1000, 10).Quantile(QuantilePoint::kMax), Distribution::kMaxNs);
  EXPECT_EQ(Distribution::Pareto(1000, 0.5).Mean(), std::numeric_limits<double>::infinity());
}

TEST(DistributionTest, ZeroIsAValueOfEveryKind) {
  for (const Distribution& zero :
       {Distribution(), Distribution::Uniform(0, 0), Distribution::Exponential(0),
        Distribution::Lognormal(0, 1), Distribution::Pareto(0, 1), Distribution::Empirical({0})}) {
    EXPECT_EQ(zero.Quantile(QuantilePoint::kP99), 0) << zero.DebugString();
  }
}

TEST(DistributionTest, BadParametersAreRefusedWithWhatIsAccepted) {
  using Kind = Distribution::Kind;
  const auto message = [](Kind kind, std::vector<double> parameters) {
    return std::string(Distribution::CheckParameters(kind, parameters).message());
  };
  EXPECT_EQ(message(Kind::kExponential, {5}), "");
  EXPECT_EQ(message(Kind::kExponential, {-1}),
            "exponential: mean_ns is -1; accepted: a whole number, 0 to 9007199254740992");
  EXPECT_EQ(message(Kind::kConstant, {0.5}),
            "constant: value_ns is 0.5; accepted: a whole number, 0 to 9007199254740992");
  EXPECT_EQ(message(Kind::kLognormal, {5, 11}), "lognormal: sigma is 11; accepted: 0 to 10");
  EXPECT_EQ(message(Kind::kPareto, {5, 0}), "pareto: alpha is 0; accepted: 0.001 to 1000");
  EXPECT_EQ(message(Kind::kPareto, {5, std::nan("")}), "pareto: alpha is nan; accepted: 0.001 to 1000");
  EXPECT_EQ(message(Kind::kUniform, {5, 4}), "uniform: low_ns is 5, above high_ns, which is 4");
  EXPECT_EQ(message(Kind::kUniform, {5}), "uniform: 1 parameters given; accepted: 2");
  EXPECT_EQ(message(Kind::kEmpirical, {}), "empirical: no samples; accepted: at least one");
  EXPECT_EQ(message(Kind::kEmpirical, {1, -2}),
            "empirical: sample_ns is -2; accepted: a whole number, 0 to 9007199254740992");
}

TEST(DistributionTest, TextNamesKindAndParameters) {
  EXPECT_EQ(Distribution::Lognormal(100'000, 0.5).DebugString(), "lognormal(median_ns=100000, sigma=0.5)");
  EXPECT_EQ(Distribution::Uniform(1, 6).DebugString(), "uniform(low_ns=1, high_ns=6)");
  EXPECT_EQ(Distribution::Empirical({1, 2}).DebugString(), "empirical(2 samples)");
}

TEST(DistributionTest, PointsHaveNamesThatParse) {
  for (QuantilePoint point : kQuantilePoints) {
    EXPECT_EQ(ParseQuantilePoint(Name(point)).value(), point);
  }
  EXPECT_EQ(ParseQuantilePoint("p95").status().message(),
            "'p95' is no point of a distribution; accepted: min, p10, p50, p90, p99, max");
}

}  // namespace
}  // namespace sim
