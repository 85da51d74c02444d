// SPDX-License-Identifier: Apache-2.0
//
// `txgsim sweep` and `txgsim merge` as their users call them.
#include <gmock/gmock.h>

#include "tests/tools/program_testing.h"

namespace tools {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The process takes n ms, and up to some more by the seed.
constexpr char kFile[] = R"(
local n = param("n", 1, { sweep = "1..4*2", help = "milliseconds" })
local steady = param("steady", true, { sweep = { true, false } })
process "p" (function()
  sleep(duration(n .. "ms"))
  if not steady then sleep(exponential "1ms") end
end)
expect "it ends" { on = "all", completes = "p" }
expect "it takes n ms" { on = "sweep" } (function(sweep)
  local taken = sweep:curve("n", "processes.p.latency_ns", { steady = true })
  return taken:at(3) > 3e6 and taken:at(3) < 3.3e6, #sweep
end)
)";

class SweepTest : public ProgramFixture {
 protected:
  void SetUp() override {
    ProgramFixture::SetUp();
    file_ = Write("f.lua", kFile);
  }
  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  // A sweep in full, as the file that it stores.
  std::string Whole() {
    EXPECT_EQ(Run("sweep " + file_ + " --seeds 2 --out " + Path("whole.jsonl")).exit_code, 0);
    return ReadAll(Path("whole.jsonl"));
  }
  static size_t Lines(const std::string& text) {
    return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
  }

  std::string file_;
};

TEST_F(SweepTest, ASweepOfTheFilesOwnRangesJudgesItsExpectations) {
  const ProgramResult result = Run("sweep " + file_);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("n  steady"));
  EXPECT_THAT(result.out, HasSubstr("ok  it takes n ms  (6)"));
  EXPECT_THAT(result.out, HasSubstr("ok  it ends  (6 of 6 runs)"));
  EXPECT_EQ(result.err, "");
  const Json sweep = Json::parse(Run("sweep " + file_ + " --json").out);
  EXPECT_EQ(sweep["schema"], "txgsim.sweep/1");
  EXPECT_EQ(sweep["axes"].dump(), R"({"n":[1,2,4],"steady":[true,false]})");
  EXPECT_EQ(sweep["points"].size(), 6u);
  EXPECT_EQ(sweep["points"][2]["params"].dump(), R"({"n":2,"steady":true})");
  EXPECT_EQ(sweep["points"][2]["runs"][0]["params"]["n"], 2);
  EXPECT_EQ(sweep["points"][2]["figures"]["processes.p.latency_ns"]["count"], 1);
  EXPECT_TRUE(sweep["expectations"][0]["held"].get<bool>());
  EXPECT_TRUE(sweep["held"].get<bool>());
}

TEST_F(SweepTest, WithOtherValuesOnlyExpectationsOnAllAreChecked) {
  const ProgramResult result = Run("sweep " + file_ + " --set n=8,9 --set steady=true");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("not checked"));
  EXPECT_THAT(result.out, HasSubstr("steady=true  2 points"));
}

TEST_F(SweepTest, AFailureNamesThePointAndTheCommandThatRepeatsIt) {
  const std::string file = Write("fails.lua",
                                 "local n = param(\"n\", 1, { sweep = \"1..3\" })\n"
                                 "process \"p\" (function() check(n < 3, \"n is small\") end)\n"
                                 "expect \"short\" { on = \"all\" } (function(run)\n"
                                 "  return run.params.n ~= 2, run.params.n\n"
                                 "end)");
  const ProgramResult result = Run("sweep " + file);
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.out, HasSubstr("at n=2\n  FAILED short  (2)\n"));
  EXPECT_THAT(result.out, HasSubstr("at n=3\n  FAILED check"));
  const std::string command = "run " + file + " --seed 1 --set n=2";
  EXPECT_THAT(result.out, HasSubstr("repeat: txgsim " + command + "\n"));
  EXPECT_EQ(Run(command).exit_code, 1);
  // What is wrong with the scenario itself ends the sweep; of several points, at the first.
  const ProgramResult wrong =
      Run("sweep --out " + Path("w.jsonl") + " " +
          Write("wrong.lua",
                "local n = param(\"n\", 1, { sweep = \"1..9\" })\n"
                "process \"p\" (function() sleep \"1ms\" if n > 4 then n() end end)"));
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_EQ(wrong.out, "");
  EXPECT_THAT(wrong.err, HasSubstr("wrong.lua:2:"));
  EXPECT_THAT(wrong.err, HasSubstr("at n=5; repeat: txgsim run"));
  EXPECT_GE(Lines(ReadAll(Path("w.jsonl"))), 4u);
}

