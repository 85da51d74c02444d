// SPDX-License-Identifier: Apache-2.0
#include "model/upcall/upcall.h"

#include <any>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/sync/lock.h"
#include "model/upcall/dispatcher.h"
#include "tests/model/support/wait_graph.h"
#include "tests/model/support/world.h"

namespace model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// User code that computes for 1 ms and doubles an int.
UpcallBody Doubles() {
  return [](Thread* t, std::any argument) -> sim::Task<Answer> {
    EXPECT_EQ(t->mode(), CpuMode::kUser);
    co_await t->Compute(Millis(1));
    co_return Answer{.error = 0, .value = 2 * std::any_cast<int>(argument)};
  };
}

// User code that never comes back, and uses no core.
UpcallBody Hangs() {
  return [](Thread* t, std::any) -> sim::Task<Answer> {
    co_await t->Hang();
    co_return Answer{};
  };
}

// An app that makes one system call with one upcall in it.
struct App {
  App(World* world, Callback* callback, int argument = 21) {
    thread = world->User("app", [this, callback, argument](Thread* t) -> sim::Task<> {
      t->EnterKernel();
      result = co_await callback->Invoke(t, argument);
      EXPECT_EQ(t->mode(), CpuMode::kKernel);
      returned_at = t->machine().now().ns();
      co_await t->ReturnToUser();
      if (!t->killed()) back_in_user_mode = true;
    });
  }
  Process* process() const { return thread->process(); }
  Thread* thread;
  CallResult result;
  int64_t returned_at = -1;
  bool back_in_user_mode = false;
};

class UpcallTest : public ::testing::Test {
 protected:
  World world_;
};

struct Place {
  UpcallPlace place;
  const char* name;
};
void PrintTo(const Place& place, std::ostream* out) { *out << place.name; }

class UpcallPlaceTest : public ::testing::TestWithParam<Place> {
 protected:
  Callback::Options Options() {
    Callback::Options options = {.place = GetParam().place};
    if (GetParam().place == UpcallPlace::kDispatcher) {
      dispatcher_ = std::make_unique<Dispatcher>(&world_.machine, "global", Dispatcher::Options{});
      options.dispatcher = dispatcher_.get();
    }
    return options;
  }
  World world_;
  std::unique_ptr<Dispatcher> dispatcher_;
};

INSTANTIATE_TEST_SUITE_P(Places, UpcallPlaceTest,
                         ::testing::Values(Place{UpcallPlace::kInline, "inline"},
                                           Place{UpcallPlace::kHelper, "helper"},
                                           Place{UpcallPlace::kDispatcher, "dispatcher"},
                                           Place{UpcallPlace::kProcess, "process"}));

TEST_P(UpcallPlaceTest, TheAnswerComesBackToTheKernelFrame) {
  Callback callback(&world_.machine, "decide", Options(), Doubles());
  App app(&world_, &callback);
  world_.RunUntil(Millis(10));
  EXPECT_EQ(app.result.answer.error, 0);
  EXPECT_EQ(std::any_cast<int>(app.result.answer.value), 42);
  EXPECT_EQ(app.returned_at, 1'000'000);
  EXPECT_TRUE(app.process()->ended());
  EXPECT_EQ(app.process()->figures.callbacks, 1);
  EXPECT_EQ(app.process()->figures.crossings, 2);  // The system call and the upcall.
}

TEST_P(UpcallPlaceTest, AnErrnoOfTheBodyComesBack) {
  Callback callback(&world_.machine, "decide", Options(), [](Thread*, std::any) -> sim::Task<Answer> {
    co_return Answer{.error = kEPERM, .value = {}};
  });
  App app(&world_, &callback);
  world_.RunUntil(Millis(10));
  EXPECT_EQ(app.result.answer.error, kEPERM);
}

