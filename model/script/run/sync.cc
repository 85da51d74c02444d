// SPDX-License-Identifier: Apache-2.0
#include "model/script/run/sync.h"

#include <algorithm>
#include <utility>

#include "model/script/run/pool.h"
#include "model/script/run/work.h"

namespace model {

SyncTable::SyncTable(World* world) : world_(world) {
  for (const SyncDecl& decl : world->scenario().sync_objects) Make(decl, nullptr);
}

void SyncTable::Build(Object* object, const SyncDecl& decl) {
  Machine* machine = &world_->machine();
  switch (decl.kind) {
    case ThingKind::kMutex:
      object->lock = std::make_unique<Mutex>(machine, decl.name);
      return;
    case ThingKind::kSpinlock:
      object->lock = std::make_unique<SpinLock>(machine, decl.name);
      return;
    case ThingKind::kRwsem:
      object->lock = std::make_unique<Rwsem>(machine, decl.name, decl.fair);
      return;
    case ThingKind::kRrwlock:
      object->lock = std::make_unique<Rrwlock>(machine, decl.name, decl.track_all);
      return;
    case ThingKind::kSemaphore:
      object->lock = std::make_unique<Semaphore>(machine, decl.name, static_cast<int>(decl.count));
      return;
    case ThingKind::kStriped:
      for (int64_t i = 0; i < decl.count; ++i) {
        object->stripes.push_back(
            std::make_unique<Rrwlock>(machine, decl.name + "/" + std::to_string(i), decl.track_all));
      }
      return;
    case ThingKind::kCompletion:
      object->event = std::make_unique<Completion>(machine, decl.name);
      return;
    case ThingKind::kCondvar:
      object->event = std::make_unique<CondVar>(machine, decl.name);
      return;
    case ThingKind::kWaitqueue:
      object->event = std::make_unique<WaitQueue>(machine, decl.name);
      return;
    case ThingKind::kGate:
      object->event = std::make_unique<Gate>(machine, decl.name, decl.open);
      return;
    case ThingKind::kQueue:
      object->queue = std::make_unique<MessageQueue>(
          machine, decl.name, decl.capacity < 0 ? 0 : static_cast<size_t>(decl.capacity));
      return;
    case ThingKind::kShared:
      object->shared = std::make_unique<Shared>(machine, decl.name, decl.value);
      return;
    default:
      SIM_CHECK_MSG(false, decl.name);
  }
}

ThingRef SyncTable::Make(SyncDecl decl, RunThread* by) {
  if (by != nullptr) world_->Take(sizeof(Object) + 256);
  auto object = std::make_unique<Object>();
  object->thing = {decl.kind, static_cast<int32_t>(objects_.size())};
  object->name = decl.name;
  object->by = decl.by;
  object->made_by = by;
  Build(object.get(), decl);
  objects_.push_back(std::move(object));
  return objects_.back()->thing;
}

Lock* SyncTable::LockOf(ThingRef thing) {
  switch (thing.kind) {
    case ThingKind::kMutex:
    case ThingKind::kSpinlock:
    case ThingKind::kRwsem:
    case ThingKind::kRrwlock:
    case ThingKind::kSemaphore:
      return Of(thing).lock.get();
    case ThingKind::kStripe: {
      const StripeRef& stripe = stripes_[static_cast<size_t>(thing.index)];
      return objects_[static_cast<size_t>(stripe.object)]->stripes[static_cast<size_t>(stripe.index)].get();
    }
    case ThingKind::kPoolLock:
      return world_->pools().LockOf(thing);
    default:
      return nullptr;
  }
}

ThingRef SyncTable::Stripe(ThingRef striped, int64_t index) {
  const Object& object = Of(striped);
  if (index < 0 || index >= static_cast<int64_t>(object.stripes.size())) return {};
  for (size_t i = 0; i < stripes_.size(); ++i) {
    if (stripes_[i].object == striped.index && stripes_[i].index == index) {
      return {ThingKind::kStripe, static_cast<int32_t>(i)};
    }
  }
  stripes_.push_back({striped.index, static_cast<int32_t>(index)});
  return {ThingKind::kStripe, static_cast<int32_t>(stripes_.size() - 1)};
}

ThingRef SyncTable::AddHold(Lock* lock, RunThread* owner) {
  world_->Take(sizeof(HoldRecord));
  holds_.push_back({lock, owner});
  const auto index = static_cast<int32_t>(holds_.size() - 1);
  owner->held.push_back(index);
  return {ThingKind::kHold, index};
}

void SyncTable::Release(HoldRecord& hold) {
  if (hold.released) return;
  hold.released = true;
  std::erase(hold.owner->held, static_cast<int32_t>(&hold - holds_.data()));
  hold.lock->Release(hold.owner->thread, hold.owner->thread);
}

bool SyncTable::Unlock(Lock* lock, RunThread* here) {
  for (auto it = here->held.rbegin(); it != here->held.rend(); ++it) {
    HoldRecord& hold = holds_[static_cast<size_t>(*it)];
    if (hold.lock != lock) continue;
    Release(hold);
    return true;
  }
  return false;
}

bool SyncTable::Give(Lock* lock, RunThread* here, Actor* to, RunThread* thread) {
  for (auto it = here->held.rbegin(); it != here->held.rend(); ++it) {
    HoldRecord& hold = holds_[static_cast<size_t>(*it)];
    if (hold.lock != lock) continue;
    hold.released = true;
    here->held.erase(std::next(it).base());
    lock->GiveTo(here->thread, to);
    if (thread != nullptr) AddHold(lock, thread);
    return true;
  }
  return false;
}

bool SyncTable::MayEnd(const EndersDecl& by, RunThread* here) const {
  if (!by.given) return true;
  for (const std::string& name : by.threads) {
    const std::vector<Thread*> threads = world_->ThreadsNamed(name);
    if (std::find(threads.begin(), threads.end(), here->thread) != threads.end()) return true;
  }
  return false;
}

void SyncTable::FillProducers(const EndersDecl& by, ThingRef thing, Producers* producers) {
  *producers = Producers();
  producers->set_outside(by.outside);
  if (by.given) {
    for (const std::string& name : by.threads) {
      const std::vector<Thread*> threads = world_->ThreadsNamed(name);
      for (Thread* thread : threads) {
        producers->Add(thread);
        World::AddTaskWork(world_->ThreadOf(thread), thing, producers);
      }
      // Somebody has yet to make it: any thread of the scenario may.
      if (threads.empty()) world_->AddScriptThreads(producers);
    }
    return;
  }
  world_->AddThreadsThatReach(thing, producers);
  world_->work().AddItemsThatReach(thing, producers);
}

void SyncTable::RefreshProducers() {
  for (const std::unique_ptr<Object>& object : objects_) {
    if (object->event != nullptr) {
      FillProducers(object->by, object->thing, &object->event->producers());
      // A body always reaches what it has declared itself.
      if (object->made_by != nullptr && !object->by.given && !object->made_by->body_ended) {
        object->event->producers().Add(object->made_by->thread);
      }
    }
    if (object->queue != nullptr) {
      FillProducers({}, object->thing, &object->queue->putters());
      FillProducers({}, object->thing, &object->queue->getters());
    }
  }
}

}  // namespace model
