// SPDX-License-Identifier: Apache-2.0
//
// Recorded intents: mutations that are applied together as one sync task, all or
// none. What the designs that record have in common.
//
// Each intent is checked on the tree with the earlier ones applied. Cost: a check
// copies the tree once (O(datasets)); the work on txg_sync grows with the number.
#ifndef TXGSIM_MODEL_DESIGN_INTENTS_H_
#define TXGSIM_MODEL_DESIGN_INTENTS_H_

#include <functional>
#include <memory>
#include <vector>

#include "model/design/session.h"

namespace model {

class Intents {
 public:
  // With an overlay the intents are applied to a private copy as they come, so
  // that reads show them and their errnos are real.
  Intents(Pool* pool, bool overlay);

  // Returns 0 or a syntax errno; with an overlay the errno of the operation.
  int Record(const Mutation& mutation, CheckDetails* details);
  // The tree that reads show.
  const DatasetTree& view() const { return overlay_ != nullptr ? *overlay_ : pool_->tree(); }
  bool empty() const { return list_.empty(); }
  void Clear();
  // For who keeps nobody out: lays the overlay, if there is one, over the tree as it is now. An intent
  // that it refuses now is left out of the view.
  void FollowTree();
  // What the overlay was laid over; null without one, or if FollowTree was never called.
  const DatasetTree* base() const { return base_.get(); }

  // The task that applies them. If one fails, none is applied, and failed() says which. `precondition`
  // comes before them, in open and in syncing context, and fails all.
  SyncTask MakeTask(const char* name, std::function<int()> precondition = {});
  int failed() const { return failed_; }

 private:
  int64_t Changes() const;
  int TryAll(bool syncing, uint64_t txg, std::unique_ptr<DatasetTree>* result);
  sim::Task<int> ApplyAll(Thread* sync_thread, uint64_t txg);

  Pool* pool_;
  std::vector<Mutation> list_;
  std::unique_ptr<DatasetTree> base_;  // Outlives the overlay.
  std::unique_ptr<DatasetTree> overlay_;
  std::function<int()> precondition_;
  int failed_ = -1;
};

}  // namespace model

#endif  // TXGSIM_MODEL_DESIGN_INTENTS_H_
