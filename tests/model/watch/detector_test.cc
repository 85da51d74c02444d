// SPDX-License-Identifier: Apache-2.0
#include "model/watch/detector.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/model/watch/things.h"

namespace model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

sim::SimTime Instant(int64_t seconds) { return sim::SimTime::Start() + Seconds(seconds); }

sim::Task<> WaitInFunction(Thread* thread, Waitable* thing, WaitSpec spec) {
  co_await sim::FrameName{"txg_wait_synced"};
  thread->EnterKernel();
  co_await thread->Wait(*thing, spec);
}

// T = 120 s, passes at 120, 240, 360. Blocked at 1 s: noted at 120, reported at 240.
// Blocked at 121 s: noted at 240, reported at 360. So in (b + T, b + 2T].
TEST(DetectorTest, ReportsBetweenOneAndTwoPeriodsAfterTheBlock) {
  World world({.cores = 2});
  Thing nothing(WaitableKind::kCompletion, "nothing");
  Detector detector(&world.machine, {});
  detector.Start();
  Thread* early = world.User(
      "early", [&](Thread* t) { return WaitOn(t, &nothing, {}); }, Seconds(1));
  Thread* late = world.User(
      "late", [&](Thread* t) { return WaitOn(t, &nothing, {}); }, Seconds(121));
  world.RunUntil(Seconds(239));
  EXPECT_THAT(detector.reports(), IsEmpty());
  EXPECT_EQ(detector.NextPass(), Instant(240));
  EXPECT_TRUE(detector.WillStillReport(early));
  world.RunUntil(Seconds(361));
  ASSERT_NE(detector.FirstReport(early, DetectorKind::kHungTask), nullptr);
  EXPECT_EQ(detector.FirstReport(early, DetectorKind::kHungTask)->at, Instant(240));
  EXPECT_EQ(detector.FirstReport(late, DetectorKind::kHungTask)->at, Instant(360));
  EXPECT_TRUE(detector.Done({early, late}));
  EXPECT_THAT(Names(detector.HungTasks()), ElementsAre("early", "late"));
}

TEST(DetectorTest, SpeaksAsTheKernelDoes) {
  World world({.cores = 2});
  Thing nothing(WaitableKind::kTxg, "tx_sync_done_cv");
  Detector detector(&world.machine, {});
  detector.Start();
  world.User("zfs", [&](Thread* t) { return WaitInFunction(t, &nothing, {}); });
  world.RunUntil(Seconds(241));
  ASSERT_EQ(detector.reports().size(), 1u);
  EXPECT_EQ(detector.reports()[0].text,
            "INFO: task zfs:100 blocked for more than 120 seconds.\n"
            "      Not tainted txgsim\n"
            "\"echo 0 > /proc/sys/kernel/hung_task_timeout_secs\" disables this message.\n"
            "task:zfs             state:D stack:0     pid:100   tgid:100   ppid:1      flags:0x00000000\n"
            "Call Trace:\n"
            " <TASK>\n"
            " __schedule\n"
            " schedule\n"
            " cv_wait_common\n"
            " __cv_wait\n"
            " txg_wait_synced_flags\n"
            " txg_wait_synced\n"
            " do_syscall_64\n"
            " entry_SYSCALL_64_after_hwframe\n"
            " </TASK>\n");
}

sim::Task<> LockAndSleep(Thread* thread, Mutex* mutex) {
  co_await mutex->LockIt(thread);
  co_await thread->SleepFor(Seconds(1000), SleepKind::kInterruptible);
}

TEST(DetectorTest, NamesTheOwnerOfAMutexAndShowsWhatItDoes) {
  World world({.cores = 2});
  Mutex mutex(&world.machine, "m");
  Detector detector(&world.machine, {});
  detector.Start();
  Thread* owner = world.User("owner", [&](Thread* t) { return LockAndSleep(t, &mutex); });
  Thread* waiter = world.User(
      "waiter", [&](Thread* t) { return TakeOne(t, &mutex); }, Millis(1));
  world.RunUntil(Seconds(241));
  EXPECT_EQ(detector.FirstReport(owner, DetectorKind::kHungTask), nullptr);
  const DetectorReport* report = detector.FirstReport(waiter, DetectorKind::kHungTask);
  ASSERT_NE(report, nullptr);
  EXPECT_THAT(report->text,
              HasSubstr("INFO: task waiter:101 is blocked on a mutex likely owned by task owner:100.\n"
                        "task:owner           state:S"));
}

