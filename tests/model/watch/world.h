// SPDX-License-Identifier: Apache-2.0
//
// A small machine for the tests of the watch, and the things that its threads wait on.
#ifndef TXGSIM_TESTS_MODEL_WATCH_WORLD_H_
#define TXGSIM_TESTS_MODEL_WATCH_WORLD_H_

#include <string>
#include <utility>
#include <vector>

#include "model/machine/machine.h"
#include "model/sync/event.h"
#include "model/sync/lock.h"
#include "model/watch/hung_set.h"
#include "sim/simulation.h"

namespace model {

struct World {
  explicit World(MachineOptions options = {}) : machine(&simulation, options) {}

  void RunUntil(sim::SimDuration since_start) {
    simulation.Run(sim::SimTime::Start() + since_start);
    if (simulation.now() < sim::SimTime::Start() + since_start) {
      simulation.AdvanceTo(sim::SimTime::Start() + since_start);
    }
  }
  Thread* Kernel(std::string name, ThreadBody body, Machine::SpawnOptions options = {}) {
    return machine.Spawn(nullptr, std::move(name), std::move(body), options);
  }
  // A process with one thread, of the same name.
  Thread* User(const std::string& name, ThreadBody body, Machine::SpawnOptions options = {}) {
    return machine.Spawn(machine.CreateProcess(name), name, std::move(body), options);
  }

  sim::Simulation simulation;
  Machine machine;
};

inline sim::SimDuration Seconds(int64_t n) { return sim::SimDuration::Seconds(n); }
inline sim::SimDuration Millis(int64_t n) { return sim::SimDuration::Millis(n); }
inline sim::SimDuration Micros(int64_t n) { return sim::SimDuration::Micros(n); }
inline Machine::SpawnOptions Idles() {
  Machine::SpawnOptions options;
  options.idles = true;
  return options;
}
inline Machine::SpawnOptions At(sim::SimDuration span) { return {.at = sim::SimTime::Start() + span}; }

// A thing that is ended by all of these actors together, or by someone outside.
class Thing final : public Waitable {
 public:
  Thing(WaitableKind kind, std::string name, std::string root = {})
      : Waitable(kind, std::move(name)), root_(std::move(root)) {}
  void Enders(const Waiter&, EnderSet* enders) const override {
    enders->outside = outside;
    for (const Actor* actor : needs) enders->Needs(actor);
  }
  const std::string& root_name() const override { return root_.empty() ? name() : root_; }

  std::vector<const Actor*> needs;
  bool outside = false;

 private:
  std::string root_;
};

// Waits on `thing` in the kernel, for ever unless somebody wakes it.
inline sim::Task<> WaitOn(Thread* thread, Waitable* thing, WaitSpec spec) {
  thread->EnterKernel();
  co_await thread->Wait(*thing, spec);
  co_await thread->ReturnToUser();
}

// Takes two mutexes, one after the other.
inline sim::Task<> TakeBoth(Thread* thread, Mutex* first, Mutex* second) {
  co_await sim::FrameName{"take_both"};
  co_await first->LockIt(thread);
  co_await thread->Compute(Micros(10));
  co_await second->LockIt(thread);
  co_await thread->Compute(Micros(5));
  second->Unlock(thread);
  first->Unlock(thread);
}

// A system call that takes a mutex for a moment.
inline sim::Task<> TakeOne(Thread* thread, Mutex* mutex) {
  thread->EnterKernel();
  co_await mutex->LockIt(thread);
  co_await thread->Compute(Micros(2));
  mutex->Unlock(thread);
  co_await thread->ReturnToUser();
}

inline sim::Task<> Tick(Thread* thread, sim::SimDuration period) {
  while (!thread->killed()) co_await thread->SleepFor(period, SleepKind::kInterruptible);
}

inline std::vector<std::string> Names(const std::vector<const Thread*>& threads) {
  std::vector<std::string> names;
  for (const Thread* thread : threads) names.push_back(thread->name());
  return names;
}

}  // namespace model

#endif  // TXGSIM_TESTS_MODEL_WATCH_WORLD_H_
