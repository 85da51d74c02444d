// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/sweep/run.h"

#include "fmt/format.h"
#include "model/script/run/loop.h"
#include "sim/digest.h"
#include "tools/runner/thread_runner.h"
#include "tools/txgsim/commands.h"
#include "tools/txgsim/output.h"

namespace tools {
namespace {

absl::Status Bad(std::string text) { return absl::InvalidArgumentError(std::move(text)); }

// What of two descriptions must be alike for one file to hold the runs of both.
bool SameOrigin(const Json& a, const Json& b) {
  for (const char* key : {"file", "version", "until_ns"}) {
    if (!a.contains(key) || !b.contains(key) || a[key] != b[key]) return false;
  }
  return true;
}

}  // namespace

std::string WithName(const std::string& errors, const SweepPlan& plan, const std::string& file, size_t run) {
  return fmt::format("{}txgsim: at {}; repeat: {}\n", errors, plan.Name(run), plan.RunCommand(file, run));
}

SweepRuns::SweepRuns(const ScenarioFile& file, const Options& options, SweepResults* results, bool keep_trees)
    : file_(file),
      options_(options),
      results_(results),
      shard_(options.shard.value_or(Shard{})),
      description_(results->plan().Description()),
      keys_(results->plan().runs()),
      trees_(keep_trees ? results->plan().runs() : 0),
      places_(results->plan().runs()),
      stale_(results->plan().runs()),
      first_failure_(results->plan().runs()) {
  const SweepPlan& plan = results->plan();
  for (size_t run = 0; run < plan.runs(); ++run) {
    const uint64_t key = plan.KeyOf(run);
    if (key % shard_.count != shard_.index) continue;
    keys_[run] = sim::DigestText(key);
    by_key_[keys_[run]] = run;
  }
}

absl::Status SweepRuns::OpenLog(const std::string& path) {
  absl::StatusOr<std::unique_ptr<ResultLog>> log = ResultLog::Open(path, options_.resume);
  if (!log.ok()) return log.status();
  log_ = *std::move(log);
  const absl::StatusOr<StoredEnd> end =
      ReadStored(path, [this](StoredRun stored) { return Take(std::move(stored)); });
  if (!end.ok()) return end.status();
  if (end->torn) {
    note_ = fmt::format("{}: its last line was cut short, so that run is done again", path);
    if (const absl::Status status = log_->Truncate(end->whole_bytes); !status.ok()) return status;
  }
  return CheckOneAgain();
}

// A stored run: one of this sweep, or the file is another one's.
absl::Status SweepRuns::Take(StoredRun stored) {
  if (!SameOrigin(stored.sweep, description_)) {
    return Bad(
        fmt::format("{}: a run of another scenario, another version of the file or of txgsim, or with "
                    "another --until; choose another --out",
                    stored.where));
  }
  const auto known = by_key_.find(stored.key);
  if (known == by_key_.end()) {
    return Bad(fmt::format("{}: a run that this sweep{} does not have ({}, seed {}); choose another --out",
                           stored.where, options_.shard ? " or shard" : "", OneLine(stored.result["params"]),
                           stored.result.value("seed", int64_t{0})));
  }
  const size_t run = known->second;
  if (!results_->plan().Fits(run, stored.result))
    return Bad(fmt::format("{}: its parameters are not those of its key: the line is damaged", stored.where));
  if (places_[run]) return absl::OkStatus();  // Twice: the first counts.
  model::ResultValue result = FromJson(stored.result);
  absl::StatusOr<SweepRow> row = RowOf(result, options_.figures);
  if (!row.ok()) return row.status();
  results_->rows()[run] = *std::move(row);
  const int64_t events = stored.result.value("events", int64_t{0});
  if (!check_ || events < check_->second) check_ = {run, events};
  if (!trees_.empty()) trees_[run] = std::move(result);
  places_[run] = stored.place;
  stale_[run] = stored.sweep != description_ || stored.run != run;
  ++taken_;
  return absl::OkStatus();
}

// The version in a line says little of a program that is being worked on; so the cheapest stored run is done
// once more.
absl::Status SweepRuns::CheckOneAgain() {
  if (!check_) return absl::OkStatus();
  const size_t run = check_->first;
  Outcome outcome = RunOne(run);
  if (outcome.failure) return Bad(outcome.failure->text);
  if (!outcome.result) return absl::OkStatus();  // Interrupted.
  const absl::StatusOr<std::string> line = ReadPlace(log_->path(), *places_[run]);
  if (!line.ok()) return line.status();
  const Json now = ToJson(*outcome.result);
  if (SameResult(Json::parse(*line), now)) return absl::OkStatus();
  return Bad(fmt::format(
      "{}: at {} another build of txgsim has made it: done once more, it comes out otherwise (digest "
      "{}); choose another --out",
      log_->path(), results_->plan().Name(run), now.value("digest", "")));
}

SweepRuns::Outcome SweepRuns::RunOne(size_t run) const {
  const SweepPlan& plan = results_->plan();
  Options options = options_;
  options.params = plan.ParamsOf(plan.PointOf(run));
  options.seed = static_cast<uint64_t>(plan.SeedOf(run));
  const auto failed = [&](int exit_code, const std::string& text) {
    return Outcome{std::nullopt, Failure{run, exit_code, WithName(text, plan, file_.name(), run)}};
  };
  model::ResolveResult resolved = file_.Resolve(options, "base");
  if (!resolved.ok()) return failed(ExitCodeOf(resolved), ErrorText(resolved));
  // A point is no arm, not even one that has the parameters of base.
  resolved.loaded->scenario.params_overridden = true;
  model::RunOptions run_options;
  run_options.seed = options.seed;
  run_options.until_ns = options.until_ns;
  run_options.interrupted = &tools::interrupted;
  model::RunOutcome outcome = model::RunScenario(resolved.loaded.get(), run_options);
  if (outcome.error) return failed(ExitCodeOf(*outcome.error), ErrorText(*outcome.error, outcome.traceback));
  if (outcome.interrupted) return {};
  return Outcome{std::move(outcome.result), std::nullopt};
}

std::string SweepRuns::LineOf(size_t run, const model::ResultValue& result) const {
  return StoredLine(keys_[run], run, description_, ToJson(result));
}

void SweepRuns::Fail(Failure failure) {
  if (failure_ && failure_->run < failure.run) return;
  first_failure_ = failure.run;
  failure_ = std::move(failure);
}

void SweepRuns::Keep(size_t run, model::ResultValue result) {
  absl::StatusOr<SweepRow> row = RowOf(result, options_.figures);
  const std::string line = log_ != nullptr && row.ok() ? LineOf(run, result) : "";
  const std::lock_guard lock(mutex_);
  const auto fail = [&](const absl::Status& status) {
    Fail({run, kExitUsage, fmt::format("txgsim: {}\n", std::string(status.message()))});
  };
  if (!row.ok()) return fail(row.status());
  if (log_ != nullptr) {
    const absl::StatusOr<StoredPlace> place = log_->Append(line);
    if (!place.ok()) return fail(place.status());
    places_[run] = *place;
  }
  results_->rows()[run] = *std::move(row);
  if (!trees_.empty()) trees_[run] = std::move(result);
}

int SweepRuns::Run() {
  std::vector<size_t> to_do;
  for (size_t run = 0; run < keys_.size(); ++run) {
    if (!keys_[run].empty() && !results_->rows()[run].done) to_do.push_back(run);
  }
  {
    Progress progress(options_.quiet, to_do.size(), "runs");
    ThreadRunner(options_.jobs).ForEach(to_do.size(), [&](size_t, size_t i) {
      const size_t run = to_do[i];
      if (tools::interrupted.load() || run > first_failure_) return;
      Outcome outcome = RunOne(run);
      if (outcome.result) {
        Keep(run, *std::move(outcome.result));
      } else if (outcome.failure) {
        const std::lock_guard lock(mutex_);
        Fail(*std::move(outcome.failure));
      }
      progress.Done(results_->rows()[run].done && !results_->rows()[run].held);
    });
  }
  interrupted_ = tools::interrupted.load();
  if (!failure_) return kExitOk;
  std::fputs(failure_->text.c_str(), stderr);
  return failure_->exit_code;
}

absl::Status SweepRuns::CloseLog() {
  if (log_ == nullptr) return absl::OkStatus();
  std::vector<size_t> order;
  bool in_order = true;
  size_t end = 0;
  for (size_t run = 0; run < places_.size(); ++run) {
    if (!places_[run]) continue;
    order.push_back(run);
    in_order = in_order && places_[run]->offset == end && !stale_[run];
    end = places_[run]->offset + places_[run]->length + 1;
  }
  if (in_order) return absl::OkStatus();
  return WriteLines(log_->path(), order.size(), [&](size_t i) -> absl::StatusOr<std::string> {
    const size_t run = order[i];
    absl::StatusOr<std::string> line = ReadPlace(log_->path(), *places_[run]);
    if (!line.ok() || !stale_[run]) return line;
    Json stored = Json::parse(*line);
    stored["run"] = run;
    stored["sweep"] = description_;
    return OneLine(stored);
  });
}

model::ResultValue SweepRuns::TakeTrees() {
  model::ResultValue list = model::ResultValue::Array();
  for (size_t run = 0; run < trees_.size(); ++run) {
    if (results_->rows()[run].done) list.Append(std::move(trees_[run]));
  }
  trees_.clear();
  return list;
}

}  // namespace tools
