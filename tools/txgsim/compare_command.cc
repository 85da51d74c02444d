// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>

#include "fmt/format.h"
#include "model/script/compare/compare.h"
#include "tools/runner/thread_runner.h"
#include "tools/txgsim/commands.h"
#include "tools/txgsim/deliver.h"
#include "tools/txgsim/design_names.h"
#include "tools/txgsim/output.h"
#include "tools/txgsim/progress.h"
#include "tools/txgsim/report/compare_report.h"
#include "tools/txgsim/report/matrix_report.h"
#include "tools/txgsim/scenario_file.h"

namespace tools {

int CompareCommand(const Options& options) {
  const absl::StatusOr<ScenarioFile> file = ScenarioFile::Read(options.operand);
  if (!file.ok()) return ReportError(file.status());
  absl::StatusOr<std::vector<model::DesignDecl>> designs = DesignsByName(options.designs);
  if (!designs.ok()) return ReportError(designs.status());
  const model::ResolveResult resolved = file->Resolve(options, "base");
  if (!resolved.ok()) return ReportErrors(resolved);
  model::CompareOptions compare;
  compare.designs = *std::move(designs);
  compare.phases = options.phases;
  compare.run.seed = options.seed;
  compare.run.until_ns = options.until_ns;
  compare.run.interrupted = &interrupted;
  const ThreadRunner threads(options.jobs);
  const WatchedRunner runner(&threads, options.quiet);
  compare.runner = &runner;
  compare.load = [&](std::string_view added) { return file->ResolveWith(options, "base", added); };
  compare.faults = options.faults;
  compare.diagnose_faults = options.diagnose;
  const auto start = std::chrono::steady_clock::now();
  const model::CompareOutcome outcome = model::CompareDesigns(resolved.loaded.get(), compare);
  const auto wall =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
  if (outcome.error) return ReportError(*outcome.error, outcome.traceback);
  Json object = ToJson(outcome.result);
  if (options.host) object["host"] = {{"wall_us", wall.count()}};
  const int exit_code = outcome.interrupted ? kExitInterrupted : outcome.held ? kExitOk : kExitFailed;
  const Style style(options.colour);
  const RunReportOptions report{
      .quiet = options.quiet, .width = options.width, .repeat_command = options.RepeatCommand()};
  std::string text = InterruptedNote(outcome.interrupted, style) + CompareReport(object, style, report);
  if (object.contains("faults"))
    text += "\n" + MatrixReport(object["faults"], style, options.width, options.CellCommand());
  return Deliver(options, object, text, exit_code);
}

}  // namespace tools
