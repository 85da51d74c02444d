// SPDX-License-Identifier: Apache-2.0
#include "model/watch/hung_set.h"

#include <memory>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/model/watch/things.h"

namespace model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(HungSetTest, TwoThreadsInOppositeOrderAndAVictim) {
  World world({.cores = 2});
  Mutex inode(&world.machine, "inode"), journal(&world.machine, "journal");
  world.Kernel("writeback", [&](Thread* t) { return TakeBoth(t, &inode, &journal); });
  world.Kernel("commit", [&](Thread* t) { return TakeBoth(t, &journal, &inode); });
  Thread* ls = world.User(
      "ls", [&](Thread* t) { return TakeOne(t, &inode); }, Millis(1));
  // Timers that tick elsewhere change nothing.
  world.Kernel("ticker", [](Thread* t) { return Tick(t, Millis(1)); });
  world.RunUntil(Seconds(1));

  const HungSet hung(world.machine);
  EXPECT_THAT(Names(hung.threads()), ElementsAre("writeback", "commit", "ls"));
  ASSERT_EQ(hung.hangs().size(), 1u);
  EXPECT_EQ(hung.hangs()[0].cause, WaitPhase::kNever);
  ASSERT_EQ(hung.hangs()[0].cycles.size(), 1u);
  EXPECT_THAT(hung.hangs()[0].cycles[0].names, ElementsAre("writeback", "commit"));
  // ls waits for writeback's inode; then the cycle closes at writeback.
  const std::vector<ChainStep> chain = hung.Chain(ls);
  ASSERT_EQ(chain.size(), 3u);
  EXPECT_EQ(chain[0].who, "ls");
  EXPECT_EQ(chain[0].on, "inode");
  EXPECT_THAT(chain[0].holders, ElementsAre("writeback"));
  EXPECT_THAT(chain[0].queued, ElementsAre("commit"));
  EXPECT_EQ(chain[1].who, "writeback");
  EXPECT_EQ(chain[2].who, "commit");
}

// Two wait for the inode and share a chain, which passes the whole cycle; nobody else needs one.
TEST(HungSetTest, ChainsBeginWithThoseForWhomNobodyWaits) {
  World world({.cores = 2});
  Mutex inode(&world.machine, "inode"), journal(&world.machine, "journal");
  world.Kernel("writeback", [&](Thread* t) { return TakeBoth(t, &inode, &journal); });
  world.Kernel("commit", [&](Thread* t) { return TakeBoth(t, &journal, &inode); });
  world.User(
      "ls", [&](Thread* t) { return TakeOne(t, &inode); }, Millis(1));
  world.User(
      "find", [&](Thread* t) { return TakeOne(t, &inode); }, Millis(2));
  Thread* sync = world.User(
      "sync", [&](Thread* t) { return TakeOne(t, &journal); }, Millis(3));
  world.RunUntil(Seconds(1));
  const HungSet hung(world.machine);
  const std::vector<ChainFrom> chains = hung.Chains(hung.threads());
  ASSERT_EQ(chains.size(), 2u);
  EXPECT_THAT(Names(chains[0].threads), ElementsAre("ls", "find"));
  ASSERT_EQ(chains[0].steps.size(), 3u);
  EXPECT_THAT(chains[0].steps[0].queued, IsEmpty());  // Each of the two has another in front.
  EXPECT_EQ(chains[0].end, ChainEnd::kCycle);
  EXPECT_EQ(chains[0].joins, "writeback");
  EXPECT_EQ(chains[1].threads.front(), sync);
  ASSERT_EQ(chains[1].steps.size(), 1u);
  EXPECT_EQ(chains[1].end, ChainEnd::kJoins);
  EXPECT_EQ(chains[1].joins, "commit");
}

TEST(HungSetTest, ALockThatWillBeReleasedHangsNobody) {
  World world({.cores = 2});
  Mutex inode(&world.machine, "inode"), journal(&world.machine, "journal");
  world.Kernel("writeback", [&](Thread* t) { return TakeBoth(t, &inode, &journal); });
  world.Kernel("commit", [&](Thread* t) { return TakeBoth(t, &inode, &journal); });
  for (int i = 0; i < 40; ++i) {
    world.RunUntil(Micros(i));
    EXPECT_TRUE(HungSet(world.machine).empty()) << i;
  }
}

