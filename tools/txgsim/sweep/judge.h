// SPDX-License-Identifier: Apache-2.0
//
// The expectations on "sweep", and the runs that they ask for.
//
// Where two curves cross between two swept integers (model/script/result/curve.h), both are run in the
// middle, at every seed, and the expectations judged again, until the crossing lies between neighbours, or
// the seeds cannot tell any more. These runs follow from the others, so they are not stored with them and no
// part of the sweep's digest. --no-refine leaves them out.
#ifndef TXGSIM_TOOLS_TXGSIM_SWEEP_JUDGE_H_
#define TXGSIM_TOOLS_TXGSIM_SWEEP_JUDGE_H_

#include <optional>
#include <string>
#include <vector>

#include "model/script/declare/resolve.h"
#include "model/script/language/scenario_error.h"
#include "tools/txgsim/options.h"
#include "tools/txgsim/scenario_file.h"
#include "tools/txgsim/sweep/report.h"

namespace tools {

class SweepJudge {
 public:
  // Nothing is owned. `plan`: of the sweep.
  SweepJudge(const ScenarioFile& file, const Options& options, const SweepPlan& plan,
             model::LoadedScenario* base)
      : file_(file), options_(options), plan_(plan), base_(base) {}

  // Judges the list of all runs, to which it adds those that it does. `why_not`: why nothing can be judged,
  // or nothing. Returns the exit code of an error of a run, which it has printed, or kExitOk.
  int Judge(model::ResultValue* runs, const std::string& why_not);

  const Json& expectations() const { return expectations_; }
  bool held() const;  // Also of the runs that were added.
  // A body is wrong; its expectation has not held.
  const std::optional<model::ScenarioError>& error() const { return error_; }
  bool interrupted() const { return interrupted_; }
  // The runs that were added, in order.
  const std::vector<SweepResults>& added() const { return added_; }

 private:
  // Returns the parameters of the runs that would tell more.
  std::vector<Json> JudgeOnce(const model::ResultValue& runs, const std::string& why_not);
  // As the file allows them.
  bool Allowed(const Json& params) const;

  const ScenarioFile& file_;
  const Options& options_;
  const SweepPlan& plan_;
  model::LoadedScenario* base_;
  Json expectations_;
  std::optional<model::ScenarioError> error_;
  bool interrupted_ = false;
  std::vector<SweepResults> added_;
};

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_SWEEP_JUDGE_H_
