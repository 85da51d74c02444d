// SPDX-License-Identifier: Apache-2.0
//
// A run from time 0 to its end, and what it came to.
//
//   RunOutcome outcome = RunScenario(loaded, {.seed = 1});
//   if (outcome.error) ...             // an error of the scenario, or a limit
//   outcome.result                     // what `txgsim run --json` prints
//
// The simulation runs in stretches of one second, between which the hung set is looked at if
// some wait has lasted that long; and up to each instant at which an expectation is judged.
// No event is made for that, so a long hang costs next to nothing, and the digest does not
// depend on it. A run ends at the first of:
//
//   - everything that the run waits for has ended, and nothing is under way
//   - a hang is proven, no fault or operator is to come, who else the run waits for has ended,
//     and the hung-task detector has reported each thread of the hang, or never will
//   - nothing is pending at all
//   - stop_at, or `until`
//
// but not before the latest `at` of the arm's expectations.
#ifndef TXGSIM_MODEL_SCRIPT_RUN_LOOP_H_
#define TXGSIM_MODEL_SCRIPT_RUN_LOOP_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "model/design/client_fault.h"
#include "model/script/declare/resolve.h"
#include "model/script/result/value.h"
#include "sim/choice.h"
#include "sim/recorder.h"

namespace model {

class World;

struct RunOptions {
  uint64_t seed = 1;
  bool nominal = false;               // Every draw at p50.
  sim::Strategy* strategy = nullptr;  // Not owned; null: the default schedule.
  // With a strategy, it also decides the order of events: any within this much of the earliest may go first.
  std::optional<sim::SimDuration> slack;
  std::optional<int64_t> until_ns;  // Ends the run here in place of stop_at.
  bool judge = true;                // Expectations of the arm.
  bool diagnose = true;             // What would free a hang, found by trying.
  bool record = true;               // Without, the digest is that of nothing.
  bool keep_records = false;
  sim::RecordSink* sink = nullptr;  // Not owned.
  // Steps of bodies at one instant, after which the run is ended as an endless loop.
  int64_t steps_per_instant = 1'000'000;
  const std::atomic<bool>* interrupted = nullptr;
  // Of every job, in place of its own. The run is then no arm: only expectations on "all" are judged.
  std::optional<DesignDecl> design;
  // How many jobs `design` is for, in order of declaration.
  size_t design_jobs = std::numeric_limits<size_t>::max();
  JobDisturbance disturbance;  // Of the first job.
  // Added to the `at` of jobs, faults, operators, and of whatever else does not begin with the file, but
  // not of loads: the same scenario at another phase of the txg period.
  int64_t phase_ns = 0;
  std::function<void(World&)> at_end;  // Sees the world before it goes; may be empty.
};

struct RunOutcome {
  // Set: the scenario is wrong (exit 2) or a limit was hit (exit 3). The result is what there is.
  std::optional<ScenarioError> error;
  std::vector<std::string> traceback;  // Of the body at fault, innermost first.
  bool interrupted = false;
  bool held = true;  // Every expectation that was judged, every check(); and a control has completed.
  ResultValue result;
  sim::Schedule schedule;  // Repeats the run.
  std::vector<sim::EventRecord> records;
};

// `loaded` was resolved with RunWords() (run/words.h). One run at a time for one LoadedScenario.
RunOutcome RunScenario(LoadedScenario* loaded, const RunOptions& options);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_RUN_LOOP_H_