// n ms against 37 ms: of 8 and 64 the middle is 36, then 50, 43, 39 and 37, where they meet.
TEST_F(SweepTest, RunsBetweenSweptValuesNarrowDownWhereCurvesCross) {
  const std::string file =
      Write("cross.lua",
            "local n = param(\"n\", 1, { sweep = \"1..64*8\" })\n"
            "local who = param(\"who\", \"a\", { sweep = { \"a\", \"b\" } })\n"
            "process \"p\" (function()\n"
            "  sleep(duration((who == \"a\" and n or 37) .. \"ms\"))\n"
            "end)\n"
            "expect \"they cross\" { on = \"sweep\" } (function(sweep)\n"
            "  local a = sweep:curve(\"n\", \"processes.p.latency_ns\", { who = \"a\" })\n"
            "  local b = sweep:curve(\"n\", \"processes.p.latency_ns\", { who = \"b\" })\n"
            "  local x, from, to = a:crossing(b)\n"
            "  return x == 37, { x, from, to }\n"
            "end)");
  const std::string path = Path("cross.jsonl");
  const ProgramResult result = Run("sweep " + file + " --out " + path);
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_THAT(result.out, HasSubstr("more points between swept values, where curves cross"));
  EXPECT_THAT(result.out, HasSubstr("ok  they cross  ({ 37.0, 36.0, 39.0 })"));
  EXPECT_EQ(Lines(ReadAll(path)), 6u);
  EXPECT_EQ(Run("sweep " + file + " --resume --out " + path).out, result.out);
  const Json sweep = Json::parse(Run("sweep " + file + " --json").out);
  EXPECT_EQ(sweep["refined"][0]["params"].dump(), R"({"n":36,"who":"a"})");
  EXPECT_EQ(sweep["refined"][0]["runs"][0]["params"]["n"], 36);
  const ProgramResult grid = Run("sweep " + file + " --no-refine");
  EXPECT_THAT(grid.out, Not(HasSubstr("more points")));
  EXPECT_THAT(grid.out, HasSubstr("8.0, 64.0"));
}

TEST_F(SweepTest, ABodyThatIsWrongDoesNotCostTheTable) {
  const ProgramResult result =
      Run("sweep " + Write("wrong_body.lua",
                           "local n = param(\"n\", 1, { sweep = \"1..3\" })\n"
                           "process \"p\" (function() sleep \"1ms\" end)\n"
                           "expect \"wrong\" { on = \"sweep\" } (function(sweep) return sweep.x.y end)"));
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.out, HasSubstr("n  p latency"));
  EXPECT_THAT(result.out, HasSubstr("FAILED wrong"));
  EXPECT_THAT(result.err, HasSubstr("wrong_body.lua:3:"));
}

