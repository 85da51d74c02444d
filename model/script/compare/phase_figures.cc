// SPDX-License-Identifier: Apache-2.0
#include "model/script/compare/phase_figures.h"

#include <algorithm>
#include <utility>

namespace model {
namespace {

constexpr ResultValue::Kind kInteger = ResultValue::Kind::kInteger;

int64_t IntegerAt(const ResultValue& object, std::string_view name) {
  const ResultValue* value = object.Find(name);
  return value != nullptr && value->kind() == kInteger ? value->integer() : 0;
}

}  // namespace

void PhaseFigures::Add(const ResultValue& run) {
  const ResultValue* jobs = run.Find("jobs");
  if (jobs == nullptr || jobs->fields().empty()) return;  // The run ended in an error.
  AddJob(jobs->fields().front().second);
  if (const ResultValue* loads = run.Find("loads"); !loads->fields().empty()) AddLoads(*loads);
  AddPools(*run.Find("pools"));
}

void PhaseFigures::AddJob(const ResultValue& job) {
  for (const auto& [name, value] : job.fields()) {
    if (value.kind() == kInteger) values_[name].push_back(value.integer());
  }
  const ResultValue& latency = *job.Find("latency");
  if (IntegerAt(latency, "count") > 0) values_["latency.p50_ns"].push_back(IntegerAt(latency, "p50_ns"));
  for (const auto& [name, value] : job.Find("sync_lock_split")->fields()) {
    values_["sync_lock_split." + name].push_back(value.integer());
  }
}

void PhaseFigures::AddLoads(const ResultValue& loads) {
  int64_t worst = 0;
  for (const auto& [name, load] : loads.fields())
    worst = std::max(worst, IntegerAt(*load.Find("latency"), "p99_ns"));
  values_["loads.p99_ns"].push_back(worst);
  for (const char* figure : {"stall_ns", "delay_ns", "throughput_bytes_per_s"}) {
    int64_t sum = 0;
    for (const auto& [name, load] : loads.fields()) sum += IntegerAt(load, figure);
    values_[std::string("loads.") + figure].push_back(sum);
  }
}

void PhaseFigures::AddPools(const ResultValue& pools) {
  int64_t most = 0;
  for (const auto& [name, pool] : pools.fields()) most = std::max(most, IntegerAt(pool, "dirty_bytes_max"));
  values_["pools.dirty_bytes_max"].push_back(most);
}

ResultValue PhaseFigures::Summary() const {
  ResultValue summary = ResultValue::Object();
  for (const auto& [name, unsorted] : values_) {
    std::vector<int64_t> values = unsorted;
    std::sort(values.begin(), values.end());
    ResultValue figure = ResultValue::Object();
    figure.Set("count", static_cast<int64_t>(values.size()));
    figure.Set("median", values[(values.size() - 1) / 2]);
    figure.Set("min", values.front());
    figure.Set("max", values.back());
    summary.Set(name, std::move(figure));
  }
  return summary;
}

}  // namespace model
