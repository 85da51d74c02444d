// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdio>

#include "fmt/format.h"
#include "model/script/run_loop.h"
#include "tools/txgsim/commands.h"
#include "tools/txgsim/deliver.h"
#include "tools/txgsim/output.h"
#include "tools/txgsim/run_report.h"
#include "tools/txgsim/scenario_file.h"

namespace tools {
namespace {

using Clock = std::chrono::steady_clock;

struct ArmRun {
  int exit_code = kExitOk;
  Json run;
};

model::RunOptions RunOptionsOf(const Options& options) {
  model::RunOptions run;
  run.seed = options.seed;
  run.until_ns = options.until_ns;
  run.interrupted = &interrupted;
  return run;
}

// Errors go to standard error; the object then is what there is.
ArmRun RunArm(const ScenarioFile& file, const Options& options, const std::string& arm) {
  model::ResolveResult resolved = file.Resolve(options, arm);
  if (!resolved.ok()) return {ReportErrors(resolved), Json()};
  const Clock::time_point start = Clock::now();
  const model::RunOutcome outcome = model::RunScenario(resolved.loaded.get(), RunOptionsOf(options));
  const auto wall = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
  ArmRun result;
  result.run = ToJson(outcome.result);
  if (options.host) result.run["host"] = {{"wall_us", wall.count()}};
  if (outcome.error) {
    std::fprintf(stderr, "%s\n", outcome.error->Render().c_str());
    for (const std::string& line : outcome.traceback) std::fprintf(stderr, "    %s\n", line.c_str());
    result.exit_code = outcome.error->kind == model::ScenarioErrorKind::kLimit ? kExitInternal : kExitUsage;
  } else if (outcome.interrupted) {
    result.run["complete"] = false;
    result.exit_code = kExitInterrupted;
  } else if (!outcome.held) {
    result.exit_code = kExitFailed;
  }
  return result;
}

int RunAllArms(const ScenarioFile& file, const Options& options) {
  const model::ResolveResult resolved = file.Resolve(options, "base");
  if (!resolved.ok()) return ReportErrors(resolved);
  Json object;
  object["schema"] = "txgsim.arms/1";
  object["scenario"] = file.name();
  object["seed"] = options.seed;
  Json arms = Json::object();
  int exit_code = kExitOk;
  for (const model::ArmDecl& arm : resolved.loaded->scenario.arms) {
    ArmRun run = RunArm(file, options, arm.name);
    exit_code = std::max(exit_code, run.exit_code);
    if (!run.run.is_null()) arms[arm.name] = std::move(run.run);
    if (exit_code >= kExitUsage) break;
  }
  object["arms"] = arms;
  const Style style(options.colour);
  std::string text = fmt::format("{}  seed {}\n\n", style.Bold(file.name()), options.seed);
  text += ArmsReport(arms, style);
  text += fmt::format("\n{} {}\n", style.Dim("repeat:"), options.RepeatCommand());
  return Deliver(options, object, text, exit_code);
}

}  // namespace

int RunCommand(const Options& options) {
  const absl::StatusOr<ScenarioFile> file = ScenarioFile::Read(options.operand);
  if (!file.ok()) return ReportError(file.status());
  if (options.all_arms) return RunAllArms(*file, options);
  const ArmRun run = RunArm(*file, options, options.arm);
  if (run.run.is_null()) return run.exit_code;
  const Style style(options.colour);
  RunReportOptions report;
  report.quiet = options.quiet;
  report.repeat_command = options.RepeatCommand();
  const std::string text = RunReport(run.run, style, report);
  return Deliver(options, run.run, text, run.exit_code);
}

}  // namespace tools
