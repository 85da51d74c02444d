// SPDX-License-Identifier: Apache-2.0
//
// Who holds a txg up between the request to quiesce it and the first step of txg_quiesce.
#include "tests/model/script/run/run_testing.h"

namespace model {
namespace {

// On the one core txg_quiesce comes after txg_sync, which asks it at 5 s, when the txg times out, and waits.
// A context switch is 1.5 us, so instants every quarter of a microsecond see each step of the two.
TEST(RunQuiesceTest, TxgSyncNeverWaitsForItself) {
  const RunOutcome outcome = RunText(R"(
machine { cores = 1, profile = "x86-64-mitigated" }
local tank = pool "tank" { disks = 1 }
local fs = tank:filesystem "fs"
process "app" (function() fs:write "1MiB" sleep "6s" end)
for i = 0, 80 do
  expect("instant " .. i) { at = duration "5s" + i * 250 } (function(run)
    return #run.hung_set == 0, run.verdict
  end)
end
)");
  ASSERT_FALSE(outcome.error) << outcome.error->Render();
  EXPECT_TRUE(outcome.held) << At(outcome.result, "expectations").DebugString();
}

}  // namespace
}  // namespace model
