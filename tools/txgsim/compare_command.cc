// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include "fmt/format.h"
#include "model/script/compare.h"
#include "model/script/suggest.h"
#include "sim/check.h"
#include "tools/runner/thread_runner.h"
#include "tools/txgsim/commands.h"
#include "tools/txgsim/compare_report.h"
#include "tools/txgsim/deliver.h"
#include "tools/txgsim/output.h"
#include "tools/txgsim/scenario_file.h"

namespace tools {
namespace {

absl::StatusOr<std::vector<model::DesignDecl>> DesignsOf(const Options& options) {
  const std::vector<std::string> built = model::BuiltDesignNames();
  std::vector<model::DesignDecl> designs;
  for (const std::string& name : options.designs) {
    for (size_t i = 0; i < model::kDesignDeclNames.size(); ++i) {
      if (model::kDesignDeclNames[i] == name) designs.push_back(static_cast<model::DesignDecl>(i));
    }
    if (std::find(built.begin(), built.end(), name) != built.end()) continue;
    const bool later = !designs.empty() && model::DesignDeclName(designs.back()) == name;
    std::string text =
        later ? fmt::format("design {}: not built yet", name) : fmt::format("unknown design \"{}\"", name);
    if (const std::string near = later ? "" : model::Suggest(name, built); !near.empty()) {
      text += fmt::format("; did you mean \"{}\"?", near);
    }
    return absl::InvalidArgumentError(text);
  }
  return designs;
}

}  // namespace

int CompareCommand(const Options& options) {
  const absl::StatusOr<ScenarioFile> file = ScenarioFile::Read(options.operand);
  if (!file.ok()) return ReportError(file.status());
  absl::StatusOr<std::vector<model::DesignDecl>> designs = DesignsOf(options);
  if (!designs.ok()) return ReportError(designs.status());
  const model::ResolveResult resolved = file->Resolve(options, "base");
  if (!resolved.ok()) return ReportErrors(resolved);
  model::CompareOptions compare;
  compare.designs = *std::move(designs);
  compare.phases = options.phases;
  compare.run.seed = options.seed;
  compare.run.until_ns = options.until_ns;
  compare.run.interrupted = &interrupted;
  const ThreadRunner runner(options.jobs);
  compare.runner = &runner;
  compare.load = [&] {
    model::ResolveResult again = file->Resolve(options, "base");
    SIM_CHECK_MSG(again.ok(), "the scenario's files have changed meanwhile");
    return std::move(again.loaded);
  };
  const auto start = std::chrono::steady_clock::now();
  const model::CompareOutcome outcome = model::CompareDesigns(resolved.loaded.get(), compare);
  const auto wall =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
  if (outcome.error) return ReportError(*outcome.error, outcome.traceback);
  Json object = ToJson(outcome.result);
  if (options.host) object["host"] = {{"wall_us", wall.count()}};
  const int exit_code = outcome.interrupted ? kExitInterrupted : outcome.held ? kExitOk : kExitFailed;
  const Style style(options.colour);
  const std::string text =
      InterruptedNote(outcome.interrupted, style) + CompareReport(object, style, options.RepeatCommand());
  return Deliver(options, object, text, exit_code);
}

}  // namespace tools
