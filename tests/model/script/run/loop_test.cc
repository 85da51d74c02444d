// SPDX-License-Identifier: Apache-2.0
//
// When a run ends, what it is judged on, what would free its hangs, and that it repeats.
#include <gmock/gmock.h>

#include <chrono>

#include "tests/model/script/run/run_testing.h"

namespace model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kAbba[] = R"(
local a, b = mutex "a", mutex "b"
kthread "one" (function() a:lock() compute "10us" b:lock() end)
kthread "two" (function() b:lock() compute "10us" a:lock() end)
)";

std::vector<std::string> TextsAt(const RunOutcome& outcome, std::string_view path) {
  std::vector<std::string> texts;
  for (const ResultValue& item : At(outcome.result, path).items()) texts.push_back(item.text());
  return texts;
}

TEST(RunLoopTest, ARunEndsWhenEverythingThatItWaitsForHasEnded) {
  const RunOutcome outcome = RunText(R"(
process "app" (function() sleep "5ms" end)
kthread "ticks" { idle = true } (function() while true do sleep "1ms" end end)
)");
  EXPECT_EQ(VerdictOf(outcome), "completed");
  EXPECT_LT(At(outcome.result, "end_ns").integer(), 6'000'000);
}

TEST(RunLoopTest, ARunIsNeverShorterThanTheLastInstantThatIsJudged) {
  const RunOutcome outcome = RunText(R"(
process "app" (function() sleep "5ms" end)
expect "it has ended by then" { at = "20ms", completes = "app" }
)");
  EXPECT_TRUE(outcome.held);
  EXPECT_EQ(At(outcome.result, "end_ns").integer(), 20'000'000);
}

TEST(RunLoopTest, WorkThatIsUnderWayHoldsTheRunOpen) {
  const RunOutcome outcome = RunText(R"(
local pool = workers "wq" { count = 1 }
local start = syscall "start" (function() pool:queue("w", function() sleep "30ms" end) end)
process "app" (function() start() end)
)");
  EXPECT_GE(At(outcome.result, "end_ns").integer(), 30'000'000);
}

TEST(RunLoopTest, ALoadThatTheEndOfARunCutsShortIsSaid) {
  constexpr char kLoad[] = R"(
local tank = pool "tank" { disks = 1, disk = "ssd" }
writers "db" { rate = "1MB/s", dataset = tank:filesystem "db", at = "1s", stop_at = "5s" }
)";
  const auto with = [&](std::string_view rest) { return RunText(std::string(kLoad) + std::string(rest)); };
  EXPECT_THAT(TextsAt(with("process \"app\" (function() sleep \"3s\" end)"), "warnings"),
              ElementsAre("load db ran for 2s of its 4s: a load keeps no run going, and all else had ended"));
  EXPECT_THAT(TextsAt(with("process \"app\" (function() sleep \"5s\" end)"), "warnings"), testing::IsEmpty());
  // There for the job; and nothing but a load: the run goes on to stop_at.
  EXPECT_THAT(TextsAt(with("job \"j\" (function() end)"), "warnings"), testing::IsEmpty());
  EXPECT_THAT(TextsAt(with(""), "warnings"), testing::IsEmpty());
}

