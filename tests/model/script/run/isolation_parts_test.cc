// SPDX-License-Identifier: Apache-2.0
//
// What two clients of a pool can be in each other's way about: names of a list and properties, each by
// itself.
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

// What a job read and another changed meanwhile, and whether the job then wrote over it.
std::string Interleaved(std::string_view design, std::string_view job, std::string_view second) {
  return fmt::format(R"({}
tank:filesystem "fs" {{ properties = {{ ["x:a"] = "1", ["x:b"] = "1" }} }}
job "one" {{ at = "1s", design = "{}" }} (function(zfs) {} end)
process "two" {{ at = "1010ms" }} (function() sh "{}" end)
)",
                     kPool, design, job, second);
}

// Names of a list and properties apart: both changes are there in the end, and the job comes first.
TEST(RunIsolationPartsTest, OtherPartsOfTheSameAreNotOverwritten) {
  const char* snapshots = R"(
local names = {}
for name in zfs.list.snapshots("tank/vm") do names[#names + 1] = name end
compute "50ms"
for _, name in ipairs(names) do zfs.sync.destroy(name) end)";
  const char* children = R"(
local n = 0
for _ in zfs.list.children("tank") do n = n + 1 end
compute "50ms"
zfs.sync.clone("tank/vm@a", "tank/mine" .. n))";
  const char* property = R"(
local a = zfs.get_prop("tank/fs", "x:a")
compute "50ms"
zfs.sync.set_prop("tank/fs", "x:a", a .. "1"))";
  const std::pair<const char*, const char*> pairs[] = {{snapshots, "zfs snapshot tank/vm@new"},
                                                       {children, "zfs create tank/other"},
                                                       {property, "zfs set x:b=2 tank/fs"}};
  for (const char* design : {"ioctl", "pipeline"}) {
    for (const auto& [job, second] : pairs) {
      const RunOutcome outcome = RunText(Interleaved(design, job, second));
      EXPECT_EQ(Count(outcome, "jobs.one.result"), 0) << design << second;
      EXPECT_TRUE(Flag(outcome, "isolation.strict")) << design << second;
      EXPECT_THAT(Order(outcome), ElementsAre("one", "two")) << design << second;
    }
  }
}

TEST(RunIsolationPartsTest, ThePropertyThatWasReadIsOverwritten) {
  const char* one = R"(
local a = zfs.get_prop("tank/fs", "x:a")
compute "50ms"
zfs.sync.set_prop("tank/fs", "x:a", a .. "1"))";
  const char* all = R"(
for _ in zfs.list.user_properties("tank/fs") do end
compute "50ms"
zfs.sync.set_prop("tank/fs", "x:a", "3"))";
  for (const char* job : {one, all}) {
    const RunOutcome outcome = RunText(Interleaved("ioctl", job, "zfs set x:a=2 tank/fs"));
    EXPECT_EQ(Count(outcome, "jobs.one.anomalies.lost_update"), 1) << job;
    EXPECT_THAT(At(outcome.result, "isolation.proofs.1.text").text(),
                HasSubstr("one changed x:a of tank/fs"));
  }
}

// A name is one thing, whichever object bears it: "two" made its snapshot after "one" had freed the name, and
// before it looked again.
TEST(RunIsolationPartsTest, WhoTakesANameComesAfterWhoFreedIt) {
  const RunOutcome outcome = RunText(std::string(kPool) + R"(
job "one" { at = "1s", design = "ioctl" } (function(zfs)
  zfs.sync.destroy("tank/vm@a")
  compute "100ms"
  zfs.get_prop("tank/vm@a", "x:a")
end)
process "two" { at = "1050ms" } (function() sh "zfs snapshot tank/vm@a" end)
)");
  EXPECT_EQ(Count(outcome, "isolation.other_cycle"), 1);
  EXPECT_THAT(At(outcome.result, "isolation.proofs.1.text").text(),
              HasSubstr("one changed tank/vm@a (version 1)"));
}

// Each wrote over the other: tank/vm is one's first and two's last, tank/fs the other way round.
TEST(RunIsolationPartsTest, BlindChangesInOppositeOrdersAreADirtyWrite) {
  const RunOutcome outcome = RunText(std::string(kPool) + R"(
tank:filesystem "fs"
local function set(zfs, who, first, second)
  zfs.sync.set_prop(first, "x:a", who)
  compute "50ms"
  zfs.sync.set_prop(second, "x:a", who)
end
job "one" { at = "1s", design = "ioctl" } (function(zfs) set(zfs, "1", "tank/vm", "tank/fs") end)
job "two" { at = "1010ms", design = "ioctl" } (function(zfs) set(zfs, "2", "tank/fs", "tank/vm") end)
)");
  EXPECT_EQ(Count(outcome, "isolation.dirty_write"), 1);
  EXPECT_EQ(Count(outcome, "isolation.other_cycle"), 0);
  EXPECT_EQ(Count(outcome, "jobs.one.anomalies.dirty_write"), 1);
  EXPECT_EQ(Count(outcome, "jobs.two.anomalies.dirty_write"), 1);
}

}  // namespace
}  // namespace model
