// SPDX-License-Identifier: Apache-2.0
#include "model/script/run/watch.h"

#include <algorithm>

#include "model/script/run/crossing.h"
#include "model/script/run/device.h"
#include "model/script/run/fault.h"
#include "model/script/run/pool.h"
#include "model/script/run/sync.h"

namespace model {
namespace {

constexpr sim::SimDuration kSuspectAfter = sim::SimDuration::Seconds(1);

bool IsSuspect(const Thread& thread, sim::SimTime now) {
  if (thread.ended() || thread.state() == ThreadState::kNew || now - thread.since() < kSuspectAfter)
    return false;
  if (thread.state() == ThreadState::kStopped || thread.runs_forever()) return true;
  if (thread.state() == ThreadState::kRunnable) return true;
  return WaitsOn(thread) != nullptr && !WaitsForWork(thread) && !thread.waiter().timer.valid();
}

}  // namespace

RunWatch::RunWatch(World* world) : world_(world) {
  const Scenario& file = world->scenario();
  for (const WorkersDecl& decl : file.workers) groups_.Register(decl.name);
  for (const DispatcherDecl& decl : file.dispatchers) groups_.Register(decl.name);
  for (const ServerDecl& decl : file.servers) {
    if (decl.threads > 1) groups_.Register(decl.name);
  }
  for (const LoadDecl& decl : file.loads) {
    if (decl.count > 1) groups_.Register(decl.name);
  }
}

Judgement RunWatch::JudgeNow(bool work_left) {
  world_->sync().RefreshProducers();
  world_->devices().RefreshProducers();
  const bool halted = world_->halted().has_value();
  return Judge(world_->machine(),
               {.groups = &groups_,
                .livelocked = world_->laps().Livelocked(),
                .pools = world_->pools().Txgs(),
                .slow_after = sim::SimDuration::Nanos(world_->scenario().machine.slow_after_ns),
                .work_left = halted ? !world_->AllEnded() : work_left,
                .halted = halted ? world_->halted()->kind : std::string_view()});
}

HungSet RunWatch::HungNow() {
  world_->sync().RefreshProducers();
  world_->devices().RefreshProducers();
  return HungSet(world_->machine(), {.groups = &groups_, .livelocked = world_->laps().Livelocked()});
}

bool RunWatch::AnySuspect() const {
  if (!world_->laps().Livelocked().empty()) return true;
  const auto& threads = world_->machine().threads();
  return std::any_of(threads.begin(), threads.end(),
                     [&](const auto& thread) { return IsSuspect(*thread, world_->now()); });
}

std::vector<ActionTarget> RunWatch::Targets() const {
  std::vector<ActionTarget> targets;
  for (const auto& object : world_->sync().objects()) {
    if (object->thing.kind == ThingKind::kGate) targets.push_back({ActionTargetKind::kGate, object->name});
  }
  for (const auto& device : world_->devices().devices()) {
    targets.push_back({ActionTargetKind::kDevice, device->name()});
  }
  for (const auto& server : world_->crossings().servers()) {
    if (server != nullptr) targets.push_back({ActionTargetKind::kServer, server->name()});
  }
  for (const Pool* pool : world_->pools().pools()) {
    targets.push_back({ActionTargetKind::kDevice, pool->name()});  // All of its disks.
    targets.push_back({ActionTargetKind::kPool, pool->name()});
  }
  return targets;
}

bool RunWatch::OutsideToCome() const {
  if (world_->faults().AnyToCome()) return true;
  for (size_t i = 0; i < world_->scenario().threads.size(); ++i) {
    const ThreadDecl& decl = world_->scenario().threads[i];
    const Thread* thread = world_->DeclaredThread(static_cast<int32_t>(i));
    if (decl.kind == ThingKind::kOperator && thread != nullptr && thread->state() == ThreadState::kNew)
      return true;
  }
  return false;
}

}  // namespace model
