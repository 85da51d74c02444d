// SPDX-License-Identifier: Apache-2.0
#include "model/sync/event.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/model/support/wait_graph.h"
#include "tests/model/support/world.h"

namespace model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class EventTest : public ::testing::Test {
 protected:
  void Log(Thread* t) {
    log_.push_back(t->name() + "@" + std::to_string(t->machine().now().ns() / 1'000'000));
  }

  World world_;
  std::vector<std::string> log_;
};

TEST_F(EventTest, ACompletionThatCameFirstIsKept) {
  Completion done(&world_.machine, "done");
  world_.Kernel("producer", [&](Thread* t) -> sim::Task<> {
    done.Complete(t);
    done.Complete(t);
    co_return;
  });
  for (const char* name : {"a", "b", "c"}) {
    world_.Kernel(
        name,
        [&](Thread* t) -> sim::Task<> {
          EXPECT_EQ(co_await done.Wait(t), 0);
          Log(t);
        },
        Millis(1));
  }
  world_.RunUntil(Millis(5));
  EXPECT_THAT(log_, ElementsAre("a@1", "b@1"));  // One each.
  done.CompleteAll(nullptr);
  world_.Run();
  EXPECT_THAT(log_, ElementsAre("a@1", "b@1", "c@5"));
  EXPECT_TRUE(done.done());
}

TEST_F(EventTest, CompleteWakesOneCompleteAllTheRestAndThoseToCome) {
  Completion done(&world_.machine, "done");
  auto waiter = [&](Thread* t) -> sim::Task<> {
    co_await done.Wait(t);
    Log(t);
  };
  world_.Kernel("a", waiter);
  world_.Kernel("b", waiter);
  world_.Kernel("late", waiter, Millis(9));
  world_.At(Millis(3), [&] { done.Complete(nullptr); });
  world_.At(Millis(5), [&] { done.CompleteAll(nullptr); });
  world_.Run();
  EXPECT_THAT(log_, ElementsAre("a@3", "b@5", "late@9"));
}

TEST_F(EventTest, ACondVarForgetsASignalThatNobodyWaitedFor) {
  Mutex mutex(&world_.machine, "m");
  CondVar cv(&world_.machine, "cv");
  world_.Kernel("signaller", [&](Thread* t) -> sim::Task<> {
    co_await mutex.LockIt(t);
    cv.Signal(t);
    mutex.Unlock(t);
  });
  Thread* waiter = world_.Kernel(
      "waiter",
      [&](Thread* t) -> sim::Task<> {
        co_await mutex.LockIt(t);
        co_await cv.Wait(t, &mutex, {});
      },
      Millis(1));
  cv.producers().Add(world_.machine.FindThread("signaller"));
  world_.Run();
  EXPECT_EQ(waiter->StateLetter(), 'D');
  EXPECT_TRUE(mutex.holds().empty());
  // The only one who could have signalled has ended.
  EXPECT_THAT(WaitGraph(world_.machine).Hung(), ElementsAre("waiter"));
}

TEST_F(EventTest, ACondVarWakesInOrderAndTakesTheMutexAgain) {
  Mutex mutex(&world_.machine, "m");
  CondVar cv(&world_.machine, "cv");
  auto waiter = [&](Thread* t) -> sim::Task<> {
    co_await mutex.LockIt(t);
    EXPECT_EQ(co_await cv.Wait(t, &mutex, {}), 0);
    EXPECT_TRUE(mutex.HeldBy(t));
    co_await t->Compute(Millis(1));
    Log(t);
    mutex.Unlock(t);
  };
  for (const char* name : {"a", "b", "c"}) world_.Kernel(name, waiter);
  world_.Kernel(
      "signaller",
      [&](Thread* t) -> sim::Task<> {
        co_await mutex.LockIt(t);
        cv.Signal(t);
        co_await t->Compute(Millis(4));  // Keeps the mutex: a waits for that next.
        mutex.Unlock(t);
        co_await t->SleepFor(Millis(10), SleepKind::kUninterruptible);
        cv.Broadcast(t);
      },
      Millis(5));
  world_.Run();
  EXPECT_THAT(log_, ElementsAre("a@10", "b@20", "c@21"));
}

TEST_F(EventTest, AnInterruptedWaitOnACondVarHoldsTheMutexAllTheSame) {
  Mutex mutex(&world_.machine, "m");
  CondVar cv(&world_.machine, "cv");
  int result = -1;
  bool held = false;
  Thread* app = world_.User("app", [&](Thread* t) -> sim::Task<> {
    t->EnterKernel();
    co_await mutex.LockIt(t);
    result = co_await cv.Wait(t, &mutex, {.kind = SleepKind::kInterruptible});
    held = mutex.HeldBy(t);
    mutex.Unlock(t);
    co_await t->ReturnToUser();
  });
  world_.At(Millis(1), [&] { world_.machine.Signal(app->process(), kSigKill); });
  world_.Run();
  EXPECT_EQ(result, kEINTR);
  EXPECT_TRUE(held);
}

