// SPDX-License-Identifier: Apache-2.0
#include "model/script/result/expect.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/model/script/declare/resolve_testing.h"

namespace model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ResultValue Names(std::initializer_list<const char*> names) {
  ResultValue list = ResultValue::Array();
  for (const char* name : names) list.Append(name);
  return list;
}

ResultValue ThreadIn(const char* name, const char* state, bool killable) {
  ResultValue thread = ResultValue::Object();
  thread.Set("name", name);
  thread.Set("state", state);
  thread.Set("killable", killable);
  return thread;
}

// A run in which app and two of three workers are stuck behind db.
ResultValue SampleRun() {
  ResultValue run = ResultValue::Object();
  run.Set("verdict", "deadlock");
  run.Set("hung_set", Names({"app", "z/1", "z/2", "txg_sync"}));
  run.Set("root", "db/1");
  run.Set("cycle", Names({"z/1", "txg_sync", "app"}));
  ResultValue& threads = run.Set("threads", ResultValue::Array());
  threads.Append(ThreadIn("app", "D", false));
  threads.Append(ThreadIn("z/1", "D", true));
  threads.Append(ThreadIn("z/2", "D", true));
  threads.Append(ThreadIn("other", "t", true));
  ResultValue& detector = run.Set("detector", ResultValue::Array());
  ResultValue& report = detector.Append(ResultValue::Object());
  report.Set("at_ns", 240'000'000'000);
  report.Set("text", "INFO: task app:100 blocked for more than 120 seconds.");
  ResultValue& freed_by = run.Set("freed_by", ResultValue::Array());
  ResultValue& all = freed_by.Append(ResultValue::Object());
  all.Set("action", "kill db");
  all.Set("frees", Names({"app", "z/1", "z/2", "txg_sync"}));
  ResultValue& some = freed_by.Append(ResultValue::Object());
  some.Set("action", "kill app");
  some.Set("frees", Names({"app"}));
  ResultValue& pool = run.Set("pools", ResultValue::Object()).Set("tank", ResultValue::Object());
  pool.Set("frozen", true);
  ResultValue& txgs = pool.Set("txgs", ResultValue::Array());
  for (int64_t txg : {int64_t{4}, int64_t{5}}) {
    ResultValue& row = txgs.Append(ResultValue::Object());
    row.Set("txg", txg);
    row.Set("waiters", 0);
  }
  ResultValue& jobs = run.Set("jobs", ResultValue::Object());
  ResultValue& job = jobs.Set("prune", ResultValue::Object());
  job.Set("start_ns", 1'000'000'000);
  job.Set("end_ns", 3'000'000'000);
  job.Set("result", 110);
  jobs.Set("late", ResultValue::Object()).Set("start_ns", 1);
  ResultValue& load = run.Set("loads", ResultValue::Object()).Set("db", ResultValue::Object());
  load.Set("ops", 12);
  load.Set("latency", ResultValue::Object()).Set("p99_ns", 5'000);
  load.Set("errors", ResultValue::Object()).Set("EIO", 3);
  ResultValue& params = run.Set("params", ResultValue::Object());
  params.Set("frees", 3);
  params.Set("workers", 4);
  return run;
}

constexpr char kThings[] =
    "process \"app\" (function() hang() end)\nprocess \"other\" (function() hang() end)\n"
    "kthread \"k\" (function() yield() end)\nworkers \"z\" { count = 2 }\npool \"tank\"\n"
    "writers \"db\" { rate = \"1MB/s\" }\njob \"prune\" (function(zfs) end)\njob \"late\" (function(zfs) "
    "end)\n";

ExpectJudgement JudgeWith(const std::string& keys_and_body, const ResultValue& result) {
  const auto loaded = MustResolve(kThings + ("expect \"s\" " + keys_and_body));
  if (loaded == nullptr) return {};
  return JudgeExpectation(*loaded, loaded->scenario.expects[0], result);
}

// "held", "KEY: actual", or "error: text".
std::string Judged(const std::string& keys_and_body) {
  const ExpectJudgement judgement = JudgeWith(keys_and_body, SampleRun());
  if (judgement.error) return "error: " + judgement.error->Message();
  if (judgement.held) return judgement.actual.empty() ? "held" : "held: " + judgement.actual;
  return judgement.failing_key + ": " + judgement.actual;
}

TEST(ExpectTest, TheVerdictMustBeTheSame) {
  EXPECT_EQ(Judged("{ verdict = \"deadlock\" }"), "held");
  EXPECT_EQ(Judged("{ verdict = \"external\" }"), "verdict: deadlock");
}

TEST(ExpectTest, ACycleMayStartAnywhereButKeepsItsOrder) {
  EXPECT_EQ(Judged("{ cycle = { \"z\", \"txg_sync\", \"app\" } }"), "held");
  EXPECT_EQ(Judged("{ cycle = { \"app\", \"z\", \"txg_sync\" } }"), "held");
  EXPECT_EQ(Judged("{ cycle = { \"app\", \"txg_sync\", \"z\" } }"), "cycle: z/1 > txg_sync > app");
  EXPECT_EQ(Judged("{ cycle = \"app\" }"), "cycle: z/1 > txg_sync > app");
  EXPECT_EQ(Judged("{ cycle = {} }"), "cycle: z/1 > txg_sync > app");
}

TEST(ExpectTest, APoolOfThreadsStandsForItsMembers) {
  EXPECT_EQ(Judged("{ root = \"db\", DK = \"z\", D = \"app\" }"), "held");
  EXPECT_EQ(Judged("{ D = \"z\" }"), "D: z/1: DK, z/2: DK");
  EXPECT_EQ(Judged("{ DK = \"z/2\", T = \"other\" }"), "held");
  EXPECT_EQ(Judged("{ S = \"k\" }"), "S: no such thread");
}

TEST(ExpectTest, TheHungSetIsExactButForThreadsOfThePool) {
  EXPECT_EQ(Judged("{ hung = { \"app\", \"z\" } }"), "held");
  EXPECT_EQ(Judged("{ hung = { \"app\", \"z\", \"tank/txg_sync\" } }"), "held");
  EXPECT_EQ(Judged("{ hung = \"app\" }"), "hung: app, z/1, z/2, txg_sync");
  EXPECT_EQ(Judged("{ hung = { \"app\", \"z\", \"k\" } }"), "hung: app, z/1, z/2, txg_sync");
}

TEST(ExpectTest, TheDetectorReportsTheseAndNoOthers) {
  EXPECT_EQ(Judged("{ detector = \"app\" }"), "held");
  EXPECT_EQ(Judged("{ detector = {} }"), "detector: app");
  EXPECT_EQ(Judged("{ detector = { \"app\", \"k\" } }"), "detector: app");
}

TEST(ExpectTest, AnActionFreesOnlyIfItFreesAll) {
  EXPECT_EQ(Judged("{ freed_by = \"kill db\", not_freed_by = { \"kill app\", \"kill z\" } }"), "held");
  EXPECT_EQ(Judged("{ freed_by = \"kill app\" }"), "freed_by: kill db");
  EXPECT_EQ(Judged("{ freed_by = {} }"), "freed_by: kill db");
  EXPECT_EQ(Judged("{ not_freed_by = \"kill db\" }"), "not_freed_by: kill db frees them");
}

TEST(ExpectTest, FrozenNamesExactlyThePools) {
  EXPECT_EQ(Judged("{ frozen = \"tank\" }"), "held");
  EXPECT_EQ(Judged("{ frozen = {} }"), "frozen: tank");
}

TEST(ExpectTest, CompletesLooksAtTheEndAndWithinAtTheTimeSinceTheStart) {
  EXPECT_EQ(Judged("{ completes = \"prune\" }"), "held");
  EXPECT_EQ(Judged("{ completes = \"late\" }"), "completes: late has not ended");
  // From 1 s to 3 s.
  EXPECT_EQ(Judged("{ completes = \"prune\", within = \"2s\" }"), "held");
  EXPECT_EQ(Judged("{ completes = \"prune\", within = \"1999ms\" }"), "within: prune took 2s");
  EXPECT_EQ(Judged("{ completes = \"app\" }"), "completes: app has not ended");
  EXPECT_EQ(Judged("{ completes = \"k\" }"), "held");
}

TEST(ExpectTest, AKeyThatFailsSaysWhatItExpected) {
  const auto expected = [](const std::string& keys) { return JudgeWith(keys, SampleRun()).expected; };
  EXPECT_EQ(expected("{ verdict = \"external\" }"), "external");
  EXPECT_EQ(expected("{ cycle = { \"app\", \"txg_sync\" } }"), "app > txg_sync");
  EXPECT_EQ(expected("{ root = \"app\" }"), "app");
  EXPECT_EQ(expected("{ hung = { \"app\", \"k\" } }"), "app, k");
  EXPECT_EQ(expected("{ D = { \"app\", \"z\" } }"), "z");
  EXPECT_EQ(expected("{ detector = {} }"), "none");
  EXPECT_EQ(expected("{ frozen = {} }"), "none");
  EXPECT_EQ(expected("{ freed_by = { \"kill db\", \"kill app\" } }"), "kill app");
  EXPECT_EQ(expected("{ completes = \"prune\", within = \"1999ms\" }"), "1.999s");
  EXPECT_EQ(expected("{ verdict = \"deadlock\" }"), "");
}

TEST(ExpectTest, ABodyReturnsTruthAndActual) {
  EXPECT_EQ(Judged("(function(run) return run.loads.db.ops == 12, run.loads.db.ops end)"), "held: 12");
  EXPECT_EQ(Judged("(function(run) return run.loads.db.ops > 12, run.loads.db.ops .. \" ops\" end)"),
            ": 12 ops");
  EXPECT_EQ(Judged("(function(run) return false, run.params end)"), ": { frees = 3, workers = 4 }");
  EXPECT_EQ(Judged("(function(run) return nil, nil end)"), ": nil");
  EXPECT_EQ(Judged("(function(run) return true, { 1, x = 2 } end)"), "held: { 1, x = 2 }");
  EXPECT_EQ(Judged("(function(run) end)"), "error: the body returned nothing: true or false is wanted");
  EXPECT_EQ(Judged("(function(run) return 5 end)"), "error: the body returned 5: true or false is wanted");
}

TEST(ExpectTest, KeysAndBodyMustAllHold) {
  EXPECT_EQ(Judged("{ verdict = \"deadlock\" } (function(run) return false end)"), ": ");
  EXPECT_EQ(Judged("{ verdict = \"slow\" } (function(run) error(\"not reached\") end)"), "verdict: deadlock");
}

TEST(ExpectTest, APathThatDoesNotExistIsAnErrorWithASuggestion) {
  const ExpectJudgement judgement =
      JudgeWith("(function(run)\n  return run.verdict == \"x\" or run.loads.db.p99 > 1 end)", SampleRun());
  ASSERT_TRUE(judgement.error.has_value());
  EXPECT_FALSE(judgement.held);
  EXPECT_EQ(judgement.error->Message(),
            "run.loads.db.p99: no such path; did you mean \"run.loads.db.latency.p99_ns\"?");
  EXPECT_EQ(judgement.error->pos, (SourcePos{10, 32}));
  EXPECT_EQ(judgement.error->length, 16);
  EXPECT_EQ(Judged("(function(run) return run.verdct == 1 end)"),
            "error: run.verdct: no such path; did you mean \"run.verdict\"?");
  EXPECT_EQ(Judged("(function(run) return run.jobs.prun.result end)"),
            "error: run.jobs.prun: no such path; did you mean \"run.jobs.prune\"?");
  EXPECT_EQ(
      Judged("(function(run) return run.pools.tank.txgs[1].wait end)"),
      "error: run.pools.tank.txgs[1].wait: no such path; did you mean \"run.pools.tank.txgs[1].waiters\"?");
}

TEST(ExpectTest, OnlyAFewPathsMayBeAbsent) {
  EXPECT_EQ(
      Judged("(function(run) return run.jobs.late.end_ns == nil and run.jobs.late.latency_ns == nil end)"),
      "held");
  EXPECT_EQ(
      Judged("(function(run) return run.loads.db.errors.EIO == 3 and run.loads.db.errors.EAGAIN == 0 end)"),
      "held");
  EXPECT_THAT(Judged("(function(run) return run.loads.db.errors.EIOO end)"), HasSubstr("no such path"));
}

// What this run lacks fails the expectation; the file is right.
TEST(ExpectTest, APathThatOnlyThisRunLacksIsNoError) {
  EXPECT_EQ(Judged("(function(run) return run.jobs.late.txgs == nil end)"),
            ": line 9: run.jobs.late.txgs: no such path; there is start_ns");
  EXPECT_EQ(Judged("(function(run) return run.pools.tank.recovered.txg == 4 end)"),
            ": line 9: run.pools.tank.recovered: no such path; there are frozen, txgs");
  EXPECT_EQ(Judged("(function(run) return run.jobs.late.latency_ns < 5 end)"),
            ": line 9: attempt to compare nil with number; run.jobs.late.latency_ns is nil in this run");
  EXPECT_THAT(Judged("(function(run) return run.pools.tank.txgs[9].txg > 5 end)"),
              HasSubstr("run.pools.tank.txgs[9] is nil in this run"));
  // An error of the body's own, after something that was not there; a limit.
  EXPECT_THAT(Judged("(function(run) local a = run.jobs.late.end_ns return 1 + {} end)"),
              HasSubstr("error: attempt to perform arithmetic on a table value"));
  EXPECT_EQ(Judged("(function(run) local a = run.jobs.late.end_ns return run.verdct end)"),
            "error: run.verdct: no such path; did you mean \"run.verdict\"?");
}

TEST(ExpectTest, NamesOfTheFileAreKnownBeforeTheRun) {
  ResultValue run = ResultValue::Object();
  for (const char* group : {"jobs", "loads", "pools", "params", "processes", "marks"})
    run.Set(group, ResultValue::Object());
  const auto judged = [&](const std::string& path) {
    const ExpectJudgement judgement = JudgeWith("(function(run) return run." + path + " end)", run);
    EXPECT_FALSE(judgement.held);
    return judgement.error ? "error" : judgement.actual;
  };
  EXPECT_THAT(judged("jobs.prune"), HasSubstr("run.jobs.prune: no such path; there is nothing"));
  EXPECT_EQ(judged("jobs.prun"), "error");
  EXPECT_THAT(judged("loads.db"), HasSubstr("no such path"));
  EXPECT_EQ(judged("loads.bd"), "error");
  EXPECT_EQ(judged("pools.rpool"), "error");
  EXPECT_EQ(judged("params.x"), "error");
  // They come into being as it runs.
  EXPECT_THAT(judged("processes.any"), HasSubstr("no such path"));
  EXPECT_THAT(judged("marks.any"), HasSubstr("no such path"));
}

TEST(ExpectTest, ListsAreIndexedByNumberAndByName) {
  EXPECT_EQ(
      Judged("(function(run) return run.threads.app.state == \"D\" and run.threads[2].name == \"z/1\" end)"),
      "held");
  EXPECT_EQ(
      Judged(
          "(function(run)\n local n = 0\n for _, row in ipairs(run.pools.tank.txgs) do n = n + row.txg end\n"
          " for k, v in pairs(run.params) do n = n .. k .. v end\n"
          " return #run.pools.tank.txgs == 2, n end)"),
      "held: 9frees3workers4");
  EXPECT_EQ(Judged("(function(run) return run.pools.tank.txgs[3] == nil end)"), "held");
  EXPECT_EQ(Judged("(function(run) run.verdict = \"completed\" return true end)"),
            "error: a result is read-only");
}

TEST(ExpectTest, AJudgeOnlyLooks) {
  EXPECT_EQ(Judged("(function(run) sleep \"1ms\" return true end)"),
            "error: sleep is for user code or kernel code; here is an expectation (\"s\"): an expectation "
            "only looks at the "
            "result");
  EXPECT_EQ(
      Judged(
          "(function(run) return run.jobs.prune.result == ETIMEDOUT and duration \"1s\" == 1000000000 end)"),
      "held");
  const ExpectJudgement endless = JudgeWith("(function(run) while true do end end)", SampleRun());
  ASSERT_TRUE(endless.error.has_value());
  EXPECT_EQ(endless.error->kind, ScenarioErrorKind::kLimit);
}

TEST(ExpectTest, JudgingTwiceGivesTheSame) {
  const auto loaded = MustResolve(std::string(kThings) +
                                  "local n = 0\nexpect \"s\" (function(run) n = n + 1 return n == 1, n end)");
  for (int i = 0; i < 3; ++i) {
    const ExpectJudgement judgement = JudgeExpectation(*loaded, loaded->scenario.expects[0], SampleRun());
    EXPECT_TRUE(judgement.held) << judgement.actual;
  }
}

ResultValue SampleSweep() {
  // stall: 0 0 40 160; latency: 10 20 40 80, against ops 1 2 4 8.
  ResultValue sweep = ResultValue::Array();
  const int64_t stall[] = {0, 0, 40, 160};
  for (int i = 0; i < 4; ++i) {
    for (const char* design : {"ioctl", "channel_tx"}) {
      ResultValue& run = sweep.Append(ResultValue::Object());
      ResultValue& params = run.Set("params", ResultValue::Object());
      params.Set("ops", 1 << i);
      params.Set("design", design);
      run.Set("verdict", "completed");
      run.Set("stall_ns", stall[i]);
      run.Set("latency_ns", 10 << i);
    }
  }
  return sweep;
}

std::string JudgedSweep(const std::string& body) {
  const ExpectJudgement judgement =
      JudgeWith("{ on = \"sweep\" } (function(sweep) " + body + " end)", SampleSweep());
  if (judgement.error) return "error: " + judgement.error->Message();
  return judgement.actual;
}

TEST(ExpectTest, ASweepIsAListThatCanBeNarrowed) {
  EXPECT_EQ(JudgedSweep("return true, #sweep"), "8");
  EXPECT_EQ(JudgedSweep("return true, #sweep:where { design = \"ioctl\" }"), "4");
  EXPECT_EQ(
      JudgedSweep("local n = 0 for _, run in ipairs(sweep) do n = n + run.params.ops end return true, n"),
      "30");
  EXPECT_THAT(JudgedSweep("return sweep:where { desing = \"ioctl\" }"),
              HasSubstr("run.params.desing: no such path; did you mean \"run.params.design\"?"));
}

TEST(ExpectTest, CurvesAreStraightBetweenSweptValuesAndCrossOnce) {
  const std::string curves =
      "local harm = sweep:curve(\"ops\", \"stall_ns\", { design = \"channel_tx\" })\n"
      "local cost = sweep:curve(\"ops\", \"latency_ns\", { design = \"ioctl\" })\n";
  EXPECT_EQ(JudgedSweep(curves + "return true, harm:at(3)"), "20.0");
  EXPECT_EQ(JudgedSweep(curves + "return true, cost:at(1)"), "10.0");
  // stall - latency is -10, -20, 0, 80: they meet at 4 and part the other way.
  EXPECT_EQ(JudgedSweep(curves + "return true, harm:crossing(cost)"), "4.0");
  EXPECT_EQ(JudgedSweep(curves + "return true, tostring(harm:crossing(harm))"), "nil");
  EXPECT_EQ(JudgedSweep(curves + "return harm:at(9)"), "error: at(9): swept from 1 to 8");
  EXPECT_THAT(JudgedSweep("return sweep:curve(\"ops\", \"stall_ns\")"),
              HasSubstr("several runs have ops = 1; choose by the other parameters"));
  EXPECT_THAT(JudgedSweep("return sweep:curve(\"ops\", \"stal_ns\", { design = \"ioctl\" })"),
              HasSubstr("run.stal_ns: no such path; did you mean \"run.stall_ns\"?"));
}

TEST(ExpectTest, CrossingsBetweenPointsAreInterpolated) {
  ResultValue sweep = ResultValue::Array();
  for (int x : {0, 10}) {
    ResultValue& run = sweep.Append(ResultValue::Object());
    run.Set("params", ResultValue::Object()).Set("x", x);
    run.Set("a", x);  // 0 .. 10
    run.Set("b", 4);  // Level: they cross at 4.
  }
  const ExpectJudgement judgement = JudgeWith(
      "{ on = \"sweep\" } (function(sweep) return true, sweep:curve(\"x\", "
      "\"a\"):crossing(sweep:curve(\"x\", \"b\")) end)",
      sweep);
  EXPECT_EQ(judgement.actual, "4.0");
}

// Two seeds: 10 and 30 at 1, so 20; 40 and 60 at 3, so 50; between them, at 2, 35.
TEST(ExpectTest, ACurveGoesThroughTheMeanOfTheSeeds) {
  ResultValue sweep = ResultValue::Array();
  for (int seed : {0, 1}) {
    for (int x : {1, 3}) {
      ResultValue& run = sweep.Append(ResultValue::Object());
      run.Set("params", ResultValue::Object()).Set("x", x);
      run.Set("seed", seed);
      run.Set("y", 15 * x - 5 + 20 * seed);
    }
  }
  const ExpectJudgement judgement = JudgeWith(
      "{ on = \"sweep\" } (function(sweep) local y = sweep:curve(\"x\", \"y\") "
      "return true, { y:at(1), y:at(2), y:at(3) } end)",
      sweep);
  EXPECT_EQ(judgement.actual, "{ 20.0, 35.0, 50.0 }");
}

// Runs with the values of a and b, a seed and parameters, at x.
void AddPaired(ResultValue* sweep, const ResultValue& x, int64_t seed, int64_t a, int64_t b) {
  ResultValue& run = sweep->Append(ResultValue::Object());
  run.Set("params", ResultValue::Object()).Set("x", x);
  run.Set("seed", seed);
  run.Set("a", a);
  run.Set("b", b);
}

constexpr char kCrossing[] =
    "{ on = \"sweep\" } (function(sweep)\n"
    "  local x, from, to = sweep:curve(\"x\", \"a\"):crossing(sweep:curve(\"x\", \"b\"))\n"
    "  return true, { x, from or \"open\", to or \"open\" }\n"
    "end)";

// One seed, differences -5, -5, 15 at 0, 10, 20: sure everywhere, a crossing at 10 + 10 * 5 / 20, and runs at
// 15 would tell more. With neighbours there is nothing between.
TEST(ExpectTest, ACrossingNamesTheValuesAroundItAndAsksForMore) {
  ResultValue sweep = ResultValue::Array();
  for (int x : {0, 10, 20}) AddPaired(&sweep, x, 1, x == 20 ? 15 : 0, x == 20 ? 0 : 5);
  const ExpectJudgement judgement = JudgeWith(kCrossing, sweep);
  EXPECT_EQ(judgement.actual, "{ 12.5, 10.0, 20.0 }");
  ASSERT_EQ(judgement.wanted.size(), 1u);
  EXPECT_EQ(judgement.wanted[0].DebugString(), "{ x = 15 }");
  ResultValue neighbours = ResultValue::Array();
  for (int x : {1, 2}) AddPaired(&neighbours, x, 1, x, 3 - x);
  EXPECT_TRUE(JudgeWith(kCrossing, neighbours).wanted.empty());
}

// Differences of two seeds: -10 and -11 at 0, interval 0.5 * 12.7, sure; -10 and 8 at 10: mean -1, not sure;
// 4 and 0 at 20: mean 2, not sure; 20 and 20 at 30, sure. So it is between 0 and 30, about 13.3; more runs
// between 10 and 20 would not tell.
TEST(ExpectTest, SeedsThatDisagreeLeaveACrossingOpen) {
  ResultValue sweep = ResultValue::Array();
  const int64_t a[][2] = {{0, 0}, {0, 18}, {14, 10}, {30, 30}};
  const int64_t b[][2] = {{10, 11}, {10, 10}, {10, 10}, {10, 10}};
  for (int x = 0; x < 4; ++x) {
    for (int seed : {0, 1}) AddPaired(&sweep, 10 * x, seed, a[x][seed], b[x][seed]);
  }
  const ExpectJudgement judgement = JudgeWith(kCrossing, sweep);
  EXPECT_THAT(judgement.actual, ::testing::MatchesRegex("\\{ 13\\.33.*, 0\\.0, 30\\.0 \\}"));
  EXPECT_TRUE(judgement.wanted.empty());
}

TEST(ExpectTest, ACurveTakesQuantitiesAndFunctions) {
  ResultValue sweep = ResultValue::Array();
  AddPaired(&sweep, "2ms", 1, 7, 30);
  AddPaired(&sweep, "100us", 1, 1, 2);
  const ExpectJudgement judgement = JudgeWith(
      "{ on = \"sweep\" } (function(sweep)\n"
      "  local sum = sweep:curve(\"x\", function(run) return run.a + run.b end)\n"
      "  return true, { sum:at \"100us\", sum:at(2e6), sum:at \"1050us\" }\n"
      "end)",
      sweep);
  EXPECT_EQ(judgement.actual, "{ 3.0, 37.0, 20.0 }");
  ResultValue flags = ResultValue::Array();
  AddPaired(&flags, true, 1, 0, 0);
  EXPECT_THAT(JudgeWith(kCrossing, flags).error->Message(),
              HasSubstr("curve: x is true, neither a number nor a quantity such as \"5ms\""));
}

TEST(ExpectTest, ACurveOverRunsWithoutTheFigureMakesItsExpectationFail) {
  ResultValue sweep = ResultValue::Array();
  for (int seed : {1, 2}) AddPaired(&sweep, 4, seed, 1, 1);
  ResultValue& run = sweep.Append(ResultValue::Object());
  run.Set("params", ResultValue::Object()).Set("x", 8);
  run.Set("seed", 2);
  run.Set("a", ResultValue());
  const ExpectJudgement judgement = JudgeWith(
      "{ on = \"sweep\" } (function(sweep) return sweep:curve(\"x\", \"a\"):at(4) == 1 end)", sweep);
  EXPECT_FALSE(judgement.error.has_value());
  EXPECT_FALSE(judgement.held);
  EXPECT_THAT(judgement.actual, HasSubstr("curve: a has no value at x = 8, seed 2"));
}

TEST(ExpectTest, AComparisonIsReadByDesign) {
  ResultValue compare = ResultValue::Object();
  compare.Set("same_tree", true);
  compare.Set("designs", ResultValue::Object()).Set("ioctl", SampleRun());
  EXPECT_TRUE(
      JudgeWith(
          "{ on = \"compare\" } (function(c) return c.same_tree and c.designs.ioctl.loads.db.ops == 12 end)",
          compare)
          .held);
  const ExpectJudgement wrong =
      JudgeWith("{ on = \"compare\" } (function(c) return c.designs.ioct.jobs end)", compare);
  EXPECT_EQ(wrong.error->Message(),
            "compare.designs.ioct: no such path; did you mean \"compare.designs.ioctl\"?");
}

TEST(ExpectTest, ActionsToTryAreThoseOfBothKeys) {
  const auto loaded = MustResolve(
      std::string(kThings) +
      "expect \"s\" { freed_by = { \"kill app\", \"zpool clear tank\" }, not_freed_by = \"kill db\" }");
  EXPECT_THAT(ActionsAskedFor(loaded->scenario.expects[0]),
              ElementsAre("kill app", "zpool clear tank", "kill db"));
}

// A number that was read from a path in ns is one, alone or in a table; others are not.
TEST(ExpectTest, DurationsInWhatABodyReturnsAreNoted) {
  const auto durations = [](const std::string& body) { return JudgeWith(body, SampleRun()).durations; };
  EXPECT_THAT(durations("(function(run) return true, run.jobs.prune.end_ns end)"),
              ElementsAre(3'000'000'000));
  EXPECT_THAT(durations("(function(run) return true, run.loads.db.ops end)"), ElementsAre());
  EXPECT_THAT(durations("(function(run) return true, { run.loads.db.latency.p99_ns, 7 } end)"),
              ElementsAre(5'000));
  EXPECT_THAT(durations("(function(run) return true, 3000000000 end)"), ElementsAre());
}

}  // namespace
}  // namespace model
