// SPDX-License-Identifier: Apache-2.0
#include "model/sync/lock.h"

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

// Acquires at `at`, holds for `hold`, and notes when it got in: "name@ms".
class LockTest : public ::testing::Test {
 protected:
  template <typename LockType>
  using Enter = typename LockType::Acquire (*)(LockType*, Thread*);

  template <typename LockType>
  Thread* Holder(const std::string& name, LockType* lock, Enter<LockType> enter, int64_t at_ms,
                 int64_t hold_ms) {
    return world_.Kernel(
        name,
        [this, lock, enter, hold_ms](Thread* t) -> sim::Task<> {
          EXPECT_EQ(co_await enter(lock, t), 0);
          log_.push_back(t->name() + "@" + std::to_string(t->machine().now().ns() / 1'000'000));
          co_await t->Compute(Millis(hold_ms));
          lock->Unlock(t);
        },
        Millis(at_ms));
  }

  static Mutex::Acquire Lock(Mutex* lock, Thread* t) { return lock->LockIt(t); }
  template <typename LockType>
  static typename LockType::Acquire Read(LockType* lock, Thread* t) {
    return lock->Read(t);
  }
  template <typename LockType>
  static typename LockType::Acquire Write(LockType* lock, Thread* t) {
    return lock->Write(t);
  }

  World world_;
  std::vector<std::string> log_;
};

TEST_F(LockTest, AMutexIsHandedOverInOrderOfArrival) {
  Mutex mutex(&world_.machine, "m");
  Holder("a", &mutex, Lock, 0, 10);
  Holder("b", &mutex, Lock, 1, 10);
  Holder("c", &mutex, Lock, 2, 10);
  // d comes at the instant of a release: b has it already.
  Holder("d", &mutex, Lock, 10, 10);
  world_.Run();
  EXPECT_THAT(log_, ElementsAre("a@0", "b@10", "c@20", "d@30"));
  EXPECT_EQ(mutex.figures().acquisitions, 4);
  EXPECT_EQ(mutex.figures().wait_ns, (9 + 18 + 20) * 1'000'000);
  EXPECT_EQ(mutex.figures().hold_ns_max, 10'000'000);
  EXPECT_TRUE(mutex.holds().empty());
}

