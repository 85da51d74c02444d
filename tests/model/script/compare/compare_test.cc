// SPDX-License-Identifier: Apache-2.0
#include "model/script/compare/compare.h"

#include <gmock/gmock.h>

#include "tests/model/script/run/run_testing.h"

namespace model {
namespace {

CompareOutcome CompareText(const std::string& text, int phases = 4) {
  std::unique_ptr<LoadedScenario> loaded = Load(text);
  if (loaded == nullptr) return {};
  CompareOptions options;
  options.phases = phases;
  CompareOutcome outcome = CompareDesigns(loaded.get(), options);
  EXPECT_FALSE(outcome.error) << outcome.error->Render();
  return outcome;
}

const char* const kPrune = R"(
local tank = pool "tank" {}
local vm = tank:filesystem "vm"
for s = 1, 4 do vm:snapshot("auto" .. s) { used = "8MiB" } end
job "prune" { at = "1s", think = "100ms" } (function(zfs)
  for snapshot in zfs.list.snapshots("tank/vm") do zfs.sync.destroy(snapshot) end
end)
)";

TEST(CompareTest, EveryFigureIsAMedianOverThePhases) {
  const CompareOutcome outcome = CompareText(kPrune);
  for (const char* figure :
       {"latency_ns", "syscalls", "d_state_ns", "sync_lock_split.think", "pools.dirty_bytes_max"}) {
    const ResultValue* phases = At(outcome.result, "designs.channel_tx.phases").Find(figure);
    ASSERT_NE(phases, nullptr) << figure;
    EXPECT_EQ(At(*phases, "count").integer(), 4) << figure;
  }
  // Four destroys and five list calls, each after 100 ms, and nobody else has the lock.
  const ResultValue* think = At(outcome.result, "designs.channel_tx.phases").Find("sync_lock_split.think");
  EXPECT_EQ(At(*think, "median").integer(), 900'000'000);
  EXPECT_EQ(At(outcome.result, "designs.channel_tx.phases").Find("loads.stall_ns"), nullptr);
}

// The stop comes 0.25 s after the job begins and lasts 10 s, at every phase.
TEST(CompareTest, FaultsAreAtTheSamePlaceOfTheJobAtEveryPhase) {
  const CompareOutcome outcome = CompareText(std::string(kPrune) + R"(
fault { at = "1.25s", stop = "prune" }
fault { at = "11.25s", cont = "prune" }
)");
  const ResultValue& latency = At(outcome.result, "designs.channel_tx.phases.latency_ns");
  EXPECT_GT(At(latency, "min").integer(), 10'000'000'000);
  EXPECT_LT(At(latency, "max").integer(), 12'000'000'000);
}

// A program's list keeps its object when a promote renames it; an ioctl asks for the old name.
TEST(CompareTest, AJobThatRenamesWhatItListsIsNotDeferrable) {
  const CompareOutcome outcome = CompareText(R"(
local tank = pool "tank" {}
local snapshot = tank:filesystem "a" { mounted = false } :snapshot "s"
snapshot:clone "c1"
snapshot:clone "c2"
job "clones" { at = "1s" } (function(zfs)
  for clone in zfs.list.clones("tank/a@s") do zfs.sync.promote(clone) end
end)
)");
  EXPECT_FALSE(At(outcome.result, "deferrable").flag());
  EXPECT_TRUE(At(outcome.result, "same_tree").flag());
  EXPECT_EQ(At(outcome.result, "semantics.ioctl.cause").text(), "own_mutation");
}

TEST(CompareTest, ExpectationsOfAnArmAreNotThoseOfADesign) {
  const CompareOutcome outcome = CompareText(std::string(kPrune) + R"(
expect "of the arm base" (function(run) return run.jobs.prune.txgs == 77 end)
)");
  EXPECT_TRUE(outcome.held);
  const CompareOutcome all = CompareText(std::string(kPrune) + R"(
expect "of every run" { on = "all" } (function(run) return run.jobs.prune.txgs == 1 end)
)");
  EXPECT_FALSE(all.held);
  EXPECT_FALSE(At(all.result, "designs.ioctl.expectations.1.held").flag());
  EXPECT_TRUE(At(all.result, "designs.channel_tx.expectations.1.held").flag());
}

TEST(CompareTest, WhatAKilledJobDidNotDoIsInterference) {
  const CompareOutcome outcome =
      CompareText(std::string(kPrune) + R"(fault { at = "1.25s", kill = "prune" })");
  for (const char* design : {"ioctl", "pipeline", "callback", "channel_tx", "optimistic_tx"}) {
    const ResultValue& difference = At(outcome.result, std::string("semantics.") + design);
    EXPECT_EQ(At(difference, "direct").text(), "0") << design;
    EXPECT_EQ(At(difference, "got").text(), "killed") << design;
    EXPECT_EQ(At(difference, "cause").text(), "interference") << design;
    EXPECT_EQ(At(outcome.result, std::string("designs.") + design + ".jobs.prune.result_text").text(),
              "killed");
  }
}

TEST(CompareTest, WhatOthersChangedBesideTheJobIsInterference) {
  const CompareOutcome outcome = CompareText(
      std::string(kPrune) + R"(process "cron" { at = "8s" } (function() sh "zfs snapshot tank@x" end))");
  EXPECT_EQ(At(outcome.result, "semantics.ioctl.call").text(), "the tree it leaves");
  EXPECT_EQ(At(outcome.result, "semantics.ioctl.cause").text(), "interference");
  EXPECT_TRUE(At(outcome.result, "same_tree").flag());
}

// A defect has no cause.
void ExpectNoDefect(const CompareOutcome& outcome) {
  EXPECT_TRUE(outcome.held);
  EXPECT_TRUE(At(outcome.result, "same_tree").flag());
}

TEST(CompareTest, TheOracleIsOnThePoolThatTheJobNames) {
  const CompareOutcome outcome = CompareText(R"(
local a = pool "a" {}
local b = pool "b" {}
local v = b:filesystem "v"
for i = 1, 4 do v:snapshot("s" .. i) { used = "1MiB" } end
job "prune" { at = "1s" } (function(zfs)
  for name in zfs.list.snapshots("b/v") do zfs.sync.destroy(name) end
end)
)",
                                             1);
  ExpectNoDefect(outcome);
  EXPECT_TRUE(At(outcome.result, "deferrable").flag());
  EXPECT_TRUE(At(outcome.result, "semantics").fields().empty());
}

// What the second repeat finds is what the first one has left, and others meanwhile.
TEST(CompareTest, TheOracleJudgesTheFirstRepeat) {
  for (const char* options : {"repeats = 2, every = \"1s\"", "repeats = 3"}) {
    const CompareOutcome outcome = CompareText(R"(
local v = pool "tank" {} :filesystem "v"
for i = 1, 4 do v:snapshot("s" .. i) { used = "1MiB" } end
job "prune" { at = "1s", )" + std::string(options) +
                                                   R"( } (function(zfs)
  local n = 0
  for name in zfs.list.snapshots("tank/v") do
    n = n + 1
    zfs.sync.destroy(name)
  end
  zfs.sync.set_prop("tank/v", "org:had", tostring(n))
end)
)",
                                               1);
    ExpectNoDefect(outcome);
    EXPECT_TRUE(At(outcome.result, "deferrable").flag());
    EXPECT_TRUE(At(outcome.result, "semantics").fields().empty()) << options;
  }
}

