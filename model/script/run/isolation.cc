// SPDX-License-Identifier: Apache-2.0
#include "model/script/run/isolation.h"

#include <algorithm>
#include <array>

namespace model {
namespace {

using Counts = std::array<int64_t, kAnomalyKinds>;

void SetCounts(const Counts& counts, ResultValue* value) {
  for (size_t i = 0; i < kAnomalyKinds; ++i) value->Set(kAnomalyNames[i], counts[i]);
}

}  // namespace

RunIsolation::RunIsolation(const HistoryRecorder* recorder) {
  if (recorder == nullptr) return;
  history_ = &recorder->history();
  checked_ = recorder->keeps_items();
  if (checked_) report_ = CheckIsolation(*history_);
}

ResultValue RunIsolation::Result() const {
  ResultValue value = ResultValue::Object();
  value.Set("checked", checked_);
  value.Set("serialisable", report_.serialisable);
  value.Set("strict", report_.strict);
  value.Set("transactions", checked_ ? static_cast<int64_t>(history_->transactions().size()) : 0);
  Counts counts = {};
  for (const Anomaly& anomaly : report_.anomalies) ++counts[static_cast<size_t>(anomaly.kind)];
  SetCounts(counts, &value);
  ResultValue order = ResultValue::Array();
  for (const int32_t transaction : report_.order) order.Append(history_->transaction(transaction).Name());
  value.Set("order", std::move(order));
  ResultValue proofs = ResultValue::Array();
  for (size_t i = 0; i < std::min(report_.anomalies.size(), kMaxProofs); ++i) {
    const Anomaly& anomaly = report_.anomalies[i];
    ResultValue& proof = proofs.Append(ResultValue::Object());
    proof.Set("kind", AnomalyName(anomaly.kind));
    ResultValue by = ResultValue::Array();
    for (const int32_t transaction : anomaly.by) by.Append(history_->transaction(transaction).Name());
    proof.Set("by", std::move(by));
    proof.Set("text", ProofText(*history_, anomaly));
  }
  value.Set("proofs", std::move(proofs));
  if (!report_.against_time.empty())
    value.Set("against_time", AgainstTimeText(*history_, report_.against_time));
  return value;
}

ResultValue RunIsolation::AnomaliesOf(std::string_view client) const {
  Counts counts = {};
  int64_t failed_attempts = 0;
  int64_t visible_steps = 0;
  int64_t durable_steps = 0;
  int64_t half_done = 0;
  if (history_ != nullptr) {
    const auto of_client = [&](int32_t transaction) {
      return history_->transaction(transaction).client == client;
    };
    for (const Anomaly& anomaly : report_.anomalies) {
      const bool mine = std::any_of(anomaly.by.begin(), anomaly.by.end(), of_client);
      counts[static_cast<size_t>(anomaly.kind)] += mine ? 1 : 0;
    }
    failed_attempts = std::count_if(report_.of_aborted.begin(), report_.of_aborted.end(),
                                    [&](const Anomaly& anomaly) { return of_client(anomaly.by.front()); });
    for (const HistoryTransaction& transaction : history_->transactions()) {
      if (transaction.client != client) continue;
      visible_steps = std::max(visible_steps, transaction.visible_steps);
      durable_steps = std::max(durable_steps, static_cast<int64_t>(transaction.durable.size()));
      const bool refused = transaction.refused > 0 || transaction.end == TransactionEnd::kAborted;
      half_done += refused && transaction.visible_steps > 0 ? 1 : 0;
    }
  }
  ResultValue value = ResultValue::Object();
  SetCounts(counts, &value);
  value.Set("failed_attempts", failed_attempts);
  value.Set("visible_steps", visible_steps);
  value.Set("durable_steps", durable_steps);
  value.Set("half_done", half_done);
  return value;
}

}  // namespace model
