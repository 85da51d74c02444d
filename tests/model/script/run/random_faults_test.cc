// SPDX-License-Identifier: Apache-2.0
//
// The scenario of random faults over many seeds. Its sums and states are checked in each txg, by the pool.
#include <gtest/gtest.h>

#include "tests/model/script/run/run_testing.h"

namespace model {
namespace {

TEST(RunRandomFaultsTest, APoolOfAnyMakeComesToRestAfterFaultsOfAnyKind) {
  const auto text = ReadTextFile(TXGSIM_SOURCE_DIR "/scenarios/random_faults.lua");
  ASSERT_TRUE(text);
  for (uint64_t seed = 2; seed < 26; ++seed) {  // The catalogue has the first.
    ResolveOptions resolve = RunnableOptions(*text);
    resolve.seed = seed;
    ResolveResult resolved = Resolve(resolve);
    ASSERT_TRUE(resolved.ok()) << RenderErrors(resolved.errors);
    RunOptions options;
    options.seed = seed;
    const RunOutcome outcome = RunScenario(resolved.loaded.get(), options);
    ASSERT_FALSE(outcome.error) << outcome.error->Render();
    EXPECT_TRUE(outcome.held) << "seed " << seed << ": " << VerdictOf(outcome);
  }
}

}  // namespace
}  // namespace model
