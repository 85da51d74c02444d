// SPDX-License-Identifier: Apache-2.0
//
// The checker against all orders: small random histories, each replayed in every permutation of
// its transactions.
//
// A permutation fits if running the transactions whole, in that order, gives every item the versions that it
// got, from those that made them, and every read the version that it saw. Where changes commute their order
// is free, but a read must see those that it saw and no other.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "model/isolation/check.h"
#include "sim/random.h"

namespace model {
namespace {

class Dice {
 public:
  explicit Dice(uint64_t seed) : seed_(seed) {}
  int Below(int n) {
    return static_cast<int>(
        sim::BelowFromBits(sim::Prf(seed_, sim::HashName("dice"), count_++), static_cast<uint64_t>(n)));
  }

 private:
  uint64_t seed_;
  uint64_t count_ = 0;
};

// Up to five transactions over up to three items, in a third of the histories parts of one whole;
// their operations shuffled. One in eight aborts.
History RandomHistory(Dice* dice) {
  History history;
  const int items = 1 + dice->Below(3);
  const int transactions = 2 + dice->Below(4);
  const bool parts = dice->Below(3) == 0;
  const int32_t whole = parts ? history.AddItem("all", true) : -1;
  const int32_t first = whole + 1;
  for (int i = 0; i < items; ++i) {
    const std::string name(1, static_cast<char>('x' + i));
    parts ? history.AddPart(name, whole) : history.AddItem(name);
  }
  struct Client {
    int number = -1;
    int left = 0;
    int64_t fresh = 0;  // Reads may be as old as this: since it began, and since it last changed something.
  };
  std::vector<Client> clients(static_cast<size_t>(transactions));
  for (Client& client : clients) client.left = 1 + dice->Below(4);
  int open = transactions;
  for (int64_t at = 1; open > 0; ++at) {
    Client& client = clients[static_cast<size_t>(dice->Below(transactions))];
    if (client.left < 0) continue;
    const sim::SimTime now = sim::SimTime::FromNanos(at);
    if (client.number < 0) {
      client.number = history.Begin(std::string(1, static_cast<char>('A' + (&client - clients.data()))));
      client.fresh = history.position();
    }
    if (client.left-- == 0) {
      history.End(client.number, dice->Below(8) != 0);
      --open;
    } else if (dice->Below(2) == 0) {
      const bool stale = dice->Below(4) == 0;
      const int64_t span = history.position() - client.fresh;
      const int64_t back = stale ? dice->Below(static_cast<int>(span) + 1) : 0;
      history.ReadAsOf(client.number, dice->Below(first + items), history.position() - back, now);
    } else {
      std::vector<int32_t> changed;
      for (int i = 0; i < items; ++i) {
        if (dice->Below(2) == 0) changed.push_back(first + i);
      }
      if (parts && !changed.empty()) changed.push_back(whole);
      history.Write(client.number, changed, now, static_cast<uint64_t>(at));
      client.fresh = history.position();
    }
  }
  return history;
}

using Version = std::pair<int32_t, int32_t>;  // Item, version.

// Who made what, among the committed; and the versions of each item that are left then, in order.
struct Committed {
  std::vector<int32_t> transactions;
  std::map<int32_t, std::vector<int32_t>> versions;  // By item.
  std::map<Version, int32_t> maker;                  // Of all, aborted ones too.
};

Committed CommittedOf(const History& history) {
  Committed result;
  for (size_t t = 0; t < history.transactions().size(); ++t) {
    const auto number = static_cast<int32_t>(t);
    const bool committed = history.transaction(number).committed();
    if (committed) result.transactions.push_back(number);
    for (const HistoryOp& op : history.transaction(number).ops) {
      if (op.kind != HistoryOp::Kind::kWrite) continue;
      result.maker[{op.item, op.version}] = number;
      if (committed) result.versions[op.item].push_back(op.version);
    }
  }
  for (auto& [item, versions] : result.versions) std::sort(versions.begin(), versions.end());
  return result;
}

bool Fits(const History& history, const Committed& committed, const std::vector<int32_t>& order) {
  std::map<int32_t, std::set<int32_t>> made;  // By item: the versions so far.
  for (const int32_t number : order) {
    for (const HistoryOp& op : history.transaction(number).ops) {
      const auto found = committed.versions.find(op.item);
      const std::vector<int32_t> none;
      const std::vector<int32_t>& versions = found != committed.versions.end() ? found->second : none;
      std::set<int32_t>& there = made[op.item];
      if (op.kind == HistoryOp::Kind::kWrite) {
        if (!history.changes_commute(op.item) && versions[there.size()] != op.version) return false;
        there.insert(op.version);
        continue;
      }
      // The committed versions up to the one it saw must be there, and no other.
      const auto seen = std::upper_bound(versions.begin(), versions.end(), op.version);
      if (!std::equal(versions.begin(), seen, there.begin(), there.end())) return false;
    }
  }
  return true;
}

bool AgreesWithTime(const History& history, const std::vector<int32_t>& order) {
  for (size_t i = 0; i < order.size(); ++i) {
    for (size_t j = i + 1; j < order.size(); ++j) {
      if (history.transaction(order[j]).ended < history.transaction(order[i]).begun) return false;
    }
  }
  return true;
}

struct Truth {
  bool dirty = false;
  bool serial = false;  // Some order fits.
  bool strict = false;  // Some order fits and agrees with time.
};

Truth TruthOf(const History& history) {
  const Committed committed = CommittedOf(history);
  Truth truth;
  for (const int32_t number : committed.transactions) {
    for (const HistoryOp& op : history.transaction(number).ops) {
      if (op.kind != HistoryOp::Kind::kRead || op.version == 0) continue;
      truth.dirty |= !history.transaction(committed.maker.at({op.item, op.version})).committed();
    }
  }
  std::vector<int32_t> order = committed.transactions;
  do {
    if (!Fits(history, committed, order)) continue;
    truth.serial = true;
    truth.strict |= AgreesWithTime(history, order);
  } while (std::next_permutation(order.begin(), order.end()));
  return truth;
}

// Whether the two alone would still have no order: no shorter proof than two can exist.
bool TwoAloneConflict(const History& history, const Committed& committed) {
  const auto before = [&](int32_t a, int32_t b) {
    for (const HistoryOp& p : history.transaction(a).ops) {
      for (const HistoryOp& q : history.transaction(b).ops) {
        if (p.item != q.item) continue;
        const auto found = committed.versions.find(p.item);
        if (found == committed.versions.end()) continue;
        const auto rank = [&](const HistoryOp& op) {
          return std::upper_bound(found->second.begin(), found->second.end(), op.version) -
                 found->second.begin();
        };
        const bool p_writes = p.kind == HistoryOp::Kind::kWrite;
        const bool q_writes = q.kind == HistoryOp::Kind::kWrite;
        if (p_writes && q_writes && history.changes_commute(p.item)) continue;
        if (p_writes && (q_writes ? rank(p) < rank(q) : rank(p) <= rank(q))) return true;
        if (!p_writes && q_writes && rank(p) < rank(q)) return true;
      }
    }
    return false;
  };
  for (const int32_t a : committed.transactions) {
    for (const int32_t b : committed.transactions) {
      if (a < b && before(a, b) && before(b, a)) return true;
    }
  }
  return false;
}

bool OfAborted(const Anomaly& anomaly) {
  return anomaly.kind == AnomalyKind::kDirtyRead || anomaly.kind == AnomalyKind::kHalfDoneRead;
}

// Every dependency of a proof is one, and each begins where the one before it ended.
void ExpectProves(const History& history, const Anomaly& anomaly) {
  for (size_t i = 0; i < anomaly.cycle.size(); ++i) {
    const Dependency& d = anomaly.cycle[i];
    const HistoryOp& from = history.transaction(d.from).ops[static_cast<size_t>(d.from_op)];
    const HistoryOp& to = history.transaction(d.to).ops[static_cast<size_t>(d.to_op)];
    EXPECT_NE(d.from, d.to);
    EXPECT_EQ(from.item, to.item);
    EXPECT_EQ(from.kind == HistoryOp::Kind::kRead, d.kind == DependencyKind::kRw);
    EXPECT_EQ(to.kind == HistoryOp::Kind::kRead, d.kind == DependencyKind::kWr);
    EXPECT_TRUE(d.kind == DependencyKind::kWr ? from.version <= to.version : from.version < to.version);
    if (OfAborted(anomaly)) continue;
    EXPECT_EQ(d.to, anomaly.cycle[(i + 1) % anomaly.cycle.size()].from);
  }
}

TEST(IsolationBruteForceTest, TheCheckerAgreesWithAllOrders) {
  int serialisable = 0;
  int only_serial = 0;
  int with_dirty_reads = 0;
  int longer_cycles = 0;
  for (uint64_t seed = 1; seed <= 20'000; ++seed) {
    Dice dice(seed);
    const History history = RandomHistory(&dice);
    const Truth truth = TruthOf(history);
    const IsolationReport report = CheckIsolation(history);
    SCOPED_TRACE(seed);
    ASSERT_EQ(report.serialisable, truth.serial && !truth.dirty);
    ASSERT_EQ(report.strict, report.serialisable && truth.strict);
    with_dirty_reads += truth.dirty ? 1 : 0;
    const Committed committed = CommittedOf(history);
    if (report.serialisable) {
      ++serialisable;
      EXPECT_TRUE(Fits(history, committed, report.order));
      if (report.strict) {
        EXPECT_TRUE(AgreesWithTime(history, report.order));
      } else {
        ++only_serial;
        EXPECT_FALSE(report.against_time.empty());
      }
    }
    size_t shortest = 0;
    for (const Anomaly& anomaly : report.anomalies) {
      ExpectProves(history, anomaly);
      EXPECT_FALSE(anomaly.by.empty());
      if (OfAborted(anomaly)) continue;
      shortest = shortest == 0 ? anomaly.cycle.size() : std::min(shortest, anomaly.cycle.size());
    }
    EXPECT_EQ(shortest != 0, !truth.serial);
    if (shortest != 0) {
      EXPECT_EQ(shortest == 2, TwoAloneConflict(history, committed));
    }
    longer_cycles += shortest > 2 ? 1 : 0;
  }
  // All that there is to tell apart did occur.
  EXPECT_GT(serialisable, 1000);
  EXPECT_GT(only_serial, 0);
  EXPECT_GT(with_dirty_reads, 1000);
  EXPECT_GT(longer_cycles, 5);
}

}  // namespace
}  // namespace model
