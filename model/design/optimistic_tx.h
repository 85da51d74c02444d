// SPDX-License-Identifier: Apache-2.0
//
// Design `optimistic_tx`: nothing is held, and Commit finds out whether that went well.
//
//   Begin    one system call, no gate
//   read     one system call on the live pool; what the answer depends on is noted, with
//            its version (model/dataset/read_set.h): two reads may disagree
//   mutate   one system call, recorded, as under channel_tx
//   Commit   one task with the admin gate held shared, throttled as any other: every noted
//            version is still the present one, or ERETRY; then all intents or none. ERETRY
//            costs no txg if the open-context check sees it. Without intents the comparison
//            in open context is all, and there is no txg.
//
// After ERETRY the whole job runs again, with what it has read forgotten, up to `retries`
// times; ERETRY after the last is the job's result. A job that ends by an error of its own
// is not compared: that two of its reads disagreed is its affair.
//
// With an overlay, reads show the live pool with the job's own intents on top. A mutation that
// is refused there was a read, and is noted as one.
#ifndef TXGSIM_MODEL_DESIGN_OPTIMISTIC_TX_H_
#define TXGSIM_MODEL_DESIGN_OPTIMISTIC_TX_H_

#include <memory>
#include <optional>

#include "model/dataset/read_set.h"
#include "model/design/design.h"
#include "model/design/intents.h"

namespace model {

class OptimisticTxDesign final : public Design {
 public:
  sim::Task<int> Begin(Session* session) override;
  sim::Task<JobAnswer> Read(Session* session, JobCall call) override;
  sim::Task<JobAnswer> Mutate(Session* session, Mutation mutation) override;
  sim::Task<int> Commit(Session* session) override;
  sim::Task<> Abort(Session* session) override;

  sim::Task<int> RunJob(Session* session) override;

 private:
  // The tree that reads show now.
  const DatasetTree* View();
  // ERETRY if a noted version is not the present one.
  int Compare(const DatasetTree& tree);
  sim::Task<int> CompareOnly(Session* session);
  sim::Task<> BackOff(Session* session);

  std::unique_ptr<Intents> intents_;  // Since Begin.
  ReadSet reads_;
  bool stale_ = false;  // Compare has said so.
  std::optional<sim::Site> backoff_site_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_DESIGN_OPTIMISTIC_TX_H_
