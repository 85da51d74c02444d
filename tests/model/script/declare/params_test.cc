// SPDX-License-Identifier: Apache-2.0
#include "model/script/declare/params.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace model {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Texts(std::string_view sweep, const ParamValue& like) {
  std::vector<std::string> texts;
  const absl::StatusOr<std::vector<ParamValue>> values = ParseSweep(sweep, like);
  if (!values.ok()) return {"error: " + std::string(values.status().message())};
  for (const ParamValue& value : *values) texts.push_back(ParamText(value));
  return texts;
}

TEST(ParamsTest, TextsTakeTheTypeOfTheDefault) {
  EXPECT_EQ(*ParseParamValue("12", int64_t{1}), ParamValue(int64_t{12}));
  EXPECT_EQ(*ParseParamValue("-3", int64_t{1}), ParamValue(int64_t{-3}));
  EXPECT_EQ(*ParseParamValue("1.5", 2.0), ParamValue(1.5));
  EXPECT_EQ(*ParseParamValue("true", false), ParamValue(true));
  EXPECT_EQ(*ParseParamValue("5ms", "1ms"), ParamValue("5ms"));
  EXPECT_FALSE(ParseParamValue("12x", int64_t{1}).ok());
  EXPECT_FALSE(ParseParamValue("", int64_t{1}).ok());
  EXPECT_FALSE(ParseParamValue("1", false).ok());
}

TEST(ParamsTest, RangesCountByStepsOrFactors) {
  const ParamValue integer = int64_t{1};
  EXPECT_THAT(Texts("1..4", integer), ElementsAre("1", "2", "3", "4"));
  EXPECT_THAT(Texts("1..9+2", integer), ElementsAre("1", "3", "5", "7", "9"));
  EXPECT_THAT(Texts("16..256*2", integer), ElementsAre("16", "32", "64", "128", "256"));
  EXPECT_THAT(Texts("1..10*3", integer), ElementsAre("1", "3", "9"));
  EXPECT_THAT(Texts("5", integer), ElementsAre("5"));
  EXPECT_THAT(Texts("1,2,7", integer), ElementsAre("1", "2", "7"));
  EXPECT_THAT(Texts("ioctl,program", "x"), ElementsAre("ioctl", "program"));
  EXPECT_THAT(Texts("true,false", true), ElementsAre("true", "false"));
}

TEST(ParamsTest, RangesThatDoNotEndAreRefused) {
  const ParamValue integer = int64_t{1};
  const std::string form = ": a range is \"1..8\", \"1..9+2\" or \"16..256*2\", rising";
  EXPECT_THAT(Texts("8..1", integer), ElementsAre("error: \"8..1\"" + form));
  EXPECT_THAT(Texts("1..8*1", integer), ElementsAre("error: \"1..8*1\"" + form));
  EXPECT_THAT(Texts("0..8*2", integer), ElementsAre("error: \"0..8*2\"" + form));
  EXPECT_THAT(Texts("1..8+0", integer), ElementsAre("error: \"1..8+0\"" + form));
  EXPECT_THAT(Texts("1..", integer), ElementsAre("error: \"1..\"" + form));
  EXPECT_THAT(Texts("1..1000000", integer), ElementsAre("error: \"1..1000000\": more than 100000 values"));
  // Near the end of the range of integers.
  EXPECT_EQ(Texts("9223372036854775805..9223372036854775807", integer).size(), 3u);
}

TEST(ParamsTest, AnIntegerServesAsANumberButNotTheOtherWay) {
  EXPECT_EQ(*ConvertParamValue(int64_t{2}, 1.5), ParamValue(2.0));
  EXPECT_FALSE(ConvertParamValue(2.5, int64_t{1}).ok());
  EXPECT_FALSE(ConvertParamValue("2", int64_t{1}).ok());
}

}  // namespace
}  // namespace model
