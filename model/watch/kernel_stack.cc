// SPDX-License-Identifier: Apache-2.0
#include "model/watch/kernel_stack.h"

#include <string_view>

#include "model/sync/lock.h"
#include "model/watch/wait_graph.h"

namespace model {
namespace {

using Frames = std::vector<const char*>;

void Add(Frames* frames, std::initializer_list<const char*> more) {
  frames->insert(frames->end(), more.begin(), more.end());
}

// One of three forms of a function, by what may end the sleep.
const char* BySignal(SleepKind kind, const char* plain, const char* killable, const char* interruptible) {
  if (kind == SleepKind::kKillable) return killable;
  return kind == SleepKind::kInterruptible || kind == SleepKind::kIdle ? interruptible : plain;
}

// SPL condition variables.
void AddCondVar(const Waiter& waiter, Frames* frames) {
  if (waiter.timer.valid()) {
    Add(frames, {"schedule_timeout", "__cv_timedwait_common",
                 BySignal(waiter.kind, "__cv_timedwait", "__cv_timedwait", "__cv_timedwait_sig")});
    if (waiter.kind == SleepKind::kIdle) frames->back() = "__cv_timedwait_idle";
    return;
  }
  if (waiter.io) frames->push_back("io_schedule");
  frames->push_back("cv_wait_common");
  if (waiter.io) {
    frames->push_back(BySignal(waiter.kind, "__cv_wait_io", "__cv_wait_io", "__cv_wait_io_sig"));
  } else {
    frames->push_back(BySignal(waiter.kind, "__cv_wait", "__cv_wait", "__cv_wait_sig"));
  }
  if (waiter.kind == SleepKind::kIdle) frames->back() = "__cv_wait_idle";
}

void AddCompletion(SleepKind kind, Frames* frames) {
  Add(frames, {"schedule_timeout", "__wait_for_common",
               BySignal(kind, "wait_for_completion", "wait_for_completion_killable",
                        "wait_for_completion_interruptible")});
}

void AddSleep(const Thread& thread, SleepKind kind, Frames* frames) {
  if (kind == SleepKind::kUninterruptible) {
    Add(frames, {"schedule_timeout", "schedule_timeout_uninterruptible", "msleep"});
  } else if (thread.mode() == CpuMode::kKernel) {
    Add(frames, {"schedule_timeout", "schedule_timeout_interruptible", "msleep_interruptible"});
  } else {
    Add(frames, {"do_nanosleep", "hrtimer_nanosleep", "__x64_sys_clock_nanosleep"});
  }
}

void AddLock(const Waitable& object, const Waiter& waiter, Frames* frames) {
  const SleepKind kind = waiter.kind;
  const bool reads = waiter.mode == Lock::kRead;
  switch (object.kind()) {
    case WaitableKind::kMutex:
      Add(frames, {"schedule_preempt_disabled", "__mutex_lock",
                   BySignal(kind, "mutex_lock", "mutex_lock_killable", "mutex_lock_interruptible")});
      break;
    case WaitableKind::kSpinlock:
      Add(frames, {"native_queued_spin_lock_slowpath", "_raw_spin_lock"});
      break;
    case WaitableKind::kRwsem:
      Add(frames,
          {"schedule_preempt_disabled", reads ? "rwsem_down_read_slowpath" : "rwsem_down_write_slowpath",
           reads ? BySignal(kind, "down_read", "down_read_killable", "down_read_interruptible")
                 : BySignal(kind, "down_write", "down_write_killable", "down_write_killable")});
      break;
    case WaitableKind::kRrwlock:
      AddCondVar(waiter, frames);
      if (reads) frames->push_back("rrw_enter_read_impl");
      frames->push_back(reads ? "rrw_enter_read" : "rrw_enter_write");
      break;
    case WaitableKind::kConfigLock:
      AddCondVar(waiter, frames);
      Add(frames, {"spa_config_enter_impl", "spa_config_enter"});
      break;
    default:
      Add(frames, {"schedule_timeout", "___down_common",
                   BySignal(kind, "__down", "__down_killable", "__down_interruptible"),
                   BySignal(kind, "down", "down_killable", "down_interruptible")});
      break;
  }
}

void AddJoin(SleepKind kind, Frames* frames) {
  if (kind == SleepKind::kInterruptible) {
    Add(frames, {"do_wait", "kernel_wait4"});
  } else if (kind == SleepKind::kKillable) {
    Add(frames, {"schedule_timeout", "__wait_for_common", "wait_for_completion_state"});
  } else {
    AddCompletion(kind, frames);
  }
}

// How `thread` waits, from the scheduler outwards; `caller`: the function that does.
Frames WaitFrames(const Thread& thread, std::string_view caller) {
  const Waiter& waiter = thread.waiter();
  const Waitable& object = *waiter.on;
  Frames frames;
  if (!thread.spinning()) Add(&frames, {"__schedule", "schedule"});
  if (IsLock(&object)) {
    AddLock(object, waiter, &frames);
    return frames;
  }
  switch (object.kind()) {
    case WaitableKind::kCompletion:
      AddCompletion(waiter.kind, &frames);
      break;
    case WaitableKind::kUpcall:
    case WaitableKind::kRequest:
      if (caller != "request_wait_answer" && caller != "seccomp_do_user_notification")
        AddCompletion(waiter.kind, &frames);
      break;
    case WaitableKind::kCondition:
    case WaitableKind::kTxg:
    case WaitableKind::kDirtySpace:
      AddCondVar(waiter, &frames);
      if (caller == "txg_wait_synced") frames.push_back("txg_wait_synced_flags");
      break;
    case WaitableKind::kGate:
      if (caller == "txg_sync_thread") AddCondVar(waiter, &frames);
      break;
    case WaitableKind::kSleep:
      if (caller == "dmu_tx_delay") {
        Add(&frames, {"schedule_hrtimeout_range_clock", "usleep_range_state"});
      } else {
        AddSleep(thread, waiter.kind, &frames);
      }
      break;
    case WaitableKind::kJoin:
      AddJoin(waiter.kind, &frames);
      break;
    case WaitableKind::kWork:
      AddCompletion(waiter.kind, &frames);
      frames.push_back(caller == "flush_workqueue" ? "__flush_workqueue" : "__flush_work");
      break;
    case WaitableKind::kQueue:
      if (thread.idles() && thread.kernel_thread()) frames.push_back("worker_thread");
      break;
    case WaitableKind::kOutside:
      if (caller == "zio_wait") {
        AddCondVar(waiter, &frames);
      } else if (&object == &thread.machine().hang_event()) {
        Add(&frames, {"futex_wait_queue", "__futex_wait", "futex_wait", "do_futex", "__x64_sys_futex"});
      }
      break;
    default:
      break;  // wait_event() and its like are part of the function that waits.
  }
  return frames;
}

// The model names an ioctl by its handler, or by the call itself.
bool IsIoctlEntry(std::string_view function) {
  return function == "ioctl" || function == "zfsdev_ioctl" || function == "zfsdev_ioctl_common";
}

// How a thread whose outermost function is `outermost` came to it.
void AddEntry(const Thread& thread, std::string_view outermost, Frames* frames) {
  if (thread.kernel_thread()) {
    if (outermost == "txg_sync_thread" || outermost == "txg_quiesce_thread")
      frames->push_back("thread_generic_wrapper");
    Add(frames, {"kthread", "ret_from_fork", "ret_from_fork_asm"});
    return;
  }
  if (outermost == "io_wq_submit_work" || outermost == "io_sq_thread") {  // A thread that the kernel made.
    if (outermost == "io_wq_submit_work") Add(frames, {"io_worker_handle_work", "io_wq_worker"});
    Add(frames, {"ret_from_fork", "ret_from_fork_asm"});
    return;
  }
  if (IsIoctlEntry(outermost) || outermost.rfind("zfs_ioc_", 0) == 0) {
    Add(frames, {"zfsdev_ioctl_common", "zfsdev_ioctl", "__x64_sys_ioctl"});
  } else if (outermost == "zil_commit") {
    Add(frames, {"zfs_fsync", "zpl_fsync", "vfs_fsync_range", "do_fsync", "__x64_sys_fsync"});
  } else if (outermost == "zfs_write") {
    Add(frames, {"zpl_iter_write", "vfs_write", "ksys_write", "__x64_sys_write"});
  } else if (outermost == "zfs_read") {
    Add(frames, {"zpl_iter_read", "vfs_read", "ksys_read", "__x64_sys_read"});
  } else if (outermost == "do_exit") {
    frames->push_back("do_group_exit");
  }
  Add(frames, {"do_syscall_64", "entry_SYSCALL_64_after_hwframe"});
}

bool Runs(const Thread& thread) { return thread.state() == ThreadState::kRunning && !thread.spinning(); }

}  // namespace

std::vector<const char*> KernelStack(const Thread& thread) {
  if (Runs(thread) || thread.ended() || thread.state() == ThreadState::kNew) return {};
  const Frames own = thread.Stack();
  const std::string_view caller = own.empty() ? "" : own.front();
  Frames frames;
  if (thread.state() == ThreadState::kStopped) {
    return {"__schedule",
            "schedule",
            "do_signal_stop",
            "get_signal",
            "arch_do_signal_or_restart",
            "exit_to_user_mode_loop",
            "do_syscall_64",
            "entry_SYSCALL_64_after_hwframe"};
  }
  if (WaitsOn(thread) != nullptr) {
    frames = WaitFrames(thread, caller);
  } else if (!thread.spinning()) {
    Add(&frames, {"__schedule", "schedule"});  // Preempted.
  }
  for (size_t i = 0; i < own.size(); ++i) {
    if (!IsIoctlEntry(own[i])) frames.push_back(own[i]);
    // OpenZFS waits for an I/O on the condition variable of the zio.
    if (i + 1 < own.size() && own[i] == std::string_view("io_schedule") &&
        own[i + 1] == std::string_view("zio_wait")) {
      Add(&frames, {"cv_wait_common", "__cv_wait_io"});
    }
  }
  AddEntry(thread, own.empty() ? "" : own.back(), &frames);
  return frames;
}

std::vector<const char*> ShortStack(const Thread& thread) {
  if (Runs(thread) && thread.mode() == CpuMode::kUser) return {};
  Frames own = thread.Stack();
  if (!own.empty() || WaitsOn(thread) == nullptr) return own;
  own = WaitFrames(thread, "");
  if (!own.empty() && own.back() == std::string_view("schedule")) return {};
  return own.empty() ? own : Frames{own.back()};
}

}  // namespace model