// H03: a reader asks for the same lock as writer; another reader queues behind it.
sim::Task<> ReadThenWrite(Thread* thread, Rwsem* lock) {
  co_await lock->Read(thread);
  co_await lock->Write(thread);
}
sim::Task<> ReadOnce(Thread* thread, Rwsem* lock) {
  co_await lock->Read(thread);
  lock->Unlock(thread);
}

TEST(HungSetTest, AReaderThatUpgradesWaitsForItself) {
  World world({.cores = 2});
  Rwsem lock(&world.machine, "SCL_CONFIG", /*fair=*/true);
  world.Kernel("zpool", [&](Thread* t) { return ReadThenWrite(t, &lock); });
  Thread* sync = world.Kernel(
      "txg_sync", [&](Thread* t) { return ReadOnce(t, &lock); }, Millis(5));
  world.RunUntil(Seconds(1));

  const HungSet hung(world.machine);
  EXPECT_THAT(Names(hung.threads()), ElementsAre("zpool", "txg_sync"));
  EXPECT_THAT(hung.hangs()[0].cycles[0].names, ElementsAre("zpool"));
  EXPECT_THAT(hung.Chain(sync)[0].queued, ElementsAre("zpool"));
}

// H01: umount holds the superblock and waits for a sync; mount holds the config lock as
// reader and wants the superblock; txg_sync wants the config lock as writer. A later
// reader of the config lock stays behind the writer.
sim::Task<> Umount(Thread* thread, Rwsem* superblock, Waitable* synced) {
  co_await superblock->Write(thread);
  co_await thread->Wait(*synced, {});
}
sim::Task<> Mount(Thread* thread, Rrwlock* config, Rwsem* superblock) {
  co_await config->Read(thread);
  co_await thread->SleepFor(Millis(1), SleepKind::kUninterruptible);
  co_await superblock->Write(thread);
}
sim::Task<> Sync(Thread* thread, Rrwlock* config) { co_await config->Write(thread); }
sim::Task<> List(Thread* thread, Rrwlock* config) {
  co_await config->Read(thread);
  config->Unlock(thread);
}

TEST(HungSetTest, MountUmountAndSyncMakeARing) {
  World world({.cores = 4});
  Rrwlock config(&world.machine, "dp_config_rwlock", /*track_all=*/true);
  Rwsem superblock(&world.machine, "s_umount", true);
  Completion synced(&world.machine, "txg synced");
  world.Kernel("umount", [&](Thread* t) { return Umount(t, &superblock, &synced); });
  world.Kernel("mount", [&](Thread* t) { return Mount(t, &config, &superblock); });
  Thread* sync = world.Kernel(
      "txg_sync", [&](Thread* t) { return Sync(t, &config); }, Micros(100));
  synced.producers().Add(sync);
  world.Kernel(
      "zfs list", [&](Thread* t) { return List(t, &config); }, Millis(2));
  world.RunUntil(Seconds(1));

  const HungSet hung(world.machine);
  EXPECT_THAT(Names(hung.threads()), ElementsAre("umount", "mount", "txg_sync", "zfs list"));
  EXPECT_THAT(hung.hangs()[0].cycles[0].names, ElementsAre("umount", "txg_sync", "mount"));
}

// H06: t1 has a transaction open and wants the memory map as reader; t2 holds the map
// and waits for the txg; t3, a writer that queues between them, is what keeps t1 out.
sim::Task<> ReadLater(Thread* thread, Rwsem* lock) {
  co_await thread->Compute(Millis(10));
  co_await lock->Read(thread);
}
sim::Task<> HoldAndWait(Thread* thread, Rwsem* lock, Waitable* synced) {
  co_await lock->Read(thread);
  co_await thread->Wait(*synced, {});
}
sim::Task<> WriteOnce(Thread* thread, Rwsem* lock) { co_await lock->Write(thread); }

