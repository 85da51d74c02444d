// SPDX-License-Identifier: Apache-2.0
//
// What two transactions that conflict in both directions did to each other (check.h).
#ifndef TXGSIM_MODEL_ISOLATION_PAIR_ANOMALIES_H_
#define TXGSIM_MODEL_ISOLATION_PAIR_ANOMALIES_H_

#include <optional>
#include <vector>

#include "model/isolation/check.h"

namespace model {

// What `reader` saw of `writer`, if it saw a part: kPartialVisibility, kReadSkew or kNonRepeatableRead.
std::optional<Anomaly> TornRead(const Conflicts& conflicts, int32_t writer, int32_t reader);

// All of the anomalies between two committed transactions; none if one simply comes before the other.
std::vector<Anomaly> PairAnomalies(const Conflicts& conflicts, int32_t a, int32_t b);

}  // namespace model

#endif  // TXGSIM_MODEL_ISOLATION_PAIR_ANOMALIES_H_
