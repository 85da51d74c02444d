// SPDX-License-Identifier: Apache-2.0
//
// Every scenario of the catalogue, in every arm: what its file expects must hold.
#include <algorithm>
#include <filesystem>

#include "tests/model/script/run/run_testing.h"

namespace model {
namespace {

std::vector<std::string> ScenarioFiles() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(TXGSIM_SOURCE_DIR "/scenarios")) {
    if (entry.path().extension() == ".lua") files.push_back(entry.path().filename().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

ResolveOptions OptionsForFile(const std::string& file, const std::string& arm) {
  ResolveOptions options =
      RunnableOptions(ReadTextFile(TXGSIM_SOURCE_DIR "/scenarios/" + file).value_or(""), arm);
  options.file = "scenarios/" + file;
  return options;
}

class CatalogueTest : public testing::TestWithParam<std::string> {};

TEST_P(CatalogueTest, EveryArmHoldsWhatItsFileExpects) {
  const ResolveResult base = Resolve(OptionsForFile(GetParam(), "base"));
  ASSERT_TRUE(base.ok()) << RenderErrors(base.errors);
  for (const ArmDecl& arm : base.arms) {
    ResolveResult resolved = Resolve(OptionsForFile(GetParam(), arm.name));
    ASSERT_TRUE(resolved.ok()) << RenderErrors(resolved.errors);
    const RunOutcome outcome = RunScenario(resolved.loaded.get(), {});
    ASSERT_FALSE(outcome.error) << outcome.error->Render();
    EXPECT_TRUE(outcome.held) << "arm " << arm.name << ": " << VerdictOf(outcome) << "\n"
                              << At(outcome.result, "expectations").DebugString() << "\n"
                              << At(outcome.result, "failed_checks").DebugString();
  }
}

// A state that has run other arms and seeds gives what a fresh one does.
TEST_P(CatalogueTest, ARunInAUsedStateRepeatsTheFirst) {
  ResolveResult used = Resolve(OnFewHosts(OptionsForFile(GetParam(), "base")));
  ASSERT_TRUE(used.ok()) << RenderErrors(used.errors);
  const RunOptions plain{.judge = false, .diagnose = false};
  const RunOutcome first = RunScenario(used.loaded.get(), plain);
  RunScenario(used.loaded.get(), {.seed = 7, .judge = false, .diagnose = false});
  const RunOutcome third = RunScenario(used.loaded.get(), plain);
  EXPECT_EQ(first.result.DebugString(), third.result.DebugString());

  ResolveResult fresh = Resolve(OnFewHosts(OptionsForFile(GetParam(), "base")));
  ASSERT_TRUE(fresh.ok());
  EXPECT_EQ(first.result.DebugString(), RunScenario(fresh.loaded.get(), plain).result.DebugString());
}

INSTANTIATE_TEST_SUITE_P(Scenarios, CatalogueTest, testing::ValuesIn(ScenarioFiles()),
                         [](const testing::TestParamInfo<std::string>& scenario) {
                           std::string name = scenario.param.substr(0, scenario.param.size() - 4);
                           std::replace(name.begin(), name.end(), '_', 'X');
                           return name;
                         });

}  // namespace
}  // namespace model
