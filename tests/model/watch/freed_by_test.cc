// SPDX-License-Identifier: Apache-2.0
#include "model/watch/freed_by.h"

#include <algorithm>
#include <memory>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/model/watch/things.h"

namespace model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Texts(const std::vector<Action>& actions) {
  std::vector<std::string> texts;
  for (const Action& action : actions) texts.push_back(ActionText(action));
  return texts;
}

TEST(FreedByTest, ActionsHaveOneSpelling) {
  for (const char* text : {"kill app", "cont prune", "thaw cg", "complete eth0", "reply sshfs", "abort sshfs",
                           "zpool clear tank", "zfs snapshot tank/a@b"}) {
    ASSERT_TRUE(ParseAction(text).has_value()) << text;
    EXPECT_EQ(ActionText(*ParseAction(text)), text);
  }
  EXPECT_EQ(ActionText(*ParseAction("  zpool   clear tank ")), "zpool clear tank");
  for (const char* text : {"", "kill", "stop app", "kill a b", "zpool"}) {
    EXPECT_FALSE(ParseAction(text).has_value()) << text;
  }
}

// ls waits for a lock that a process holds, which waits for a device; another one is
// stopped. What stands at the root comes first.
sim::Task<> LockAndWait(Thread* thread, Mutex* mutex, Waitable* io, WaitSpec spec) {
  thread->EnterKernel();
  co_await mutex->LockIt(thread);
  co_await thread->Wait(*io, spec);
  mutex->Unlock(thread);
  co_await thread->ReturnToUser();
}

struct DeviceWorld : World {
  explicit DeviceWorld(SleepKind kind) : World({.cores = 2}) {
    io.outside = true;
    User("cp", [this, kind](Thread* t) { return LockAndWait(t, &mutex, &io, {.kind = kind}); });
    User(
        "ls", [this](Thread* t) { return TakeOne(t, &mutex); }, Millis(1));
    RunUntil(Seconds(1));
  }
  Mutex mutex{&machine, "m"};
  Thing io{WaitableKind::kIo, "eth0/1", "eth0"};
};

TEST(FreedByTest, CandidatesComeFromTheChainRootFirst) {
  DeviceWorld world(SleepKind::kUninterruptible);
  const Judgement judgement = Judge(world.machine, {});
  const std::vector<ActionTarget> targets = {{ActionTargetKind::kDevice, "eth0"},
                                             {ActionTargetKind::kPool, "tank"}};
  EXPECT_THAT(Texts(ProposeActions(judgement, targets)), ElementsAre("complete eth0", "kill cp", "kill ls"));
}

TEST(FreedByTest, AStoppedProcessCanBeContinued) {
  World world({.cores = 2});
  Thread* prune = world.User("prune", [](Thread* t) { return Tick(t, Seconds(1)); });
  world.RunUntil(Millis(1));
  world.machine.Signal(prune->process(), kSigStop);
  const Judgement judgement = Judge(world.machine, {});
  EXPECT_THAT(Texts(ProposeActions(judgement, {})), ElementsAre("kill prune", "cont prune"));
}

TEST(FreedByTest, ServersAndPoolsHaveTheirOwnActions) {
  World world({.cores = 2});
  Thing reply(WaitableKind::kRequest, "GETATTR", "sshfs"), txg(WaitableKind::kTxg, "tx_sync_done_cv", "tank");
  txg.outside = true;
  Thread* server = world.User("sshfs", [&](Thread* t) { return WaitOn(t, &reply, {}); });
  reply.needs = {server};
  world.User("zfs", [&](Thread* t) { return WaitOn(t, &txg, {}); });
  world.RunUntil(Seconds(1));
  const std::vector<ActionTarget> targets = {{ActionTargetKind::kServer, "sshfs"},
                                             {ActionTargetKind::kPool, "tank"}};
  EXPECT_THAT(Texts(ProposeActions(Judge(world.machine, {}), targets)),
              ElementsAre("kill sshfs", "reply sshfs", "abort sshfs", "zpool clear tank", "kill zfs"));
}

TEST(FreedByTest, NoMoreThanSixteenCandidates) {
  World world({.cores = 2});
  Thing io(WaitableKind::kIo, "io", "eth0");
  io.outside = true;
  for (int i = 0; i < 40; ++i) {
    world.User("app" + std::to_string(i), [&](Thread* t) { return WaitOn(t, &io, {}); });
  }
  world.RunUntil(Seconds(1));
  const std::vector<Action> actions =
      ProposeActions(Judge(world.machine, {}), {{ActionTargetKind::kDevice, "eth0"}});
  EXPECT_EQ(actions.size(), kMaxActions);
  EXPECT_EQ(ActionText(actions[0]), "complete eth0");
}

// The driver with real re-runs. cp sleeps killably: killing it frees both, killing ls
// (plain D) frees nobody, and completing the I/O frees both.
Outcome Rerun(SleepKind kind, const Action& action) {
  DeviceWorld world(kind);
  const std::vector<const Thread*> hung = HungSet(world.machine).threads();
  if (action.kind == ActionKind::kKill) {
    world.machine.Signal(world.machine.FindProcess(action.target), kSigKill);
  } else if (action.kind == ActionKind::kComplete) {
    world.machine.WakeAll(&world.io, 0, nullptr);
  }
  world.RunUntil(Seconds(1) + kTrySpan);
  const HungSet after(world.machine);
  Outcome outcome;
  for (const Thread* thread : hung) {
    if (!after.Contains(thread)) outcome.freed.push_back(thread->name());
  }
  outcome.all = outcome.freed.size() == hung.size();
  return outcome;
}

TEST(FreedByTest, TriesEachAndKeepsThoseThatFreeSomebody) {
  DeviceWorld world(SleepKind::kKillable);
  const std::vector<Action> actions =
      ProposeActions(Judge(world.machine, {}), {{ActionTargetKind::kDevice, "eth0"}});
  const std::vector<FreedBy> freed =
      TryActions(actions, [](const Action& action) { return Rerun(SleepKind::kKillable, action); });
  ASSERT_EQ(freed.size(), 2u);
  EXPECT_EQ(ActionText(freed[0].action), "complete eth0");
  EXPECT_EQ(ActionText(freed[1].action), "kill cp");
  EXPECT_THAT(freed[1].frees, ElementsAre("cp", "ls"));
  EXPECT_TRUE(freed[1].all);
}

TEST(FreedByTest, AnEmptyResultMeansThatAllWereTried) {
  int tried = 0;
  const std::vector<Action> actions = {{ActionKind::kKill, "cp"}, {ActionKind::kKill, "ls"}};
  EXPECT_THAT(TryActions(actions,
                         [&](const Action& action) {
                           ++tried;
                           return Rerun(SleepKind::kUninterruptible, action);
                         }),
              IsEmpty());
  EXPECT_EQ(tried, 2);
}

}  // namespace
}  // namespace model