TEST(CompareTest, ALeaseThatEndsFirstIsALimit) {
  for (const char* body : {"for name in zfs.list.snapshots(\"tank/v\") do zfs.sync.destroy(name) end",
                           "zfs.sync.destroy(\"tank/v@s1\") compute \"50ms\""}) {
    const CompareOutcome outcome = CompareText(R"(
local v = pool "tank" {} :filesystem "v"
for i = 1, 8 do v:snapshot("s" .. i) { used = "1MiB" } end
job "prune" { at = "1s", think = "10ms", channel_tx = { lease = "30ms" } } (function(zfs) )" +
                                                   std::string(body) + " end)",
                                               1);
    ExpectNoDefect(outcome);
    EXPECT_EQ(At(outcome.result, "semantics.channel_tx.got").text(), "ETIMEDOUT") << body;
    EXPECT_EQ(At(outcome.result, "semantics.channel_tx.cause").text(), "limit") << body;
  }
}

// The command is no call of the job: the oracle leaves it out, and the designs do not.
TEST(CompareTest, WhatAJobDoesBesideItsCallsIsNotDeferrable) {
  const CompareOutcome outcome = CompareText(R"(
local tank = pool "tank" {}
for i = 1, 3 do tank:filesystem("old" .. i) end
job "migrate" { at = "1s" } (function(zfs)
  for name in zfs.list.children("tank") do
    zfs.sync.set_prop(name, "org:migrated", "yes")
    sh("zfs set org:seen=yes " .. name)
  end
end)
)",
                                             1);
  // Under a transaction the command waits for the gate that the job holds.
  EXPECT_FALSE(outcome.held);
  EXPECT_TRUE(At(outcome.result, "same_tree").flag());
  EXPECT_FALSE(At(outcome.result, "deferrable").flag());
  EXPECT_EQ(At(outcome.result, "not_deferrable_because").text(), "sh at line 7 is no call of the job");
  EXPECT_EQ(At(outcome.result, "semantics.ioctl.call").text(), "the tree it leaves");
  EXPECT_EQ(At(outcome.result, "semantics.ioctl.cause").text(), "outside_call");
}

