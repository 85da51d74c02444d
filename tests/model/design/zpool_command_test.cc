// SPDX-License-Identifier: Apache-2.0
//
// The zpool command: what it prints, and its exit code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "model/design/admin_command.h"
#include "tests/support/mirror_fixture.h"

namespace model {
namespace {

using sim::SimDuration;
using ::testing::HasSubstr;

constexpr int64_t kGiB = int64_t{1} << 30;

class ZpoolCommandTest : public MirrorFixture {
 protected:
  ZpoolCommandTest() : MirrorFixture(kGiB, true, 300 * kGiB) {}

  // Runs a command for up to `lasting`; returns "EXIT OUTPUT", or "-" if it has not ended.
  std::string Sh(const std::string& line, SimDuration lasting = SimDuration::Seconds(9)) {
    auto result = std::make_shared<AdminResult>();
    result->exit_code = -1;
    Run("zpool" + std::to_string(++runs_), simulation.now(), [this, line, result](Thread* t) -> sim::Task<> {
      absl::StatusOr<AdminCommand> command = ParseAdminCommand(line);
      *result = co_await RunAdminCommand(t, &module, *std::move(command));
    });
    simulation.Run(simulation.now() + lasting);
    if (result->exit_code < 0) return "-";
    return std::to_string(result->exit_code) + " " + result->output;
  }

  int runs_ = 0;
};

TEST_F(ZpoolCommandTest, StatusShowsTheTreeOfDevices) {
  EXPECT_EQ(Sh("zpool status tank"),
            "0   pool: tank\n"
            " state: ONLINE\n"
            "config:\n"
            "\n"
            "        NAME        STATE     READ WRITE CKSUM\n"
            "        tank        ONLINE       0     0     0\n"
            "          mirror-0  ONLINE       0     0     0\n"
            "            disk0   ONLINE       0     0     0\n"
            "            disk1   ONLINE       0     0     0\n"
            "        logs\n"
            "          log       ONLINE       0     0     0\n"
            "\n"
            "errors: No known data errors");
}

TEST_F(ZpoolCommandTest, StatusCountsErrorsAndSaysWhatIsMissing) {
  disks[1]->SetOffline(true);
  EXPECT_EQ(Sh("zfs snapshot tank@a"), "0 ");
  const std::string status = Sh("zpool status");
  EXPECT_THAT(status, HasSubstr(" state: DEGRADED\nstatus: Devices are missing."));
  EXPECT_THAT(status, HasSubstr("          mirror-0  DEGRADED     0     0     0\n"));
  // Two passes of data, the uberblock and two flushes at the least.
  EXPECT_THAT(status, ::testing::ContainsRegex("            disk1   UNAVAIL      0  +[5-9] "));
}

TEST_F(ZpoolCommandTest, ASuspendedPoolShowsItselfAndIsRefusedInWords) {
  disks[0]->SetOffline(true);
  disks[1]->SetOffline(true);
  EXPECT_EQ(Sh("zfs snapshot tank@a"), "-");
  EXPECT_THAT(Sh("zpool status"), HasSubstr(" state: SUSPENDED\nstatus: I/O to the devices has failed."));
  EXPECT_EQ(Sh("zpool sync tank"), "1 cannot sync 'tank': pool I/O is currently suspended");
  EXPECT_EQ(Sh("zpool export tank"), "1 cannot export 'tank': pool I/O is currently suspended");
  EXPECT_EQ(Sh("zpool clear tank"), "1 cannot clear errors for 'tank': I/O error");
  EXPECT_THAT(Sh("zpool list -H"), HasSubstr("\tSUSPENDED\t-"));
}

// 300 of 1024 GiB. A reservation is not allocated.
TEST_F(ZpoolCommandTest, ListShowsWhatIsAllocated) {
  EXPECT_EQ(Sh("zfs create -V 100G tank/v"), "0 ");
  EXPECT_EQ(Sh("zpool list"),
            "0 NAME   SIZE  ALLOC   FREE  CKPOINT  EXPANDSZ   FRAG    CAP  DEDUP    HEALTH  ALTROOT\n"
            "tank     1T   300G   724G        -         -      -    29%  1.00x    ONLINE  -");
  EXPECT_EQ(Sh("zpool list -Hp tank"),
            "0 tank\t1099511627776\t322122547200\t777389080576\t-\t-\t-\t29\t1.00\tONLINE\t-");
}

// 300 GiB at 1 GiB/s from each side of the mirror.
TEST_F(ZpoolCommandTest, AScrubIsToldFromItsStartToItsEnd) {
  EXPECT_EQ(Sh("zpool scrub -s tank"), "1 cannot cancel scrubbing 'tank': there is no active scrub");
  EXPECT_EQ(Sh("zpool scrub tank"), "0 ");
  EXPECT_EQ(Sh("zpool scrub tank"),
            "1 cannot scrub 'tank': a scrub is in progress; 'zpool scrub -s' ends it");
  EXPECT_THAT(Sh("zpool status"),
              HasSubstr("  scan: scrub in progress since Tue Nov 14 22:13 2023\n        "));
  EXPECT_EQ(Sh("zpool wait -t scrub tank", SimDuration::Seconds(400)), "0 ");
  EXPECT_THAT(Sh("zpool status"), HasSubstr("  scan: scrub repaired 0B in 00:05:"));
  EXPECT_EQ(Sh("zpool scrub tank"), "0 ");
  EXPECT_EQ(Sh("zpool scrub -s tank"), "0 ");
  EXPECT_THAT(Sh("zpool status"), HasSubstr("  scan: scrub canceled on Tue Nov 14 22:"));
}

TEST_F(ZpoolCommandTest, WhatMakesNoSenseIsSaid) {
  EXPECT_EQ(Sh("zpool status pond"), "1 cannot open 'pond': no such pool");
  EXPECT_THAT(ParseAdminCommand("zpool list -x").status().message(),
              HasSubstr("invalid option 'x' of zpool list"));
  EXPECT_THAT(ParseAdminCommand("zpool wait -t resilvering tank").status().message(),
              HasSubstr("invalid activity 'resilvering'; known are free resilver scrub"));
  EXPECT_EQ(Sh("zpool export tank"), "0 ");
  EXPECT_EQ(Sh("zpool list"), "0 no pools available");
}

}  // namespace
}  // namespace model
