// SPDX-License-Identifier: Apache-2.0
#include "model/sync/worker_pool.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/sync/lock.h"
#include "tests/model/support/wait_graph.h"
#include "tests/model/support/world.h"

namespace model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class WorkerPoolTest : public ::testing::Test {
 protected:
  // Computes for so long and notes "item@ms on worker" at its end.
  WorkBody Computes(int64_t ms) {
    return [this, ms](Thread* t, Work* work) -> sim::Task<> {
      co_await t->Compute(Millis(ms));
      log_.push_back(work->name() + "@" + std::to_string(t->machine().now().ns() / 1'000'000) + " on " +
                     t->name());
    };
  }

  World world_;
  std::vector<std::string> log_;
};

TEST_F(WorkerPoolTest, ItemsStartInOrderOnAsManyWorkersAsThereAre) {
  WorkerPool pool(&world_.machine, "z_wr_iss", {.count = 2});
  world_.RunUntil(Millis(1));
  EXPECT_EQ(pool.threads()[0]->name(), "z_wr_iss/1");
  EXPECT_TRUE(pool.threads()[0]->idles());
  EXPECT_EQ(pool.threads()[0]->StateLetter(), 'S');
  EXPECT_THAT(WaitGraph(world_.machine).Hung(), IsEmpty());
  for (const char* name : {"a", "b", "c"}) pool.Queue(name, Computes(10), nullptr);
  EXPECT_FALSE(pool.idle());
  world_.Run();
  EXPECT_THAT(log_, ElementsAre("a@11 on z_wr_iss/1", "b@11 on z_wr_iss/2", "c@21 on z_wr_iss/1"));
  EXPECT_TRUE(pool.idle());
}

TEST_F(WorkerPoolTest, OneWaitsForAnItemOrForAll) {
  WorkerPool pool(&world_.machine, "p", {.count = 1});
  std::shared_ptr<Work> first = pool.Queue("first", Computes(10), nullptr);
  pool.Queue("second", Computes(10), nullptr);
  int64_t first_at = 0, all_at = 0, again_at = 0;
  Thread* one = world_.Kernel("one", [&](Thread* t) -> sim::Task<> {
    EXPECT_EQ(co_await first->Wait(t), 0);
    first_at = t->machine().now().ns();
    EXPECT_EQ(co_await first->Wait(t), 0);  // It has ended: no wait.
  });
  world_.Kernel("all", [&](Thread* t) -> sim::Task<> {
    EXPECT_EQ(co_await pool.WaitIdle(t), 0);
    all_at = t->machine().now().ns();
    EXPECT_EQ(co_await pool.WaitIdle(t), 0);
    again_at = t->machine().now().ns();
  });
  world_.RunUntil(Millis(1));
  EXPECT_EQ(one->StateLetter(), 'D');
  EXPECT_STREQ(one->Stack().front(), "flush_work");
  EXPECT_EQ(first->state(), WorkState::kRunning);
  EXPECT_EQ(pool.RunningOn(first->worker()), first.get());
  EXPECT_EQ(first->reported_name(), "p");
  world_.Run();
  EXPECT_EQ(first_at, 10'000'000);
  EXPECT_EQ(all_at, 20'000'000);
  EXPECT_EQ(again_at, 20'000'000);
}

TEST_F(WorkerPoolTest, AnItemThatHasNotBegunIsCancelled) {
  WorkerPool pool(&world_.machine, "p", {.count = 1});
  std::shared_ptr<Work> runs = pool.Queue("runs", Computes(10), nullptr);
  std::shared_ptr<Work> queued = pool.Queue("queued", Computes(10), nullptr);
  int waited = 0;
  world_.Kernel("waiter", [&](Thread* t) -> sim::Task<> { waited = co_await queued->Wait(t); });
  world_.Kernel(
      "canceller",
      [&](Thread* t) -> sim::Task<> {
        EXPECT_TRUE(co_await queued->Cancel(t, true));
        EXPECT_FALSE(co_await runs->Cancel(t, false));
        EXPECT_EQ(t->machine().now().ns(), 1'000'000);
        EXPECT_FALSE(co_await runs->Cancel(t, true));
        EXPECT_EQ(t->machine().now().ns(), 10'000'000);
      },
      Millis(1));
  world_.Run();
  EXPECT_EQ(waited, kECANCELED);
  EXPECT_EQ(queued->state(), WorkState::kCancelled);
  EXPECT_THAT(log_, ElementsAre("runs@10 on p/1"));
}

