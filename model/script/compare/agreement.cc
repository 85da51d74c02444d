// SPDX-License-Identifier: Apache-2.0
#include "model/script/compare/agreement.h"

#include <utility>

#include "model/design/session.h"
#include "model/script/run/job.h"
#include "model/script/run/pool.h"
#include "model/script/run/world.h"

namespace model {
namespace {

// Others at work may change what a job sees; then space differs, too.
bool OthersAtWork(const Scenario& scenario) {
  return !scenario.loads.empty() || !scenario.threads.empty() || !scenario.faults.empty() ||
         scenario.jobs.size() > 1;
}

ResultValue DifferenceValue(const SemanticDifference& difference) {
  ResultValue value = ResultValue::Object();
  value.Set("call", difference.call);
  value.Set("index", difference.index);
  value.Set("direct", difference.direct);
  value.Set("got", difference.got);
  value.Set("cause", difference.cause);
  return value;
}

}  // namespace

Taken Take(World& world) {
  Taken taken;
  const Job* job = world.pools().jobs().front().get();
  if (job == nullptr) return taken;
  taken.timing = TimingOf(world);
  taken.promises = PromisesOf(job->options().design, job->options().options);
  const JobFigures& figures = job->figures();
  if (const auto& first = figures.first) {
    taken.completed = true;
    taken.stopped = first->stopped;
    taken.uncaught = first->uncaught;
    taken.result = first->result;
    taken.exchanges = first->exchanges;
    taken.applied = first->applied;
    taken.tree = first->tree;
    return taken;
  }
  taken.completed = figures.ended;
  taken.killed = job->process()->killed();
  taken.stopped = !figures.stopped_by.empty();
  taken.uncaught = figures.uncaught;
  taken.result = figures.result;
  taken.exchanges = figures.exchanges;
  taken.applied = figures.applied;
  if (const Pool* pool = job->pool(); pool != nullptr) taken.tree = pool->tree();
  return taken;
}

OracleOutcome RunOracle(LoadedScenario* loaded, const RunOptions& options) {
  OracleOutcome outcome;
  WorldOptions world_options;
  world_options.seed = options.seed;
  world_options.nominal = options.nominal;
  world_options.record = false;
  // All of it is at one instant.
  world_options.steps_per_instant = 10'000'000;
  world_options.interrupted = options.interrupted;
  World world(loaded, world_options);
  if (!world.failed()) {
    LuaJobBody body(&world, 0);
    const std::unique_ptr<JobRun> run = body.NewRun();
    JobStep first = run->Start();
    const Pool* pool = PoolOfJob(world.pools().module(), first, world.pools().pools().front());
    DatasetTree start = pool->tree();
    DirectRun direct = RunDirect(run.get(), std::move(first), start);
    outcome.interrupted = world.was_interrupted();
    if (!world.failed()) {
      outcome.oracle = Oracle{std::move(start), std::move(direct), pool->tunables().zfs_txg_timeout_ns};
      return outcome;
    }
  }
  outcome.error = world.error();
  outcome.traceback = world.traceback();
  return outcome;
}

Agreement::Agreement(const Oracle& oracle, const Scenario& scenario)
    : oracle_(oracle), others_(OthersAtWork(scenario)) {}

void Agreement::Add(DesignDecl design, const Taken& taken) {
  const DesignOutcome outcome{.design = static_cast<DesignKind>(design),
                              .completed = taken.completed,
                              .killed = taken.killed,
                              .stopped = taken.stopped,
                              .uncaught = taken.uncaught,
                              .result = taken.result,
                              .exchanges = &taken.exchanges,
                              .applied = &taken.applied,
                              .others = others_};
  auto difference = Explain(oracle_.direct, oracle_.start, outcome);
  // What others changed beside the job stands in the tree as well.
  if (!difference && taken.completed && taken.tree) {
    difference = ExplainTree(oracle_.direct, oracle_.start, outcome, *taken.tree);
  }
  if (!difference) return;
  if (difference->cause.empty()) same_ = false;
  semantics_.Set(DesignDeclName(design), DifferenceValue(*difference));
}

}  // namespace model