TEST(HungSetTest, ARingThroughAFairQueueNamesTheHolder) {
  World world({.cores = 4});
  Rwsem map(&world.machine, "mmap_lock", true);
  Thing synced(WaitableKind::kTxg, "tx_sync_done_cv"), holds(WaitableKind::kTxg, "tc_cv");
  Thing handed_over(WaitableKind::kTxg, "tx_quiesce_done_cv");
  Thread* t1 = world.Kernel("t1", [&](Thread* t) { return ReadLater(t, &map); });
  world.Kernel(
      "t2", [&](Thread* t) { return HoldAndWait(t, &map, &synced); }, Millis(1));
  world.Kernel(
      "t3", [&](Thread* t) { return WriteOnce(t, &map); }, Millis(2));
  Thread* quiesce = world.Kernel("txg_quiesce", [&](Thread* t) { return WaitOn(t, &holds, {}); });
  Thread* sync = world.Kernel("txg_sync",
                              [&](Thread* t) { return WaitOn(t, &handed_over, {.kind = SleepKind::kIdle}); });
  synced.needs = {quiesce};
  handed_over.needs = {quiesce};
  holds.needs = {t1};
  world.RunUntil(Seconds(1));

  const HungSet hung(world.machine);
  EXPECT_EQ(hung.threads().size(), 5u);
  EXPECT_EQ(sync->StateLetter(), 'S');
  ASSERT_EQ(hung.hangs().size(), 1u);
  EXPECT_THAT(hung.hangs()[0].cycles[0].names, ElementsAre("t1", "t2", "txg_quiesce"));
  EXPECT_THAT(hung.Chain(t1)[0].queued, ElementsAre("t3"));
  EXPECT_THAT(hung.Chain(t1)[0].holders, ElementsAre("t2"));
}

TEST(HungSetTest, AnUnfairQueueLetsTheReaderIn) {
  World world({.cores = 4});
  Rwsem map(&world.machine, "mmap_lock", /*fair=*/false);
  Thing synced(WaitableKind::kTxg, "tx_sync_done_cv");
  Thread* t1 = world.Kernel("t1", [&](Thread* t) { return ReadLater(t, &map); });
  world.Kernel(
      "t2", [&](Thread* t) { return HoldAndWait(t, &map, &synced); }, Millis(1));
  world.Kernel(
      "t3", [&](Thread* t) { return WriteOnce(t, &map); }, Millis(2));
  synced.needs = {t1};
  world.RunUntil(Millis(9));
  EXPECT_TRUE(HungSet(world.machine).empty());
}

// The upcall of a thread that spins on its core: only the helper can end it, and the
// helper needs a core.
sim::Task<> Upcall(Thread* thread, Waitable* answer) {
  thread->EnterKernel();
  co_await thread->Settle();
  co_await thread->Wait(*answer, {});
}
sim::Task<> Answer(Thread* thread, Machine* machine, Waitable* answer) {
  co_await thread->Compute(Micros(200));
  machine->WakeAll(answer, 0, thread);
}

TEST(HungSetTest, AHelperWithoutACoreIsInTheRing) {
  World world({.cores = 1, .blocking = BlockingKernel::kSpin});
  Thing answer(WaitableKind::kUpcall, "decide");
  Thread* app = world.User("app", [&](Thread* t) { return Upcall(t, &answer); });
  Thread* helper = world.machine.Spawn(app->process(), "decide",
                                       [&](Thread* t) { return Answer(t, &world.machine, &answer); },
                                       {.at = sim::SimTime::Start() + Micros(50)});
  answer.needs = {helper};
  world.RunUntil(Seconds(1));

  EXPECT_EQ(app->StateLetter(), 'R');
  const HungSet hung(world.machine);
  EXPECT_THAT(Names(hung.threads()), ElementsAre("app", "decide"));
  EXPECT_THAT(hung.hangs()[0].cycles[0].names, ElementsAre("app", "decide"));
  EXPECT_TRUE(hung.hangs()[0].cycles[0].through_core);
  EXPECT_EQ(hung.Chain(helper)[0].on, "core");
}

TEST(HungSetTest, ASecondCoreFreesTheHelper) {
  World world({.cores = 2, .blocking = BlockingKernel::kSpin});
  Thing answer(WaitableKind::kUpcall, "decide");
  Thread* app = world.User("app", [&](Thread* t) { return Upcall(t, &answer); });
  Thread* helper = world.machine.Spawn(app->process(), "decide",
                                       [&](Thread* t) { return Answer(t, &world.machine, &answer); },
                                       {.at = sim::SimTime::Start() + Micros(50)});
  answer.needs = {helper};
  world.RunUntil(Micros(100));
  EXPECT_TRUE(app->spinning());
  EXPECT_TRUE(HungSet(world.machine).empty());
  world.RunUntil(Seconds(1));
  EXPECT_TRUE(app->ended());
}

