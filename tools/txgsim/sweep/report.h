// SPDX-License-Identifier: Apache-2.0
//
// A sweep as a table for people, as CSV for other programs, and as the points of its JSON object.
#ifndef TXGSIM_TOOLS_TXGSIM_SWEEP_REPORT_H_
#define TXGSIM_TOOLS_TXGSIM_SWEEP_REPORT_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/txgsim/report/json.h"
#include "tools/txgsim/report/text.h"
#include "tools/txgsim/sweep/figures.h"
#include "tools/txgsim/sweep/plan.h"

namespace tools {

// What is kept of a run when its result has been written away.
struct SweepRow {
  bool done = false;
  bool held = true;
  std::string verdict;
  std::string digest;
  std::vector<Figure> figures;
  Json expectations = Json::array();                                // Those that failed.
  std::vector<std::pair<std::string, std::optional<bool>>> judged;  // All: the sentence, and if it held.
  Json failed_checks = Json::array();                               // Calls of check().
};

// `figures`: those of --figures, or none. An error: one of them does not exist.
absl::StatusOr<SweepRow> RowOf(const model::ResultValue& run, const std::vector<std::string>& figures);

// All runs of a plan, by their number, and what to show of them.
class SweepResults {
 public:
  SweepResults(SweepPlan plan, std::string scenario, std::vector<std::string> figures)
      : plan_(std::move(plan)),
        scenario_(std::move(scenario)),
        asked_for_(std::move(figures)),
        rows_(plan_.runs()) {}

  const SweepPlan& plan() const { return plan_; }
  const std::string& scenario() const { return scenario_; }
  std::vector<SweepRow>& rows() { return rows_; }
  const std::vector<SweepRow>& rows() const { return rows_; }

  size_t done() const;
  bool held() const;  // Of the runs that are done.
  // Over those of the runs, in order; empty unless all are done.
  std::string Digest() const;

  // The paths to show: those asked for, else what the runs have between them.
  std::vector<std::string> Columns() const;
  FigureCell CellAt(size_t point, const std::string& path) const;

  // The head line and the table.
  std::string Report(const Style& style, bool quiet) const;
  // What failed where, with the command that repeats it.
  std::string FailuresText(const Style& style) const;
  // Of the expectations on each run: [{text, held, runs_held, runs_failed, runs_not_checked, actual}]
  Json EachRun() const;
  // A run a line: parameters, seed, verdict, held, figures. RFC 4180, with line feeds alone.
  std::string Csv() const;
  // [{params, held, figures}]
  Json Points() const;

 private:
  std::string TableText(const Style& style) const;

  SweepPlan plan_;
  std::string scenario_;
  std::vector<std::string> asked_for_;
  std::vector<SweepRow> rows_;
};

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_SWEEP_REPORT_H_
