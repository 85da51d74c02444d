// SPDX-License-Identifier: Apache-2.0
//
// Bodies on simulated threads: crossings, errors, signals, kills, spawns.
#include <gmock/gmock.h>

#include "tests/model/script/run/run_testing.h"

namespace model {
namespace {

using testing::HasSubstr;

// Two microseconds of user code and three of kernel code on a machine without costs.
TEST(RunBodyTest, ASyscallRunsItsBodyInKernelModeAndReturnsItsResults) {
  const RunOutcome outcome = RunText(R"(
machine "ideal"
local add = syscall "add" (function(a, b) compute "3us" return a + b, "kernel" end)
process "app" (function()
  compute "2us"
  local sum, where = add(20, 22)
  mark("sum", sum) mark("where", where) mark("at", now())
end)
)");
  EXPECT_EQ(VerdictOf(outcome), "completed");
  EXPECT_EQ(Marked(outcome, "sum").integer(), 42);
  EXPECT_EQ(Marked(outcome, "where").text(), "kernel");
  EXPECT_EQ(Marked(outcome, "at").integer(), 5000);
  EXPECT_EQ(At(outcome.result, "processes.app.cpu_user_ns").integer(), 2000);
  EXPECT_EQ(At(outcome.result, "processes.app.cpu_kernel_ns").integer(), 3000);
  EXPECT_EQ(At(outcome.result, "processes.app.syscalls").integer(), 1);
}

TEST(RunBodyTest, AnErrnoThatNobodyCatchesFailsTheSyscallAndPcallSeesIt) {
  const RunOutcome outcome = RunText(R"(
local fail = syscall "fail" (function() error(EBUSY) end)
local try = syscall "try" (function()
  local ok, err = pcall(function() error(EIO) end)
  return ok, err
end)
process "app" (function()
  local value, err = fail()
  mark("value", value) mark("err", err)
  local ok, caught = try()
  mark("ok", ok) mark("caught", caught)
end)
)");
  EXPECT_TRUE(Marked(outcome, "value").is_null());
  EXPECT_EQ(Marked(outcome, "err").integer(), kEBUSY);
  EXPECT_FALSE(Marked(outcome, "ok").flag());
  EXPECT_EQ(Marked(outcome, "caught").integer(), kEIO);
}

TEST(RunBodyTest, AProcessThatEndsByAnErrnoHasItAsResult) {
  const RunOutcome outcome = RunText(R"(process "app" (function() error(ENOENT) end))");
  EXPECT_EQ(At(outcome.result, "processes.app.result").integer(), kENOENT);
  EXPECT_EQ(At(outcome.result, "processes.app.result_text").text(), "ENOENT");
}

TEST(RunBodyTest, ALuaErrorInABodyEndsTheRunWithLineAndStack) {
  std::unique_ptr<LoadedScenario> loaded = Load(R"(
local broken = syscall "broken" (function()
  local t = nil
  return t.x
end)
process "app" (function() broken() end)
)");
  ASSERT_NE(loaded, nullptr);
  const RunOutcome outcome = RunScenario(loaded.get(), {});
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind, ScenarioErrorKind::kScenario);
  EXPECT_EQ(outcome.error->pos.line, 4);
  EXPECT_THAT(outcome.error->text, HasSubstr("index a nil value"));
  ASSERT_FALSE(outcome.traceback.empty());
  EXPECT_FALSE(outcome.held);
}

TEST(RunBodyTest, ABodyThatLoopsWithoutAVerbHitsTheLimit) {
  ResolveOptions options = RunnableOptions(R"(process "app" (function() while true do end end))");
  options.instruction_limit = 100'000;
  ResolveResult resolved = Resolve(options);
  ASSERT_TRUE(resolved.ok()) << RenderErrors(resolved.errors);
  const RunOutcome outcome = RunScenario(resolved.loaded.get(), {});
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind, ScenarioErrorKind::kLimit);
  EXPECT_THAT(outcome.error->text, HasSubstr("instructions without a verb"));
}

TEST(RunBodyTest, AWordOfTheWrongContextSaysWhereItBelongs) {
  std::unique_ptr<LoadedScenario> loaded = Load(R"(
local m = mutex "m"
process "app" (function() m:lock() end)
)");
  const RunOutcome outcome = RunScenario(loaded.get(), {});
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->pos.line, 3);
  EXPECT_THAT(
      outcome.error->text,
      HasSubstr("mutex:lock is for kernel code; here is user code (\"app\"): call it from a syscall"));
}

TEST(RunBodyTest, AKilledProcessRunsNoMoreUserCodeButItsCloseValues) {
  const RunOutcome outcome = RunText(R"(
process "app" (function()
  local guard <close> = setmetatable({}, { __close = function() check(false, "closed") end })
  sleep "1s"
  mark("after", 1)
end)
fault { at = "10ms", kill = "app" }
)");
  EXPECT_TRUE(Marked(outcome, "after").is_null());
  ASSERT_EQ(At(outcome.result, "failed_checks").items().size(), 1u);
  EXPECT_GE(At(outcome.result, "processes.app.kill_to_exit_ns").integer(), 0);
  EXPECT_LT(At(outcome.result, "end_ns").integer(), 11'000'000);
}

