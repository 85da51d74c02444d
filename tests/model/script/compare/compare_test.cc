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

}  // namespace
}  // namespace model
