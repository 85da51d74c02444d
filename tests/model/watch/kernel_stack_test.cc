// SPDX-License-Identifier: Apache-2.0
//
// What the kernel would print of a thread in each kind of wait.
#include "model/watch/kernel_stack.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/model/watch/things.h"

namespace model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Texts(const std::vector<const char*>& frames) {
  return {frames.begin(), frames.end()};
}

sim::Task<> Named(Thread* thread, Waitable* thing, WaitSpec spec, const char* name) {
  co_await sim::FrameName{name};
  thread->EnterKernel();
  co_await thread->Wait(*thing, spec);
}
sim::Task<> Hold(Thread* thread, Mutex* mutex) {
  co_await mutex->LockIt(thread);
  co_await thread->SleepFor(Seconds(1000), SleepKind::kUninterruptible);
}
sim::Task<> LockKillably(Thread* thread, Mutex* mutex) {
  thread->EnterKernel();
  co_await mutex->LockIt(thread, {.kind = SleepKind::kKillable});
}

// Linux kernel/locking/mutex.c; the body of the owner is no system call, and sleeps as msleep does.
TEST(KernelStackTest, OfALockHasTheFunctionsThatTakeItAndNotItsName) {
  World world({.cores = 4});
  Mutex journal(&world.machine, "journal");
  Thread* owner = world.Kernel("owner", [&](Thread* t) { return Hold(t, &journal); });
  Thread* waiter = world.User(
      "waiter", [&](Thread* t) { return TakeOne(t, &journal); }, Millis(1));
  Thread* killable = world.User(
      "killable", [&](Thread* t) { return LockKillably(t, &journal); }, Millis(2));
  world.RunUntil(Seconds(1));
  EXPECT_THAT(Texts(KernelStack(*owner)),
              ElementsAre("__schedule", "schedule", "schedule_timeout", "schedule_timeout_uninterruptible",
                          "msleep", "kthread", "ret_from_fork", "ret_from_fork_asm"));
  EXPECT_THAT(Texts(KernelStack(*waiter)),
              ElementsAre("__schedule", "schedule", "schedule_preempt_disabled", "__mutex_lock", "mutex_lock",
                          "do_syscall_64", "entry_SYSCALL_64_after_hwframe"));
  EXPECT_THAT(Texts(ShortStack(*waiter)), ElementsAre("mutex_lock"));
  EXPECT_THAT(Texts(ShortStack(*killable)), ElementsAre("mutex_lock_killable"));
}

// OpenZFS module/os/linux/spl/spl-condvar.c: cv_wait_common calls io_schedule where the wait is counted as
// I/O.
TEST(KernelStackTest, OfTheTxgThreadsIsThatOfConditionVariables) {
  World world({.cores = 4});
  Thing idle(WaitableKind::kTxg, "tx_sync_more_cv"), holds(WaitableKind::kTxg, "tc_cv");
  Thing synced(WaitableKind::kTxg, "tx_sync_done_cv");
  Thread* sync = world.Kernel("txg_sync", [&](Thread* t) {
    return Named(t, &idle, {.kind = SleepKind::kIdle, .timeout = Seconds(5)}, "txg_sync_thread");
  });
  Thread* quiesce =
      world.Kernel("txg_quiesce", [&](Thread* t) { return Named(t, &holds, {}, "txg_quiesce_thread"); });
  Thread* zfs =
      world.User("zfs", [&](Thread* t) { return Named(t, &synced, {.io = true}, "txg_wait_synced"); });
  world.RunUntil(Seconds(1));
  EXPECT_THAT(Texts(KernelStack(*sync)),
              ElementsAre("__schedule", "schedule", "schedule_timeout", "__cv_timedwait_common",
                          "__cv_timedwait_idle", "txg_sync_thread", "thread_generic_wrapper", "kthread",
                          "ret_from_fork", "ret_from_fork_asm"));
  EXPECT_THAT(Texts(KernelStack(*quiesce)),
              ElementsAre("__schedule", "schedule", "cv_wait_common", "__cv_wait", "txg_quiesce_thread",
                          "thread_generic_wrapper", "kthread", "ret_from_fork", "ret_from_fork_asm"));
  EXPECT_THAT(Texts(KernelStack(*zfs)),
              ElementsAre("__schedule", "schedule", "io_schedule", "cv_wait_common", "__cv_wait_io",
                          "txg_wait_synced_flags", "txg_wait_synced", "do_syscall_64",
                          "entry_SYSCALL_64_after_hwframe"));
  EXPECT_THAT(Texts(ShortStack(*zfs)), ElementsAre("txg_wait_synced"));
}

