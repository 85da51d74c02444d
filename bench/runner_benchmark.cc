// SPDX-License-Identifier: Apache-2.0
//
// Equal runs on one host thread and on two.
//
// An iteration does all runs with one worker, then with two, and compares the digests. The time is that of
// two workers on the wall. Counters:
//   speedup       wall time of one worker over that of two
//   speedup_busy  the processor time of one worker over that of the busier of the two: what the speedup would
//                 be if this process had the machine to itself
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

#include "benchmark/benchmark.h"
#include "sim/check.h"
#include "sim/distribution.h"
#include "sim/recorder.h"
#include "sim/simulation.h"
#include "tools/runner/thread_runner.h"

namespace bench {
namespace {

sim::Task<> Walk(sim::Simulation* simulation, sim::Recorder* recorder, uint64_t seed) {
  sim::DrawSeries gaps({seed, "gap"}, sim::Distribution::Exponential(1'000'000));
  for (uint64_t i = 0; i < 100; ++i) {
    co_await simulation->Sleep(sim::SimDuration::Nanos(gaps.Next()));
    recorder->Record(simulation->now(), sim::RecordKindOf("step"), seed, i, 0);
  }
}

uint64_t DigestOfRun() {
  sim::Recorder recorder(sim::Recorder::Options{});
  sim::Simulation simulation;
  sim::Simulation::Scope scope(&simulation);
  for (uint64_t task = 0; task < 500; ++task) simulation.Spawn(Walk(&simulation, &recorder, task));
  simulation.Run();
  SIM_CHECK(recorder.count() == 50'000);
  return recorder.digest();
}

double ThreadSeconds() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

struct Measured {
  double wall = 0;
  double busiest = 0;  // Processor seconds of the worker that had most of them.
  std::vector<uint64_t> digests;
};

Measured Measure(int workers, size_t runs) {
  Measured measured;
  std::vector<double> busy(static_cast<size_t>(workers));
  const auto start = std::chrono::steady_clock::now();
  measured.digests = tools::ThreadRunner(workers).Map<uint64_t>(runs, [&](size_t worker, size_t) {
    const double before = ThreadSeconds();
    const uint64_t digest = DigestOfRun();
    busy[worker] += ThreadSeconds() - before;
    return digest;
  });
  measured.wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  measured.busiest = *std::max_element(busy.begin(), busy.end());
  return measured;
}

void BM_Runner(benchmark::State& state) {
  const size_t runs = static_cast<size_t>(state.range(0));
  double wall_one = 0, wall_two = 0, busy_one = 0, busy_two = 0;
  for (auto _ : state) {
    const Measured one = Measure(1, runs);
    const Measured two = Measure(2, runs);
    SIM_CHECK(one.digests == two.digests);
    SIM_CHECK(one.digests == std::vector<uint64_t>(runs, one.digests[0]));
    wall_one += one.wall;
    wall_two += two.wall;
    busy_one += one.busiest;
    busy_two += two.busiest;
    state.SetIterationTime(two.wall);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(runs));
  state.counters["speedup"] = wall_one / wall_two;
  state.counters["speedup_busy"] = busy_one / busy_two;
}
BENCHMARK(BM_Runner)->Arg(64)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace bench