TEST_F(EventTest, AWaitQueueWakesOneOrAll) {
  WaitQueue queue(&world_.machine, "wq");
  auto waiter = [&](Thread* t) -> sim::Task<> {
    co_await queue.Sleep(t);
    Log(t);
  };
  for (const char* name : {"a", "b", "c"}) world_.Kernel(name, waiter);
  world_.At(Millis(1), [&] { queue.WakeOne(nullptr); });
  world_.At(Millis(2), [&] { queue.WakeAll(nullptr); });
  world_.Run();
  EXPECT_THAT(log_, ElementsAre("a@1", "b@2", "c@2"));
}

TEST_F(EventTest, WhoComesBackToAWaitQueueWaitsForTheNextWakeUp) {
  WaitQueue queue(&world_.machine, "wq");
  int laps = 0;
  world_.Kernel("a", [&](Thread* t) -> sim::Task<> {
    for (;;) {
      co_await queue.Sleep(t);
      ++laps;
    }
  });
  world_.At(Millis(1), [&] { queue.WakeAll(nullptr); });
  world_.At(Millis(2), [&] { queue.WakeAll(nullptr); });
  world_.Run();
  EXPECT_EQ(laps, 2);
}

TEST_F(EventTest, AGateLetsThroughWhileItIsOpen) {
  Gate gate(&world_.machine, "sync gate", true);
  auto passer = [&](Thread* t) -> sim::Task<> {
    EXPECT_EQ(co_await gate.Pass(t), 0);
    Log(t);
  };
  world_.Kernel("a", passer);
  world_.At(Millis(1), [&] { gate.Close(); });
  world_.Kernel("b", passer, Millis(2));
  world_.Kernel("c", passer, Millis(3));
  world_.At(Millis(4), [&] { gate.Open(nullptr); });
  world_.Kernel("d", passer, Millis(5));
  world_.Run();
  EXPECT_THAT(log_, ElementsAre("a@0", "b@4", "c@4", "d@5"));
}

// ---- producers ----

TEST_F(EventTest, AWaitCanEndWhileAProducerLives) {
  Completion done(&world_.machine, "done");
  Thread* producer =
      world_.Kernel("producer", [](Thread* t) -> sim::Task<> { co_await t->Compute(Millis(5)); });
  world_.Kernel("waiter", [&](Thread* t) -> sim::Task<> { co_await done.Wait(t); });
  done.producers().Add(producer);
  EXPECT_TRUE(done.producers().Allows(producer));
  EXPECT_FALSE(done.producers().Allows(world_.machine.FindThread("waiter")));
  EXPECT_TRUE(done.producers().Allows(nullptr));
  world_.RunUntil(Millis(1));
  EXPECT_THAT(WaitGraph(world_.machine).Hung(), IsEmpty());
  world_.Run();
  EXPECT_THAT(WaitGraph(world_.machine).Hung(), ElementsAre("waiter"));
}

TEST_F(EventTest, NobodyOutsideIsCountedOn) {
  Completion done(&world_.machine, "done");
  done.producers().set_outside(true);
  Thread* waiter = world_.Kernel("waiter", [&](Thread* t) -> sim::Task<> { co_await done.Wait(t); });
  world_.Run();
  EnderSet enders;
  waiter->Examine(&enders);
  EXPECT_TRUE(enders.outside);
  EXPECT_THAT(WaitGraph(world_.machine).Hung(), ElementsAre("waiter"));
}

TEST_F(EventTest, WhoWaitsOnTheSameObjectCannotEndTheWait) {
  Completion done(&world_.machine, "done");
  auto body = [&](Thread* t) -> sim::Task<> {
    co_await t->Compute(Micros(1));
    co_await done.Wait(t);
  };
  for (const char* name : {"a", "b"}) done.producers().Add(world_.Kernel(name, body));
  world_.Run();
  EXPECT_THAT(WaitGraph(world_.machine).Hung(), ElementsAre("a", "b"));
}

TEST_F(EventTest, AnOpenEventCanBeEndedByAnyThreadThatLives) {
  Completion done(&world_.machine, "done");
  done.producers().set_open(true);
  world_.Kernel("waiter", [&](Thread* t) -> sim::Task<> { co_await done.Wait(t); });
  Thread* other = world_.Kernel("other", [](Thread* t) -> sim::Task<> { co_await t->Compute(Millis(5)); });
  EXPECT_TRUE(done.producers().Allows(other));
  world_.RunUntil(Millis(1));
  EXPECT_THAT(WaitGraph(world_.machine).Hung(), IsEmpty());
  world_.Run();
  EXPECT_THAT(WaitGraph(world_.machine).Hung(), ElementsAre("waiter"));
}

TEST_F(EventTest, ATimeOutIsTheClocks) {
  Completion done(&world_.machine, "done");
  world_.Kernel("waiter", [&](Thread* t) -> sim::Task<> {
    EXPECT_EQ(co_await done.Wait(t, {.timeout = Seconds(1)}), kETIMEDOUT);
  });
  world_.RunUntil(Millis(1));
  EXPECT_THAT(WaitGraph(world_.machine).Hung(), IsEmpty());
  world_.Run();
}

}  // namespace
}  // namespace model