// Items that block for 10 ms each.
WorkBody Blocks(int64_t ms) {
  return [ms](Thread* t, Work*) -> sim::Task<> {
    co_await t->SleepFor(Millis(ms), SleepKind::kUninterruptible);
  };
}

TEST_F(WorkerPoolTest, ThePoolGrowsWhenAllWorkersBlockUpToItsMaximum) {
  WorkerPool pool(&world_.machine, "p", {.count = 2, .max = 4});
  for (int i = 0; i < 3; ++i) pool.Queue("blocks", Blocks(10), nullptr);
  world_.RunUntil(Millis(1));
  EXPECT_EQ(pool.live_threads(), 3);
  for (int i = 0; i < 7; ++i) pool.Queue("blocks", Blocks(10), nullptr);
  world_.RunUntil(Millis(2));
  EXPECT_EQ(pool.live_threads(), 4);
  EXPECT_EQ(pool.queued().size(), 6u);
  world_.Run();
  // 10 items on 4 workers: three began at 0 and a fourth at 1 ms, then 3 + 1, then two more at 20 ms.
  EXPECT_EQ(world_.now_ns(), 30'000'000);
  EXPECT_EQ(pool.live_threads(), 4);
}

TEST_F(WorkerPoolTest, ARescuerTakesItemsWhenNobodyElseCan) {
  WorkerPool pool(&world_.machine, "p", {.count = 1, .rescuer = true});
  world_.RunUntil(Millis(1));
  pool.Queue("blocks", Blocks(10), nullptr);
  pool.Queue("rescued", Computes(1), nullptr);
  pool.Queue("rescued too", Computes(1), nullptr);
  world_.Run();
  EXPECT_THAT(log_, ElementsAre("rescued@2 on p/rescuer", "rescued too@3 on p/rescuer"));
  log_.clear();
  pool.Queue("ordinary", Computes(1), nullptr);
  world_.Run();
  EXPECT_THAT(log_, ElementsAre("ordinary@12 on p/1"));
}

// The shape of openzfs/zfs #14236: the holder of a lock waits for an item behind items
// that wait for the lock.
std::vector<std::string> HungWith(int workers, int frees) {
  World world;
  Mutex svr_lock(&world.machine, "svr_lock");
  WorkerPool pool(&world.machine, "z_rd_int", {.count = workers});
  world.Kernel("removal", [&](Thread* t) -> sim::Task<> {
    co_await svr_lock.LockIt(t);
    co_await t->SleepFor(Millis(1), SleepKind::kUninterruptible);
    std::shared_ptr<Work> read = pool.Queue(
        "read", [](Thread* w, Work*) -> sim::Task<> { co_await w->Compute(Micros(5)); }, t);
    co_await read->Wait(t);
    svr_lock.Unlock(t);
  });
  for (int i = 0; i < frees; ++i) {
    world.At(Micros(100), [&] {
      pool.Queue(
          "free",
          [&](Thread* w, Work*) -> sim::Task<> {
            co_await svr_lock.LockIt(w);
            svr_lock.Unlock(w);
          },
          nullptr);
    });
  }
  world.Run();
  return WaitGraph(world.machine).Hung();
}

