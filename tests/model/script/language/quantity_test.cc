// SPDX-License-Identifier: Apache-2.0
#include "model/script/language/quantity.h"

#include <string>

#include "gtest/gtest.h"

namespace model {
namespace {

std::string DurationError(std::string_view text) {
  return std::string(ParseDuration(text).status().message());
}

TEST(QuantityTest, DurationsAreExactNanoseconds) {
  EXPECT_EQ(*ParseDuration("5ms"), 5'000'000);
  EXPECT_EQ(*ParseDuration("1.5us"), 1'500);
  EXPECT_EQ(*ParseDuration("0.000000001s"), 1);
  EXPECT_EQ(*ParseDuration("10.005s"), 10'005'000'000);
  EXPECT_EQ(*ParseDuration("120min"), *ParseDuration("2h"));
  EXPECT_EQ(*ParseDuration("7ns"), 7);
  EXPECT_EQ(*ParseDuration("0"), 0);
  EXPECT_EQ(*ParseDuration("0s"), 0);
}

TEST(QuantityTest, DurationsWithoutAUnitAreRefusedWithTheList) {
  EXPECT_EQ(DurationError("5"), "needs a unit, such as \"5ms\" (ns us ms s min h)");
  EXPECT_EQ(DurationError("5sec"), "unknown unit \"sec\"; accepted: ns us ms s min h");
  EXPECT_EQ(DurationError("5 ms"), "unknown unit \" ms\"; accepted: ns us ms s min h");
  EXPECT_EQ(DurationError("soon"),
            "not a number with a unit; needs a unit, such as \"5ms\" (ns us ms s min h)");
  EXPECT_EQ(DurationError(""), "not a number with a unit; needs a unit, such as \"5ms\" (ns us ms s min h)");
  EXPECT_EQ(DurationError("inf"),
            "not a number with a unit; needs a unit, such as \"5ms\" (ns us ms s min h)");
}

TEST(QuantityTest, DurationsThatCannotBeAreRefused) {
  EXPECT_EQ(DurationError("0.5ns"), "is not a whole number of ns");
  EXPECT_EQ(DurationError("-5ms"), "must not be negative");
  // 2^63 ns are 292 years; 10^7 h are 1141.
  EXPECT_EQ(DurationError("10000000h"), "too large");
  EXPECT_EQ(DurationError("99999999999999999999s"), "too many digits");
  EXPECT_EQ(DurationError("0.1234567890123456789s"), "too many digits");
  EXPECT_FALSE(ParseDuration("5.ms").ok());
  EXPECT_FALSE(ParseDuration(".5ms").ok());
  EXPECT_FALSE(ParseDuration("1e3ms").ok());
}

TEST(QuantityTest, SizesKeepDecimalAndBinaryMultiplesApart) {
  EXPECT_EQ(*ParseBytes("64KiB"), 65536);
  EXPECT_EQ(*ParseBytes("64kB"), 64000);
  EXPECT_EQ(*ParseBytes("1.5GiB"), 1610612736);
  EXPECT_EQ(*ParseBytes("2TB"), 2'000'000'000'000);
  EXPECT_EQ(*ParseBytes("7B"), 7);
  EXPECT_EQ(ParseBytes("64KB").status().message(),
            "unknown unit \"KB\"; accepted: B kB MB GB TB KiB MiB GiB TiB");
  EXPECT_EQ(ParseBytes("0.3KiB").status().message(), "is not a whole number of bytes");
}

TEST(QuantityTest, RatesAreBytesOrEventsASecond) {
  EXPECT_EQ(*ParseRate("200MB/s"), (Rate{.per_second = 200'000'000, .in_bytes = true}));
  EXPECT_EQ(*ParseRate("300/s"), (Rate{.per_second = 300, .in_bytes = false}));
  const std::string error(ParseRate("200").status().message());
  EXPECT_EQ(error.rfind("needs a unit, such as \"200MB/s\"", 0), 0u) << error;
  EXPECT_EQ(ParseRate("200MB").status().message(), error);
  EXPECT_EQ(ParseRate("0.5/s").status().message(), "is not a whole number of events a second");
  EXPECT_EQ(ParseRate("-1MB/s").status().message(), "must not be negative");
}

TEST(QuantityTest, FormattingIsTheShortestExactText) {
  EXPECT_EQ(FormatDuration(5'000'000), "5ms");
  EXPECT_EQ(FormatDuration(1'500), "1.5us");
  EXPECT_EQ(FormatDuration(10'005'000'000), "10.005s");
  EXPECT_EQ(FormatDuration(10'005'001'000), "10005.001ms");
  EXPECT_EQ(FormatDuration(90'000'000'000), "90s");
  EXPECT_EQ(FormatDuration(120'000'000'000), "2min");
  EXPECT_EQ(FormatDuration(3'600'000'000'000), "1h");
  EXPECT_EQ(FormatDuration(0), "0s");
  EXPECT_EQ(FormatDuration(kForeverNs), "forever");
  EXPECT_EQ(FormatBytes(65536), "64KiB");
  EXPECT_EQ(FormatBytes(1'000'000), "1MB");
  EXPECT_EQ(FormatBytes(1'000'001), "1000.001kB");
  EXPECT_EQ(FormatBytes(0), "0B");
  EXPECT_EQ(FormatRate({.per_second = 300, .in_bytes = false}), "300/s");
}

TEST(QuantityTest, EveryFormattedDurationIsReadBack) {
  for (int64_t ns : {int64_t{1}, int64_t{999}, int64_t{1001}, int64_t{123'456'789}, int64_t{60'000'000'001},
                     int64_t{86'400'000'000'000}, kForeverNs - 1}) {
    EXPECT_EQ(*ParseDuration(FormatDuration(ns)), ns) << FormatDuration(ns);
  }
}

}  // namespace
}  // namespace model
