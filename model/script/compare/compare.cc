// SPDX-License-Identifier: Apache-2.0
#include "model/script/compare/compare.h"

#include "fmt/format.h"
#include "model/dataset/errno.h"
#include "model/script/compare/agreement.h"
#include "model/script/compare/phase_figures.h"
#include "model/script/result/expect.h"
#include "model/script/run/world.h"
#include "sim/check.h"
#include "sim/hash.h"

namespace model {
namespace {

ResultValue PromisesValue(const Promises& promises) {
  ResultValue value = ResultValue::Object();
  value.Set("readers", promises.readers);
  value.Set("errors", promises.errors);
  value.Set("power", promises.power);
  value.Set("reads", promises.reads);
  return value;
}

std::string DigestText(uint64_t digest) { return fmt::format("{:016x}", digest); }

ScenarioError FileError(const Scenario& scenario, std::string text) {
  ScenarioError error;
  error.file = scenario.file;
  error.text = std::move(text);
  return error;
}

// The expectations on "compare", against the whole object. False: the comparison has ended in an error.
bool JudgeComparison(LoadedScenario* loaded, CompareOutcome* outcome) {
  ResultValue expectations = ResultValue::Array();
  for (const ExpectDecl& expect : loaded->scenario.expects) {
    if (!expect.on_compare) continue;
    ResultValue entry = ResultValue::Object();
    entry.Set("text", expect.sentence);
    if (loaded->scenario.params_overridden || outcome->interrupted) {
      entry.Set("held", ResultValue());
      entry.Set("actual",
                outcome->interrupted ? "not checked (interrupted)" : "not checked (parameters changed)");
    } else {
      const ExpectJudgement judgement = JudgeExpectation(*loaded, expect, outcome->result);
      if (judgement.error) {
        outcome->error = judgement.error;
        return false;
      }
      entry.Set("held", judgement.held);
      entry.Set("actual", judgement.actual.empty() ? ResultValue() : ResultValue(judgement.actual));
      SetDurations(judgement, &entry);
      outcome->held = outcome->held && judgement.held;
    }
    expectations.Append(std::move(entry));
  }
  outcome->result.Set("expectations", std::move(expectations));
  return true;
}

// A design with the job in one phase of the txg period.
struct PhaseRun {
  RunOutcome outcome;
  Taken taken;  // Of phase 0.
};

// Phase by phase, each of all designs: the first phase takes longest, so it comes first.
std::vector<PhaseRun> RunPhases(LoadedScenario* loaded, const CompareOptions& options,
                                const std::vector<DesignDecl>& designs, int64_t period) {
  const sim::SerialRunner serial;
  const sim::Runner& runner = options.runner != nullptr ? *options.runner : serial;
  const size_t count = designs.size() * static_cast<size_t>(options.phases);
  // Of each worker but the first, which has `loaded`.
  std::vector<std::unique_ptr<LoadedScenario>> loads(runner.WorkersFor(count));
  return runner.Map<PhaseRun>(count, [&](size_t worker, size_t number) {
    LoadedScenario* mine = loaded;
    if (worker != 0) {
      if (loads[worker] == nullptr) {
        loads[worker] = options.load({}).loaded;
        SIM_CHECK_MSG(loads[worker] != nullptr, "the scenario's files have changed meanwhile");
      }
      mine = loads[worker].get();
    }
    const auto phase = static_cast<int>(number / designs.size());
    PhaseRun phase_run;
    if (options.run.interrupted != nullptr && options.run.interrupted->load(std::memory_order_relaxed)) {
      phase_run.outcome.interrupted = true;
      return phase_run;
    }
    RunOptions run = options.run;
    run.design = designs[number % designs.size()];
    run.phase_ns = period / options.phases * phase;
    run.judge = phase == 0;
    run.diagnose = phase == 0 && options.run.diagnose;
    run.record = phase == 0;
    run.at_end = [&](World& world) {
      if (phase == 0) phase_run.taken = Take(world);
    };
    phase_run.outcome = RunScenario(mine, run);
    return phase_run;
  });
}

}  // namespace

CompareOutcome CompareDesigns(LoadedScenario* loaded, const CompareOptions& options) {
  CompareOutcome outcome;
  const Scenario& scenario = loaded->scenario;
  if (scenario.jobs.empty() || scenario.pools.empty()) {
    outcome.error = FileError(scenario, "there is no job to compare under the designs; use `txgsim run`");
    return outcome;
  }
  std::vector<DesignDecl> designs = options.designs;
  if (designs.empty()) {
    for (DesignKind kind : kAllDesigns) designs.push_back(static_cast<DesignDecl>(kind));
  }
  OracleOutcome alone = RunOracle(loaded, options.run);
  outcome.interrupted = alone.interrupted;
  if (!alone.oracle) {
    outcome.error = std::move(alone.error);
    outcome.traceback = std::move(alone.traceback);
    return outcome;
  }
  const Oracle& oracle = *alone.oracle;
  Agreement agreement(oracle, scenario);
  ResultValue runs = ResultValue::Object();
  uint64_t digest = sim::HashName("compare");
  std::vector<PhaseRun> done = RunPhases(loaded, options, designs, oracle.txg_timeout_ns);
  std::vector<JobTiming> timings;
  for (size_t d = 0; d < designs.size(); ++d) {
    timings.push_back(done[d].taken.timing);
    PhaseFigures phases;
    ResultValue run_value;
    for (size_t phase = 0; phase < static_cast<size_t>(options.phases); ++phase) {
      PhaseRun& run = done[phase * designs.size() + d];
      RunOutcome& one = run.outcome;
      if (one.error) {
        outcome.error = std::move(one.error);
        outcome.traceback = std::move(one.traceback);
        return outcome;
      }
      if (one.interrupted) {
        // In part, or not begun: then there is nothing.
        outcome.interrupted = true;
        if (phase == 0) run_value = std::move(one.result);
        continue;
      }
      phases.Add(one.result);
      if (phase != 0) continue;
      outcome.held = outcome.held && one.held;
      agreement.Add(designs[d], run.taken);
      if (const ResultValue* text = one.result.Find("digest"))
        digest = sim::CombineHash(digest, sim::HashName(text->text()));
      run_value = std::move(one.result);
    }
    if (run_value.is_null()) continue;
    run_value.Set("phases", phases.Summary());
    run_value.Set("promises", PromisesValue(done[d].taken.promises));
    runs.Set(DesignDeclName(designs[d]), std::move(run_value));
  }
  ResultValue& result = outcome.result;
  result = ResultValue::Object();
  result.Set("schema", "txgsim.compare/1");
  result.Set("scenario", scenario.file);
  result.Set("job", scenario.jobs.front().name);
  result.Set("seed", static_cast<int64_t>(options.run.seed));
  result.Set("phases", static_cast<int64_t>(options.phases));
  result.Set("reference", DesignDeclName(designs.front()));
  result.Set("repeats", scenario.jobs.front().repeats);
  if (!outcome.interrupted) {
    result.Set("direct_result", ErrnoText(oracle.direct.result));
    result.Set("deferrable", oracle.direct.deferrable);
    if (!oracle.direct.not_deferrable_because.empty())
      result.Set("not_deferrable_because", oracle.direct.not_deferrable_because);
    result.Set("same_tree", agreement.same_tree());
    result.Set("semantics", agreement.TakeSemantics());
  }
  result.Set("designs", std::move(runs));
  if (!options.faults.empty() && !outcome.interrupted) {
    MatrixOutcome matrix = RunMatrix(scenario, oracle.start, oracle.direct,
                                     {.faults = options.faults,
                                      .designs = designs,
                                      .timings = std::move(timings),
                                      .run = options.run,
                                      .diagnose = options.diagnose_faults,
                                      .runner = options.runner,
                                      .load = options.load});
    outcome.interrupted = matrix.interrupted;
    if (matrix.error) {
      outcome.error = std::move(matrix.error);
      return outcome;
    }
    if (!matrix.interrupted) result.Set("faults", std::move(matrix.faults));
  }
  if (outcome.interrupted) {
    result.Set("complete", false);
  } else {
    result.Set("digest", DigestText(digest));
  }
  outcome.held = outcome.held && agreement.same_tree();
  if (!JudgeComparison(loaded, &outcome)) return outcome;
  result.Set("held", outcome.interrupted ? ResultValue() : ResultValue(outcome.held));
  return outcome;
}

}  // namespace model
