// SPDX-License-Identifier: Apache-2.0
//
// Whether transactions can be put in one order that agrees with all their conflicts.
//
// The orders: a serial one, in which every dependency points forward, and a strict
// one, in which besides no transaction comes before one that had ended when it began
// (Papadimitriou, "The serializability of concurrent database updates", 1979). Of
// several orders, the one in which the transaction that began first comes first.
//
// Cost: O(operations + transactions log transactions).
#ifndef TXGSIM_MODEL_ISOLATION_ORDER_H_
#define TXGSIM_MODEL_ISOLATION_ORDER_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "model/isolation/conflicts.h"

namespace model {

// By transaction number; those that did not commit have no edges.
using SuccessorLists = std::vector<std::vector<int32_t>>;

// Of dependencies between neighbouring versions; sorted, each once.
SuccessorLists DirectSuccessors(const Conflicts& conflicts);

// The groups of at least two transactions of which each comes before every other: those that no order
// serves. Each sorted; in the order of their first.
std::vector<std::vector<int32_t>> KnotsOf(const Conflicts& conflicts, const SuccessorLists& successors);

// Nothing if there is none.
std::optional<std::vector<int32_t>> SerialOrder(const Conflicts& conflicts, const SuccessorLists& successors);
std::optional<std::vector<int32_t>> StrictOrder(const Conflicts& conflicts, const SuccessorLists& successors);

// The shortest path of dependencies from `from` to `to` within `members` (sorted), through any
// conflict; empty if there is none. The same transaction twice asks for a cycle.
std::vector<Dependency> ShortestPath(const Conflicts& conflicts, const std::vector<int32_t>& members,
                                     int32_t from, int32_t to);

}  // namespace model

#endif  // TXGSIM_MODEL_ISOLATION_ORDER_H_