// The detector's passes are at 120 s and 240 s; the threads blocked at 10 us are told at the second.
TEST(RunLoopTest, AHangIsOverWhenTheDetectorHasReportedEachOfItsThreads) {
  const auto start = std::chrono::steady_clock::now();
  const RunOutcome outcome = RunText(kAbba, {.diagnose = false});
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
  EXPECT_EQ(VerdictOf(outcome), "deadlock");
  EXPECT_EQ(At(outcome.result, "end_ns").integer(), 240'000'000'000);
  EXPECT_EQ(At(outcome.result, "detector").items().size(), 2u);
  EXPECT_LT(At(outcome.result, "events").integer(), 500);
}

TEST(RunLoopTest, AHangThatTheDetectorNeverReportsEndsTheRunAtOnce) {
  const RunOutcome outcome = RunText(R"(
local q = queue "q"
process "app" (function() q:get() end)
)");
  EXPECT_EQ(VerdictOf(outcome), "lost_event");
  EXPECT_LT(At(outcome.result, "end_ns").integer(), 3'000'000'000);
  EXPECT_FALSE(outcome.held);  // A hang that no expectation speaks of.
}

// People come after the message of 240 s. The disk is back at 20 s; the command takes some ms.
constexpr char kWaitsForAPerson[] = R"(
machine { cores = 2 }
local tank = pool "tank" { disks = 1, disk = "ssd" }
local vm = tank:filesystem "vm"
process "app" { at = "2s" } (function() vm:write "64KiB" vm:fsync() end)
fault { at = "1s", offline = tank, lasting = "19s" }
)";

TEST(RunLoopTest, AnOperatorWhoComesAfterTheDetectorIsWaitedFor) {
  const RunOutcome outcome =
      RunText(std::string(kWaitsForAPerson) +
              R"(operator "oncall" { at = "241s" } (function() sh "zpool clear tank" end))");
  EXPECT_EQ(VerdictOf(outcome), "completed");
  EXPECT_GT(At(outcome.result, "end_ns").integer(), 241'000'000'000);
}

TEST(RunLoopTest, SoIsAnyoneElseWhoGoesOnBesideAHang) {
  for (const char* someone : {
           R"(process "cron" { at = "5min" } (function() sh "zpool clear tank" end))",
           R"(process "cron" (function() sleep "5min" sh "zpool clear tank" end))",
           R"(fault { at = "5min", call = function() sh "zpool clear tank" end })",
       }) {
    const RunOutcome outcome = RunText(std::string(kWaitsForAPerson) + someone);
    EXPECT_EQ(VerdictOf(outcome), "completed") << someone;
  }
}

// The disk never comes back. What the operator typed waits for it in D from 300 s: reported at 480 s.
TEST(RunLoopTest, AnOperatorWhoHangsTooIsReportedAsWell) {
  const RunOutcome outcome = RunText(R"(
local tank = pool "tank" { disks = 1, disk = "ssd" }
local vm = tank:filesystem "vm"
process "app" { at = "2s" } (function() vm:write "64KiB" vm:fsync() end)
fault { at = "1s", stall = tank }
operator "oncall" { at = "5min" } (function() sh "zpool sync tank" end)
)",
                                     {.diagnose = false});
  EXPECT_EQ(VerdictOf(outcome), "external");
  EXPECT_EQ(At(outcome.result, "end_ns").integer(), 480'000'000'000);
}

TEST(RunLoopTest, StopAtEndsARunThatGoesOnForEver) {
  const RunOutcome outcome = RunText(R"(
machine { stop_at = "2s" }
process "app" (function() while true do sleep "100ms" end end)
)");
  EXPECT_EQ(At(outcome.result, "end_ns").integer(), 2'000'000'000);
  EXPECT_EQ(VerdictOf(outcome), "unknown");
  EXPECT_EQ(At(outcome.result, "subkind").text(), "unfinished");
}

TEST(RunLoopTest, LapsWithoutProgressAreALivelock) {
  const RunOutcome outcome = RunText(R"(
machine { laps = 10 }
process "app" (function() while true do compute "1ms" retry("busy") end end)
)");
  EXPECT_EQ(VerdictOf(outcome), "livelock");
  EXPECT_EQ(At(outcome.result, "root").text(), "app");
}

TEST(RunLoopTest, AnEndlessLoopAtOneInstantIsALimit) {
  std::unique_ptr<LoadedScenario> loaded =
      Load(R"(process "app" (function() while true do yield() end end))");
  const RunOutcome outcome = RunScenario(loaded.get(), {.steps_per_instant = 1000});
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind, ScenarioErrorKind::kLimit);
}

// Where the loop is, and what it met: a loop that takes no time, whatever it waits for.
TEST(RunLoopTest, LoopsThatTakeNoTimeAreLimitsWithAPosition) {
  for (const char* verb : {"yield()", "now()", "sleep \"0s\"", "compute \"0s\""}) {
    std::unique_ptr<LoadedScenario> loaded =
        Load(std::string("process \"app\" (function()\n  while true do ") + verb + " end\nend)");
    const RunOutcome outcome = RunScenario(loaded.get(), {.steps_per_instant = 1000});
    ASSERT_TRUE(outcome.error) << verb;
    EXPECT_EQ(outcome.error->kind, ScenarioErrorKind::kLimit) << verb;
    EXPECT_THAT(outcome.error->text, testing::StartsWith("1,000 steps at one instant ("));
    EXPECT_EQ(outcome.error->pos, (SourcePos{2, 17})) << verb;
  }
  // On the line of its declaration too, it is the body that is meant: the verb where it is known.
  std::unique_ptr<LoadedScenario> loaded =
      Load("pool \"p\" {} job \"j\" (function() while true do now() end end)");
  const RunOutcome outcome = RunScenario(loaded.get(), {.steps_per_instant = 1000});
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->pos, (SourcePos{1, 47})) << outcome.error->Render();
}

RunOutcome LimitOf(const std::string& text) {
  std::unique_ptr<LoadedScenario> loaded = Load(text);
  RunOutcome outcome = RunScenario(loaded.get(), {});
  EXPECT_TRUE(outcome.error) << text;
  if (!outcome.error) return outcome;
  EXPECT_EQ(outcome.error->kind, ScenarioErrorKind::kLimit) << outcome.error->Render();
  return outcome;
}

TEST(RunLoopTest, WhatBodiesMakeOutsideOfLuaIsLimited) {
  // 1 MB a mark: 512 MiB are reached at the 537th.
  const RunOutcome marks = LimitOf(R"(
process "app" (function()
  local text = ("x"):rep(1000000)
  for i = 1, 1000 do mark("big", text) sleep "1us" end
end)
)");
  EXPECT_THAT(marks.error->text, testing::StartsWith("memory limit of 512MiB reached"));
  EXPECT_EQ(marks.error->pos, (SourcePos{4, 22}));
  EXPECT_EQ(At(marks.result, "marks.big").items().size(), 537u);
  const RunOutcome checks = LimitOf(R"(
process "app" (function()
  local text = ("x"):rep(1000000)
  for i = 1, 1000 do check(false, text) end
end)
)");
  EXPECT_EQ(checks.error->pos, (SourcePos{4, 22}));
}

TEST(RunLoopTest, ThreadsThatBodiesMakeAreLimited) {
  const RunOutcome outcome = LimitOf(R"(
process "app" (function()
  while true do spawn("k")(function() sleep "1h" end) end
end)
)");
  EXPECT_EQ(outcome.error->text, "more than 10,000 threads that bodies have made live at once");
  EXPECT_EQ(outcome.error->pos, (SourcePos{3, 17}));
}

TEST(RunLoopTest, ThreadsThatHaveEndedMakeRoomForOthers) {
  const RunOutcome outcome = RunText(R"(
process "app" (function()
  for i = 1, 10100 do spawn("k")(function() end):wait() end
end)
)");
  EXPECT_EQ(VerdictOf(outcome), "completed");
}

TEST(RunLoopTest, ErrorsOfBodiesStandAtTheStatement) {
  struct Case {
    const char* text;
    SourcePos pos;
  };
  const std::vector<Case> cases = {
      {"process \"app\" (function() local t = nil ; t.x = 1 end)", {1, 33}},
      {"process \"app\" (function() while true do end end)", {1, 27}},
      {"process \"app\" (function()\n  local x = 1\n  error(\"no\")\nend)", {3, 3}},
      {"process \"app\" (function()\n  on_signal(\"USR1\", function() error(EIO) end)\n"
       "  kill(\"app\", \"USR1\")\nend)",
       {2, 21}},
  };
  for (const Case& one : cases) {
    std::unique_ptr<LoadedScenario> loaded = Load(one.text);
    ASSERT_NE(loaded, nullptr) << one.text;
    const RunOutcome outcome = RunScenario(loaded.get(), {});
    ASSERT_TRUE(outcome.error) << one.text;
    EXPECT_EQ(outcome.error->pos, one.pos) << outcome.error->Render();
  }
}

TEST(RunLoopTest, AnInterruptedRunGivesWhatThereIs) {
  std::unique_ptr<LoadedScenario> loaded = Load(R"(process "app" (function() sleep "1h" end))");
  const std::atomic<bool> interrupted = true;
  const RunOutcome outcome = RunScenario(loaded.get(), {.interrupted = &interrupted});
  EXPECT_TRUE(outcome.interrupted);
  EXPECT_EQ(At(outcome.result, "threads.app.state").text(), "S");
}

TEST(RunLoopTest, ActionsAreTriedWhereTheHangClosed) {
  const RunOutcome outcome = RunText(R"(
local g = gate "g" { open = false, by = "outside" }
local pass = syscall "pass" (function() g:pass { wait = "killable" } end)
process "app" (function() pass() end)
)");
  EXPECT_EQ(VerdictOf(outcome), "external");
  std::vector<std::string> actions;
  for (const ResultValue& entry : At(outcome.result, "freed_by").items()) {
    actions.push_back(entry.Find("action")->text());
  }
  EXPECT_THAT(actions, testing::UnorderedElementsAre("kill app", "thaw g"));
}

// The fault at 10 s would free it: what is tried must not count on that.
TEST(RunLoopTest, TriesDoNotCountOnFaultsToCome) {
  const RunOutcome outcome = RunText(R"(
local g = gate "g" { open = false, by = "outside" }
local pass = syscall "pass" (function() g:pass() end)
process "app" (function() pass() end)
fault { at = "10s", call = function() end }
expect "nobody but an operator helps" { at = "5s", verdict = "external", D = "app", freed_by = "thaw g",
                                         not_freed_by = "kill app" }
)");
  EXPECT_EQ(At(outcome.result, "expectations.1.held").DebugString(), "true");
}

TEST(RunLoopTest, ExpectationsOfTheArmAreJudgedAndControlsMustComplete) {
  const std::string text = std::string(kAbba) + R"(
param("x", 1)
expect "wrong" { verdict = "completed" }
expect "right" { verdict = "deadlock", cycle = { "one", "two" }, freed_by = {} }
control "still-hangs" { x = 2 }
)";
  const RunOutcome base = RunText(text);
  EXPECT_FALSE(base.held);
  EXPECT_EQ(At(base.result, "expectations.1.held").DebugString(), "false");
  EXPECT_EQ(At(base.result, "expectations.1.key").text(), "verdict");
  EXPECT_EQ(At(base.result, "expectations.1.expected").text(), "completed");
  EXPECT_EQ(At(base.result, "expectations.1.actual").text(), "deadlock");
  EXPECT_EQ(At(base.result, "expectations.2.held").DebugString(), "true");

  std::unique_ptr<LoadedScenario> control = Load(text, "still-hangs");
  ASSERT_NE(control, nullptr);
  const RunOutcome hung = RunScenario(control.get(), {});
  EXPECT_FALSE(hung.held);
  EXPECT_EQ(At(hung.result, "expectations.1.text").text(), "a control completes without a hang");
  EXPECT_EQ(At(hung.result, "expectations.1.held").DebugString(), "false");
  EXPECT_EQ(At(hung.result, "expectations.1.actual").text(), "deadlock");
}

