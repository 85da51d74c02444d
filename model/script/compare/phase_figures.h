// SPDX-License-Identifier: Apache-2.0
//
// The figures of one design over several runs that differ in the phase of the txg
// period: median and range of each. Of an even number of runs the median is the lower of the two in the
// middle, which is what one of them had.
//
// Figures are those of the first job, by their names in the result ("latency_ns",
// "sync_lock_split.think"; "latency.p50_ns" is over its repeats); over all loads, "loads.stall_ns" and so on;
// over all pools, "pools.dirty_bytes_max". A figure that a run does not have (the latency of a job that never
// ends) is left out of that run: its `count` is then below the number of runs.
#ifndef TXGSIM_MODEL_SCRIPT_COMPARE_PHASE_FIGURES_H_
#define TXGSIM_MODEL_SCRIPT_COMPARE_PHASE_FIGURES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "model/script/result/value.h"

namespace model {

class PhaseFigures {
 public:
  void Add(const ResultValue& run);
  // Name to {count, median, min, max}.
  ResultValue Summary() const;

 private:
  void AddJob(const ResultValue& job);
  void AddLoads(const ResultValue& loads);
  void AddPools(const ResultValue& pools);

  absl::btree_map<std::string, std::vector<int64_t>> values_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_COMPARE_PHASE_FIGURES_H_
