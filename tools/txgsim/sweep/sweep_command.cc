// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include "fmt/format.h"
#include "tools/txgsim/commands.h"
#include "tools/txgsim/deliver.h"
#include "tools/txgsim/output.h"
#include "tools/txgsim/report/run_report.h"
#include "tools/txgsim/sweep/deliver.h"
#include "tools/txgsim/sweep/judge.h"
#include "tools/txgsim/sweep/run.h"

namespace tools {
namespace {

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

Json SweepObject(const Options& options, const SweepResults& results, bool stopped) {
  const Json description = results.plan().Description();
  Json object = Json::object();
  object["schema"] = "txgsim.sweep/1";
  object["scenario"] = results.scenario();
  for (const char* key : {"seed", "seeds", "axes", "fixed", "zip"}) object[key] = description[key];
  if (options.shard) object["shard"] = {{"index", options.shard->index}, {"count", options.shard->count}};
  object["points"] = results.Points();
  if (stopped) {
    object["complete"] = false;
  } else if (!results.Digest().empty()) {
    object["digest"] = results.Digest();
  }
  return object;
}

// Adds the results of its runs to each point; those of the first one are at `next`.
void AddRuns(const SweepResults& results, const model::ResultValue& trees, size_t* next, Json* points) {
  for (Json& point : *points) point["runs"] = Json::array();
  for (size_t run = 0; run < results.rows().size(); ++run) {
    if (results.rows()[run].done)
      (*points)[results.plan().PointOf(run)]["runs"].push_back(ToJson(trees.items()[(*next)++]));
  }
}

// The points between swept values.
std::string AddedText(const SweepJudge& judge) {
  size_t points = 0;
  for (const SweepResults& results : judge.added()) points += results.plan().points();
  if (points == 0) return "";
  return fmt::format("\n{} more point{} between swept values, where curves cross\n", points,
                     points == 1 ? "" : "s");
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

  model::ResultValue trees = runs.TakeTrees();
  SweepJudge judge(*file, options, results.plan(), base.loaded.get());
  if (const int wrong = judge.Judge(&trees, WhyNotJudged(options, runs.interrupted())); wrong != kExitOk)
    return wrong;
  const bool stopped = runs.interrupted() || judge.interrupted();
  const bool held = results.held() && judge.held();
  Json object = SweepObject(options, results, stopped);
  if (!trees.items().empty()) {
    size_t next = 0;
    AddRuns(results, trees, &next, &object["points"]);
    object["refined"] = Json::array();
    for (const SweepResults& added : judge.added()) {
      Json points = added.Points();
      AddRuns(added, trees, &next, &points);
      for (Json& point : points) object["refined"].push_back(std::move(point));
    }
  }
  const Json each_run = results.EachRun();
  object["each_run"] = each_run;
  object["expectations"] = judge.expectations();
  object["held"] = stopped ? Json() : Json(held);
  if (options.host) {
    const auto wall =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
    object["host"] = {{"wall_us", wall.count()}, {"taken_from_file", runs.taken()}};
  }
  const Style style(options.colour);
  std::string failures = results.FailuresText(style);
  for (const SweepResults& added : judge.added()) failures += added.FailuresText(style);
  std::string text = InterruptedNote(stopped, style) + results.Report(style, options.quiet) +
                     (options.quiet ? "" : AddedText(judge)) + failures;
  // Those on the sweep also with --quiet: they are its answer.
  const std::string expectations = ExpectationsReport(each_run, style, ShownIf(options.quiet)) +
                                   ExpectationsReport(judge.expectations(), style, Expectations::kAll);
  if (!expectations.empty()) text += "\n" + expectations;
  text += "\n";
  if (!results.Digest().empty()) text += fmt::format("{} {}   ", style.Dim("digest"), results.Digest());
  text += fmt::format("{} {}\n", style.Dim("repeat:"), options.RepeatCommand());
  const std::string problems =
      failures + ExpectationsReport(judge.expectations(), style, Expectations::kFailed);
  const int exit_code = stopped ? kExitInterrupted : held ? kExitOk : kExitFailed;
  const int delivered = DeliverSweep(options, results, object, text, problems, exit_code);
  return judge.error() ? ReportError(*judge.error(), {}) : delivered;
}

}  // namespace tools
