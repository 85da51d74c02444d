// SPDX-License-Identifier: Apache-2.0
//
// Locks: mutex, spinlock, rwsem, rrwlock, semaphore.
//
// All hand over: who releases gives the lock to the first waiter that may have
// it, so the order is that of arrival and no one overtakes. Each knows its owners,
// so that the wait-for graph can name them; an owner is an Actor, since a hold can
// be given to an I/O or a request (GiveTo).
//
//   lock      waits with  source
//   Mutex     D           linux kernel/locking/mutex.c; SPL mutex_enter
//   SpinLock  spins       never preempted while held
//   Rwsem     D           linux kernel/locking/rwsem.c: readers queue behind a waiting writer
//   Rwsem     D           OpenZFS module/zfs/spa_misc.c:spa_config_enter, if `on_condvar`: made of a
//                         mutex and a condition variable, so the kernel does not know its owner
//   Rrwlock   D           OpenZFS module/zfs/rrwlock.c: a waiting writer blocks new readers,
//                         a tracked reader may always re-enter
//   Semaphore D           linux kernel/locking/semaphore.c
//
// Differs from the real system: kernel mutexes and rwsems let a running thread
// steal the lock before a sleeping waiter; without a bound on that, nothing about
// fairness could be said, and no hang depends on it.
#ifndef TXGSIM_MODEL_SYNC_LOCK_H_
#define TXGSIM_MODEL_SYNC_LOCK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "model/machine/machine.h"

namespace model {

struct LockFigures {
  int64_t acquisitions = 0;
  int64_t wait_ns = 0;
  int64_t hold_ns_max = 0;
};

// What all locks share: owners, figures, and the acquiring wait.
class Lock : public Waitable {
 public:
  static constexpr int kRead = 0;
  static constexpr int kWrite = 1;

  struct Hold {
    const Actor* owner;
    int mode;
    sim::SimTime since;
    bool tracked = true;  // The lock can tell that this owner is in (Rrwlock).
  };
  const std::vector<Hold>& holds() const { return holds_; }
  const LockFigures& figures() const { return figures_; }
  bool HeldBy(const Actor* actor) const;
  bool HeldBy(const Actor* actor, int mode) const;

  struct Acquire {
    Lock* lock;  // Null: it was to be had at once.
    Thread::WaitAwaiter wait;
    sim::SimTime start;
    bool await_ready() noexcept { return wait.await_ready(); }
    template <typename Promise>
    void await_suspend(std::coroutine_handle<Promise> handle) noexcept {
      wait.await_suspend(handle);
    }
    // 0, EINTR or ETIMEDOUT; the lock is held if 0.
    int await_resume() { return lock != nullptr ? lock->EndAcquire(wait.thread, start) : 0; }
  };
  // Takes the lock, or begins to wait for it: to be awaited at once.
  Acquire Take(Thread* thread, int mode, WaitSpec spec);
  // Takes the lock at once if that is possible.
  bool TryAcquire(Thread* thread, int mode);
  // Moves a hold of `from` to `to`. An I/O or a request releases it when it ends.
  void GiveTo(const Actor* from, Actor* to);
  // Releases a hold of `owner`. `waker` pays for waking others; null in interrupt context.
  // REQUIRES: HeldBy(owner).
  void Release(const Actor* owner, Thread* waker);

  void Enders(const Waiter& waiter, EnderSet* enders) const override;
  void OnAbandoned(Waiter* waiter) override;
  bool held() const override { return !holds_.empty(); }

 protected:
  Lock(WaitableKind kind, Machine* machine, std::string name);
  // Whether `actor` may take the lock now; `first`: it is the first in the queue.
  virtual bool MayAcquire(const Actor* actor, int mode, bool first) const = 0;
  virtual bool Tracks(int) const { return true; }
  // Whether who comes later in the queue may have the lock although the first may not.
  virtual bool LetsPass() const { return false; }
  virtual void OnAcquired(Thread*, int) {}
  virtual void OnReleased(Thread*) {}

