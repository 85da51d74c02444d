// SPDX-License-Identifier: Apache-2.0
//
// Judging an expectation: its keys and its body against a result.
//
//   ExpectJudgement verdict = JudgeExpectation(loaded, scenario.expects[0], run);
//   if (verdict.error) ...          // The body is wrong: a scenario error.
//   else if (!verdict.held) ...     // verdict.failing_key, verdict.actual
//
// Keys read the tree that --json prints (scenario-language.md section 10): `verdict`,
// `hung_set`, `root`, `cycle`, `threads`, `detector`, `freed_by`, `pools`, `processes`, `jobs`.
// A pool of threads in a key ("db") stands for its members (db/1, db/2 ...).
//
// A body sees the same tree read-only (result_fields.h). A path that no run of the file can
// have is an error with a suggestion; one that this run lacks, such as a mark that was never
// set, makes the expectation fail. Only result, end_ns, latency_ns and kill_to_exit_ns are
// nil where absent, and an errno that never occurred counts 0 in `errors`. Lists of named things are
// indexed by name as well as by number. A number in what a body returns is shown as
// a duration if the body has read it from a path that ends in `_ns`.
#ifndef TXGSIM_MODEL_SCRIPT_RESULT_EXPECT_H_
#define TXGSIM_MODEL_SCRIPT_RESULT_EXPECT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/script/declare/resolve.h"
#include "model/script/language/scenario.h"
#include "model/script/language/scenario_error.h"
#include "model/script/result/value.h"

namespace model {

struct ExpectJudgement {
  bool held = false;
  std::string failing_key;             // "verdict"; empty if the body failed or all held.
  std::string expected;                // What the key says: "deadlock".
  std::string actual;                  // What was there instead; of a body, its second value.
  std::vector<int64_t> durations;      // Of the numbers in it, those that are nanoseconds.
  std::vector<ResultValue> wanted;     // Of a sweep: parameters of runs that would tell more.
  std::optional<ScenarioError> error;  // The body raised an error or hit a limit.
};

// The keys alone, against one run.
ExpectJudgement JudgeKeys(const ExpectDecl& expect, const Scenario& scenario, const ResultValue& run);

// Keys, then the body. `result` is what the body gets: one run; or, for expectations on
// "compare", "sweep" or "explore", that result, whose keys are not judged. A sweep is an array of runs, each
// with `params`.
ExpectJudgement JudgeExpectation(LoadedScenario& loaded, const ExpectDecl& expect, const ResultValue& result);

// Into its entry in a result: `durations`, if there are any.
void SetDurations(const ExpectJudgement& judgement, ResultValue* entry);

// Actions that the expectation asks about, for whoever tries them: freed_by, then not_freed_by.
std::vector<std::string> ActionsAskedFor(const ExpectDecl& expect);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_RESULT_EXPECT_H_