TEST(RunLoopTest, AHangThatNoExpectationSpeaksOfIsAFailureByName) {
  const RunOutcome outcome = RunText(std::string(kAbba) + R"(expect "e" { at = "1s", completes = {} })");
  EXPECT_FALSE(outcome.held);
  EXPECT_EQ(At(outcome.result, "expectations.2.text").text(), "no hang that nothing expects");
  EXPECT_EQ(At(outcome.result, "expectations.2.held").DebugString(), "false");
}

TEST(RunLoopTest, TheActualValueOfABodyIsShownWhetherItHoldsOrNot) {
  const RunOutcome outcome = RunText(R"(
process "app" (function() sleep "5ms" end)
expect "holds" (function(run) return true, 12 end)
expect "does not" (function(run) return false, "thirteen" end)
)");
  EXPECT_EQ(At(outcome.result, "expectations.1.actual").text(), "12");
  EXPECT_EQ(At(outcome.result, "expectations.2.actual").text(), "thirteen");
}

TEST(RunLoopTest, TheDigestRepeatsAndDependsOnTheSeedOnlyWhereSomethingIsDrawn) {
  const std::string drawn = R"(process "app" (function() sleep(exponential "5ms") end))";
  const auto digest = [](const std::string& text, uint64_t seed) {
    return At(RunText(text, {.seed = seed}).result, "digest").text();
  };
  EXPECT_EQ(digest(drawn, 1), digest(drawn, 1));
  EXPECT_NE(digest(drawn, 1), digest(drawn, 2));
  EXPECT_EQ(digest(kAbba, 1), digest(kAbba, 2));
}

