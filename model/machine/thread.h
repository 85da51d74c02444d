// SPDX-License-Identifier: Apache-2.0
//
// A simulated thread: its state, its wait, its time on a core.
//
//                Spawn                     core free
//     kNew ---------------> kRunnable -----------------> kRunning
//                             ^  ^  \  preempted          |  |  |
//                  SIGCONT    |  |   `-------------------'   |  | body ends, or SIGKILL
//     kStopped <--------------'  | woken                     |  v
//        SIGSTOP, at the         |                  blocks   |  kZombie (others of the process live)
//        return to user mode     kSleeping <-----------------'  kDead
//
// The body is a coroutine that runs only while its thread is on a core; each
// co_await below gives the simulated time away. A thread that has been killed
// is told so (killed()) when it is next in user mode; kernel code finishes and
// unwinds first, as in Linux kernel/entry/common.c:exit_to_user_mode_loop.
//
//   sim::Task<> Body(Thread* t) {
//     t->EnterKernel();
//     int error = co_await mutex.Lock(*t);
//     co_await t->Compute(SimDuration::Micros(5));
//     mutex.Unlock(*t);
//     co_await t->ReturnToUser();
//   }
//
// Differs from the real system: a thread that sleeps interruptibly when SIGSTOP
// comes shows T at once and keeps its wait; Linux unwinds it and restarts the
// system call after SIGCONT. Both end up waiting for the same event.
#ifndef TXGSIM_MODEL_MACHINE_THREAD_H_
#define TXGSIM_MODEL_MACHINE_THREAD_H_

#include <coroutine>
#include <cstdint>
#include <string>
#include <vector>

#include "model/machine/actor.h"
#include "model/machine/waitable.h"
#include "sim/task.h"
#include "sim/time.h"

namespace model {

class Core;
class Machine;
class Process;

// Told when a thread goes to sleep and when it is woken: pools of threads that grow
// when theirs block. Called from within the scheduler: it must not wait.
class SleepObserver {
 public:
  virtual ~SleepObserver() = default;
  virtual void OnSleep(Thread* thread) = 0;
  virtual void OnWoken(Thread* thread) = 0;
};

enum class ThreadState : uint8_t { kNew, kRunnable, kRunning, kSleeping, kStopped, kZombie, kDead };
enum class CpuMode : uint8_t { kUser, kKernel };

struct ThreadFigures {
  int64_t cpu_user_ns = 0;
  int64_t cpu_kernel_ns = 0;
  int64_t cpu_spin_ns = 0;  // On a core, waiting.
  int64_t d_state_ns = 0;   // Asleep, shown as D.
  int64_t switches = 0;     // Times it left a core (nvcsw + nivcsw): the hung-task detector reads it.
};

class Thread final : public Actor {
 public:
  Machine& machine() const { return *machine_; }
  Process* process() const { return process_; }  // Null for a kernel thread.
  bool kernel_thread() const { return process_ == nullptr; }
  int tid() const { return tid_; }
  uint64_t key() const { return key_; }  // Hash of the name: its key in records.
  ThreadState state() const { return state_; }
  CpuMode mode() const { return mode_; }
  bool ended() const { return state_ == ThreadState::kZombie || state_ == ThreadState::kDead; }
  sim::SimTime since() const { return since_; }  // When it came into this state.
  const Waiter& waiter() const { return waiter_; }
  // Up to now: the burst, spin or sleep at hand included.
  ThreadFigures figures() const;
  int nice() const { return nice_; }
  bool spinning() const { return spinning_; }
  bool runs_forever() const { return forever_; }
  bool atomic() const { return atomic_depth_ > 0; }

  // What ps would show: R S D T Z, X for a thread that is gone.
  char StateLetter() const;
  // Whether SIGKILL would end what it does now.
  bool Killable() const;
  // A fatal signal is pending: it ends the thread when that is next in user mode.
  bool killed() const { return fatal_pending_; }
  // In its exit work: it has taken its fatal signal, and another one does nothing.
  bool exiting() const { return exiting_; }
  // Names of the frames of a suspended thread, innermost first.
  std::vector<const char*> Stack() const { return sim::StackOf(leaf_); }

  Condition Examine(EnderSet* enders) const override;

  // Whoever starts a thread may mark it: its start depends on someone outside
  // (an operator), its waits for work are never hung (a server, an idle worker).
  void set_started_by_outside(bool value) { started_by_outside_ = value; }
  void set_idles(bool value) { idles_ = value; }
  bool idles() const { return idles_; }
  // A service thread serves the others of its process and dies with the last of them.
  void set_service(bool value) { service_ = value; }
  bool service() const { return service_; }
  // Handled signals pass this thread by: they are for the others of its process.
  void set_signals_blocked(bool value) { signals_blocked_ = value; }
  void set_sleep_observer(SleepObserver* observer) { sleep_observer_ = observer; }

  // ---- For the body, while on a core ----