TEST_F(LockTest, AWaiterForAMutexIsInDAndNeedsTheHolderThroughTheQueue) {
  Mutex mutex(&world_.machine, "m");
  Thread* a = Holder("a", &mutex, Lock, 0, 1'000);
  Thread* b = Holder("b", &mutex, Lock, 1, 1);
  Thread* c = Holder("c", &mutex, Lock, 2, 1);
  world_.RunUntil(Millis(5));
  EXPECT_EQ(b->StateLetter(), 'D');
  WaitGraph graph(world_.machine);
  EXPECT_TRUE(graph.Needs(b, a));
  EXPECT_TRUE(graph.Needs(c, a));
  EXPECT_TRUE(graph.Needs(c, b));
  EXPECT_THAT(graph.Hung(), IsEmpty());
}

TEST_F(LockTest, TwoMutexesTakenInOppositeOrderHangBoth) {
  Mutex first(&world_.machine, "first"), second(&world_.machine, "second");
  auto body = [](Mutex* one, Mutex* other) {
    return [one, other](Thread* t) -> sim::Task<> {
      co_await one->LockIt(t);
      co_await t->Compute(Millis(1));
      co_await other->LockIt(t);
    };
  };
  world_.Kernel("a", body(&first, &second));
  world_.Kernel("b", body(&second, &first));
  world_.Kernel("behind", body(&first, &first), Millis(5));
  world_.Kernel("bystander", [](Thread* t) -> sim::Task<> { co_await t->Compute(Seconds(1)); });
  world_.RunUntil(Millis(10));
  EXPECT_THAT(WaitGraph(world_.machine).Hung(), ElementsAre("a", "b", "behind"));
}

TEST_F(LockTest, OnesOwnHoldBlocksOneAsAnyOther) {
  Mutex mutex(&world_.machine, "m");
  Thread* a = world_.Kernel("a", [&](Thread* t) -> sim::Task<> {
    co_await mutex.LockIt(t);
    co_await mutex.LockIt(t);
  });
  world_.Run();
  EXPECT_TRUE(WaitGraph(world_.machine).Needs(a, a));
  EXPECT_THAT(WaitGraph(world_.machine).Hung(), ElementsAre("a"));
}

TEST_F(LockTest, AKilledWaiterLeavesAndTheNextAreServed) {
  Rwsem lock(&world_.machine, "r", true);
  Holder("reader1", &lock, Read<Rwsem>, 0, 100);
  int result = -1;
  Thread* writer = world_.User(
      "writer",
      [&](Thread* t) -> sim::Task<> {
        t->EnterKernel();
        result = co_await lock.Write(t, {.kind = SleepKind::kKillable});
        co_await t->ReturnToUser();
      },
      Millis(1));
  Holder("reader2", &lock, Read<Rwsem>, 2, 1);
  world_.At(Millis(5), [&] {
    EXPECT_EQ(lock.holds().size(), 1u);
    world_.machine.Signal(writer->process(), kSigKill);
  });
  world_.Run();
  EXPECT_EQ(result, kEINTR);
  EXPECT_THAT(log_, ElementsAre("reader1@0", "reader2@5"));
}

TEST_F(LockTest, AnAcquisitionCanTimeOut) {
  Mutex mutex(&world_.machine, "m");
  Holder("a", &mutex, Lock, 0, 10);
  int result = -1;
  world_.Kernel("b", [&](Thread* t) -> sim::Task<> {
    co_await t->Compute(Millis(1));
    result = co_await mutex.LockIt(t, {.timeout = Millis(2)});
    EXPECT_EQ(t->machine().now().ns(), 3'000'000);
  });
  world_.Run();
  EXPECT_EQ(result, kETIMEDOUT);
  EXPECT_TRUE(mutex.holds().empty());
}

// ---- rwsem ----

TEST_F(LockTest, ReadersOfAnRwsemShareAndAWaitingWriterHoldsBackNewOnes) {
  Rwsem lock(&world_.machine, "r", true);
  Holder("r1", &lock, Read<Rwsem>, 0, 10);
  Holder("r2", &lock, Read<Rwsem>, 1, 10);
  Thread* w = Holder("w", &lock, Write<Rwsem>, 2, 10);
  Thread* r3 = Holder("r3", &lock, Read<Rwsem>, 3, 10);
  Holder("r4", &lock, Read<Rwsem>, 4, 10);
  world_.RunUntil(Millis(5));
  EXPECT_TRUE(WaitGraph(world_.machine).Needs(r3, w));
  world_.Run();
  EXPECT_THAT(log_, ElementsAre("r1@0", "r2@1", "w@11", "r3@21", "r4@21"));
}

TEST_F(LockTest, AnUnfairRwsemLetsReadersPassAWaitingWriter) {
  Rwsem lock(&world_.machine, "r", false);
  Holder("w1", &lock, Write<Rwsem>, 0, 5);
  Holder("r1", &lock, Read<Rwsem>, 1, 10);
  Holder("w2", &lock, Write<Rwsem>, 2, 10);
  Holder("r2", &lock, Read<Rwsem>, 3, 10);  // Queued behind w2, and let in before it.
  Holder("r3", &lock, Read<Rwsem>, 8, 10);  // Comes while readers are in.
  world_.Run();
  EXPECT_THAT(log_, ElementsAre("w1@0", "r1@5", "r2@5", "r3@8", "w2@18"));
}

TEST_F(LockTest, AReaderThatUpgradesWaitsForItself) {
  Rwsem lock(&world_.machine, "r", true);
  Thread* a = world_.Kernel("a", [&](Thread* t) -> sim::Task<> {
    co_await lock.Read(t);
    co_await lock.Write(t);
  });
  world_.Run();
  EXPECT_TRUE(WaitGraph(world_.machine).Needs(a, a));
}

TEST_F(LockTest, ADowngradeLetsTheReadersInThatWait) {
  Rwsem lock(&world_.machine, "r", true);
  world_.Kernel("w", [&](Thread* t) -> sim::Task<> {
    co_await lock.Write(t);
    co_await t->Compute(Millis(5));
    lock.Downgrade(t);
    co_await t->Compute(Millis(5));
    lock.Unlock(t);
  });
  Holder("r", &lock, Read<Rwsem>, 1, 1);
  Holder("w2", &lock, Write<Rwsem>, 2, 1);
  world_.Run();
  EXPECT_THAT(log_, ElementsAre("r@5", "w2@10"));
}

// ---- rrwlock ----

// A reader takes the lock, a writer comes, the reader takes it again.
bool ReentrantReaderGetsIn(bool track_all) {
  World world;
  Rrwlock lock(&world.machine, "dp_config", track_all);
  bool in_again = false;
  world.Kernel("reader", [&](Thread* t) -> sim::Task<> {
    co_await lock.Read(t);
    co_await t->Compute(Millis(10));
    co_await lock.Read(t);
    in_again = true;
    lock.Unlock(t);
    lock.Unlock(t);
  });
  bool written = false;
  world.Kernel(
      "writer",
      [&](Thread* t) -> sim::Task<> {
        co_await lock.Write(t);
        written = true;
        lock.Unlock(t);
      },
      Millis(1));
  world.Run();
  return in_again && written;
}

TEST_F(LockTest, AReaderOfAnRrwlockMayAlwaysReenter) {
  EXPECT_TRUE(ReentrantReaderGetsIn(true));
  EXPECT_TRUE(ReentrantReaderGetsIn(false));
}

TEST_F(LockTest, WithTrackAllAWaitingWriterBlocksNewReaders) {
  Rrwlock lock(&world_.machine, "dp_config", true);
  Holder("r1", &lock, Read<Rrwlock>, 0, 10);
  Thread* w = Holder("w", &lock, Write<Rrwlock>, 1, 10);
  Thread* r2 = Holder("r2", &lock, Read<Rrwlock>, 2, 10);
  world_.RunUntil(Millis(5));
  EXPECT_TRUE(WaitGraph(world_.machine).Needs(r2, w));
  world_.Run();
  EXPECT_THAT(log_, ElementsAre("r1@0", "w@10", "r2@20"));
}

// r1 came in before a writer wanted the lock: it is anonymous, and while it is in others
// may follow. r2 and r3 came in while one waited: they are tracked, and no ticket for r4.
TEST_F(LockTest, WithoutTrackAllNewReadersFollowAnUntrackedOne) {
  Rrwlock lock(&world_.machine, "z_teardown", false);
  Holder("r1", &lock, Read<Rrwlock>, 0, 10);
  Holder("w", &lock, Write<Rrwlock>, 1, 10);
  Holder("r2", &lock, Read<Rrwlock>, 2, 20);
  Holder("r3", &lock, Read<Rrwlock>, 3, 5);
  Holder("r4", &lock, Read<Rrwlock>, 12, 5);
  world_.Run();
  EXPECT_THAT(log_, ElementsAre("r1@0", "r2@2", "r3@3", "w@22", "r4@32"));
}

// ---- semaphore ----

TEST_F(LockTest, ASemaphoreLetsSoManyIn) {
  Semaphore semaphore(&world_.machine, "s", 2);
  for (int i = 0; i < 4; ++i) {
    world_.Kernel("t" + std::to_string(i), [&](Thread* t) -> sim::Task<> {
      co_await semaphore.Down(t);
      log_.push_back(t->name() + "@" + std::to_string(t->machine().now().ns() / 1'000'000));
      co_await t->Compute(Millis(10));
      semaphore.Up(t);
    });
  }
  world_.Run();
  EXPECT_THAT(log_, ElementsAre("t0@0", "t1@0", "t2@10", "t3@10"));
  EXPECT_EQ(semaphore.available(), 2);
}

TEST_F(LockTest, AnyHolderOfASemaphoreCanEndTheWait) {
  Semaphore semaphore(&world_.machine, "s", 2);
  Thread* stuck = world_.Kernel("stuck", [&](Thread* t) -> sim::Task<> {
    co_await semaphore.Down(t);
    co_await t->Wait(t->machine().hang_event(), {});
  });
  Thread* works = world_.Kernel("works", [&](Thread* t) -> sim::Task<> {
    co_await semaphore.Down(t);
    co_await t->Compute(Millis(10));
  });
  Thread* waits = world_.Kernel("waits", [&](Thread* t) -> sim::Task<> { co_await semaphore.Down(t); });
  world_.RunUntil(Millis(1));
  WaitGraph graph(world_.machine);
  EXPECT_TRUE(graph.Needs(waits, stuck));
  EXPECT_TRUE(graph.Needs(waits, works));
  EXPECT_THAT(graph.Hung(), ElementsAre("stuck"));
  world_.Run();  // `works` ends without giving its unit back.
  EXPECT_THAT(WaitGraph(world_.machine).Hung(), ElementsAre("stuck", "waits"));
}

TEST_F(LockTest, ASemaphoreRaisedByWhoHoldsNothingGrows) {
  Semaphore semaphore(&world_.machine, "s", 0);
  world_.Kernel("up", [&](Thread* t) -> sim::Task<> {
    semaphore.Up(t);
    co_return;
  });
  world_.Run();
  EXPECT_EQ(semaphore.available(), 1);
}

// ---- spinlock ----

TEST(SpinLockTest, AWaiterBurnsItsCoreAndIsNotPreempted) {
  World world(Cores(2));
  SpinLock lock(&world.machine, "s");
  world.Kernel("holder", [&](Thread* t) -> sim::Task<> {
    co_await lock.LockIt(t);
    EXPECT_TRUE(t->atomic());
    co_await t->Compute(Millis(20));
    lock.Unlock(t);
    EXPECT_FALSE(t->atomic());
  });
  Thread* waiter = world.Kernel("waiter", [&](Thread* t) -> sim::Task<> {
    co_await lock.LockIt(t);
    EXPECT_TRUE(t->atomic());
    lock.Unlock(t);
  });
  int64_t ran = 0;
  world.User("other", [&](Thread* t) -> sim::Task<> {
    ran = t->machine().now().ns();
    co_return;
  });
  world.RunUntil(Millis(10));
  EXPECT_EQ(waiter->StateLetter(), 'R');
  EXPECT_EQ(ran, 0);
  world.Run();
  EXPECT_EQ(ran, 20'000'000);
  EXPECT_EQ(waiter->figures().cpu_spin_ns, 20'000'000);
}

// ---- holds that are given away ----

class Transfer final : public Actor {
 public:
  Transfer() : Actor(ActorKind::kIo, "io") {}
  Condition Examine(EnderSet* enders) const override {
    enders->clock = true;
    return Condition::kDepends;
  }
  void OnHoldGiven(class Lock* lock) override { given.Add(lock); }
  GivenHolds given;
};

TEST_F(LockTest, AHoldGivenToAnIoIsReleasedWhenThatEnds) {
  Rwsem lock(&world_.machine, "SCL_STATE", true);
  Transfer io;
  world_.Kernel("submitter", [&](Thread* t) -> sim::Task<> {
    co_await lock.Read(t);
    lock.GiveTo(t, &io);
    EXPECT_FALSE(lock.HeldBy(t));
    EXPECT_TRUE(lock.HeldBy(&io, Lock::kRead));
  });
  Thread* writer = Holder("writer", &lock, Write<Rwsem>, 1, 1);
  world_.RunUntil(Millis(5));
  WaitGraph graph(world_.machine);
  EXPECT_TRUE(graph.Needs(writer, &io));
  EXPECT_THAT(graph.Hung(), IsEmpty());
  io.given.ReleaseAll(&io, nullptr);
  io.given.ReleaseAll(&io, nullptr);  // Does nothing.
  world_.Run();
  EXPECT_THAT(log_, ElementsAre("writer@5"));
}

}  // namespace
}  // namespace model