TEST(RunLoopTest, NamedStreamsGoOnFromWhatTheFileDrew) {
  const RunOutcome outcome = RunText(R"(
local dice = rng "dice"
local first = dice:integer(1, 1000000)
process "app" (function() mark("first", first) mark("second", dice:integer(1, 1000000)) end)
)");
  const RunOutcome all = RunText(R"(
local dice = rng "dice"
process "app" (function() mark("first", dice:integer(1, 1000000)) mark("second", dice:integer(1, 1000000)) end)
)");
  EXPECT_EQ(Marked(outcome, "first"), Marked(all, "first"));
  EXPECT_EQ(Marked(outcome, "second"), Marked(all, "second"));
  EXPECT_THAT(TextsAt(outcome, "hung_set"), ElementsAre());
}

// Of two threads on one core, one preemption between the look and the sleep loses the wake-up.
TEST(RunLoopTest, AStrategyMayPreemptAtASharedAccess) {
  class SecondChoice final : public sim::Strategy {
   public:
    uint32_t Choose(const sim::EventKey&, uint32_t) override { return ++asked == 1 ? 1 : 0; }
    std::optional<sim::QuantilePoint> Draw(const sim::EventKey&) override { return std::nullopt; }
    uint32_t PickNext(std::span<const sim::EventKey>) override { return 0; }
    int asked = 0;
  } strategy;
  std::unique_ptr<LoadedScenario> loaded =
      Load(*ReadTextFile(TXGSIM_SOURCE_DIR "/scenarios/06_lost_wakeup.lua"));
  ASSERT_NE(loaded, nullptr);
  const RunOutcome outcome = RunScenario(loaded.get(), {.strategy = &strategy, .judge = false});
  EXPECT_GE(strategy.asked, 1);
  ASSERT_EQ(outcome.schedule.deviations.size(), 1u);
}

