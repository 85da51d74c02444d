// SPDX-License-Identifier: Apache-2.0
//
// The throttle in motion, and what its victims look like to ps.
#include <gtest/gtest.h>

#include "tests/support/pool_fixture.h"

namespace model {
namespace {

using sim::SimDuration;
using sim::SimTime;

constexpr int64_t kMax = 256 << 20;
constexpr int64_t kSize = 128 << 10;

// Closes the sync gate for good, so that no sync interferes.
sim::Task<> HoldGate(Thread* thread, Pool* pool) {
  thread->EnterKernel();
  co_await pool->pipeline().CloseSyncGate(thread, thread);
  co_await thread->SleepFor(SimDuration::Seconds(1000), SleepKind::kUninterruptible);
}

// A device that writes out one write's worth of dirty data every `period`.
sim::Task<> Drain(Thread* thread, Pool* pool, SimDuration period) {
  thread->EnterKernel();
  for (;;) {
    co_await thread->SleepFor(period, SleepKind::kUninterruptible);
    pool->dirty().Undirty(kSize, pool->pipeline().open_txg());
  }
}

struct ThrottleFixture : PoolFixture {
  ThrottleFixture() : PoolFixture({.dirty_data_max = kMax}) {
    Run("holder", SimDuration::Nanos(0), [this](Thread* t) { return HoldGate(t, pool.get()); });
  }
  ~ThrottleFixture() { simulation.DestroyTasks(); }
  Load& Write(int threads) {
    load = std::make_unique<Load>(pool.get(), LoadOptions{.name = "db",
                                                          .count = threads,
                                                          .size_bytes = kSize,
                                                          .dataset = "tank",
                                                          .at = SimTime::Start() + SimDuration::Millis(1)});
    load->Start();
    return *load;
  }
  std::unique_ptr<Load> load;
};

// In equilibrium as much is written as drained, so the delay is the drain's period p, and
// dirty data stands where the formula gives it: t(d) = p at d = (p M + scale min) / (scale + p).
// With p = 1 ms, M = 256 MiB, min = 0.6 M, scale = 0.5 ms: d = (M + 0.5 * 0.6 M) / 1.5 = 13/15 M.
TEST(ThrottleTest, TheThrottledRateIsTheFixedPointOfTheFormula) {
  for (int threads : {1, 8}) {
    ThrottleFixture f;
    Load& load = f.Write(threads);
    f.Run("disk", SimDuration::Nanos(0),
          [&](Thread* t) { return Drain(t, f.pool.get(), SimDuration::Millis(1)); });
    f.RunUntil(SimDuration::Seconds(20));
    const double expected_dirty = 13.0 / 15.0 * kMax;
    EXPECT_NEAR(static_cast<double>(f.pool->dirty().total()), expected_dirty, 0.01 * expected_dirty)
        << threads;
    const int64_t before = load.figures().ops;
    f.RunUntil(SimDuration::Seconds(30));
    EXPECT_NEAR(static_cast<double>(load.figures().ops - before), 10'000.0, 100.0)
        << threads;  // One a period.
  }
}

TEST(ThrottleTest, ADelayedWriterSleepsInD) {
  ThrottleFixture f;
  Load& load = f.Write(1);
  // 60 % of 256 MiB is passed after 1229 writes of about 15 us each: then it is delayed.
  f.RunUntil(SimDuration::Millis(500));
  const Thread* writer = load.process()->threads().front();
  EXPECT_EQ(writer->StateLetter(), 'D');
  EXPECT_STREQ(writer->Stack()[0], "dmu_tx_delay");
  EXPECT_GT(load.delay_ns(), 0);
  EXPECT_EQ(load.stall_ns(), 0);
}

TEST(ThrottleTest, AWriterAtTheHardLimitSleepsInDAndNoSignalReachesIt) {
  ThrottleFixture f;
  Load& load = f.Write(4);
  f.RunUntil(SimDuration::Seconds(60));
  for (const Thread* writer : load.process()->threads()) {
    EXPECT_EQ(writer->StateLetter(), 'D');
    EXPECT_STREQ(writer->Stack()[0], "dmu_tx_wait");
    EXPECT_FALSE(writer->Killable());
  }
  EXPECT_GE(f.pool->dirty().total(), kMax);
  f.machine.Signal(load.process(), kSigKill);
  f.RunUntil(SimDuration::Seconds(61));
  EXPECT_FALSE(load.process()->ended());
}

TEST(ThrottleTest, TheSyncThreadWaitsForItsDisksInD) {
  PoolFixture f({.disk_service = SimDuration::Millis(100)});
  Load load(f.pool.get(), {.name = "db", .count = 1, .bytes_per_s = 1 << 20, .dataset = "tank"});
  load.Start();
  f.RunUntil(SimDuration::Millis(5'050));
  const Thread* sync = f.pool->pipeline().sync_thread();
  EXPECT_EQ(sync->StateLetter(), 'D');
  EXPECT_TRUE(sync->waiter().io);
}

// dp_config_rwlock: a long reader stalls the sync thread, and behind that writer new readers wait.
sim::Task<> LongReader(Thread* thread, Pool* pool) {
  thread->EnterKernel();
  co_await pool->config_lock().Read(thread);
  co_await thread->Compute(SimDuration::Seconds(3));
  pool->config_lock().Unlock(thread);
  co_await thread->ReturnToUser();
}
sim::Task<> ShortReader(Thread* thread, Pool* pool) {
  thread->EnterKernel();
  co_await pool->config_lock().Read(thread);
  pool->config_lock().Unlock(thread);
  co_await thread->ReturnToUser();
}

TEST(ConfigLockTest, ALongReaderStallsTheSyncAndNewReadersWaitBehindIt) {
  PoolFixture f;
  f.Run("program", SimDuration::Seconds(4), [&](Thread* t) { return LongReader(t, f.pool.get()); });
  Process* list =
      f.Run("list", SimDuration::Seconds(6), [&](Thread* t) { return ShortReader(t, f.pool.get()); });
  f.RunUntil(SimDuration::Millis(6'500));  // The txg that was due at 5 s.
  EXPECT_EQ(f.pool->pipeline().sync_thread()->waiter().on, &f.pool->config_lock());
  EXPECT_EQ(f.pool->pipeline().sync_thread()->StateLetter(), 'D');
  EXPECT_EQ(list->threads().front()->StateLetter(), 'D');
  f.RunUntil(SimDuration::Millis(7'500));
  EXPECT_TRUE(list->ended());
}

}  // namespace
}  // namespace model
