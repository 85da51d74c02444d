// SPDX-License-Identifier: Apache-2.0
//
// Module parameters that a scenario gives by their names, and what they change.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/model/script/run/run_testing.h"

namespace model {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

// A pool with these options, and `rest` on it.
RunOutcome With(const std::string& options, const std::string& rest) {
  return RunText("local tank = pool \"tank\" { " + options +
                 " }\nlocal fs = tank:filesystem \"fs\" { used = \"1GiB\" }\n" + rest);
}
int64_t Mark(const RunOutcome& outcome, const std::string& name) {
  return At(outcome.result, "marks." + name + ".1.value").integer();
}
int64_t Events(const RunOutcome& outcome, std::string_view kind) {
  const auto& events = At(outcome.result, "pools.tank.events").items();
  return std::count_if(events.begin(), events.end(),
                       [&](const ResultValue& event) { return At(event, "kind").text() == kind; });
}

TEST(TunableTest, SlowIosAreAllCountedAndAFewASecondAreEvents) {
  const std::string rest = R"(
for i = 1, 4 do process("r" .. i) { at = "2s" } (function() fs:read "8KiB" end) end
fault { at = "1s", stall = tank, lasting = "40s" }
)";
  const RunOutcome all = With("disk = \"ssd\"", rest);
  const RunOutcome few = With("disk = \"ssd\", zfs_slow_io_events_per_second = 1", rest);
  EXPECT_EQ(At(all.result, "pools.tank.slow_ios").integer(), At(few.result, "pools.tank.slow_ios").integer());
  EXPECT_GE(Events(all, "delay"), 4);
  EXPECT_EQ(Events(few, "delay"), 1);
}

TEST(TunableTest, NobodyLooksWithoutTheDeadman) {
  const std::string rest = R"(
fault { at = "1s", lose = tank }
process "r" { at = "2s" } (function() fs:read "8KiB" end)
process "app" (function() sleep "60s" end)
)";
  const std::string options = "disk = \"ssd\", zfs_deadman_ziotime_ms = \"10s\"";
  EXPECT_GT(Events(With(options, rest), "deadman"), 0);
  EXPECT_EQ(Events(With(options + ", zfs_deadman_enabled = 0", rest), "deadman"), 0);
}

TEST(TunableTest, NoMissingHeartbeatSuspendsWithoutFailIntervals) {
  const std::string rest = R"(
fault { at = "5s", stall = tank, lasting = "30s" }
process "app" (function() sleep "40s" end)
)";
  const std::string options = "disk = \"ssd\", multihost = true";
  EXPECT_TRUE(At(With(options, rest).result, "pools.tank.suspended").flag());
  EXPECT_FALSE(
      At(With(options + ", zfs_multihost_fail_intervals = 0", rest).result, "pools.tank.suspended").flag());
}

// A write of the log, and 100 ms of flush behind it or none.
TEST(TunableTest, TheIntentLogNeedNotFlush) {
  const std::string rest = R"(
process "app" { at = "1s" } (function()
  fs:write "8KiB"
  fs:fsync()
  sleep "7s"
  fs:write "8KiB"
  local start = now()
  fs:fsync()
  mark("took", now() - start)
end)
)";
  const int64_t with = Mark(With("disk = \"hdd\"", rest), "took");
  const int64_t without = Mark(With("disk = \"hdd\", zil_nocacheflush = 1", rest), "took");
  EXPECT_GT(without, 0);
  EXPECT_LT(without, with);
}

// 32 reads: one at a time, or so many at once as the device and zfs_vdev_sync_read_max_active let.
TEST(TunableTest, ADeviceHasAsManyIosActiveAsItMay) {
  const std::string rest = R"(
for i = 1, 32 do process("r" .. i) { at = "1s" } (function() fs:read "4KiB" end) end
)";
  const auto took = [&](const std::string& options) {
    return At(With(options, rest).result, "end_ns").integer() - kSecond;
  };
  const std::string disk = "disk = { service = \"1ms\", bandwidth = \"1GB/s\", depth = 32 }";
  EXPECT_LT(took(disk), 10'000'000);
  EXPECT_GT(took(disk + ", zfs_vdev_max_active = 1"), 32'000'000);
}

