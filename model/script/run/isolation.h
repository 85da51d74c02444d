// SPDX-License-Identifier: Apache-2.0
//
// The isolation of a run as results: the second oracle.
//
//   isolation.checked             false: one client alone, or a run without records; the rest is then
//                                 trivial, but for the last three, which are counted where there are records
//   isolation.serialisable        the whole run, commands included, is as if one after the other
//   isolation.strict              and in an order that agrees with real time
//   isolation.transactions        repeats of jobs and commands: all of them
//   isolation.order               names, if serialisable
//   isolation.KIND                a count for each kind of anomaly (model/isolation/check.h)
//   isolation.proofs[i]           {kind, by, text}; the first kMaxProofs
//   jobs.NAME.anomalies.KIND      those for which the job is at fault
//   jobs.NAME.anomalies.failed_attempts   torn reads of attempts that failed, apart
//   jobs.NAME.anomalies.visible_steps, durable_steps   the most that one repeat took to show its changes to
//                                 others, and to get them to disk: 1 is atomic against readers, and
//                                 against a power cut
//   jobs.NAME.anomalies.half_done repeats of which a part was refused, or that failed, and a part is done
#ifndef TXGSIM_MODEL_SCRIPT_RUN_ISOLATION_H_
#define TXGSIM_MODEL_SCRIPT_RUN_ISOLATION_H_

#include <string_view>

#include "model/design/history_recorder.h"
#include "model/isolation/check.h"
#include "model/script/result/value.h"

namespace model {

class RunIsolation {
 public:
  // Checks what was recorded until now; null: nothing was.
  explicit RunIsolation(const HistoryRecorder* recorder);
  static constexpr size_t kMaxProofs = 100;

  ResultValue Result() const;
  ResultValue AnomaliesOf(std::string_view client) const;

 private:
  const History* history_ = nullptr;
  bool checked_ = false;
  IsolationReport report_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_RUN_ISOLATION_H_
