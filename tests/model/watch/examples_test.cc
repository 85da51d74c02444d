// SPDX-License-Identifier: Apache-2.0
//
// Documented hangs on the real objects of the model: servers, callbacks, workers, pools.
#include <any>
#include <memory>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/design/transaction.h"
#include "model/sync/worker_pool.h"
#include "model/upcall/server.h"
#include "model/upcall/upcall.h"
#include "model/watch/detector.h"
#include "model/watch/verdict.h"
#include "tests/model/watch/things.h"
#include "tests/support/pool_fixture.h"

namespace model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;

// ---- A syscall that calls back into user code ----

sim::Task<> CallBack(Thread* thread, Callback* callback) {
  thread->EnterKernel();
  (void)co_await callback->Invoke(thread, {});
  co_await thread->ReturnToUser();
}

class CallbackTest : public ::testing::Test {
 protected:
  Judgement Run(const MachineOptions& options, bool answers) {
    world_ = std::make_unique<World>(options);
    callback_ = std::make_unique<Callback>(
        &world_->machine, "decide",
        Callback::Options{.place = UpcallPlace::kHelper, .on_death = std::nullopt},
        [answers](Thread* t, std::any) -> sim::Task<Answer> { return Decide(t, answers); });
    world_->User("app", [this](Thread* t) { return CallBack(t, callback_.get()); });
    world_->RunUntil(Seconds(1));
    return Judge(world_->machine, {});
  }
  static sim::Task<Answer> Decide(Thread* thread, bool answers) {
    co_await thread->Compute(Micros(200));
    if (!answers) co_await thread->Hang();
    co_return Answer{};
  }
  std::unique_ptr<World> world_;
  std::unique_ptr<Callback> callback_;
};

TEST_F(CallbackTest, WithOneCoreTheHelperWaitsForTheCoreOfItsCaller) {
  const Judgement judgement = Run({.cores = 1, .blocking = BlockingKernel::kSpin}, true);
  EXPECT_EQ(judgement.verdict, Verdict::kDeadlock);
  EXPECT_EQ(judgement.subkind, "core");
  EXPECT_THAT(judgement.cycle, ElementsAre("app", "decide"));
}

TEST_F(CallbackTest, WithTwoCoresItAnswers) {
  EXPECT_EQ(Run({.cores = 2, .blocking = BlockingKernel::kSpin}, true).verdict, Verdict::kCompleted);
}

TEST_F(CallbackTest, UserCodeThatNeverReturnsIsTheRoot) {
  const Judgement judgement = Run({.cores = 2}, false);
  EXPECT_EQ(judgement.verdict, Verdict::kExternal);
  EXPECT_EQ(judgement.subkind, "silent");
  EXPECT_EQ(judgement.root, "decide");
  EXPECT_THAT(Names(judgement.hung.threads()), ElementsAre("app", "decide"));
}

// ---- A FUSE daemon whose backing path leads into its own mount ----

sim::Task<> Stat(Thread* thread, Server* server) {
  thread->EnterKernel();
  (void)co_await server->Request(thread, "GETATTR", {}, {.kind = CallWait::kFuse});
  co_await thread->ReturnToUser();
}
sim::Task<Answer> Serve(Thread* thread, std::shared_ptr<ServerRequest> request, Server* server) {
  if (request->from() == "app") co_await Stat(thread, server);
  co_return Answer{};
}

class FuseTest : public ::testing::Test {
 protected:
  void Run(int threads, bool kill_app) {
    server_ = std::make_unique<Server>(&world_.machine, "sshfs", Server::Options{.threads = threads});
    if (threads > 1) groups_.Register("sshfs");
    server_->Serve([this](Thread* t, std::shared_ptr<ServerRequest> request) {
      return Serve(t, std::move(request), server_.get());
    });
    detector_.Start();
    app_ = world_.User("app", [this](Thread* t) { return Stat(t, server_.get()); });
    if (kill_app) world_.At(Seconds(1), [this] { world_.machine.Signal(app_->process(), kSigKill); });
    world_.RunUntil(Seconds(300));
  }
  World world_{{.cores = 2}};
  std::unique_ptr<Server> server_;
  Detector detector_{&world_.machine, {}};
  NameGroups groups_;
  Thread* app_ = nullptr;
};

TEST_F(FuseTest, TheDaemonWaitsForItselfAndNobodySeesIt) {
  Run(1, false);
  const Judgement judgement = Judge(world_.machine, {.groups = &groups_});
  EXPECT_EQ(judgement.verdict, Verdict::kDeadlock);
  EXPECT_EQ(judgement.subkind, "self_deadlock");
  EXPECT_THAT(judgement.cycle, ElementsAre("sshfs"));
  EXPECT_EQ(app_->StateLetter(), 'S');
  EXPECT_THAT(detector_.reports(), IsEmpty());
}

