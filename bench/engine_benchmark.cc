// SPDX-License-Identifier: Apache-2.0
//
// Whole processes on the engine: a queue, a ping-pong, many tasks.
//
//   MM1         one arrival process, one service process, an unbounded queue; lambda 0.9,
//               mu 1.0; one item is one customer. The mean wait is checked against theory.
//   PingPong    two tasks wake each other at one instant; one item is one switch
//   ManyTasks   n tasks of ten timed holds each, creation included; one item is one hold
#include <benchmark/benchmark.h>

#include <coroutine>
#include <cstdint>
#include <utility>
#include <vector>

#include "bench/resident_memory.h"
#include "sim/check.h"
#include "sim/distribution.h"
#include "sim/random.h"
#include "sim/simulation.h"

namespace bench {
namespace {

using sim::SimDuration;
using sim::SimTime;

// A waiting place for one task, and a queue of arrival times.
class Mailbox {
 public:
  explicit Mailbox(sim::Simulation* simulation) : simulation_(simulation) {}
  void Put(SimTime time) {
    if (count_ == times_.size()) Grow();
    times_[(head_ + count_++) & (times_.size() - 1)] = time;
    if (waiter_) simulation_->ResumeReady(std::exchange(waiter_, nullptr));
  }
  // REQUIRES: !empty()
  SimTime Take() {
    const SimTime time = times_[head_];
    head_ = (head_ + 1) & (times_.size() - 1);
    --count_;
    return time;
  }
  auto WaitUntilFilled() {
    struct Awaiter {
      Mailbox* box;
      bool await_ready() const noexcept { return box->count_ > 0; }
      void await_suspend(std::coroutine_handle<> handle) noexcept { box->waiter_ = handle; }
      void await_resume() noexcept {}
    };
    return Awaiter{this};
  }

 private:
  void Grow() {
    std::vector<SimTime> larger(times_.size() * 2);
    for (size_t i = 0; i < count_; ++i) larger[i] = times_[(head_ + i) & (times_.size() - 1)];
    times_ = std::move(larger);
    head_ = 0;
  }
  sim::Simulation* simulation_;
  std::coroutine_handle<> waiter_;
  std::vector<SimTime> times_ = std::vector<SimTime>(64);
  size_t head_ = 0;
  size_t count_ = 0;
};

constexpr int64_t kServiceNs = 1'000'000;
constexpr int64_t kArrivalNs = kServiceNs * 10 / 9;  // lambda = 0.9 mu

sim::Task<> Arrivals(sim::Simulation* simulation, Mailbox* queue, int64_t customers, uint64_t seed) {
  sim::DrawSeries gap({seed, "arrivals"}, sim::Distribution::Exponential(kArrivalNs));
  for (int64_t i = 0; i < customers; ++i) {
    co_await simulation->Sleep(SimDuration::Nanos(gap.Next()));
    queue->Put(simulation->now());
  }
}

sim::Task<> Service(sim::Simulation* simulation, Mailbox* queue, int64_t customers, uint64_t seed,
                    int64_t* wait_ns) {
  sim::DrawSeries length({seed, "service"}, sim::Distribution::Exponential(kServiceNs));
  for (int64_t i = 0; i < customers; ++i) {
    co_await queue->WaitUntilFilled();
    const SimTime arrived = queue->Take();
    *wait_ns += (simulation->now() - arrived).ns();
    co_await simulation->Sleep(SimDuration::Nanos(length.Next()));
  }
}

void BM_Engine_MM1(benchmark::State& state) {
  const int64_t customers = state.range(0);
  double mean_wait = 0;
  for (auto _ : state) {
    sim::Simulation simulation;
    sim::Simulation::Scope scope(&simulation);
    Mailbox queue(&simulation);
    int64_t wait_ns = 0;
    simulation.Spawn(Arrivals(&simulation, &queue, customers, 1));
    simulation.Spawn(Service(&simulation, &queue, customers, 1, &wait_ns));
    simulation.Run();
    mean_wait = static_cast<double>(wait_ns) / static_cast<double>(customers) / kServiceNs;
  }
  // rho / (mu - lambda) = 0.9 / 0.1 = 9 service times; a million customers of a queue this
  // full are good for a tenth of it.
  if (customers >= 1'000'000) SIM_CHECK(mean_wait > 8.1 && mean_wait < 9.9);
  state.counters["mean_wait"] = mean_wait;
  state.SetItemsProcessed(state.iterations() * customers);
}
BENCHMARK(BM_Engine_MM1)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

struct Court {
  sim::Simulation* simulation;
  std::coroutine_handle<> waiting;
  int64_t switches = 0;
};

auto WaitForBall(Court* court) {
  struct Awaiter {
    Court* court;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) noexcept {
      if (court->waiting) court->simulation->ResumeReady(court->waiting);
      court->waiting = handle;
    }
    void await_resume() noexcept { ++court->switches; }
  };
  return Awaiter{court};
}

sim::Task<> Player(Court* court, int64_t turns) {
  for (int64_t i = 0; i < turns; ++i) co_await WaitForBall(court);
}

void BM_Engine_PingPong(benchmark::State& state) {
  constexpr int64_t kTurns = 100'000;
  for (auto _ : state) {
    sim::Simulation simulation;
    sim::Simulation::Scope scope(&simulation);
    Court court{&simulation, nullptr};
    simulation.Spawn(Player(&court, kTurns));
    simulation.Spawn(Player(&court, kTurns));
    simulation.Run();
    SIM_CHECK(court.switches >= 2 * kTurns - 2);
  }
  state.SetItemsProcessed(state.iterations() * 2 * kTurns);
}
BENCHMARK(BM_Engine_PingPong);

sim::Task<> Holder(sim::Simulation* simulation, uint64_t id, int64_t* holds) {
  sim::Stream stream(1, id);
  for (int i = 0; i < 10; ++i) {
    co_await simulation->Sleep(SimDuration::Nanos(static_cast<int64_t>(stream.NextBelow(2'000'000))));
    ++*holds;
  }
}

void BM_Engine_ManyTasks(benchmark::State& state) {
  const int64_t tasks = state.range(0);
  for (auto _ : state) {
    state.PauseTiming();
    const PeakMemory memory;
    state.ResumeTiming();
    {
      sim::Simulation simulation;
      sim::Simulation::Scope scope(&simulation);
      int64_t holds = 0;
      for (int64_t i = 0; i < tasks; ++i)
        simulation.Spawn(Holder(&simulation, static_cast<uint64_t>(i), &holds));
      simulation.Run();
      SIM_CHECK(holds == 10 * tasks);
    }
    state.counters["bytes_per_task"] = memory.GrowthBytes() / static_cast<double>(tasks);
  }
  state.SetItemsProcessed(state.iterations() * 10 * tasks);
}
BENCHMARK(BM_Engine_ManyTasks)->Arg(30'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace bench