// One holds each of the locks for reading, and sleeps; one waits for each as a writer.
template <typename SomeLock>
sim::Task<> ReadAndSleep(Thread* thread, SomeLock* lock) {
  co_await lock->Read(thread);
  co_await thread->SleepFor(Seconds(1000), SleepKind::kInterruptible);
}
template <typename SomeLock>
sim::Task<> WriteOne(Thread* thread, SomeLock* lock) {
  thread->EnterKernel();
  co_await lock->Write(thread);
}

// The kernel's own rwsem has an owner. An SCL_* lock and an rrwlock are made of a mutex that is free and a
// condition variable, which has none.
TEST(DetectorTest, NamesNoOwnerOfALockThatIsAConditionVariable) {
  World world({.cores = 6});
  Rwsem rwsem(&world.machine, "s_umount", true);
  Rwsem scl(&world.machine, "SCL_CONFIG", true, true);
  Rrwlock config(&world.machine, "dp_config_rwlock", true);
  Detector detector(&world.machine, {});
  detector.Start();
  world.User("r1", [&](Thread* t) { return ReadAndSleep(t, &rwsem); });
  world.User("r2", [&](Thread* t) { return ReadAndSleep(t, &scl); });
  world.User("r3", [&](Thread* t) { return ReadAndSleep(t, &config); });
  std::vector<Thread*> writers = {world.User(
                                      "w1", [&](Thread* t) { return WriteOne(t, &rwsem); }, Millis(1)),
                                  world.User(
                                      "w2", [&](Thread* t) { return WriteOne(t, &scl); }, Millis(1)),
                                  world.User(
                                      "w3", [&](Thread* t) { return WriteOne(t, &config); }, Millis(1))};
  world.RunUntil(Seconds(241));
  std::vector<std::string> texts;
  for (const Thread* writer : writers) {
    const DetectorReport* report = detector.FirstReport(writer, DetectorKind::kHungTask);
    ASSERT_NE(report, nullptr);
    texts.push_back(report->text);
  }
  EXPECT_THAT(texts[0],
              HasSubstr("INFO: task w1:103 <writer> blocked on an rw-semaphore likely owned by task "
                        "r1:100 <reader>\n"));
  EXPECT_THAT(texts[1], HasSubstr(" schedule\n cv_wait_common\n __cv_wait\n spa_config_enter_impl\n"));
  EXPECT_THAT(texts[2], HasSubstr(" schedule\n cv_wait_common\n __cv_wait\n rrw_enter_write\n"));
  for (const size_t i : {1, 2}) {
    EXPECT_THAT(texts[i], Not(HasSubstr("blocked on a")));
    EXPECT_THAT(texts[i], Not(HasSubstr("owned")));
  }
}

sim::Task<> LockAndEnd(Thread* thread, Mutex* mutex) { co_await mutex->LockIt(thread); }

TEST(DetectorTest, AnOwnerThatHasEndedIsNotFound) {
  World world({.cores = 2});
  Mutex mutex(&world.machine, "m");
  Detector detector(&world.machine, {});
  detector.Start();
  world.User("gone", [&](Thread* t) { return LockAndEnd(t, &mutex); });
  Thread* waiter = world.User(
      "waiter", [&](Thread* t) { return TakeOne(t, &mutex); }, Millis(1));
  world.RunUntil(Seconds(241));
  const DetectorReport* report = detector.FirstReport(waiter, DetectorKind::kHungTask);
  ASSERT_NE(report, nullptr);
  EXPECT_THAT(report->text,
              HasSubstr("INFO: task waiter:101 is blocked on a mutex, but the owner is not found.\n"));
  EXPECT_THAT(report->text, Not(HasSubstr("gone")));
}

// The blind spots: killable, idle, interruptible and spinning waits, and one that wakes
// now and then. Only the plain one is reported.
sim::Task<> Poll(Thread* thread, Waitable* thing) {
  for (;;) co_await thread->Wait(*thing, {.timeout = Seconds(60)});
}

