// SPDX-License-Identifier: Apache-2.0
//
// The safety matrix: designs as columns, faults as rows, a run a cell.
//
// A fault strikes in the middle of the work: its time is taken from a run of the same
// design without faults (JobTiming), so that every design is struck at the same point of
// its job. What comes from outside is written in the language of scenarios and added to
// the end of the file; what the client itself does wrong is a step of its body
// (model/design/client_fault.h). Expectations of the file are not judged: they speak of
// the file as it is.
#ifndef TXGSIM_MODEL_SCRIPT_COMPARE_FAULT_MATRIX_H_
#define TXGSIM_MODEL_SCRIPT_COMPARE_FAULT_MATRIX_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/design/client_fault.h"
#include "model/design/oracle.h"
#include "model/script/run/loop.h"
#include "sim/runner.h"

namespace model {

struct FaultKind {
  std::string_view name;  // "client_killed"
  std::string_view what;  // "the client is killed", for tables.
};
// In the order of the matrix.
std::span<const FaultKind> FaultKinds();

// Where the first job was, in a run of one design without faults.
struct JobTiming {
  bool ended = false;
  int64_t start_ns = 0;
  int64_t last_step_ns = 0;  // JobFigures::last_step; the end if it changes nothing.
  int64_t end_ns = 0;
  int64_t calls = 0;
  std::string pool;            // That it worked on.
  int64_t dirty_data_max = 0;  // Of that pool, in bytes.
  int64_t instructions = 0;    // Of a program.
};
JobTiming TimingOf(World& world);

// What makes a run of a scenario a run with a fault.
struct Injection {
  std::string text;  // Declarations for the end of the file; may be empty.
  JobDisturbance disturbance;
};
// Nothing if the fault has nothing to strike under this design. REQUIRES: timing.ended, a known name.
std::optional<Injection> Inject(std::string_view fault, DesignDecl design, const Scenario& scenario,
                                const JobTiming& timing);

// Resolves the scenario once more, with this text added to its end.
using LoadWith = std::function<ResolveResult(std::string_view added)>;

struct MatrixOptions {
  std::vector<std::string> faults;  // Names, in this order.
  std::vector<DesignDecl> designs;
  std::vector<JobTiming> timings;  // Of each design.
  RunOptions run;
  bool diagnose = false;
  const sim::Runner* runner = nullptr;  // Not owned.
  LoadWith load;
};

struct MatrixOutcome {
  std::optional<ScenarioError> error;
  bool interrupted = false;
  // {fault: {what, designs: {design: cell}}}; a cell is null where the fault has nothing to strike, else
  // {verdict, subkind, frozen, stuck, result, latency_ns, kill_to_exit_ns, other_latency_ns, done, of,
  // not_counted, stall_ns, freed_by, digest}.
  ResultValue faults;
};

// `direct` tells which mutations the job is to make, on the tree `start`.
MatrixOutcome RunMatrix(const Scenario& scenario, const DatasetTree& start, const DirectRun& direct,
                        const MatrixOptions& options);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_COMPARE_FAULT_MATRIX_H_
