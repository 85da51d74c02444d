// SPDX-License-Identifier: Apache-2.0
//
// Runs on threads of the host: each worker takes the next run until none is left.
//
// A simulation, and a scenario's Lua state, belong to the thread that made them; nothing else is needed for
// runs to be independent. With one job everything happens in the calling thread, in order.
#ifndef TXGSIM_TOOLS_RUNNER_THREAD_RUNNER_H_
#define TXGSIM_TOOLS_RUNNER_THREAD_RUNNER_H_

#include <cstddef>

#include "sim/runner.h"

namespace tools {

// Cores of this machine, at least 1.
int HostCores();

class ThreadRunner final : public sim::Runner {
 public:
  // 0 jobs: one a core.
  explicit ThreadRunner(int jobs) : jobs_(static_cast<size_t>(jobs > 0 ? jobs : HostCores())) {}

  size_t workers() const override { return jobs_; }
  void ForEach(size_t count, const Work& work) const override;

 private:
  size_t jobs_;
};

}  // namespace tools

#endif  // TXGSIM_TOOLS_RUNNER_THREAD_RUNNER_H_
