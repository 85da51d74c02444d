// SPDX-License-Identifier: Apache-2.0
//
// The end of threads and processes.
#include <memory>
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

class LoggedFile final : public OpenFile {
 public:
  LoggedFile(std::vector<std::string>* log, std::string name) : log_(log), name_(std::move(name)) {}
  sim::Task<> Close(Thread* thread) override {
    EXPECT_EQ(thread->mode(), CpuMode::kKernel);
    log_->push_back(name_ + " by " + thread->name());
    co_return;
  }

 private:
  std::vector<std::string>* log_;
  std::string name_;
};

// Its close waits for an event that nobody brings.
class StuckFile final : public OpenFile {
 public:
  sim::Task<> Close(Thread* thread) override {
    co_await sim::FrameName{"fuse_flush"};
    co_await thread->Wait(thread->machine().hang_event(), {});
  }
};

TEST(ExitTest, FilesAreClosedInTheOrderOfOpening) {
  World world;
  std::vector<std::string> log;
  Thread* t = world.User("app", [](Thread* self) -> sim::Task<> { co_await self->Compute(Millis(1)); });
  auto second = std::make_shared<LoggedFile>(&log, "second");
  t->process()->AddFile(std::make_shared<LoggedFile>(&log, "first"));
  t->process()->AddFile(second);
  t->process()->AddFile(std::make_shared<LoggedFile>(&log, "third"));
  EXPECT_TRUE(t->process()->RemoveFile(second.get()));
  EXPECT_FALSE(t->process()->RemoveFile(second.get()));
  world.Run();
  EXPECT_THAT(log, ElementsAre("first by app", "third by app"));
}

TEST(ExitTest, ADeadProcessCanSitInD) {
  World world;
  Thread* t = world.User("app", [](Thread* self) -> sim::Task<> { co_await self->RunForever(); });
  t->process()->AddFile(std::make_shared<StuckFile>());
  world.At(Millis(1), [&] { world.machine.Signal(t->process(), kSigKill); });
  world.At(Millis(2), [&] { world.machine.Signal(t->process(), kSigKill); });  // Does nothing more.
  world.RunUntil(Seconds(1));
  EXPECT_FALSE(t->process()->ended());
  EXPECT_TRUE(t->exiting());
  EXPECT_EQ(t->StateLetter(), 'D');
  EXPECT_FALSE(t->Killable());
  ASSERT_EQ(t->Stack().size(), 2u);
  EXPECT_STREQ(t->Stack()[0], "fuse_flush");
  EXPECT_STREQ(t->Stack()[1], "do_exit");
  EXPECT_THAT(WaitGraph(world.machine).Hung(), ElementsAre("app"));
}

// An interruptible wait in the exit work is not ended by the signal that was taken.
TEST(ExitTest, TheFatalSignalIsSpentOnceTheExitHasBegun) {
  class WaitingFile final : public OpenFile {
   public:
    sim::Task<> Close(Thread* thread) override {
      co_await thread->Wait(thread->machine().hang_event(), {.kind = SleepKind::kInterruptible});
    }
  };
  World world;
  Thread* t = world.User("app", [](Thread* self) -> sim::Task<> { co_await self->RunForever(); });
  t->process()->AddFile(std::make_shared<WaitingFile>());
  world.At(Millis(1), [&] { world.machine.Signal(t->process(), kSigKill); });
  world.At(Millis(2), [&] { world.machine.Signal(t->process(), kSigKill); });
  world.RunUntil(Millis(3));
  EXPECT_EQ(t->StateLetter(), 'S');
  EXPECT_FALSE(t->process()->ended());
}

// Waits for a while in its exit, as a ring's owner does for its workers.
TEST(ExitTest, WorkBeforeFilesCloseIsDoneByTheLastThreadOfTheProcessThatIsNoServiceThread) {
  World world;
  std::vector<std::string> log;
  Thread* leader = world.User("app", [](Thread* t) -> sim::Task<> { co_await t->Compute(Millis(1)); });
  world.machine.Spawn(leader->process(), "t2",
                      [](Thread* t) -> sim::Task<> { co_await t->Compute(Millis(5)); });
  Thread* service = world.machine.Spawn(leader->process(), "service", [](Thread* t) -> sim::Task<> {
    co_await t->Wait(t->machine().hang_event(), {.kind = SleepKind::kInterruptible});
  });
  service->set_service(true);
  leader->process()->AddFile(std::make_shared<LoggedFile>(&log, "file"));
  leader->process()->BeforeFilesClose([&](Thread* t) -> sim::Task<> {
    log.push_back("work by " + t->name());
    co_await t->SleepFor(Millis(10), SleepKind::kUninterruptible);
    EXPECT_FALSE(service->exiting());
  });
  world.RunUntil(Millis(10));
  EXPECT_EQ(log, std::vector<std::string>{"work by t2"});
  EXPECT_FALSE(leader->process()->ended());
  world.Run();
  ASSERT_EQ(log.size(), 2u);
  EXPECT_EQ(leader->process()->end().ns(), 15'000'000);
}

TEST(ExitTest, TheLeaderStaysAZombieUntilTheLastThreadHasEnded) {
  World world;
  Thread* leader = world.User("app", [](Thread* t) -> sim::Task<> { co_await t->Compute(Millis(1)); });
  Thread* other = world.machine.Spawn(leader->process(), "t2",
                                      [](Thread* t) -> sim::Task<> { co_await t->Compute(Millis(5)); });
  Thread* third = world.machine.Spawn(leader->process(), "t3",
                                      [](Thread* t) -> sim::Task<> { co_await t->Compute(Millis(2)); });
  world.RunUntil(Millis(3));
  EXPECT_EQ(leader->StateLetter(), 'Z');
  EXPECT_EQ(third->StateLetter(), 'X');
  EXPECT_EQ(other->StateLetter(), 'R');
  EXPECT_FALSE(leader->process()->ended());
  world.Run();
  EXPECT_EQ(leader->StateLetter(), 'X');
  EXPECT_TRUE(leader->process()->ended());
  EXPECT_EQ(leader->process()->end().ns(), 5'000'000);
}

