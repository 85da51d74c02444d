// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/report/hang_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/model/script/run/run_testing.h"
#include "tools/txgsim/report/kernel_log.h"

namespace tools {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

Json ResultOf(const std::string& text, const model::RunOptions& options = {}) {
  return ToJson(model::RunText(text, options).result);
}
std::string ReportOf(const std::string& text, const model::RunOptions& options = {}) {
  return HangReport(ResultOf(text, options), Style(false));
}

constexpr char kAbba[] = R"(
machine { cores = 2 }
local inode, journal = mutex "inode", mutex "journal"
kthread "writeback" (function() inode:lock() compute "10us" journal:lock() end)
kthread "commit" (function() journal:lock() compute "10us" inode:lock() end)
local getdents = syscall "getdents" (function() inode:lock() end)
)";

TEST(HangReportTest, EachWaitShowsTheHolderAndAVictimItsWayIntoTheCycle) {
  const std::string report =
      ReportOf(std::string(kAbba) + "process \"ls\" { at = \"1ms\" } (function() getdents() end)");
  EXPECT_THAT(report, HasSubstr("  cycle     writeback > commit > writeback\n"));
  EXPECT_THAT(report,
              HasSubstr("  chain     ls > inode (held by writeback, behind commit) > journal (held by "
                        "commit) > inode (held by writeback), and so round\n"));
  EXPECT_THAT(report, HasSubstr("D  no        0.000014 s  journal (held by commit) "));
}

// Two hundred that wait for the same share one chain, and a pool of threads is counted.
TEST(HangReportTest, VictimsThatWaitForTheSameShareAChain) {
  const std::string report = ReportOf(std::string(kAbba) + R"(
for i = 1, 5 do process("ls" .. i) { at = "1ms" } (function() getdents() end) end
)");
  EXPECT_THAT(report, HasSubstr("  chain     ls1, ls2, ls3, ls4 and 1 more > inode (held by writeback) > "));
  EXPECT_EQ(report.find("  chain"), report.rfind("  chain"));
}

// The root is the pool; who keeps silent is one disk of it.
TEST(HangReportTest, TheDiskThatDoesNotAnswerIsNamed) {
  const std::string report = ReportOf(R"(
local tank = pool "tank" { disks = 2, layout = "mirror" }
fault { at = "1s", stall = "tank/disk1" }
process "zfs" { at = "2s" } (function() sh "zfs snapshot tank@x" end)
machine { stop_at = "30s" }
)");
  EXPECT_THAT(report, HasSubstr("  root      tank\n"));
  EXPECT_THAT(report, HasSubstr(" > tank (owed by tank/disk1), which only someone outside can end\n"));
}

TEST(HangReportTest, AChainEndsAtItsRoot) {
  const std::string stalled = ReportOf(R"(
local tank = pool "tank" { disks = 2 }
local fs = tank:filesystem "fs"
writers "db" { dataset = fs, count = 4, rate = "20MB/s" }
fault { at = "1s", stall = "tank", lasting = "forever" }
process "zfs" { at = "2s" } (function() sh "zfs snapshot tank@x" end)
machine { stop_at = "30s" }
)");
  EXPECT_THAT(stalled,
              HasSubstr("  root      tank\n  chain     zfs > tx_sync_done_cv (owed by txg_sync) > "
                        "tank (owed by tank/disk0, tank/disk1), which only someone outside can end\n"));
  // What a disk does not do, `zpool clear` does not make it do.
  EXPECT_THAT(stalled, HasSubstr("  freed by  complete tank\n"));
  EXPECT_THAT(ReportOf(R"(
local m = mutex "m"
local lock = syscall "lock" (function() m:lock() end)
process "gone" (function() lock() end)
process "app" { at = "1ms" } (function() lock() end)
)"),
              HasSubstr("  chain     app > m (held by gone), which has ended\n"));
}

// The pool is suspended at 2 s by a disk that answers EIO until 11 s: clearing it helps after that only.
TEST(HangReportTest, ASuspendedPoolIsClearedOnceItsDiskAnswers) {
  EXPECT_THAT(ReportOf(R"(
pool "tank" { disks = 1 }
fault { at = "1s", error = { "tank", EIO }, lasting = "10s" }
process "zfs" { at = "2s" } (function() sh "zfs snapshot tank@x" end)
)"),
              HasSubstr("  freed by  zpool clear tank\n"));
}

