// SPDX-License-Identifier: Apache-2.0
//
// Whether the designs agree with the oracle: the job of a comparison on the dataset model alone, and what a
// design's run gave beside it.
#ifndef TXGSIM_MODEL_SCRIPT_COMPARE_AGREEMENT_H_
#define TXGSIM_MODEL_SCRIPT_COMPARE_AGREEMENT_H_

#include <optional>
#include <vector>

#include "model/design/oracle.h"
#include "model/design/promises.h"
#include "model/script/compare/fault_matrix.h"
#include "model/script/run/loop.h"

namespace model {

// What the oracle needs to know of a design's run, taken before its world goes.
struct Taken {
  bool completed = false;
  bool killed = false;
  bool stopped = false;
  int uncaught = 0;
  int result = 0;
  std::vector<JobFigures::Exchange> exchanges;
  std::vector<JobFigures::Applied> applied;
  std::optional<DatasetTree> tree;
  JobTiming timing;
  Promises promises;
};
Taken Take(World& world);

// The first job of a scenario on the dataset model of its pool.
struct Oracle {
  DatasetTree start;
  DirectRun direct;
  int64_t txg_timeout_ns = 0;  // Of that pool.
};
struct OracleOutcome {
  std::optional<Oracle> oracle;  // Nothing: there was an error.
  std::optional<ScenarioError> error;
  std::vector<std::string> traceback;
  bool interrupted = false;
};
OracleOutcome RunOracle(LoadedScenario* loaded, const RunOptions& options);

// The differences of all designs from the oracle.
class Agreement {
 public:
  Agreement(const Oracle& oracle, const Scenario& scenario);
  void Add(DesignDecl design, const Taken& taken);
  // No difference is without a cause.
  bool same_tree() const { return same_; }
  // Design to {call, index, direct, got, cause}.
  ResultValue TakeSemantics() { return std::move(semantics_); }

 private:
  const Oracle& oracle_;
  bool others_;
  bool same_ = true;
  ResultValue semantics_ = ResultValue::Object();
};

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_COMPARE_AGREEMENT_H_
