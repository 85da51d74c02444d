// SPDX-License-Identifier: Apache-2.0
//
// What jobs and commands of a scenario leave in the history of the run, and what is made of it.
#include <gmock/gmock.h>

#include "fmt/format.h"
#include "tests/model/script/run/run_testing.h"

namespace model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kPool[] = R"(
machine { cores = 4 }
local tank = pool "tank" { disk = "ssd" }
local vm = tank:filesystem "vm"
for _, name in ipairs { "a", "b", "c" } do vm:snapshot(name) { used = "8MiB" } end
)";

int64_t Count(const RunOutcome& outcome, std::string_view path) { return At(outcome.result, path).integer(); }
bool Flag(const RunOutcome& outcome, std::string_view path) { return At(outcome.result, path).flag(); }

std::vector<std::string> Order(const RunOutcome& outcome) {
  std::vector<std::string> names;
  for (const ResultValue& name : At(outcome.result, "isolation.order").items()) names.push_back(name.text());
  return names;
}

// Nobody can be in its way; in how many steps it does what it does is a matter of its own.
TEST(RunIsolationTest, OfOneClientAloneTheStepsAreCounted) {
  const RunOutcome outcome = RunText(std::string(kPool) + R"(
job "prune" { design = "ioctl" } (function(zfs)
  zfs.sync.destroy("tank/vm@a")
  zfs.sync.destroy("tank/vm@b")
  error(zfs.sync.snapshot("tank/vm@c"))
end)
)");
  EXPECT_FALSE(Flag(outcome, "isolation.checked"));
  EXPECT_TRUE(Flag(outcome, "isolation.serialisable"));
  EXPECT_EQ(Count(outcome, "isolation.transactions"), 0);
  EXPECT_EQ(Count(outcome, "jobs.prune.result"), kEEXIST);
  EXPECT_EQ(Count(outcome, "jobs.prune.anomalies.visible_steps"), 2);
  EXPECT_EQ(Count(outcome, "jobs.prune.anomalies.durable_steps"), 2);
  EXPECT_EQ(Count(outcome, "jobs.prune.anomalies.half_done"), 1);
}

// Destroys a snapshot and then fails: it is gone for good, and who lists has seen a part of what was meant as
// one.
TEST(RunIsolationTest, StepsOfAJobThatFailsAreHalfDoneReads) {
  const RunOutcome outcome = RunText(std::string(kPool) + R"(
job "prune" { at = "1s", design = "ioctl" } (function(zfs)
  zfs.sync.destroy("tank/vm@a")
  compute "100ms"
  error(EIO)
end)
process "observer" { at = "1080ms" } (function() sh "zfs list -t snapshot -o name tank/vm" end)
)");
  EXPECT_EQ(Count(outcome, "jobs.prune.result"), kEIO);
  EXPECT_EQ(Count(outcome, "jobs.prune.anomalies.half_done_read"), 1);
  EXPECT_EQ(Count(outcome, "jobs.prune.anomalies.dirty_read"), 0);
  EXPECT_EQ(Count(outcome, "jobs.prune.anomalies.half_done"), 1);
  EXPECT_FALSE(Flag(outcome, "isolation.serialisable"));
  EXPECT_THAT(At(outcome.result, "isolation.proofs.1.text").text(),
              HasSubstr("half-done read: observer read what prune changed, which failed and left it so\n"));
}

// Cleans up before it fails: what the observer listed was not to stay.
TEST(RunIsolationTest, WhatAJobUndoesBeforeItFailsIsADirtyRead) {
  const RunOutcome outcome = RunText(std::string(kPool) + R"(
job "try" { at = "1s", design = "ioctl" } (function(zfs)
  zfs.sync.snapshot("tank/vm@new")
  compute "100ms"
  zfs.sync.destroy("tank/vm@new")
  error(EIO)
end)
process "observer" { at = "1080ms" } (function() sh "zfs list -t snapshot -o name tank/vm" end)
)");
  EXPECT_EQ(Count(outcome, "jobs.try.anomalies.dirty_read"), 1);
  EXPECT_EQ(Count(outcome, "jobs.try.anomalies.half_done_read"), 0);
}

