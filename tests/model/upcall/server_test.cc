// SPDX-License-Identifier: Apache-2.0
#include "model/upcall/server.h"

#include <any>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/sync/lock.h"
#include "model/sync/message_queue.h"
#include "tests/model/support/wait_graph.h"
#include "tests/model/support/world.h"

namespace model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Server::Handler Answers(int64_t ms) {
  return [ms](Thread* t, std::shared_ptr<ServerRequest> request) -> sim::Task<Answer> {
    co_await t->Compute(Millis(ms));
    co_return Answer{.error = 0, .value = request->op() + " for " + request->from()};
  };
}

Server::Handler NeverAnswers() {
  return [](Thread* t, std::shared_ptr<ServerRequest>) -> sim::Task<Answer> {
    co_await t->Hang();
    co_return Answer{};
  };
}

// A process that sends one request.
struct Client {
  Client(World* world, Server* server, CallWaitSpec wait = {.kind = CallWait::kKillable},
         const std::string& name = "app", sim::SimDuration at = {}) {
    thread = world->User(
        name,
        [this, server, wait](Thread* t) -> sim::Task<> {
          t->EnterKernel();
          answer = co_await server->Request(t, "GETATTR", {}, wait);
          returned_at = t->machine().now().ns();
          co_await t->ReturnToUser();
        },
        at);
  }
  Process* process() const { return thread->process(); }
  Thread* thread;
  Answer answer = {.error = -1, .value = {}};
  int64_t returned_at = -1;
};

class ServerTest : public ::testing::Test {
 protected:
  void KillAt(sim::SimDuration at, Process* process) {
    world_.At(at, [this, process] { world_.machine.Signal(process, kSigKill); });
  }
  World world_;
};

TEST_F(ServerTest, AnswersRequestsInOrder) {
  Server server(&world_.machine, "sshfs", {});
  server.Serve(Answers(1));
  Client a(&world_, &server, {}, "a"), b(&world_, &server, {}, "b");
  world_.Run();
  EXPECT_EQ(std::any_cast<std::string>(a.answer.value), "GETATTR for a");
  EXPECT_EQ(a.returned_at, 1'000'000);
  EXPECT_EQ(b.returned_at, 2'000'000);
  EXPECT_EQ(server.process()->figures.callbacks, 2);
  EXPECT_EQ(server.process()->figures.crossings, 2);
  EXPECT_EQ(server.process()->figures.syscalls, 4);
}

TEST_F(ServerTest, ThreadsAreNamedAndServeSideBySide) {
  Server server(&world_.machine, "nfsd", {.threads = 2});
  server.Serve(Answers(5));
  Client a(&world_, &server, {}, "a"), b(&world_, &server, {}, "b"), c(&world_, &server, {}, "c");
  world_.RunUntil(Millis(1));
  EXPECT_EQ(server.threads()[0]->name(), "nfsd/1");
  EXPECT_EQ(server.threads()[1]->name(), "nfsd/2");
  EXPECT_FALSE(server.threads()[0]->idles());
  EXPECT_EQ(server.pending().size(), 3u);
  world_.Run();
  EXPECT_EQ(a.returned_at, 5'000'000);
  EXPECT_EQ(b.returned_at, 5'000'000);
  EXPECT_EQ(c.returned_at, 10'000'000);
  EXPECT_TRUE(server.threads()[0]->idles());
  EXPECT_EQ(server.threads()[0]->StateLetter(), 'S');
  EXPECT_THAT(WaitGraph(world_.machine).Hung(), IsEmpty());
}

// ---- death and abort ----

TEST_F(ServerTest, ItsDeathFailsWhatItTookAndWhatIsUnread) {
  Server server(&world_.machine, "sshfs", {.on_death = kECONNABORTED});
  server.Serve(NeverAnswers());
  Client taken(&world_, &server, {}, "a"), unread(&world_, &server, {}, "b");
  KillAt(Millis(1), server.process());
  world_.Run();
  EXPECT_EQ(taken.answer.error, kECONNABORTED);
  EXPECT_EQ(unread.answer.error, kECONNABORTED);
  EXPECT_FALSE(server.connected());
  Client late(&world_, &server, {}, "late");
  world_.Run();
  EXPECT_EQ(late.answer.error, kENOTCONN);
}

