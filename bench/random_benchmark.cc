// SPDX-License-Identifier: Apache-2.0
//
// What a decision costs: one number, one choice, one draw of each kind. Each row reports a sum of what it
// drew.
#include <cstdint>

#include "benchmark/benchmark.h"
#include "sim/choice.h"
#include "sim/distribution.h"
#include "sim/random.h"

namespace bench {
namespace {

constexpr int kDrawsPerIteration = 1000;

void Report(benchmark::State& state, uint64_t sum) {
  state.SetItemsProcessed(state.iterations() * kDrawsPerIteration);
  state.counters["mean"] =
      static_cast<double>(sum) / static_cast<double>(state.iterations() * kDrawsPerIteration);
}

// Every call with the seed's part worked out anew, each waiting for the one before.
void BM_Random_Prf(benchmark::State& state) {
  uint64_t sum = 0;
  uint64_t key = sim::HashName("disk0/service");
  for (auto _ : state) {
    for (uint64_t k = 0; k < kDrawsPerIteration; ++k) {
      key = sim::PrfFromBase(1234567, key, k);
      sum += key >> 63;
    }
  }
  Report(state, sum);
}
BENCHMARK(BM_Random_Prf);

void BM_Random_StreamBelow(benchmark::State& state) {
  sim::Stream stream(1, "below");
  uint64_t sum = 0;
  for (auto _ : state) {
    for (int i = 0; i < kDrawsPerIteration; ++i) sum += stream.NextBelow(1000);
  }
  Report(state, sum);
}
BENCHMARK(BM_Random_StreamBelow);

void BM_Choice_Default(benchmark::State& state) {
  sim::Chooser chooser({.seed = 1});
  sim::Site site = chooser.MakeSite("wake", "lock", "signal");
  uint64_t sum = 0;
  for (auto _ : state) {
    for (int i = 0; i < kDrawsPerIteration; ++i) {
      sum += chooser.Choose(site, 3);
      benchmark::DoNotOptimize(site);
    }
  }
  Report(state, sum);
}
BENCHMARK(BM_Choice_Default);

void BM_Choice_RandomStrategy(benchmark::State& state) {
  sim::RandomStrategy random(1);
  uint64_t sum = 0;
  for (auto _ : state) {
    sim::Chooser chooser({.seed = 1, .strategy = &random, .keep_names = false});
    sim::Site site = chooser.MakeSite("wake", "lock", "signal");
    for (int i = 0; i < kDrawsPerIteration; ++i) sum += chooser.Choose(site, 3);
  }
  Report(state, sum);
}
BENCHMARK(BM_Choice_RandomStrategy);

void Draw(benchmark::State& state, const sim::Distribution& distribution) {
  sim::Chooser chooser({.seed = 1});
  sim::Site site = chooser.MakeSite("latency", "disk0", "service");
  uint64_t sum = 0;
  for (auto _ : state) {
    for (int i = 0; i < kDrawsPerIteration; ++i) {
      sum += static_cast<uint64_t>(chooser.Draw(site, distribution));
    }
  }
  Report(state, sum);
}
BENCHMARK_CAPTURE(Draw, Constant, sim::Distribution::Constant(1000))->Name("BM_Draw/constant");
BENCHMARK_CAPTURE(Draw, Uniform, sim::Distribution::Uniform(0, 2000))->Name("BM_Draw/uniform");
BENCHMARK_CAPTURE(Draw, Exponential, sim::Distribution::Exponential(1000))->Name("BM_Draw/exponential");
BENCHMARK_CAPTURE(Draw, Lognormal, sim::Distribution::Lognormal(1000, 0.5))->Name("BM_Draw/lognormal");
BENCHMARK_CAPTURE(Draw, Pareto, sim::Distribution::Pareto(1000, 3))->Name("BM_Draw/pareto");

}  // namespace
}  // namespace bench