// The snapshot is refused with EEXIST, which the job does not mind: half of it is done.
TEST(RunIsolationTest, ARefusedStepLeavesTheRestHalfDone) {
  const std::string body = R"( (function(zfs)
  zfs.sync.destroy("tank/vm@a")
  zfs.sync.snapshot("tank/vm@b")
end)
process "observer" { at = "3s" } (function() sh "zfs list" end)
)";
  const RunOutcome steps = RunText(std::string(kPool) + R"(job "prune" { design = "ioctl" })" + body);
  EXPECT_EQ(Count(steps, "jobs.prune.anomalies.half_done"), 1);
  const RunOutcome whole = RunText(std::string(kPool) + R"(job "prune" { design = "channel_tx" })" + body);
  EXPECT_EQ(Count(whole, "jobs.prune.anomalies.half_done"), 0);
  EXPECT_EQ(Count(whole, "jobs.prune.anomalies.visible_steps"), 0);
}

// What a list brought along is as old as the list: with it the job comes before the change, without it after.
TEST(RunIsolationTest, WhatAListBroughtWasReadWithTheList) {
  const auto order = [](const std::string& prefetch) {
    return Order(RunText(std::string(kPool) + R"(
job "look" { at = "1s", design = "ioctl", ioctl = { prefetch = )" +
                         prefetch + R"( } } (function(zfs)
  for name in zfs.list.snapshots("tank/vm") do
    compute "200ms"
    zfs.get_prop(name, "org:note")
    break
  end
end)
process "second" { at = "1010ms" } (function() sh "zfs set org:note=x tank/vm@a" end)
)"));
  };
  EXPECT_THAT(order("true"), ElementsAre("look", "second"));
  EXPECT_THAT(order("false"), ElementsAre("second", "look"));
}

// Each destroys a snapshot of its own filesystem in several steps. All of them move the space of the root.
// A job that reads long after another has ended reads what that one left, wherever its reads are served.
TEST(RunIsolationTest, WhatIsReadInTheKernelIsReadThen) {
  for (const char* design :
       {"ioctl", "program", "callback", "channel_tx", "optimistic_tx", "ring", "pipeline"}) {
    for (const char* options :
         {"", ", callback = { mode = \"syncing\", place = \"helper\" }", ", program = { sync = false }"}) {
      const RunOutcome outcome = RunText(fmt::format(R"({}
job "one" {{ at = "1s", design = "ioctl" }} (function(zfs) zfs.sync.destroy("tank/vm@a") end)
job "two" {{ at = "7s", design = "{}"{} }} (function(zfs)
  for name in zfs.list.snapshots("tank/vm") do zfs.get_prop(name, "used") end
  zfs.check.destroy("tank/vm@b")
end)
)",
                                                     kPool, design, options));
      EXPECT_EQ(Count(outcome, "jobs.two.result"), 0) << design << options;
      EXPECT_TRUE(Flag(outcome, "isolation.strict")) << design << options;
      EXPECT_THAT(Order(outcome), ElementsAre("one", "two")) << design << options;
    }
  }
}

TEST(RunIsolationTest, SumsOfSpaceOrderNobody) {
  const RunOutcome outcome = RunText(std::string(kPool) + R"(
local other = tank:filesystem "other"
for _, name in ipairs { "a", "b", "c" } do other:snapshot(name) { used = "8MiB" } end
job "left" { at = "1s", design = "ioctl" } (function(zfs)
  for _, name in ipairs { "a", "b", "c" } do zfs.sync.destroy("tank/vm@" .. name) end
end)
job "right" { at = "1s", design = "ioctl" } (function(zfs)
  for _, name in ipairs { "a", "b", "c" } do zfs.sync.destroy("tank/other@" .. name) end
end)
)");
  EXPECT_EQ(Count(outcome, "jobs.left.anomalies.visible_steps"), 3);
  EXPECT_TRUE(Flag(outcome, "isolation.serialisable"));
}

// On txg_sync, with the config lock as writer: three changes, one after the other, and nobody can look.
TEST(RunIsolationTest, ChangesUnderOneHoldOfTheConfigLockAreOneStep) {
  const RunOutcome outcome = RunText(std::string(kPool) + R"(
job "prune" { at = "1s", design = "callback", callback = { mode = "syncing", place = "helper" } } (function(zfs)
  for name in zfs.list.snapshots("tank/vm") do zfs.sync.destroy(name) end
end)
process "observer" { at = "3s" } (function() sh "zfs list -t snapshot -o name tank/vm" end)
)");
  EXPECT_EQ(Count(outcome, "jobs.prune.anomalies.visible_steps"), 1);
  EXPECT_THAT(Order(outcome), ElementsAre("prune", "observer"));
}