sim::Task<> WakeAndEnd(Thread* thread, WaitQueue* queue) {
  queue->WakeAll(thread);
  co_await thread->Settle();
}
sim::Task<> SleepUnasked(Thread* thread, WaitQueue* queue) {
  co_await thread->Compute(Millis(1));  // The wake-up comes meanwhile.
  co_await queue->Sleep(thread);
}

TEST(HungSetTest, AWakeUpThatCameTooEarlyIsLost) {
  World world({.cores = 2});
  WaitQueue queue(&world.machine, "queue");
  Thread* consumer = world.Kernel("consumer", [&](Thread* t) { return SleepUnasked(t, &queue); });
  Thread* producer = world.Kernel("producer", [&](Thread* t) { return WakeAndEnd(t, &queue); });
  queue.producers().Add(producer);
  world.RunUntil(Seconds(1));

  const HungSet hung(world.machine);
  EXPECT_THAT(Names(hung.threads()), ElementsAre("consumer"));
  EXPECT_EQ(hung.hangs()[0].cause, WaitPhase::kLost);
  EXPECT_EQ(hung.RootOf(consumer).kind, RootKind::kLostEvent);
  EXPECT_EQ(hung.RootOf(consumer).name, "queue");
  EXPECT_THAT(hung.hangs()[0].cycles, IsEmpty());
}

TEST(HungSetTest, AProducerThatSleepsCanStillSignal) {
  World world({.cores = 2});
  WaitQueue queue(&world.machine, "queue");
  world.Kernel("consumer", [&](Thread* t) { return SleepUnasked(t, &queue); });
  queue.producers().Add(world.Kernel("producer", [](Thread* t) { return Tick(t, Seconds(3600)); }));
  world.RunUntil(Seconds(1));
  EXPECT_TRUE(HungSet(world.machine).empty());
}

// A condition on which two wait, one of them with a time-out: that one comes back and
// may signal the other.
TEST(HungSetTest, ATimedWaiterOfTheSameObjectCounts) {
  World world({.cores = 2});
  CondVar condition(&world.machine, "cv");
  Thread* patient =
      world.Kernel("patient", [&](Thread* t) { return WaitOn(t, &condition, {.timeout = Seconds(5)}); });
  Thread* other = world.Kernel("other", [&](Thread* t) { return WaitOn(t, &condition, {}); });
  condition.producers().Add(patient);
  condition.producers().Add(other);
  world.RunUntil(Seconds(1));
  EXPECT_TRUE(HungSet(world.machine).empty());
  world.RunUntil(Seconds(6));
  EXPECT_THAT(Names(HungSet(world.machine).threads()), ElementsAre("other"));
}

// Example 07: all workers wait for a lock whose holder waits for any of them.
class AnyWorker final : public Waitable {
 public:
  AnyWorker() : Waitable(WaitableKind::kWork, "read") {}
  void Enders(const Waiter&, EnderSet* enders) const override { enders->NeedsAnyOf().any_of = workers; }
  std::vector<const Actor*> workers;
};
sim::Task<> Remove(Thread* thread, Mutex* lock, Waitable* read) {
  co_await lock->LockIt(thread);
  co_await thread->SleepFor(Millis(1), SleepKind::kUninterruptible);
  co_await thread->Wait(*read, {});
  lock->Unlock(thread);
}

class ExhaustionTest : public ::testing::Test {
 protected:
  // Four workers, of which the first `busy` want the lock; the others wait for work,
  // which anybody who progresses can bring.
  void Build(int busy) {
    groups_.Register("z_rd_int");
    world_.Kernel("removal", [this](Thread* t) { return Remove(t, &lock_, &read_); });
    for (int i = 1; i <= 4; ++i) {
      const std::string name = "z_rd_int/" + std::to_string(i);
      Thread* worker = i <= busy ? world_.Kernel(
                                       name, [this](Thread* t) { return TakeOne(t, &lock_); }, Micros(100))
                                 : world_.Kernel(name, [this](Thread* t) { return WaitForWork(t, &work_); });
      read_.workers.push_back(worker);
    }
    work_.needs = {world_.Kernel("interrupt", [](Thread* t) { return Tick(t, Millis(1)); })};
    world_.RunUntil(Seconds(1));
  }
  World world_{{.cores = 4}};
  Mutex lock_{&world_.machine, "svr_lock"};
  AnyWorker read_;
  Thing work_{WaitableKind::kQueue, "z_rd_int"};
  NameGroups groups_;
};

