// SPDX-License-Identifier: Apache-2.0
#include "tools/runner/thread_runner.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace tools {

int HostCores() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

void ThreadRunner::ForEach(size_t count, const Work& work) const {
  std::atomic<size_t> next = 0;
  const auto take_runs = [&](size_t worker) {
    for (size_t run = next.fetch_add(1); run < count; run = next.fetch_add(1)) work(worker, run);
  };
  std::vector<std::thread> threads;
  for (size_t worker = 1; worker < WorkersFor(count); ++worker) threads.emplace_back(take_runs, worker);
  take_runs(0);
  for (std::thread& thread : threads) thread.join();
}

}  // namespace tools
