// SPDX-License-Identifier: Apache-2.0
//
// Things that happen: completion, condition variable, wait queue, gate.
//
// None has an owner, so who can still end a wait must be said: the producers.
// They are threads (a set that loses those that end), or "outside". A thread that
// ends a wait without being among them is reported to the caller as an error, so
// the sets stay sound; see Producers::Allows.
#ifndef TXGSIM_MODEL_SYNC_EVENT_H_
#define TXGSIM_MODEL_SYNC_EVENT_H_

#include <string>
#include <vector>

#include "model/sync/lock.h"

namespace model {

// Who may end the waits on an object.
class Producers {
 public:
  void Add(const Actor* actor) { actors_.push_back(actor); }
  // Any of these is enough. An empty set: nobody can.
  void set_outside(bool outside) { outside_ = outside; }
  // Everybody may: for objects whose users are not known beforehand.
  void set_open(bool open) { open_ = open; }
  bool Allows(const Actor* actor) const;
  const std::vector<const Actor*>& actors() const { return actors_; }
  void Fill(const Waiter& waiter, EnderSet* enders) const;

 private:
  std::vector<const Actor*> actors_;
  bool outside_ = false;
  bool open_ = false;
};

class Event : public Waitable {
 public:
  Producers& producers() { return producers_; }
  const Producers& producers() const { return producers_; }
  void Enders(const Waiter& waiter, EnderSet* enders) const override { producers_.Fill(waiter, enders); }
  bool same_enders_for_all() const override { return true; }

 protected:
  Event(WaitableKind kind, Machine* machine, std::string name)
      : Waitable(kind, std::move(name)), machine_(machine) {}
  Machine* machine_;
  Producers producers_;
};

// linux kernel/sched/completion.c: counts, so a completion before the wait is kept.
class Completion final : public Event {
 public:
  Completion(Machine* machine, std::string name)
      : Event(WaitableKind::kCompletion, machine, std::move(name)) {}

  Thread::WaitAwaiter Wait(Thread* thread, WaitSpec spec = {}) {
    return TryWait() ? thread->NoWait() : thread->Wait(*this, spec);
  }
  bool TryWait();
  void Complete(Thread* waker);
  void CompleteAll(Thread* waker);
  // Ends all waits with `result` and makes later ones pass.
  bool done() const { return all_ || count_ > 0; }

 private:
  int64_t count_ = 0;
  bool all_ = false;
};

// SPL cv_*: cv_signal wakes one, first in first out; cv_broadcast all. Nothing is kept.
class CondVar final : public Event {
 public:
  CondVar(Machine* machine, std::string name) : Event(WaitableKind::kCondition, machine, std::move(name)) {}
  // Releases `mutex`, waits, takes it again. Returns 0 or the errno of the wait.
  sim::Task<int> Wait(Thread* thread, Mutex* mutex, WaitSpec spec);
  void Signal(Thread* waker);
  void Broadcast(Thread* waker);
};

// Linux wait queue head. Sleep() does not look again: who uses it alone loses wake-ups.
class WaitQueue final : public Event {
 public:
  WaitQueue(Machine* machine, std::string name) : Event(WaitableKind::kWaitQueue, machine, std::move(name)) {}
  Thread::WaitAwaiter Sleep(Thread* thread, WaitSpec spec = {}) { return thread->Wait(*this, spec); }
  void WakeOne(Thread* waker);
  void WakeAll(Thread* waker);
};

// Open or closed; who passes a closed one waits until it is opened.
class Gate final : public Event {
 public:
  Gate(Machine* machine, std::string name, bool open)
      : Event(WaitableKind::kGate, machine, std::move(name)), open_(open) {}

  Thread::WaitAwaiter Pass(Thread* thread, WaitSpec spec = {}) {
    return open_ ? thread->NoWait() : thread->Wait(*this, spec);
  }
  bool open() const { return open_; }
  void Close() { open_ = false; }
  void Open(Thread* waker);

 private:
  bool open_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_SYNC_EVENT_H_