// Nobody has the mutex who could release it.
TEST(HangReportTest, WhereNothingHelpsItSaysWhatWasTried) {
  const Json run = ResultOf(R"(
local m = mutex "m"
local lock = syscall "lock" (function() m:lock() end)
process "gone" (function() lock() end)
process "app" { at = "1ms" } (function() lock() end)
expect "clearing does not help" { not_freed_by = "kill app" }
)");
  EXPECT_EQ(run["tried"], Json({"kill gone", "kill app"}));
  EXPECT_THAT(HangReport(run, Style(false)),
              HasSubstr("  freed by  nothing that was tried: kill gone; kill app\n"));
}

constexpr char kSlow[] = R"(
local m = mutex "m"
local lock = syscall "lock" (function() m:lock() m:unlock() end)
kthread "holder" (function() m:lock() sleep "50s" m:unlock() end)
process "app" { at = "1ms" } (function() lock() end)
)";

TEST(HangReportTest, WhatIsSlowShowsItsThreadsAndItsRoot) {
  const std::string report = ReportOf(kSlow, {.until_ns = 30'000'000'000});
  EXPECT_THAT(report, HasSubstr("  root      holder\n  chain     app > m (held by holder), which sleeps\n"));
  EXPECT_THAT(report, HasSubstr("  holder  100  D"));
  EXPECT_THAT(report, HasSubstr("m (held by holder)  lock\n"));
  EXPECT_THAT(report, Not(HasSubstr("freed by")));
}

TEST(HangReportTest, ARunThatCompletedShowsTheHangThatWasJudgedBefore) {
  const std::string expect = "expect \"slow\" { at = \"20s\", verdict = \"slow\" }\n";
  const std::string report = ReportOf(kSlow + expect);
  EXPECT_THAT(report, HasSubstr("judged at 20.000000 s: SLOW (long_wait)\n  root      holder\n"));
  EXPECT_THAT(report, HasSubstr("m (held by holder)  lock\n"));
  EXPECT_EQ(ReportOf(kSlow), "");
}

// Two blocked threads of one pool, ten warnings: 240 s to 720 s in passes of two. What the reader
// must not miss is in the tenth, which is not shown.
TEST(HangReportTest, TheLogSaysWhenTheDetectorFellSilent) {
  const std::string log = KernelLog(ResultOf(R"(
local g = gate "g" { open = false, by = "outside" }
local pool = workers "wq" { count = 2 }
local start = syscall "start" (function()
  for i = 1, 2 do pool:queue("w", function() g:pass() end) end
end)
process "app" (function() start() sleep "1000s" end)
expect "later" { at = "900s", verdict = "external" }
)"),
                                    Style(false));
  EXPECT_THAT(log, HasSubstr("[  240.000000] INFO: task wq/1:"));
  EXPECT_THAT(log, HasSubstr("[  720.000000] Future hung task reports are suppressed, see sysctl "
                             "kernel.hung_task_warnings\n"));
  EXPECT_THAT(log, HasSubstr("and 9 more reports"));
}

TEST(HangReportTest, ARunThatWasCutShortSaysSoAndWhoHadNotEnded) {
  const std::string text = R"(
process "done" (function() sleep "1s" end)
process "app" (function() sleep "20s" end)
fault { at = "5s", power_cut = true }
)";
  EXPECT_EQ(
      StopReport(ResultOf(text)),
      "  stopped   at 5.000000 s: the machine has lost power; nothing runs until someone starts it anew\n"
      "  not ended app\n");
  const Json early = ResultOf(text, {.until_ns = 2'000'000'000});
  EXPECT_EQ(TitleOf(early, Style(false)), "UNKNOWN (unfinished)");
  EXPECT_EQ(StopReport(early),
            "  cut off   by --until or machine.stop_at: what would have come is not known\n"
            "  not ended app\n");
  // And where he was.
  EXPECT_THAT(HangReport(early, Style(false)), ContainsRegex("  app +101  S  yes +[0-9.]+ s  sleep"));
  EXPECT_EQ(StopReport(ResultOf("process \"done\" (function() sleep \"1s\" end)")), "");
}

// SIGKILL at 10 s stays pending: the loop in the kernel does not look.
TEST(HangReportTest, ALoopInTheKernelShowsWhereItIsAndThatAKillDoesNotHelp) {
  EXPECT_THAT(ReportOf(R"(
local lock = mutex "m"
local pwrite = syscall "pwrite" (function()
  lock:lock()
  while true do compute "5ms" retry "EFAULT" end
end)
local pread = syscall "pread" (function() lock:lock() end)
process "smbd" (function() pwrite() end)
process "reader" { at = "1s" } (function() pread() end)
)"),
              ContainsRegex("  smbd +100  R  no +[0-9.]+ s +pwrite\n"));
}

}  // namespace
}  // namespace tools