  struct ComputeAwaiter {
    Thread* thread;
    sim::SimDuration span;
    bool await_ready() noexcept { return span.ns() == 0 && thread->charged_ns_ == 0; }
    template <typename Promise>
    void await_suspend(std::coroutine_handle<Promise> handle) {
      thread->StartBurst(span, &handle.promise());
    }
    sim::SimDuration await_resume() noexcept { return thread->TakeUnusedBurst(); }
  };
  // A wait that has begun. Awaiters lie in the frames of those that wait, so this is no more than the thread.
  struct WaitAwaiter {
    Thread* thread;
    bool await_ready() noexcept { return thread->state_ == ThreadState::kRunning && !thread->spinning_; }
    template <typename Promise>
    void await_suspend(std::coroutine_handle<Promise> handle) noexcept {
      thread->leaf_ = &handle.promise();
    }
    int await_resume() noexcept { return thread->waiter_.result; }
  };
  struct GiveWayAwaiter {
    Thread* thread;
    enum class Kind { kYield, kReturnToUser, kForever, kStep } kind;
    bool await_ready() noexcept { return false; }
    template <typename Promise>
    bool await_suspend(std::coroutine_handle<Promise> handle) {
      return thread->GiveWay(kind, &handle.promise());
    }
    void await_resume() noexcept {}
  };

  // Uses a core for `span` and pays what was charged. Returns what is left of
  // `span` if a signal ended it early, which happens in user mode only.
  ComputeAwaiter Compute(sim::SimDuration span) { return {this, span}; }
  // Pays what was charged, so that the clock includes it.
  ComputeAwaiter Settle() { return {this, {}}; }
  // Lets another runnable thread of this core go first.
  GiveWayAwaiter Yield() { return {this, GiveWayAwaiter::Kind::kYield}; }
  // Back to user mode: pays the exit, gives way if asked to, stops if stopped.
  GiveWayAwaiter ReturnToUser() { return {this, GiveWayAwaiter::Kind::kReturnToUser}; }
  // Uses its core for ever; comes back only to die, or to handle a signal, in user mode.
  GiveWayAwaiter RunForever() { return {this, GiveWayAwaiter::Kind::kForever}; }
  // Lets everything else that is ready at this instant go first. Takes no time.
  GiveWayAwaiter Step() { return {this, GiveWayAwaiter::Kind::kStep}; }
  // Waits on `object`, from this call on: to be awaited at once. Returns 0, EINTR, ETIMEDOUT or the errno
  // that the waker gave.
  WaitAwaiter Wait(Waitable& object, WaitSpec spec, int mode_of_object = 0, int64_t argument = 0);
  // A wait that need not begin; returns 0.
  WaitAwaiter NoWait() {
    waiter_.result = 0;
    return {this};
  }
  // Waits for the clock; returns 0, or EINTR if a signal ended the sleep.
  WaitAwaiter SleepFor(sim::SimDuration span, SleepKind kind);
  // Uses no core and waits for nothing that the system can give.
  WaitAwaiter Hang();

  // Adds to what the next Compute() or Settle() pays.
  void Charge(int64_t ns) { charged_ns_ += ns; }
  // Into the kernel by a system call: pays the entry and counts it.
  void EnterKernel();
  // Changes the mode without a crossing: a fault, an upcall on the same thread.
  void SetMode(CpuMode mode) { mode_ = mode; }
  // A spinlock is held: never preempted, may not sleep.
  void EnterAtomic() { ++atomic_depth_; }
  void LeaveAtomic() { --atomic_depth_; }

  // In the arena of the simulation, as frames are; both REQUIRE that it is current.
  static void* operator new(size_t bytes) { return sim::internal::CurrentArena().Allocate(bytes); }
  static void operator delete(void* memory, size_t bytes) {
    sim::internal::CurrentArena().Free(memory, bytes);
  }

 private:
  friend class Machine;
  friend class MachineEventNames;
  friend class Core;
  friend class RunQueue;
  Thread(Machine* machine, Process* process, std::string name, int tid, int nice);

  void StartBurst(sim::SimDuration span, sim::PromiseBase* leaf);
  void CutBurst();
  sim::SimDuration TakeUnusedBurst();
  bool GiveWay(GiveWayAwaiter::Kind kind, sim::PromiseBase* leaf);

  // There may be a million threads. The first bytes lie in what Actor leaves of its last word.
  ThreadState state_ = ThreadState::kNew;
  CpuMode mode_;
  int8_t nice_;

  // Changed by Machine and Core.
  bool spinning_ : 1 = false;
  bool forever_ : 1 = false;
  bool returning_ : 1 = false;  // The burst at hand ends in user mode.
  bool fatal_pending_ : 1 = false;
  bool exiting_ : 1 = false;
  bool idles_ : 1 = false;
  bool started_by_outside_ : 1 = false;
  bool service_ : 1 = false;
  bool signals_blocked_ : 1 = false;
  int16_t atomic_depth_ = 0;

  // Fixed after construction.
  int tid_;
  Machine* machine_;
  Process* process_;
  uint64_t key_;

  SleepObserver* sleep_observer_ = nullptr;
  Core* core_ = nullptr;              // Where it runs or ran last.
  sim::PromiseBase* leaf_ = nullptr;  // The suspended frame to resume.
  sim::SimTime since_;
  int64_t charged_ns_ = 0;
  int64_t burst_span_ns_ = 0;  // Of the burst at hand, without what was charged; then what of it is unused.
  int64_t burst_left_ns_ = 0;  // What is left of the burst at hand, with what was charged.
  Waiter waiter_;

  // Scheduling (run_queue.h).
  int64_t vruntime_ns_ = 0;
  int64_t deadline_ns_ = 0;

  ThreadFigures figures_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_MACHINE_THREAD_H_
