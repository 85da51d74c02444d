// SPDX-License-Identifier: Apache-2.0
//
// Locks, events, queues and shared variables in scenarios, and what the watch makes of them.
#include <gmock/gmock.h>

#include "tests/model/script/run/run_testing.h"

namespace model {
namespace {

using testing::HasSubstr;

std::string ErrorOf(const std::string& text) {
  std::unique_ptr<LoadedScenario> loaded = Load(text);
  if (loaded == nullptr) return "not resolved";
  const RunOutcome outcome = RunScenario(loaded.get(), {});
  return outcome.error ? outcome.error->text : "no error";
}

TEST(RunSyncTest, AHoldIsReleasedHoweverItsBlockIsLeft) {
  const RunOutcome outcome = RunText(R"(
local m = mutex "m"
local fail = syscall "fail" (function()
  local hold <close> = m:lock()
  compute "1ms"
  error(EIO)
end)
local take = syscall "take" (function() local hold <close> = m:lock() return now() end)
process "a" (function() local _, err = fail() mark("err", err) end)
process "b" { at = "100us" } (function() mark("got", take()) end)
)");
  EXPECT_EQ(VerdictOf(outcome), "completed");
  EXPECT_EQ(Marked(outcome, "err").integer(), kEIO);
  EXPECT_GE(Marked(outcome, "got").integer(), 1'000'000);
  EXPECT_EQ(At(outcome.result, "locks.m.acquisitions").integer(), 2);
  EXPECT_EQ(At(outcome.result, "warnings").items().size(), 0u);
}

TEST(RunSyncTest, AnExplicitUnlockMakesTheHoldDoNothing) {
  const RunOutcome outcome = RunText(R"(
local m = mutex "m"
kthread "k" (function()
  local hold <close> = m:lock()
  m:unlock()
  hold:unlock()
end)
)");
  EXPECT_EQ(VerdictOf(outcome), "completed");
}

TEST(RunSyncTest, ALockHeldAtTheReturnToUserModeIsReportedAndStaysHeld) {
  const RunOutcome outcome = RunText(R"(
local m = mutex "m"
local leak = syscall "leak" (function() m:lock() error(EINTR) end)
local take = syscall "take" (function() m:lock() end)
process "a" (function() leak() end)
process "b" { at = "1ms" } (function() take() end)
)");
  ASSERT_EQ(At(outcome.result, "warnings").items().size(), 1u);
  EXPECT_EQ(At(outcome.result, "warnings.1").text(), "a returned to user mode holding m");
  EXPECT_EQ(VerdictOf(outcome), "lost_event");  // Its owner is dead.
}

TEST(RunSyncTest, UnlockingWhatOneDoesNotHoldIsAnError) {
  EXPECT_THAT(ErrorOf(R"(
local m = mutex "m"
kthread "k" (function() m:unlock() end)
)"),
              HasSubstr("\"k\" unlocks m, which it does not hold"));
}

TEST(RunSyncTest, SleepingWithASpinlockHeldIsSchedulingWhileAtomic) {
  EXPECT_THAT(ErrorOf(R"(
local s, m = spinlock "s", mutex "m"
kthread "k" (function() s:lock() m:lock() m:unlock() s:unlock() end)
)"),
              HasSubstr("scheduling while atomic"));
}

TEST(RunSyncTest, TimeoutsAndSignalsEndAWaitWithTheirErrno) {
  const RunOutcome outcome = RunText(R"(
local m = mutex "m"
local c = completion "c" { by = "outside" }
kthread "holder" (function() m:lock() sleep "1s" m:unlock() end)
local try = syscall "try" (function() m:lock { timeout = "10ms" } end)
local wait = syscall "wait" (function() c:wait { wait = "killable" } end)
process "a" { at = "1ms" } (function() local _, err = try() mark("a", err) end)
process "b" { at = "1ms" } (function() wait() mark("b", 1) end)
fault { at = "5ms", kill = "b" }
)");
  EXPECT_EQ(VerdictOf(outcome), "completed");
  EXPECT_EQ(Marked(outcome, "a").integer(), kETIMEDOUT);
  EXPECT_TRUE(Marked(outcome, "b").is_null());
}

TEST(RunSyncTest, WhoEndsAWaitMustBeDeclaredToDoSo) {
  EXPECT_THAT(ErrorOf(R"(
local c = completion "c" { by = "producer" }
kthread "producer" (function() sleep "1s" end)
kthread "other" (function() c:complete() end)
kthread "consumer" (function() c:wait() end)
)"),
              HasSubstr("c is declared to be ended by producer; here is other"));
}

// A thread that sleeps for ever and cannot reach the object does not count; one that can, does.
TEST(RunSyncTest, AWaitThatNobodyLeftCanEndIsALostEvent) {
  const RunOutcome lost = RunText(R"(
local c, willing = completion "c", param("willing", false)
kthread "producer" (function() if willing then c:complete() end end)
kthread "consumer" (function() c:wait() end)
kthread "ticks" (function() while true do sleep "10ms" end end)
)");
  EXPECT_EQ(VerdictOf(lost), "lost_event");
  EXPECT_EQ(At(lost.result, "root").text(), "c");
  EXPECT_EQ(At(lost.result, "hung_set").DebugString(), "[\"consumer\"]");

  const RunOutcome ends = RunText(R"(
local c = completion "c"
kthread "producer" (function() sleep "2s" c:complete() end)
kthread "consumer" (function() c:wait() end)
)");
  EXPECT_EQ(VerdictOf(ends), "completed");
}

TEST(RunSyncTest, WorkThatIsQueuedCanEndAWait) {
  const RunOutcome outcome = RunText(R"(
local c = completion "c"
local pool = workers "wq" { count = 1 }
kthread "queuer" (function() pool:queue("finish", function() sleep "3s" c:complete() end) end)
kthread "consumer" { at = "1ms" } (function() c:wait() end)
)");
  EXPECT_EQ(VerdictOf(outcome), "completed");
  EXPECT_GE(At(outcome.result, "end_ns").integer(), 3'000'000'000);
}

TEST(RunSyncTest, ACondvarReleasesItsMutexWhileItWaits) {
  const RunOutcome outcome = RunText(R"(
local m, cv = mutex "m", condvar "cv"
local ready = shared "ready" { value = false }
kthread "consumer" (function()
  local hold <close> = m:lock()
  while not ready:get() do cv:wait(m) end
  mark("got", now() // 1000000)
end)
kthread "producer" (function()
  sleep "2ms"
  local hold <close> = m:lock()
  ready:set(true)
  cv:signal()
end)
)");
  EXPECT_EQ(VerdictOf(outcome), "completed");
  EXPECT_EQ(Marked(outcome, "got").integer(), 2);
}

TEST(RunSyncTest, QueuesAndSharedVariablesCarryValuesBetweenThreads) {
  const RunOutcome outcome = RunText(R"(
local q = queue "q" { capacity = 1 }
local sum = shared "sum" { value = 0 }
process "producer" (function() for i = 1, 4 do q:put(i) end end)
process "consumer" (function() for i = 1, 4 do sum:add(q:get()) end mark("sum", sum:get()) end)
process "swap" { at = "1ms" } (function() mark("no", sum:cas(1, 2)) mark("yes", sum:cas(10, 11)) end)
)");
  EXPECT_EQ(VerdictOf(outcome), "completed");
  EXPECT_EQ(Marked(outcome, "sum").integer(), 10);
  EXPECT_FALSE(Marked(outcome, "no").flag());
  EXPECT_TRUE(Marked(outcome, "yes").flag());
}

TEST(RunSyncTest, ABodyMayDeclareLocksOfAShorterLife) {
  const RunOutcome outcome = RunText(R"(
kthread "parent" (function()
  local done = completion "done"
  local m = mutex "m"
  local sum = shared "sum" { value = 40 }
  for i = 1, 2 do
    spawn "child" (function()
      local hold <close> = m:lock()
      if sum:add(1) == 42 then done:complete() end
    end)
  end
  done:wait()
  mark("sum", sum:get())
end)
)");
  EXPECT_EQ(VerdictOf(outcome), "completed");
  EXPECT_EQ(Marked(outcome, "sum").integer(), 42);
  EXPECT_EQ(At(outcome.result, "locks.m.acquisitions").integer(), 2);
}

// Its child is the one that can end the wait, and has gone.
TEST(RunSyncTest, WhatABodyDeclaresHasProducersToo) {
  const RunOutcome outcome = RunText(R"(
local willing = param("willing", false)
kthread "parent" (function()
  local done = completion "done"
  spawn "child" (function() sleep "5ms" if willing then done:complete() end end)
  done:wait()
end)
kthread "ticks" (function() while true do sleep "10ms" end end)
)");
  EXPECT_EQ(VerdictOf(outcome), "lost_event");
  EXPECT_EQ(At(outcome.result, "root").text(), "done");
}

TEST(RunSyncTest, AnIdleKernelThreadThatWaitsForWorkIsNotHung) {
  const RunOutcome outcome = RunText(R"(
local wq = waitqueue "wq" { by = "app" }
local poke = syscall "poke" (function() wq:wake_all() end)
kthread "daemon" { idle = true } (function() while true do wq:sleep() end end)
process "app" (function() poke() sleep "3s" end)
)");
  EXPECT_EQ(VerdictOf(outcome), "completed");
  EXPECT_EQ(At(outcome.result, "threads.daemon.state").text(), "S");
}

TEST(RunSyncTest, StripedLocksAreIndexedFromZero) {
  const RunOutcome outcome = RunText(R"(
local td = striped "td" { count = 4 }
kthread "a" (function()
  local hold <close> = td[0]:read()
  local other <close> = td[3]:write()
  mark("ok", true)
end)
)");
  EXPECT_EQ(VerdictOf(outcome), "completed");
  EXPECT_EQ(At(outcome.result, "locks.td.acquisitions").integer(), 2);
}

TEST(RunSyncTest, AHoldGivenToWorkIsItsOwnToRelease) {
  const RunOutcome outcome = RunText(R"(
local r = rwsem "r"
local pool = workers "wq" { count = 1 }
kthread "a" (function()
  r:read()
  pool:queue("first", function() sleep "3ms" end)
  local work = pool:queue("later", function() r:unlock() end)
  r:give(work)
end)
kthread "b" { at = "1ms" } (function() local hold <close> = r:write() mark("got", now() // 1000000) end)
)");
  EXPECT_EQ(VerdictOf(outcome), "completed");
  EXPECT_EQ(Marked(outcome, "got").integer(), 3);
}

}  // namespace
}  // namespace model
