// SPDX-License-Identifier: Apache-2.0
#include "model/script/run/owner.h"

#include "model/script/run/crossing.h"
#include "model/script/run/device.h"
#include "model/script/run/work.h"

namespace model {

NewOwner FindOwner(World& world, ThingRef thing) {
  switch (thing.kind) {
    case ThingKind::kWork: {
      Work* work = world.work().WorkOf(thing).get();
      if (work->ended()) return {};
      if (work->worker() == nullptr) return {.actor = work};
      return {.actor = work->worker(), .thread = &world.ThreadOf(work->worker())};
    }
    case ThingKind::kIo:
      return {.actor = world.devices().IoOf(thing).get()};
    case ThingKind::kRequest:
      return {.actor = &world.crossings().RequestOf(thing)};
    default: {
      Thread* thread = FindThread(world, thing);
      if (thread == nullptr || thread->ended()) return {};
      return {.actor = thread, .thread = &world.ThreadOf(thread)};
    }
  }
}

Thread* FindThread(World& world, ThingRef thing) {
  switch (thing.kind) {
    case ThingKind::kProcess:
    case ThingKind::kThread:
    case ThingKind::kOperator:
    case ThingKind::kKthread:
      return world.DeclaredThread(thing.index);
    case ThingKind::kSpawned:
      for (const auto& thread : world.machine().threads()) {
        if (thread->tid() == thing.index) return thread.get();
      }
      return nullptr;
    case ThingKind::kJob:
    case ThingKind::kLoad:
    case ThingKind::kServer: {
      Process* process = FindProcessOf(world, thing);
      return process != nullptr && !process->threads().empty() ? process->threads().front() : nullptr;
    }
    default:
      return nullptr;
  }
}

Process* FindProcessOf(World& world, ThingRef thing) {
  switch (thing.kind) {
    case ThingKind::kServer: {
      const Server* server = world.crossings().ServerOf(thing);
      return server != nullptr ? server->process() : nullptr;
    }
    case ThingKind::kJob:
    case ThingKind::kLoad:
      return world.machine().FindProcess(world.scenario().NameOf(thing));
    default: {
      Thread* thread = FindThread(world, thing);
      return thread != nullptr ? thread->process() : nullptr;
    }
  }
}

}  // namespace model
