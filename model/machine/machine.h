// SPDX-License-Identifier: Apache-2.0
//
// The simulated computer: cores, threads, signals, and every wait.
//
// A thread's coroutine runs only while its thread is on a core. Machine puts
// threads on cores (dispatch.cc), takes them off when they wait and brings them
// back when they are woken (wait.cc), and ends them (exit.cc, signal.cc).
//
// Two kernels (MachineOptions::blocking). On kSleep, as on Linux, a thread that
// waits gives up its core. On kSpin, the naive kernel, a user thread that waits
// inside a system call keeps its core, busy and not preemptible; for user code
// only, or for anything (spin_scope_all). Kernel threads always sleep, but need a
// core on which nobody spins.
//
// Time: every cost is charged to the thread that causes it and paid as time on
// its core. Waking another thread costs the waker, and the wakee starts later
// when its core was idle.
//
// Differs from the real system: no load balancing but a pull when a core goes
// idle; no caches, so no indirect cost of a switch; interrupts cost nothing.
#ifndef TXGSIM_MODEL_MACHINE_MACHINE_H_
#define TXGSIM_MODEL_MACHINE_MACHINE_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/machine/process.h"
#include "model/machine/profile.h"
#include "model/machine/records.h"
#include "model/machine/run_queue.h"
#include "model/machine/thread.h"
#include "model/machine/thread_body.h"
#include "sim/choice.h"
#include "sim/recorder.h"
#include "sim/simulation.h"

namespace model {

enum class PreemptModel : uint8_t { kNone, kVoluntary, kFull };
enum class BlockingKernel : uint8_t { kSleep, kSpin };

struct MachineOptions {
  int cores = 4;
  const MachineProfile* profile = FindMachineProfile("x86-64");
  SchedulerPolicy scheduler = SchedulerPolicy::kEevdf;
  PreemptModel preempt = PreemptModel::kVoluntary;
  BlockingKernel blocking = BlockingKernel::kSleep;
  bool spin_scope_all = false;  // Else only waits for user code spin.
  bool poll_fatal = false;      // Whether a spinning wait looks for SIGKILL.
};

class Machine;

// One core: who is on it, who waits for it, and its three timers.
class Core {
 public:
  Core(Machine* machine, int id, SchedulerPolicy policy, int cores);
  int id() const { return id_; }
  // On the core now: running, or spinning. Null while idle or switching.
  Thread* running() const { return running_; }
  const RunQueue& queue() const { return queue_; }

 private:
  friend class Machine;
  friend class MachineEventNames;
  friend class Thread;
  struct Event : sim::EventHandler {
    Event(Core* owner, void (*function)(EventHandler*)) : EventHandler(function), core(owner) {}
    Core* core;
    sim::EventId id;
  };
  bool idle() const { return running_ == nullptr && incoming_ == nullptr; }
  // The running thread computes; else it spins, or its coroutine executes.
  bool bursting() const { return bursting_; }

  Machine* machine_;
  int id_;
  Thread* running_ = nullptr;
  Thread* incoming_ = nullptr;  // Being switched to.
  Thread* last_ = nullptr;
  bool need_resched_ = false;
  bool bursting_ = false;
  sim::SimTime burst_start_;  // Of the running thread's burst, or of what is not yet in its figures.
  RunQueue queue_;
  Event arrive_;     // The incoming thread is on.
  Event burst_end_;  // The running thread's burst is over; not pending if that lasts for ever.
  Event slice_end_;  // It has used its slice while others wait.
};

class Machine {
 public:
  // Without a recorder nothing is recorded; without a chooser every choice is the default, seed 0.
  Machine(sim::Simulation* simulation, const MachineOptions& options, sim::Recorder* recorder = nullptr,
          sim::Chooser* chooser = nullptr);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  ~Machine();

  sim::Simulation& simulation() const { return *simulation_; }
  sim::SimTime now() const { return simulation_->now(); }
  const MachineOptions& options() const { return options_; }
  const MachineProfile& profile() const { return *options_.profile; }
  const std::vector<std::unique_ptr<Core>>& cores() const { return cores_; }
  const std::vector<std::unique_ptr<Thread>>& threads() const { return threads_; }
  const std::vector<std::unique_ptr<Process>>& processes() const { return processes_; }
  // The first thread or process of that name, or null.
  Thread* FindThread(std::string_view name) const;
  Process* FindProcess(std::string_view name) const;

  // A process without threads; it ends when the last thread that it gets has ended.
  Process* CreateProcess(std::string name);
  struct SpawnOptions {
    sim::SimTime at;  // Not before now().
    int nice = 0;
    bool started_by_outside = false;
    bool idles = false;
  };
  // A thread of `process`, in user mode; or of the kernel, if that is null.
  Thread* Spawn(Process* process, std::string name, ThreadBody body, SpawnOptions options);
  Thread* Spawn(Process* process, std::string name, ThreadBody body) {
    return Spawn(process, std::move(name), std::move(body), SpawnOptions{});
  }

