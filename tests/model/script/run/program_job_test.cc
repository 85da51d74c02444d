// SPDX-License-Identifier: Apache-2.0
//
// A job of a scenario under `program`: what Lua runs is counted, and its limits end it.
#include <gmock/gmock.h>

#include "fmt/format.h"
#include "model/design/job.h"
#include "model/txg/pool.h"
#include "tests/model/script/run/run_testing.h"

namespace model {
namespace {

using ::testing::HasSubstr;

// Destroys one snapshot, does `work`, destroys another.
std::string Scenario(const std::string& options, const std::string& work) {
  return fmt::format(R"(
local tank = pool "tank" {{}}
local vm = tank:filesystem "vm"
for s = 1, 4 do vm:snapshot("s" .. s) end
job "j" {{ at = "1s", design = "program", program = {{ {} }} }} (function(zfs)
  zfs.sync.destroy("tank/vm@s1")
  {}
  zfs.sync.destroy("tank/vm@s2")
end)
)",
                     options, work);
}

int64_t Result(const RunOutcome& run) { return At(run.result, "jobs.j.result").integer(); }

TEST(ProgramJobTest, InstructionsAreCountedByHundredsAndCostTime) {
  const RunOutcome idle = RunText(Scenario("", ""));
  const RunOutcome busy = RunText(Scenario("", "for i = 1, 100000 do end"));
  EXPECT_EQ(At(idle.result, "jobs.j.instructions").integer(), 0);
  // One instruction a turn: FORLOOP.
  const int64_t counted = At(busy.result, "jobs.j.instructions").integer();
  EXPECT_EQ(counted, 100'000);
  EXPECT_EQ(At(busy.result, "jobs.j.sync_lock_held_ns").integer() -
                At(idle.result, "jobs.j.sync_lock_held_ns").integer(),
            counted * PoolCosts().lua_instruction_ns);
  EXPECT_EQ(At(busy.result, "jobs.j.sync_lock_split.user").integer(), 0);
  EXPECT_EQ(At(busy.result, "jobs.j.sync_lock_split.crossing").integer(), 0);
}

TEST(ProgramJobTest, TheInstructionLimitEndsItAtTheNextHundred) {
  const RunOutcome run = RunText(Scenario("instructions = 1000", "while true do end"));
  EXPECT_EQ(Result(run), kETIME);
  EXPECT_EQ(At(run.result, "jobs.j.instructions").integer(), 1'100);
  EXPECT_EQ(At(run.result, "jobs.j.stopped_by").text(), "Timed out. 1100 Lua instructions");
  EXPECT_EQ(VerdictOf(run), "completed");
}

// The default is ten million: no more than the sandbox allows between two words, and not its error.
TEST(ProgramJobTest, AnEndlessLoopEndsByTheDefaultLimit) {
  const RunOutcome run = RunText(Scenario("", "while true do end"));
  EXPECT_EQ(Result(run), kETIME);
  EXPECT_EQ(At(run.result, "jobs.j.instructions").integer(), 10'000'100);
}

// There is no pcall in a channel program; the one that is here does not save it.
TEST(ProgramJobTest, NoPcallCatchesALimit) {
  EXPECT_EQ(Result(RunText(Scenario("instructions = 1000", "pcall(function() while true do end end)"))),
            kETIME);
}

// What a coroutine raises, its resume catches, the time-out too. The loop ends at instruction 1100; the
// rest has less than 100 left to the next look, and both snapshots are gone: the program has "timed out"
// and succeeds.
TEST(ProgramJobTest, Trap14ATimedOutProgramCanEndWithZero) {
  const RunOutcome run = RunText(
      Scenario("instructions = 1000",
               "local ok, why = coroutine.resume(coroutine.create(function() while true do end end))\n"
               "  if ok or why ~= \"Channel program timed out.\" then error(EINVAL) end"));
  EXPECT_EQ(Result(run), 0);
  EXPECT_EQ(At(run.result, "jobs.j.instructions").integer(), 1'100);
  EXPECT_EQ(At(run.result, "jobs.j.stopped_by").text(),
            "Timed out. 1100 Lua instructions, and coroutine.resume caught it");
}

// The flag stays: whatever is raised afterwards is a time-out, and so is the next look.
TEST(ProgramJobTest, Trap14WhatATimedOutProgramRaisesLaterIsATimeOut) {
  const std::string caught = "coroutine.resume(coroutine.create(function() while true do end end)) ";
  EXPECT_EQ(Result(RunText(Scenario("instructions = 1000", caught + "error(EBUSY)"))), kETIME);
  EXPECT_EQ(Result(RunText(Scenario("instructions = 1000", caught + "for i = 1, 1000 do end"))), kETIME);
}

// Each coroutine is looked at after 100 instructions of its own. 20 of them with a loop of 60 turns are
// over 1,200 instructions, none of which is counted.
TEST(ProgramJobTest, Trap14WhatRunsInShortCoroutinesIsNotCounted) {
  const auto turns = [](int count) {
    return RunText(Scenario("instructions = 1000",
                            fmt::format("for i = 1, 20 do\n"
                                        "    coroutine.wrap(function() for j = 1, {} do end end)()\n"
                                        "  end",
                                        count)));
  };
  const RunOutcome shorter = turns(60);
  EXPECT_EQ(Result(shorter), 0);
  EXPECT_LE(At(shorter.result, "jobs.j.instructions").integer(), 200);  // 20 turns of the outer loop.
  // With 160 turns each is seen once: 20 * 100 is beyond the limit.
  EXPECT_EQ(Result(turns(160)), kETIME);
}

// 100,000 slots of 16 bytes do not fit in 1 MiB; what the coroutine had is garbage once it is dead.
TEST(ProgramJobTest, Trap14AProgramThatRanOutOfMemoryCanEndWithZero) {
  const RunOutcome run = RunText(Scenario("memory = \"1MiB\"",
                                          "local ok, why = coroutine.resume(coroutine.create(function()\n"
                                          "    local t = {} for i = 1, 100000 do t[i] = i end\n"
                                          "  end))\n"
                                          "  if ok or why ~= \"not enough memory\" then error(EINVAL) end"));
  EXPECT_EQ(Result(run), 0);
  EXPECT_EQ(At(run.result, "jobs.j.stopped_by").text(),
            "Memory limit exhausted, and coroutine.resume caught it");
}

// What the sandbox itself does not allow ends the scenario, coroutine or not.
TEST(ProgramJobTest, Trap14OnlyTheLimitsOfProgramsCanBeCaught) {
  std::string text = Scenario("", "coroutine.resume(coroutine.create(function() while true do end end))");
  text.replace(text.find("\"program\""), 9, "\"ioctl\"");
  std::unique_ptr<LoadedScenario> loaded = Load(text);
  ASSERT_NE(loaded, nullptr);
  EXPECT_TRUE(RunScenario(loaded.get(), {}).error.has_value());
}

TEST(ProgramJobTest, TheMemoryLimitEndsIt) {
  const char* const work = "local t = {} for i = 1, 100000 do t[i] = i end";  // 100,000 slots of 16 bytes.
  const RunOutcome run = RunText(Scenario("memory = \"1MiB\"", work));
  EXPECT_EQ(Result(run), kENOSPC);
  EXPECT_EQ(At(run.result, "jobs.j.stopped_by").text(), "Memory limit exhausted.");
  EXPECT_EQ(Result(RunText(Scenario("memory = \"8MiB\"", work))), 0);
}

// What is garbage is collected before memory is refused.
TEST(ProgramJobTest, GarbageDoesNotCount) {
  EXPECT_EQ(Result(RunText(Scenario("memory = \"256KiB\"", "for i = 1, 100000 do local t = { i } end"))), 0);
}

// zfs_ioctl.c:zfs_ioc_channel_program: nothing runs, and no txg is waited for.
TEST(ProgramJobTest, LimitsBeyondThoseOfTheModuleAreEinval) {
  const auto with = [](const std::string& options, const std::string& pool) {
    std::string text = Scenario(options, "");
    return text.replace(text.find("\"tank\" {}"), 9, "\"tank\" {" + pool + "}");
  };
  for (const char* options : {"instructions = 100000001", "memory = \"101MiB\""}) {
    const RunOutcome run = RunText(with(options, ""));
    EXPECT_EQ(Result(run), kEINVAL) << options;
    EXPECT_EQ(At(run.result, "jobs.j.stopped_by").text(), "Invalid instruction or memory limit.");
    EXPECT_EQ(At(run.result, "jobs.j.txgs").integer(), 0);
  }
  EXPECT_EQ(Result(RunText(with("instructions = 100000001", "zfs_lua_max_instrlimit = 200000000"))), 0);
  EXPECT_EQ(Result(RunText(with("memory = \"101MiB\"", "zfs_lua_max_memlimit = \"1GiB\""))), 0);
  EXPECT_EQ(Result(RunText(with("", "zfs_lua_max_instrlimit = 1000"))), kEINVAL);
}

TEST(ProgramJobTest, OnlyUnderProgramLimitsHold) {
  std::string text = Scenario("instructions = 1000", "for i = 1, 100000 do end");
  text.replace(text.find("\"program\""), 9, "\"ioctl\"");
  EXPECT_EQ(Result(RunText(text)), 0);
}

TEST(ProgramJobTest, WithoutSyncItChangesNothing) {
  const RunOutcome run = RunText(Scenario("sync = false", ""));
  EXPECT_EQ(Result(run), kECHRNG);
  EXPECT_THAT(At(run.result, "jobs.j.stopped_by").text(), HasSubstr("requires passing sync=TRUE"));
  EXPECT_EQ(At(run.result, "jobs.j.txgs").integer(), 0);
}

TEST(ProgramJobTest, APipelineCountsItsLateErrors) {
  std::string text = Scenario("", "zfs.sync.snapshot(\"tank/vm@s4\")");
  text.replace(text.find("\"program\""), 9, "\"pipeline\"");
  const RunOutcome run = RunText(text);
  EXPECT_EQ(Result(run), kEEXIST);
  EXPECT_EQ(At(run.result, "jobs.j.late_errors").integer(), 1);
  EXPECT_EQ(At(run.result, "jobs.j.txgs").integer(), 1);
}

}  // namespace
}  // namespace model