TEST_F(ServerTest, WithNothingOnDeathItsWaitersAreForgotten) {
  Server server(&world_.machine, "sshfs", {.on_death = std::nullopt});
  server.Serve(NeverAnswers());
  Client taken(&world_, &server, {}, "a"), unread(&world_, &server, {}, "b");
  KillAt(Millis(1), server.process());
  Client late(&world_, &server, {}, "late", Millis(5));
  world_.RunUntil(Seconds(1));
  EXPECT_THAT(WaitGraph(world_.machine).Hung(), ElementsAre("a", "b", "late"));
  server.Abort(nullptr);  // An explicit abort frees them all the same.
  world_.Run();
  EXPECT_EQ(taken.answer.error, kECONNABORTED);
  EXPECT_EQ(late.answer.error, kECONNABORTED);
}

TEST_F(ServerTest, AbortFailsAllAndTheAnswerThatComesLaterFindsNobody) {
  Server server(&world_.machine, "sshfs", {.on_death = kECONNABORTED});
  server.Serve(Answers(10));
  Client client(&world_, &server, {});
  std::shared_ptr<ServerRequest> request;
  world_.At(Millis(1), [&] {
    request = server.pending().front();
    server.Abort(nullptr);
  });
  world_.RunUntil(Millis(2));
  EXPECT_EQ(client.answer.error, kECONNABORTED);
  EXPECT_EQ(client.returned_at, 1'000'000);
  world_.Run();
  EXPECT_EQ(request->state(), CallState::kAborted);
  EXPECT_EQ(request->Finish({}, nullptr), kENOENT);
}

TEST_F(ServerTest, AThreadInDKeepsTheConnectionOpenAfterAKill) {
  Mutex mutex(&world_.machine, "m");
  world_.Kernel("holder", [&](Thread* t) -> sim::Task<> {
    co_await mutex.LockIt(t);
    co_await t->SleepFor(Millis(50), SleepKind::kUninterruptible);
    mutex.Unlock(t);
  });
  Server server(&world_.machine, "sshfs", {.threads = 2});
  server.Serve([&](Thread* t, std::shared_ptr<ServerRequest> request) -> sim::Task<Answer> {
    if (request->from() == "b") co_await t->Hang();
    t->EnterKernel();
    co_await mutex.LockIt(t);
    mutex.Unlock(t);
    co_await t->ReturnToUser();
    co_return Answer{};
  });
  Client a(&world_, &server, {}, "a", Millis(1)), b(&world_, &server, {}, "b", Millis(2));
  KillAt(Millis(10), server.process());
  world_.RunUntil(Millis(20));
  EXPECT_EQ(b.answer.error, -1);  // Its thread is dead, the connection is not.
  EXPECT_THAT(WaitGraph(world_.machine).Hung(), IsEmpty());
  world_.Run();
  EXPECT_EQ(b.answer.error, kENOTCONN);
  EXPECT_EQ(b.returned_at, 50'000'000);
}

// The Netflix FUSE hang: a dying daemon closes a file of its own mount, whose forced
// flush waits for the daemon. If the connection is closed first, nothing hangs.
class FlushingFile final : public OpenFile {
 public:
  explicit FlushingFile(Server* server) : server_(server) {}
  sim::Task<> Close(Thread* thread) override {
    co_await sim::FrameName{"fuse_flush"};
    co_await server_->Request(thread, "FLUSH", {}, {.kind = CallWait::kFuse, .force = true});
  }

 private:
  Server* server_;
};

TEST_F(ServerTest, ADyingDaemonThatFlushesToItselfHangsUnlessTheConnectionClosesFirst) {
  for (bool file_first : {true, false}) {
    World world;
    Server server(&world.machine, "daemon", {});
    auto file = std::make_shared<FlushingFile>(&server);
    if (file_first) server.process()->AddFile(file);
    server.Serve(Answers(1));
    if (!file_first) server.process()->AddFile(file);
    Client other(&world, &server, {.kind = CallWait::kFuse}, "other", Millis(5));
    world.At(Millis(1), [&] { world.machine.Signal(server.process(), kSigKill); });
    world.At(Millis(2), [&] { world.machine.Signal(server.process(), kSigKill); });
    world.Run();
    EXPECT_EQ(server.process()->ended(), !file_first);
    if (file_first) {
      EXPECT_THAT(WaitGraph(world.machine).Hung(), ElementsAre("daemon", "other"));
      EnderSet enders;
      server.threads()[0]->Examine(&enders);
      ASSERT_EQ(enders.all_of.size(), 1u);
      EXPECT_THAT(enders.all_of[0].any_of, IsEmpty());  // Nobody is left, not even itself.
      server.Abort(nullptr);
      world.Run();
      EXPECT_TRUE(server.process()->ended());
    }
  }
}

