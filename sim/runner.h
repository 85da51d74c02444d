// SPDX-License-Identifier: Apache-2.0
//
// Who does many runs: one after the other, or several at a time on threads of the host (tools/runner).
//
//   std::vector<Outcome> outcomes = runner.Map<Outcome>(seeds.size(), [&](size_t worker, size_t run) {
//     return RunOne(scenarios[worker], seeds[run]);
//   });
//
// Runs are numbered; results come in that order. A run must depend on its number alone and share nothing that
// changes with the others, so which worker takes which run, which is left to chance, shows nowhere. What
// belongs to one host thread and serves all of its runs (a resolved scenario) is kept by the worker's number.
#ifndef TXGSIM_SIM_RUNNER_H_
#define TXGSIM_SIM_RUNNER_H_

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace sim {

class Runner {
 public:
  using Work = std::function<void(size_t worker, size_t run)>;

  virtual ~Runner() = default;

  // At least 1. Worker 0 is the thread that calls ForEach.
  virtual size_t workers() const = 0;
  // How many of them `count` runs occupy.
  size_t WorkersFor(size_t count) const { return std::clamp<size_t>(count, 1, workers()); }

  // Calls work once for each run below `count`, and returns when all are done. Runs begin in order of their
  // numbers.
  virtual void ForEach(size_t count, const Work& work) const = 0;

  template <typename Result, typename ResultOf>
  std::vector<Result> Map(size_t count, ResultOf result_of) const {
    std::vector<std::optional<Result>> slots(count);
    ForEach(count, [&](size_t worker, size_t run) { slots[run].emplace(result_of(worker, run)); });
    std::vector<Result> results;
    results.reserve(count);
    for (std::optional<Result>& slot : slots) results.push_back(*std::move(slot));
    return results;
  }
};

// All in the calling thread.
class SerialRunner final : public Runner {
 public:
  size_t workers() const override { return 1; }
  void ForEach(size_t count, const Work& work) const override {
    for (size_t run = 0; run < count; ++run) work(0, run);
  }
};

}  // namespace sim

#endif  // TXGSIM_SIM_RUNNER_H_
