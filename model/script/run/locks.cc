// SPDX-License-Identifier: Apache-2.0
//
// The words of locks: lock, trylock, read, write, unlock, downgrade, give, down, up.
#include "fmt/format.h"
#include "model/script/run/owner.h"
#include "model/script/run/pool.h"
#include "model/script/run/sync.h"
#include "model/script/run/words.h"
#include "model/script/run/work.h"

namespace model {
namespace {

enum LockDetail : int { kTakeRead = 0, kTakeWrite = 1, kTry = 2 };

std::string NameOfLock(OpCall* call, ThingRef thing) {
  Lock* lock = call->world().sync().LockOf(thing);
  return lock != nullptr ? lock->name() : "the lock";
}

// mutex:lock, rwsem:read, rrwlock:write, spinlock:lock, and the try forms.
sim::Task<> Acquire(OpCall* call) {
  SyncTable& sync = call->world().sync();
  const ThingRef thing = call->Thing(1);
  const int mode = (call->detail() & kTakeWrite) != 0 ? Lock::kWrite : Lock::kRead;
  const bool only_try = (call->detail() & kTry) != 0;
  const bool spins = thing.kind == ThingKind::kSpinlock;
  const std::optional<WaitOptions> wait = call->Wait(2, spins ? WaitMode::kSpin : WaitMode::kD);
  if (!wait) co_return;
  if (!only_try && !spins && !call->MaySleep()) co_return;
  TXGSIM_SCHEDULING_POINT(call, "lock");
  ThingRef first;
  for (Lock* lock : call->world().pools().LocksOf(thing, &sync)) {
    int error = 0;
    if (only_try) {
      error = lock->TryAcquire(call->thread(), mode) ? 0 : kEBUSY;
    } else {
      error = co_await lock->Take(call->thread(), mode, wait->spec());
    }
    if (error != 0) {
      if (first.kind != ThingKind::kNone) sync.Release(sync.Hold(first));
      only_try ? call->ReturnNil() : call->Raise(error);
      co_return;
    }
    const ThingRef hold = sync.AddHold(lock, &call->here());
    sync.Hold(hold).with = first.index;
    first = hold;
  }
  call->ReturnThing(first);
}

sim::Task<> Unlock(OpCall* call) {
  SyncTable& sync = call->world().sync();
  const ThingRef thing = call->Thing(1);
  TXGSIM_SCHEDULING_POINT(call, "unlock");
  for (Lock* lock : call->world().pools().LocksOf(thing, &sync)) {
    if (sync.Unlock(lock, &call->here())) continue;
    call->Fail(
        fmt::format("\"{}\" unlocks {}, which it does not hold", call->thread()->name(), lock->name()));
    co_return;
  }
}

sim::Task<> Downgrade(OpCall* call) {
  auto* lock = static_cast<Rwsem*>(call->world().sync().LockOf(call->Thing(1)));
  if (!lock->HeldBy(call->thread(), Lock::kWrite)) {
    call->Fail(fmt::format("\"{}\" does not hold {} for writing", call->thread()->name(), lock->name()));
    co_return;
  }
  TXGSIM_SCHEDULING_POINT(call, "downgrade");
  lock->Downgrade(call->thread());
}

// lock:give(thread, work item, I/O or request)
sim::Task<> Give(OpCall* call) {
  const ThingRef thing = call->Thing(1);
  const NewOwner owner = FindOwner(call->world(), call->Thing(2));
  if (owner.actor == nullptr) {
    call->Fail("give: the new owner is a thread, a work item, an I/O or a request");
    co_return;
  }
  SyncTable& sync = call->world().sync();
  for (Lock* lock : call->world().pools().LocksOf(thing, &sync)) {
    if (sync.Give(lock, &call->here(), owner.actor, owner.thread)) {
      if (owner.actor->kind() == ActorKind::kWork) call->world().work().GiveHold(call->Thing(2), lock);
      continue;
    }
    call->Fail(fmt::format("\"{}\" gives {}, which it does not hold", call->thread()->name(),
                           NameOfLock(call, thing)));
    co_return;
  }
}

sim::Task<> Down(OpCall* call) {
  auto* semaphore = static_cast<Semaphore*>(call->world().sync().LockOf(call->Thing(1)));
  const std::optional<WaitOptions> wait = call->Wait(2, WaitMode::kD);
  if (!wait || !call->MaySleep()) co_return;
  TXGSIM_SCHEDULING_POINT(call, "down");
  const int error = co_await semaphore->Down(call->thread(), wait->spec());
  if (error != 0) call->Raise(error);
}

sim::Task<> Up(OpCall* call) {
  TXGSIM_SCHEDULING_POINT(call, "up");
  static_cast<Semaphore*>(call->world().sync().LockOf(call->Thing(1)))->Up(call->thread());
}

// The end of a hold: by its <close>, or by hand. Cannot wait.
int ReleaseHold(lua_State* L) {
  const ThingRef hold = ToThing(L, 1);
  if (hold.kind != ThingKind::kHold) RaiseText(L, "a hold has :unlock()");
  SyncTable& sync = BodyOf(L).world().sync();
  for (int32_t index = hold.index; index >= 0;) {
    SyncTable::HoldRecord& record = sync.Hold({ThingKind::kHold, index});
    index = record.with;
    sync.Release(record);
  }
  return 0;
}

// td[i]
int PushStripe(lua_State* L) {
  int whole = 0;
  const int64_t index = lua_tointegerx(L, 2, &whole);
  const ThingRef striped = ToThing(L, 1);
  const ThingRef stripe = BodyOf(L).world().sync().Stripe(striped, whole != 0 ? index : -1);
  if (stripe.kind == ThingKind::kNone) {
    const size_t count = BodyOf(L).world().sync().Of(striped).stripes.size();
    RaiseText(L, fmt::format("the index of a striped lock is 0 .. {}", count - 1));
  }
  PushThing(L, stripe);
  return 1;
}

constexpr BlockingOp kRead = {&Acquire, kTakeRead};
constexpr BlockingOp kWrite = {&Acquire, kTakeWrite};
constexpr BlockingOp kTryRead = {&Acquire, kTakeRead | kTry};
constexpr BlockingOp kTryWrite = {&Acquire, kTakeWrite | kTry};
constexpr BlockingOp kUnlock = {&Unlock};
constexpr BlockingOp kDowngrade = {&Downgrade};
constexpr BlockingOp kGive = {&Give};
constexpr BlockingOp kDown = {&Down};
constexpr BlockingOp kUp = {&Up};

}  // namespace

void BindLockWords(RuntimeTable* table) {
  table->BindBlocking("mutex:lock", &kWrite);
  table->BindBlocking("mutex:trylock", &kTryWrite);
  table->BindBlocking("mutex:unlock", &kUnlock);
  table->BindBlocking("spinlock:lock", &kWrite);
  table->BindBlocking("spinlock:unlock", &kUnlock);
  table->BindBlocking("rwsem:read", &kRead);
  table->BindBlocking("rwsem:write", &kWrite);
  table->BindBlocking("rwsem:tryread", &kTryRead);
  table->BindBlocking("rwsem:trywrite", &kTryWrite);
  table->BindBlocking("rwsem:downgrade", &kDowngrade);
  table->BindBlocking("rwsem:unlock", &kUnlock);
  table->BindBlocking("rrwlock:read", &kRead);
  table->BindBlocking("rrwlock:write", &kWrite);
  table->BindBlocking("rrwlock:unlock", &kUnlock);
  for (const char* kind : {"stripe", "pool_lock"}) {
    table->BindBlocking(fmt::format("{}:read", kind), &kRead);
    table->BindBlocking(fmt::format("{}:write", kind), &kWrite);
    table->BindBlocking(fmt::format("{}:unlock", kind), &kUnlock);
  }
  table->BindBlocking("pool_lock:lock", &kWrite);
  table->BindImmediate("striped.[]", &PushStripe);
  table->BindBlocking("semaphore:down", &kDown);
  table->BindBlocking("semaphore:up", &kUp);
  for (const char* kind : {"mutex", "rwsem", "rrwlock", "stripe", "pool_lock"}) {
    table->BindBlocking(fmt::format("{}:give", kind), &kGive);
  }
  table->BindImmediate("hold:unlock", &ReleaseHold);
  table->BindImmediate("hold:close", &ReleaseHold);
}

}  // namespace model