// ---- one daemon, its own mount ----

// The handler looks at the mount that it serves; one thread cannot take that request.
struct SelfServing {
  explicit SelfServing(int threads)
      : server(&world.machine, "sshfs", {.threads = threads, .on_death = kECONNABORTED}) {
    server.Serve([this](Thread* t, std::shared_ptr<ServerRequest> request) -> sim::Task<Answer> {
      if (request->from() == "app") {
        t->EnterKernel();
        inner = co_await server.Request(t, "GETATTR", {}, {.kind = CallWait::kFuse});
        co_await t->ReturnToUser();
      }
      co_return Answer{};
    });
    app = std::make_unique<Client>(&world, &server, CallWaitSpec{.kind = CallWait::kFuse});
  }
  World world;
  Server server;
  Answer inner;
  std::unique_ptr<Client> app;
};

TEST_F(ServerTest, ADaemonThatServesItselfWithOneThreadHangsInS) {
  SelfServing self(1);
  self.world.Run();
  Thread* daemon = self.server.threads()[0];
  EXPECT_EQ(self.app->thread->StateLetter(), 'S');
  EXPECT_EQ(daemon->StateLetter(), 'S');
  WaitGraph graph(self.world.machine);
  EXPECT_TRUE(graph.Needs(self.app->thread, daemon));
  EXPECT_TRUE(graph.Needs(daemon, daemon));
  EXPECT_THAT(graph.Hung(), ElementsAre("sshfs", "app"));
}

TEST_F(ServerTest, KillingTheClientMakesItWorseKillingTheDaemonFreesAll) {
  SelfServing self(1);
  self.world.At(Millis(1), [&] { self.world.machine.Signal(self.app->process(), kSigKill); });
  self.world.RunUntil(Millis(2));
  EXPECT_EQ(self.app->thread->StateLetter(), 'D');
  EXPECT_FALSE(self.app->thread->Killable());
  self.world.At(Millis(3), [&] { self.world.machine.Signal(self.server.process(), kSigKill); });
  self.world.Run();
  EXPECT_EQ(self.inner.error, kEINTR);  // Its own request was unread, so it could go.
  EXPECT_TRUE(self.server.process()->ended());
  EXPECT_TRUE(self.app->process()->ended());
  EXPECT_EQ(self.app->answer.error, kECONNABORTED);
}

TEST_F(ServerTest, TwoThreadsAreEnough) {
  SelfServing self(2);
  self.world.Run();
  EXPECT_EQ(self.app->answer.error, 0);
}

// ---- interruption ----

TEST_F(ServerTest, ASignalTellsTheHandlerThatItWasInterrupted) {
  Server server(&world_.machine, "sshfs", {});
  bool before = true, after = false;
  server.Serve([&](Thread* t, std::shared_ptr<ServerRequest> request) -> sim::Task<Answer> {
    co_await t->Compute(Millis(1));
    before = request->interrupted();
    co_await t->Compute(Millis(5));
    after = request->interrupted();
    co_return Answer{.error = kEINTR, .value = {}};
  });
  Client client(&world_, &server, {.kind = CallWait::kFuse});
  client.process()->SetHandled(kSigUsr1, true);
  world_.At(Millis(3), [&] { world_.machine.Signal(client.process(), kSigUsr1); });
  world_.RunUntil(Millis(4));
  EXPECT_EQ(client.thread->StateLetter(), 'D');
  EXPECT_TRUE(client.thread->Killable());
  world_.Run();
  EXPECT_FALSE(before);
  EXPECT_TRUE(after);
  EXPECT_EQ(client.answer.error, kEINTR);
}

