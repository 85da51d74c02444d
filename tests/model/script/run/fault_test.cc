// SPDX-License-Identifier: Apache-2.0
//
// Faults that begin and end, one over the other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/model/script/run/run_testing.h"

namespace model {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kPool = R"(
local tank = pool "tank" { disks = 2, layout = "mirror", disk = "ssd" }
local fs = tank:filesystem "fs" { used = "1GiB" }
)";

constexpr const char* kTwoDisks = R"(
local tank = pool "tank" { disks = 2, disk = "ssd", failmode = "continue" }
local fs = tank:filesystem "fs" { used = "1GiB" }
)";

// How often "name" was marked.
size_t Marks(const RunOutcome& outcome, const std::string& name) {
  return At(outcome.result, "marks." + name).items().size();
}
int64_t Mark(const RunOutcome& outcome, const std::string& name) {
  return At(outcome.result, "marks." + name + ".1.value").integer();
}

TEST(FaultTest, AStallOutlastsAShorterOneOfTheSameDisk) {
  const RunOutcome outcome = RunText(std::string(kPool) + R"(
fault { at = "1s", stall = tank, lasting = "20s" }
fault { at = "5s", stall = "tank/disk0", lasting = "2s" }
fault { at = "6s", stall = tank, lasting = "2s" }
process "r" { at = "9s" } (function() fs:read "128KiB" mark("read", now()) end)
)");
  EXPECT_GE(Mark(outcome, "read"), 21'000'000'000);
}

TEST(FaultTest, AStallForEverIsNotEndedByAnother) {
  const RunOutcome outcome = RunText(std::string(kPool) + R"(
fault { at = "1s", stall = tank }
fault { at = "5s", stall = tank, lasting = "2s" }
process "r" { at = "8s" } (function() fs:read "128KiB" end)
)");
  EXPECT_EQ(VerdictOf(outcome), "external");
}

TEST(FaultTest, ADiskStaysAwayAsLongAsTheLongerFault) {
  const RunOutcome outcome = RunText(std::string(kPool) + R"(
fault { at = "5s", offline = "tank/disk1", lasting = "20s" }
fault { at = "10s", offline = "tank/disk1", lasting = "5s" }
operator "o" { at = "16s" } (function()
  sh "zpool status tank"
  sleep "10s"
  sh "zpool status tank"
end)
)");
  const auto state = [&](const char* which) {
    const std::string text = At(outcome.result, std::string("output.") + which + ".text").text();
    const size_t disk = text.find("disk1");
    EXPECT_NE(disk, std::string::npos) << text;
    return text.substr(disk, text.find('\n', disk) - disk);
  };
  EXPECT_THAT(state("1"), Not(HasSubstr("ONLINE")));
  EXPECT_THAT(state("2"), HasSubstr("ONLINE"));
}

// Within the other the one that began last counts, after it the first again.
TEST(FaultTest, AnErrorComesBackWhenAShorterOneEnds) {
  const RunOutcome outcome = RunText(std::string(kTwoDisks) + R"(
fault { at = "10s", error = { tank, EIO }, lasting = "20s" }
fault { at = "15s", error = { "tank/disk0", ENXIO }, lasting = "1s" }
process "r" { at = "20s" } (function()
  for i = 1, 6 do
    local ok, errno = fs:read "8KiB"
    if not ok then mark("failed", errno) end
  end
  sleep "15s"
  for i = 1, 6 do if fs:read "8KiB" then mark("fine", i) end end
end)
)");
  EXPECT_EQ(Marks(outcome, "failed"), 6U);
  EXPECT_EQ(Marks(outcome, "fine"), 6U);
}

TEST(FaultTest, ADiskIsAsSlowAgainWhenAShorterFaultEnds) {
  const RunOutcome outcome = RunText(std::string(kTwoDisks) + R"(
fault { at = "1s", slow = { tank, 1000 }, lasting = "20s" }
fault { at = "2s", slow = { tank, 2 }, lasting = "1s" }
process "r" { at = "8s" } (function()
  local start = now()
  fs:read "8KiB"
  mark("slow", now() - start)
  sleep "20s"
  start = now()
  fs:read "8KiB"
  mark("quick", now() - start)
end)
)");
  EXPECT_GT(Mark(outcome, "slow"), 100 * Mark(outcome, "quick"));
}

TEST(FaultTest, AStoppedProcessGoesOnWhenTheLastStopEnds) {
  const RunOutcome outcome = RunText(R"(
fault { at = "1s", stop = "s", lasting = "20s" }
fault { at = "2s", stop = "s", lasting = "1s" }
process "s" (function() for i = 1, 5 do sleep "900ms" mark("alive", now()) end end)
)");
  EXPECT_GE(At(outcome.result, "marks.alive.2.at_ns").integer(), 21'000'000'000);
}

// The stop for ever was ended by SIGCONT, so the second has nothing beside it.
TEST(FaultTest, AStopThatSomebodyEndedDoesNotCount) {
  const RunOutcome outcome = RunText(R"(
fault { at = "1s", stop = "s" }
fault { at = "5s", cont = "s" }
fault { at = "10s", stop = "s", lasting = "2s" }
process "s" (function() for i = 1, 20 do sleep "900ms" mark("alive", now()) end end)
)");
  EXPECT_EQ(Marks(outcome, "alive"), 20U);
  EXPECT_LT(At(outcome.result, "end_ns").integer(), 30'000'000'000);
}

TEST(FaultTest, MemoryStaysShortAsLongAsTheLongerFault) {
  const auto took = [](const char* longer) {
    return Mark(RunText(std::string(kPool) + "fault { at = \"1s\", low_memory = tank, lasting = \"" + longer +
                        "\" }\n"
                        R"(
fault { at = "2s", low_memory = tank, lasting = "1s" }
process "w" { at = "5s" } (function()
  local start = now()
  fs:write "128KiB"
  mark("took", now() - start)
end)
)"),
                "took");
  };
  EXPECT_GT(took("20s"), took("2s"));  // It waits for a txg.
}

// Nothing is under way before 5 s; the pool's own I/O of idle txgs is none.
TEST(FaultTest, ACompletionIsLostOnlyWhileTheFaultLasts) {
  for (const bool ended : {false, true}) {
    const RunOutcome outcome = RunText(std::string(kPool) + "fault { at = \"1s\", lose = tank, lasting = \"" +
                                       (ended ? "2s" : "forever") + "\" }\n" + R"(
process "r" { at = "6s" } (function() fs:read "128KiB" mark("read", now()) end)
)");
    EXPECT_EQ(Marks(outcome, "read"), ended ? 1U : 0U);
  }
}

// zio_resume: `zpool clear` of a pool that another host has.
TEST(FaultTest, ClearRefusesWhileAnotherHostHasThePool) {
  for (const bool multihost : {true, false}) {
    const RunOutcome outcome = RunText("local tank = pool \"tank\" { disk = \"ssd\", multihost = " +
                                       std::string(multihost ? "true" : "false") + " }\n" + R"(
fault { at = "5s", offline = tank, lasting = "5s" }
fault { at = "5s", other_host = tank, lasting = "20s" }
local fs = tank:filesystem "fs"
process "big" { at = "4s" } (function() fs:write "2GiB" end)
process "w" { at = "12s" } (function() fs:write "4KiB" mark("written", now()) end)
operator "o" { at = "20s" } (function()
  mark("clear", sh "zpool clear tank")
  sleep "10s"
  mark("clear", sh "zpool clear tank")
end)
)");
    EXPECT_EQ(At(outcome.result, "marks.clear.1.value").integer() != 0, multihost);
    EXPECT_EQ(At(outcome.result, "marks.clear.2.value").integer(), 0);
    EXPECT_EQ(Mark(outcome, "written") > 29'000'000'000, multihost);
  }
}

}  // namespace
}  // namespace model
