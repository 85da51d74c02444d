// SPDX-License-Identifier: Apache-2.0
//
// Callbacks and servers in scenarios: who answers, who waits how, what death does.
#include <gmock/gmock.h>

#include "tests/model/script/run/run_testing.h"

namespace model {
namespace {

using testing::HasSubstr;

TEST(RunCrossingTest, ACallbackGivesItsValuesOrNilAndAnErrno) {
  for (const char* place : {"inline", "helper", "process"}) {
    const RunOutcome outcome = RunText(std::string("local place = \"") + place + R"("
local decide = callback "decide" { place = place } (function(x)
  if x > 2 then error(ERANGE) end
  return x * 2, "user"
end)
local ask = syscall "ask" (function(x) return decide(x) end)
process "app" (function()
  local twice, where = ask(2)
  mark("twice", twice) mark("where", where)
  local none, err = ask(3)
  mark("none", none) mark("err", err)
end)
)");
    SCOPED_TRACE(place);
    EXPECT_EQ(VerdictOf(outcome), "completed");
    EXPECT_EQ(Marked(outcome, "twice").integer(), 4);
    EXPECT_EQ(Marked(outcome, "where").text(), "user");
    EXPECT_TRUE(Marked(outcome, "none").is_null());
    EXPECT_EQ(Marked(outcome, "err").integer(), kERANGE);
    EXPECT_EQ(At(outcome.result, "processes.app.callbacks").integer(), 2);
  }
}

TEST(RunCrossingTest, AnInlineCallbackMayCallASyscallAgain) {
  const RunOutcome outcome = RunText(R"(
local depth = syscall "depth" (function() return 1 end)
local decide = callback "decide" (function() return depth() + 1 end)
local outer = syscall "outer" (function() return decide() + 1 end)
process "app" (function() mark("depth", outer()) end)
)");
  EXPECT_EQ(Marked(outcome, "depth").integer(), 3);
  EXPECT_EQ(At(outcome.result, "processes.app.syscalls").integer(), 2);
}

TEST(RunCrossingTest, TheDispatcherRunsWorkOfManyProcesses) {
  const RunOutcome outcome = RunText(R"(
machine { cores = 2 }
local global = dispatcher "global" { limit = 4 }
process "app" (function()
  global:async(function() mark("async", current().process) end)
  mark("sync", global:sync(function() return 7 end))
end)
)");
  EXPECT_EQ(VerdictOf(outcome), "completed");
  EXPECT_EQ(Marked(outcome, "async").text(), "global");
  EXPECT_EQ(Marked(outcome, "sync").integer(), 7);
}

TEST(RunCrossingTest, AServerSeesOperationArgumentsAndAsker) {
  const RunOutcome outcome = RunText(R"(
local fs = server "fs" (function(request)
  if request.op == "FAIL" then error(EROFS) end
  return request.from .. ":" .. request.op .. ":" .. (request.args and request.args.size or "none")
end)
local get = syscall "get" (function() return fs:request("READ", { size = 5 }) end)
local plain = syscall "plain" (function() return fs:request("READ", { wait = "D" }) end)
local fail = syscall "fail" (function() fs:request("FAIL") end)
process "app" (function()
  mark("get", get()) mark("plain", plain())
  local _, err = fail()
  mark("err", err)
end)
)");
  EXPECT_EQ(VerdictOf(outcome), "completed");
  EXPECT_EQ(Marked(outcome, "get").text(), "app:READ:5");
  EXPECT_EQ(Marked(outcome, "plain").text(), "app:READ:none");  // One table of options is no argument.
  EXPECT_EQ(Marked(outcome, "err").integer(), kEROFS);
}

TEST(RunCrossingTest, ASubmittedRequestIsWaitedForLater) {
  const RunOutcome outcome = RunText(R"(
local fs = server "fs" { threads = 2 } (function(request) sleep(request.args) return request.args end)
local both = syscall "both" (function()
  local slow, fast = fs:submit("A", "5ms"), fs:submit("B", "1ms")
  return slow:wait(), fast:wait()
end)
process "app" (function()
  local a, b = both()
  mark("a", a) mark("b", b) mark("at", now() // 1000000)
end)
)");
  EXPECT_EQ(Marked(outcome, "a").text(), "5ms");
  EXPECT_EQ(Marked(outcome, "b").text(), "1ms");
  EXPECT_EQ(Marked(outcome, "at").integer(), 5);  // Two threads: side by side.
}

TEST(RunCrossingTest, TheDeathOfAServerFailsItsCallersAsDeclared) {
  const RunOutcome outcome = RunText(R"(
local fs = server "fs" { on_death = ECONNABORTED } (function() sleep "1s" end)
local get = syscall "get" (function() return fs:request("READ") end)
process "app" (function() local _, err = get() mark("err", err) end)
fault { at = "10ms", kill = "fs" }
)");
  EXPECT_EQ(Marked(outcome, "err").integer(), kECONNABORTED);
}

TEST(RunCrossingTest, AServerThatIsPausedTakesNothingUntilItIsResumed) {
  const RunOutcome outcome = RunText(R"(
local fs = server "fs" { start = false } (function() return 1 end)
local get = syscall "get" (function() return fs:request("READ") end)
process "app" (function() get() mark("at", now() // 1000000) end)
process "init" { at = "20ms" } (function() fs:resume() end)
)");
  EXPECT_EQ(VerdictOf(outcome), "completed");
  EXPECT_EQ(Marked(outcome, "at").integer(), 20);
}

TEST(RunCrossingTest, AKernelThreadHasNoProcessForAnInlineCallback) {
  std::unique_ptr<LoadedScenario> loaded = Load(R"(
local decide = callback "decide" (function() end)
kthread "k" (function() decide() end)
)");
  const RunOutcome outcome = RunScenario(loaded.get(), {});
  ASSERT_TRUE(outcome.error);
  EXPECT_THAT(outcome.error->text, HasSubstr("a kernel thread (\"k\") has none"));
}

TEST(RunCrossingTest, TheLastCloseOfAFileRunsItsReleaseAlsoInAnExit) {
  const RunOutcome outcome = RunText(R"(
local fd = file "fd" { release = function() sleep "2ms" mark("released", now() // 1000000) end }
process "app" (function() fd:open() sleep "1s" end)
fault { at = "10ms", kill = "app" }
)");
  EXPECT_EQ(Marked(outcome, "released").integer(), 12);
  EXPECT_GE(At(outcome.result, "processes.app.kill_to_exit_ns").integer(), 2'000'000);
}

TEST(RunCrossingTest, AForkedChildSharesTheFilesOfItsParent) {
  const RunOutcome outcome = RunText(R"(
local fd = file "fd" { release = function() mark("released", now() // 1000000) end }
process "app" (function()
  fd:open()
  fork "child" (function() sleep "30ms" end)
  fd:close()
end)
)");
  EXPECT_EQ(Marked(outcome, "released").integer(), 30);
}

TEST(RunCrossingTest, DevicesDoIoAndFailAsToldByFaults) {
  const RunOutcome outcome = RunText(R"(
local disk = device "disk" { service = "1ms", bandwidth = "1GB/s" }
local write = syscall "write" (function(size) disk:io(size) return now() end)
process "app" (function()
  mark("first", write("1MB"))       -- 1 ms of transfer and 1 ms of service
  sleep "10ms"
  local _, err = write("1MB")
  mark("err", err)
end)
fault { at = "5ms", error = { disk, EIO } }
)");
  EXPECT_GE(Marked(outcome, "first").integer(), 2'000'000);
  EXPECT_LT(Marked(outcome, "first").integer(), 2'100'000);
  EXPECT_EQ(Marked(outcome, "err").integer(), kEIO);
}

}  // namespace
}  // namespace model