TEST_F(FuseTest, KillingTheAppMakesItWorse) {
  Run(1, true);
  EXPECT_EQ(app_->StateLetter(), 'D');
  EXPECT_FALSE(app_->Killable());
  EXPECT_THAT(Names(detector_.HungTasks()), ElementsAre("app"));
}

TEST_F(FuseTest, TwoThreadsAreEnough) {
  Run(2, false);
  EXPECT_EQ(Judge(world_.machine, {.groups = &groups_}).verdict, Verdict::kCompleted);
  EXPECT_TRUE(app_->ended());
}

// ---- All workers wait for a lock whose holder waits for a worker ----

sim::Task<> ComputeOnly(Thread* thread, Work*) { co_await thread->Compute(Micros(5)); }
sim::Task<> Free(Thread* thread, Mutex* lock) {
  co_await lock->LockIt(thread);
  co_await thread->Compute(Micros(5));
  lock->Unlock(thread);
}
sim::Task<> Removal(Thread* thread, Mutex* lock, WorkerPool* pool) {
  co_await lock->LockIt(thread);
  co_await thread->SleepFor(Millis(1), SleepKind::kUninterruptible);
  std::shared_ptr<Work> read = pool->Queue("read", ComputeOnly, thread);
  co_await read->Wait(thread);
  lock->Unlock(thread);
}
sim::Task<> Interrupt(Thread* thread, Mutex* lock, WorkerPool* pool, int frees) {
  for (int i = 0; i < frees; ++i) {
    pool->Queue(
        "free", [lock](Thread* t, Work*) { return Free(t, lock); }, thread);
  }
  co_await thread->Settle();
}

Verdict ExhaustionWith(int frees, std::vector<std::string>* cycle) {
  World world({.cores = 4});
  NameGroups groups;
  groups.Register("z_rd_int");
  Mutex lock(&world.machine, "svr_lock");
  WorkerPool pool(&world.machine, "z_rd_int", {.count = 4});
  world.Kernel("removal", [&](Thread* t) { return Removal(t, &lock, &pool); });
  world.Kernel(
      "interrupt", [&](Thread* t) { return Interrupt(t, &lock, &pool, frees); }, Micros(100));
  world.RunUntil(Seconds(1));
  const Judgement judgement = Judge(world.machine, {.groups = &groups});
  *cycle = judgement.cycle;
  if (judgement.verdict == Verdict::kDeadlock) {
    EXPECT_EQ(judgement.subkind, "exhaustion");
    EXPECT_EQ(judgement.hung.threads().size(), 5u);
  }
  return judgement.verdict;
}

TEST(WorkersTest, TheEdgeIsExactlyTheNumberOfWorkers) {
  for (int frees = 1; frees <= 6; ++frees) {
    std::vector<std::string> cycle;
    EXPECT_EQ(ExhaustionWith(frees, &cycle), frees < 4 ? Verdict::kCompleted : Verdict::kDeadlock) << frees;
    if (frees >= 4) {
      EXPECT_THAT(cycle, ElementsAre("z_rd_int", "removal"));
    }
  }
}

// ---- A disk that does not answer ----

sim::Task<> ReadDisk(Thread* thread, DeviceGroup* disks) {
  thread->EnterKernel();
  co_await disks->Io(thread, IoKind::kRead, 1 << 20);
  co_await thread->ReturnToUser();
}

TEST(StalledDiskTest, ThePoolIsTheRootWhateverItsDisks) {
  World world({.cores = 2});
  Device a(&world.machine, "disk0", {}), b(&world.machine, "disk1", {});
  DeviceGroup disks(&world.machine, "tank", std::vector<Device*>{&a, &b});
  b.Stall(std::nullopt);
  world.User("cat", [&](Thread* t) { return ReadDisk(t, &disks); });
  world.RunUntil(Seconds(1));
  const Judgement judgement = Judge(world.machine, {});
  EXPECT_EQ(judgement.verdict, Verdict::kExternal);
  EXPECT_EQ(judgement.subkind, "device");
  EXPECT_EQ(judgement.root, "tank");
}

// ---- A process with a channel transaction is stopped ----

sim::Task<> HoldTransaction(Thread* thread, ChannelTransaction* transaction) {
  thread->EnterKernel();
  EXPECT_EQ(co_await transaction->Begin(thread), 0);
  co_await thread->ReturnToUser();
  co_await thread->Compute(Seconds(1000));
}

