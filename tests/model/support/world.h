// SPDX-License-Identifier: Apache-2.0
//
// A machine to try things on, for the tests of model/.
//
//   World world(OneCore());
//   Thread* a = world.User("a", [&](Thread* t) -> sim::Task<> { co_await t->Compute(Micros(5)); });
//   world.At(Micros(3), [&] { world.machine.Signal(a->process(), kSigKill); });
//   world.Run();
//
// The machine keeps a thread's body as long as its coroutine lives, so a body here may
// be a lambda with captures.
#ifndef TXGSIM_TESTS_MODEL_SUPPORT_WORLD_H_
#define TXGSIM_TESTS_MODEL_SUPPORT_WORLD_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/machine/machine.h"

namespace model {

inline sim::SimDuration Nanos(int64_t n) { return sim::SimDuration::Nanos(n); }
inline sim::SimDuration Micros(int64_t n) { return sim::SimDuration::Micros(n); }
inline sim::SimDuration Millis(int64_t n) { return sim::SimDuration::Millis(n); }
inline sim::SimDuration Seconds(int64_t n) { return sim::SimDuration::Seconds(n); }

// One core a thread and no costs: times in a test are those that it asks for.
inline MachineOptions Ideal() { return {.profile = FindMachineProfile("ideal")}; }

// So many cores and no costs.
inline const MachineProfile* FreeProfile() {
  static constexpr MachineProfile kFree = {
      .name = "free", .about = "cores are few, all costs zero", .tick_ns = 4'000'000};
  return &kFree;
}
inline MachineOptions Cores(int cores) { return {.cores = cores, .profile = FreeProfile()}; }

class World {
 public:
  explicit World(const MachineOptions& options = Ideal())
      : scope_(&simulation), machine(&simulation, options) {}

  sim::Simulation simulation;

 private:
  sim::Simulation::Scope scope_;
  struct Action : sim::EventHandler {
    explicit Action(std::function<void()> what)
        : EventHandler([](sim::EventHandler* self) { static_cast<Action*>(self)->function(); }),
          function(std::move(what)) {}
    std::function<void()> function;
  };
  std::vector<std::unique_ptr<Action>> actions_;

 public:
  Machine machine;

  // A process with one thread of the same name.
  Thread* User(const std::string& name, ThreadBody body, sim::SimDuration at = {}) {
    return machine.Spawn(machine.CreateProcess(name), name, std::move(body),
                         {.at = sim::SimTime::Start() + at});
  }
  Thread* Kernel(const std::string& name, ThreadBody body, sim::SimDuration at = {}) {
    return machine.Spawn(nullptr, name, std::move(body), {.at = sim::SimTime::Start() + at});
  }
  // Calls `what` then, in nobody's context.
  void At(sim::SimDuration at, std::function<void()> what) {
    actions_.push_back(std::make_unique<Action>(std::move(what)));
    simulation.CallAt(sim::SimTime::Start() + at, actions_.back().get());
  }
  void Run() { simulation.Run(); }
  void RunUntil(sim::SimDuration at) {
    simulation.Run(sim::SimTime::Start() + at);
    if (simulation.now() < sim::SimTime::Start() + at) simulation.AdvanceTo(sim::SimTime::Start() + at);
  }
  int64_t now_ns() const { return simulation.now().ns(); }
};

}  // namespace model

#endif  // TXGSIM_TESTS_MODEL_SUPPORT_WORLD_H_