// Who runs the user code, and where.
TEST_P(UpcallPlaceTest, TheBodyRunsInItsPlace) {
  std::string thread_name, process_name;
  Callback callback(&world_.machine, "decide", Options(), [&](Thread* t, std::any) -> sim::Task<Answer> {
    thread_name = t->name();
    process_name = t->process()->name();
    co_return Answer{};
  });
  App app(&world_, &callback);
  world_.RunUntil(Millis(10));
  switch (GetParam().place) {
    case UpcallPlace::kInline:
      EXPECT_EQ(thread_name + " of " + process_name, "app of app");
      break;
    case UpcallPlace::kHelper:
      EXPECT_EQ(thread_name + " of " + process_name, "decide of app");
      break;
    case UpcallPlace::kDispatcher:
      EXPECT_EQ(thread_name + " of " + process_name, "global/1 of global");
      break;
    case UpcallPlace::kProcess:
      EXPECT_EQ(thread_name + " of " + process_name, "decide of decide");
      break;
  }
}

TEST_P(UpcallPlaceTest, NothingMayBeCalledUnderASpinlock) {
  Callback callback(&world_.machine, "decide", Options(), Doubles());
  SpinLock lock(&world_.machine, "s");
  bool atomic = false;
  world_.User("app", [&](Thread* t) -> sim::Task<> {
    t->EnterKernel();
    co_await lock.LockIt(t);
    CallResult result = co_await callback.Invoke(t, 1);
    atomic = result.scheduled_while_atomic;
    lock.Unlock(t);
  });
  world_.RunUntil(Millis(10));
  EXPECT_TRUE(atomic);
}

// SIGKILL to a process whose callback does not answer. Inline, the thread is in user mode
// and dies; a helper dies and its waiter is told; other processes do not notice.
TEST_P(UpcallPlaceTest, KillOfTheCallerInPlainD) {
  Callback callback(&world_.machine, "decide", Options(), Hangs());
  App app(&world_, &callback);
  world_.At(Millis(5), [&] { world_.machine.Signal(app.process(), kSigKill); });
  world_.RunUntil(Millis(4));
  const bool same_process =
      GetParam().place == UpcallPlace::kInline || GetParam().place == UpcallPlace::kHelper;
  EXPECT_EQ(app.thread->StateLetter(), GetParam().place == UpcallPlace::kInline ? 'S' : 'D');
  world_.RunUntil(Millis(100));
  EXPECT_EQ(app.process()->ended(), same_process);
  if (same_process) {
    EXPECT_EQ(app.result.answer.error, kECANCELED);
    EXPECT_EQ(app.returned_at, 5'000'000);
    EXPECT_FALSE(app.back_in_user_mode);
  } else {
    EXPECT_EQ(app.thread->StateLetter(), 'D');
  }
}

TEST_P(UpcallPlaceTest, AFileThatClosesInADyingProcessCannotCallItsUserCode) {
  class CallingFile final : public OpenFile {
   public:
    CallingFile(Callback* callback, int* error) : callback_(callback), error_(error) {}
    sim::Task<> Close(Thread* thread) override {
      CallResult result = co_await callback_->Invoke(thread, 1);
      *error_ = result.answer.error;
    }

   private:
    Callback* callback_;
    int* error_;
  };
  Callback callback(&world_.machine, "decide", Options(), Doubles());
  int error = -1;
  Thread* app = world_.User("app", [](Thread* t) -> sim::Task<> { co_await t->RunForever(); });
  app->process()->AddFile(std::make_shared<CallingFile>(&callback, &error));
  world_.At(Millis(1), [&] { world_.machine.Signal(app->process(), kSigKill); });
  world_.RunUntil(Millis(100));
  const bool same_process =
      GetParam().place == UpcallPlace::kInline || GetParam().place == UpcallPlace::kHelper;
  EXPECT_EQ(error, same_process ? kECANCELED : 0);
  EXPECT_TRUE(app->process()->ended());
}

// ---- inline ----

