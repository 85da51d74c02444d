// SPDX-License-Identifier: Apache-2.0
//
// One scenario under every design: the runs, the oracle, and whether the designs agree.
//
// Results depend on the phase of the job's start in the txg period, so each design runs
// once as written, with expectations and diagnosis, and again with the job moved by parts
// of zfs_txg_timeout; figures of these phases are summed up as median, min and max.
//
// The result object: `designs` {name: run object with `phases` and `promises`}, `deferrable`,
// `direct_result`, `repeats`, `same_tree`, `semantics` {design: {call, index, direct, got, cause}},
// `reference`, `digest` (over those of the designs), `expectations`; `faults` (fault_matrix.h) if asked for.
//
// An interrupted comparison has `complete` = false, the designs that were run by then, the last of
// them perhaps in part, and nothing that needs all of them: same_tree, semantics, digest.
#ifndef TXGSIM_MODEL_SCRIPT_COMPARE_COMPARE_H_
#define TXGSIM_MODEL_SCRIPT_COMPARE_COMPARE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/script/compare/fault_matrix.h"
#include "model/script/run/loop.h"
#include "sim/runner.h"

namespace model {

struct CompareOptions {
  std::vector<DesignDecl> designs;  // Empty: all. In this order.
  int phases = 8;
  RunOptions run;
  // Does the runs; the outcome is the same whoever does them. Not owned; null: one after the other.
  const sim::Runner* runner = nullptr;
  // Resolves the scenario once more, for a worker in another thread or with a fault. May be empty if the
  // runner has one worker and there are no faults.
  LoadWith load;
  std::vector<std::string> faults;  // Rows of the safety matrix; empty: no matrix.
  bool diagnose_faults = false;     // What would free each hang of the matrix, found by trying.
};

struct CompareOutcome {
  std::optional<ScenarioError> error;
  std::vector<std::string> traceback;
  bool interrupted = false;
  bool held = true;  // All expectations, those of the runs included, and no difference without a cause.
  ResultValue result;
};

// REQUIRES: the scenario has a job; CompareDesigns says so as an error otherwise.
CompareOutcome CompareDesigns(LoadedScenario* loaded, const CompareOptions& options);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_COMPARE_COMPARE_H_