// With an overlay the job sees its own intent before anybody else: no read of anybody's version.
TEST(RunIsolationTest, OnesOwnIntentsAreNobodysVersions) {
  const RunOutcome outcome = RunText(std::string(kPool) + R"(
job "prune" { at = "1s", design = "channel_tx", channel_tx = { own = "overlay" } } (function(zfs)
  zfs.sync.destroy("tank/vm@a")
  for name in zfs.list.snapshots("tank/vm") do zfs.get_prop(name, "used") end
  zfs.sync.destroy("tank/vm@b")
end)
process "observer" { at = "1s" } (function()
  for _ = 1, 20 do
    sh "zfs list -t snapshot -o name tank/vm"
    sleep "5ms"
  end
end)
)");
  EXPECT_TRUE(Flag(outcome, "isolation.strict"));
  EXPECT_EQ(Count(outcome, "jobs.prune.anomalies.visible_steps"), 1);
}

// The first attempt reads left before, and right after both have changed: it fails for that, and the second
// sees both.
TEST(RunIsolationTest, TornReadsOfAnAttemptThatFailsStandApart) {
  const RunOutcome outcome = RunText(std::string(kPool) + R"(
tank:filesystem "left" { properties = { ["org:n"] = "0" } }
tank:filesystem "right" { properties = { ["org:n"] = "0" } }
job "reader" { at = "1s", design = "optimistic_tx", optimistic_tx = { retries = 1 } } (function(zfs)
  local left = zfs.get_prop("tank/left", "org:n")
  compute "200ms"
  local right = zfs.get_prop("tank/right", "org:n")
  zfs.sync.set_prop("tank/vm", "org:seen", left .. right)
end)
job "writer" { at = "1010ms", design = "channel_tx" } (function(zfs)
  zfs.sync.set_prop("tank/left", "org:n", "1")
  zfs.sync.set_prop("tank/right", "org:n", "1")
end)
)");
  EXPECT_EQ(Count(outcome, "jobs.reader.retries"), 1);
  EXPECT_EQ(Count(outcome, "jobs.reader.anomalies.failed_attempts"), 1);
  EXPECT_EQ(Count(outcome, "jobs.reader.anomalies.read_skew"), 0);
  EXPECT_TRUE(Flag(outcome, "isolation.serialisable"));
  EXPECT_THAT(Order(outcome), ElementsAre("writer", "reader#2"));
}

// Several destroys of one command are several txgs as well.
TEST(RunIsolationTest, ACommandOfSeveralTasksShowsAPart) {
  const RunOutcome outcome = RunText(std::string(kPool) + R"(
process "second" { at = "1s" } (function() sh "zfs destroy tank/vm@a,b,c" end)
process "observer" { at = "1s" } (function()
  for _ = 1, 40 do
    sh "zfs list -t snapshot -o name tank/vm"
    sleep "2ms"
  end
end)
)");
  EXPECT_GT(Count(outcome, "isolation.partial_visibility"), 0);
  EXPECT_EQ(At(outcome.result, "isolation.proofs.1.by.1").text(), "second");
}

TEST(RunIsolationTest, ARunIsCheckedTheSameTwice) {
  const std::string text = std::string(kPool) + R"(
job "prune" { at = "1s", design = "ioctl" } (function(zfs)
  for name in zfs.list.snapshots("tank/vm") do zfs.sync.destroy(name) end
end)
process "observer" { at = "1s" } (function()
  for _ = 1, 40 do
    sh "zfs list -t snapshot -o name,used tank/vm"
    sleep "1ms"
  end
end)
)";
  const RunOutcome first = RunText(text);
  const RunOutcome again = RunText(text);
  EXPECT_GT(Count(first, "jobs.prune.anomalies.partial_visibility"), 0);
  EXPECT_EQ(At(first.result, "isolation"), At(again.result, "isolation"));
}

}  // namespace
}  // namespace model
