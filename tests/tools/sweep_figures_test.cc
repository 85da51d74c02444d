// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "tools/txgsim/sweep/figures.h"

namespace tools {
namespace {

using ::testing::HasSubstr;

model::ResultValue SampleRun() {
  return FromJson(Json::parse(R"({
    "end_ns": 5, "verdict": "completed",
    "jobs": {"prune": {"latency_ns": 12300000, "txgs": 3, "sync_lock_held_ns": 0}},
    "loads": {"db": {"latency": {"p99_ns": 700}, "stall_ns": 0, "delay_ns": 0,
                     "throughput_bytes_per_s": 1500000}},
    "pools": {"tank": {"dirty_bytes_max": 1048576, "txgs": [{"txg": 4}]}}})"));
}

TEST(SweepFiguresTest, ByDefaultTheyAreWhatJobsCostAndLoadsSuffer) {
  std::vector<std::string> paths;
  for (const auto& [path, value] : FiguresByDefault(SampleRun())) paths.push_back(path);
  // What this run does not have, such as jobs.prune.retries, is left out.
  EXPECT_THAT(paths,
              ::testing::ElementsAre("jobs.prune.latency_ns", "jobs.prune.txgs",
                                     "jobs.prune.sync_lock_held_ns", "loads.db.latency.p99_ns",
                                     "loads.db.stall_ns", "loads.db.delay_ns", "pools.tank.dirty_bytes_max"));
  EXPECT_EQ(FiguresByDefault(FromJson(Json::parse("{\"end_ns\": 5}"))).front().first, "end_ns");
}

TEST(SweepFiguresTest, APathThatIsAskedForMustExistAndBeAValue) {
  EXPECT_EQ(FiguresAskedFor(SampleRun(), {"jobs.prune.txgs"}).value().front().second, 3);
  // May be absent: the job has not ended.
  EXPECT_TRUE(FiguresAskedFor(SampleRun(), {"jobs.prune.result"}).value().front().second.is_null());
  EXPECT_THAT(std::string(FiguresAskedFor(SampleRun(), {"jobs.prune.txg"}).status().message()),
              HasSubstr("did you mean \"run.jobs.prune.txgs\"?"));
  EXPECT_THAT(std::string(FiguresAskedFor(SampleRun(), {"jobs.prune"}).status().message()),
              HasSubstr("below it are latency_ns, txgs"));
}

TEST(SweepFiguresTest, ValuesAreWrittenWithTheirUnits) {
  EXPECT_EQ(CellText("jobs.prune.latency_ns", CellOf({12'300'000})), "12.3 ms");
  EXPECT_EQ(CellText("pools.tank.dirty_bytes_max", CellOf({1'048'576})), "1 MiB");
  EXPECT_EQ(CellText("loads.db.throughput_bytes_per_s", CellOf({1'500'000})), "1.50 MB/s");
  EXPECT_EQ(CellText("jobs.prune.txgs", CellOf({3})), "3");
  EXPECT_EQ(CellText("verdict", CellOf({"slow"})), "slow");
  EXPECT_EQ(CellText("verdict", CellOf({"slow", "deadlock"})), "differs");
  EXPECT_EQ(CellText("jobs.prune.latency_ns", CellOf({nullptr})), "-");
  EXPECT_EQ(CellText("jobs.prune.latency_ns", CellOf({})), "?");
  EXPECT_EQ(FigureTitle("jobs.prune.latency_ns"), "prune latency");
  EXPECT_EQ(FigureTitle("loads.db.latency.p99_ns"), "db latency p99");
}

// Mean 20 ms, standard deviation 10 ms; 4.30265 * 10 / sqrt(3) = 24.8 ms.
TEST(SweepFiguresTest, SeedsGiveAMeanAndAnInterval) {
  const FigureCell cell = CellOf({10'000'000, 20'000'000, 30'000'000});
  EXPECT_EQ(CellText("x_ns", cell), "20.0 ms +-24.8 ms");
  EXPECT_EQ(CellJson(cell)["mean"], 20'000'000.0);
  EXPECT_EQ(CellJson(cell)["count"], 3);
  EXPECT_EQ(CellText("x_ns", CellOf({10'000'000, nullptr, 10'000'000})), "10.0 ms (2 of 3)");
}

}  // namespace
}  // namespace tools
