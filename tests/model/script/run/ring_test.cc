// SPDX-License-Identifier: Apache-2.0
//
// Rings in scenarios: what the words take, what they give, how their hangs are judged.
#include <gmock/gmock.h>

#include "model/script/language/words.h"
#include "tests/model/script/run/run_testing.h"

namespace model {
namespace {

using testing::HasSubstr;

// The error of a body whose one line is `line`.
std::string ErrorOfLine(const std::string& line) {
  const std::string text =
      "local uring = ring \"uring\" { }\nprocess \"app\" (function()\n  " + line + "\nend)\n";
  std::unique_ptr<LoadedScenario> loaded = Load(text);
  if (loaded == nullptr) return "";
  const RunOutcome outcome = RunScenario(loaded.get(), {});
  return outcome.error ? outcome.error->Render() : "";
}

TEST(RunRingTest, CompletionsCarryUserDataResultMoreAndText) {
  const RunOutcome outcome = RunText(R"(
local uring = ring "uring" { entries = 4 }
process "app" (function()
  mark("submitted", uring:submit { op = "nop", user_data = 7 })
  local cqe = uring:wait()
  mark("user_data", cqe.user_data) mark("res", cqe.res) mark("more", cqe.more) mark("text", cqe.text)
  mark("none", uring:peek())
end)
)");
  EXPECT_EQ(VerdictOf(outcome), "completed");
  EXPECT_TRUE(Marked(outcome, "submitted").flag());
  EXPECT_EQ(Marked(outcome, "user_data").integer(), 7);
  EXPECT_EQ(Marked(outcome, "res").integer(), 0);
  EXPECT_FALSE(Marked(outcome, "more").flag());
  EXPECT_TRUE(Marked(outcome, "text").is_null());
  EXPECT_TRUE(Marked(outcome, "none").is_null());
}

// In nested-vm a nop costs 393 + 67 ns alone and 393 / n + 67 in a batch of n: 116 for 8, 73 for 64, 68.5 for
// 256 (facts of the machine: 460, 115, 68, 66 to 79).
TEST(RunRingTest, WhatIsPreparedIsSubmittedWithOneCall) {
  const RunOutcome outcome = RunText(R"(
machine { profile = "nested-vm" }
local uring = ring "uring" { entries = 256 }
local function batch(n)
  local start = now()
  for i = 1, n do uring:prepare { op = "nop", user_data = i } end
  mark("at_once", now() - start)
  uring:wait(n)
  mark("batch" .. n, (now() - start) // n)
  for _ = 2, n do uring:wait() end
end
process "app" (function()
  uring:submit { op = "nop" }
  uring:wait()
  for _, n in ipairs { 1, 8, 64, 256 } do batch(n) end
  for i = 1, 256 do uring:prepare { op = "nop" } end
  local ok, err = uring:prepare { op = "nop" }
  mark("full", err)
end)
)");
  EXPECT_EQ(VerdictOf(outcome), "completed");
  EXPECT_EQ(Marked(outcome, "at_once").integer(), 0);
  EXPECT_EQ(Marked(outcome, "batch1").integer(), 460);
  EXPECT_EQ(Marked(outcome, "batch8").integer(), 116);
  EXPECT_EQ(Marked(outcome, "batch64").integer(), 73);
  EXPECT_EQ(Marked(outcome, "batch256").integer(), 68);
  EXPECT_EQ(Marked(outcome, "full").integer(), kEBUSY);
}

TEST(RunRingTest, ACallRunsADeclaredSyscallOnAWorker) {
  const RunOutcome outcome = RunText(R"(
local uring = ring "uring" { entries = 4 }
local add = syscall "add" (function(a, b)
  mark("on", current().name)
  sleep "1ms"
  if a > 10 then error(ERANGE) end
  return a + b
end)
process "app" (function()
  uring:submit { op = "call", syscall = add, args = { 2, 3 }, user_data = 1 }
  mark("sum", uring:wait().res)
  uring:submit { op = "call", syscall = add, args = { 20, 3 }, user_data = 1 }
  mark("range", uring:wait().res)
end)
)");
  EXPECT_EQ(Marked(outcome, "on").text(), "uring/1");
  EXPECT_EQ(Marked(outcome, "sum").integer(), 5);
  EXPECT_EQ(Marked(outcome, "range").integer(), -kERANGE);
}

TEST(RunRingTest, AZfsCommandRunsAsShRunsItAndItsCallerStaysInS) {
  const RunOutcome outcome = RunText(R"(
local tank = pool "tank" { disks = 1, disk = "hdd" }
local vm = tank:filesystem "vm" { used = "1GiB" }
local uring = ring "uring" { entries = 4 }
process "app" (function()
  uring:submit { op = "zfs", command = "zfs snapshot tank/vm@a", link = true, user_data = 1 }
  uring:submit { op = "zfs", command = "zfs snapshot tank/vm@a", link = true, user_data = 2 }
  uring:submit { op = "nop", user_data = 3 }
  for k = 1, 3 do
    local cqe = uring:wait()
    mark("cqe", cqe.user_data .. ":" .. cqe.res)
    if cqe.text then mark("text", cqe.text) end
  end
end)
)");
  EXPECT_EQ(At(outcome.result, "marks.cqe.1.value").text(), "1:0");
  EXPECT_EQ(At(outcome.result, "marks.cqe.2.value").text(), "2:1");  // It is there already: exit code 1.
  EXPECT_EQ(At(outcome.result, "marks.cqe.3.value").text(), "3:-125");
  EXPECT_THAT(Marked(outcome, "text").text(), HasSubstr("tank/vm@a"));
}

TEST(RunRingTest, FsyncAndPollAreOfDatasetsAndQueues) {
  const RunOutcome outcome = RunText(R"(
local tank = pool "tank" { disks = 1, disk = "ssd" }
local vm = tank:filesystem "vm" { }
local pipe = queue "pipe"
local uring = ring "uring" { entries = 4 }
process "app" (function()
  vm:write "1MiB"
  uring:submit { op = "poll", from = pipe, multishot = true, user_data = 1 }
  uring:submit { op = "fsync", from = vm, user_data = 2 }
  for k = 1, 2 do
    local cqe = uring:wait()
    mark("cqe", cqe.user_data .. ":" .. cqe.res .. (cqe.more and "+" or ""))
  end
end)
process "writer" { at = "1s" } (function() pipe:put(1) end)
)");
  EXPECT_EQ(At(outcome.result, "marks.cqe.1.value").text(), "2:0");
  EXPECT_EQ(At(outcome.result, "marks.cqe.2.value").text(), "1:1+");
}

TEST(RunRingTest, ATimeoutOfAnotherOperationIsALinkedOne) {
  const RunOutcome outcome = RunText(R"(
local uring = ring "uring" { entries = 4 }
process "app" (function()
  uring:submit { op = "poll", timeout = "5ms", user_data = 1 }
  local first, second = uring:wait(2), uring:wait()
  mark("first", first.res) mark("text", first.text) mark("second", second.res)
  local none, err = uring:wait(1, { timeout = "1ms" })
  mark("err", err)
end)
)");
  EXPECT_EQ(Marked(outcome, "first").integer(), -kETIME);
  EXPECT_EQ(Marked(outcome, "text").text(), "timeout");
  EXPECT_EQ(Marked(outcome, "second").integer(), -kECANCELED);
  EXPECT_EQ(Marked(outcome, "err").integer(), kETIME);
}

TEST(RunRingTest, AnotherProcessMayNotUseIt) {
  const RunOutcome outcome = RunText(R"(
local uring = ring "uring" { entries = 4 }
process "first" (function() uring:submit { op = "nop" } sleep "1s" end)
process "second" { at = "1ms" } (function()
  local ok, err = uring:submit { op = "nop" }
  mark("err", err)
end)
)");
  EXPECT_EQ(Marked(outcome, "err").integer(), kEBADF);
}

// Both workers wait for what a third operation, still queued, would do.
TEST(RunRingTest, WorkersThatWaitForAQueuedOperationAreStuckWithIt) {
  const RunOutcome outcome = RunText(R"(
local uring = ring "uring" { entries = 4, workers = 2 }
local done = completion "done"
local await = syscall "await" (function() done:wait() end)
local finish = syscall "finish" (function() done:complete_all() end)
process "app" (function()
  for k = 1, 2 do uring:submit { op = "call", syscall = await, user_data = k } end
  uring:submit { op = "call", syscall = finish, user_data = 3 }
  uring:wait(3)
end)
)");
  EXPECT_EQ(VerdictOf(outcome), "deadlock");
}

TEST(RunRingTest, WaitingForNothingIsALostEvent) {
  const RunOutcome outcome = RunText(R"(
local uring = ring "uring" { entries = 4 }
process "app" (function() uring:wait() end)
)");
  EXPECT_EQ(VerdictOf(outcome), "lost_event");
}

TEST(RunRingTest, WhatDoesNotFitAnOperationIsAnErrorWithItsLine) {
  EXPECT_THAT(ErrorOfLine("uring:submit { op = \"nop\", size = \"1KiB\" }"),
              HasSubstr("ring entry: size does not stand with op = \"nop\""));
  EXPECT_THAT(ErrorOfLine("uring:submit { op = \"cancel\" }"), HasSubstr("op = \"cancel\" needs target"));
  EXPECT_THAT(ErrorOfLine("uring:submit { user_data = 1 }"), HasSubstr("op is missing"));
  EXPECT_THAT(ErrorOfLine("uring:submit { op = \"nap\" }"), HasSubstr("no such choice"));
  EXPECT_THAT(ErrorOfLine("uring:submit { op = \"poll\", from = \"x\" }"), HasSubstr("poll is of a queue"));
  EXPECT_THAT(ErrorOfLine("uring:wait(0)"), HasSubstr("at least one completion is waited for"));
}

TEST(RunRingTest, ItsSizesAreCheckedWhereItIsDeclared) {
  const auto errors = [](const std::string& text) {
    return RenderErrors(Resolve(RunnableOptions(text)).errors);
  };
  EXPECT_THAT(errors("ring \"u\" { entries = 8, cq_entries = 4 }\nprocess \"p\" (function() end)"),
              HasSubstr("cq_entries = 4: at least entries, which is 8"));
  EXPECT_THAT(errors("ring \"u\" { entries = 40000 }\nprocess \"p\" (function() end)"), HasSubstr("32768"));
  EXPECT_THAT(*ExplainWord("ring:submit"), HasSubstr("graceful"));
}

}  // namespace
}  // namespace model
