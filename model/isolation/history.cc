// SPDX-License-Identifier: Apache-2.0
#include "model/isolation/history.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "sim/check.h"

namespace model {

std::string HistoryTransaction::Name() const {
  return number == 1 ? client : fmt::format("{}#{}", client, number);
}

int32_t History::AddItem(std::string name, bool changes_commute) {
  items_.push_back({.name = std::move(name), .changes_commute = changes_commute, .whole = {}, .made = {}});
  return static_cast<int32_t>(items_.size() - 1);
}

int32_t History::AddPart(std::string name, int32_t whole) {
  items_.push_back({.name = std::move(name), .changes_commute = false, .whole = whole, .made = {}});
  return static_cast<int32_t>(items_.size() - 1);
}

int32_t History::Begin(std::string_view client) {
  HistoryTransaction& transaction = transactions_.emplace_back();
  transaction.client = std::string(client);
  transaction.number = ++of_client_[transaction.client];
  transaction.begun = ++position_;
  return static_cast<int32_t>(transactions_.size() - 1);
}

void History::Read(int32_t transaction, int32_t item, sim::SimTime at) {
  ReadAsOf(transaction, item, position_, at);
}

void History::ReadAsOf(int32_t transaction, int32_t item, int64_t position, sim::SimTime at) {
  const std::vector<int64_t>& made = items_[static_cast<size_t>(item)].made;
  const auto version = std::upper_bound(made.begin(), made.end(), position) - made.begin();
  Mutable(transaction)
      .ops.push_back({.kind = HistoryOp::Kind::kRead,
                      .item = item,
                      .version = static_cast<int32_t>(version),
                      .position = ++position_,
                      .at = at});
}

void History::Write(int32_t transaction, std::span<const int32_t> items, sim::SimTime at, uint64_t durable) {
  if (items.empty()) return;
  Step(transaction, durable);
  HistoryTransaction& writer = Mutable(transaction);
  for (const int32_t item : items) {
    std::vector<int64_t>& made = items_[static_cast<size_t>(item)].made;
    SIM_CHECK_MSG(made.empty() || made.back() != position_, "an item changes once a step");
    made.push_back(position_);
    writer.ops.push_back({.kind = HistoryOp::Kind::kWrite,
                          .item = item,
                          .version = static_cast<int32_t>(made.size()),
                          .position = position_,
                          .at = at});
  }
}

void History::Step(int32_t transaction, uint64_t durable) {
  ++position_;
  HistoryTransaction& writer = Mutable(transaction);
  ++writer.visible_steps;
  writer.durable.insert(durable);
}

void History::End(int32_t transaction, bool committed) {
  HistoryTransaction& ended = Mutable(transaction);
  SIM_CHECK(ended.end == TransactionEnd::kUnfinished);
  ended.end = committed ? TransactionEnd::kCommitted : TransactionEnd::kAborted;
  ended.ended = ++position_;
}

}  // namespace model