TEST_F(ExhaustionTest, NoWorkerIsLeftAndThePoolIsOneMember) {
  Build(4);
  const HungSet hung(world_.machine, {.groups = &groups_});
  EXPECT_THAT(Names(hung.threads()),
              ElementsAre("removal", "z_rd_int/1", "z_rd_int/2", "z_rd_int/3", "z_rd_int/4"));
  ASSERT_EQ(hung.hangs()[0].cycles.size(), 1u);
  EXPECT_THAT(hung.hangs()[0].cycles[0].names, ElementsAre("removal", "z_rd_int"));
  EXPECT_TRUE(hung.hangs()[0].cycles[0].any_of);
}

TEST_F(ExhaustionTest, OneToSpareIsEnough) {
  Build(3);
  EXPECT_TRUE(HungSet(world_.machine, {.groups = &groups_}).empty());
}

// A worker waits for work that only the hung thread could bring: the thread has lost
// its event; the worker itself is not hung.
TEST(HungSetTest, AnIdleWorkerThatNobodyFeedsLosesTheEvent) {
  World world({.cores = 2});
  Thing done(WaitableKind::kCompletion, "done"), work(WaitableKind::kQueue, "work");
  Thread* app = world.User("app", [&](Thread* t) { return WaitOn(t, &done, {}); });
  Thread* worker = world.Kernel("worker", [&](Thread* t) { return WaitForWork(t, &work); });
  done.needs = {worker};
  work.needs = {app};
  world.RunUntil(Seconds(1));

  const HungSet hung(world.machine);
  EXPECT_THAT(Names(hung.threads()), ElementsAre("app"));
  EXPECT_EQ(hung.RootOf(app).kind, RootKind::kLostEvent);
  EXPECT_EQ(hung.RootOf(app).name, "done");
}

sim::Task<> LockAndEnd(Thread* thread, Mutex* mutex) {
  co_await mutex->LockIt(thread);
  co_await thread->Settle();
}

TEST(HungSetTest, ADeadOwnerIsTheRoot) {
  World world({.cores = 2});
  Mutex mutex(&world.machine, "m");
  world.Kernel("owner", [&](Thread* t) { return LockAndEnd(t, &mutex); });
  Thread* app = world.User(
      "app", [&](Thread* t) { return TakeOne(t, &mutex); }, Millis(1));
  world.RunUntil(Seconds(1));
  const HungSet hung(world.machine);
  EXPECT_EQ(hung.RootOf(app).kind, RootKind::kDeadOwner);
  EXPECT_EQ(hung.RootOf(app).name, "owner");
}

sim::Task<> LockAndCompute(Thread* thread, Mutex* mutex) {
  co_await mutex->LockIt(thread);
  co_await thread->Compute(Seconds(100));
}
sim::Task<> LockAndHang(Thread* thread, Mutex* mutex) {
  co_await mutex->LockIt(thread);
  co_await thread->Hang();
}
sim::Task<> LockAndLoop(Thread* thread, Mutex* mutex) {
  co_await mutex->LockIt(thread);
  co_await thread->RunForever();
}

