// SPDX-License-Identifier: Apache-2.0
//
// Pools, loads and jobs in scenarios.
#include <gmock/gmock.h>

#include "tests/model/script/run/run_testing.h"

namespace model {
namespace {

using testing::HasSubstr;

TEST(RunPoolTest, TheFileDeclaresWhatThePoolHoldsAtTimeZero) {
  const RunOutcome outcome = RunText(R"(
local tank = pool "tank" { disks = 2 }
local vm = tank:filesystem "a/vm" { used = "1GiB", properties = { ["org:note"] = "x" } }
vm:snapshot "one" { used = "8MiB" }
vm:snapshot "two"
tank:volume "vol" { size = "1GiB" }
process "app" (function()
  mark("list", sh "zfs list -t snapshot")
end)
job "look" (function(zfs)
  local names = {}
  for snapshot in zfs.list.snapshots("tank/a/vm") do names[#names + 1] = snapshot end
  mark("snapshots", table.concat(names, " "))
  mark("used", (zfs.get_prop("tank/a/vm@one", "used")))
  mark("note", (zfs.get_prop("tank/a/vm", "org:note")))
  mark("exists", zfs.exists("tank/vol"))
end)
)");
  EXPECT_EQ(VerdictOf(outcome), "completed");
  EXPECT_EQ(Marked(outcome, "list").integer(), 0);
  EXPECT_EQ(Marked(outcome, "snapshots").text(), "tank/a/vm@one tank/a/vm@two");
  EXPECT_EQ(Marked(outcome, "used").integer(), 8 << 20);
  EXPECT_EQ(Marked(outcome, "note").text(), "x");
  EXPECT_TRUE(Marked(outcome, "exists").flag());
}

TEST(RunPoolTest, AJobLeavesTheSameTreeUnderEveryDesign) {
  std::string tree;
  for (const char* design : {"ioctl", "callback", "channel_tx", "optimistic_tx"}) {
    const RunOutcome outcome = RunText(std::string("local design = \"") + design + R"("
local tank = pool "tank" {}
local vm = tank:filesystem "vm"
for s = 1, 4 do vm:snapshot("auto" .. s) { used = "8MiB" } end
job "prune" { at = "1s", design = design } (function(zfs)
  for snapshot in zfs.list.snapshots("tank/vm") do
    if snapshot ~= "tank/vm@auto2" then zfs.sync.destroy(snapshot) end
  end
end)
)");
    SCOPED_TRACE(design);
    EXPECT_EQ(VerdictOf(outcome), "completed");
    EXPECT_EQ(At(outcome.result, "jobs.prune.result").integer(), 0);
    EXPECT_EQ(At(outcome.result, "jobs.prune.design").text(), design);
    const std::string digest = At(outcome.result, "pools.tank.tree_digest").text();
    if (tree.empty()) tree = digest;
    EXPECT_EQ(digest, tree);
  }
}

// Each destroy by ioctl waits for a txg of its own.
TEST(RunPoolTest, FiguresOfAJobCountItsTxgsAndCrossings) {
  const RunOutcome outcome = RunText(R"(
local tank = pool "tank" {}
local vm = tank:filesystem "vm"
for s = 1, 3 do vm:snapshot("s" .. s) end
job "prune" { at = "1s", design = "ioctl" } (function(zfs)
  for s = 1, 3 do zfs.sync.destroy("tank/vm@s" .. s) end
end)
)");
  EXPECT_EQ(At(outcome.result, "jobs.prune.txgs").integer(), 3);
  EXPECT_EQ(At(outcome.result, "jobs.prune.syscalls").integer(), 3);
  EXPECT_EQ(At(outcome.result, "jobs.prune.latency.count").integer(), 1);
  EXPECT_EQ(At(outcome.result, "jobs.prune.latency_ns").integer(),
            At(outcome.result, "jobs.prune.end_ns").integer() -
                At(outcome.result, "jobs.prune.start_ns").integer());
  EXPECT_GE(At(outcome.result, "jobs.prune.start_ns").integer(), 1'000'000'000);
}

TEST(RunPoolTest, AnErrnoThatAJobDoesNotHandleIsItsResult) {
  const RunOutcome outcome = RunText(R"(
pool "tank" {}
job "look" { design = "ioctl" } (function(zfs)
  mark("errno", zfs.sync.destroy("tank/none"))
  for child in zfs.list.children("tank/none") do mark("never", child) end
end)
)");
  EXPECT_EQ(Marked(outcome, "errno").integer(), kENOENT);
  EXPECT_EQ(At(outcome.result, "jobs.look.result_text").text(), "ENOENT");
}

TEST(RunPoolTest, LoadsRunAtTheirRateAndHoldNoRunOpen) {
  const RunOutcome outcome = RunText(R"(
machine { stop_at = "20s" }
local tank = pool "tank" { dirty_data_max = "1GiB" }
local vm = tank:filesystem "vm"
writers "db" { count = 4, rate = "64MiB/s", size = "128KiB", dataset = vm }
process "app" (function() sleep "10s" end)
)");
  EXPECT_LT(At(outcome.result, "end_ns").integer(), 11'000'000'000);
  // 64 MiB/s in pieces of 128 KiB: 512 a second for 10 s.
  EXPECT_NEAR(static_cast<double>(At(outcome.result, "loads.db.ops").integer()), 5120, 10);
  EXPECT_EQ(At(outcome.result, "loads.db.stall_ns").integer(), 0);
  EXPECT_EQ(At(outcome.result, "loads.db.latency.count"), At(outcome.result, "loads.db.ops"));
}

// The last write waits from 5 s on, and with it all that become due: 10 a second.
TEST(RunPoolTest, WhatIsStillWaitingAtTheEndCounts) {
  const RunOutcome outcome = RunText(R"(
machine { stop_at = "25s" }
local tank = pool "tank" {}
local vm = tank:filesystem "vm"
writers "db" { rate = "1280KiB/s", size = "128KiB", dataset = vm, sync = "always" }
fault { at = "5s", stall = "tank" }
process "app" (function() sleep "30s" end)
)");
  EXPECT_NEAR(static_cast<double>(At(outcome.result, "loads.db.ops").integer()), 51, 1);
  EXPECT_NEAR(static_cast<double>(At(outcome.result, "loads.db.latency.max_ns").integer()) / 1e9, 20.0, 0.2);
  EXPECT_NEAR(static_cast<double>(At(outcome.result, "loads.db.latency.count").integer()), 251, 2);
}

TEST(RunPoolTest, ThroughputIsThatOfTheTimeInWhichALoadRuns) {
  const RunOutcome outcome = RunText(R"(
local tank = pool "tank" {}
local vm = tank:filesystem "vm"
writers "db" { at = "10s", rate = "1280KiB/s", size = "128KiB", dataset = vm, stop_at = "20s" }
process "app" (function() sleep "40s" end)
)");
  EXPECT_EQ(At(outcome.result, "loads.db.throughput_bytes_per_s").integer(), 1280 << 10);
}

// 1 GiB are 8,192 records of 128 KiB; 60 % of 256 MiB may be dirty before each is delayed.
TEST(RunPoolTest, ALargeWriteIsThrottledInTheMiddle) {
  const RunOutcome outcome = RunText(R"(
local tank = pool "tank" { disk = "ssd", dirty_data_max = "256MiB" }
local vm = tank:filesystem "vm"
process "app" (function() vm:write "1GiB" mark("written", now()) end)
)");
  EXPECT_LE(At(outcome.result, "pools.tank.dirty_bytes_max").integer(), 256 << 20);
  EXPECT_GT(At(outcome.result, "pools.tank.dirty_bytes_max").integer(), 256 * 6 / 10 << 20);
  EXPECT_GT(Marked(outcome, "written").integer(), 1'000'000'000);  // 768 MiB at 500 MB/s come first.
}

TEST(RunPoolTest, APoolIsNotFullerThanItIsLarge) {
  std::unique_ptr<LoadedScenario> loaded = Load(
      "local tank = pool \"tank\" { disk = \"cloud\" }\n"
      "tank:filesystem \"a\" { used = \"900GiB\" }\n"
      "tank:filesystem \"b\" { used = \"200GiB\" }\n"
      "process \"app\" (function() end)\n");
  const RunOutcome outcome = RunScenario(loaded.get(), {});
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->pos.line, 3);
  EXPECT_THAT(outcome.error->text, testing::HasSubstr("pool \"tank\" has 1TiB for all that is in it"));
}

TEST(RunPoolTest, ANameThatRepeatsThePoolsIsWarnedOf) {
  const RunOutcome outcome = RunText(
      "local tank = pool \"tank\" {}\n"
      "tank:filesystem \"tank/a\"\n"
      "process \"app\" (function() end)\n");
  ASSERT_EQ(At(outcome.result, "warnings").items().size(), 1u);
  EXPECT_EQ(At(outcome.result, "warnings.1").text(),
            "test.lua:2: this is tank/tank/a: names are given without that of the pool");
}

TEST(RunPoolTest, WhatIsNoCommandIsWarnedOf) {
  const RunOutcome outcome = RunText(R"(
pool "tank" {}
process "admin" (function()
  mark("misspelt", sh "zfs snapshto tank@x")
  mark("absent", sh "zfs snapshot tank/none@x")
end)
)");
  EXPECT_EQ(Marked(outcome, "misspelt").integer(), 2);
  ASSERT_EQ(At(outcome.result, "warnings").items().size(), 1u);
  EXPECT_THAT(
      At(outcome.result, "warnings.1").text(),
      testing::StartsWith("admin typed what is no command: \"zfs snapshto tank@x\": unknown subcommand"));
}

// "log" is fsynced and comes back from the intent log, "data" was in memory only. The first fsync makes the
// log, which takes a txg.
TEST(RunPoolTest, APowerCutLeavesWhatWasSyncedInEachDataset) {
  const RunOutcome outcome = RunText(R"(
local tank = pool "tank" {}
local data, log = tank:filesystem "data", tank:filesystem "log"
process "app" (function()
  log:write "128KiB" log:fsync()
  data:write "256KiB"
  log:write "256KiB" log:fsync() log:write "128KiB"
  sleep "1s"
end)
fault { at = "500ms", power_cut = true }
)");
  const std::string datasets = "pools.tank.recovered.datasets.";
  EXPECT_EQ(At(outcome.result, datasets + "tank/log.written").integer(), 4);
  EXPECT_EQ(At(outcome.result, datasets + "tank/log.there").integer(), 3);
  EXPECT_EQ(At(outcome.result, datasets + "tank/log.replayed").integer(), 2);
  EXPECT_EQ(At(outcome.result, datasets + "tank/data.written").integer(), 2);
  EXPECT_EQ(At(outcome.result, datasets + "tank/data.there").integer(), 0);
}

TEST(RunPoolTest, KernelCodeMayTakeThePoolsOwnLocksAndTransactions) {
  const RunOutcome outcome = RunText(R"(
local tank = pool "tank" {}
local scl = tank:lock "SCL_ALL"
local write = syscall "write" (function()
  local hold <close> = scl:read()
  local tx = tank:assign "128KiB"
  local txg = tx.txg
  tx:commit()
  tank:wait_synced(txg)
  return txg
end)
process "app" (function() mark("txg", write()) end)
)");
  EXPECT_EQ(VerdictOf(outcome), "completed");
  EXPECT_GE(At(outcome.result, "pools.tank.txg_synced").integer(), Marked(outcome, "txg").integer());
  for (const char* lock : {"SCL_CONFIG", "SCL_STATE", "SCL_ZIO"}) {
    EXPECT_GE(At(outcome.result, std::string("locks.") + lock + ".acquisitions").integer(), 1) << lock;
  }
}

TEST(RunPoolTest, FileSystemCallsOfUserCodeReturnTrueOrAnErrno) {
  const RunOutcome outcome = RunText(R"(
local tank = pool "tank" { disk = "ssd" }
local db = tank:filesystem "db" { mounted = false }
process "app" (function()
  mark("write", db:write "1MiB")
  mark("fsync", db:fsync())
  mark("read", db:read "1MiB")
  mark("destroy", sh "zfs destroy tank/db")
  local ok, err = db:write "1MiB"
  mark("err", err)
end)
)");
  EXPECT_TRUE(Marked(outcome, "write").flag());
  EXPECT_TRUE(Marked(outcome, "fsync").flag());
  EXPECT_TRUE(Marked(outcome, "read").flag());
  EXPECT_EQ(Marked(outcome, "err").integer(), kENOENT);
}

TEST(RunPoolTest, CommandsGiveTheExitCodesOfTheRealTools) {
  const RunOutcome outcome = RunText(R"(
pool "tank" {}
process "sh" (function()
  mark("snapshot", sh "zfs snapshot tank@a")
  mark("again", sh "zfs snapshot tank@a")
  mark("usage", sh "zfs frobnicate tank")
end)
)");
  EXPECT_EQ(Marked(outcome, "snapshot").integer(), 0);
  EXPECT_EQ(Marked(outcome, "again").integer(), 1);
  EXPECT_EQ(Marked(outcome, "usage").integer(), 2);
  ASSERT_EQ(At(outcome.result, "output").items().size(), 3u);
  EXPECT_EQ(At(outcome.result, "output.2.command").text(), "zfs snapshot tank@a");
  EXPECT_EQ(At(outcome.result, "output.2.exit_code").integer(), 1);
  EXPECT_THAT(At(outcome.result, "output.2.text").text(), HasSubstr("cannot "));
  EXPECT_EQ(At(outcome.result, "output.2.by").text(), "sh");
  EXPECT_EQ(At(outcome.result, "output.3.exit_code").integer(), 2);
}

TEST(RunPoolTest, AStalledDiskIsTheRootUnderThePoolsName) {
  const RunOutcome outcome = RunText(R"(
local tank = pool "tank" { disks = 2 }
local db = tank:filesystem "db"
process "app" { at = "1s" } (function() db:write "1MiB" db:fsync() end)
fault { at = "0.5s", stall = tank }
)");
  EXPECT_EQ(VerdictOf(outcome), "external");
  EXPECT_EQ(At(outcome.result, "root").text(), "tank");
  EXPECT_EQ(At(outcome.result, "subkind").text(), "device");
}

// The command comes at 3 s and still waits at 40 s, where the run is judged.
TEST(RunPoolTest, AWaitAtTheAdminGateCountsBeforeItEnds) {
  const RunOutcome outcome = RunText(R"(
local tank = pool "tank" {}
job "hold" { at = "1s", design = "channel_tx", think = "60s" } (function(zfs) zfs.exists("tank") end)
process "admin" { at = "3s" } (function() sh "zfs snapshot tank@a" end)
expect "the wait at hand" { at = "40s" } (function(run)
  local waited = run.jobs.hold.admin_wait_ns
  return waited > 36900000000 and waited < 37000000000, waited
end)
)");
  EXPECT_TRUE(outcome.held);
}

const char* const kReadingJob = R"(
local tank = pool "tank" {}
tank:filesystem "vm":snapshot "a" { used = "8MiB" }
)";

// The administrator's task needs the config lock as writer, which the stopped job holds as reader.
TEST(RunPoolTest, AConfigHoldAtHandKeepsTheSyncThreadFromAdvancing) {
  const RunOutcome outcome = RunText(std::string(kReadingJob) + R"(
job "look" { at = "1s", think = "1s", design = "callback", callback = { lock = "config" } }
  (function(zfs) zfs.exists("tank/vm") zfs.exists("tank/vm") end)
process "admin" { at = "1.5s" } (function() sh "zfs snapshot tank@x" end)
fault { at = "1.6s", stop = "look" }
expect "held for most of a minute" { at = "60s" } (function(run)
  local blocked = run.jobs.look.sync_lock_split.blocked
  return blocked > 58000000000 and blocked < 58500000000, blocked
end)
)");
  EXPECT_TRUE(At(outcome.result, "expectations.1.held").flag());
}

TEST(RunPoolTest, ACallbackMayShowTheJobItsOwnChanges) {
  for (const char* own : {"none", "overlay"}) {
    const RunOutcome outcome = RunText(std::string(kReadingJob) + R"(
job "look" { at = "1s", design = "callback", callback = { own = ")" +
                                       own + R"(" } } (function(zfs)
  zfs.sync.destroy("tank/vm@a")
  mark("there", zfs.exists("tank/vm@a"))
end)
)");
    EXPECT_EQ(Marked(outcome, "there").flag(), std::string_view(own) == "none");
  }
}

// txg_sync has no user code of its own to call.
TEST(RunPoolTest, ASyncingCallbackRunsOnAHelperAndCountsItsCallbacks) {
  const std::string job = R"(
job "look" { at = "1s", design = "callback", callback = { mode = "syncing" } }
  (function(zfs) zfs.exists("tank/vm") zfs.exists("tank/vm@a") end)
)";
  const RunOutcome outcome = RunText(kReadingJob + job);
  EXPECT_EQ(At(outcome.result, "jobs.look.callbacks").integer(), 3);  // Two calls, and the end.
  std::string inline_job = kReadingJob + job;
  inline_job.replace(inline_job.find("mode ="), 0, "place = \"inline\", ");
  const ResolveResult refused = Resolve(RunnableOptions(inline_job));
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(RenderErrors(refused.errors), HasSubstr("mode = \"syncing\" has no inline place"));
}

TEST(RunPoolTest, OptionsOfACallbackThatMeanNothingTogetherAreRefused) {
  for (const auto& [options, error] :
       {std::pair("mode = \"syncing\", lock = \"config\"", "lock means nothing there"),
        std::pair("mode = \"syncing\", own = \"overlay\"", "own = \"overlay\" is of callbacks that hold"),
        std::pair("lock = \"config\", own = \"overlay\"", "own = \"overlay\" is of callbacks that hold")}) {
    const ResolveResult refused =
        Resolve(RunnableOptions(std::string(kReadingJob) + "job \"look\" { callback = { " + options +
                                " } } (function(zfs) zfs.exists(\"tank/vm\") end)"));
    ASSERT_FALSE(refused.ok()) << options;
    EXPECT_THAT(RenderErrors(refused.errors), HasSubstr(error));
  }
}

// Begin waits for the gate of the first transaction; a signal ends it with EINTR.
TEST(RunPoolTest, NothingOfTheJobRunsBeforeBegin) {
  const RunOutcome outcome = RunText(std::string(kReadingJob) + R"(
job "first" { at = "1s", think = "5s", design = "channel_tx" } (function(zfs) zfs.exists("tank") end)
job "second" { at = "2s", design = "channel_tx" } (function(zfs)
  mark("begun", now())
  zfs.exists("tank")
end)
fault { at = "3s", signal = { "TERM", "second" } }
)");
  EXPECT_EQ(At(outcome.result, "jobs.second.result").integer(), kEINTR);
  EXPECT_EQ(Marked(outcome, "begun").kind(), ResultValue::Kind::kNull);
}

// Taken a few microseconds after the threads begin at 0 s and 1 s.
TEST(RunPoolTest, OpenHoldsAndWaitsCountInTheFiguresOfLocks) {
  const RunOutcome outcome = RunText(R"(
local lock = mutex "journal"
kthread "holder" (function() lock:lock() sleep "9s" lock:unlock() end)
kthread "waiter" { at = "1s" } (function() lock:lock() lock:unlock() end)
expect "at 5 s" { at = "5s" } (function(run)
  local journal = run.locks.journal
  return journal.hold_ns_max // 1000000 == 4999 and journal.wait_ns // 1000000 == 3999
end)
)");
  EXPECT_TRUE(outcome.held);
}

// A sync of a spinning disk, begun at 0.99 s, takes more than 100 ms: when it is over, the process whose
// helper the job's task needs has been stopped. From then to the end, 58 s and more, no user code runs, and
// no crossing takes that long.
TEST(RunPoolTest, WhatAStoppedHelperTakesIsUserCodeAndNotACrossing) {
  const RunOutcome outcome = RunText(R"(
local tank = pool "tank" { disk = "hdd" }
tank:filesystem "vm"
process "first" { at = "0.99s" } (function() sh "zfs snapshot tank@x" end)
job "look" { at = "1s", design = "callback", callback = { mode = "syncing" } }
  (function(zfs) zfs.exists("tank/vm") end)
fault { at = "1.02s", stop = "look" }
expect "stopped for most of a minute" { at = "60s" } (function(run)
  local split = run.jobs.look.sync_lock_split
  return split.user > 58000000000 and split.crossing < 100000, split.user
end)
)");
  EXPECT_TRUE(At(outcome.result, "expectations.1.held").flag())
      << At(outcome.result, "expectations").DebugString();
}

}  // namespace
}  // namespace model
