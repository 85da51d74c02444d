// SPDX-License-Identifier: Apache-2.0
#include "model/script/compare/fault_matrix.h"

#include <gmock/gmock.h>

#include "model/script/compare/compare.h"
#include "tests/model/script/run/run_testing.h"

namespace model {
namespace {

// A small dirty limit, so that a client can fill the pool within a blink. Locals with the names of words, and a
// process with that of a fault, are not in the way of what a fault adds.
const char* const kPrune = R"(
local tank = pool "tank" { dirty_data_max = "64MiB" }
local vm = tank:filesystem "vm"
for s = 1, 8 do vm:snapshot("auto" .. s) { used = "8MiB" } end
process "second_admin" (function() end)
local job = job "prune" { at = "1s", think = "1ms" } (function(zfs)
  for snapshot in zfs.list.snapshots("tank/vm") do
    local sum = 0
    for i = 1, 500 do sum = sum + i end  -- Limits are looked at every 100 instructions.
    zfs.sync.destroy(snapshot)
  end
end)
local fault, operator, dispatcher, process, compute, sh, hang = 1, 2, 3, 4, 5, 6, 7
)";

class FaultMatrixTest : public ::testing::Test {
 protected:
  // A cell of a comparison with these faults.
  const ResultValue& Cell(const std::string& fault, const std::string& design) {
    const auto it = matrices_.find(fault);
    if (it == matrices_.end()) {
      const std::unique_ptr<LoadedScenario> loaded = Load(kPrune);
      CompareOptions options;
      options.phases = 1;
      options.designs = {DesignDecl::kIoctl, DesignDecl::kCallback, DesignDecl::kChannelTx,
                         DesignDecl::kProgram};
      options.faults = {fault};
      options.load = [](std::string_view added) {
        return Resolve(RunnableOptions(std::string(kPrune) + std::string(added)));
      };
      CompareOutcome outcome = CompareDesigns(loaded.get(), options);
      EXPECT_FALSE(outcome.error) << outcome.error->Render();
      matrices_[fault] = *outcome.result.Find("faults");
    }
    return At(matrices_[fault], fault + ".designs." + design);
  }
  std::string Verdict(const std::string& fault, const std::string& design) {
    return At(Cell(fault, design), "verdict").text();
  }
  int64_t DoneOf8(const std::string& fault, const std::string& design) {
    const ResultValue& cell = Cell(fault, design);
    EXPECT_EQ(At(cell, "of").integer(), 8);
    return At(cell, "done").integer();
  }