// What waits for a txg waits for a slice of the resilver.
TEST(TunableTest, AResilverTakesItsTimeOfATxg) {
  const std::string rest = R"(
writers "w" { dataset = fs, rate = "50MB/s", at = "6s", stop_at = "40s" }
fault { at = "5s", offline = "tank/disk1", lasting = "40s" }
process "app" { at = "48s" } (function()
  local start = now()
  sh "zfs snapshot tank/fs@a"
  mark("took", now() - start)
end)
)";
  const std::string options = "disks = 2, layout = \"mirror\", disk = \"hdd\", zfs_resilver_min_time_ms = ";
  const int64_t brief = Mark(With(options + "100", rest), "took");
  const int64_t longer = Mark(With(options + "3000", rest), "took");
  EXPECT_LT(brief, 2 * kSecond);
  EXPECT_GT(longer, 3 * kSecond);
}

// dsl_scan_async_block_should_pause: with nobody waiting a slice ends after 3 s (whole half-seconds above
// 5 of them), with somebody waiting after zfs_free_min_time_ms.
TEST(TunableTest, FreeingTakesItsTimeOfATxg) {
  const auto longest = [](const std::string& options, bool waiter) {
    const RunOutcome outcome = With("disk = \"ssd\"" + options, std::string(R"(
local old = tank:filesystem "old" { used = "200GiB" }
process "rm" { at = "1s" } (function() sh "zfs destroy tank/old" end)
process "app" { at = "3s" } (function()
  sleep "100ms"
  for i = 1, 3 do )") + (waiter ? "sh(\"zfs snapshot tank/fs@a\" .. i)" : "sleep \"4s\"") +
                                                                    R"( end
end)
)");
    int64_t most = 0;
    const auto& rows = At(outcome.result, "pools.tank.txgs").items();
    // The first slices belong to who destroys.
    for (size_t i = 3; i + 1 < rows.size(); ++i) most = std::max(most, At(rows[i], "stime_ns").integer());
    return most;
  };
  EXPECT_GE(longest("", false), 3 * kSecond);
  EXPECT_LT(longest("", false), 4 * kSecond);
  EXPECT_GE(longest("", true), kSecond / 2);
  EXPECT_LT(longest("", true), 3 * kSecond);
  EXPECT_GE(longest(", zfs_free_min_time_ms = 2000", true), 2 * kSecond);
}

TEST(TunableTest, TheMostThatMayBeDirtyFollowsFromMemoryWhereItsBoundIsGiven) {
  const auto most = [](const std::string& options) {
    return At(RunText("machine { memory = \"8GiB\" }\nlocal tank = pool \"tank\" { disk = \"ssd\"" + options +
                      " }\n"
                      "writers \"w\" { dataset = tank, arrivals = \"closed\", count = 4, stop_at = \"2s\" }\n"
                      "process \"app\" (function() sleep \"2s\" end)\n")
                  .result,
              "pools.tank.dirty_bytes_max")
        .integer();
  };
  EXPECT_LT(most(", zfs_dirty_data_max_max_percent = 1"), int64_t{83} << 20);
  EXPECT_LT(most(", zfs_dirty_data_max_max = \"64MiB\""), int64_t{65} << 20);
  EXPECT_GT(most(""), int64_t{200} << 20);
}

TEST(TunableTest, TheKstatHasAsManyRowsAsItIsTold) {
  const auto rows = [](const std::string& options) {
    return At(With("disk = \"ssd\"" + options, "process \"app\" (function() sleep \"60s\" end)\n").result,
              "pools.tank.txgs")
        .items()
        .size();
  };
  EXPECT_EQ(rows(", zfs_txg_history = 0"), 0U);
  EXPECT_EQ(rows(", zfs_txg_history = 2"), 2U);
  EXPECT_GT(rows(""), 10U);
}

// Records of 64 KiB: in place and undirtied by fsync, or copied into the log and written again.
TEST(TunableTest, FromWhichSizeOnDataGoesToItsPlaceAtFsync) {
  const auto written = [](const std::string& options) {
    return At(With("disk = \"ssd\"" + options, R"(
process "app" { at = "1s" } (function()
  for i = 1, 64 do fs:write "64KiB" fs:fsync() end
  sh "zpool sync tank"
end)
)")
                  .result,
              "pools.tank.disks.1.written_bytes")
        .integer();
  };
  EXPECT_GT(written(", zfs_immediate_write_sz = \"128KiB\""), written("") + (3 << 20));
}

}  // namespace
}  // namespace model
