// SPDX-License-Identifier: Apache-2.0
//
// The zpool command: what it prints, and its exit code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "model/admin/admin_command.h"
#include "model/dataset/errno.h"
#include "tests/support/mirror_fixture.h"

namespace model {
namespace {

using sim::SimDuration;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::UnorderedElementsAre;

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
  // vdev.c:vdev_stat_update: the write that finds it gone counts, what is not even tried later does not.
  EXPECT_THAT(status, HasSubstr("            disk1   UNAVAIL      0     1     0\n"));
}

TEST_F(ZpoolCommandTest, ClearZeroesTheCountsOfOneDeviceOrOfAll) {
  for (const std::unique_ptr<Device>& disk : disks) disk->SetError(kEIO);
  EXPECT_EQ(Sh("zfs snapshot tank@a"), "-");  // The pool is suspended by it.
  for (const std::unique_ptr<Device>& disk : disks) disk->SetError(0);
  const auto counts = [&] {
    return std::vector<int64_t>{disks[0]->errors().writes, disks[1]->errors().writes};
  };
  EXPECT_THAT(counts(), ElementsAre(1, 1));
  EXPECT_EQ(Sh("zpool clear tank disk0"), "0 ");  // Whatever it names, the pool is resumed.
  EXPECT_THAT(counts(), ElementsAre(0, 1));
  EXPECT_EQ(Sh("zpool clear tank disk7"), "1 cannot clear errors for 'disk7': no such device in pool");
  EXPECT_EQ(Sh("zpool clear tank"), "0 ");
  EXPECT_THAT(counts(), ElementsAre(0, 0));
}

TEST_F(ZpoolCommandTest, ADeviceIsTakenOfflineIfTheOthersDoWithoutIt) {
  EXPECT_EQ(Sh("zpool offline tank disk1"), "0 ");
  const std::string status = Sh("zpool status tank");
  EXPECT_THAT(status, HasSubstr("          mirror-0  DEGRADED     0     0     0\n"));
  EXPECT_THAT(status, HasSubstr("            disk1   OFFLINE      0     0     0\n"));
  EXPECT_EQ(Sh("zpool offline tank disk0"), "1 cannot offline 'disk0': no valid replicas");
  EXPECT_EQ(Sh("zpool offline tank log"), "0 ");
  EXPECT_EQ(Sh("zpool online tank disk1"), "0 ");
  EXPECT_THAT(Sh("zpool status tank"), HasSubstr(" state: DEGRADED\nstatus: Devices were taken offline"));
  EXPECT_EQ(Sh("zpool online tank log"), "0 ");
  EXPECT_THAT(Sh("zpool status tank"), HasSubstr(" state: ONLINE\n  scan: resilvered "));
}

// 2023-11-14 22:13:20 UTC is the start of every run.
TEST_F(ZpoolCommandTest, TheHistoryHasWhatChangedThePoolAndSucceeded) {
  EXPECT_EQ(Sh("zfs create tank/a"), "0 ");
  EXPECT_EQ(Sh("zfs list tank/a", SimDuration::Seconds(1)).substr(0, 2), "0 ");
  EXPECT_EQ(Sh("zfs create tank/a", SimDuration::Seconds(1)).substr(0, 2), "1 ");
  EXPECT_EQ(Sh("zpool set failmode=continue tank", SimDuration::Seconds(1)), "0 ");
  EXPECT_THAT(Sh("zpool history tank"),
              MatchesRegex("0 History for 'tank':\n"
                           "2023-11-14.22:13:20 zfs create tank/a\n"
                           "2023-11-14.22:13:2. zpool set failmode=continue tank\n"));
}

TEST_F(ZpoolCommandTest, APropertyIsShownAndSet) {
  EXPECT_EQ(Sh("zpool get failmode,capacity tank"),
            "0 NAME  PROPERTY  VALUE  SOURCE\n"
            "tank  failmode  wait   default\n"
            "tank  capacity  29%    -");
  EXPECT_EQ(Sh("zpool set failmode=continue tank"), "0 ");
  EXPECT_EQ(Sh("zpool get -H failmode"), "0 tank\tfailmode\tcontinue\tlocal");
  EXPECT_THAT(ParseAdminCommand("zpool set failmode=never tank").status().message(),
              HasSubstr("cannot set 'failmode=never'; accepted is failmode=wait"));
  EXPECT_THAT(ParseAdminCommand("zpool get colour tank").status().message(),
              HasSubstr("no property 'colour'; known are all allocated capacity failmode"));
}

// zfs_ioctl.c: POOL_CHECK_NONE of get and events; set is refused, so nobody gets out of a suspension by it.
TEST_F(ZpoolCommandTest, FailmodeCannotBeChangedOnceThePoolIsSuspended) {
  disks[0]->SetOffline(true);
  disks[1]->SetOffline(true);
  EXPECT_EQ(Sh("zfs snapshot tank@a", SimDuration::Seconds(1)), "-");
  EXPECT_EQ(Sh("zpool set failmode=continue tank"),
            "1 cannot set property for 'tank': pool I/O is currently suspended");
  EXPECT_EQ(Sh("zpool offline tank disk0"), "1 cannot offline 'disk0': pool I/O is currently suspended");
  EXPECT_EQ(Sh("zpool history tank"), "1 cannot get history for 'tank': pool I/O is currently suspended");
  EXPECT_EQ(Sh("zpool get -H health tank"), "0 tank\thealth\tSUSPENDED\t-");
  EXPECT_THAT(Sh("zpool events"), MatchesRegex("0 TIME +CLASS\n"
                                               "Nov 14 2023 22:13:20.[0-9]+ resource.fs.zfs.statechange\n"
                                               "Nov 14 2023 22:13:20.[0-9]+ resource.fs.zfs.statechange\n"
                                               "Nov 14 2023 22:13:20.[0-9]+ ereport.fs.zfs.io_failure"));
}

// A scrub of what nobody can read says so: 64 MiB in records of 128 KiB.
TEST_F(ZpoolCommandTest, AScrubCountsWhatNoCopyIsLeftOf) {
  disks[0]->SetError(kEIO);
  disks[1]->SetError(kEIO);
  pool->StartScan(Pool::ScanKind::kScrub, 64 << 20, nullptr);
  simulation.Run(simulation.now() + SimDuration::Millis(200));
  disks[0]->SetError(0);
  disks[1]->SetError(0);
  EXPECT_THAT(Sh("zpool status"), HasSubstr("  scan: scrub repaired 0B in 00:00:00 with 512 errors on "));
  // The txg could not be written either; what the members missed by that is resilvered at once.
  EXPECT_EQ(Sh("zpool clear tank"), "0 ");
  const std::string status = Sh("zpool status tank");
  EXPECT_THAT(status, HasSubstr("  scan: resilvered "));
  EXPECT_THAT(status, HasSubstr("errors: 512 data errors"));
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
  EXPECT_THAT(Sh("zpool status"), HasSubstr("  scan: scrub in progress since Tue Nov 14 22:13:"));
  EXPECT_EQ(Sh("zpool wait -t scrub tank", SimDuration::Seconds(400)), "0 ");
  EXPECT_THAT(Sh("zpool status"), HasSubstr("  scan: scrub repaired 0B in 00:05:"));
  EXPECT_EQ(Sh("zpool scrub tank"), "0 ");
  EXPECT_EQ(Sh("zpool scrub -s tank"), "0 ");
  EXPECT_THAT(Sh("zpool status"), HasSubstr("  scan: scrub canceled on Tue Nov 14 22:"));
}

// Of a stall of 40 s; the write that waits for it is slower than 30 s. `zpool clear` zeroes that too.
TEST_F(ZpoolCommandTest, StatusShowsSlowIos) {
  disks[1]->Stall(SimDuration::Seconds(40));
  EXPECT_EQ(Sh("zfs snapshot tank@a", SimDuration::Seconds(50)), "0 ");
  const std::string status = Sh("zpool status -s tank");
  EXPECT_THAT(status, HasSubstr("        NAME        STATE     READ WRITE CKSUM  SLOW\n"));
  EXPECT_THAT(status, HasSubstr("          mirror-0  ONLINE       0     0     0     -\n"));
  EXPECT_THAT(status, HasSubstr("            disk1   ONLINE       0     0     0     1\n"));
  EXPECT_EQ(Sh("zpool clear tank"), "0 ");
  EXPECT_EQ(disks[1]->errors().slow, 0);
}

// Of 4, the one after the last that has synced; a new member takes three more.
TEST_F(ZpoolCommandTest, AnAddWaitsForOneTxgAndAReplaceForFour) {
  EXPECT_EQ(Sh("zpool add tank disk5", SimDuration::Seconds(2)), "0 ");
  EXPECT_EQ(pool->pipeline().synced_txg(), 4u);
  EXPECT_FALSE(pool->scan().running());
  EXPECT_EQ(Sh("zpool replace tank disk0 disk6", SimDuration::Seconds(60)), "0 ");
  EXPECT_EQ(pool->scan().kind, Pool::ScanKind::kResilver);
  EXPECT_GE(pool->pipeline().synced_txg(), 8u);
  EXPECT_EQ(Sh("zpool reopen tank"), "0 ");
}

// Labels are written before and after the uberblock: without them 4 writes, two of the MOS and the uberblock.
TEST_F(ZpoolCommandTest, AnAddWritesTheLabels) {
  EXPECT_EQ(Sh("zpool add tank disk5", SimDuration::Seconds(2)), "0 ");
  EXPECT_EQ(pool->pipeline().RowOf(4)->writes, 5);
  EXPECT_EQ(pool->uberblocks_written(), 1);
}

TEST_F(ZpoolCommandTest, ANameThatIsNoDeviceOrIsOneAlreadyIsRefused) {
  EXPECT_EQ(Sh("zpool attach tank disk7 disk6"), "1 cannot attach to 'disk7': no such device in pool");
  EXPECT_EQ(Sh("zpool replace tank disk7 disk6"),
            "1 cannot replace a device of 'disk7': no such device in pool");
  EXPECT_EQ(Sh("zpool attach tank disk0 disk1"),
            "1 cannot attach to 'tank': a device named is part of the pool already");
  EXPECT_EQ(Sh("zpool add tank disk5 log"),
            "1 cannot add to 'tank': a device named is part of the pool already");
  EXPECT_FALSE(pool->scan().running());
  EXPECT_EQ(Sh("zpool history tank"), "0 History for 'tank':\n");
}

// Both are queued in one txg; the second sees in syncing context what the first has done.
TEST_F(ZpoolCommandTest, TwoScrubsAtOnceAreOne) {
  const auto both = [this](const std::string& line) {
    std::vector<int> codes;
    for (int i = 0; i < 2; ++i) {
      Run("zpool" + std::to_string(++runs_), simulation.now(),
          [this, line, &codes](Thread* t) -> sim::Task<> {
            absl::StatusOr<AdminCommand> command = ParseAdminCommand(line);
            const AdminResult result = co_await RunAdminCommand(t, &module, *std::move(command));
            codes.push_back(result.exit_code);
          });
    }
    simulation.Run(simulation.now() + SimDuration::Seconds(9));
    return codes;
  };
  EXPECT_THAT(both("zpool scrub tank"), UnorderedElementsAre(0, 1));
  EXPECT_THAT(both("zpool scrub -p tank"), UnorderedElementsAre(0, 1));
  EXPECT_EQ(Sh("zpool scrub -p tank"),
            "1 cannot pause scrubbing 'tank': the scrub is paused already; 'zpool scrub' resumes it");
  EXPECT_THAT(both("zpool scrub -s tank"), UnorderedElementsAre(0, 1));
  pool->MemberIsNew();
  EXPECT_EQ(Sh("zpool scrub -s tank"), "1 cannot cancel scrubbing 'tank': a resilver is in progress");
  EXPECT_EQ(Sh("zpool scrub tank"), "1 cannot scrub 'tank': a resilver is in progress");
}

TEST_F(ZpoolCommandTest, OneCommandTakesSeveralDevicesOrPools) {
  EXPECT_EQ(Sh("zpool offline -t tank disk1 disk0 log"), "1 cannot offline 'disk0': no valid replicas");
  EXPECT_TRUE(disks[1]->taken_out());
  EXPECT_TRUE(disks[2]->taken_out());
  EXPECT_EQ(Sh("zpool online tank disk1 log"), "0 ");
  EXPECT_EQ(Sh("zpool sync tank pond"), "1 cannot open 'pond': no such pool");
  EXPECT_EQ(Sh("zpool export pond tank"), "1 cannot open 'pond': no such pool");
  EXPECT_TRUE(pool->exported());
}

TEST_F(ZpoolCommandTest, StatusXShowsWhatIsNotWell) {
  EXPECT_EQ(Sh("zpool status -x"), "0 all pools are healthy");
  EXPECT_EQ(Sh("zpool status -x tank"), "0 pool 'tank' is healthy");
  disks[1]->SetError(kEIO);
  EXPECT_EQ(Sh("zfs snapshot tank@a"), "0 ");
  EXPECT_THAT(Sh("zpool status -x"), HasSubstr("status: A device has failed reads or writes."));
  disks[1]->SetError(0);
  EXPECT_EQ(Sh("zpool clear tank"), "0 ");
  EXPECT_EQ(Sh("zpool status -x"), "0 all pools are healthy");
  pool->MemberIsNew();
  EXPECT_THAT(Sh("zpool status -x"), HasSubstr("status: A device is being resilvered."));
}

TEST_F(ZpoolCommandTest, AScrubIsWaitedFor) {
  EXPECT_EQ(Sh("zpool scrub -w tank"), "-");
  simulation.Run(simulation.now() + SimDuration::Seconds(1000));
  EXPECT_FALSE(pool->scan().running());
}

// What a silent disk has got and not answered shows, while everybody hangs.
TEST_F(ZpoolCommandTest, IostatShowsWhoDoesNotAnswer) {
  disks[1]->Stall(std::nullopt);
  EXPECT_EQ(Sh("zfs snapshot tank@a"), "-");
  const std::string text = Sh("zpool iostat -vq tank");
  EXPECT_THAT(
      text, HasSubstr("        queue\npool        alloc   free   read  write   read  write   pend  activ\n"));
  EXPECT_THAT(text, MatchesRegex("(.|\n)*    disk0 .*      0      0\n(.|\n)*"));
  EXPECT_THAT(text, MatchesRegex("(.|\n)*    disk1 .*      1      0\n(.|\n)*"));
}

TEST_F(ZpoolCommandTest, EventsHaveScansAndDevicesThatGo) {
  EXPECT_EQ(Sh("zpool offline tank disk1"), "0 ");
  EXPECT_EQ(Sh("zpool online tank disk1", SimDuration::Seconds(20)), "0 ");
  std::vector<std::string> kinds;
  for (const PoolEvent& event : pool->events()) kinds.emplace_back(event.kind);
  EXPECT_THAT(kinds, ElementsAre("statechange", "statechange", "resilver_start", "resilver_finish"));
  EXPECT_EQ(pool->events()[0].text, "tank/disk1 is OFFLINE");
  EXPECT_THAT(Sh("zpool events"), HasSubstr(" sysevent.fs.zfs.resilver_finish"));
}

// dsl_scan_is_paused_scrub: nothing is read, txgs have their pause again, and `zpool wait` does not wait.
TEST_F(ZpoolCommandTest, AScrubIsPausedAndGoesOn) {
  EXPECT_EQ(Sh("zpool scrub -p tank"), "1 cannot pause scrubbing 'tank': there is no active scrub");
  EXPECT_EQ(Sh("zpool scrub tank"), "0 ");
  EXPECT_EQ(Sh("zpool scrub -p tank"), "0 ");
  const int64_t left = pool->scan().left_bytes;
  EXPECT_GT(left, 0);
  EXPECT_THAT(Sh("zpool status"), HasSubstr("  scan: scrub paused since "));
  EXPECT_EQ(pool->scan().left_bytes, left);
  EXPECT_EQ(Sh("zpool wait -t scrub tank"), "0 ");
  EXPECT_EQ(Sh("zpool scrub tank"), "0 ");
  EXPECT_LT(pool->scan().left_bytes, left);
  EXPECT_EQ(pool->scan().bytes, 300 * kGiB);
}

TEST_F(ZpoolCommandTest, WhatWasExportedIsImported) {
  EXPECT_EQ(Sh("zpool import tank"), "1 cannot import 'tank': a pool with that name already exists");
  EXPECT_EQ(Sh("zpool export tank"), "0 ");
  EXPECT_EQ(Sh("zfs snapshot tank@a").substr(0, 2), "2 ");
  disks[0]->SetOffline(true);
  disks[1]->SetOffline(true);
  EXPECT_EQ(Sh("zpool import tank"), "1 cannot import 'tank': devices of it are away");
  disks[0]->SetOffline(false);
  // A disk that keeps silent keeps the lock of all pools.
  disks[0]->Stall(SimDuration::Seconds(20));
  EXPECT_EQ(Sh("zpool import tank"), "-");
  EXPECT_FALSE(module.namespace_lock().holds().empty());
  simulation.Run(simulation.now() + SimDuration::Seconds(30));
  EXPECT_EQ(Sh("zfs list tank").substr(0, 2), "0 ");
  EXPECT_EQ(Sh("zpool import pond"), "1 cannot import 'pond': no such pool available");
}

TEST_F(ZpoolCommandTest, WhatMakesNoSenseIsSaid) {
  EXPECT_EQ(Sh("zpool status pond"), "1 cannot open 'pond': no such pool");
  EXPECT_THAT(ParseAdminCommand("zpool list -x").status().message(),
              HasSubstr("invalid option 'x' of zpool list"));
  EXPECT_THAT(ParseAdminCommand("zpool wait -t resilvering tank").status().message(),
              HasSubstr("invalid activity 'resilvering'; known are free resilver scrub"));
  EXPECT_THAT(ParseAdminCommand("zpool import tank pond").status().message(),
              HasSubstr("usage: zpool import POOL"));
  EXPECT_THAT(ParseAdminCommand("zpool offline tank").status().message(),
              HasSubstr("usage: zpool offline [-t] POOL DEVICE..."));
  EXPECT_EQ(Sh("zpool export tank"), "0 ");
  EXPECT_EQ(Sh("zpool list"), "0 no pools available");
  EXPECT_EQ(Sh("zfs list"), "0 no datasets available");
}

}  // namespace
}  // namespace model