TEST(RunBodyTest, AHandledSignalInterruptsASleepAndRunsItsHandler) {
  const RunOutcome outcome = RunText(R"(
local pause = syscall "pause" (function() sleep("1s", { wait = "S" }) end)
process "app" (function()
  on_signal("USR1", function() mark("handled", now()) end)
  local ok, err = pause()
  mark("err", err)
end)
fault { at = "10ms", signal = { "USR1", "app" } }
)");
  EXPECT_EQ(Marked(outcome, "err").integer(), kEINTR);
  EXPECT_GE(Marked(outcome, "handled").integer(), 10'000'000);
  EXPECT_LT(Marked(outcome, "handled").integer(), 11'000'000);
}

TEST(RunBodyTest, ARestartedSyscallBeginsAgainAfterTheHandler) {
  const RunOutcome outcome = RunText(R"(
local pause = syscall "pause" { restart = true } (function() sleep("20ms", { wait = "S" }) return "done" end)
process "app" (function()
  on_signal("USR1", function() end)
  mark("result", pause())
  mark("at", now())
end)
fault { at = "10ms", signal = { "USR1", "app" } }
)");
  EXPECT_EQ(Marked(outcome, "result").text(), "done");
  EXPECT_GE(Marked(outcome, "at").integer(), 30'000'000);  // 10 ms, and 20 ms from the start.
}

TEST(RunBodyTest, SpawnedProcessesAreWaitedForAndNamesAreMadeUnique) {
  const RunOutcome outcome = RunText(R"(
process "sh" (function()
  local a = spawn "child" (function() sleep "5ms" end)
  local b = spawn "child" (function() sleep "1ms" mark("b", current().name) end)
  b:wait()
  mark("b_ended", now() // 1000000)
  a:wait()
  mark("a_ended", now() // 1000000)
end)
)");
  EXPECT_EQ(Marked(outcome, "b").text(), "child/2");
  // Making a process and its exit take a little.
  EXPECT_LT(Marked(outcome, "b_ended").integer(), 4);
  EXPECT_GE(Marked(outcome, "a_ended").integer(), 5);
}

TEST(RunBodyTest, TaskWorkRunsWhenTheThreadReturnsToUserMode) {
  const RunOutcome outcome = RunText(R"(
local app
local read = syscall "read" (function() sleep "10ms" mark("order", "read") end)
app = process "app" (function() read() mark("order", "user") end)
kthread "irq" { at = "1ms" } (function() task_work(app, function() mark("order", "work") end) end)
)");
  EXPECT_EQ(At(outcome.result, "marks.order.1.value").text(), "read");
  EXPECT_EQ(At(outcome.result, "marks.order.2.value").text(), "work");
  EXPECT_EQ(At(outcome.result, "marks.order.3.value").text(), "user");
}

TEST(RunBodyTest, ExecEndsTheSiblings) {
  const RunOutcome outcome = RunText(R"(
local app = process "app" (function() sleep "1ms" mark("exec", exec()) mark("at", now() // 1000000) end)
app:thread "t2" (function() sleep "1s" mark("t2", 1) end)
)");
  EXPECT_TRUE(Marked(outcome, "exec").flag());
  EXPECT_EQ(Marked(outcome, "at").integer(), 1);
  EXPECT_TRUE(Marked(outcome, "t2").is_null());
}

TEST(RunBodyTest, ARunningProcessMayGetAnotherThread) {
  const RunOutcome outcome = RunText(R"(
local app
app = process "app" (function()
  app:thread "late" { at = "5ms" } (function() mark("late", current().process) mark("at", now() // 1000000) end)
  sleep "10ms"
end)
)");
  EXPECT_EQ(VerdictOf(outcome), "completed");
  EXPECT_EQ(Marked(outcome, "late").text(), "app");
  EXPECT_EQ(Marked(outcome, "at").integer(), 5);
}

// Blocked from 1 ms to 10 ms.
TEST(RunBodyTest, TimeInDIsCountedUpToNow) {
  const RunOutcome outcome = RunText(R"(
local c = completion "c" { by = "outside" }
local wait = syscall "wait" (function() c:wait() end)
process "app" { at = "1ms" } (function() wait() end)
expect "nine milliseconds so far" { at = "10ms" } (function(run)
  local d = run.processes.app.d_state_ns
  return d > duration "8.9ms" and d <= duration "9ms", d
end)
)");
  EXPECT_TRUE(At(outcome.result, "expectations.1.held").flag())
      << At(outcome.result, "expectations").DebugString();
}

TEST(RunBodyTest, WaitingInsideACoroutineOfTheBodyWorks) {
  const RunOutcome outcome = RunText(R"(
process "app" (function()
  local steps = coroutine.wrap(function()
    for i = 1, 3 do sleep "1ms" coroutine.yield(i) end
  end)
  mark("sum", steps() + steps() + steps())
  mark("at", now())
end)
)");
  EXPECT_EQ(Marked(outcome, "sum").integer(), 6);
  EXPECT_GE(Marked(outcome, "at").integer(), 3'000'000);
}

}  // namespace
}  // namespace model