TEST_F(ServerTest, WithoutTheFlagASignalCancelsATakenSeccompNotification) {
  Server server(&world_.machine, "supervisor", {});
  int reply = -1;
  std::shared_ptr<ServerRequest> seen;
  server.Serve([&](Thread* t, std::shared_ptr<ServerRequest> request) -> sim::Task<Answer> {
    seen = request;
    co_await t->Compute(Millis(10));
    co_return Answer{};
  });
  Client client(&world_, &server, {.kind = CallWait::kSeccomp, .killable_once_taken = false});
  client.process()->SetHandled(kSigUsr1, true);
  world_.At(Millis(3), [&] { world_.machine.Signal(client.process(), kSigUsr1); });
  world_.RunUntil(Millis(4));
  EXPECT_EQ(client.answer.error, kEINTR);
  EXPECT_TRUE(seen->abandoned());
  EXPECT_EQ(seen->state(), CallState::kTaken);
  reply = seen->Finish({}, nullptr);
  EXPECT_EQ(reply, kENOENT);
  world_.Run();
}

TEST_F(ServerTest, AForcedRequestIsNotWithdrawnByAKill) {
  Server server(&world_.machine, "sshfs", {});
  server.Serve(Answers(1));
  world_.machine.Signal(server.process(), kSigStop);
  Client ordinary(&world_, &server, {.kind = CallWait::kFuse}, "ordinary");
  Client forced(&world_, &server, {.kind = CallWait::kFuse, .force = true}, "forced");
  KillAt(Millis(1), ordinary.process());
  KillAt(Millis(1), forced.process());
  world_.RunUntil(Millis(2));
  EXPECT_TRUE(ordinary.process()->ended());
  EXPECT_FALSE(forced.process()->ended());
  EXPECT_EQ(forced.thread->StateLetter(), 'D');
}

// The signal wakes the client; before it runs, the server is gone and the request has ended.
TEST_F(ServerTest, ARequestThatEndsBeforeItsSignalledWaiterRunsAnswersIt) {
  Server server(&world_.machine, "sshfs", {});
  server.Serve(NeverAnswers());
  Client taken(&world_, &server, {.kind = CallWait::kFuse}, "taken");
  Client queued(&world_, &server, {.kind = CallWait::kFuse}, "queued", Millis(1));
  Client handled(&world_, &server, {.kind = CallWait::kSeccomp}, "handled", Millis(1));
  handled.process()->SetHandled(kSigUsr1, true);
  world_.At(Millis(3), [&] {
    world_.machine.Signal(taken.process(), kSigUsr1);
    world_.machine.Signal(queued.process(), kSigKill);
    world_.machine.Signal(handled.process(), kSigUsr1);
    server.Abort(nullptr);
  });
  world_.RunUntil(Millis(4));
  EXPECT_TRUE(taken.process()->ended());
  EXPECT_TRUE(queued.process()->ended());
  EXPECT_EQ(handled.answer.error, kENOTCONN);
}

// ---- the queue ----

TEST_F(ServerTest, AFullQueueMakesRequestersWait) {
  Server server(&world_.machine, "s", {.capacity = 1});
  server.Serve(Answers(10));
  Client a(&world_, &server, {}, "a", Millis(1));                             // Taken.
  Client b(&world_, &server, {}, "b", Millis(2));                             // Queued.
  Client c(&world_, &server, {.kind = CallWait::kKillable}, "c", Millis(3));  // Waits for room.
  Client d(&world_, &server, {}, "d", Millis(4));
  KillAt(Millis(5), c.process());
  world_.RunUntil(Millis(6));
  EXPECT_EQ(server.pending().size(), 2u);
  EXPECT_TRUE(c.process()->ended());
  EXPECT_EQ(c.answer.error, kEINTR);
  EXPECT_EQ(d.thread->StateLetter(), 'D');
  EXPECT_TRUE(WaitGraph(world_.machine).Needs(d.thread, server.threads()[0]));
  EXPECT_EQ(server.Submit(nullptr, "NOW", {})->answer().error, kEAGAIN);
  world_.Run();
  EXPECT_EQ(a.returned_at, 11'000'000);
  EXPECT_EQ(b.returned_at, 21'000'000);
  EXPECT_EQ(d.returned_at, 31'000'000);
}

