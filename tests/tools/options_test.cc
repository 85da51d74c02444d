// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tools/txgsim/output.h"

namespace tools {
namespace {

using ::testing::HasSubstr;

ParsedOptions Parse(std::vector<const char*> words) {
  words.insert(words.begin(), "txgsim");
  return ParseOptions(static_cast<int>(words.size()), words.data());
}

TEST(OptionsTest, ReadsARun) {
  const ParsedOptions parsed =
      Parse({"run", "a.lua", "--seed", "7", "--set", "n=3", "--set=d=x=y", "--until", "30s"});
  ASSERT_FALSE(parsed.exit_code.has_value()) << parsed.text;
  EXPECT_EQ(parsed.options.command, Options::Command::kRun);
  EXPECT_EQ(parsed.options.operand, "a.lua");
  EXPECT_EQ(parsed.options.seed, 7u);
  EXPECT_EQ(parsed.options.until_ns, 30'000'000'000);
  ASSERT_EQ(parsed.options.params.size(), 2u);
  EXPECT_EQ(parsed.options.params[1].first, "d");
  EXPECT_EQ(parsed.options.params[1].second, "x=y");
  EXPECT_EQ(parsed.options.RepeatCommand(), "txgsim run a.lua --seed 7 --set n=3 --set d=x=y --until 30s");
}

TEST(OptionsTest, ReadsAComparison) {
  const ParsedOptions parsed =
      Parse({"compare", "a.lua", "--designs", "ioctl,channel_tx", "--phases", "2", "--json"});
  ASSERT_FALSE(parsed.exit_code.has_value()) << parsed.text;
  EXPECT_THAT(parsed.options.designs, ::testing::ElementsAre("ioctl", "channel_tx"));
  EXPECT_EQ(parsed.options.phases, 2);
  EXPECT_TRUE(parsed.options.json);
}

struct Misuse {
  std::vector<const char*> words;
  const char* says;
};

TEST(OptionsTest, SaysWhatIsWrongAndEndsWithTwo) {
  const std::vector<Misuse> misuses = {
      {{}, "no command"},
      {{"rnu", "a.lua"}, "did you mean \"run\"?"},
      {{"explore", "a.lua"}, "explore: not built yet"},
      {{"run"}, "FILE is required"},
      {{"run", "--sed", "3", "a.lua"}, "unknown option --sed; did you mean --seed?"},
      {{"run", "a.lua", "--seed", "x"}, "--seed x: must be a whole number"},
      {{"run", "a.lua", "--seed", "-1"}, "--seed -1: must be a whole number from 0 to 9223372036854775807"},
      {{"run", "a.lua", "--seed", "9223372036854775808"}, "a whole number from 0 to 9223372036854775807"},
      {{"list", "--seed", "1"}, "unknown option --seed"},
      {{"help", "--out", "x"}, "unknown option --out"},
      {{"run", "a.lua", "--set", "n"}, "--set n: must be NAME=VALUE"},
      {{"run", "a.lua", "--until", "30"}, "--until 30"},
      {{"run", "a.lua", "--arms", "--arm", "b"}, "exclude each other"},
      {{"run", "a.lua", "--arms", "--arm", "base"}, "exclude each other"},
      {{"run", "a.lua", "b.lua"}, "there is no place for b.lua"},
      {{"run", "a.lua", "--seed", "1", "--seed", "2"}, "--seed: may be given once, not 2 times"},
      {{"run", "a.lua", "--until"}, "--until: a value must follow"},
      {{"run", "a.lua", "--jobs", "x"}, "--jobs = x: must be a whole number"},
      {{"run", "a.lua", "--zzzzzzzz"}, "unknown option --zzzzzzzz; `txgsim run --help` lists them"},
      {{"run", "a.lua", "--color", "blue"}, "--color blue: must be auto, always or never"},
      {{"compare", "a.lua", "--phases", "0"}, "--phases 0: must be 1 to 64"},
  };
  for (const Misuse& misuse : misuses) {
    const ParsedOptions parsed = Parse(misuse.words);
    ASSERT_TRUE(parsed.exit_code.has_value()) << misuse.says;
    EXPECT_EQ(*parsed.exit_code, kExitUsage) << parsed.text;
    EXPECT_THAT(parsed.text, HasSubstr(misuse.says));
  }
}

TEST(OptionsTest, HelpAndVersionAreNoErrors) {
  for (const std::vector<const char*>& words : std::vector<std::vector<const char*>>{
           {"--help"}, {"run", "--help"}, {"help", "help"}, {"--version"}}) {
    const ParsedOptions parsed = Parse(words);
    ASSERT_TRUE(parsed.exit_code.has_value());
    EXPECT_EQ(*parsed.exit_code, kExitOk);
    EXPECT_FALSE(parsed.text.empty());
  }
}

TEST(OptionsTest, WhatIsToBeExplainedMayBeOfSeveralWords) {
  EXPECT_EQ(Parse({"explain", "dirty", "data"}).options.operand, "dirty data");
}

TEST(OptionsTest, NoColorOutranksColor) {
  EXPECT_FALSE(Parse({"run", "a.lua", "--color", "always", "--no-color"}).options.colour);
  EXPECT_TRUE(Parse({"run", "a.lua", "--color", "always"}).options.colour);
}

}  // namespace
}  // namespace tools
