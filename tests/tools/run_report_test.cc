// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/report/run_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fmt/format.h"
#include "tests/model/script/run/run_testing.h"

namespace tools {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string ReportOf(const std::string& text, bool all = false) {
  return RunReport(ToJson(model::RunText(text).result), Style(false), {.all = all});
}

// 1 fails, 2 to 28 succeed, 29 fails; the last twelve are 19 to 30.
constexpr char kCommands[] = R"(
pool "tank" {}
process "app" (function()
  sh "zfs destroy tank@none"
  for i = 2, 28 do sh "zpool list" end
  sh "zfs destroy tank@none"
  sh "zpool list"
end)
)";

TEST(RunReportTest, FailedCommandsAreShownHoweverManyFollow) {
  const std::string report = ReportOf(kCommands);
  const size_t first = report.find("$ zfs destroy tank@none  exit 1");
  ASSERT_NE(first, std::string::npos) << report;
  EXPECT_NE(report.find("$ zfs destroy tank@none  exit 1", first + 1), std::string::npos);
  // 2 to 18.
  EXPECT_THAT(report, HasSubstr("  (17 that succeeded; --all shows them)\n"));
  const std::string all = ReportOf(kCommands, true);
  EXPECT_THAT(all, Not(HasSubstr("that succeeded")));
  size_t lists = 0;
  for (size_t at = 0; (at = all.find("$ zpool list", at)) != std::string::npos; ++at) ++lists;
  EXPECT_EQ(lists, 28u);
}

TEST(RunReportTest, LongOutputIsCutUnlessAllIsAskedFor) {
  const std::string text = R"(
local tank = pool "tank" {}
for i = 1, 30 do tank:filesystem("fs" .. i) end
process "app" (function() sh "zfs list" end)
)";
  // The heading, tank and thirty filesystems are 32 lines.
  EXPECT_THAT(ReportOf(text), HasSubstr("      ... and 12 more lines; --all shows them\n"));
  EXPECT_THAT(ReportOf(text, true), HasSubstr("tank/fs9 "));
}

TEST(RunReportTest, TheTxgTableSaysWhatIsNotThere) {
  // 590 s with a txg every 5 s, more than are kept, and two snapshots in all.
  const std::string text = R"(
pool "tank" {}
process "app" { at = "590s" } (function()
  sh "zfs snapshot tank@a"
  sh "zfs snapshot tank@b"
end)
)";
  const Json run = ToJson(model::RunText(text).result);
  const Json& kept = run["pools"]["tank"]["txgs"];
  const int64_t synced = run["pools"]["tank"]["txg_synced"].get<int64_t>() - 3;
  ASSERT_GT(synced, 100);
  const std::string report = RunReport(run, Style(false), {});
  EXPECT_THAT(report,
              HasSubstr(fmt::format("txgs of tank, times in ns\n  {} were synced, and the last {} are kept "
                                    "(zfs_txg_history); ",
                                    synced, kept.size())));
  EXPECT_THAT(report, HasSubstr(" that did nothing are left out (--all shows them)\n"));
  const std::string all = RunReport(run, Style(false), {.all = true});
  EXPECT_THAT(all, Not(HasSubstr("that did nothing")));
  EXPECT_THAT(all, HasSubstr(fmt::format("\n   {} ", kept.front()["txg"].get<int64_t>())));
}

TEST(RunReportTest, ErrorsOfLoadsAreAColumnWhereThereAreAny) {
  const std::string full =
      ReportOf(model::ReadTextFile(TXGSIM_SOURCE_DIR "/scenarios/quota_and_snapshot.lua").value_or(""));
  EXPECT_THAT(full, HasSubstr("DELAYED  ERRORS\n"));
  EXPECT_THAT(full, HasSubstr("  EDQUOT "));
  const std::string well = ReportOf(R"(
local tank = pool "tank" {}
writers "db" { dataset = tank:filesystem "fs", rate = "1MB/s" }
process "p" (function() sleep "2s" end)
)");
  EXPECT_THAT(well, HasSubstr("STALLED  DELAYED\n"));
}

TEST(RunReportTest, NobodyWhoCouldHaveSeenAnythingIsNoNews) {
  const std::string nobody = "pool \"tank\" {}\nprocess \"p\" (function() sleep \"1s\" end)";
  EXPECT_THAT(ReportOf(nobody), Not(HasSubstr("isolation of")));
  const std::string one_command =
      "pool \"tank\" {}\nprocess \"p\" (function() sh \"zfs list\" end)\nprocess \"q\" (function() end)";
  EXPECT_THAT(ReportOf(one_command), Not(HasSubstr("isolation of")));
  const std::string two = model::ReadTextFile(TXGSIM_SOURCE_DIR "/scenarios/write_skew.lua").value_or("");
  EXPECT_THAT(ReportOf(two), HasSubstr("isolation of"));
}

}  // namespace
}  // namespace tools
