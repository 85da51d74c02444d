// SPDX-License-Identifier: Apache-2.0
#include "model/isolation/check.h"

#include <algorithm>
#include <utility>

#include "absl/container/btree_set.h"
#include "model/isolation/order.h"
#include "model/isolation/pair_anomalies.h"

namespace model {
namespace {

// Who made each version of each item, committed or not.
std::vector<std::vector<Conflicts::Maker>> AllMakers(const History& history) {
  std::vector<std::vector<Conflicts::Maker>> makers(static_cast<size_t>(history.item_count()));
  for (int32_t item = 0; item < history.item_count(); ++item) {
    makers[static_cast<size_t>(item)].resize(static_cast<size_t>(history.version(item)));
  }
  const auto count = static_cast<int32_t>(history.transactions().size());
  for (int32_t t = 0; t < count; ++t) {
    const std::vector<HistoryOp>& ops = history.transaction(t).ops;
    for (size_t i = 0; i < ops.size(); ++i) {
      if (ops[i].kind != HistoryOp::Kind::kWrite) continue;
      const auto version = static_cast<size_t>(ops[i].version);
      makers[static_cast<size_t>(ops[i].item)][version - 1] = {t, static_cast<int32_t>(i)};
    }
  }
  return makers;
}

// Whether the writer changed again what it changed at a position.
bool ChangedAgain(const History& history, int32_t writer, int64_t position) {
  absl::btree_set<int32_t> items;
  for (const HistoryOp& op : history.transaction(writer).ops) {
    if (op.kind != HistoryOp::Kind::kWrite || history.changes_commute(op.item)) continue;
    if (op.position == position) items.insert(op.item);
    if (op.position > position && items.contains(op.item)) return true;
  }
  return false;
}

// The first read of each pair of reader and writer. A change that the writer made again later is not there
// any more as it was read; any other one of a writer that failed stays, without the rest.
void FindReadsOfAborted(const History& history, const std::vector<int32_t>& committed,
                        std::vector<Anomaly>* anomalies) {
  const std::vector<std::vector<Conflicts::Maker>> makers = AllMakers(history);
  for (const int32_t reader : committed) {
    const std::vector<HistoryOp>& ops = history.transaction(reader).ops;
    std::vector<int32_t> writers;
    for (size_t i = 0; i < ops.size(); ++i) {
      if (ops[i].kind != HistoryOp::Kind::kRead || ops[i].version == 0) continue;
      const Conflicts::Maker& maker =
          makers[static_cast<size_t>(ops[i].item)][static_cast<size_t>(ops[i].version - 1)];
      if (history.transaction(maker.transaction).committed()) continue;
      if (std::find(writers.begin(), writers.end(), maker.transaction) != writers.end()) continue;
      writers.push_back(maker.transaction);
      const int64_t position =
          history.transaction(maker.transaction).ops[static_cast<size_t>(maker.op)].position;
      const bool undone = ChangedAgain(history, maker.transaction, position);
      anomalies->push_back(
          {undone ? AnomalyKind::kDirtyRead : AnomalyKind::kHalfDoneRead,
           {maker.transaction},
           {{DependencyKind::kWr, maker.transaction, maker.op, reader, static_cast<int32_t>(i)}}});
    }
  }
}

// Of a knot without two that conflict in both directions: a shortest of all its cycles.
Anomaly ShortestCycle(const Conflicts& conflicts, const std::vector<int32_t>& knot) {
  Anomaly shortest;
  for (const int32_t member : knot) {
    std::vector<Dependency> cycle = ShortestPath(conflicts, knot, member, member);
    if (!shortest.cycle.empty() && cycle.size() >= shortest.cycle.size()) continue;
    shortest.cycle = std::move(cycle);
    if (shortest.cycle.size() == 3) break;
  }
  const bool all_overwrite = std::all_of(shortest.cycle.begin(), shortest.cycle.end(),
                                         [](const Dependency& d) { return d.kind == DependencyKind::kWw; });
  if (all_overwrite) shortest.kind = AnomalyKind::kDirtyWrite;
  for (const Dependency& dependency : shortest.cycle) shortest.by.push_back(dependency.from);
  std::sort(shortest.by.begin(), shortest.by.end());
  return shortest;
}

void FindInKnot(const Conflicts& conflicts, const std::vector<int32_t>& knot,
                std::vector<Anomaly>* anomalies) {
  const size_t before = anomalies->size();
  for (size_t i = 0; i < knot.size(); ++i) {
    for (size_t j = i + 1; j < knot.size(); ++j) {
      std::vector<Anomaly> found = PairAnomalies(conflicts, knot[i], knot[j]);
      std::move(found.begin(), found.end(), std::back_inserter(*anomalies));
    }
  }
  if (anomalies->size() == before) anomalies->push_back(ShortestCycle(conflicts, knot));
}

// What transactions saw that aborted later.
std::vector<Anomaly> TornReadsOfAborted(const Conflicts& conflicts) {
  std::vector<Anomaly> found;
  const auto count = static_cast<int32_t>(conflicts.history().transactions().size());
  for (int32_t reader = 0; reader < count; ++reader) {
    if (conflicts.history().transaction(reader).end != TransactionEnd::kAborted) continue;
    std::vector<int32_t> writers;
    for (const ItemUse& use : conflicts.UsesOf(reader)) {
      for (const Conflicts::Maker& maker : conflicts.MakersOf(use.item)) writers.push_back(maker.transaction);
    }
    std::sort(writers.begin(), writers.end());
    writers.erase(std::unique(writers.begin(), writers.end()), writers.end());
    for (const int32_t writer : writers) {
      std::optional<Anomaly> torn = TornRead(conflicts, writer, reader);
      if (!torn) continue;
      torn->by = {reader};
      found.push_back(*std::move(torn));
    }
  }
  return found;
}

// The fewest steps, along direct dependencies, to a transaction that had ended before `from` began.
struct Earlier {
  int32_t transaction = 0;
  size_t steps = 0;
};
std::optional<Earlier> NearestEarlier(const History& history, const SuccessorLists& successors,
                                      int32_t from) {
  const int64_t begun = history.transaction(from).begun;
  std::vector<bool> seen(successors.size(), false);
  std::vector<int32_t> wave = {from};
  for (size_t steps = 0; !wave.empty(); ++steps) {
    std::vector<int32_t> next_wave;
    for (const int32_t node : wave) {
      if (history.transaction(node).ended < begun) return Earlier{node, steps};
      for (const int32_t next : successors[static_cast<size_t>(node)]) {
        if (seen[static_cast<size_t>(next)]) continue;
        seen[static_cast<size_t>(next)] = true;
        next_wave.push_back(next);
      }
    }
    wave = std::move(next_wave);
  }
  return std::nullopt;
}

std::vector<Dependency> PathAgainstTime(const Conflicts& conflicts, const SuccessorLists& successors) {
  std::optional<Earlier> best;
  int32_t from = 0;
  for (const int32_t transaction : conflicts.committed()) {
    const std::optional<Earlier> earlier = NearestEarlier(conflicts.history(), successors, transaction);
    if (!earlier || (best && earlier->steps >= best->steps)) continue;
    best = earlier;
    from = transaction;
  }
  if (!best) return {};
  return ShortestPath(conflicts, conflicts.committed(), from, best->transaction);
}

}  // namespace

IsolationReport CheckIsolation(const History& history) {
  IsolationReport report;
  const Conflicts conflicts(history);
  const SuccessorLists successors = DirectSuccessors(conflicts);
  FindReadsOfAborted(history, conflicts.committed(), &report.anomalies);
  for (const std::vector<int32_t>& knot : KnotsOf(conflicts, successors)) {
    FindInKnot(conflicts, knot, &report.anomalies);
  }
  report.of_aborted = TornReadsOfAborted(conflicts);
  report.serialisable = report.anomalies.empty();
  report.strict = false;
  if (!report.serialisable) return report;
  std::optional<std::vector<int32_t>> order = StrictOrder(conflicts, successors);
  report.strict = order.has_value();
  if (!order) {
    order = SerialOrder(conflicts, successors);
    report.against_time = PathAgainstTime(conflicts, successors);
  }
  report.order = *std::move(order);
  return report;
}

}  // namespace model
