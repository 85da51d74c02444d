// SPDX-License-Identifier: Apache-2.0
//
// Which figures of its runs a sweep shows, and how they are written.
//
// A figure is a path into a run's result (model/script/result/path.h). Those of --figures must exist in every
// run. Without, they are: what the jobs cost, what the loads suffer; without either, how long the processes
// take; of anything else, when it ends.
#ifndef TXGSIM_TOOLS_TXGSIM_SWEEP_FIGURES_H_
#define TXGSIM_TOOLS_TXGSIM_SWEEP_FIGURES_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "model/script/result/statistics.h"
#include "model/script/result/value.h"
#include "tools/txgsim/report/json.h"

namespace tools {

// A path and what stands there.
using Figure = std::pair<std::string, Json>;

// The values at these paths: plain ones. A path that does not exist, or ends in an object or a list, is an
// error with a suggestion.
absl::StatusOr<std::vector<Figure>> FiguresAskedFor(const model::ResultValue& run,
                                                    const std::vector<std::string>& paths);
// Those at the default paths that the run has.
std::vector<Figure> FiguresByDefault(const model::ResultValue& run);

// What the seeds of one point have for one figure.
struct FigureCell {
  std::vector<Json> values;  // As the runs have them, null where absent.
  model::Summary summary;    // Of the numbers among them.

  // True if every seed has the same.
  bool same() const;
  bool all_zero() const;
};
FigureCell CellOf(std::vector<Json> values);

// "prune latency" for jobs.prune.latency_ns.
std::string FigureTitle(const std::string& path);
// "12.3 ms", "12.3 ms +-0.4 ms", "-", with the unit that the path's end tells.
std::string CellText(const std::string& path, const FigureCell& cell);
// {mean, ci95, min, max, count} for numbers, {value} for what is none.
Json CellJson(const FigureCell& cell);

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_SWEEP_FIGURES_H_