TEST_F(SweepTest, ResultsAreTheSameForAnyNumberOfJobsAndShards) {
  const std::string whole = Whole();
  EXPECT_EQ(Lines(whole), 12u);
  const Json first = Json::parse(whole.substr(0, whole.find('\n')));
  EXPECT_EQ(first["run"], 0);
  EXPECT_EQ(first["params"]["n"], 1);
  EXPECT_EQ(first["schema"], "txgsim.result/1");
  for (const char* jobs : {"1", "3"}) {
    const std::string path = Path(std::string("jobs") + jobs + ".jsonl");
    EXPECT_EQ(Run("sweep " + file_ + " --seeds 2 --jobs " + jobs + " --out " + path).exit_code, 0);
    EXPECT_EQ(ReadAll(path), whole);
  }
  const std::string shards = Path("shards");
  for (const char* shard : {"0/3", "1/3", "2/3"})
    EXPECT_EQ(Run("sweep " + file_ + " --seeds 2 --shard " + shard + " --out " + shards).exit_code, 0);
  EXPECT_LT(Lines(ReadAll(shards + "/shard-1.jsonl")), 12u);
  // Each has its own object; the one of the whole is what merge writes.
  EXPECT_EQ(Json::parse(ReadAll(shards + "/shard-1.json"))["shard"]["index"], 1);
  EXPECT_FALSE(fs::exists(shards + "/result.json"));
  const ProgramResult merged = Run("merge " + shards);
  EXPECT_EQ(merged.exit_code, 0) << merged.out << merged.err;
  EXPECT_EQ(ReadAll(shards + "/results.jsonl"), whole);
  const Json result = Json::parse(ReadAll(shards + "/result.json"));
  EXPECT_EQ(result["schema"], "txgsim.merge/1");
  EXPECT_EQ(result["missing"], 0);
  // With nothing left to do, a resumed sweep judges what was merged.
  const ProgramResult judged =
      Run("sweep " + file_ + " --seeds 2 --resume --host --json --out " + shards + "/results.jsonl");
  EXPECT_EQ(judged.exit_code, 0) << judged.err;
  EXPECT_EQ(Json::parse(judged.out)["host"]["taken_from_file"], 12);
  EXPECT_TRUE(Json::parse(judged.out)["expectations"][0]["held"].get<bool>());
}

TEST_F(SweepTest, MergeTellsWhatIsMissingAndRefusesWhatDoesNotFit) {
  const std::string shards = Path("shards");
  for (const char* shard : {"0/2", "1/2"})
    Run("sweep " + file_ + " --seeds 2 --shard " + shard + " --out " + shards);
  const ProgramResult part = Run("merge " + shards + "/shard-0.jsonl --json");
  EXPECT_EQ(part.exit_code, 1);
  EXPECT_GT(Json::parse(part.out)["missing"], 0);
  EXPECT_TRUE(Json::parse(part.out)["held"].is_null());
  const ProgramResult table = Run("merge " + shards + "/shard-0.jsonl --csv -");
  EXPECT_EQ(table.exit_code, 1);
  EXPECT_THAT(table.err, HasSubstr("missing: "));
  EXPECT_THAT(Run("merge " + shards + "/shard-0.jsonl").out, HasSubstr("missing: "));
  EXPECT_EQ(Run("sweep " + file_ + " --out " + Path("other.jsonl")).exit_code, 0);
  const ProgramResult other = Run("merge " + shards + " " + Path("other.jsonl"));
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("other.jsonl:1: is of another sweep"));
  EXPECT_THAT(other.err, HasSubstr("another number of --seeds"));
  // One and the same run with two results.
  std::string line = ReadAll(Path("other.jsonl"));
  line.replace(line.find("\"end_ns\":") + 9, 1, "9");
  const ProgramResult differs = Run("merge " + Path("other.jsonl") + " " + Write("changed.jsonl", line));
  EXPECT_EQ(differs.exit_code, 2);
  EXPECT_THAT(differs.err, HasSubstr("the same run (n=1 steady=true), and the results differ"));
  for (const std::string& operand : {Path("none"), file_, folder_.string() + "/none"})
    EXPECT_EQ(Run("merge " + operand).exit_code, 2) << operand;
}

