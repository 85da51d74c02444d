// SPDX-License-Identifier: Apache-2.0
#include "model/isolation/conflicts.h"

#include <algorithm>
#include <numeric>

namespace model {
namespace {

void Add(const Access& access, bool writes, ItemUse* use) {
  use->accesses.push_back(access);
  if (writes) {
    if (!use->first_write) use->first_write = access;
    use->last_write = access;
    return;
  }
  if (!use->lowest_read || access.rank < use->lowest_read->rank) use->lowest_read = access;
  if (!use->highest_read || access.rank > use->highest_read->rank) use->highest_read = access;
}

}  // namespace

Conflicts::Conflicts(const History& history)
    : history_(history),
      makers_(static_cast<size_t>(history.item_count())),
      uses_(history.transactions().size()) {
  const auto count = static_cast<int32_t>(history.transactions().size());
  // The versions of each item that committed transactions made, in order.
  std::vector<std::vector<int32_t>> versions(makers_.size());
  struct Made {
    int32_t version;
    Maker maker;
  };
  std::vector<std::vector<Made>> made(makers_.size());
  for (int32_t t = 0; t < count; ++t) {
    const HistoryTransaction& transaction = history.transaction(t);
    if (!transaction.committed()) continue;
    committed_.push_back(t);
    for (size_t i = 0; i < transaction.ops.size(); ++i) {
      const HistoryOp& op = transaction.ops[i];
      if (op.kind != HistoryOp::Kind::kWrite) continue;
      made[static_cast<size_t>(op.item)].push_back({op.version, {t, static_cast<int32_t>(i)}});
    }
  }
  for (size_t item = 0; item < made.size(); ++item) {
    std::sort(made[item].begin(), made[item].end(),
              [](const Made& a, const Made& b) { return a.version < b.version; });
    for (const Made& one : made[item]) {
      versions[item].push_back(one.version);
      makers_[item].push_back(one.maker);
    }
  }
  for (int32_t t = 0; t < count; ++t) {
    const std::vector<HistoryOp>& ops = history.transaction(t).ops;
    std::vector<int32_t> by_item(ops.size());
    std::iota(by_item.begin(), by_item.end(), 0);
    std::stable_sort(by_item.begin(), by_item.end(), [&](int32_t a, int32_t b) {
      return ops[static_cast<size_t>(a)].item < ops[static_cast<size_t>(b)].item;
    });
    std::vector<ItemUse>& uses = uses_[static_cast<size_t>(t)];
    for (const int32_t i : by_item) {
      const HistoryOp& op = OpOf(t, i);
      const bool writes = op.kind == HistoryOp::Kind::kWrite;
      if (writes && !history.transaction(t).committed()) continue;
      const std::vector<int32_t>& of_item = versions[static_cast<size_t>(op.item)];
      const auto rank = std::upper_bound(of_item.begin(), of_item.end(), op.version) - of_item.begin();
      if (uses.empty() || uses.back().item != op.item) uses.emplace_back().item = op.item;
      Add({i, static_cast<int32_t>(rank)}, writes, &uses.back());
    }
  }
}

const ItemUse* Conflicts::UseOf(int32_t transaction, int32_t item) const {
  const std::vector<ItemUse>& uses = UsesOf(transaction);
  const auto at = std::lower_bound(uses.begin(), uses.end(), item,
                                   [](const ItemUse& use, int32_t wanted) { return use.item < wanted; });
  return at != uses.end() && at->item == item ? &*at : nullptr;
}

int64_t Conflicts::SupersededAt(int32_t item, int32_t rank) const {
  const std::vector<Maker>& makers = MakersOf(item);
  if (static_cast<size_t>(rank) >= makers.size()) return HistoryTransaction::kNotEnded;
  const Maker& next = makers[static_cast<size_t>(rank)];
  return OpOf(next.transaction, next.op).position;
}

std::optional<Dependency> Conflicts::Between(int32_t from, int32_t to) const {
  for (const ItemUse& a : UsesOf(from)) {
    const ItemUse* b = UseOf(to, a.item);
    if (b == nullptr) continue;
    const bool ordered = !history_.changes_commute(a.item);
    if (ordered && a.first_write && b->last_write && a.first_write->rank < b->last_write->rank) {
      return Dependency{DependencyKind::kWw, from, a.first_write->op, to, b->last_write->op};
    }
    if (a.first_write && b->highest_read && a.first_write->rank <= b->highest_read->rank) {
      return Dependency{DependencyKind::kWr, from, a.first_write->op, to, b->highest_read->op};
    }
    if (a.lowest_read && b->last_write && a.lowest_read->rank < b->last_write->rank) {
      return Dependency{DependencyKind::kRw, from, a.lowest_read->op, to, b->last_write->op};
    }
  }
  return std::nullopt;
}

}  // namespace model