TEST(HungSetTest, StoppedSilentAndLoopingHoldersAreRoots) {
  World world({.cores = 4});
  Mutex a(&world.machine, "a"), b(&world.machine, "b"), c(&world.machine, "c");
  Thread* stopped = world.User("stopped", [&](Thread* t) { return LockAndCompute(t, &a); });
  Thread* silent = world.User("silent", [&](Thread* t) { return LockAndHang(t, &b); });
  Thread* looping = world.User("looping", [&](Thread* t) { return LockAndLoop(t, &c); });
  Thread* on_a = world.Kernel(
      "on_a", [&](Thread* t) { return TakeOne(t, &a); }, Millis(1));
  Thread* on_b = world.Kernel(
      "on_b", [&](Thread* t) { return TakeOne(t, &b); }, Millis(1));
  Thread* on_c = world.Kernel(
      "on_c", [&](Thread* t) { return TakeOne(t, &c); }, Millis(1));
  world.RunUntil(Millis(10));
  EXPECT_FALSE(HungSet(world.machine).Contains(on_a));
  world.machine.Signal(stopped->process(), kSigStop);
  world.RunUntil(Millis(20));

  const HungSet hung(world.machine);
  EXPECT_EQ(hung.threads().size(), 6u);
  EXPECT_EQ(hung.hangs().size(), 3u);
  EXPECT_EQ(hung.RootOf(on_a).kind, RootKind::kStopped);
  EXPECT_EQ(hung.RootOf(on_a).thread, stopped);
  EXPECT_EQ(hung.RootOf(on_b).kind, RootKind::kSilent);
  EXPECT_EQ(hung.RootOf(on_b).name, "silent");
  EXPECT_EQ(hung.RootOf(on_c).kind, RootKind::kEndless);
  EXPECT_EQ(hung.RootOf(on_c).thread, looping);
  EXPECT_EQ(hung.HangOf(silent), hung.HangOf(on_b));
}

TEST(HungSetTest, ADeviceThatDoesNotReplyIsTheRootUnderItsOwnName) {
  World world({.cores = 2});
  Thing io1(WaitableKind::kIo, "eth0/1", "eth0"), io2(WaitableKind::kIo, "eth0/2", "eth0");
  io1.outside = io2.outside = true;
  Thread* first = world.User("first", [&](Thread* t) { return WaitOn(t, &io1, {}); });
  world.User("second", [&](Thread* t) { return WaitOn(t, &io2, {}); });
  world.RunUntil(Seconds(1));
  const HungSet hung(world.machine);
  // One device, one hang.
  ASSERT_EQ(hung.hangs().size(), 1u);
  EXPECT_EQ(hung.RootOf(first).kind, RootKind::kOutside);
  EXPECT_EQ(hung.RootOf(first).name, "eth0");
}

// A semaphore of two: one unit with a thread that waits for a device, the other with one
// that asks for a second. The device would free both, so no deadlock, although the
// second thread is itself among those that could release what it waits for.
sim::Task<> TakeTwo(Thread* thread, Semaphore* units) {
  co_await units->Down(thread);
  co_await thread->Compute(Millis(1));
  co_await units->Down(thread);
}
sim::Task<> TakeAndWait(Thread* thread, Semaphore* units, Waitable* io) {
  co_await units->Down(thread);
  co_await thread->Wait(*io, {});
}

TEST(HungSetTest, WhatADeviceCouldFreeIsNoDeadlock) {
  World world({.cores = 2});
  Semaphore units(&world.machine, "units", 2);
  Thing io(WaitableKind::kIo, "sda/1", "sda");
  io.outside = true;
  Thread* greedy = world.Kernel("greedy", [&](Thread* t) { return TakeTwo(t, &units); });
  world.Kernel("reader", [&](Thread* t) { return TakeAndWait(t, &units, &io); });
  world.RunUntil(Seconds(1));
  const HungSet hung(world.machine);
  EXPECT_EQ(hung.threads().size(), 2u);
  EXPECT_EQ(hung.hangs()[0].cause, WaitPhase::kOutside);
  EXPECT_EQ(hung.RootOf(greedy).name, "sda");
}

TEST(HungSetTest, AnOperatorWhoHasNotBegunIsNotCountedOn) {
  World world({.cores = 2});
  Gate gate(&world.machine, "gate", /*open=*/false);
  Thread* app = world.User("app", [&](Thread* t) { return WaitOn(t, &gate, {}); });
  Thread* oncall = world.User(
      "oncall", [](Thread* t) { return Tick(t, Seconds(1)); }, Seconds(60));
  oncall->set_started_by_outside(true);
  gate.producers().Add(oncall);
  world.RunUntil(Seconds(1));
  const HungSet hung(world.machine);
  EXPECT_THAT(Names(hung.threads()), ElementsAre("app"));
  EXPECT_EQ(hung.RootOf(app).kind, RootKind::kNotBegun);
  EXPECT_EQ(hung.RootOf(app).name, "oncall");
  world.RunUntil(Seconds(61));
  EXPECT_TRUE(HungSet(world.machine).empty());
}

