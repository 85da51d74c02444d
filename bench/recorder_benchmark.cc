// SPDX-License-Identifier: Apache-2.0
//
// What a record costs: off, with the digest, and with all kept. One item is one record; each row reports the
// count.
#include <cstdint>

#include "benchmark/benchmark.h"
#include "sim/recorder.h"

namespace bench {
namespace {

constexpr int kRecordsPerIteration = 1000;
constexpr sim::RecordKind kKind = sim::RecordKindOf("bench");

void Fill(benchmark::State& state, sim::Recorder& recorder) {
  int64_t now_ns = 0;
  uint64_t a = 0;
  for (auto _ : state) {
    for (int i = 0; i < kRecordsPerIteration; ++i) {
      now_ns += 3;
      recorder.Record(sim::SimTime::FromNanos(now_ns), kKind, 77, ++a, 5);
      benchmark::DoNotOptimize(recorder);
    }
  }
  state.SetItemsProcessed(state.iterations() * kRecordsPerIteration);
  state.counters["records"] = static_cast<double>(recorder.count());
}

void BM_Recorder_Off(benchmark::State& state) {
  sim::Recorder recorder;
  Fill(state, recorder);
}
BENCHMARK(BM_Recorder_Off);

void BM_Recorder_Digest(benchmark::State& state) {
  sim::Recorder recorder(sim::Recorder::Options{});
  Fill(state, recorder);
}
BENCHMARK(BM_Recorder_Digest);

void BM_Recorder_KeepAll(benchmark::State& state) {
  sim::Recorder recorder({.keep_all = true});
  Fill(state, recorder);
}
BENCHMARK(BM_Recorder_KeepAll)->Iterations(1000);

}  // namespace
}  // namespace bench
