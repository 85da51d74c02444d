// SPDX-License-Identifier: Apache-2.0
//
// Joins the results of shards, and of a sweep that was done in parts, in the order of the sweep.
//
// Nothing is run: what fits together is told from the lines alone. Two lines of one run must be the same,
// which checks for nothing that two machines compute the same. Runs that nobody has done are listed; `txgsim
// sweep --resume` does them, and judges the expectations on the whole sweep.
#include <algorithm>
#include <filesystem>

#include "fmt/format.h"
#include "tools/txgsim/commands.h"
#include "tools/txgsim/output.h"
#include "tools/txgsim/report/run_report.h"
#include "tools/txgsim/scenario_file.h"
#include "tools/txgsim/sweep/deliver.h"
#include "tools/txgsim/sweep/store.h"

namespace tools {
namespace {

constexpr size_t kMissingShown = 10;

absl::Status Bad(std::string text) { return absl::InvalidArgumentError(std::move(text)); }

// The files that the operands name: folders stand for the results in them.
absl::StatusOr<std::vector<std::string>> FilesOf(const std::vector<std::string>& operands) {
  std::vector<std::string> files;
  for (const std::string& operand : operands) {
    std::error_code error;
    if (!std::filesystem::is_directory(operand, error)) {
      files.push_back(operand);
      continue;
    }
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(operand, error)) {
      if (entry.path().extension() == ".jsonl") found.push_back(entry.path().string());
    }
    if (error) return Bad(fmt::format("cannot read {}: {}", operand, error.message()));
    if (found.empty()) return Bad(fmt::format("{}: no *.jsonl in it", operand));
    std::sort(found.begin(), found.end());
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

// The first thing in which two sweeps differ, for people.
std::string Difference(const Json& a, const Json& b) {
  static constexpr std::pair<const char*, const char*> kWhat[] = {
      {"file", "the scenario is another, or another version of it"},
      {"version", "made by another version of txgsim"},
      {"axes", "other values are swept"},
      {"fixed", "other parameters are set"},
      {"zip", "one is with --zip, the other not"},
      {"seed", "another --seed"},
      {"seeds", "another number of --seeds"},
      {"until_ns", "another --until"}};
  for (const auto& [key, text] : kWhat) {
    if (!a.contains(key) || !b.contains(key) || a[key] != b[key]) return text;
  }
  return "the sweeps differ";
}

class Merge {
 public:
  explicit Merge(const Options& options) : options_(options) {}

  absl::Status Read(const std::string& path) {
    const absl::StatusOr<StoredEnd> end =
        ReadStored(path, [&](StoredRun stored) { return Take(std::move(stored), path); });
    if (!end.ok()) return end.status();
    if (end->torn)
      std::fprintf(stderr, "txgsim: %s: its last line was cut short and is left out\n", path.c_str());
    return absl::OkStatus();
  }

  bool empty() const { return !results_.has_value(); }
  const SweepResults& results() const { return *results_; }

  absl::Status Write(const std::string& path) const {
    std::vector<size_t> order;
    for (size_t run = 0; run < lines_.size(); ++run) {
      if (!lines_[run].file.empty()) order.push_back(run);
    }
    return WriteLines(path, order.size(), [&](size_t i) -> absl::StatusOr<std::string> {
      const Line& line = lines_[order[i]];
      return ReadPlace(line.file, line.place);
    });
  }

  // The runs that nobody has done: at most some, by name.
  std::string MissingText() const {
    std::string text;
    size_t missing = 0;
    for (size_t run = 0; run < lines_.size(); ++run) {
      if (!lines_[run].file.empty()) continue;
      if (++missing <= kMissingShown) text += fmt::format("  {}\n", results_->plan().Name(run));
    }
    if (missing == 0) return "";
    if (missing > kMissingShown) text += fmt::format("  and {} more\n", missing - kMissingShown);
    return fmt::format("missing: {} of {} runs\n{}", missing, lines_.size(), text);
  }

 private:
  struct Line {
    std::string file;
    std::string where;
    StoredPlace place;
    std::string digest;
  };

  absl::Status Take(StoredRun stored, const std::string& path) {
    if (empty()) {
      absl::StatusOr<SweepPlan> plan = SweepPlan::Read(stored.sweep);
      if (!plan.ok()) return Bad(fmt::format("{}: {}", stored.where, std::string(plan.status().message())));
      results_.emplace(*std::move(plan), stored.result.value("scenario", ""), options_.figures);
      lines_.resize(results_->plan().runs());
      sweep_ = stored.sweep;
      first_ = stored.where;
    }
    if (stored.sweep != sweep_) {
      return Bad(fmt::format("{}: is of another sweep than {}: {}", stored.where, first_,
                             Difference(stored.sweep, sweep_)));
    }
    if (stored.run >= lines_.size() || !results_->plan().Fits(stored.run, stored.result)) {
      return Bad(fmt::format("{}: its parameters are not those of run {} of {}: the line is damaged",
                             stored.where, stored.run, lines_.size()));
    }
    Line& line = lines_[stored.run];
    const std::string digest = stored.result.value("digest", "");
    if (!line.file.empty()) {
      const absl::StatusOr<std::string> before = ReadPlace(line.file, line.place);
      if (!before.ok()) return before.status();
      if (SameResult(Json::parse(*before), stored.result)) return absl::OkStatus();
      return Bad(
          fmt::format("{} and {}: the same run ({}), and the results differ (digests {} and {}): different "
                      "builds of txgsim have made them",
                      line.where, stored.where, results_->plan().Name(stored.run), line.digest, digest));
    }
    absl::StatusOr<SweepRow> row = RowOf(FromJson(stored.result), options_.figures);
    if (!row.ok()) return row.status();
    results_->rows()[stored.run] = *std::move(row);
    line = {path, stored.where, stored.place, digest};
    return absl::OkStatus();
  }

  const Options& options_;
  std::optional<SweepResults> results_;  // From the first line on.
  std::vector<Line> lines_;              // By run; without a file: missing.
  Json sweep_;
  std::string first_;
};

// Where the joined lines go: --out, else beside the shards of the one folder.
std::string TargetOf(const Options& options) {
  if (!options.out_dir.empty())
    return NamesResultFile(options.out_dir) ? options.out_dir : options.out_dir + "/" + kResultsFile;
  std::error_code error;
  const bool one_folder =
      options.operands.size() == 1 && std::filesystem::is_directory(options.operands[0], error);
  return one_folder ? options.operands[0] + "/" + kResultsFile : "";
}

}  // namespace

int MergeCommand(const Options& options) {
  const absl::StatusOr<std::vector<std::string>> files = FilesOf(options.operands);
  if (!files.ok()) return ReportError(files.status());
  if (const absl::Status status = CheckWritable(options.csv); !status.ok()) return ReportError(status);
  Merge merge(options);
  for (const std::string& file : *files) {
    if (const absl::Status status = merge.Read(file); !status.ok()) return ReportError(status);
  }
  if (merge.empty()) return ReportError(Bad("there are no runs in these files"));
  const std::string target = TargetOf(options);
  if (!target.empty()) {
    if (!options.out_dir.empty() && !NamesResultFile(options.out_dir)) {
      if (const absl::Status status = MakeDirectory(options.out_dir); !status.ok())
        return ReportError(status);
    }
    if (const absl::Status status = merge.Write(target); !status.ok()) return ReportError(status);
  }
  const SweepResults& results = merge.results();
  const std::string missing = merge.MissingText();
  const Json description = results.plan().Description();
  Json object = Json::object();
  object["schema"] = "txgsim.merge/1";
  object["scenario"] = results.scenario();
  for (const char* key : {"seed", "seeds", "axes", "fixed", "zip"}) object[key] = description[key];
  object["points"] = results.Points();
  object["missing"] = results.rows().size() - results.done();
  if (!results.Digest().empty()) object["digest"] = results.Digest();
  const Json each_run = results.EachRun();
  object["each_run"] = each_run;
  // What is missing might fail.
  object["held"] = results.held() && !missing.empty() ? Json() : Json(results.held());
  const Style style(options.colour);
  std::string problems = results.FailuresText(style);
  if (!missing.empty()) problems += "\n" + missing;
  std::string text = results.Report(style, options.quiet) + problems;
  const std::string expectations = ExpectationsReport(each_run, style, ShownIf(options.quiet));
  if (!expectations.empty()) text += "\n" + expectations;
  text += "\n";
  if (!results.Digest().empty()) text += fmt::format("{} {}\n", style.Dim("digest"), results.Digest());
  if (!target.empty()) text += fmt::format("{} {}\n", style.Dim("written:"), target);
  const bool ok = missing.empty() && results.held();
  Options where = options;
  if (where.out_dir.empty() && !target.empty()) where.out_dir = options.operands[0];
  return DeliverSweep(where, results, object, text, problems, ok ? kExitOk : kExitFailed);
}

}  // namespace tools