TEST_F(ServerTest, OneCanSendWithoutWaiting) {
  Server server(&world_.machine, "s", {});
  server.Serve(Answers(5));
  int64_t sent_at = -1, done_at = -1;
  world_.Kernel("k", [&](Thread* t) -> sim::Task<> {
    std::shared_ptr<ServerRequest> request = server.Submit(t, "WRITE", {});
    sent_at = t->machine().now().ns();
    EXPECT_EQ(co_await request->Await(t, {}), 0);
    done_at = t->machine().now().ns();
    EXPECT_EQ(request->answer().error, 0);
  });
  world_.Run();
  EXPECT_EQ(sent_at, 0);
  EXPECT_EQ(done_at, 5'000'000);
}

TEST_F(ServerTest, APausedServerTakesNothingUntilItIsResumed) {
  Server server(&world_.machine, "s", {});
  server.Serve(Answers(1));
  world_.RunUntil(Millis(1));
  server.SetPaused(true, nullptr);
  Client client(&world_, &server);
  world_.RunUntil(Millis(5));
  EnderSet enders;
  client.thread->Examine(&enders);
  EXPECT_TRUE(enders.outside);
  EXPECT_THAT(WaitGraph(world_.machine).Hung(), ElementsAre("app"));
  server.SetPaused(false, nullptr);
  world_.Run();
  EXPECT_EQ(client.returned_at, 6'000'000);
}

TEST_F(ServerTest, AStoppedServerHoldsUpItsClients) {
  Server server(&world_.machine, "s", {});
  server.Serve(Answers(1));
  world_.At(Millis(1), [&] { world_.machine.Signal(server.process(), kSigStop); });
  Client client(&world_, &server, {}, "app", Millis(2));
  world_.RunUntil(Millis(5));
  EXPECT_EQ(server.threads()[0]->StateLetter(), 'T');
  EXPECT_EQ(client.thread->StateLetter(), 'D');
  EXPECT_FALSE(WaitGraph(world_.machine).Progresses(client.thread));
  EXPECT_TRUE(WaitGraph(world_.machine).Needs(client.thread, server.threads()[0]));
  world_.At(Millis(10), [&] { world_.machine.Signal(server.process(), kSigCont); });
  world_.Run();
  EXPECT_EQ(client.returned_at, 11'000'000);
}

TEST_F(ServerTest, ARemoteServerAnswersOnlyFromOutside) {
  Server server(&world_.machine, "nfs", {.remote = true});
  Client reader(&world_, &server), writer(&world_, &server, {.kind = CallWait::kPlain}, "writer");
  world_.RunUntil(Millis(1));
  EXPECT_EQ(server.process(), nullptr);
  EnderSet enders;
  reader.thread->Examine(&enders);
  EXPECT_TRUE(enders.outside);
  EXPECT_EQ(reader.thread->waiter().on->root_name(), "nfs");
  KillAt(Millis(2), reader.process());
  KillAt(Millis(2), writer.process());
  world_.RunUntil(Millis(3));
  EXPECT_TRUE(reader.process()->ended());
  EXPECT_EQ(writer.thread->StateLetter(), 'D');
  server.ReplyAll({.error = 0, .value = {}}, nullptr);
  world_.Run();
  EXPECT_EQ(writer.answer.error, 0);
}

// ---- holds ----

TEST_F(ServerTest, AHoldGivenToARequestIsReleasedWhenThatEnds) {
  for (bool abort : {false, true}) {
    World world;
    Server server(&world.machine, "osd", {});
    server.Serve(Answers(10));
    Mutex page(&world.machine, "page");
    world.Kernel("writeback", [&](Thread* t) -> sim::Task<> {
      co_await page.LockIt(t);
      std::shared_ptr<ServerRequest> request = server.Submit(t, "WRITE", {});
      page.GiveTo(t, request.get());
    });
    int64_t got_at = -1;
    Thread* reader = world.Kernel(
        "reader",
        [&](Thread* t) -> sim::Task<> {
          co_await page.LockIt(t);
          got_at = t->machine().now().ns();
        },
        Millis(1));
    world.RunUntil(Millis(3));
    WaitGraph graph(world.machine);
    EXPECT_TRUE(graph.Needs(reader, page.holds()[0].owner));
    EXPECT_EQ(page.holds()[0].owner->reported_name(), "osd");
    EXPECT_THAT(graph.Hung(), IsEmpty());
    if (abort) {
      server.Abort(nullptr);
    }
    world.Run();
    EXPECT_EQ(got_at, abort ? 3'000'000 : 10'000'000);
  }
}

