// SPDX-License-Identifier: Apache-2.0
//
// Pool faults, deadman, multihost: who waits, who is refused, what frees them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "model/admin/admin_command.h"
#include "tests/support/pool_fixture.h"

namespace model {
namespace {

using sim::SimDuration;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

sim::Task<> Shell(Thread* thread, ZfsModule* module, std::string line, int* exit_code) {
  absl::StatusOr<AdminCommand> command = ParseAdminCommand(line);
  SIM_CHECK(command.ok());
  AdminResult result = co_await RunAdminCommand(thread, module, *std::move(command));
  *exit_code = result.exit_code;
}

sim::Task<> WriteOnce(Thread* thread, Pool* pool, int64_t bytes, int* result) {
  thread->EnterKernel();
  *result = co_await pool->Write(thread, pool->tree().root(), bytes);
  co_await thread->ReturnToUser();
}

sim::Task<> ReadOnce(Thread* thread, Pool* pool, int* result) {
  thread->EnterKernel();
  *result = co_await pool->Read(thread, 4096);
  co_await thread->ReturnToUser();
}

sim::Task<> WriteAndSync(Thread* thread, Pool* pool, int* result) {
  thread->EnterKernel();
  *result = co_await pool->Write(thread, pool->tree().root(), 4096);
  if (*result == 0) *result = co_await pool->Fsync(thread, pool->tree().root());
  co_await thread->ReturnToUser();
}

struct Fault : sim::EventHandler {
  explicit Fault(std::function<void()> what)
      : EventHandler([](sim::EventHandler* self) { static_cast<Fault*>(self)->run(); }),
        run(std::move(what)) {}
  std::function<void()> run;
};

class SuspendTest : public ::testing::Test {
 protected:
  void Build(const PoolFixture::Settings& settings) {
    f = std::make_unique<PoolFixture>(settings);
    f->module.OnPanic([this](std::string text) { panic = std::move(text); });
  }
  void At(SimDuration at, std::function<void()> what) {
    faults.push_back(std::make_unique<Fault>(std::move(what)));
    f->simulation.CallAt(sim::SimTime::Start() + at, faults.back().get());
  }
  void Sh(const std::string& name, SimDuration at, const std::string& line, int* exit_code) {
    *exit_code = -1;
    f->Run(name, at, [this, line, exit_code](Thread* t) { return Shell(t, &f->module, line, exit_code); });
  }
  char StateOf(const std::string& name) { return f->machine.FindThread(name)->StateLetter(); }

