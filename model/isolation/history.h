// SPDX-License-Identifier: Apache-2.0
//
// What clients of a store did and saw: the input of the isolation checker.
//
// A history is a list of transactions, each the unit that its client meant to be
// one step, whether or not the store made it one. A transaction reads items, changes
// items, and commits or aborts. Items have versions: 0 at the start, and one more
// with each change, whoever made it. A read says which version it saw.
//
// Positions number the events of a history in the order in which they happened. The
// changes of one Write() became visible to others at one position, so nobody could
// see some of them alone; `durable` names the moment at which they reached the disk
// (the number of a transaction group, say): equal numbers, all or none.
//
// Changes of an item may commute, as additions to a sum do: whichever comes first, the
// outcome is the same, and who reads it in between still sees which came before.
//
// An item may be a part of another one, its whole: an entry of a list, say. Who changes the
// part changes the whole at the same position. Who reads the whole has seen all its parts.
//
// The items of an aborted transaction keep their versions: what it changed may have
// been seen, and may even have stayed.
#ifndef TXGSIM_MODEL_ISOLATION_HISTORY_H_
#define TXGSIM_MODEL_ISOLATION_HISTORY_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "sim/time.h"

namespace model {

struct HistoryOp {
  enum class Kind : uint8_t { kRead, kWrite };
  Kind kind = Kind::kRead;
  int32_t item = 0;
  int32_t version = 0;  // Seen, or made.
  int64_t position = 0;
  sim::SimTime at;
};

enum class TransactionEnd : uint8_t { kUnfinished, kCommitted, kAborted };

struct HistoryTransaction {
  static constexpr int64_t kNotEnded = std::numeric_limits<int64_t>::max();

  std::string client;
  int32_t number = 1;  // Among those of the client, from 1.
  TransactionEnd end = TransactionEnd::kUnfinished;
  int64_t begun = 0;  // Positions.
  int64_t ended = kNotEnded;
  std::vector<HistoryOp> ops;
  int64_t refused = 0;                // Changes that the store answered with an error.
  int64_t visible_steps = 0;          // Positions at which changes became visible.
  absl::btree_set<uint64_t> durable;  // Moments at which they became durable.

  bool committed() const { return end == TransactionEnd::kCommitted; }
  // "second", "second#2".
  std::string Name() const;
};

class History {
 public:
  // Returns the item's number; `name` is what it is called in proofs.
  int32_t AddItem(std::string name, bool changes_commute = false);
  int32_t AddPart(std::string name, int32_t whole);
  // Returns the transaction's number.
  int32_t Begin(std::string_view client);
  // Reads the present version.
  void Read(int32_t transaction, int32_t item, sim::SimTime at);
  // Reads what was the present version at an earlier position.
  void ReadAsOf(int32_t transaction, int32_t item, int64_t position, sim::SimTime at);
  // Changes items; others see all of it from now on.
  void Write(int32_t transaction, std::span<const int32_t> items, sim::SimTime at, uint64_t durable);
  // Changes, of items that nobody else looks at.
  void Step(int32_t transaction, uint64_t durable);
  // A change of the transaction was refused.
  void Refuse(int32_t transaction) { Mutable(transaction).refused += 1; }
  void End(int32_t transaction, bool committed);

  // Of the last event.
  int64_t position() const { return position_; }
  const std::vector<HistoryTransaction>& transactions() const { return transactions_; }
  const HistoryTransaction& transaction(int32_t number) const {
    return transactions_[static_cast<size_t>(number)];
  }
  int32_t item_count() const { return static_cast<int32_t>(items_.size()); }
  const std::string& item_name(int32_t item) const { return items_[static_cast<size_t>(item)].name; }
  bool changes_commute(int32_t item) const { return items_[static_cast<size_t>(item)].changes_commute; }
  // Of which item this is a part, if it is one.
  std::optional<int32_t> whole_of(int32_t item) const { return items_[static_cast<size_t>(item)].whole; }
  int32_t version(int32_t item) const {
    return static_cast<int32_t>(items_[static_cast<size_t>(item)].made.size());
  }

 private:
  struct Item {
    std::string name;
    bool changes_commute = false;
    std::optional<int32_t> whole;
    std::vector<int64_t> made;  // Positions of versions 1, 2, ...
  };

  HistoryTransaction& Mutable(int32_t number) { return transactions_[static_cast<size_t>(number)]; }

  int64_t position_ = 0;
  std::vector<Item> items_;
  std::vector<HistoryTransaction> transactions_;
  absl::btree_map<std::string, int32_t, std::less<>> of_client_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_ISOLATION_HISTORY_H_