TEST_F(UpcallTest, AnInlineCallbackMayEnterTheKernelAgain) {
  std::vector<std::string> order;
  Callback* self = nullptr;
  Callback callback(&world_.machine, "decide", {}, [&](Thread* t, std::any argument) -> sim::Task<Answer> {
    const int depth = std::any_cast<int>(argument);
    order.push_back("in " + std::to_string(depth));
    if (depth > 0) {
      t->EnterKernel();
      co_await self->Invoke(t, depth - 1);
      co_await t->ReturnToUser();
    }
    order.push_back("out " + std::to_string(depth));
    co_return Answer{};
  });
  self = &callback;
  App app(&world_, &callback, 1);
  world_.Run();
  EXPECT_THAT(order, ElementsAre("in 1", "in 0", "out 0", "out 1"));
  EXPECT_EQ(app.process()->figures.callbacks, 2);
  EXPECT_EQ(app.process()->figures.syscalls, 2);
}

TEST_F(UpcallTest, AnInlineCallbackOfAStoppedProcessStops) {
  Callback callback(&world_.machine, "decide", {}, Doubles());
  Thread* app = world_.User("app", [&](Thread* t) -> sim::Task<> {
    t->EnterKernel();
    co_await t->Compute(Millis(2));
    co_await callback.Invoke(t, 1);
    co_await t->ReturnToUser();
  });
  world_.At(Millis(1), [&] { world_.machine.Signal(app->process(), kSigStop); });
  world_.At(Millis(50), [&] { world_.machine.Signal(app->process(), kSigCont); });
  world_.RunUntil(Millis(10));
  EXPECT_EQ(app->StateLetter(), 'T');
  world_.Run();
  EXPECT_EQ(app->process()->end().ns(), 51'000'000);
}

TEST_F(UpcallTest, ALockHeldAcrossAnInlineCallbackCanBlockTheCallback) {
  Mutex mutex(&world_.machine, "namespace");
  Callback callback(&world_.machine, "decide", {}, [&](Thread* t, std::any) -> sim::Task<Answer> {
    t->EnterKernel();
    co_await mutex.LockIt(t);
    co_return Answer{};
  });
  Thread* app = world_.User("app", [&](Thread* t) -> sim::Task<> {
    t->EnterKernel();
    co_await mutex.LockIt(t);
    co_await callback.Invoke(t, 1);
  });
  world_.Run();
  EXPECT_TRUE(WaitGraph(world_.machine).Needs(app, app));
}

// ---- helper ----