TEST(StoppedHolderTest, FreezesThePoolBeforeAnyWriterNotices) {
  PoolFixture f;
  Process* prune = f.machine.CreateProcess("prune");
  auto transaction =
      std::make_shared<ChannelTransaction>(f.pool.get(), prune, ChannelTransaction::Options{}, nullptr);
  prune->AddFile(transaction);
  f.machine.Spawn(prune, "prune", [&](Thread* t) { return HoldTransaction(t, transaction.get()); });
  const std::vector<PoolTxgs> holds = {{.pool = "tank", .gate_closed_by = prune}};
  f.RunUntil(Seconds(6));
  EXPECT_THAT(Judge(f.machine, {.pools = holds}).frozen, IsEmpty());
  f.machine.Signal(prune, kSigStop);
  f.RunUntil(Seconds(12));
  const Judgement judgement = Judge(f.machine, {.pools = holds});
  EXPECT_EQ(judgement.verdict, Verdict::kFrozenPool);
  EXPECT_EQ(judgement.root, "prune");
  EXPECT_THAT(judgement.frozen, ElementsAre("tank"));
  EXPECT_THAT(Names(judgement.hung.threads()), IsSupersetOf({"prune", "txg_sync"}));
}

TEST(StoppedHolderTest, ALeaseIsWaitedForNotAHang) {
  PoolFixture f;
  Process* prune = f.machine.CreateProcess("prune");
  auto transaction = std::make_shared<ChannelTransaction>(
      f.pool.get(), prune, ChannelTransaction::Options{.lease = Seconds(60)}, nullptr);
  prune->AddFile(transaction);
  f.machine.Spawn(prune, "prune", [&](Thread* t) { return HoldTransaction(t, transaction.get()); });
  f.RunUntil(Seconds(6));
  f.machine.Signal(prune, kSigStop);
  f.RunUntil(Seconds(12));
  EXPECT_THAT(Names(Judge(f.machine, {}).hung.threads()), ElementsAre("prune"));
}

// ---- write() faults with a transaction open (H06) ----

sim::Task<> WriteAndFault(Thread* thread, Pool* pool, Rwsem* map) {
  thread->EnterKernel();
  Tx tx;
  co_await pool->Assign(thread, &tx, {});
  co_await thread->Compute(Millis(10));
  co_await map->Read(thread);
  map->Unlock(thread);
  pool->Commit(&tx, thread);
  co_await thread->ReturnToUser();
}
sim::Task<> PageFault(Thread* thread, Pool* pool, Rwsem* map) {
  thread->EnterKernel();
  co_await map->Read(thread);
  (void)co_await pool->WaitSynced(thread, 0);
  map->Unlock(thread);
  co_await thread->ReturnToUser();
}
sim::Task<> Brk(Thread* thread, Rwsem* map) {
  thread->EnterKernel();
  co_await map->Write(thread);
  map->Unlock(thread);
  co_await thread->ReturnToUser();
}

Judgement FaultInTransaction(bool fair, std::vector<char>* letters) {
  PoolFixture f;
  Rwsem map(&f.machine, "mmap_lock", fair);
  f.Run("t1", {}, [&](Thread* t) { return WriteAndFault(t, f.pool.get(), &map); });
  f.Run("t2", Millis(1), [&](Thread* t) { return PageFault(t, f.pool.get(), &map); });
  f.Run("t3", Millis(2), [&](Thread* t) { return Brk(t, &map); });
  f.RunUntil(Seconds(30));
  for (const char* name : {"t1", "t2", "t3", "txg_quiesce", "txg_sync"}) {
    letters->push_back(f.machine.FindThread(name)->StateLetter());
  }
  return Judge(f.machine, {});
}

TEST(FaultInTransactionTest, TheRingClosesThroughAFairQueue) {
  std::vector<char> letters;
  const Judgement judgement = FaultInTransaction(true, &letters);
  EXPECT_EQ(judgement.verdict, Verdict::kDeadlock);
  EXPECT_THAT(judgement.cycle, ElementsAre("txg_quiesce", "t1", "t2"));
  EXPECT_THAT(letters, ElementsAre('D', 'D', 'D', 'D', 'S'));
}

TEST(FaultInTransactionTest, AnUnfairQueueLetsItPass) {
  std::vector<char> letters;
  EXPECT_EQ(FaultInTransaction(false, &letters).verdict, Verdict::kCompleted);
}

}  // namespace
}  // namespace model
