// SPDX-License-Identifier: Apache-2.0
//
// The isolation checker: is a history as if its transactions had run one after the
// other, and if not, what went wrong, and who let it?
//
// It knows nothing of how the store works. Serialisable is a history whose
// dependencies have no cycle and in which nobody read what was aborted (Adya 1999,
// PL-3: no G1a, G1b, G1c, G2); one order that shows it is given. Strict: such an order
// also agrees with real time.
//
// Otherwise each pair of transactions that conflict in both directions is one
// anomaly or more, and each has the smallest cycle, of two, as its proof. Names are those
// of Berenson, Bernstein, Gray, Melton, O'Neil and O'Neil, "A Critique of ANSI SQL
// Isolation Levels" (SIGMOD 1995), where they have one:
//
//   kind                  proof                                      counted for
//   kDirtyWrite           V and W wrote over each other: x in one    V and W
//                         order, y in the other (G0, P0)
//   kDirtyRead            W wrote x, wrote it again and aborted, or  W
//                         never ended; R read the first of that
//                         and committed (G1a, A1)
//   kHalfDoneRead         W wrote x and aborted, or never ended; R   W
//                         read that and committed, and x stays so:
//                         R did not see what is not, but a part of
//                         what was meant as one
//   kPartialVisibility    R saw a change of W, and did not see       W
//                         another, and there was a moment at which
//                         this was so (of one item, G1b; of two, P1,
//                         and the reader's A5A)
//   kReadSkew             the same, but there was no such moment:    R
//                         W happened between two reads of R (A5A)
//   kNonRepeatableRead    the same, of one item (P2)                 R
//   kLostUpdate           T read x, or the whole that x is a part    T
//                         of; U changed x, T changed x (P4)
//   kWriteSkew            T read x, which U changed; U read y, which whose read was old
//                         T changed; no lost update (A5B)            when it changed
//   kOtherCycle           anything else that no order serves         all of the cycle
//
// "Counted for": whose way of working let it happen. A client that holds nothing
// between its read and its change loses updates; a client whose changes become visible one
// by one shows others a part.
//
// Transactions that aborted have no place in the order. What they had read was used by
// nobody; if it was torn, that stands apart, in `of_aborted`.
//
// Cost: O(operations) if the history is serialisable, and readers times writers for each item
// whose changes commute; else also quadratic in the transactions of each knot (order.h).
#ifndef TXGSIM_MODEL_ISOLATION_CHECK_H_
#define TXGSIM_MODEL_ISOLATION_CHECK_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "model/isolation/conflicts.h"
#include "model/isolation/history.h"

namespace model {

enum class AnomalyKind : uint8_t {
  kDirtyWrite,
  kDirtyRead,
  kHalfDoneRead,
  kLostUpdate,
  kWriteSkew,
  kPartialVisibility,
  kReadSkew,
  kNonRepeatableRead,
  kOtherCycle,
};
inline constexpr std::string_view kAnomalyNames[] = {
    "dirty_write",        "dirty_read", "half_done_read",      "lost_update", "write_skew",
    "partial_visibility", "read_skew",  "non_repeatable_read", "other_cycle"};
inline constexpr size_t kAnomalyKinds = std::size(kAnomalyNames);
constexpr std::string_view AnomalyName(AnomalyKind kind) { return kAnomalyNames[static_cast<size_t>(kind)]; }

struct Anomaly {
  AnomalyKind kind = AnomalyKind::kOtherCycle;
  std::vector<int32_t> by;  // For whom it is counted, sorted.
  // The proof: each dependency begins where the one before it ended, and the last ends where the first
  // began; of a read of what was aborted it is the one dependency.
  std::vector<Dependency> cycle;
};

struct IsolationReport {
  bool serialisable = true;
  bool strict = true;
  std::vector<int32_t> order;  // Of the committed transactions, if serialisable; a strict one if there is.
  std::vector<Anomaly> anomalies;
  std::vector<Anomaly> of_aborted;
  // If serialisable, but not strictly: a shortest path to a transaction from one that began after its end.
  std::vector<Dependency> against_time;
};

IsolationReport CheckIsolation(const History& history);

// The proof as text of several lines: what was done to what and when, and the cycle.
std::string ProofText(const History& history, const Anomaly& anomaly);
std::string AgainstTimeText(const History& history, const std::vector<Dependency>& path);
// "prune -rw-> second -ww-> prune".
std::string CycleText(const History& history, const std::vector<Dependency>& cycle);

}  // namespace model

#endif  // TXGSIM_MODEL_ISOLATION_CHECK_H_
