// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>

#include "fmt/format.h"
#include "model/script/compare/fault_matrix.h"
#include "model/script/run/loop.h"
#include "tools/runner/thread_runner.h"
#include "tools/txgsim/commands.h"
#include "tools/txgsim/deliver.h"
#include "tools/txgsim/design_names.h"
#include "tools/txgsim/output.h"
#include "tools/txgsim/report/run_report.h"
#include "tools/txgsim/scenario_file.h"

namespace tools {
namespace {

using Clock = std::chrono::steady_clock;

struct ArmRun {
  int exit_code = kExitOk;
  Json run;
  std::string errors;  // For standard error, as lines.
};

model::RunOptions RunOptionsOf(const Options& options) {
  model::RunOptions run;
  run.seed = options.seed;
  run.until_ns = options.until_ns;
  run.interrupted = &interrupted;
  return run;
}

ArmRun Failed(const model::RunOutcome& outcome) {
  return {ExitCodeOf(*outcome.error), Json(), ErrorText(*outcome.error, outcome.traceback)};
}

void FailByWarnings(const std::string& arm, ArmRun* result) {
  if (!result->run.contains("warnings")) return;
  for (const Json& warning : result->run["warnings"]) {
    result->errors += fmt::format("txgsim: arm {}: --strict: {}\n", arm, warning.get<std::string>());
    result->exit_code = std::max<int>(result->exit_code, kExitFailed);
  }
}

// Makes `run` and `resolved` those of the row of the safety matrix that the options name. Without faults the
// scenario runs first, to find out where the middle of the job is.
std::optional<ArmRun> AddFault(const ScenarioFile& file, const Options& options, model::RunOptions* run,
                               model::ResolveResult* resolved) {
  const std::string& fault = options.faults.front();
  const std::string& design = options.designs.front();
  if (resolved->loaded->scenario.jobs.empty())
    return ArmRun{kExitUsage, Json(), fmt::format("txgsim: --fault {}: the scenario has no job\n", fault)};
  model::RunOptions plain = *run;
  plain.judge = plain.diagnose = plain.record = false;
  model::JobTiming timing;
  plain.at_end = [&](model::World& world) { timing = model::TimingOf(world); };
  const model::RunOutcome outcome = model::RunScenario(resolved->loaded.get(), plain);
  if (outcome.error) return Failed(outcome);
  std::optional<model::Injection> injection;
  if (timing.ended) injection = model::Inject(fault, *run->design, resolved->loaded->scenario, timing);
  if (!injection) {
    return ArmRun{kExitUsage, Json(),
                  fmt::format("txgsim: --fault {}: {} under {}\n", fault,
                              timing.ended ? "there is nothing that it could strike"
                                           : "also without it the job does not end",
                              design)};
  }
  run->design_jobs = resolved->loaded->scenario.jobs.size();
  run->disturbance = injection->disturbance;
  run->judge = false;
  *resolved = file.ResolveWith(options, "base", injection->text);
  if (!resolved->ok()) return ArmRun{ExitCodeOf(*resolved), Json(), ErrorText(*resolved)};
  return std::nullopt;
}

// With errors there is no object.
ArmRun RunArm(const ScenarioFile& file, const Options& options, const std::string& arm) {
  model::RunOptions run = RunOptionsOf(options);
  if (!options.designs.empty()) {
    const auto designs = DesignsByName(options.designs);
    if (!designs.ok()) {
      return {kExitUsage, Json(), fmt::format("txgsim: {}\n", std::string(designs.status().message()))};
    }
    run.design = designs->front();
  }
  model::ResolveResult resolved = file.Resolve(options, arm);
  if (!resolved.ok()) return {ExitCodeOf(resolved), Json(), ErrorText(resolved)};
  if (!options.faults.empty()) {
    if (std::optional<ArmRun> failed = AddFault(file, options, &run, &resolved)) return *std::move(failed);
  }
  const Clock::time_point start = Clock::now();
  const model::RunOutcome outcome = model::RunScenario(resolved.loaded.get(), run);
  const auto wall = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
  if (outcome.error) return Failed(outcome);
  ArmRun result;
  result.run = ToJson(outcome.result);
  if (options.host) result.run["host"] = {{"wall_us", wall.count()}};
  if (outcome.interrupted) {
    result.exit_code = kExitInterrupted;
  } else if (!outcome.held) {
    result.exit_code = kExitFailed;
  }
  if (options.strict) FailByWarnings(arm, &result);
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
  const std::vector<model::ArmDecl>& declared = resolved.loaded->scenario.arms;
  std::vector<ArmRun> runs = ThreadRunner(options.jobs).Map<ArmRun>(declared.size(), [&](size_t, size_t i) {
    return RunArm(file, options, declared[i].name);
  });
  for (size_t i = 0; i < runs.size() && exit_code < kExitUsage; ++i) {
    std::fputs(runs[i].errors.c_str(), stderr);
    exit_code = std::max(exit_code, runs[i].exit_code);
    if (runs[i].run.is_null()) return exit_code;
    arms[declared[i].name] = std::move(runs[i].run);
  }
  object["arms"] = arms;
  const Style style(options.colour);
  std::string text = InterruptedNote(exit_code == kExitInterrupted, style);
  text += fmt::format("{}  seed {}\n\n", style.Bold(file.name()), options.seed);
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
  std::fputs(run.errors.c_str(), stderr);
  if (run.run.is_null()) return run.exit_code;
  const Style style(options.colour);
  RunReportOptions report;
  report.quiet = options.quiet;
  report.all = options.everything;
  report.repeat_command = options.RepeatCommand();
  const std::string text =
      InterruptedNote(run.exit_code == kExitInterrupted, style) + RunReport(run.run, style, report);
  return Deliver(options, run.run, text, run.exit_code);
}

}  // namespace tools
