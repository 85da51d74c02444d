// SPDX-License-Identifier: Apache-2.0
//
// What the kernel would print about a blocked task, in the kernel's own words.
//
// Formats: linux 6.12 kernel/hung_task.c (check_hung_task), kernel/sched/core.c
// (sched_show_task), kernel/watchdog.c, kernel/rcu/tree_stall.h
// (print_cpu_stall); the lines that name a lock's owner are those
// of kernel/hung_task.c:debug_show_blocker (mutex 6.15, semaphore 6.16, rwsem 6.17).
//
// Differs from the real system: names are not cut to 15 characters outside the
// `task:` line; stacks are those of kernel_stack.h, without offsets; stack sizes and flags, which the model
// does not have, are 0, and so are the idle, softirq and callback counters of an RCU stall. 250 jiffies a
// second.
#ifndef TXGSIM_MODEL_WATCH_KERNEL_REPORT_H_
#define TXGSIM_MODEL_WATCH_KERNEL_REPORT_H_

#include <cstdint>
#include <functional>
#include <string>

#include "model/machine/machine.h"

namespace model {

// "NAME:TID", as the kernel writes comm and pid.
std::string TaskName(const Thread& thread);

// The `task:` line and the call trace.
std::string ShowTask(const Thread& thread);

// The line that names the likely owner of what the thread is blocked on, and the
// owner's own state unless `is_hung(owner)`: for a mutex, semaphore or rwsem only. An
// owner that has ended is not found. Empty for everything else, locks that are made of a
// condition variable among them: the kernel does not know who owes a wake-up or a reply.
std::string ShowBlocker(const Thread& thread, const std::function<bool(const Thread&)>& is_hung);

// All lines on one task that has been in D for `seconds`.
std::string HungTaskText(const Thread& thread, int64_t seconds,
                         const std::function<bool(const Thread&)>& is_hung);

std::string SoftLockupText(const Thread& thread, int core, int64_t seconds);

// Of a grace period that the thread's core has held up for `age`.
std::string RcuStallText(const Thread& thread, int core, sim::SimDuration age);

}  // namespace model

#endif  // TXGSIM_MODEL_WATCH_KERNEL_REPORT_H_