// OpenZFS module/os/linux/zfs/zfs_ioctl_os.c, zpl_file.c: whether the model names the handler, the call or
// both.
TEST(KernelStackTest, TheWayIntoTheKernelIsThatOfTheSystemCall) {
  World world({.cores = 4});
  Thing waits(WaitableKind::kTxg, "tx_sync_done_cv");
  const auto stack_of = [&](const char* name) {
    Thread* thread = world.User(name, [&waits, name](Thread* t) { return Named(t, &waits, {}, name); });
    world.RunUntil(sim::SimDuration::Nanos(world.now_ns()) + Seconds(1));
    std::vector<std::string> texts = Texts(KernelStack(*thread));
    texts.erase(texts.begin(), texts.begin() + 4);  // The wait.
    return texts;
  };
  EXPECT_THAT(stack_of("zfs_ioc_rename"),
              ElementsAre("zfs_ioc_rename", "zfsdev_ioctl_common", "zfsdev_ioctl", "__x64_sys_ioctl",
                          "do_syscall_64", "entry_SYSCALL_64_after_hwframe"));
  for (const char* entry : {"ioctl", "zfsdev_ioctl", "zfsdev_ioctl_common"}) {
    EXPECT_THAT(stack_of(entry), ElementsAre("zfsdev_ioctl_common", "zfsdev_ioctl", "__x64_sys_ioctl",
                                             "do_syscall_64", "entry_SYSCALL_64_after_hwframe"));
  }
  EXPECT_THAT(stack_of("zil_commit"),
              ElementsAre("zil_commit", "zfs_fsync", "zpl_fsync", "vfs_fsync_range", "do_fsync",
                          "__x64_sys_fsync", "do_syscall_64", "entry_SYSCALL_64_after_hwframe"));
  EXPECT_THAT(stack_of("zfs_write"),
              ElementsAre("zfs_write", "zpl_iter_write", "vfs_write", "ksys_write", "__x64_sys_write",
                          "do_syscall_64", "entry_SYSCALL_64_after_hwframe"));
}

// Linux fs/fuse/dev.c: the wait is a wait_event of request_wait_answer itself.
TEST(KernelStackTest, OfARequestIsThatOfItsInterface) {
  World world({.cores = 4});
  Thing request(WaitableKind::kRequest, "fuse");
  Thread* fuse = world.User("fuse", [&](Thread* t) { return Named(t, &request, {}, "request_wait_answer"); });
  Thread* plain = world.User("plain", [&](Thread* t) { return WaitOn(t, &request, {}); });
  world.RunUntil(Seconds(1));
  EXPECT_THAT(Texts(KernelStack(*fuse)), ElementsAre("__schedule", "schedule", "request_wait_answer",
                                                     "do_syscall_64", "entry_SYSCALL_64_after_hwframe"));
  EXPECT_THAT(Texts(ShortStack(*plain)), ElementsAre("wait_for_completion"));
}

sim::Task<> SpinInTurn(Thread* thread, SpinLock* lock) {
  thread->EnterKernel();
  co_await lock->LockIt(thread);
  co_await thread->Compute(Seconds(10));
  lock->Unlock(thread);
}

TEST(KernelStackTest, OfASpinnerHasNoSchedulerAndOfARunnerIsEmpty) {
  World world({.cores = 2});
  SpinLock lock(&world.machine, "l");
  Thread* owner = world.User("owner", [&](Thread* t) { return SpinInTurn(t, &lock); });
  Thread* spinner = world.User(
      "spinner", [&](Thread* t) { return SpinInTurn(t, &lock); }, Millis(1));
  world.RunUntil(Seconds(1));
  EXPECT_THAT(Texts(KernelStack(*spinner)), ElementsAre("native_queued_spin_lock_slowpath", "_raw_spin_lock",
                                                        "do_syscall_64", "entry_SYSCALL_64_after_hwframe"));
  EXPECT_THAT(KernelStack(*owner), IsEmpty());
}

TEST(KernelStackTest, OfAStoppedThreadIsAtTheReturnToUserMode) {
  World world({.cores = 2});
  Thread* thread = world.User("app", [](Thread* t) { return Tick(t, Seconds(1)); });
  world.RunUntil(Seconds(3));
  EXPECT_THAT(Texts(ShortStack(*thread)), ElementsAre("__x64_sys_clock_nanosleep"));
  world.machine.Signal(thread->process(), kSigStop);
  world.RunUntil(Seconds(4));
  EXPECT_STREQ(KernelStack(*thread)[2], "do_signal_stop");
}

// Linux io_uring/io-wq.c, sqpoll.c: threads of a process that never came from user mode.
TEST(KernelStackTest, OfAWorkerOfARingBeginsWhereTheKernelMadeIt) {
  World world({.cores = 4});
  Thing io(WaitableKind::kIo, "eth0"), entries(WaitableKind::kQueue, "uring");
  Thread* worker = world.User("uring/1", [&](Thread* t) { return Named(t, &io, {}, "io_wq_submit_work"); });
  Thread* poller = world.User("uring/sq", [&](Thread* t) { return Named(t, &entries, {}, "io_sq_thread"); });
  world.RunUntil(Seconds(1));
  EXPECT_THAT(Texts(KernelStack(*worker)),
              ElementsAre("__schedule", "schedule", "io_wq_submit_work", "io_worker_handle_work",
                          "io_wq_worker", "ret_from_fork", "ret_from_fork_asm"));
  EXPECT_THAT(Texts(KernelStack(*poller)),
              ElementsAre("__schedule", "schedule", "io_sq_thread", "ret_from_fork", "ret_from_fork_asm"));
}

}  // namespace
}  // namespace model