TEST(ExitTest, AThreadInDKeepsTheProcessFromEnding) {
  World world;
  Thread* leader = world.User("app", [](Thread* t) -> sim::Task<> { co_await t->RunForever(); });
  Thread* stuck = world.machine.Spawn(leader->process(), "t2", [](Thread* t) -> sim::Task<> {
    t->EnterKernel();
    co_await t->Wait(t->machine().hang_event(), {});
    co_await t->ReturnToUser();
  });
  world.At(Millis(1), [&] { world.machine.Signal(leader->process(), kSigKill); });
  world.RunUntil(Millis(2));
  EXPECT_EQ(leader->StateLetter(), 'Z');
  EXPECT_EQ(stuck->StateLetter(), 'D');
  EXPECT_FALSE(leader->process()->ended());
}

// Two threads end at the same instant, each while the other is in its own exit.
TEST(ExitTest, ThreadsThatEndTogetherCloseTheFilesOnce) {
  World world({.cores = 2});
  std::vector<std::string> log;
  auto body = [](Thread* t) -> sim::Task<> {
    co_await t->Compute(Millis(1));
    t->Charge(1'000);  // Paid in the exit.
  };
  Thread* a = world.User("a", body);
  world.machine.Spawn(a->process(), "b", body);
  a->process()->AddFile(std::make_shared<LoggedFile>(&log, "file"));
  world.Run();
  EXPECT_TRUE(a->process()->ended());
  EXPECT_EQ(log.size(), 1u);
}

TEST(ExitTest, HooksRunBeforeTheFilesAreClosedAndAtTheVeryEnd) {
  World world;
  std::vector<std::string> log;
  Thread* t = world.User("app", [](Thread* self) -> sim::Task<> { co_await self->Compute(Millis(1)); });
  t->process()->AddFile(std::make_shared<LoggedFile>(&log, "file"));
  t->process()->OnThreadEnd([&](Thread* ended) { log.push_back("end of " + ended->name()); });
  world.machine.OnProcessEnd([&](Process* process) { log.push_back("gone: " + process->name()); });
  world.Run();
  EXPECT_THAT(log, ElementsAre("end of app", "file by app", "gone: app"));
}

TEST(ExitTest, OthersCanWaitForTheEndOfAProcess) {
  World world;
  Thread* child = world.User("child", [](Thread* t) -> sim::Task<> { co_await t->Compute(Millis(4)); });
  int64_t reaped_at = 0;
  Thread* parent = world.User("parent", [&](Thread* t) -> sim::Task<> {
    t->EnterKernel();
    co_await t->Wait(child->process()->end_event(), {.kind = SleepKind::kInterruptible});
    reaped_at = t->machine().now().ns();
  });
  world.RunUntil(Millis(1));
  EXPECT_EQ(parent->StateLetter(), 'S');
  EXPECT_TRUE(WaitGraph(world.machine).Needs(parent, child));
  EXPECT_THAT(WaitGraph(world.machine).Hung(), IsEmpty());
  world.Run();
  EXPECT_EQ(reaped_at, 4'000'000);
}

TEST(ExitTest, ServiceThreadsEndWithTheLastOther) {
  World world;
  Thread* app = world.User("app", [](Thread* t) -> sim::Task<> { co_await t->Compute(Millis(2)); });
  Thread* helper =
      world.machine.Spawn(app->process(), "helper", [](Thread* t) -> sim::Task<> { co_await t->Hang(); });
  helper->set_service(true);
  world.Run();
  EXPECT_TRUE(helper->ended());
  EXPECT_TRUE(app->process()->ended());
  EXPECT_FALSE(app->process()->killed());
  EXPECT_EQ(app->process()->end().ns(), 2'000'000);
}

TEST(ExitTest, TheExitWorkIsPaid) {
  World world({.cores = 1});
  Thread* t = world.User("app", [](Thread* self) -> sim::Task<> { co_await self->Compute(Micros(10)); });
  world.Run();
  const MachineProfile& profile = world.machine.profile();
  EXPECT_EQ(t->process()->end().ns(),
            profile.idle_exit_ns + profile.context_switch_ns + 10'000 + profile.process_exit_ns);
}

TEST(ExitTest, ProcessesAndThreadsAreFoundByName) {
  World world;
  Thread* t = world.User("app", [](Thread* self) -> sim::Task<> { co_await self->Compute(Millis(1)); });
  EXPECT_EQ(world.machine.FindThread("app"), t);
  EXPECT_EQ(world.machine.FindProcess("app"), t->process());
  EXPECT_EQ(world.machine.FindThread("nobody"), nullptr);
  EXPECT_EQ(t->tid(), t->process()->pid());
}

TEST(ExitTest, AThreadThatOutsidersStartIsNotCountedOnBefore) {
  World world;
  Thread* late =
      world.machine.Spawn(world.machine.CreateProcess("oncall"), "oncall",
                          [](Thread* t) -> sim::Task<> { co_await t->Compute(Millis(1)); },
                          {.at = sim::SimTime::FromNanos(1'000'000'000), .started_by_outside = true});
  world.RunUntil(Millis(1));
  EXPECT_FALSE(WaitGraph(world.machine).Progresses(late));
  world.RunUntil(Millis(1'000) + Micros(500));
  EXPECT_TRUE(WaitGraph(world.machine).Progresses(late));
}

}  // namespace
}  // namespace model
