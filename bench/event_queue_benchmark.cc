// SPDX-License-Identifier: Apache-2.0
//
// The hold model: N events pending; take the earliest, push one at its time plus an exponential increment.
// One item is one hold. Every row runs the same increments from the same seed and checks the order of what it
// pops; each reports the time it came to, so that a row which did less would show.
#include <cstdint>
#include <queue>
#include <vector>

#include "bench/reference_heap4.h"
#include "benchmark/benchmark.h"
#include "sim/check.h"
#include "sim/event_queue.h"

namespace bench {
namespace {

constexpr int kHoldsPerIteration = 1000;

// Items, and the mean advance of the clock a hold in units of mean / N: 1 in the long run.
void Report(benchmark::State& state, uint64_t last_time) {
  const double holds = static_cast<double>(state.iterations()) * kHoldsPerIteration;
  state.SetItemsProcessed(state.iterations() * kHoldsPerIteration);
  state.counters["advance"] = static_cast<double>(last_time) / ExponentialIncrements::kTicksPerUnit *
                              static_cast<double>(state.range(0)) / holds;
}

void BM_Reference_Heap4Hold(benchmark::State& state) {
  const size_t pending = static_cast<size_t>(state.range(0));
  ReferenceHeap4 heap(pending + 1);
  ExponentialIncrements increments;
  uint64_t sequence = 0;
  for (size_t i = 0; i < pending; ++i) heap.Push({increments.Next(), sequence++ << 24 | i});
  uint64_t now = 0;
  for (auto _ : state) {
    for (int i = 0; i < kHoldsPerIteration; ++i) {
      const ReferenceKey key = heap.Pop();
      SIM_CHECK(key.time >= now);
      now = key.time;
      heap.Push({now + increments.Next(), sequence++ << 24 | (key.order & 0xffffff)});
    }
  }
  Report(state, now);
}
BENCHMARK(BM_Reference_Heap4Hold)->Arg(1000);

void BM_Reference_StdPriorityQueueHold(benchmark::State& state) {
  struct Later {
    bool operator()(const ReferenceKey& a, const ReferenceKey& b) const { return Less(b, a); }
  };
  const size_t pending = static_cast<size_t>(state.range(0));
  std::priority_queue<ReferenceKey, std::vector<ReferenceKey>, Later> queue;
  ExponentialIncrements increments;
  uint64_t sequence = 0;
  for (size_t i = 0; i < pending; ++i) queue.push({increments.Next(), sequence++ << 24 | i});
  uint64_t now = 0;
  for (auto _ : state) {
    for (int i = 0; i < kHoldsPerIteration; ++i) {
      const ReferenceKey key = queue.top();
      queue.pop();
      SIM_CHECK(key.time >= now);
      now = key.time;
      queue.push({now + increments.Next(), sequence++ << 24 | (key.order & 0xffffff)});
    }
  }
  Report(state, now);
}
BENCHMARK(BM_Reference_StdPriorityQueueHold)->Arg(1000);

sim::SimTime After(sim::SimTime now, uint64_t increment) {
  return now + sim::SimDuration::Nanos(static_cast<int64_t>(increment));
}

void BM_EventQueue_Hold(benchmark::State& state) {
  const size_t pending = static_cast<size_t>(state.range(0));
  sim::EventQueue queue;
  ExponentialIncrements increments;
  sim::SimTime now;
  for (size_t i = 0; i < pending; ++i) queue.Push(After(now, increments.Next()), i);
  for (auto _ : state) {
    for (int i = 0; i < kHoldsPerIteration; ++i) {
      sim::SimTime due;
      const uintptr_t payload = queue.Pop(&due);
      SIM_CHECK(due >= now);
      now = due;
      queue.Push(After(now, increments.Next()), payload);
    }
  }
  SIM_CHECK(queue.size() == pending);
  Report(state, static_cast<uint64_t>(now.ns()));
}
BENCHMARK(BM_EventQueue_Hold)->Arg(1000)->Arg(100'000)->Arg(1'000'000);

// Timeouts of which half are cancelled: in turn, the earliest ends by coming due and another, anywhere in the
// queue, is cancelled; each is replaced at once. One item is one timeout, from its push to its end.
void BM_EventQueue_HoldCancelled(benchmark::State& state) {
  const size_t pending = static_cast<size_t>(state.range(0));
  sim::EventQueue queue;
  ExponentialIncrements increments;
  sim::SimTime now;
  std::vector<sim::EventId> timeouts(pending);
  for (size_t i = 0; i < pending; ++i) timeouts[i] = queue.Push(After(now, increments.Next()), i);
  size_t victim = 0;
  for (auto _ : state) {
    for (int i = 0; i < kHoldsPerIteration; i += 2) {
      sim::SimTime due;
      const uintptr_t owner = queue.Pop(&due);
      SIM_CHECK(due >= now);
      now = due;
      timeouts[owner] = queue.Push(After(now, increments.Next()), owner);
      victim = (victim + 619) % pending;
      SIM_CHECK(queue.Cancel(timeouts[victim]));
      timeouts[victim] = queue.Push(After(now, increments.Next()), victim);
    }
  }
  SIM_CHECK(queue.size() == pending);
  Report(state, static_cast<uint64_t>(now.ns()));
}
BENCHMARK(BM_EventQueue_HoldCancelled)->Arg(1000);

}  // namespace
}  // namespace bench