TEST(CompareTest, AnErrorThatAProgramDoesNotCatchIsNoLimit) {
  const CompareOutcome outcome = CompareText(R"(
pool "tank" {} :filesystem "v"
job "fails" { at = "1s" } (function(zfs)
  local e = zfs.sync.destroy("tank/w")
  if e ~= 0 then error(e) end
end)
)",
                                             1);
  ExpectNoDefect(outcome);
  EXPECT_EQ(At(outcome.result, "direct_result").text(), "ENOENT");
  EXPECT_EQ(At(outcome.result, "semantics.program.got").text(), "ECHRNG");
  EXPECT_EQ(At(outcome.result, "semantics.program.cause").text(), "uncaught");
}

TEST(CompareTest, PromisesAreThoseOfTheOptions) {
  const CompareOutcome outcome = CompareText(R"(
local v = pool "tank" {} :filesystem "v"
for i = 1, 4 do v:snapshot("s" .. i) { used = "1MiB" } end
job "prune" { at = "1s", callback = { mode = "syncing" }, pipeline = { batch = 2 } } (function(zfs)
  for name in zfs.list.snapshots("tank/v") do zfs.sync.destroy(name) end
end)
)",
                                             1);
  EXPECT_EQ(At(outcome.result, "designs.callback.promises.errors").text(), "earlier stay");
  EXPECT_EQ(At(outcome.result, "designs.callback.promises.reads").text(), "current");
  EXPECT_EQ(At(outcome.result, "designs.pipeline.promises.power").text(), "passed, by batch");
  EXPECT_EQ(At(outcome.result, "designs.channel_tx.promises.reads").text(), "frozen");
}

TEST(CompareTest, ThePauseBetweenRepeatsIsNoLatency) {
  const CompareOutcome outcome = CompareText(R"(
local v = pool "tank" {} :filesystem "v"
job "tag" { at = "1s", repeats = 3, every = "10s" } (function(zfs)
  zfs.sync.set_prop("tank/v", "org:tag", "x")
end)
)",
                                             1);
  EXPECT_EQ(At(outcome.result, "repeats").integer(), 3);
  const ResultValue& phases = At(outcome.result, "designs.program.phases");
  EXPECT_GT(At(*phases.Find("latency_ns"), "median").integer(), 20'000'000'000);
  EXPECT_LT(At(*phases.Find("latency.p50_ns"), "median").integer(), 1'000'000'000);
}

}  // namespace
}  // namespace model
