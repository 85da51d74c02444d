// SPDX-License-Identifier: Apache-2.0
//
// Foreground load on a pool: threads that write or read at a given rate.
//
// Open loop unless told otherwise: the k-th operation has a due time, and what
// comes late is still done, so its latency counts from when it was due and a stall
// is not forgiven (no coordinated omission). The rate is that of all threads
// together; thread i of n does operations i, i + n, i + 2n, ….
//
// A load is a process "NAME" with threads "NAME/1" … "NAME/n" (one thread bears
// the process' own name).
#ifndef TXGSIM_MODEL_TXG_LOAD_H_
#define TXGSIM_MODEL_TXG_LOAD_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "model/txg/pool.h"
#include "sim/histogram.h"

namespace model {

struct LoadOptions {
  std::string name;
  bool reads = false;
  int count = 1;
  // Operations a second of all threads together; absent: closed loop.
  std::optional<int64_t> bytes_per_s;
  std::optional<int64_t> ops_per_s;
  int64_t size_bytes = 128 << 10;
  std::string dataset;
  bool append = false;  // Its writes add; else they fall on what the dataset began with.
  int64_t fsync_every = 0;
  enum class Sync : uint8_t { kStandard, kAlways, kDisabled } sync = Sync::kStandard;
  bool poisson = false;
  sim::SimTime at;
  sim::SimTime stop_at = sim::SimTime::Max();
};

struct LoadFigures {
  int64_t ops = 0;
  int64_t bytes = 0;
  sim::Histogram latency;
  absl::btree_map<int, int64_t> errors;
};

class Load {
 public:
  Load(Pool* pool, LoadOptions options);
  void Start();

  const LoadOptions& options() const { return options_; }
  const LoadFigures& figures() const { return figures_; }
  // Of what has ended; and of what was due and has not, once it has waited longer than all that has.
  sim::Histogram LatencyNow() const;
  Process* process() const { return process_; }
  // Blocked at the dirty limit, summed over the threads, waits at hand included.
  int64_t stall_ns() const;
  int64_t delay_ns() const { return process_->figures.delay_ns; }
  // Up to now, or to when it was to stop.
  int64_t throughput_bytes_per_s() const;

 private:
  sim::Task<> Run(Thread* thread, int index);
  sim::Task<int> Operate(Thread* thread, int64_t k);
  // Between two operations of one thread, on average.
  int64_t PeriodNs() const;

  Pool* pool_;
  LoadOptions options_;
  LoadFigures figures_;
  std::vector<std::optional<int64_t>> at_hand_;  // By thread: when its operation was due, in ns.
  Process* process_ = nullptr;
};

}  // namespace model

#endif  // TXGSIM_MODEL_TXG_LOAD_H_