  // Ends a wait with `result`; the waiter leaves its list. `waker`: who pays, or null.
  void Wake(Waiter* waiter, int result, Thread* waker);
  // Wakes all waiters of `object`.
  void WakeAll(Waitable* object, int result, Thread* waker);

  // The time-out of its wait has run out, and it has gone back to sleep on the same thing: a
  // switch that the hung-task detector sees, and nothing else.
  void WaitBeginsAgain(Thread* thread) { ++thread->figures_.switches; }

  // Sends a signal. SIGKILL, SIGSTOP and SIGCONT act as such; a handled signal is
  // left for the process; any other kills.
  void Signal(Process* process, int signal);

  // Ends the other threads of its process, as an exec of `thread` does; the process lives on.
  void EndSiblings(Thread* thread);

  // True if a wait of `thread` on `object` keeps its core (see the head).
  bool WaitSpins(const Thread& thread, const Waitable& object, SleepKind kind) const;

  void Record(RecordKind kind, const Thread* thread, uint64_t a = 0, uint64_t b = 0) {
    if (recorder() != nullptr) [[unlikely]]
      RecordNow(kind, thread, a, b);
  }
  void Record(RecordKind kind, const Thread* thread, const Waitable& subject, uint64_t b = 0) {
    if (recorder() != nullptr) [[unlikely]]
      RecordNow(kind, thread, subject, b);
  }
  // Null if nothing is recorded.
#ifdef TXGSIM_NO_RECORDER
  static constexpr sim::Recorder* recorder() { return nullptr; }
#else
  sim::Recorder* recorder() const { return recorder_; }
#endif
  sim::Chooser& chooser() const { return *chooser_; }

  // Called at each end of a process, after its exit work.
  void OnProcessEnd(std::function<void(Process*)> hook) { process_end_hooks_.push_back(std::move(hook)); }

  Waitable& sleep_event() { return *sleep_event_; }
  Waitable& hang_event() { return *hang_event_; }

 private:
  friend class Thread;
  friend class Core;

  // dispatch.cc
  void MakeRunnable(Thread* thread, Thread* waker, bool woken);
  Core* SelectCore(Thread* thread);
  void Bring(Core* core, Thread* thread, int64_t delay_ns);
  void PickNext(Core* core);
  void LeaveCore(Thread* thread);
  void Preempt(Core* core);
  bool MayPreempt(const Thread& thread) const;
  void ArmSlice(Core* core);
  void StartBurst(Thread* thread);
  void StopBurst(Thread* thread);
  // Brings the figures of the burst at hand up to now.
  void SyncBurst(Core* core);
  void EndBurst(Thread* thread);
  void Resume(Thread* thread);
  void OnArrive(Core* core);
  void OnBurstEnd(Core* core);
  void OnSliceEnd(Core* core);
  void SetState(Thread* thread, ThreadState state);
  // True if the thread must not run in user mode now, having been stopped.
  bool ParkIfStopped(Thread* thread);
  // Makes a thread in user mode look at its signals.
  void Kick(Thread* thread);
  // Ends all threads of a process: a fatal signal, or the exit of the last one that is no service thread.
  void EndThreads(Process* process);
  void EndThread(Thread* thread);

  // wait.cc
  bool SignalEndsWait(const Thread& thread, const Waitable& object, SleepKind kind) const;
  void EndWait(Waiter* waiter, int result, Thread* waker);
  // Apart, so that what a call has to save is saved where there is a call.
  [[gnu::noinline]] void EndWaitRecorded(Waiter* waiter, int result, Thread* waker);
  [[gnu::always_inline]] void EndWaitUnrecorded(Waiter* waiter, int result, Thread* waker);
  static void OnTimeout(sim::EventHandler* handler);

  // exit.cc
  struct Life;
  static sim::Task<> ThreadMain(Life life, ThreadBody body);
  static void OnStart(sim::EventHandler* handler);
  sim::Task<> Exit(Thread* thread);
  // Out of line, so that a run without records pays a look at the pointer and no more.
  [[gnu::noinline]] void RecordNow(RecordKind kind, const Thread* thread, uint64_t a, uint64_t b);
  [[gnu::noinline]] void RecordNow(RecordKind kind, const Thread* thread, const Waitable& subject, uint64_t b);

  sim::Simulation* simulation_;
  MachineOptions options_;
  sim::Recorder* recorder_;
  std::unique_ptr<sim::Chooser> own_chooser_;
  sim::Chooser* chooser_;
  std::vector<std::unique_ptr<Core>> cores_;
  std::vector<std::unique_ptr<Thread>> threads_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::unique_ptr<Waitable> sleep_event_;
  std::unique_ptr<Waitable> hang_event_;
  std::vector<std::function<void(Process*)>> process_end_hooks_;
  int next_id_ = 100;
};

}  // namespace model

#endif  // TXGSIM_MODEL_MACHINE_MACHINE_H_
