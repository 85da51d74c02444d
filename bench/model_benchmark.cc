// SPDX-License-Identifier: Apache-2.0
//
// The model's hot paths: a system call that does nothing, a block and a wake-up, a
// thread that sleeps.
#include <benchmark/benchmark.h>

#include <cstdint>

#include "bench/resident_memory.h"
#include "model/machine/machine.h"
#include "model/sync/event.h"
#include "sim/check.h"
#include "sim/recorder.h"

namespace bench {
namespace {

using model::Machine;
using model::Thread;
using sim::SimDuration;

sim::Task<> NullCalls(Thread* thread, int64_t calls) {
  for (int64_t i = 0; i < calls; ++i) {
    thread->EnterKernel();
    co_await thread->ReturnToUser();
  }
}

// One thread, one core. An item is one system call, entry to exit.
void BM_Model_NullSyscall(benchmark::State& state) {
  constexpr int64_t kCalls = 100'000;
  for (auto _ : state) {
    sim::Simulation simulation;
    Machine machine(&simulation, {.cores = 1});
    model::Process* process = machine.CreateProcess("app");
    machine.Spawn(process, "app", [](Thread* t) { return NullCalls(t, kCalls); });
    simulation.Run();
    SIM_CHECK(process->ended() && process->figures.syscalls == kCalls);
  }
  state.SetItemsProcessed(state.iterations() * kCalls);
}
BENCHMARK(BM_Model_NullSyscall);

struct Table {
  model::CondVar* cv;
  int64_t turns = 0;
  int64_t limit = 0;
};

sim::Task<> Turn(Thread* thread, Table* table) {
  while (table->turns < table->limit) {
    ++table->turns;
    table->cv->Signal(thread);
    co_await thread->Wait(*table->cv, {});
  }
  table->cv->Broadcast(thread);
}

// Returns the records that it leaves.
uint64_t BlockAndWake(int64_t turns, sim::Recorder* recorder) {
  sim::Simulation simulation;
  Machine machine(&simulation, {.cores = 2}, recorder);
  model::CondVar cv(&machine, "cv");
  Table table{.cv = &cv, .limit = turns};
  for (const char* name : {"ping", "pong"}) {
    machine.Spawn(nullptr, name, [&table](Thread* t) { return Turn(t, &table); });
  }
  simulation.Run();
  SIM_CHECK(table.turns == turns);
  simulation.DestroyTasks();
  return recorder != nullptr ? recorder->count() : 0;
}

constexpr int64_t kTurns = 100'000;

// Two kernel threads on two cores signal each other through a condition variable. An item
// is one block with its wake-up.
void BM_Model_BlockWake(benchmark::State& state) {
  for (auto _ : state) BlockAndWake(kTurns, nullptr);
  state.SetItemsProcessed(state.iterations() * kTurns);
}
BENCHMARK(BM_Model_BlockWake);

// The same with a digest; `records_per_item` is what the recorder is told of each.
void BM_Model_BlockWakeRecorded(benchmark::State& state) {
  for (auto _ : state) {
    sim::Recorder recorder{sim::Recorder::Options{}};
    state.counters["records_per_item"] =
        static_cast<double>(BlockAndWake(kTurns, &recorder)) / static_cast<double>(kTurns);
  }
  state.SetItemsProcessed(state.iterations() * kTurns);
}
BENCHMARK(BM_Model_BlockWakeRecorded);

sim::Task<> SleepInSyscall(Thread* thread) {
  thread->EnterKernel();
  co_await thread->SleepFor(SimDuration::Seconds(100), model::SleepKind::kUninterruptible);
  co_await thread->ReturnToUser();
}

// A million threads, each asleep in a system call. An item is one thread, made and put to sleep.
void BM_Model_Threads(benchmark::State& state) {
  const int64_t threads = state.range(0);
  for (auto _ : state) {
    const PeakMemory memory;
    sim::Simulation simulation;
    Machine machine(&simulation, {.cores = 2, .scheduler = model::SchedulerPolicy::kFifo});
    model::Process* process = machine.CreateProcess("app");
    for (int64_t i = 0; i < threads; ++i) machine.Spawn(process, "app", SleepInSyscall);
    simulation.Run(sim::SimTime::Start() + SimDuration::Seconds(90));
    SIM_CHECK(process->threads().back()->StateLetter() == 'D');
    state.counters["bytes_per_thread"] = memory.GrowthBytes() / static_cast<double>(threads);
    simulation.DestroyTasks();
  }
  state.SetItemsProcessed(state.iterations() * threads);
}
BENCHMARK(BM_Model_Threads)->Arg(1'000'000)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
}  // namespace bench
