// SPDX-License-Identifier: Apache-2.0
//
// Who must come before whom: the conflicts between the transactions of a history.
//
// Only committed transactions count. The versions of an item that they made are
// ranked 1, 2, ... in the order in which they were made; rank 0 is the state at the
// start. A read of an aborted transaction's version has the rank of the last
// committed one below it. Then, on one item:
//
//   ww  from made rank r, to made a higher one
//   wr  from made a rank that is not above what to read
//   rw  from read a rank below one that to made
//
// but no ww where changes commute. These are the dependencies of Adya, "Weak Consistency: A Generalized
// Theory and Optimistic Implementations for Distributed Transactions" (MIT, 1999), chapter 3, but between any
// two versions and not neighbours alone: what lies between changes no cycle's existence, and a shorter cycle
// is easier to read.
#ifndef TXGSIM_MODEL_ISOLATION_CONFLICTS_H_
#define TXGSIM_MODEL_ISOLATION_CONFLICTS_H_

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "model/isolation/history.h"

namespace model {

enum class DependencyKind : uint8_t { kWw, kWr, kRw };

// Why `from` comes before `to`: an operation of each, by index in its transaction.
struct Dependency {
  DependencyKind kind = DependencyKind::kWw;
  int32_t from = 0;
  int32_t from_op = 0;
  int32_t to = 0;
  int32_t to_op = 0;
  friend bool operator==(const Dependency&, const Dependency&) = default;
};

// One read or write, by its index in the transaction.
struct Access {
  int32_t op = 0;
  int32_t rank = 0;
};

// What a transaction did to one item, in order.
struct ItemUse {
  int32_t item = 0;
  std::vector<Access> accesses;
  // The extremes, if there is any.
  std::optional<Access> first_write;
  std::optional<Access> last_write;
  std::optional<Access> lowest_read;
  std::optional<Access> highest_read;
};

class Conflicts {
 public:
  explicit Conflicts(const History& history);

  const History& history() const { return history_; }
  // Of the committed transactions: their numbers, in order.
  const std::vector<int32_t>& committed() const { return committed_; }
  // By item; of a transaction that did not commit, with its reads alone.
  const std::vector<ItemUse>& UsesOf(int32_t transaction) const {
    return uses_[static_cast<size_t>(transaction)];
  }
  const ItemUse* UseOf(int32_t transaction, int32_t item) const;
  const HistoryOp& OpOf(int32_t transaction, int32_t op) const {
    return history_.transaction(transaction).ops[static_cast<size_t>(op)];
  }

  // Who made a version of that rank, from 1.
  struct Maker {
    int32_t transaction = 0;
    int32_t op = 0;
  };
  const std::vector<Maker>& MakersOf(int32_t item) const { return makers_[static_cast<size_t>(item)]; }
  // The position from which on a rank was superseded; kNotEnded if it never was.
  int64_t SupersededAt(int32_t item, int32_t rank) const;

  // Calls `found(dependency)` for each between neighbouring versions, over all items, and for all of a read
  // where changes commute: enough to find all cycles.
  template <typename Found>
  void ForEachDirect(const Found& found) const;

  // A dependency of `to` on `from`: on the first item that has one, ww before wr before rw.
  std::optional<Dependency> Between(int32_t from, int32_t to) const;

 private:
  const History& history_;
  std::vector<int32_t> committed_;
  std::vector<std::vector<Maker>> makers_;  // By item.
  std::vector<std::vector<ItemUse>> uses_;  // By transaction.
};

template <typename Found>
void Conflicts::ForEachDirect(const Found& found) const {
  for (const int32_t transaction : committed_) {
    for (const ItemUse& use : UsesOf(transaction)) {
      const std::vector<Maker>& makers = MakersOf(use.item);
      const bool commute = history_.changes_commute(use.item);
      for (const Access& access : use.accesses) {
        const bool writes = OpOf(transaction, access.op).kind == HistoryOp::Kind::kWrite;
        if (writes && commute) continue;
        const auto rank = static_cast<size_t>(access.rank);
        // Makers by index are ranks less one: those below `rank` came before, the others after.
        const size_t first = commute || rank == 0 ? 0 : rank - 1;
        const size_t end = commute ? makers.size() : std::min(rank + 1, makers.size());
        for (size_t i = first; i < end; ++i) {
          const Maker& maker = makers[i];
          if (maker.transaction == transaction) continue;
          if (i >= rank) {
            found(Dependency{writes ? DependencyKind::kWw : DependencyKind::kRw, transaction, access.op,
                             maker.transaction, maker.op});
          } else if (!writes) {
            found(Dependency{DependencyKind::kWr, maker.transaction, maker.op, transaction, access.op});
          }
        }
      }
    }
  }
}

}  // namespace model

#endif  // TXGSIM_MODEL_ISOLATION_CONFLICTS_H_