TEST(DetectorTest, SeesPlainDOnly) {
  World world({.cores = 8});
  Thing nothing(WaitableKind::kCompletion, "nothing");
  Detector detector(&world.machine, {});
  detector.Start();
  Thread* killable =
      world.User("killable", [&](Thread* t) { return WaitOn(t, &nothing, {.kind = SleepKind::kKillable}); });
  world.User("sleeper", [&](Thread* t) { return WaitOn(t, &nothing, {.kind = SleepKind::kInterruptible}); });
  world.Kernel("idler", [&](Thread* t) { return WaitOn(t, &nothing, {.kind = SleepKind::kIdle}); });
  world.Kernel("poller", [&](Thread* t) { return Poll(t, &nothing); });
  world.Kernel("plain", [&](Thread* t) { return WaitOn(t, &nothing, {}); });
  world.RunUntil(Seconds(500));
  EXPECT_EQ(killable->StateLetter(), 'D');
  EXPECT_FALSE(detector.WillStillReport(killable));
  EXPECT_THAT(Names(detector.HungTasks()), ElementsAre("plain"));
}

// Two threads: at 240 s both (warnings 3, 2 left after the first), at 360 s the first
// again, which is the last.
TEST(DetectorTest, StopsWhenTheBudgetIsUsedUp) {
  World world({.cores = 2});
  Thing nothing(WaitableKind::kCompletion, "nothing");
  Detector detector(&world.machine, {.hung_task_warnings = 3});
  detector.Start();
  world.Kernel("a", [&](Thread* t) { return WaitOn(t, &nothing, {}); });
  world.Kernel("b", [&](Thread* t) { return WaitOn(t, &nothing, {}); });
  world.RunUntil(Seconds(900));
  ASSERT_EQ(detector.reports().size(), 3u);
  EXPECT_EQ(detector.reports()[2].at, Instant(360));
  EXPECT_THAT(detector.reports()[2].text, HasSubstr("INFO: task a:100 blocked for more than 240 seconds."));
  EXPECT_THAT(detector.reports()[1].text, Not(HasSubstr("suppressed")));
  EXPECT_THAT(detector.reports()[2].text,
              HasSubstr("Future hung task reports are suppressed, see sysctl kernel.hung_task_warnings\n"));
  Thread* late = world.Kernel("late", [&](Thread* t) { return WaitOn(t, &nothing, {}); });
  world.RunUntil(Seconds(901));
  EXPECT_FALSE(detector.WillStillReport(late));
}

TEST(DetectorTest, TimeoutZeroTurnsItOff) {
  World world({.cores = 2});
  Thing nothing(WaitableKind::kCompletion, "nothing");
  Detector detector(&world.machine, {.hung_task_timeout = {}, .watchdog_thresh = {}});
  detector.Start();
  Thread* thread = world.Kernel("a", [&](Thread* t) { return WaitOn(t, &nothing, {}); });
  EXPECT_EQ(detector.armed(), 0u);
  EXPECT_EQ(detector.NextPass(), sim::SimTime::Max());
  world.RunUntil(Seconds(900));
  EXPECT_FALSE(detector.WillStillReport(thread));
  EXPECT_THAT(detector.reports(), IsEmpty());
}

// H27: a vfork parent waits killably for a child that sleeps 100 s: in D, never reported.
TEST(DetectorTest, AVforkParentIsNeverReported) {
  World world({.cores = 2});
  Thread* child = world.User("child", [](Thread* t) { return Tick(t, Seconds(100)); });
  Thread* parent = world.User("parent", [&](Thread* t) {
    return WaitOn(t, &child->process()->end_event(), {.kind = SleepKind::kKillable});
  });
  Detector detector(&world.machine, {.hung_task_timeout = Seconds(30)});
  detector.Start();
  world.RunUntil(Seconds(99));
  EXPECT_EQ(parent->StateLetter(), 'D');
  EXPECT_TRUE(parent->Killable());
  EXPECT_THAT(detector.reports(), IsEmpty());
}

