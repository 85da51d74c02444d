// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "sim/distribution.h"
#include "sim/recorder.h"
#include "sim/simulation.h"
#include "tools/runner/thread_runner.h"

namespace tools {
namespace {

using sim::Distribution;
using sim::DrawSeries;
using sim::Recorder;
using sim::RecordKindOf;
using sim::SimDuration;
using sim::Simulation;
using sim::Task;

Task<> Walk(Simulation* simulation, Recorder* recorder, uint64_t seed, int steps) {
  DrawSeries gaps({seed, "gap"}, Distribution::Exponential(1000));
  for (int i = 0; i < steps; ++i) {
    co_await simulation->Sleep(SimDuration::Nanos(gaps.Next()));
    recorder->Record(simulation->now(), RecordKindOf("step"), seed, static_cast<uint64_t>(i), 0);
  }
}

// The digest of a run of a hundred tasks. Long runs and short ones alternate.
uint64_t DigestOfRun(size_t run) {
  Recorder recorder(Recorder::Options{});
  Simulation simulation;
  Simulation::Scope scope(&simulation);
  const int steps = run % 2 == 0 ? 10 : 100;
  for (uint64_t task = 0; task < 100; ++task)
    simulation.Spawn(Walk(&simulation, &recorder, run * 100 + task, steps));
  simulation.Run();
  return recorder.digest();
}

TEST(RunnerTest, ResultsAreTheSameInTheSameOrderForAnyNumberOfJobs) {
  std::vector<uint64_t> expected;
  for (size_t run = 0; run < 40; ++run) expected.push_back(DigestOfRun(run));
  EXPECT_EQ(std::set<uint64_t>(expected.begin(), expected.end()).size(), 40u);
  for (int jobs : {1, 2, 5, 64}) {
    const auto digests =
        ThreadRunner(jobs).Map<uint64_t>(40, [](size_t, size_t run) { return DigestOfRun(run); });
    EXPECT_EQ(digests, expected) << jobs;
  }
  const auto serial =
      sim::SerialRunner().Map<uint64_t>(40, [](size_t, size_t run) { return DigestOfRun(run); });
  EXPECT_EQ(serial, expected);
}

TEST(RunnerTest, OneJobStaysInTheCallingThreadAndInOrder) {
  std::vector<size_t> order;
  ThreadRunner(1).ForEach(5, [&](size_t worker, size_t run) {
    EXPECT_EQ(worker, 0u);
    order.push_back(run);
  });
  EXPECT_EQ(order, (std::vector<size_t>{0, 1, 2, 3, 4}));
}

TEST(RunnerTest, AWorkerIsOneThread) {
  const ThreadRunner runner(3);
  EXPECT_EQ(runner.WorkersFor(100), 3u);
  std::vector<std::set<std::thread::id>> threads(3);
  runner.ForEach(100, [&](size_t worker, size_t) { threads[worker].insert(std::this_thread::get_id()); });
  for (const auto& ids : threads) EXPECT_LE(ids.size(), 1u);
}

TEST(RunnerTest, ThereAreNoMoreWorkersThanRuns) {
  const ThreadRunner runner(8);
  EXPECT_EQ(runner.WorkersFor(3), 3u);
  EXPECT_EQ(runner.WorkersFor(0), 1u);
  bool ran = false;
  runner.ForEach(0, [&](size_t, size_t) { ran = true; });
  EXPECT_FALSE(ran);
  EXPECT_GE(HostCores(), 1);
  EXPECT_EQ(ThreadRunner(0).WorkersFor(1000), static_cast<size_t>(HostCores()));
}

}  // namespace
}  // namespace tools