  std::vector<std::unique_ptr<Fault>> faults;
  std::unique_ptr<PoolFixture> f;
  std::string panic;
};

TEST_F(SuspendTest, ASyncThatCannotWriteSuspendsThePoolAndResumesWithClear) {
  Build({});
  int in_flight, late, clear_early, clear;
  Sh("in-flight", SimDuration::Millis(1000), "zfs snapshot tank@a", &in_flight);
  At(SimDuration::Millis(999), [&] { f->device.SetOffline(true); });
  Sh("late", SimDuration::Millis(2000), "zfs snapshot tank@b", &late);
  Sh("clear-early", SimDuration::Millis(3000), "zpool clear tank", &clear_early);
  f->RunUntil(SimDuration::Seconds(4));
  EXPECT_TRUE(f->pool->suspended());
  EXPECT_EQ(in_flight, -1);
  EXPECT_EQ(StateOf("in-flight"), 'D');
  EXPECT_EQ(StateOf("txg_sync"), 'D');
  EXPECT_EQ(late, 2);         // EAGAIN, at once: `zfs snapshot` cannot open the filesystem.
  EXPECT_EQ(clear_early, 1);  // What it issued anew failed again.
  At(SimDuration::Seconds(5), [&] { f->device.SetOffline(false); });
  f->RunUntil(SimDuration::Seconds(6));
  EXPECT_EQ(in_flight, -1);  // Nothing happens by itself.
  Sh("clear", SimDuration::Seconds(7), "zpool clear tank", &clear);
  f->RunUntil(SimDuration::Seconds(8));
  EXPECT_EQ(clear, 0);
  EXPECT_EQ(in_flight, 0);
  EXPECT_FALSE(f->pool->suspended());
}

// dmu_tx_wait: not for the resume, but for the txg that it lets go on, which has 300 MiB left to write at
// 100 MiB/s.
TEST_F(SuspendTest, WhoComesToASuspendedPoolWaitsForTheTxgThatIsParked) {
  Build({.disk_bandwidth = 100 << 20});
  int big = -1, late = -1, clear;
  f->Run("big", SimDuration::Millis(1),
         [&](Thread* t) { return WriteOnce(t, f->pool.get(), 400 << 20, &big); });
  At(SimDuration::Seconds(1), [&] { f->device.SetOffline(true); });
  f->Run("late", SimDuration::Seconds(2), [&](Thread* t) { return WriteOnce(t, f->pool.get(), 4096, &late); });
  At(SimDuration::Seconds(3), [&] { f->device.SetOffline(false); });
  Sh("clear", SimDuration::Seconds(3), "zpool clear tank", &clear);
  f->RunUntil(SimDuration::Seconds(4));
  EXPECT_FALSE(f->pool->suspended());
  EXPECT_EQ(late, -1);
  f->RunUntil(SimDuration::Seconds(20));
  EXPECT_EQ(clear, 0);
  EXPECT_EQ(late, 0);
}

TEST_F(SuspendTest, FailmodeDecidesAboutNewWritesAndReadsOnly) {
  for (const FailMode mode : {FailMode::kWait, FailMode::kContinue}) {
    Build({.failmode = mode});
    int snapshot = -1, write = -1, read = -1, fsync = -1;
    Sh("zfs", SimDuration::Millis(1000), "zfs snapshot tank@a", &snapshot);
    At(SimDuration::Millis(999), [&] { f->device.SetOffline(true); });
    f->Run("w", SimDuration::Seconds(2),
           [&](Thread* t) { return WriteOnce(t, f->pool.get(), 4096, &write); });
    f->Run("r", SimDuration::Seconds(2), [&](Thread* t) { return ReadOnce(t, f->pool.get(), &read); });
    f->Run("s", SimDuration::Seconds(2), [&](Thread* t) { return WriteAndSync(t, f->pool.get(), &fsync); });
    f->RunUntil(SimDuration::Seconds(3));
    const int expected = mode == FailMode::kContinue ? kEIO : -1;
    EXPECT_EQ(snapshot, -1);  // Administration in flight hangs either way.
    EXPECT_EQ(write, expected);
    EXPECT_EQ(read, expected);
    EXPECT_EQ(fsync, expected);
  }
}

TEST_F(SuspendTest, FailmodePanicStopsTheMachine) {
  Build({.failmode = FailMode::kPanic});
  int snapshot;
  Sh("zfs", SimDuration::Millis(1000), "zfs snapshot tank@a", &snapshot);
  At(SimDuration::Millis(999), [&] { f->device.SetOffline(true); });
  f->RunUntil(SimDuration::Seconds(2));
  EXPECT_THAT(panic, HasSubstr("failmode is panic"));
}

// A read that fails otherwise than by a device that is gone is the reader's problem.
TEST_F(SuspendTest, AReadErrorSuspendsNothing) {
  Build({});
  f->device.SetError(kEIO);
  int read = -1;
  f->Run("r", SimDuration::Seconds(1), [&](Thread* t) { return ReadOnce(t, f->pool.get(), &read); });
  f->RunUntil(SimDuration::Seconds(2));
  EXPECT_EQ(read, kEIO);
  EXPECT_FALSE(f->pool->suspended());
}

// The first look is ziotime after the wait began, the next checktime later.
TEST_F(SuspendTest, TheDeadmanOfALostIoOnlyReportsWithWait) {
  PoolTunables tunables;
  tunables.zfs_deadman_ziotime_ms = 10'000;
  tunables.zfs_deadman_synctime_ms = 25'000;
  tunables.zfs_deadman_checktime_ms = 4'000;
  Build({.tunables = tunables});
  int snapshot;
  Sh("zfs", SimDuration::Seconds(1), "zfs snapshot tank@a", &snapshot);
  At(SimDuration::Millis(999), [&] { f->device.LoseNextCompletion(); });
  f->RunUntil(SimDuration::Millis(19'500));
  std::vector<int64_t> seconds;
  for (const PoolEvent& event : f->pool->events()) seconds.push_back(event.at.ns() / 1'000'000'000);
  EXPECT_THAT(seconds, ElementsAre(11, 15, 19));
  EXPECT_EQ(snapshot, -1);
  f->RunUntil(SimDuration::Seconds(27));
  EXPECT_THAT(f->pool->events().back().text, HasSubstr("slow"));
}

TEST_F(SuspendTest, TheDeadmanBeginsALostIoAnewWithContinue) {
  PoolTunables tunables;
  tunables.zfs_deadman_ziotime_ms = 10'000;
  tunables.zfs_deadman_failmode = static_cast<int64_t>(DeadmanMode::kContinue);
  Build({.tunables = tunables});
  int snapshot;
  Sh("zfs", SimDuration::Seconds(1), "zfs snapshot tank@a", &snapshot);
  At(SimDuration::Millis(999), [&] { f->device.LoseNextCompletion(); });
  f->RunUntil(SimDuration::Millis(10'900));
  EXPECT_EQ(snapshot, -1);
  f->RunUntil(SimDuration::Millis(11'100));
  EXPECT_EQ(snapshot, 0);
}

TEST_F(SuspendTest, TheDeadmanPanicsWithPanic) {
  PoolTunables tunables;
  tunables.zfs_deadman_ziotime_ms = 10'000;
  tunables.zfs_deadman_failmode = static_cast<int64_t>(DeadmanMode::kPanic);
  Build({.tunables = tunables});
  int snapshot;
  Sh("zfs", SimDuration::Seconds(1), "zfs snapshot tank@a", &snapshot);
  At(SimDuration::Millis(999), [&] { f->device.Stall(std::nullopt); });
  f->RunUntil(SimDuration::Seconds(12));
  EXPECT_THAT(panic, HasSubstr("hung"));
}

// 40 s without an answer, then it comes: one slow I/O above 30 s, of each kind under way.
TEST_F(SuspendTest, AnIoSlowerThanZioSlowIoMsIsCounted) {
  Build({});
  int read = -1;
  At(SimDuration::Seconds(1), [&] { f->device.Stall(SimDuration::Seconds(40)); });
  f->Run("r", SimDuration::Seconds(2), [&](Thread* t) { return ReadOnce(t, f->pool.get(), &read); });
  f->RunUntil(SimDuration::Seconds(45));
  EXPECT_EQ(read, 0);
  EXPECT_EQ(f->pool->slow_ios(), 1);
  ASSERT_EQ(f->pool->events().size(), 1u);
  EXPECT_EQ(f->pool->events()[0].kind, "delay");
}

TEST_F(SuspendTest, MultihostSuspendsAfterTenIntervalsWithoutAHeartbeat) {
  Build({.multihost = true});
  At(SimDuration::Millis(5'500), [&] { f->device.Stall(std::nullopt); });
  f->RunUntil(SimDuration::Seconds(14));
  EXPECT_FALSE(f->pool->suspended());
  f->RunUntil(SimDuration::Seconds(17));
  EXPECT_EQ(f->pool->suspend_reason(), SuspendReason::kMultihost);
  // Another host may have the pool by now: clear must not bring it back.
  f->device.EndStall();
  f->pool->set_other_host_active(true);
  int clear;
  Sh("clear", SimDuration::Seconds(18), "zpool clear tank", &clear);
  f->RunUntil(SimDuration::Seconds(19));
  EXPECT_EQ(clear, 1);
  EXPECT_TRUE(f->pool->suspended());
  f->pool->set_other_host_active(false);
  Sh("clear2", SimDuration::Seconds(20), "zpool clear tank", &clear);
  f->RunUntil(SimDuration::Seconds(21));
  EXPECT_EQ(clear, 0);
}

// mmp.c:mmp_thread: each leaf gets a heartbeat an interval, so two of them get twenty in ten seconds.
TEST(MultihostTest, EachLeafGetsAHeartbeatAnInterval) {
  PoolFixture one;
  Device first(&one.machine, "a", {});
  Device second(&one.machine, "b", {});
  DeviceGroup pair(&one.machine, "pair", std::vector<Device*>{&first, &second});
  Pool::Options options;
  options.name = "pair";
  options.multihost = true;
  options.only_pool = false;
  options.tunables.zfs_dirty_data_max = 1 << 30;
  options.tunables.zfs_txg_timeout_ns = 1'000'000'000'000;  // No uberblock of a txg.
  Pool pool(&one.module, options, &pair, DatasetTree("pair", uint64_t{1} << 40));
  pool.Start();
  one.RunUntil(SimDuration::Millis(10'250));
  EXPECT_EQ(first.figures().writes, 10);
  EXPECT_EQ(second.figures().writes, 10);
  one.simulation.DestroyTasks();
}

TEST_F(SuspendTest, AnIdlePoolWithMultihostWritesAnUberblockATxg) {
  Build({.multihost = true});
  f->RunUntil(SimDuration::Seconds(16));
  EXPECT_EQ(f->pool->uberblocks_written(), 3);
}

}  // namespace
}  // namespace model