// Whatever is there when the writer is killed, the runs that are whole count, and the end is the same.
TEST_F(SweepTest, AnInterruptedSweepGoesOn) {
  const std::string whole = Whole();
  for (const size_t bytes : {size_t{0}, size_t{10}, whole.find('\n') + 1, whole.size() / 2, whole.size()}) {
    const std::string path = Write("part.jsonl", whole.substr(0, bytes));
    const ProgramResult result = Run("sweep " + file_ + " --seeds 2 --resume --out " + path);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(ReadAll(path), whole) << bytes;
  }
  // Without --resume nothing is overwritten; with more values the old runs serve.
  EXPECT_THAT(Run("sweep " + file_ + " --seeds 2 --out " + Path("whole.jsonl")).err,
              HasSubstr("is there already; --resume"));
  const ProgramResult more =
      Run("sweep " + file_ + " --seeds 2 --set n=1..8*2 --resume --host --json --out " + Path("whole.jsonl"));
  EXPECT_EQ(more.exit_code, 0) << more.err;
  EXPECT_EQ(Json::parse(more.out)["host"]["taken_from_file"], 12);
  EXPECT_EQ(Lines(ReadAll(Path("whole.jsonl"))), 16u);
}

TEST_F(SweepTest, AForeignOrDamagedFileIsRefused) {
  const std::string whole = Whole();
  const std::string resume = "sweep " + file_ + " --seeds 2 --resume --out ";
  EXPECT_THAT(Run(resume + Write("a.jsonl", "{}\n" + whole)).err, HasSubstr("a.jsonl:1: no result"));
  EXPECT_THAT(Run(resume + Write("b.jsonl", "x" + whole)).err, HasSubstr("b.jsonl:1: not JSON"));
  EXPECT_THAT(Run("sweep " + file_ + " --resume --out " + Path("whole.jsonl")).err,
              HasSubstr("whole.jsonl:2: a run that this sweep does not have"));
  EXPECT_THAT(Run("sweep " + Write("g.lua", std::string(kFile) + "\n") + " --seeds 2 --resume --out " +
                  Path("whole.jsonl"))
                  .err,
              HasSubstr("whole.jsonl:1: a run of another scenario"));
  std::string changed = whole;
  for (size_t at = 0; (at = changed.find("\"end_ns\":", at)) != std::string::npos; at += 9)
    changed.replace(at + 9, 1, "9");
  const ProgramResult otherwise = Run(resume + Write("c.jsonl", changed));
  EXPECT_EQ(otherwise.exit_code, 2);
  EXPECT_THAT(otherwise.err, HasSubstr("another build of txgsim"));
  EXPECT_EQ(ReadAll(Path("whole.jsonl")), whole);
  EXPECT_EQ(ReadAll(Path("c.jsonl")), changed);
}

TEST_F(SweepTest, BadInputLeavesNothingBehind) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"--set m=1,2", "no parameter \"m\"; the file has n, steady"},
      {"--set n=1..", "a range is"},
      {"--set n=1 --set steady=true", "nothing to sweep"},
      {"--zip", "n has 3, steady has 2"},
      {"--seeds 0", "--seeds 0: must be 1 to"},
      {"--shard 2/2", "counts from 0"},
      {"--resume", "--resume needs --out"},
      {"--figures processes.p.latncy_ns --out " + Path("x.jsonl"), "did you mean"},
      {"--csv " + Path("no/x.csv") + " --out " + Path("x.jsonl"), "cannot write"},
      {"--out " + Path("no/x.jsonl"), "cannot write"},
      {"--out /dev/full", "not a regular file"},
      {"--json --csv -", "exclude each other"},
  };
  for (const auto& [arguments, says] : cases) {
    const ProgramResult result = Run("sweep " + file_ + " " + arguments);
    EXPECT_EQ(result.exit_code, 2) << arguments;
    EXPECT_THAT(result.err, HasSubstr(says)) << arguments;
    EXPECT_EQ(result.out, "") << arguments;
    EXPECT_FALSE(fs::exists(Path("x.jsonl"))) << arguments;
  }
  const std::string unit = Write("unit.lua",
                                 "local d = param(\"d\", \"1ms\")\n"
                                 "process \"p\" { at = d } (function() end)");
  const ProgramResult result = Run("sweep " + unit + " --set d=2ms,3 --out " + Path("x.jsonl"));
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("needs a unit"));
  EXPECT_THAT(result.err, HasSubstr("at d=3"));
  EXPECT_FALSE(fs::exists(Path("x.jsonl")));
}