std::vector<const DetectorReport*> Of(const Detector& detector, DetectorKind kind) {
  std::vector<const DetectorReport*> reports;
  for (const DetectorReport& report : detector.reports()) {
    if (report.kind == kind) reports.push_back(&report);
  }
  return reports;
}

// Samples every 4 s. The spin begins at 1 s, the watchdog got in at 0 s. Its second is
// 2^30 ns: at 20 s it reads 18, at 24 s 22 > 20, so it speaks at 24 s and says 22; and
// again 24 s later, at 48 s, when it reads 44.
TEST(DetectorTest, ASpinningThreadIsASoftLockupAndNothingElse) {
  World world({.cores = 1, .blocking = BlockingKernel::kSpin});
  Thing answer(WaitableKind::kUpcall, "decide");
  Detector detector(&world.machine, {});
  detector.Start();
  Thread* app = world.User(
      "app", [&](Thread* t) { return WaitOn(t, &answer, {}); }, Seconds(1));
  world.RunUntil(Seconds(2));
  EXPECT_TRUE(detector.WillStillReport(app));
  world.RunUntil(Seconds(50));
  const std::vector<const DetectorReport*> lockups = Of(detector, DetectorKind::kSoftLockup);
  ASSERT_EQ(lockups.size(), 2u);
  EXPECT_EQ(lockups[0]->at, Instant(24));
  EXPECT_THAT(lockups[0]->text, HasSubstr("watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [app:100]\n"));
  EXPECT_EQ(lockups[1]->at, Instant(48));
  EXPECT_THAT(lockups[1]->text, HasSubstr("stuck for 44s!"));
  EXPECT_FALSE(detector.WillStillReport(app));
  world.RunUntil(Seconds(500));
  EXPECT_THAT(detector.HungTasks(), IsEmpty());
}

// The spin begins a system call's entry after 1 s, and the grace period with it. The first look at which
// that is 21 s old is at 23 s: 5499 whole jiffies of 4 ms. The next report is 3 * 21 + 3 = 66 s later.
TEST(DetectorTest, ASpinningThreadHoldsUpAGracePeriod) {
  World world({.cores = 2, .blocking = BlockingKernel::kSpin});
  Thing answer(WaitableKind::kUpcall, "decide");
  Detector detector(&world.machine, {});
  detector.Start();
  world.User(
      "app", [&](Thread* t) { return WaitOn(t, &answer, {}); }, Seconds(1));
  world.RunUntil(Seconds(90));
  const std::vector<const DetectorReport*> stalls = Of(detector, DetectorKind::kRcuStall);
  ASSERT_EQ(stalls.size(), 2u);
  EXPECT_EQ(stalls[0]->at, Instant(23));
  EXPECT_THAT(stalls[0]->text, HasSubstr("rcu: INFO: rcu_sched self-detected stall on CPU\n"));
  EXPECT_THAT(stalls[0]->text, HasSubstr("(t=5499 jiffies g=0 q=0 ncpus=2)\n"));
  EXPECT_EQ(stalls[1]->at, Instant(89));
}

// What the threads do, and in which order, is the same with the detectors and without.
std::vector<int64_t> Trace(bool with_detector) {
  World world({.cores = 1});
  Mutex mutex(&world.machine, "m");
  Detector detector(&world.machine, {.hung_task_timeout = Millis(3), .watchdog_thresh = Millis(5)});
  if (with_detector) detector.Start();
  std::vector<Thread*> threads;
  for (int i = 0; i < 5; ++i) {
    threads.push_back(world.User(
        "t" + std::to_string(i), [&](Thread* t) { return TakeOne(t, &mutex); }, Micros(i)));
    threads.push_back(world.Kernel("tick" + std::to_string(i), [](Thread* t) { return Tick(t, Millis(3)); }));
  }
  world.RunUntil(Millis(40));
  std::vector<int64_t> trace;
  for (const Thread* thread : threads) {
    trace.push_back(thread->since().ns());
    trace.push_back(thread->figures().switches);
    trace.push_back(thread->figures().cpu_kernel_ns);
  }
  return trace;
}

TEST(DetectorTest, DoesNotDisturbTheSimulation) { EXPECT_EQ(Trace(true), Trace(false)); }

}  // namespace
}  // namespace model
