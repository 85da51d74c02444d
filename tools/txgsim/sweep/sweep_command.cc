// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include "fmt/format.h"
#include "model/script/result/expect.h"
#include "tools/txgsim/commands.h"
#include "tools/txgsim/deliver.h"
#include "tools/txgsim/output.h"
#include "tools/txgsim/report/run_report.h"
#include "tools/txgsim/sweep/deliver.h"
#include "tools/txgsim/sweep/run.h"

namespace tools {
namespace {

struct Judged {
  Json expectations = Json::array();
  bool held = true;
  std::optional<model::ScenarioError> error;
};

// The expectations on "sweep", against the list of all runs. `why_not`: why they cannot be judged, or
// nothing.
Judged JudgeSweep(model::LoadedScenario* base, const model::ResultValue& runs, const std::string& why_not) {
  Judged judged;
  for (const model::ExpectDecl& expect : base->scenario.expects) {
    if (!expect.on_sweep) continue;
    Json entry = {{"text", expect.sentence}, {"held", nullptr}, {"actual", nullptr}};
    if (why_not.empty()) {
      const model::ExpectJudgement judgement = model::JudgeExpectation(*base, expect, runs);
      if (judgement.error) {
        judged.error = judgement.error;
        return judged;
      }
      entry["held"] = judgement.held;
      if (!judgement.actual.empty()) entry["actual"] = judgement.actual;
      judged.held = judged.held && judgement.held;
    } else {
      entry["actual"] = fmt::format("not checked ({})", why_not);
    }
    judged.expectations.push_back(std::move(entry));
  }
  return judged;
}

// A file for --out, and the folder that result.json goes into, if it names one.
absl::StatusOr<std::string> ResultsPath(const Options& options) {
  if (options.out_dir.empty() || NamesResultFile(options.out_dir)) return options.out_dir;
  if (const absl::Status status = MakeDirectory(options.out_dir); !status.ok()) return status;
  return options.out_dir + "/" + (options.shard ? ShardFile(options.shard->index) : kResultsFile);
}

// Bad values are found before the first run, as far as a file that is resolved tells.
int CheckSample(const ScenarioFile& file, const Options& options, const SweepPlan& plan) {
  for (size_t point : plan.Sample()) {
    Options one = options;
    one.params = plan.ParamsOf(point);
    const model::ResolveResult resolved = file.Resolve(one, "base");
    if (resolved.ok()) continue;
    std::fputs(WithName(ErrorText(resolved), plan, file.name(), point * plan.seeds()).c_str(), stderr);
    return ExitCodeOf(resolved);
  }
  return kExitOk;
}

int ListRuns(const SweepPlan& plan, const std::string& file) {
  std::string text;
  for (size_t run = 0; run < plan.runs(); ++run) text += plan.RunCommand(file, run) + "\n";
  const absl::Status status = WriteStdout(text);
  return status.ok() ? kExitOk : ReportError(status);
}

std::string WhyNotJudged(const Options& options, bool interrupted) {
  if (interrupted) return "interrupted";
  if (!options.params.empty()) return "parameters changed";
  return options.shard ? "a shard alone" : "";
}

Json SweepObject(const Options& options, const SweepResults& results, const SweepRuns& runs) {
  const Json description = results.plan().Description();
  Json object = Json::object();
  object["schema"] = "txgsim.sweep/1";
  object["scenario"] = results.scenario();
  for (const char* key : {"seed", "seeds", "axes", "fixed", "zip"}) object[key] = description[key];
  if (options.shard) object["shard"] = {{"index", options.shard->index}, {"count", options.shard->count}};
  object["points"] = results.Points();
  if (runs.interrupted()) {
    object["complete"] = false;
  } else if (!results.Digest().empty()) {
    object["digest"] = results.Digest();
  }
  return object;
}

// Each point gets the results of its runs.
void AddRuns(const SweepResults& results, const model::ResultValue& trees, Json* object) {
  Json& points = (*object)["points"];
  for (Json& point : points) point["runs"] = Json::array();
  size_t next = 0;
  for (size_t run = 0; run < results.rows().size(); ++run) {
    if (results.rows()[run].done)
      points[results.plan().PointOf(run)]["runs"].push_back(ToJson(trees.items()[next++]));
  }
}

}  // namespace

int SweepCommand(const Options& options) {
  const absl::StatusOr<ScenarioFile> file = ScenarioFile::Read(options.operand);
  if (!file.ok()) return ReportError(file.status());
  Options plain = options;
  plain.params.clear();
  const model::ResolveResult base = file->Resolve(plain, "base");
  if (!base.ok()) return ReportErrors(base);
  absl::StatusOr<SweepPlan> plan = SweepPlan::Make(options, file->text(), *base.loaded);
  if (!plan.ok()) return ReportError(plan.status());
  if (const int bad = CheckSample(*file, options, *plan); bad != kExitOk) return bad;
  if (options.list_runs) return ListRuns(*plan, file->name());

  const auto start = std::chrono::steady_clock::now();
  // A folder gets the object as well.
  const bool has_object = options.json || (!options.out_dir.empty() && !NamesResultFile(options.out_dir));
  SweepResults results(*std::move(plan), file->name(), options.figures);
  const auto& expects = base.loaded->scenario.expects;
  const bool judges =
      std::any_of(expects.begin(), expects.end(), [](const auto& expect) { return expect.on_sweep; });
  SweepRuns runs(*file, options, &results, judges || has_object);
  if (const absl::Status status = CheckWritable(options.csv); !status.ok()) return ReportError(status);
  const absl::StatusOr<std::string> path = ResultsPath(options);
  if (!path.ok()) return ReportError(path.status());
  if (!path->empty()) {
    if (const absl::Status status = runs.OpenLog(*path); !status.ok()) return ReportError(status);
    if (!runs.note().empty()) std::fprintf(stderr, "txgsim: %s\n", runs.note().c_str());
  }
  const int error = runs.Run();
  if (const absl::Status status = runs.CloseLog(); !status.ok() && error == kExitOk)
    return ReportError(status);
  if (error != kExitOk) return error;

  const model::ResultValue trees = runs.TakeTrees();
  Judged judged = JudgeSweep(base.loaded.get(), trees, WhyNotJudged(options, runs.interrupted()));
  if (judged.error) return ReportError(*judged.error, {});
  const bool held = results.held() && judged.held;
  const int exit_code = runs.interrupted() ? kExitInterrupted : held ? kExitOk : kExitFailed;
  Json object = SweepObject(options, results, runs);
  if (!trees.items().empty()) AddRuns(results, trees, &object);
  object["expectations"] = judged.expectations;
  object["held"] = runs.interrupted() ? Json() : Json(held);
  if (options.host) {
    const auto wall =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
    object["host"] = {{"wall_us", wall.count()}, {"taken_from_file", runs.taken()}};
  }
  const Style style(options.colour);
  std::string text = InterruptedNote(runs.interrupted(), style) + results.Report(style, options.quiet);
  // Also with --quiet: they are the answer of a sweep.
  const std::string expectations = ExpectationsReport(judged.expectations, style, false);
  if (!expectations.empty()) text += "\n" + expectations;
  text += "\n";
  if (!results.Digest().empty()) text += fmt::format("{} {}   ", style.Dim("digest"), results.Digest());
  text += fmt::format("{} {}\n", style.Dim("repeat:"), options.RepeatCommand());
  return DeliverSweep(options, results, object, text, exit_code);
}

}  // namespace tools