// A limit on the size of files stands for a disk that is full: 12 KiB of the 40 that it takes.
TEST_F(SweepTest, AFullDiskKeepsWholeLines) {
  Write("run.sh", "trap '' XFSZ; ulimit -f 12; exec " TXGSIM_BINARY_DIR "/bin/txgsim sweep " + file_ +
                      " --seeds 2 --out " + Path("full.jsonl") + " 2>" + Path("err"));
  const int status = std::system(("bash " + Path("run.sh")).c_str());
  EXPECT_EQ(WEXITSTATUS(status), 2);
  EXPECT_THAT(ReadAll(Path("err")), HasSubstr("full.jsonl: File too large"));
  const std::string kept = ReadAll(Path("full.jsonl"));
  EXPECT_GT(Lines(kept), 0u);
  EXPECT_EQ(kept.back(), '\n');
  EXPECT_EQ(Run("sweep " + file_ + " --seeds 2 --resume --out " + Path("full.jsonl")).exit_code, 0);
  EXPECT_EQ(ReadAll(Path("full.jsonl")), Whole());
}

TEST_F(SweepTest, CsvHasARunALine) {
  const std::string expected =
      "n,seed,verdict,held,processes.p.result\n"
      "1,1,completed,true,0\n"
      "1,2,completed,true,0\n"
      "2,1,completed,true,0\n"
      "2,2,completed,true,0\n";
  const std::string sweep =
      "sweep " + file_ + " --set n=1,2 --set steady=true --seeds 2 --figures processes.p.result --csv ";
  EXPECT_EQ(Run(sweep + "-").out, expected);
  EXPECT_EQ(Run(sweep + Path("x.csv")).exit_code, 0);
  EXPECT_EQ(ReadAll(Path("x.csv")), expected);
}

TEST_F(SweepTest, AListOfRunsRunsNone) {
  const ProgramResult result = Run("sweep " + file_ + " --list --set n=1,2 --set steady=false");
  EXPECT_EQ(result.out, "txgsim run " + file_ + " --seed 1 --set steady=false --set n=1\ntxgsim run " +
                            file_ + " --seed 1 --set steady=false --set n=2\n");
}

// Ctrl-C: the runs that have ended are stored, and 130. The first point takes no time, the second for ever.
TEST_F(SweepTest, AnInterruptKeepsWhatIsKnown) {
  const std::string file = Write("long.lua",
                                 "machine { stop_at = \"100000h\" }\n"
                                 "local n = param(\"n\", 1, { sweep = \"1..3\" })\n"
                                 "process \"a\" (function() while n > 1 do sleep \"1us\" end end)");
  const ProgramResult result = Interrupt({"sweep", file, "--json", "--out", Path("x.jsonl")});
  EXPECT_EQ(result.exit_code, 130) << result.err;
  EXPECT_EQ(Lines(ReadAll(Path("x.jsonl"))), 1u);
  const Json sweep = Json::parse(result.out);
  EXPECT_FALSE(sweep["complete"].get<bool>());
  EXPECT_TRUE(sweep["held"].is_null());
  EXPECT_EQ(sweep["points"][0]["runs"].size(), 1u);
  EXPECT_EQ(sweep["points"][1]["runs"].size(), 0u);
  EXPECT_THAT(result.err, Not(HasSubstr("runs")));  // No progress in a pipe.
}

}  // namespace
}  // namespace tools