 private:
  std::map<std::string, ResultValue> matrices_;
};

// Struck when half of the destroys have been asked for: an ioctl has done them, a transaction none.
TEST_F(FaultMatrixTest, AKilledClientLeavesWhatItsDesignPromises) {
  EXPECT_THAT(DoneOf8("client_killed", "ioctl"), testing::AllOf(testing::Ge(3), testing::Le(5)));
  EXPECT_EQ(DoneOf8("client_killed", "channel_tx"), 0);
  EXPECT_EQ(DoneOf8("client_killed", "callback"), 0);
  for (const char* design : {"ioctl", "callback", "channel_tx"}) {
    EXPECT_EQ(At(Cell("client_killed", design), "result").text(), "killed");
    EXPECT_GT(At(Cell("client_killed", design), "kill_to_exit_ns").integer(), 0);
  }
}

TEST_F(FaultMatrixTest, AStoppedOrLoopingClientFreezesThePoolWhoseGatesItHolds) {
  for (const char* fault : {"client_stopped", "client_loops"}) {
    EXPECT_EQ(Verdict(fault, "channel_tx"), "frozen_pool") << fault;
    EXPECT_EQ(Verdict(fault, "callback"), "frozen_pool") << fault;
    EXPECT_EQ(Verdict(fault, "ioctl"), "external") << fault;
    EXPECT_FALSE(At(Cell(fault, "ioctl"), "frozen").flag()) << fault;
  }
}

// No user code runs in a program: its loop is stopped by the limit of 10,000,000 instructions at 20 ns.
TEST_F(FaultMatrixTest, AProgramThatLoopsEndsAtItsLimit) {
  EXPECT_EQ(Verdict("client_loops", "program"), "completed");
  EXPECT_EQ(At(Cell("client_loops", "program"), "result").text(), "ETIME");
  EXPECT_GE(At(Cell("client_loops", "program"), "latency_ns").integer(), 200'000'000);
  EXPECT_THAT(DoneOf8("client_loops", "program"), testing::AllOf(testing::Ge(3), testing::Le(5)));
}

// Eight destroys, nine list calls: 17 calls of a second each, but under ioctl and channel_tx alike.
TEST_F(FaultMatrixTest, ASlowClientThinksBeforeEachCall) {
  for (const char* design : {"ioctl", "callback", "channel_tx"}) {
    EXPECT_GE(At(Cell("client_slow_1s", design), "latency_ns").integer(), 17'000'000'000) << design;
    EXPECT_LT(At(Cell("client_slow_1s", design), "latency_ns").integer(), 19'000'000'000) << design;
  }
}

TEST_F(FaultMatrixTest, AClientThatFillsThePoolItHoldsWaitsForItself) {
  for (const char* fault : {"client_writes", "owner_swapped_out"}) {
    EXPECT_EQ(Verdict(fault, "ioctl"), "completed") << fault;
    EXPECT_EQ(Verdict(fault, "channel_tx"), "deadlock") << fault;
    EXPECT_EQ(Verdict(fault, "callback"), "deadlock") << fault;
    EXPECT_TRUE(At(Cell(fault, "channel_tx"), "frozen").flag()) << fault;
  }
}

TEST_F(FaultMatrixTest, AfterAPowerCutATransactionIsThereOrNot) {
  EXPECT_EQ(At(Cell("power_cut_in", "ioctl"), "subkind").text(), "power_cut");
  EXPECT_EQ(DoneOf8("power_cut_before", "channel_tx"), 0);
  EXPECT_EQ(DoneOf8("power_cut_in", "channel_tx"), 0);
  EXPECT_EQ(DoneOf8("power_cut_after", "channel_tx"), 8);
  EXPECT_THAT(DoneOf8("power_cut_before", "ioctl"), testing::AllOf(testing::Ge(3), testing::Le(5)));
  EXPECT_EQ(DoneOf8("power_cut_in", "ioctl"), 7);
  EXPECT_EQ(DoneOf8("power_cut_after", "ioctl"), 8);
}

TEST_F(FaultMatrixTest, AStallIsWaitedOutAndALostDiskIsNot) {
  for (const char* design : {"ioctl", "callback", "channel_tx"}) {
    EXPECT_EQ(Verdict("device_stalls_10s", design), "completed") << design;
    EXPECT_GT(At(Cell("device_stalls_10s", design), "latency_ns").integer(), 10'000'000'000) << design;
    EXPECT_EQ(Verdict("device_stalls", design), "external") << design;
    EXPECT_EQ(Verdict("pool_suspended", design), "external") << design;
  }
}

// The second administrator's first snapshot queues at the gate until Commit; with an ioctl a call it does
// not.
TEST_F(FaultMatrixTest, ASecondAdministratorGetsItsTurn) {
  for (const char* design : {"ioctl", "callback", "channel_tx"}) {
    EXPECT_EQ(Verdict("second_admin", design), "completed") << design;
    EXPECT_EQ(DoneOf8("second_admin", design), 8) << design;
    EXPECT_GT(At(Cell("second_admin", design), "other_latency_ns").integer(), 0) << design;
  }
}

// A callback's server that dies ends the job, and nothing has been done; one without free threads never comes
// to it.
TEST_F(FaultMatrixTest, CallbacksDependOnTheirServer) {
  EXPECT_EQ(At(Cell("callback_server_dies", "callback"), "result").text(), "ECANCELED");
  EXPECT_EQ(DoneOf8("callback_server_dies", "callback"), 0);
  EXPECT_EQ(Verdict("workers_exhausted", "callback"), "frozen_pool");
}

// The dry run has the config lock for 10 s: no txg can finish, so Begin or Commit waits as long.
TEST_F(FaultMatrixTest, ADryRunHoldsUpEveryDesign) {
  for (const char* design : {"ioctl", "callback", "channel_tx"}) {
    EXPECT_EQ(Verdict("program_dry_run", design), "completed") << design;
    EXPECT_GT(At(Cell("program_dry_run", design), "latency_ns").integer(), 9'900'000'000) << design;
  }
}

TEST_F(FaultMatrixTest, AnInheritedFileOutlivesItsOwner) {
  EXPECT_EQ(Verdict("file_inherited", "channel_tx"), "frozen_pool");
  EXPECT_EQ(DoneOf8("file_inherited", "channel_tx"), 0);
}

// Half of what the program needs: what it has done by then stays.
TEST_F(FaultMatrixTest, AProgramAtItsLimitKeepsWhatItHasDone) {
  EXPECT_EQ(At(Cell("limit_hit", "program"), "result").text(), "ETIME");
  EXPECT_THAT(DoneOf8("limit_hit", "program"), testing::AllOf(testing::Gt(0), testing::Lt(8)));
}

TEST_F(FaultMatrixTest, WhatHasNothingToStrikeIsNoCell) {
  EXPECT_TRUE(Cell("callback_server_dies", "ioctl").is_null());
  EXPECT_TRUE(Cell("limit_hit", "channel_tx").is_null());
}

TEST(FaultKindsTest, NamesAreUniqueAndWordsOfACommandLine) {
  std::vector<std::string> names;
  for (const FaultKind& kind : FaultKinds()) {
    names.emplace_back(kind.name);
    EXPECT_EQ(kind.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"), std::string_view::npos)
        << kind.name;
    EXPECT_FALSE(kind.what.empty());
  }
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::unique(names.begin(), names.end()), names.end());
}

// The matrix of another scenario.
ResultValue MatrixOf(const std::string& text, DesignDecl design, const std::string& fault) {
  const std::unique_ptr<LoadedScenario> loaded = Load(text);
  CompareOptions options;
  options.phases = 1;
  options.designs = {design};
  options.faults = {fault};
  options.load = [&](std::string_view added) { return Resolve(RunnableOptions(text + std::string(added))); };
  const CompareOutcome outcome = CompareDesigns(loaded.get(), options);
  EXPECT_FALSE(outcome.error) << outcome.error->Render();
  return At(*outcome.result.Find("faults"), fault + ".designs." + std::string(DesignDeclName(design)));
}

// A transaction of reads alone is open from its first call to its last.
TEST(FaultMatrixOfReadersTest, AStoppedReaderIsStruckBetweenItsCalls) {
  const ResultValue cell = MatrixOf(
      "local tank = pool \"tank\" {}\n"
      "local vm = tank:filesystem \"vm\"\n"
      "job \"j\" { at = \"1s\" } (function(zfs)\n"
      "  for i = 1, 20 do zfs.get_prop(\"tank/vm\", \"used\") compute \"50ms\" end\n"
      "end)\n",
      DesignDecl::kChannelTx, "client_stopped");
  EXPECT_EQ(At(cell, "verdict").text(), "frozen_pool");
  EXPECT_EQ(At(cell, "of").integer(), 0);
  EXPECT_EQ(At(cell, "not_counted").integer(), 0);
}

// Three changes that a tree tells of; of what is made and destroyed again it does not.
TEST(FaultMatrixOfChangesTest, ChangesOfEveryKindAreCounted) {
  const std::string text =
      "local tank = pool \"tank\" {}\n"
      "local vm = tank:filesystem \"vm\"\n"
      "vm:snapshot \"old\" {}\n"
      "job \"j\" { at = \"1s\" } (function(zfs)\n"
      "  zfs.sync.set_prop(\"tank/vm\", \"com.example:backup\", \"off\")\n"
      "  zfs.sync.bookmark(\"tank/vm@old\", \"tank/vm#b\")\n"
      "  zfs.sync.rename_snapshot(\"tank/vm\", \"old\", \"older\")\n"
      "  zfs.sync.snapshot(\"tank/vm@made\")\n"
      "  zfs.sync.destroy(\"tank/vm@made\")\n"
      "end)\n";
  for (const auto& [fault, done] : std::map<std::string, int>{{"power_cut_after", 3}, {"power_cut_in", 0}}) {
    const ResultValue cell = MatrixOf(text, DesignDecl::kChannelTx, fault);
    EXPECT_EQ(At(cell, "done").integer(), done) << fault;
    EXPECT_EQ(At(cell, "of").integer(), 3) << fault;
    EXPECT_EQ(At(cell, "not_counted").integer(), 2) << fault;
  }
}

}  // namespace
}  // namespace model
