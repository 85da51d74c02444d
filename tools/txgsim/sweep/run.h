// SPDX-License-Identifier: Apache-2.0
//
// The runs of a sweep: those that are stored already, and the others, on all cores.
//
// Each run resolves the file again with its own parameters and seed, so runs share nothing; what comes out is
// in order of their numbers, whoever did them. A run that ends in an error ends the sweep: of several, that
// of the first run is told, and every run before it is done.
#ifndef TXGSIM_TOOLS_TXGSIM_SWEEP_RUN_H_
#define TXGSIM_TOOLS_TXGSIM_SWEEP_RUN_H_

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tools/txgsim/options.h"
#include "tools/txgsim/progress.h"
#include "tools/txgsim/scenario_file.h"
#include "tools/txgsim/sweep/report.h"
#include "tools/txgsim/sweep/store.h"

namespace tools {

class SweepRuns {
 public:
  SweepRuns(const ScenarioFile& file, const Options& options, SweepResults* results, bool keep_trees);

  // Opens the file of results and takes what it has. Errors are texts for standard error.
  absl::Status OpenLog(const std::string& path);
  // Runs what is missing. Returns the exit code of an error, which it has printed, or kExitOk.
  int Run();
  // The file in the order of the sweep.
  absl::Status CloseLog();

  bool interrupted() const { return interrupted_; }
  // The results of all runs that are done, in order; nothing without keep_trees.
  model::ResultValue TakeTrees();
  size_t taken() const { return taken_; }            // From the file.
  const std::string& note() const { return note_; }  // On what was wrong with it, or nothing.

 private:
  struct Failure {
    size_t run;
    int exit_code;
    std::string text;
  };
  struct Outcome {
    std::optional<model::ResultValue> result;  // Nothing: interrupted, or failed.
    std::optional<Failure> failure;
  };

  absl::Status Take(StoredRun stored);
  absl::Status CheckOneAgain();
  Outcome RunOne(size_t run) const;
  void Keep(size_t run, model::ResultValue result);
  void Fail(Failure failure);
  std::string LineOf(size_t run, const model::ResultValue& result) const;

  const ScenarioFile& file_;
  const Options& options_;
  SweepResults* results_;
  const Shard shard_;
  const Json description_;
  std::vector<std::string> keys_;          // By run; empty: of another shard.
  std::map<std::string, size_t> by_key_;   // Of this shard.
  std::vector<model::ResultValue> trees_;  // By run; empty if they are not kept.
  std::unique_ptr<ResultLog> log_;
  std::vector<std::optional<StoredPlace>> places_;   // By run, in the file.
  std::vector<bool> stale_;                          // Stored as part of another sweep.
  std::optional<std::pair<size_t, int64_t>> check_;  // The stored run with the fewest events.
  size_t taken_ = 0;
  std::string note_;

  std::mutex mutex_;  // For all of what follows, and what a run puts away.
  std::optional<Failure> failure_;
  std::atomic<size_t> first_failure_;
  std::atomic<bool> interrupted_ = false;
};

// Errors of a run or a resolution, with the run's name: for standard error.
std::string WithName(const std::string& errors, const SweepPlan& plan, const std::string& file, size_t run);

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_SWEEP_RUN_H_