// A request that owns a lock, as a write-back holds a page: it stands under its server's
// name, and beside the server's own thread it is left out.
class OwningRequest final : public Actor {
 public:
  OwningRequest(std::string server, const Thread* thread)
      : Actor(ActorKind::kRequest, "WRITE"), server_(std::move(server)), thread_(thread) {}
  Condition Examine(EnderSet* enders) const override {
    enders->Needs(thread_);
    return Condition::kDepends;
  }
  const std::string& reported_name() const override { return server_; }

 private:
  std::string server_;
  const Thread* thread_;
};
sim::Task<> LockAndGive(Thread* thread, Mutex* mutex, Actor* to) {
  co_await mutex->LockIt(thread);
  mutex->GiveTo(thread, to);
}

TEST(HungSetTest, ARequestThatOwnsALockStandsUnderItsServer) {
  World world({.cores = 2});
  Mutex page(&world.machine, "page"), inode(&world.machine, "inode");
  Thread* server = world.User(
      "sshfs", [&](Thread* t) { return TakeOne(t, &page); }, Millis(1));
  OwningRequest own("sshfs", server), foreign("disk", server);
  world.Kernel("setup", [&](Thread* t) { return LockAndGive(t, &page, &own); });
  world.RunUntil(Millis(10));
  EXPECT_THAT(HungSet(world.machine).hangs()[0].cycles[0].names, ElementsAre("sshfs"));

  World other({.cores = 2});
  Mutex page2(&other.machine, "page");
  Thread* app = other.User(
      "app", [&](Thread* t) { return TakeOne(t, &page2); }, Millis(1));
  OwningRequest io("disk", app);
  other.Kernel("setup", [&](Thread* t) { return LockAndGive(t, &page2, &io); });
  other.RunUntil(Millis(10));
  EXPECT_THAT(HungSet(other.machine).hangs()[0].cycles[0].names, ElementsAre("app", "disk"));
}

TEST(HungSetTest, HangsThatDoNotTouchAreSeparateAndTheGravestIsFirst) {
  World world({.cores = 4});
  Thing io(WaitableKind::kIo, "sda/1", "sda");
  io.outside = true;
  Mutex a(&world.machine, "a"), b(&world.machine, "b");
  world.User("reader", [&](Thread* t) { return WaitOn(t, &io, {}); });
  world.Kernel("x", [&](Thread* t) { return TakeBoth(t, &a, &b); });
  world.Kernel("y", [&](Thread* t) { return TakeBoth(t, &b, &a); });
  world.RunUntil(Seconds(1));
  const HungSet hung(world.machine);
  ASSERT_EQ(hung.hangs().size(), 2u);
  EXPECT_EQ(hung.hangs()[0].cause, WaitPhase::kNever);
  EXPECT_THAT(Names(hung.hangs()[1].threads), ElementsAre("reader"));
}

// 100,000 threads in one queue behind a cycle, and as many on one wait queue: linear.
TEST(HungSetTest, AHundredThousandThreadsAreJudgedInLinearTime) {
  World world({.cores = 2, .profile = FindMachineProfile("ideal")});
  Mutex a(&world.machine, "a"), b(&world.machine, "b");
  WaitQueue queue(&world.machine, "queue");
  world.Kernel("x", [&](Thread* t) { return TakeBoth(t, &a, &b); });
  world.Kernel("y", [&](Thread* t) { return TakeBoth(t, &b, &a); });
  for (int i = 0; i < 50'000; ++i) {
    world.Kernel(
        "victim", [&](Thread* t) { return TakeOne(t, &a); }, Millis(1));
    queue.producers().Add(world.Kernel("sleeper", [&](Thread* t) { return WaitOn(t, &queue, {}); }));
  }
  world.RunUntil(Millis(2));
  const HungSet hung(world.machine);
  EXPECT_EQ(hung.threads().size(), 100'002u);
  ASSERT_EQ(hung.hangs().size(), 2u);
  EXPECT_EQ(hung.hangs()[0].threads.size(), 50'002u);
  EXPECT_EQ(hung.hangs()[1].root.name, "queue");
}

}  // namespace
}  // namespace model
