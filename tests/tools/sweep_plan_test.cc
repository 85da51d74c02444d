// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <set>

#include "tests/model/script/declare/resolve_testing.h"
#include "tools/txgsim/sweep/plan.h"

namespace tools {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kFile[] = R"(
local kind = param("kind", "a", { sweep = { "a", "b" }, choices = { "a", "b", "c" } })
local n = param("n", 1, { sweep = "1..4*2" })
local fast = param("fast", true)
process "p" (function() compute "1us" end)
)";

absl::StatusOr<SweepPlan> Plan(const Options& options) {
  return SweepPlan::Make(options, kFile, *model::MustResolve(kFile));
}

Options Sets(std::vector<std::pair<std::string, std::string>> params) {
  Options options;
  options.params = std::move(params);
  return options;
}

std::vector<std::string> Names(const SweepPlan& plan) {
  std::vector<std::string> names;
  for (size_t run = 0; run < plan.runs(); ++run) names.push_back(plan.Name(run));
  return names;
}

std::string ErrorOf(const Options& options) {
  const absl::StatusOr<SweepPlan> plan = Plan(options);
  return plan.ok() ? "no error" : std::string(plan.status().message());
}

TEST(SweepPlanTest, TheLastParameterVariesFastest) {
  const SweepPlan plan = Plan({}).value();
  EXPECT_THAT(Names(plan), ElementsAre("kind=a n=1", "kind=a n=2", "kind=a n=4", "kind=b n=1", "kind=b n=2",
                                       "kind=b n=4"));
  EXPECT_EQ(plan.RunCommand("f.lua", 4), "txgsim run f.lua --seed 1 --set kind=b --set n=2");
}

TEST(SweepPlanTest, SeedsVaryFasterStill) {
  Options options = Sets({{"n", "3"}});
  options.seeds = 2;
  options.seed = 5;
  const SweepPlan plan = Plan(options).value();
  EXPECT_THAT(Names(plan), ElementsAre("kind=a seed 5", "kind=a seed 6", "kind=b seed 5", "kind=b seed 6"));
  EXPECT_EQ(plan.RunCommand("f.lua", 1), "txgsim run f.lua --seed 6 --set n=3 --set kind=a");
}

TEST(SweepPlanTest, ZipTakesValuesTogether) {
  Options options = Sets({{"kind", "c,a"}, {"n", "7,9"}});
  options.zip = true;
  EXPECT_THAT(Names(Plan(options).value()), ElementsAre("kind=c n=7", "kind=a n=9"));
  options.params = {{"n", "1..3"}};
  EXPECT_THAT(ErrorOf(options), HasSubstr("kind has 2, n has 3"));
}

TEST(SweepPlanTest, BadParametersAreNamed) {
  EXPECT_THAT(ErrorOf(Sets({{"knd", "a"}})), HasSubstr("no parameter \"knd\"; did you mean \"kind\"?"));
  EXPECT_THAT(ErrorOf(Sets({{"xyz", "a"}})), HasSubstr("the file has kind, n, fast"));
  EXPECT_THAT(ErrorOf(Sets({{"kind", "a,d"}})), HasSubstr("kind = \"d\": accepted: a, b, c"));
  EXPECT_THAT(ErrorOf(Sets({{"n", "1,x"}})), HasSubstr("--set n=1,x: \"x\": a whole number is wanted"));
  EXPECT_THAT(ErrorOf(Sets({{"n", "4..1"}})), HasSubstr("a range is"));
  EXPECT_THAT(ErrorOf(Sets({{"n", "2,2"}})), HasSubstr("2 stands there twice"));
  EXPECT_THAT(ErrorOf(Sets({{"n", "2"}, {"n", "3"}})), HasSubstr("n is set twice"));
  EXPECT_THAT(ErrorOf(Sets({{"n", "2"}, {"kind", "a"}})), HasSubstr("nothing to sweep"));
  EXPECT_THAT(ErrorOf(Sets({{"n", "1..100000"}, {"fast", "true,false"}, {"kind", "a,b,c"}})), "no error");
  Options many = Sets({{"n", "1..100000"}});
  many.seeds = 100'000;
  EXPECT_THAT(ErrorOf(many), HasSubstr("at most that many"));
}

// A sweep that grows knows its old runs again; other parameters, seeds and files are other runs.
TEST(SweepPlanTest, KeysAreThoseOfTheRunsNotOfTheSweep) {
  const SweepPlan small = Plan({}).value();
  const SweepPlan large = Plan(Sets({{"n", "1..8*2"}, {"kind", "c,a"}})).value();
  EXPECT_EQ(large.Name(4), "kind=a n=1");
  EXPECT_EQ(small.KeyOf(0), large.KeyOf(4));
  // fast is true unless it is set.
  EXPECT_EQ(small.KeyOf(0), Plan(Sets({{"fast", "true"}})).value().KeyOf(0));
  std::set<uint64_t> keys;
  for (size_t run = 0; run < large.runs(); ++run) keys.insert(large.KeyOf(run));
  Options other = Sets({{"n", "1"}});
  other.seed = 2;
  keys.insert(Plan(other).value().KeyOf(0));
  other = Sets({{"n", "1"}, {"fast", "false"}});
  keys.insert(Plan(other).value().KeyOf(0));
  other = Sets({{"n", "1"}});
  other.until_ns = 5;
  keys.insert(Plan(other).value().KeyOf(0));
  keys.insert(SweepPlan::Make({}, std::string(kFile) + " ", *model::MustResolve(kFile)).value().KeyOf(0));
  EXPECT_EQ(keys.size(), large.runs() + 4);
}

TEST(SweepPlanTest, ADescriptionSaysAllThatAMergeNeeds) {
  Options options = Sets({{"n", "2,4"}, {"fast", "false"}});
  options.seeds = 3;
  const SweepPlan plan = Plan(options).value();
  const SweepPlan read = SweepPlan::Read(Json::parse(plan.Description().dump())).value();
  EXPECT_EQ(Names(read), Names(plan));
  EXPECT_EQ(read.Description(), plan.Description());
  Json damaged = plan.Description();
  damaged["runs"] = 11;
  EXPECT_FALSE(SweepPlan::Read(damaged).ok());
  EXPECT_FALSE(SweepPlan::Read(Json::object()).ok());
}

// Every text, and the ends of what is a range of integers.
TEST(SweepPlanTest, ASampleHasEveryTextAndTheEndsOfRanges) {
  const SweepPlan plan = Plan(Sets({{"n", "1..9"}})).value();
  std::vector<std::string> names;
  for (size_t point : plan.Sample()) names.push_back(plan.Name(point));
  EXPECT_THAT(names, ElementsAre("kind=a n=1", "kind=a n=9", "kind=b n=1"));
}

}  // namespace
}  // namespace tools