// The loop through an I/O of one's own: the server waits for a page that a request to
// itself holds.
TEST_F(ServerTest, AServerThatNeedsWhatARequestToItHoldsHangs) {
  Mutex page(&world_.machine, "page");
  Server server(&world_.machine, "osd", {});
  server.Serve([&](Thread* t, std::shared_ptr<ServerRequest>) -> sim::Task<Answer> {
    t->EnterKernel();
    co_await page.LockIt(t);
    co_return Answer{};
  });
  world_.Kernel("writeback", [&](Thread* t) -> sim::Task<> {
    co_await page.LockIt(t);
    std::shared_ptr<ServerRequest> request = server.Submit(t, "WRITE", {});
    page.GiveTo(t, request.get());
  });
  world_.Run();
  WaitGraph graph(world_.machine);
  EXPECT_THAT(graph.Hung(), ElementsAre("osd"));
  EXPECT_TRUE(graph.Needs(server.threads()[0], page.holds()[0].owner));
  EXPECT_TRUE(graph.Needs(page.holds()[0].owner, server.threads()[0]));
}

// The permission daemon that logs to a service whose file it must permit.
TEST_F(ServerTest, ThePermissionDaemonBlockedOnTheLoggerThatItMustPermit) {
  for (size_t capacity : {1, 100}) {
    World world;
    MessageQueue journal(&world.machine, "journal", capacity);
    Server fapolicyd(&world.machine, "fapolicyd", {.on_death = 0});
    fapolicyd.Serve([&](Thread* t, std::shared_ptr<ServerRequest>) -> sim::Task<Answer> {
      co_await journal.Put(t, 1);  // One line for each decision.
      co_return Answer{};
    });
    Thread* journald = world.User("journald", [&](Thread* t) -> sim::Task<> {
      for (int line = 0; line < 6; ++line) {
        if (line == 0) {  // Rotation: opens a file, which needs a verdict.
          co_await t->Compute(Millis(5));
          t->EnterKernel();
          co_await fapolicyd.Request(t, "OPEN", {}, {.kind = CallWait::kKillable});
          co_await t->ReturnToUser();
        }
        co_await journal.Get(t);
      }
    });
    journal.getters().Add(journald);
    journal.putters().Add(fapolicyd.threads()[0]);
    std::vector<std::unique_ptr<Client>> openers;
    for (int i = 0; i < 5; ++i) {
      openers.push_back(
          std::make_unique<Client>(&world, &fapolicyd, CallWaitSpec{}, "opener" + std::to_string(i)));
    }
    world.Run();
    if (capacity == 100) {
      EXPECT_TRUE(journald->process()->ended());
      continue;
    }
    WaitGraph graph(world.machine);
    EXPECT_TRUE(graph.Needs(fapolicyd.threads()[0], journald));
    EXPECT_TRUE(graph.Needs(journald, fapolicyd.threads()[0]));
    EXPECT_EQ(fapolicyd.threads()[0]->StateLetter(), 'S');
    EXPECT_EQ(openers.back()->thread->StateLetter(), 'D');
    world.machine.Signal(fapolicyd.process(), kSigKill);
    world.RunUntil(Seconds(1));
    EXPECT_EQ(openers.back()->answer.error, 0);  // The kernel says yes to all.
    EXPECT_TRUE(openers.back()->process()->ended());
  }
}

TEST(ServerSpinTest, TheNaiveKernelSpinsForALocalServerOnly) {
  for (bool remote : {false, true}) {
    MachineOptions options = Cores(1);
    options.blocking = BlockingKernel::kSpin;
    World world(options);
    Server server(&world.machine, "s", {.remote = remote});
    if (!remote) server.Serve(Answers(1));
    Client client(&world, &server, {}, "app", Millis(1));
    world.RunUntil(Seconds(1));
    EXPECT_EQ(client.thread->StateLetter(), remote ? 'D' : 'R');
    EXPECT_EQ(client.returned_at, -1);
  }
}

}  // namespace
}  // namespace model
