// SPDX-License-Identifier: Apache-2.0
//
// How far a command with many runs has come: one line on standard error, which a person watches.
//
// It shows from the first second on, several times a second, and is wiped before anything else is written.
// Nothing is shown unless standard error is a terminal; nor with --quiet, TERM=dumb or CI in the environment.
// The time to go supposes that the runs to come take as long as those that were.
#ifndef TXGSIM_TOOLS_TXGSIM_PROGRESS_H_
#define TXGSIM_TOOLS_TXGSIM_PROGRESS_H_

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>

#include "sim/runner.h"

namespace tools {

class Progress {
 public:
  // `what` is counted: "runs".
  Progress(bool quiet, size_t total, std::string what);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // From any thread: one more is done.
  void Done(bool failed);

 private:
  using Clock = std::chrono::steady_clock;
  void Watch();
  void Show(Clock::duration elapsed);

  const size_t total_;
  const std::string what_;
  const Clock::time_point start_ = Clock::now();
  std::mutex mutex_;
  std::condition_variable ended_;
  bool end_ = false;
  bool shown_ = false;
  size_t done_ = 0;
  size_t failed_ = 0;
  std::thread watcher_;
};

// A runner whose runs are counted there, from 0 at each ForEach.
class WatchedRunner final : public sim::Runner {
 public:
  // `runner` outlives this.
  WatchedRunner(const sim::Runner* runner, bool quiet) : runner_(runner), quiet_(quiet) {}

  size_t workers() const override { return runner_->workers(); }
  void ForEach(size_t count, const Work& work) const override;

 private:
  const sim::Runner* runner_;
  bool quiet_;
};

// "done/total what, 40 %, 3 s, 5 s to go, 1 failed".
std::string ProgressLine(size_t done, size_t total, const std::string& what, double elapsed_s, size_t failed);

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_PROGRESS_H_
