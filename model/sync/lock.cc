// SPDX-License-Identifier: Apache-2.0
#include "model/sync/lock.h"

#include <algorithm>
#include <utility>

#include "sim/hash.h"

namespace model {

Lock::Lock(WaitableKind kind, Machine* machine, std::string name)
    : Waitable(kind, std::move(name)), machine_(machine) {}

bool Lock::HeldBy(const Actor* actor) const {
  return std::any_of(holds_.begin(), holds_.end(), [&](const Hold& hold) { return hold.owner == actor; });
}

bool Lock::HeldBy(const Actor* actor, int mode) const {
  return std::any_of(holds_.begin(), holds_.end(),
                     [&](const Hold& hold) { return hold.owner == actor && hold.mode == mode; });
}

void Lock::AddHold(const Actor* owner, int mode) {
  holds_.push_back({owner, mode, machine_->now(), Tracks(mode)});
  ++figures_.acquisitions;
}

bool Lock::TryAcquire(Thread* thread, int mode) {
  thread->Charge(machine_->profile().lock_ns);
  if (!MayAcquire(thread, mode, waiters_.empty())) return false;
  AddHold(thread, mode);
  machine_->Record(RecordKind::kLock, thread, *this, static_cast<uint64_t>(mode));
  OnAcquired(thread, mode);
  return true;
}

Lock::Acquire Lock::Take(Thread* thread, int mode, WaitSpec spec) {
  if (TryAcquire(thread, mode)) return {nullptr, thread->NoWait(), {}};
  return {this, thread->Wait(*this, spec, mode), machine_->now()};
}

int Lock::EndAcquire(Thread* thread, sim::SimTime start) {
  figures_.wait_ns += (machine_->now() - start).ns();
  const int result = thread->waiter().result;
  if (result == 0) OnAcquired(thread, thread->waiter().mode);
  return result;
}

void Lock::HandOver(Thread* waker) {
  for (Waiter* waiter = waiters_.front(); waiter != nullptr;) {
    Waiter* next = waiter->next;
    if (!MayAcquire(waiter->thread, waiter->mode, waiter == waiters_.front())) {
      if (!LetsPass()) return;
      waiter = next;
      continue;
    }
    AddHold(waiter->thread, waiter->mode);
    machine_->Record(RecordKind::kLock, waiter->thread, *this, static_cast<uint64_t>(waiter->mode));
    machine_->Wake(waiter, 0, waker);
    waiter = next;
  }
}

void Lock::Release(const Actor* owner, Thread* waker) {
  // The newest hold first: a re-entrant reader leaves the inner one.
  auto it =
      std::find_if(holds_.rbegin(), holds_.rend(), [&](const Hold& hold) { return hold.owner == owner; });
  SIM_CHECK_MSG(it != holds_.rend(), name());
  figures_.hold_ns_max = std::max(figures_.hold_ns_max, (machine_->now() - it->since).ns());
  holds_.erase(std::next(it).base());
  machine_->Record(RecordKind::kUnlock, waker, *this);
  if (waker != nullptr) OnReleased(waker);
  HandOver(waker);
}

void Lock::GiveTo(const Actor* from, Actor* to) {
  for (Hold& hold : holds_) {
    if (hold.owner == from) {
      hold.owner = to;
      to->OnHoldGiven(this);
      return;
    }
  }
  SIM_CHECK_MSG(false, name());
}

void GivenHolds::ReleaseAll(const Actor* owner, Thread* waker) {
  for (Lock* lock : std::exchange(locks_, {})) {
    if (lock->HeldBy(owner)) lock->Release(owner, waker);
  }
}

void Lock::OnAbandoned(Waiter*) { HandOver(nullptr); }

// All holders that are in the way, and who waits in front: the next one is
// enough, since that one needs the one before it.
void Lock::Enders(const Waiter& waiter, EnderSet* enders) const {
  for (const Hold& hold : holds_) {
    if (waiter.mode == kWrite || hold.mode == kWrite) enders->Needs(hold.owner);
  }
  if (waiter.previous != nullptr) enders->NeedsQueued(waiter.previous->thread);
  // A reader kept out by a waiting writer alone waits for the readers that writer waits for.
  if (waiter.mode == kRead) {
    for (const Hold& hold : holds_) {
      if (hold.mode == kRead) enders->Needs(hold.owner);
    }
  }
}

bool Rwsem::MayAcquire(const Actor*, int mode, bool first) const {
  if (fair_ && !first && !waiters_.empty()) return false;
  if (mode == kWrite) return holds_.empty();
  return std::none_of(holds_.begin(), holds_.end(), [](const Hold& hold) { return hold.mode == kWrite; });
}

void Rwsem::Downgrade(Thread* thread) {
  for (Hold& hold : holds_) {
    if (hold.owner == thread && hold.mode == kWrite) {
      hold.mode = kRead;
      HandOver(thread);
      return;
    }
  }
  SIM_CHECK_MSG(false, name());
}

bool Rrwlock::WriterWaits() const {
  for (const Waiter* waiter = waiters_.front(); waiter != nullptr; waiter = waiter->next) {
    if (waiter->mode == kWrite) return true;
  }
  return false;
}

// OpenZFS module/zfs/rrwlock.c:rrw_enter_read_impl: blocked by a writer that is
// in, and by one that waits unless this reader is in already (tracked) or an untracked
// reader is in. A reader is tracked if a writer waits when it comes in, or with track_all.
bool Rrwlock::MayAcquire(const Actor* actor, int mode, bool first) const {
  if (mode == kWrite) return holds_.empty();
  for (const Hold& hold : holds_) {
    if (hold.mode == kWrite) return false;
  }
  if (HeldBy(actor)) return true;
  for (const Hold& hold : holds_) {
    if (!hold.tracked) return true;
  }
  return first || !WriterWaits();
}

void Semaphore::Up(Thread* thread) {
  if (HeldBy(thread)) {
    Release(thread, thread);
  } else if (!holds_.empty()) {
    Release(holds_.front().owner, thread);
  } else {
    ++count_;
    HandOver(thread);
  }
}

// Any holder of a unit can end the wait. A semaphore that nobody holds is used as a
// signal: anybody may give it a unit who does not wait for one himself.
void Semaphore::Enders(const Waiter& waiter, EnderSet* enders) const {
  if (!holds_.empty()) {
    EnderSet::Clause& clause = enders->NeedsAnyOf();
    for (const Hold& hold : holds_) clause.any_of.push_back(hold.owner);
  } else if (waiter.previous == nullptr) {
    EnderSet::Clause& clause = enders->NeedsAnyOf();
    for (const auto& thread : machine_->threads()) {
      if (!thread->ended() && thread->waiter().on != this) clause.any_of.push_back(thread.get());
    }
  }
  if (waiter.previous != nullptr) enders->NeedsQueued(waiter.previous->thread);
}

}  // namespace model