  void AddHold(const Actor* owner, int mode);
  // Gives the lock to those at the head of the queue that may have it now.
  void HandOver(Thread* waker);
  int EndAcquire(Thread* thread, sim::SimTime start);

  Machine* machine_;
  std::vector<Hold> holds_;
  LockFigures figures_;
};

// The holds that were given to an actor which ends by an event.
class GivenHolds {
 public:
  void Add(Lock* lock) { locks_.push_back(lock); }
  void ReleaseAll(const Actor* owner, Thread* waker);

 private:
  std::vector<Lock*> locks_;
};

class Mutex final : public Lock {
 public:
  Mutex(Machine* machine, std::string name) : Lock(WaitableKind::kMutex, machine, std::move(name)) {}
  Acquire LockIt(Thread* thread, WaitSpec spec = {}) { return Take(thread, kWrite, spec); }
  void Unlock(Thread* thread) { Release(thread, thread); }

 private:
  bool MayAcquire(const Actor*, int, bool) const override { return holds_.empty(); }
};

class SpinLock final : public Lock {
 public:
  SpinLock(Machine* machine, std::string name) : Lock(WaitableKind::kSpinlock, machine, std::move(name)) {}
  Acquire LockIt(Thread* thread) { return Take(thread, kWrite, {.kind = SleepKind::kSpin}); }
  void Unlock(Thread* thread) { Release(thread, thread); }

 private:
  bool MayAcquire(const Actor*, int, bool) const override { return holds_.empty(); }
  void OnAcquired(Thread* thread, int) override { thread->EnterAtomic(); }
  void OnReleased(Thread* thread) override { thread->LeaveAtomic(); }
};

class Rwsem final : public Lock {
 public:
  Rwsem(Machine* machine, std::string name, bool fair, bool on_condvar = false)
      : Lock(on_condvar ? WaitableKind::kConfigLock : WaitableKind::kRwsem, machine, std::move(name)),
        fair_(fair) {}
  Acquire Read(Thread* thread, WaitSpec spec = {}) { return Take(thread, kRead, spec); }
  Acquire Write(Thread* thread, WaitSpec spec = {}) { return Take(thread, kWrite, spec); }
  void Unlock(Thread* thread) { Release(thread, thread); }
  // Turns the writer's hold into a reader's. REQUIRES: held for writing.
  void Downgrade(Thread* thread);

 private:
  bool MayAcquire(const Actor* actor, int mode, bool first) const override;
  bool LetsPass() const override { return !fair_; }
  bool fair_;
};

class Rrwlock final : public Lock {
 public:
  Rrwlock(Machine* machine, std::string name, bool track_all)
      : Lock(WaitableKind::kRrwlock, machine, std::move(name)), track_all_(track_all) {}
  Acquire Read(Thread* thread, WaitSpec spec = {}) { return Take(thread, kRead, spec); }
  Acquire Write(Thread* thread, WaitSpec spec = {}) { return Take(thread, kWrite, spec); }
  void Unlock(Thread* thread) { Release(thread, thread); }

 private:
  bool MayAcquire(const Actor* actor, int mode, bool first) const override;
  bool Tracks(int mode) const override { return mode == kWrite || track_all_ || WriterWaits(); }
  bool WriterWaits() const;
  bool track_all_;
};

class Semaphore final : public Lock {
 public:
  Semaphore(Machine* machine, std::string name, int count)
      : Lock(WaitableKind::kSemaphore, machine, std::move(name)), count_(count) {}
  Acquire Down(Thread* thread, WaitSpec spec = {}) { return Take(thread, kWrite, spec); }
  // Gives back a unit: one that the thread holds if it has one, else the oldest, else a new one.
  void Up(Thread* thread);
  int available() const { return count_ - static_cast<int>(holds_.size()); }

  void Enders(const Waiter& waiter, EnderSet* enders) const override;

 private:
  bool MayAcquire(const Actor*, int, bool first) const override {
    return available() > 0 && (first || waiters_.empty());
  }
  int count_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_SYNC_LOCK_H_