// A callback whose job is stopped holds up the txgs of its pool in every form of it: behind the sync gate,
// under the config lock that txg_sync wants as writer, and with txg_sync itself waiting for the answer.
std::string StoppedCallback(const std::string& options) {
  return R"(
local tank = pool "tank" {}
local fs = tank:filesystem "fs"
for i = 1, 8 do fs:snapshot("s" .. i) {} end
job "prune" { at = "1s", think = "10ms", design = "callback", callback = )" +
         options + R"( } (function(zfs)
  for s in zfs.list.snapshots("tank/fs") do zfs.sync.destroy(s) end
end)
process "admin" { at = "1.01s" } (function() sh "zfs snapshot tank@z" end)
fault { at = "1.05s", stop = "prune" }
)";
}

TEST(RunLoopTest, AStoppedCallbackFreezesThePoolWhateverItHolds) {
  for (const std::string options :
       {"{ lock = \"gates\" }", "{ lock = \"config\" }", "{ mode = \"syncing\" }"}) {
    const RunOutcome outcome = RunText(StoppedCallback(options));
    EXPECT_EQ(VerdictOf(outcome), "frozen_pool") << options;
    EXPECT_EQ(At(outcome.result, "subkind").text(), "stopped") << options;
    EXPECT_EQ(At(outcome.result, "pools.tank.frozen").flag(), true) << options;
  }
}

// The consumer looks at 0 and sleeps 2 us later, the producer wakes it at 5 us. Only if the consumer is more
// than 3 us late does the wake-up come before the sleep.
const char* const kLateSleeper = R"(
machine { cores = 2 }
local ready = shared "ready" { value = false }
local queue = waitqueue "queue" { by = "producer" }
kthread "consumer" (function()
  if not ready:get() then compute "2us" queue:sleep() end
end)
kthread "producer" (function() compute "5us" ready:set(true) queue:wake_all() end)
)";

// The verdicts under 40 random orders, and the last outcome that was a lost event.
std::pair<int, RunOutcome> LostUnderRandomOrders(int64_t slack_ns) {
  std::pair<int, RunOutcome> lost{0, {}};
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    sim::RandomStrategy random(seed);
    RunOutcome outcome = RunText(
        kLateSleeper, {.strategy = &random, .slack = sim::SimDuration::Nanos(slack_ns), .judge = false});
    if (VerdictOf(outcome) != "lost_event") continue;
    ++lost.first;
    lost.second = std::move(outcome);
  }
  return lost;
}