TEST_F(UpcallTest, OneHelperServesTheCallsOfAProcessInOrder) {
  Callback callback(&world_.machine, "decide", {.place = UpcallPlace::kHelper}, Doubles());
  App app(&world_, &callback);
  std::vector<int64_t> ends;
  for (int i = 0; i < 3; ++i) {
    world_.machine.Spawn(app.process(), "t" + std::to_string(i), [&](Thread* t) -> sim::Task<> {
      t->EnterKernel();
      co_await callback.Invoke(t, 1);
      ends.push_back(t->machine().now().ns());
      co_await t->ReturnToUser();
    });
  }
  world_.RunUntil(Micros(1'500));
  EXPECT_EQ(callback.HelperOf(app.process())->StateLetter(), 'R');
  world_.Run();
  EXPECT_THAT(ends, ElementsAre(2'000'000, 3'000'000, 4'000'000));
  EXPECT_EQ(world_.machine.threads().size(), 5u);
  EXPECT_TRUE(app.process()->ended());  // The helper does not keep it.
}

TEST_F(UpcallTest, EachProcessHasItsOwnHelper) {
  Callback callback(&world_.machine, "decide", {.place = UpcallPlace::kHelper}, Doubles());
  App one(&world_, &callback), other(&world_, &callback);
  world_.RunUntil(Micros(500));
  EXPECT_NE(callback.HelperOf(one.process()), callback.HelperOf(other.process()));
  EXPECT_EQ(callback.HelperOf(one.process())->process(), one.process());
  world_.Run();
  EXPECT_EQ(one.returned_at, 1'000'000);
  EXPECT_EQ(other.returned_at, 1'000'000);
}

// The signal is for the main thread, which takes it when it is back in user mode.
TEST_F(UpcallTest, AHandledSignalDoesNotDisturbAHelper) {
  Callback callback(&world_.machine, "decide", {.place = UpcallPlace::kHelper}, Doubles());
  int signal = 0;
  Thread* app = world_.User("app", [&](Thread* t) -> sim::Task<> {
    t->EnterKernel();
    co_await callback.Invoke(t, 1);
    co_await t->SleepFor(Millis(10), SleepKind::kUninterruptible);
    co_await t->ReturnToUser();
    signal = t->process()->TakeHandledSignal();
  });
  app->process()->SetHandled(kSigUsr1, true);
  world_.At(Micros(500), [&] { world_.machine.Signal(app->process(), kSigUsr1); });
  world_.RunUntil(Millis(5));
  EXPECT_EQ(callback.HelperOf(app->process())->StateLetter(), 'S');
  world_.Run();
  EXPECT_EQ(signal, kSigUsr1);
  EXPECT_TRUE(app->process()->ended());
}

// The callback calls the same system call, which needs the one helper there is.
TEST_F(UpcallTest, AHelperThatNeedsItselfHangs) {
  Callback* self = nullptr;
  Callback callback(&world_.machine, "decide", {.place = UpcallPlace::kHelper},
                    [&](Thread* t, std::any) -> sim::Task<Answer> {
                      t->EnterKernel();
                      co_await self->Invoke(t, 1);
                      co_return Answer{};
                    });
  self = &callback;
  App app(&world_, &callback);
  world_.Run();
  Thread* helper = callback.HelperOf(app.process());
  WaitGraph graph(world_.machine);
  EXPECT_TRUE(graph.Needs(app.thread, helper));
  EXPECT_TRUE(graph.Needs(helper, helper));
  EXPECT_THAT(graph.Hung(), ElementsAre("app", "decide"));
}

TEST_F(UpcallTest, ForNothingOnDeathTheWaiterWaitsForEver) {
  Callback callback(&world_.machine, "decide", {.place = UpcallPlace::kHelper, .on_death = std::nullopt},
                    Hangs());
  App app(&world_, &callback);
  world_.At(Millis(5), [&] { world_.machine.Signal(app.process(), kSigKill); });
  world_.RunUntil(Millis(4));
  EnderSet enders;
  callback.HelperOf(app.process())->Examine(&enders);
  EXPECT_TRUE(enders.outside);
  world_.RunUntil(Seconds(1));
  EXPECT_FALSE(app.process()->ended());
  EXPECT_TRUE(callback.HelperOf(app.process())->ended());
  EXPECT_THAT(WaitGraph(world_.machine).Hung(), ElementsAre("app"));
}

// SIGKILL while the helper is busy with another thread's call.
struct KillWhileQueued {
  explicit KillWhileQueued(CallWait wait) {
    Callback callback(&world.machine, "decide",
                      {.place = UpcallPlace::kHelper, .wait = {.kind = wait}, .on_death = kENOTCONN},
                      Hangs());
    App first(&world, &callback);
    int second_error = -1;
    world.machine.Spawn(first.process(), "t2", [&](Thread* t) -> sim::Task<> {
      co_await t->Compute(Millis(1));
      t->EnterKernel();
      CallResult result = co_await callback.Invoke(t, 1);
      second_error = result.answer.error;
    });
    world.At(Millis(5), [&] { world.machine.Signal(first.process(), kSigKill); });
    world.RunUntil(Millis(10));
    taken_error = first.result.answer.error;
    queued_error = second_error;
    ended = first.process()->ended();
  }
  World world;
  int taken_error;
  int queued_error;
  bool ended;
};

TEST_F(UpcallTest, AKilledCallerLeavesAKillableWaitAndIsToldInPlainD) {
  KillWhileQueued killable(CallWait::kKillable);
  EXPECT_TRUE(killable.ended);
  EXPECT_EQ(killable.taken_error, kEINTR);
  EXPECT_EQ(killable.queued_error, kEINTR);
  KillWhileQueued plain(CallWait::kPlain);
  EXPECT_TRUE(plain.ended);
  EXPECT_EQ(plain.taken_error, kENOTCONN);   // Its helper died.
  EXPECT_EQ(plain.queued_error, kENOTCONN);  // And nobody is left to take this one.
}

// ---- waits ----

struct WaitRow {
  CallWait wait;
  const char* name;
  char letter;       // Before and after the call is taken, without a signal.
  char after_usr1;   // The letter after a handled signal, once taken; 'X': it has left.
  bool dies;         // On SIGKILL once taken.
  bool dies_unread;  // On SIGKILL while queued.
};

void PrintTo(const WaitRow& row, std::ostream* out) { *out << row.name; }

class UpcallWaitTest : public ::testing::TestWithParam<WaitRow> {
 protected:
  // The only thread of the dispatcher is busy for 2 ms, so the call is queued before.
  UpcallWaitTest() {
    callback_ = std::make_unique<Callback>(
        &world_.machine, "decide",
        Callback::Options{
            .place = UpcallPlace::kDispatcher, .wait = {.kind = GetParam().wait}, .dispatcher = &dispatcher_},
        Hangs());
    dispatcher_.Async(nullptr,
                      [](Thread* t, std::any) -> sim::Task<Answer> {
                        co_await t->Compute(Millis(2));
                        co_return Answer{};
                      },
                      {});
    app_ = std::make_unique<App>(&world_, callback_.get());
    app_->process()->SetHandled(kSigUsr1, true);
  }
  void SignalAt(sim::SimDuration at, int signal) {
    world_.At(at, [this, signal] { world_.machine.Signal(app_->process(), signal); });
  }

  World world_;
  Dispatcher dispatcher_{&world_.machine, "global", {.width = 1, .limit = 1}};
  std::unique_ptr<Callback> callback_;
  std::unique_ptr<App> app_;
};

// The phases of call.h.
INSTANTIATE_TEST_SUITE_P(Kinds, UpcallWaitTest,
                         ::testing::Values(WaitRow{CallWait::kPlain, "plain", 'D', 'D', false, false},
                                           WaitRow{CallWait::kKillable, "killable", 'D', 'D', true, true},
                                           WaitRow{CallWait::kInterruptible, "interruptible", 'S', 'X', true,
                                                   true},
                                           WaitRow{CallWait::kIdle, "idle", 'S', 'S', false, false},
                                           WaitRow{CallWait::kSpin, "spin", 'R', 'R', false, false},
                                           WaitRow{CallWait::kFuse, "fuse", 'S', 'D', false, true},
                                           WaitRow{CallWait::kSeccomp, "seccomp", 'S', 'D', true, true}));

TEST_P(UpcallWaitTest, LettersBeforeAndAfterTheCallIsTaken) {
  world_.RunUntil(Millis(1));
  EXPECT_EQ(app_->thread->StateLetter(), GetParam().letter);
  world_.RunUntil(Millis(3));
  EXPECT_EQ(app_->thread->StateLetter(), GetParam().letter);
}

TEST_P(UpcallWaitTest, AHandledSignalOnceTaken) {
  SignalAt(Millis(5), kSigUsr1);
  world_.RunUntil(Millis(6));
  EXPECT_EQ(app_->thread->StateLetter(), GetParam().after_usr1);
  EXPECT_EQ(app_->back_in_user_mode, GetParam().after_usr1 == 'X');
}

TEST_P(UpcallWaitTest, KillOnceTaken) {
  SignalAt(Millis(5), kSigKill);
  world_.RunUntil(Millis(6));
  EXPECT_EQ(app_->process()->ended(), GetParam().dies);
  if (GetParam().wait == CallWait::kFuse) {
    EXPECT_EQ(app_->thread->StateLetter(), 'D');
  }
}

TEST_P(UpcallWaitTest, KillBeforeItIsTaken) {
  SignalAt(Millis(1), kSigKill);
  world_.RunUntil(Millis(5));
  EXPECT_EQ(app_->process()->ended(), GetParam().dies_unread);
  // A withdrawn call is never taken: its worker is free.
  EXPECT_EQ(dispatcher_.threads()[0]->idles(), GetParam().dies_unread);
}

TEST_P(UpcallWaitTest, ATimeOutWithdrawsOrAbandonsTheCall) {
  Callback timed(&world_.machine, "timed",
                 {.place = UpcallPlace::kDispatcher,
                  .wait = {.kind = GetParam().wait, .timeout = Millis(1)},
                  .dispatcher = &dispatcher_},
                 Doubles());
  App other(&world_, &timed);
  world_.RunUntil(Millis(5));
  EXPECT_EQ(other.result.answer.error, kETIMEDOUT);
  EXPECT_EQ(other.returned_at, 1'000'000);
}

// ---- dispatcher ----

TEST(DispatcherTest, AsManyRunAsThereAreCores) {
  World world(Cores(2));
  Dispatcher dispatcher(&world.machine, "global", {});
  std::vector<int64_t> ends;
  for (int i = 0; i < 4; ++i) {
    dispatcher.Async(nullptr,
                     [&](Thread* t, std::any) -> sim::Task<Answer> {
                       co_await t->Compute(Millis(3));
                       ends.push_back(t->machine().now().ns());
                       co_return Answer{};
                     },
                     {});
  }
  world.Run();
  EXPECT_THAT(ends, ElementsAre(3'000'000, 3'000'000, 6'000'000, 6'000'000));
  EXPECT_EQ(dispatcher.threads().size(), 2u);
}

TEST(DispatcherTest, ABlockedWorkerIsReplacedUpToTheLimitThenWorkWaits) {
  World world(Cores(2));
  Dispatcher dispatcher(&world.machine, "global", {.width = 2, .limit = 5});
  Mutex mutex(&world.machine, "m");
  world.Kernel("holder", [&](Thread* t) -> sim::Task<> {
    co_await mutex.LockIt(t);
    co_await t->SleepFor(Millis(100), SleepKind::kUninterruptible);
    mutex.Unlock(t);
  });
  auto blocks = [&](Thread* t, std::any) -> sim::Task<Answer> {
    t->EnterKernel();
    co_await mutex.LockIt(t);
    mutex.Unlock(t);
    co_await t->ReturnToUser();
    co_return Answer{};
  };
  world.RunUntil(Millis(1));
  for (int i = 0; i < 5; ++i) dispatcher.Async(nullptr, blocks, {});
  int64_t ran_at = -1;
  std::shared_ptr<Upcall> starved = dispatcher.Async(nullptr,
                                                     [&](Thread* t, std::any) -> sim::Task<Answer> {
                                                       ran_at = t->machine().now().ns();
                                                       co_return Answer{};
                                                     },
                                                     {});
  Thread* waiter = world.User("waiter", [&](Thread* t) -> sim::Task<> {
    EXPECT_EQ(co_await starved->Await(t, {.kind = CallWait::kInterruptible}), 0);
  });
  world.RunUntil(Millis(50));
  EXPECT_EQ(dispatcher.live_threads(), 5);
  EXPECT_EQ(starved->state(), CallState::kQueued);
  EXPECT_EQ(waiter->StateLetter(), 'S');
  for (Thread* worker : dispatcher.threads()) {
    EXPECT_EQ(worker->StateLetter(), 'D');
    EXPECT_TRUE(WaitGraph(world.machine).Needs(waiter, worker));
  }
  EXPECT_THAT(WaitGraph(world.machine).Hung(), IsEmpty());
  world.Run();
  EXPECT_EQ(ran_at, 100'000'000);
}

TEST(DispatcherTest, KillingItFailsWhatItTookAndWhatIsQueued) {
  World world(Cores(1));
  Dispatcher dispatcher(&world.machine, "global", {.width = 1, .limit = 1});
  std::shared_ptr<Upcall> taken = dispatcher.Async(nullptr, Hangs(), {});
  std::shared_ptr<Upcall> queued = dispatcher.Async(nullptr, Hangs(), {});
  world.At(Millis(1), [&] { world.machine.Signal(dispatcher.process(), kSigKill); });
  world.Run();
  EXPECT_EQ(taken->answer().error, kECANCELED);
  EXPECT_EQ(queued->answer().error, kECANCELED);
  EXPECT_EQ(queued->state(), CallState::kAborted);
  std::shared_ptr<Upcall> late = dispatcher.Async(nullptr, Hangs(), {});
  EXPECT_EQ(late->answer().error, kECANCELED);
}

// The waiter holds what the callback needs, and every worker waits behind it.
TEST(DispatcherTest, ExhaustionByBlockedCallbacksIsADeadlock) {
  World world(Cores(2));
  Dispatcher dispatcher(&world.machine, "global", {.width = 2, .limit = 2});
  Mutex mutex(&world.machine, "m");
  Callback callback(&world.machine, "decide", {.place = UpcallPlace::kDispatcher, .dispatcher = &dispatcher},
                    Doubles());
  Thread* app = world.User("app", [&](Thread* t) -> sim::Task<> {
    t->EnterKernel();
    co_await mutex.LockIt(t);
    co_await t->Compute(Millis(5));
    co_await callback.Invoke(t, 1);
    mutex.Unlock(t);
  });
  for (int i = 0; i < 2; ++i) {
    world.At(Millis(1), [&] {
      dispatcher.Async(nullptr,
                       [&](Thread* t, std::any) -> sim::Task<Answer> {
                         t->EnterKernel();
                         co_await mutex.LockIt(t);
                         co_return Answer{};
                       },
                       {});
    });
  }
  world.Run();
  EXPECT_EQ(app->StateLetter(), 'D');
  EXPECT_THAT(WaitGraph(world.machine).Hung(), ElementsAre("app", "global/1", "global/2"));
}

// ---- process ----

TEST_F(UpcallTest, AFreshProcessIsMadeForEachCallAndEnds) {
  World world({.cores = 2});
  Callback callback(&world.machine, "modprobe", {.place = UpcallPlace::kProcess}, Doubles());
  App app(&world, &callback);
  world.Run();
  const Process* helper = world.machine.FindProcess("modprobe");
  ASSERT_NE(helper, nullptr);
  EXPECT_TRUE(helper->ended());
  EXPECT_GT(app.returned_at, world.machine.profile().process_create_ns + 1'000'000);
  EXPECT_EQ(std::any_cast<int>(app.result.answer.value), 42);
}

TEST_F(UpcallTest, FreshProcessesThatLiveAtOnceAreNumbered) {
  Callback callback(&world_.machine, "helper", {.place = UpcallPlace::kProcess}, Doubles());
  App one(&world_, &callback), other(&world_, &callback);
  world_.Run();
  EXPECT_NE(world_.machine.FindProcess("helper"), nullptr);
  EXPECT_NE(world_.machine.FindProcess("helper/2"), nullptr);
}

TEST_F(UpcallTest, KillingTheFreshProcessFailsTheCall) {
  Callback callback(&world_.machine, "modprobe", {.place = UpcallPlace::kProcess, .on_death = kEIO}, Hangs());
  App app(&world_, &callback);
  world_.At(Millis(3), [&] { world_.machine.Signal(world_.machine.FindProcess("modprobe"), kSigKill); });
  world_.Run();
  EXPECT_EQ(app.result.answer.error, kEIO);
  EXPECT_EQ(app.returned_at, 3'000'000);
}

// Linux issue behind commit 734e1a8603: the queue is frozen while modprobe must read from
// it. The writer waits killably, so killing it frees everyone; killing modprobe, which is
// in D, does not.
TEST_F(UpcallTest, TheRightVictimIsTheCallerThatWaitsKillably) {
  for (bool kill_writer : {true, false}) {
    World world;
    Rwsem queue(&world.machine, "q", true);
    Callback modprobe(&world.machine, "modprobe",
                      {.place = UpcallPlace::kProcess, .wait = {.kind = CallWait::kKillable}},
                      [&](Thread* t, std::any) -> sim::Task<Answer> {
                        t->EnterKernel();
                        co_await queue.Read(t);
                        queue.Unlock(t);
                        co_await t->ReturnToUser();
                        co_return Answer{};
                      });
    Thread* writer = world.User("writer", [&](Thread* t) -> sim::Task<> {
      t->EnterKernel();
      co_await queue.Write(t);
      co_await modprobe.Invoke(t, 1);
      queue.Unlock(t);
      co_await t->ReturnToUser();
    });
    world.RunUntil(Millis(1));
    Process* helper = world.machine.FindProcess("modprobe");
    EXPECT_THAT(WaitGraph(world.machine).Hung(), ElementsAre("writer", "modprobe"));
    EXPECT_EQ(writer->StateLetter(), 'D');
    EXPECT_TRUE(writer->Killable());
    EXPECT_FALSE(helper->threads()[0]->Killable());
    world.At(Millis(2), [&] { world.machine.Signal(kill_writer ? writer->process() : helper, kSigKill); });
    world.Run();
    EXPECT_EQ(writer->process()->ended(), kill_writer);
    EXPECT_EQ(helper->ended(), kill_writer);
  }
}

// ---- the naive kernel ----

TEST(UpcallSpinTest, OnOneCoreTheHelperWaitsForTheCoreOnWhichItsCallerSpins) {
  for (int cores : {1, 2}) {
    MachineOptions options = Cores(cores);
    options.blocking = BlockingKernel::kSpin;
    World world(options);
    Callback callback(&world.machine, "decide", {.place = UpcallPlace::kHelper, .on_death = std::nullopt},
                      Doubles());
    App app(&world, &callback);
    world.RunUntil(Seconds(1));
    if (cores == 1) {
      WaitGraph graph(world.machine);
      Thread* helper = callback.HelperOf(app.process());
      EXPECT_TRUE(graph.Needs(app.thread, helper));
      EXPECT_TRUE(graph.Needs(helper, app.thread));
      EXPECT_THAT(graph.Hung(), ElementsAre("app", "decide"));
      EXPECT_EQ(app.thread->StateLetter(), 'R');
    } else {
      EXPECT_EQ(app.returned_at, 1'000'000);
      EXPECT_EQ(app.thread->figures().cpu_spin_ns, 1'000'000);
    }
  }
}

// A spinning wait under a spinlock does not sleep.
TEST(UpcallSpinTest, ASpinningUpcallUnderASpinlockIsAllowed) {
  World world(Cores(2));
  Callback callback(&world.machine, "decide",
                    {.place = UpcallPlace::kHelper, .wait = {.kind = CallWait::kSpin}, .atomic = true},
                    Doubles());
  App app(&world, &callback);
  world.Run();
  EXPECT_FALSE(app.result.scheduled_while_atomic);
  EXPECT_EQ(app.returned_at, 1'000'000);
  EXPECT_EQ(app.thread->figures().cpu_spin_ns, 1'000'000);
}

// One upcall on a helper, with the costs of the profile. The app sleeps before the helper
// starts, so that takes the core which the app left, and the app comes back on the other.
TEST(UpcallCostTest, TheRoundTripIsPaid) {
  World world({.cores = 2});
  const MachineProfile& p = world.machine.profile();
  Callback callback(&world.machine, "decide", {.place = UpcallPlace::kHelper}, Doubles());
  App app(&world, &callback);
  world.Run();
  const int64_t start = p.idle_exit_ns + p.context_switch_ns;
  const int64_t helper = p.idle_exit_ns + p.context_switch_ns + p.thread_create_ns + p.syscall_exit_ns +
                         1'000'000 + p.syscall_entry_ns;
  EXPECT_EQ(app.returned_at, start + helper + p.idle_exit_ns + p.context_switch_ns);
}

}  // namespace
}  // namespace model
