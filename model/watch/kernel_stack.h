// SPDX-License-Identifier: Apache-2.0
//
// The stack of a thread as the kernel would print it: names of functions, never of locks.
//
// The model knows the functions that are named in its code (Thread::Stack). What lies
// below them, down to the scheduler, follows from what the thread waits on and how; what
// lies above them, from what kind of thread it is:
//
//   __schedule                      |
//   schedule                        | how it sleeps
//   schedule_preempt_disabled       |
//   __mutex_lock                    |
//   ...                             |
//   zfs_ioc_snapshot                  the model's own
//   zfsdev_ioctl_common             |
//   zfsdev_ioctl                    |
//   __x64_sys_ioctl                 | how it came into the kernel
//   do_syscall_64                   |
//   entry_SYSCALL_64_after_hwframe  |
//
// Sources: linux 6.12 kernel/locking/{mutex,rwsem,semaphore}.c, kernel/sched/completion.c,
// kernel/time/{timer,hrtimer}.c, kernel/signal.c, kernel/exit.c, kernel/workqueue.c;
// OpenZFS module/os/linux/spl/spl-condvar.c, module/zfs/{txg,rrwlock,spa_misc,zfs_ioctl}.c,
// module/os/linux/zfs/{zfs_ioctl_os,zpl_file}.c; fsync as in the traces of openzfs/zfs #3835, #7038.
//
// Differs from the real system: no offsets; functions that a compiler inlines in most
// kernels are left out; a spinning kernel's wait has the frames of the wait that it replaces.
#ifndef TXGSIM_MODEL_WATCH_KERNEL_STACK_H_
#define TXGSIM_MODEL_WATCH_KERNEL_STACK_H_

#include <vector>

#include "model/machine/machine.h"

namespace model {

// Innermost first. What runs has no stack to read: its frames come and go.
std::vector<const char*> KernelStack(const Thread& thread);

// What ps shows as WCHAN, and the functions that called it: without the scheduler, without
// how the wait is made, and without the way into the kernel. If nothing is left of the stack,
// the function that makes the wait. Of what runs in the kernel, the functions that the model knows:
// where a loop turns.
std::vector<const char*> ShortStack(const Thread& thread);

}  // namespace model

#endif  // TXGSIM_MODEL_WATCH_KERNEL_STACK_H_
