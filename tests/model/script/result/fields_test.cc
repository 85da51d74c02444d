// SPDX-License-Identifier: Apache-2.0
//
// The table of fields against results: of every arm of the catalogue, and of some small runs for what no
// scenario of the catalogue shows.
#include "model/script/result/fields.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <set>

#include "model/script/compare/compare.h"
#include "tests/model/script/run/run_testing.h"

namespace model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Looks every value of a result up, and keeps the rows that were found and the paths that were not.
class Lookup {
 public:
  void Add(const ResultValue& result, const std::string& head) { Walk(result, {head}); }

  const std::set<std::string>& unknown() const { return unknown_; }
  // Rows that no value was found for.
  std::set<std::string> Unseen() const {
    std::set<std::string> unseen;
    for (const ResultField& field : ResultFields()) {
      if (!seen_.contains(&field)) unseen.insert(std::string(field.places) + "." + std::string(field.name));
    }
    return unseen;
  }

 private:
  void Walk(const ResultValue& value, const std::vector<std::string>& parts) {
    const ResultField* field = FindResultField(parts);
    if (field != nullptr) seen_.insert(field);
    const bool tree = !value.fields().empty() || !value.items().empty();
    const bool empty = value.is_null() || value.kind() == ResultValue::Kind::kArray ||
                       value.kind() == ResultValue::Kind::kObject;
    // Of what is empty in this run, what would be below it is in the table.
    const bool known = field != nullptr || ((tree || empty) && IsResultPath(parts));
    if (!known) unknown_.insert(Joined(parts));
    for (const auto& [name, member] : value.fields()) Walk(member, With(parts, name));
    for (size_t i = 0; i < value.items().size(); ++i)
      Walk(value.items()[i], With(parts, "[" + std::to_string(i + 1) + "]"));
  }
  static std::vector<std::string> With(std::vector<std::string> parts, const std::string& last) {
    parts.push_back(last);
    return parts;
  }
  static std::string Joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : ".") + part;
    return text;
  }

  std::set<const ResultField*> seen_;
  std::set<std::string> unknown_;
};

std::vector<std::string> CatalogueFiles() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(TXGSIM_SOURCE_DIR "/scenarios")) {
    if (entry.path().extension() == ".lua") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// Every arm of the file.
void AddArms(const std::string& text, Lookup* lookup) {
  const ResolveResult base = Resolve(RunnableOptions(text));
  ASSERT_TRUE(base.ok()) << RenderErrors(base.errors);
  for (const ArmDecl& arm : base.arms) {
    const ResolveResult resolved = Resolve(OnFewHosts(RunnableOptions(text, arm.name)));
    ASSERT_TRUE(resolved.ok());
    lookup->Add(RunScenario(resolved.loaded.get(), {}).result, "run");
  }
}

void AddComparison(const std::string& text, const std::vector<std::string>& faults, Lookup* lookup) {
  const ResolveResult resolved = Resolve(RunnableOptions(text));
  ASSERT_TRUE(resolved.ok()) << RenderErrors(resolved.errors);
  CompareOptions options;
  options.phases = 2;
  options.faults = faults;
  options.diagnose_faults = true;
  options.load = [&](std::string_view added) {
    ResolveOptions again = RunnableOptions(text + "\n" + std::string(added));
    again.check_all_arms = false;
    return Resolve(again);
  };
  lookup->Add(CompareDesigns(resolved.loaded.get(), options).result, "compare");
}

// What the catalogue does not show: a job that sees what it has done, and is killed in the
// middle; what failed.
constexpr char kKilled[] = R"(
local tank = pool "tank" { disks = 4 }
local fs = tank:filesystem("fs")
for s = 1, 8 do fs:snapshot("s" .. s) end
job "j" { at = "1s" } (function(zfs)
  for s = 1, 8 do
    if zfs.exists("tank/fs@s" .. s) then zfs.sync.destroy("tank/fs@s" .. s) end
    compute "10ms"
    if zfs.exists("tank/fs@s" .. s) then zfs.debug "still there" end
  end
end)
fault { at = "1.25s", kill = "j" }
process "a" (function() check(false, "what does not hold") end)
expect "what does not hold" { verdict = "deadlock" }
)";
// Serialisable, and not in the order of time: no scenario and no test of a whole run comes to that.
constexpr char kNeverSeen[] = "run.isolation.against_time";

TEST(ResultFieldsTest, EveryFieldOfAResultIsInTheTableAndTheOtherWayRound) {
  Lookup lookup;
  for (const std::string& file : CatalogueFiles()) AddArms(ReadTextFile(file).value_or(""), &lookup);
  const std::string prune = ReadTextFile(TXGSIM_SOURCE_DIR "/scenarios/prune_sanoid.lua").value_or("");
  AddComparison(prune, {"client_stopped", "client_killed", "second_admin"}, &lookup);
  AddArms(kKilled, &lookup);
  AddComparison(kKilled, {}, &lookup);
  const std::atomic<bool> interrupted = true;
  const std::unique_ptr<LoadedScenario> loaded = Load(kKilled);
  lookup.Add(RunScenario(loaded.get(), {.interrupted = &interrupted}).result, "run");
  lookup.Add(CompareDesigns(loaded.get(), {.run = {.interrupted = &interrupted}}).result, "compare");
  EXPECT_THAT(lookup.unknown(), IsEmpty());
  EXPECT_THAT(lookup.Unseen(), ElementsAre(kNeverSeen));
}

TEST(ResultFieldsTest, APathIsFoundWithNamesInItOrWithout) {
  const auto unit = [](std::string_view path) -> std::string_view {
    const ResultField* field = FindResultField(ResultPathParts(path));
    return field != nullptr ? field->unit : "none";
  };
  EXPECT_EQ(unit("run.loads.db.latency.p99_ns"), "ns");
  EXPECT_EQ(unit("run.loads.NAME.latency.p99_ns"), "ns");
  EXPECT_EQ(unit("run.marks.done[2].value"), "value");
  EXPECT_EQ(unit("run.threads.app.state"), "text");
  EXPECT_EQ(unit("sweep[4].jobs.prune.txgs"), "count");
  EXPECT_EQ(unit("compare.designs.ring.jobs.prune.txgs"), "count");
  EXPECT_EQ(unit("run.loads.db.errors.EIO"), "count");
  EXPECT_EQ(unit("run.loads.db.errors.EIOO"), "none");
  EXPECT_EQ(unit("run.pools.tank.txgs.otime_ns"), "none");
  EXPECT_FALSE(IsResultPath(ResultPathParts("run.verdct")));
  EXPECT_TRUE(IsResultPath(ResultPathParts("run.pools.tank.recovered")));
}

TEST(ResultFieldsTest, AnExplanationListsWhatIsBelow) {
  const std::string run = ExplainResultPath("run").value_or("");
  EXPECT_THAT(run, HasSubstr("run.verdict"));
  EXPECT_THAT(run, HasSubstr("run.loads"));
  EXPECT_THAT(run, Not(HasSubstr("p99_ns")));
  const std::string loads = ExplainResultPath("run.loads").value_or("");
  EXPECT_THAT(loads, HasSubstr("run.loads.NAME.latency.p99_ns"));
  EXPECT_THAT(loads, Not(HasSubstr("run.jobs")));
  const std::string one = ExplainResultPath("run.processes.app.kill_to_exit_ns").value_or("");
  EXPECT_EQ(std::count(one.begin(), one.end(), '\n'), 1);
  EXPECT_THAT(std::string(ExplainResultPath("run.verdct").status().message()), HasSubstr("run.verdict"));
}

}  // namespace
}  // namespace model