TEST(RunLoopTest, OrderWithinSlackFindsALostWakeUpAndItsScheduleRepeatsIt) {
  EXPECT_EQ(LostUnderRandomOrders(1'000).first, 0);
  const auto [count, found] = LostUnderRandomOrders(10'000);
  ASSERT_GT(count, 0);
  const absl::StatusOr<sim::Schedule> schedule = sim::ParseSchedule(ToText(found.schedule));
  ASSERT_TRUE(schedule.ok()) << schedule.status();
  EXPECT_THAT(ToText(*schedule), HasSubstr("take producer"));
  sim::ReplayStrategy replay(schedule->deviations);
  const RunOutcome again =
      RunText(kLateSleeper, {.strategy = &replay, .slack = sim::SimDuration::Nanos(10'000), .judge = false});
  EXPECT_EQ(VerdictOf(again), "lost_event");
  EXPECT_EQ(At(again.result, "digest").text(), At(found.result, "digest").text());
}

// Asked for nothing else, the loop that permutes gives the order of the plain one.
TEST(RunLoopTest, BothRunLoopsGiveOneDigest) {
  for (const char* file :
       {"/scenarios/03_abba.lua", "/scenarios/holder_slow.lua", "/scenarios/06_lost_wakeup.lua"}) {
    const std::string text = *ReadTextFile(std::string(TXGSIM_SOURCE_DIR) + file);
    sim::FifoStrategy fifo;
    const RunOutcome plain = RunText(text, {.strategy = &fifo, .judge = false, .diagnose = false});
    const RunOutcome choosing = RunText(
        text, {.strategy = &fifo, .slack = sim::SimDuration::Micros(50), .judge = false, .diagnose = false});
    EXPECT_EQ(At(choosing.result, "digest").text(), At(plain.result, "digest").text()) << file;
  }
}

// The completion can come from the task's own work item, or from an interrupt that has ended: nobody but
// itself is in the ring, so no supply is exhausted.
TEST(RunLoopTest, ATaskThatWaitsForItsOwnTaskWorkIsASelfDeadlock) {
  std::unique_ptr<LoadedScenario> loaded =
      Load(*ReadTextFile(TXGSIM_SOURCE_DIR "/scenarios/h25_exit_waits_for_its_own_task_work.lua"));
  ASSERT_NE(loaded, nullptr);
  const RunOutcome outcome = RunScenario(loaded.get(), {});
  EXPECT_EQ(VerdictOf(outcome), "deadlock");
  EXPECT_EQ(At(outcome.result, "subkind").text(), "self_deadlock");
  EXPECT_EQ(At(outcome.result, "waits.1.holder").text(), "app");
  EXPECT_EQ(At(outcome.result, "waits.1.more_holders").integer(), 0);
}

#if defined(__SANITIZE_ADDRESS__) || !defined(__OPTIMIZE__)
constexpr bool kMeasures = false;
#elif defined(__has_feature)
constexpr bool kMeasures = !__has_feature(address_sanitizer);
#else
constexpr bool kMeasures = true;
#endif

// A pool whose disk stops answering at 1 s under sixteen writers: all stand still some seconds later, and the
// detector has told of each at 240 s, after more than 120 s of hang.
TEST(RunLoopTest, TwoMinutesOfHangAreReproducedInFiftyMilliseconds) {
  if (!kMeasures) GTEST_SKIP() << "measures the optimised program only";
  auto best = std::chrono::steady_clock::duration::max();
  for (int i = 0; i < 7; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const RunOutcome outcome = RunText(R"(
local tank = pool "tank" { disks = 2, disk = "ssd", dirty_data_max = "256MiB" }
local fs = tank:filesystem "fs"
writers "db" { dataset = fs, count = 16, rate = "25MB/s" }
process "zfs" { at = "2s" } (function() sh "zfs snapshot tank@x" end)
fault { at = "1s", stall = "tank", lasting = "forever" }
)",
                                       {.diagnose = false});
    best = std::min(best, std::chrono::steady_clock::now() - start);
    ASSERT_EQ(VerdictOf(outcome), "external");
    ASSERT_EQ(At(outcome.result, "hung_set").items().size(), 18u);  // 16 writers, txg_sync, zfs.
    ASSERT_GE(At(outcome.result, "end_ns").integer(), 240'000'000'000);
    ASSERT_GT(At(outcome.result, "events").integer(), 5'000);
  }
  EXPECT_LT(best, std::chrono::milliseconds(50));
}

// The run with parameters set from outside.
RunOutcome RunWith(const std::string& text, const std::string& arm,
                   std::vector<std::pair<std::string, std::string>> params) {
  ResolveOptions options = RunnableOptions(text, arm);
  options.params = std::move(params);
  const ResolveResult resolved = Resolve(options);
  EXPECT_TRUE(resolved.ok()) << RenderErrors(resolved.errors);
  return resolved.ok() ? RunScenario(resolved.loaded.get(), {}) : RunOutcome();
}

TEST(RunLoopTest, WithOtherParametersAHangIsNewsOnlyWhereTheFileSpeaksOfNone) {
  const std::string hangs = std::string(kAbba) + R"(
param("x", 1)
expect "it hangs" { verdict = "deadlock" }
control "x is two" { x = 2 }
)";
  // Set to what it is anyway: judged as ever.
  EXPECT_EQ(At(RunWith(hangs, "base", {{"x", "1"}}).result, "expectations.1.held").DebugString(), "true");
  const RunOutcome other = RunWith(hangs, "base", {{"x", "3"}});
  EXPECT_EQ(At(other.result, "expectations.1.held").kind(), ResultValue::Kind::kNull);
  EXPECT_EQ(At(other.result, "expectations.1.actual").text(), "not checked (parameters changed)");
  EXPECT_TRUE(other.held);
  // A control is there to be well.
  EXPECT_FALSE(RunWith(hangs, "x is two", {{"x", "3"}}).held);
  const std::string well = std::string(kAbba) + R"(
param("x", 1)
expect "it is well" { verdict = "completed" }
)";
  const RunOutcome news = RunWith(well, "base", {{"x", "3"}});
  EXPECT_FALSE(news.held);
  EXPECT_EQ(At(news.result, "expectations.2.text").text(), "no hang that nothing expects");
}

// "app" sleeps until 20 s: the power goes before.
TEST(RunLoopTest, AfterAPowerCutNobodyIsHungAndWhatHadNotEndedIsNamed) {
  const std::string text = R"(
process "done" (function() sleep "1s" end)
process "app" (function() sleep "20s" end)
fault { at = "5s", power_cut = true }
)";
  const RunOutcome cut = RunText(text);
  EXPECT_EQ(VerdictOf(cut), "external");
  EXPECT_EQ(At(cut.result, "subkind").text(), "power_cut");
  EXPECT_EQ(At(cut.result, "root").text(), "machine");
  EXPECT_THAT(TextsAt(cut, "not_ended"), ElementsAre("app"));
  EXPECT_THAT(TextsAt(cut, "hung_set"), ElementsAre());
  EXPECT_TRUE(cut.held);  // The file itself cuts the power.
  const RunOutcome early = RunText(text, {.until_ns = 500'000'000});
  EXPECT_EQ(VerdictOf(early), "unknown");
  EXPECT_EQ(At(early.result, "subkind").text(), "unfinished");
  EXPECT_THAT(TextsAt(early, "not_ended"), ElementsAre("done", "app"));
  // All had ended before: judged at 6 s, when the power is gone.
  const RunOutcome after = RunText(R"(
process "done" (function() sleep "1s" end)
fault { at = "5s", power_cut = true }
expect "well" { at = "6s", verdict = "completed" }
)");
  EXPECT_EQ(At(after.result, "subkind").text(), "power_cut");
  EXPECT_TRUE(after.held);
  EXPECT_THAT(TextsAt(after, "not_ended"), ElementsAre());
}

TEST(RunLoopTest, APanicThatNothingExpectsIsAFailureByName) {
  const std::string text = R"(
pool "tank" { disks = 1, failmode = "panic" }
fault { at = "1s", offline = "tank" }
process "app" { at = "2s" } (function() sh "zfs snapshot tank@x" end)
)";
  const RunOutcome outcome = RunText(text);
  EXPECT_EQ(VerdictOf(outcome), "external");
  EXPECT_EQ(At(outcome.result, "subkind").text(), "panic");
  EXPECT_FALSE(outcome.held);
  EXPECT_EQ(At(outcome.result, "expectations.1.text").text(), "no panic that nothing expects");
  EXPECT_TRUE(RunText(text + "expect \"it panics\" { verdict = \"external\", root = \"machine\" }").held);
}

}  // namespace
}  // namespace model
