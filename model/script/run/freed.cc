// SPDX-License-Identifier: Apache-2.0
#include "model/script/run/freed.h"

#include <algorithm>

#include "model/script/run/fault.h"
#include "model/script/run/pool.h"
#include "model/script/run/watch.h"

namespace model {
namespace {

// The first look is after this; each next one after four times as long.
constexpr sim::SimDuration kFirstLook = sim::SimDuration::Millis(1);
// A thread of a load never ends: that it gets on for this long counts as free.
constexpr sim::SimDuration kFreeAfter = sim::SimDuration::Seconds(2);

bool IsEndless(const World& world, const Thread& thread) {
  const Process* process = thread.process();
  return std::any_of(
             world.scenario().loads.begin(), world.scenario().loads.end(),
             [&](const LoadDecl& load) { return process != nullptr && load.name == process->name(); }) ||
         thread.kernel_thread();
}

}  // namespace

sim::SimTime ClosedAt(const Judgement& judgement) {
  sim::SimTime at;
  for (const Thread* thread : judgement.hung.threads()) at = std::max(at, thread->since());
  return at;
}

Outcome TryAction(const TryOptions& options, const Action& action) {
  WorldOptions world_options = options.world;
  world_options.record = false;
  world_options.sink = nullptr;
  world_options.outside_until = options.at;
  World world(options.loaded, world_options);
  RunWatch watch(&world);
  sim::Simulation& simulation = world.simulation();
  const auto over = [&] { return world.failed() || world.was_interrupted() || world.halted(); };
  const auto run_to = [&](sim::SimTime until) {
    // Stop() only says that something ended.
    while (simulation.Run(until) == sim::Simulation::End::kStopped && !over()) {
    }
  };
  run_to(options.at);
  const sim::Simulation::Scope scope(&simulation);
  const size_t threads_before = world.machine().threads().size();
  world.faults().Take(action);

  const sim::SimTime end = options.at + kTrySpan;
  sim::SimDuration look = kFirstLook;
  Outcome outcome;
  for (sim::SimTime until = options.at + look; !over();
       until = std::min(until + look, end), look = look * 4) {
    run_to(until);
    const HungSet hung = watch.HungNow();
    const auto stands = [&](const Thread& thread) { return thread.ended() || hung.Contains(&thread); };
    bool settled = true;
    // What the action itself started: the shell of a command.
    for (size_t i = threads_before; i < world.machine().threads().size(); ++i) {
      settled = settled && stands(*world.machine().threads()[i]);
    }
    outcome = {};
    for (const std::string& name : options.hung) {
      const Thread* thread = world.machine().FindThread(name);
      if (thread == nullptr) continue;
      if (!hung.Contains(thread)) outcome.freed.push_back(name);
      const bool free_for_long = IsEndless(world, *thread) && until - options.at >= kFreeAfter;
      settled = settled && (stands(*thread) || free_for_long);
    }
    if (world.faults().action_failed()) outcome.freed.clear();
    outcome.all = outcome.freed.size() == options.hung.size();
    if (settled || until >= end) break;
  }
  return outcome;
}

}  // namespace model