TEST_F(WorkerPoolTest, ItHangsExactlyWhenNoWorkerIsLeft) {
  EXPECT_THAT(HungWith(4, 3), IsEmpty());
  EXPECT_THAT(HungWith(4, 4), ElementsAre("z_rd_int/1", "z_rd_int/2", "z_rd_int/3", "z_rd_int/4", "removal"));
  EXPECT_THAT(HungWith(5, 4), IsEmpty());
}

TEST_F(WorkerPoolTest, AQueuedItemNeedsAnyWorkerARunningOneItsOwn) {
  WorkerPool pool(&world_.machine, "p", {.count = 2});
  Mutex mutex(&world_.machine, "m");
  world_.Kernel("holder", [&](Thread* t) -> sim::Task<> {
    co_await mutex.LockIt(t);
    co_await t->Wait(t->machine().hang_event(), {});
  });
  world_.RunUntil(Millis(1));
  std::shared_ptr<Work> stuck = pool.Queue(
      "stuck", [&](Thread* t, Work*) -> sim::Task<> { co_await mutex.LockIt(t); }, nullptr);
  pool.Queue("runs", Computes(10), nullptr);
  std::shared_ptr<Work> queued = pool.Queue("queued", Computes(10), nullptr);
  Thread* a = world_.Kernel("a", [&](Thread* t) -> sim::Task<> { co_await stuck->Wait(t); });
  Thread* b = world_.Kernel("b", [&](Thread* t) -> sim::Task<> { co_await queued->Wait(t); });
  world_.RunUntil(Millis(2));
  WaitGraph graph(world_.machine);
  EXPECT_TRUE(graph.Needs(a, pool.threads()[0]));
  EXPECT_FALSE(graph.Needs(a, pool.threads()[1]));
  EXPECT_TRUE(graph.Needs(b, pool.threads()[0]));
  EXPECT_TRUE(graph.Needs(b, pool.threads()[1]));
  EXPECT_THAT(graph.Hung(), ElementsAre("p/1", "holder", "a"));
  EXPECT_FALSE(graph.Progresses(stuck.get()));
  world_.Run();
}

TEST_F(WorkerPoolTest, APausedPoolTakesNothing) {
  WorkerPool pool(&world_.machine, "p", {.count = 1});
  world_.RunUntil(Millis(1));
  pool.SetPaused(true, nullptr);
  std::shared_ptr<Work> work = pool.Queue("item", Computes(1), nullptr);
  world_.Run();
  EXPECT_EQ(work->state(), WorkState::kQueued);
  EnderSet enders;
  work->Examine(&enders);
  EXPECT_TRUE(enders.outside);
  pool.SetPaused(false, nullptr);
  world_.Run();
  EXPECT_EQ(work->state(), WorkState::kDone);
}

TEST_F(WorkerPoolTest, WorkersOfAProcessEndWhenThePoolIsClosed) {
  Thread* app = world_.User("app", [](Thread* t) -> sim::Task<> { co_await t->Compute(Millis(50)); });
  WorkerPool pool(&world_.machine, "p", {.count = 0, .max = 2, .process = app->process()});
  const auto sleeps = [](Thread* t, Work*) -> sim::Task<> {
    co_await t->SleepFor(Millis(20), SleepKind::kUninterruptible);
  };
  for (const char* name : {"a", "b", "c"}) pool.Queue(name, sleeps, nullptr);
  world_.RunUntil(Millis(10));
  EXPECT_EQ(pool.live_threads(), 2);  // The second was made when the first one went to sleep.
  EXPECT_EQ(pool.threads()[0]->process(), app->process());
  EXPECT_TRUE(pool.threads()[0]->service());
  const std::shared_ptr<Work> queued = pool.queued().front();
  EXPECT_TRUE(pool.TakeBack(queued.get(), nullptr));
  EXPECT_FALSE(pool.TakeBack(queued.get(), nullptr));
  pool.Close(nullptr);
  world_.RunUntil(Millis(30));
  EXPECT_EQ(pool.live_threads(), 0);
  EXPECT_FALSE(app->ended());
}

}  // namespace
}  // namespace model
