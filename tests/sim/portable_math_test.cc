// SPDX-License-Identifier: Apache-2.0
//
// Against the C library in long double (64-bit mantissa on x86, at least 53 elsewhere), in units in the last
// place of the true value; and bit patterns that every platform must reproduce.
#include "sim/portable_math.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "gtest/gtest.h"
#include "sim/double_double.h"
#include "sim/random.h"

namespace sim {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// |actual - expected| in units of the last place of a double near `expected`.
double UlpError(double actual, long double expected) {
  if (static_cast<double>(expected) == actual) {
    if (std::isinf(actual)) return 0;
  }
  int exponent = 0;
  std::frexp(expected, &exponent);
  const long double unit = std::ldexp(1.0L, std::max(exponent - 53, -1074));
  return static_cast<double>(std::fabs(static_cast<long double>(actual) - expected) / unit);
}

// Positive doubles of every magnitude, and many near 1.
double AnyPositive(Stream& stream) {
  if (stream.NextBelow(4) == 0) return 0.5 + 1.5 * stream.NextUniform01();
  if (stream.NextBelow(8) == 0) return 1.0 + (stream.NextUniform01() - 0.5) * 0x1p-8;
  return std::bit_cast<double>(stream.NextBelow(std::bit_cast<uint64_t>(kInfinity) - 1) + 1);
}

TEST(DoubleDoubleTest, TransformationsAreFreeOfError) {
  // (2^27+1)^2 = 2^54 + 2^28 + 1: the last bit does not fit in 53.
  const DoubleDouble product = TwoProduct(134217729.0, 134217729.0);
  EXPECT_EQ(product.hi, 0x1p54 + 0x1p28);
  EXPECT_EQ(product.lo, 1.0);
  const DoubleDouble sum = TwoSum(1.0, 0x1p-80);
  EXPECT_EQ(sum.hi, 1.0);
  EXPECT_EQ(sum.lo, 0x1p-80);
  const DoubleDouble third = DoubleDouble{1, 0} / DoubleDouble{3, 0};
  const DoubleDouble one = third * DoubleDouble{3, 0};
  EXPECT_NEAR((one - DoubleDouble{1, 0}).hi, 0, 0x1p-100);
}

TEST(PortableMathTest, LogErrsByLessThanOneUnit) {
  Stream stream(1, "log");
  double worst = 0;
  for (int i = 0; i < 300'000; ++i) {
    const double x = AnyPositive(stream);
    worst = std::max(worst, UlpError(Log(x), std::log(static_cast<long double>(x))));
  }
  RecordProperty("worst_ulp", std::to_string(worst));
  EXPECT_LT(worst, 1.0);
}

TEST(PortableMathTest, Log2ErrsByLessThanOneUnit) {
  Stream stream(2, "log2");
  double worst = 0;
  for (int i = 0; i < 200'000; ++i) {
    const double x = AnyPositive(stream);
    worst = std::max(worst, UlpError(Log2(x), std::log2(static_cast<long double>(x))));
  }
  RecordProperty("worst_ulp", std::to_string(worst));
  EXPECT_LT(worst, 1.0);
  for (int k = -1074; k <= 1023; ++k) ASSERT_EQ(Log2(std::ldexp(1.0, k)), k);
}

TEST(PortableMathTest, ExpErrsByLessThanOneUnit) {
  Stream stream(3, "exp");
  double worst = 0;
  for (int i = 0; i < 300'000; ++i) {
    const double range = i % 3 == 0 ? 1480 : i % 3 == 1 ? 20 : 0.01;
    const double x = (stream.NextUniform01() - 0.5) * range;
    worst = std::max(worst, UlpError(Exp(x), std::exp(static_cast<long double>(x))));
  }
  RecordProperty("worst_ulp", std::to_string(worst));
  EXPECT_LT(worst, 1.0);
}

TEST(PortableMathTest, Exp2ErrsByLessThanOneUnit) {
  Stream stream(4, "exp2");
  double worst = 0;
  for (int i = 0; i < 200'000; ++i) {
    const double x = (stream.NextUniform01() - 0.5) * (i % 2 == 0 ? 2130 : 4);
    worst = std::max(worst, UlpError(Exp2(x), std::exp2(static_cast<long double>(x))));
  }
  RecordProperty("worst_ulp", std::to_string(worst));
  EXPECT_LT(worst, 1.0);
  for (int k = -1074; k <= 1023; ++k) ASSERT_EQ(Exp2(k), std::ldexp(1.0, k));
}

TEST(PortableMathTest, PowErrsByLessThanOneUnit) {
  Stream stream(5, "pow");
  double worst = 0;
  for (int i = 0; i < 300'000; ++i) {
    const double x = AnyPositive(stream);
    const double log = std::log(x);
    if (log == 0) continue;
    const double y = (stream.NextUniform01() - 0.5) * 1480 / log;
    const long double expected = std::pow(static_cast<long double>(x), static_cast<long double>(y));
    if (!std::isfinite(static_cast<double>(expected))) continue;
    worst = std::max(worst, UlpError(Pow(x, y), expected));
  }
  RecordProperty("worst_ulp", std::to_string(worst));
  EXPECT_LT(worst, 1.0);
}

TEST(PortableMathTest, IntegerPowersAreExactWhereTheyFit) {
  double thousands = 1;
  double threes = 1;
  for (int n = 0; n <= 22; ++n, thousands *= 10) ASSERT_EQ(Pow(10, n), thousands) << n;
  for (int n = 0; n <= 33; ++n, threes *= 3) ASSERT_EQ(Pow(3, n), threes) << n;
  EXPECT_EQ(Pow(2, 63), 0x1p63);
  EXPECT_EQ(Pow(2, -1074), 0x1p-1074);
  EXPECT_EQ(Pow(2, 1023), 0x1p1023);
  EXPECT_EQ(Pow(-2, 3), -8.0);
  EXPECT_EQ(Pow(10, -3), 0.001);
  EXPECT_EQ(Pow(4, 0.5), 2.0);
  EXPECT_EQ(Pow(0x1p-1074, 2), 0.0);
}

// C17 Annex F.10.4.4, and F.10.3 for the logarithms and exponentials.
TEST(PortableMathTest, SpecialCasesAreThoseOfAnnexF) {
  struct Case {
    double x, y, expected;
  };
  const Case cases[] = {
      {0.0, -3, kInfinity},
      {-0.0, -3, -kInfinity},
      {0.0, -2, kInfinity},
      {-0.0, -2, kInfinity},
      {0.0, -kInfinity, kInfinity},
      {-0.0, 3, -0.0},
      {0.0, 3, 0.0},
      {-0.0, 2, 0.0},
      {-0.0, 2.5, 0.0},
      {-1, kInfinity, 1},
      {-1, -kInfinity, 1},
      {1, kNaN, 1},
      {kNaN, 0.0, 1},
      {-2, 0.5, kNaN},
      {0.5, -kInfinity, kInfinity},
      {2, -kInfinity, 0.0},
      {0.5, kInfinity, 0.0},
      {-2, kInfinity, kInfinity},
      {-kInfinity, -3, -0.0},
      {-kInfinity, -2, 0.0},
      {-kInfinity, 3, -kInfinity},
      {-kInfinity, 2.5, kInfinity},
      {kInfinity, -1, 0.0},
      {kInfinity, 0.5, kInfinity},
      {kNaN, 1, kNaN},
      {2, kNaN, kNaN},
      {2, 2000, kInfinity},
      {-2, 2001, -kInfinity},
      {2, -2000, 0.0},
      {1 + 0x1p-52, 0x1p66, kInfinity},
      {1 - 0x1p-53, 0x1p66, 0.0},
      {-1, 5, -1},
      {0x1p-1074, 0x1p-70, 1},
  };
  for (const Case& c : cases) {
    const double actual = Pow(c.x, c.y);
    if (std::isnan(c.expected)) {
      EXPECT_TRUE(std::isnan(actual)) << c.x << " ^ " << c.y;
    } else {
      EXPECT_EQ(std::bit_cast<uint64_t>(actual), std::bit_cast<uint64_t>(c.expected))
          << c.x << " ^ " << c.y << " gives " << actual;
    }
  }
  EXPECT_EQ(Log(0), -kInfinity);
  EXPECT_EQ(Log(-0.0), -kInfinity);
  EXPECT_EQ(Log(1), 0);
  EXPECT_EQ(Log(kInfinity), kInfinity);
  EXPECT_TRUE(std::isnan(Log(-1)));
  EXPECT_TRUE(std::isnan(Log(kNaN)));
  EXPECT_EQ(Log2(0), -kInfinity);
  EXPECT_EQ(Exp(0), 1);
  EXPECT_EQ(Exp(kInfinity), kInfinity);
  EXPECT_EQ(Exp(-kInfinity), 0);
  EXPECT_TRUE(std::isnan(Exp(kNaN)));
  EXPECT_EQ(Exp(709.782712893384), 0x1.fffffffffff2ap+1023);
  EXPECT_EQ(Exp(709.7827128933841), kInfinity);
  EXPECT_EQ(Exp2(1024), kInfinity);
  EXPECT_EQ(Exp2(-kInfinity), 0);
  EXPECT_EQ(Sqrt(2), 0x1.6a09e667f3bcdp+0);
  EXPECT_TRUE(std::isnan(Sqrt(-1)));
}

// The oracle is the C library's complementary error function: Phi(z) = erfc(-z / sqrt 2) / 2.
TEST(PortableMathTest, InverseNormalCdfInvertsTheNormalDistribution) {
  EXPECT_EQ(InverseNormalCdf(0.5), 0);
  EXPECT_NEAR(InverseNormalCdf(0.975), 1.959963984540054, 1e-15);
  EXPECT_EQ(InverseNormalCdf(0), -kInfinity);
  EXPECT_EQ(InverseNormalCdf(1), kInfinity);
  for (double p = 0x1p-53; p < 0.5; p *= 1.01) {
    const double z = InverseNormalCdf(p);
    const long double back = std::erfc(-static_cast<long double>(z) / std::sqrt(2.0L)) / 2;
    // A relative error e of z is one of about z^2 e in p.
    ASSERT_NEAR(static_cast<double>(back / p), 1.0, 1e-15 * (2 + z * z)) << p;
    if (1 - (1 - p) == p) {
      ASSERT_EQ(InverseNormalCdf(1 - p), -z);
    }
  }
}

TEST(PortableMathTest, RoundingSaturates) {
  EXPECT_EQ(RoundToInt64(2.5), 3);
  EXPECT_EQ(RoundToInt64(-2.5), -2);
  EXPECT_EQ(RoundToInt64(-2.6), -3);
  EXPECT_EQ(RoundToInt64(0.49999999999999994), 0);
  EXPECT_EQ(RoundToInt64(4503599627370497.0), 4503599627370497);
  EXPECT_EQ(RoundToInt64(1e300), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(RoundToInt64(-1e300), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(RoundToInt64(kNaN), 0);
}

// One number that depends on every bit of 40,000 results, the same in every build.
TEST(PortableMathTest, ResultsHaveTheSameBitsEverywhere) {
  Stream stream(6, "bits");
  uint64_t hash = 0;
  const auto add = [&hash](double x) { hash = CombineHash(hash, std::bit_cast<uint64_t>(x)); };
  for (int i = 0; i < 10'000; ++i) {
    const double x = AnyPositive(stream);
    const double u = stream.NextUniform01();
    add(Log(x));
    add(Log2(x));
    add(Exp(1400 * (u - 0.5)));
    add(Pow(x, 4 * u - 2));
    add(InverseNormalCdf(u));
  }
  EXPECT_EQ(hash, 3287607051415259066u);
}

}  // namespace
}  // namespace sim
