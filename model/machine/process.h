// SPDX-License-Identifier: Apache-2.0
//
// A process: a group of threads that die together, its signals and its exit work.
//
// SIGKILL is a request. Every thread of the process gets it at once, but each
// acts on it only when its kernel code has unwound to user mode (linux
// kernel/signal.c:complete_signal, get_signal). The last thread that begins to exit runs
// the exit work in kernel mode, in order: it closes the files in the order of opening,
// which may block (and so a dead process can still sit in D). A process ends when all of
// its threads have, its service threads (Thread::set_service) left aside. What other
// threads must have finished before any file closes (a ring's workers) is waited for
// earlier, by the last thread that is no service thread (BeforeFilesClose).
//
// An unhandled fatal signal counts as SIGKILL; a core-dumping one is treated alike.
#ifndef TXGSIM_MODEL_MACHINE_PROCESS_H_
#define TXGSIM_MODEL_MACHINE_PROCESS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/machine/thread.h"
#include "model/machine/waitable.h"
#include "sim/task.h"
#include "sim/time.h"

namespace model {

// Linux signal numbers (x86 and arm64).
inline constexpr int kSigHup = 1, kSigInt = 2, kSigKill = 9, kSigUsr1 = 10, kSigUsr2 = 12, kSigTerm = 15,
                     kSigCont = 18, kSigStop = 19;
// Returns 0 for an unknown name. Takes "KILL" and "SIGKILL".
int SignalByName(std::string_view name);

struct ProcessFigures {
  int64_t syscalls = 0;
  int64_t callbacks = 0;  // Upcalls answered by this process.
  int64_t crossings = 0;  // Round trips over the line, either way.
  int64_t txgs = 0;       // Distinct txgs it waited for.
  int64_t delay_ns = 0;   // Write throttle.
  int64_t stall_ns = 0;   // Blocked at the dirty limit.
  int64_t admin_wait_ns = 0;
};

// Something a process has open. Close() runs in kernel mode on the thread that
// closes it, and may block.
class OpenFile {
 public:
  virtual ~OpenFile() = default;
  virtual sim::Task<> Close(Thread* thread) = 0;
};

class Process {
 public:
  const std::string& name() const { return name_; }
  int pid() const { return pid_; }
  Machine& machine() const { return *machine_; }
  const std::vector<Thread*>& threads() const { return threads_; }
  int live_threads() const { return live_threads_; }
  // Of those, the ones that have not begun to exit.
  int staying_threads() const { return staying_threads_; }
  bool ended() const { return ended_; }
  bool killed() const { return killed_; }
  bool stopped() const { return stopped_; }
  sim::SimTime start() const { return start_; }
  sim::SimTime end() const { return end_; }  // REQUIRES ended().
  // From the first SIGKILL to the end, if both happened.
  std::optional<sim::SimDuration> kill_to_exit() const;

  // Files are closed in this order when the process ends.
  void AddFile(std::shared_ptr<OpenFile> file) { files_.push_back(std::move(file)); }
  // Takes a file out without closing it; false if it was not there.
  bool RemoveFile(const OpenFile* file);

  // The last thread of this process that is no service thread does `work` when it begins to exit, in
  // kernel mode, before the others' exit is asked for and before any file is closed. It may block.
  void BeforeFilesClose(std::function<sim::Task<>(Thread*)> work) { exit_work_.push_back(std::move(work)); }

  // Calls `hook` when a thread of this process ends, after it has left user mode
  // for good and before its exit work. Upcalls and servers fail their callers so.
  void OnThreadEnd(std::function<void(Thread*)> hook) { thread_end_hooks_.push_back(std::move(hook)); }

  // A handled signal is kept for TakeHandledSignal(); others act by default.
  void SetHandled(int signal, bool handled);
  // Returns the next handled signal, or 0.
  int TakeHandledSignal();
  bool HasHandledSignal() const { return handled_pending_ != 0; }

  ProcessFigures figures;
  // Adds to figures.txgs unless this txg was the last one counted.
  void CountTxg(uint64_t txg) {
    if (txg == last_txg_) return;
    last_txg_ = txg;
    ++figures.txgs;
  }

  // What others wait on for its end (wait4: S; a kernel waiter: D).
  Waitable& end_event() { return *end_event_; }

 private:
  friend class Machine;
  friend class Thread;
  Process(Machine* machine, std::string name, int pid);

  Machine* machine_;
  std::string name_;
  int pid_;
  std::vector<Thread*> threads_;
  int live_threads_ = 0;
  int staying_threads_ = 0;  // Those that have not begun to exit.
  bool ended_ = false;
  bool killed_ = false;
  bool stopped_ = false;
  uint64_t last_txg_ = 0;
  uint64_t handled_mask_ = 0;
  uint64_t handled_pending_ = 0;
  sim::SimTime start_;
  sim::SimTime end_;
  sim::SimTime killed_at_;
  std::vector<std::shared_ptr<OpenFile>> files_;
  std::vector<std::function<void(Thread*)>> thread_end_hooks_;
  std::vector<std::function<sim::Task<>(Thread*)>> exit_work_;
  std::unique_ptr<Waitable> end_event_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_MACHINE_PROCESS_H_
