// SPDX-License-Identifier: Apache-2.0
//
// The locks and events of a run: what the file declared, then what bodies declare.
//
// A hold is one acquisition by one thread. Its Lua value releases it when the block that
// owns the value is left; an explicit unlock marks the newest hold of that thread on that
// lock, so that the value then does nothing.
//
// Who can end the wait on an event is worked out when somebody asks (RefreshProducers):
// those that `by` names, else every thread and work item whose code can reach it.
#ifndef TXGSIM_MODEL_SCRIPT_RUN_SYNC_H_
#define TXGSIM_MODEL_SCRIPT_RUN_SYNC_H_

#include <memory>
#include <string>
#include <vector>

#include "model/script/run/world.h"
#include "model/sync/event.h"
#include "model/sync/lock.h"
#include "model/sync/message_queue.h"
#include "model/sync/shared.h"

namespace model {

class SyncTable {
 public:
  struct Object {
    ThingRef thing;
    std::string name;
    EndersDecl by;
    RunThread* made_by = nullptr;  // Null: declared by the file.
    // One of these.
    std::unique_ptr<Lock> lock;
    std::vector<std::unique_ptr<Rrwlock>> stripes;
    std::unique_ptr<Event> event;
    std::unique_ptr<MessageQueue> queue;
    std::unique_ptr<Shared> shared;
    uint64_t wakes = 0;  // Of a wait queue, for wait_event.
  };
  struct HoldRecord {
    Lock* lock;
    RunThread* owner;
    bool released = false;
    int32_t with = -1;  // Released with it: SCL_ALL is several locks.
  };

  explicit SyncTable(World* world);

  // Makes one that a body declares; returns the thing.
  ThingRef Make(SyncDecl decl, RunThread* by);
  Object& Of(ThingRef thing) { return *objects_[static_cast<size_t>(thing.index)]; }
  const std::vector<std::unique_ptr<Object>>& objects() const { return objects_; }

  // The lock that a thing is: a declared one, one of an array, or one of a pool. Null: none.
  Lock* LockOf(ThingRef thing);
  // striped[index]; null if there is no such one.
  ThingRef Stripe(ThingRef striped, int64_t index);

  // ---- Holds ----
  ThingRef AddHold(Lock* lock, RunThread* owner);
  HoldRecord& Hold(ThingRef thing) { return holds_[static_cast<size_t>(thing.index)]; }
  // Releases the newest hold of `here` on the lock; false if it has none.
  bool Unlock(Lock* lock, RunThread* here);
  void Release(HoldRecord& hold);
  // Hands the newest hold over; false if `here` has none. `thread`: if the new owner is one.
  bool Give(Lock* lock, RunThread* here, Actor* to, RunThread* thread);

  // ---- Producers ----
  void RefreshProducers();
  // Whether `thread` may end waits on an object with these `by`; `thing` is the object.
  bool MayEnd(const EndersDecl& by, RunThread* here) const;
  void FillProducers(const EndersDecl& by, ThingRef thing, Producers* producers);

 private:
  void Build(Object* object, const SyncDecl& decl);

  World* world_;
  std::vector<std::unique_ptr<Object>> objects_;
  struct StripeRef {
    int32_t object;
    int32_t index;
  };
  std::vector<StripeRef> stripes_;
  std::vector<HoldRecord> holds_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_RUN_SYNC_H_
