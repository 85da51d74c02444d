// SPDX-License-Identifier: Apache-2.0
#include "model/design/intents.h"

#include <numeric>

#include "model/dataset/space_policy.h"

namespace model {

Intents::Intents(Pool* pool, bool overlay) : pool_(pool) {
  if (overlay) overlay_ = std::make_unique<DatasetTree>(pool->tree());
}

int Intents::Record(const Mutation& mutation, CheckDetails* details) {
  if (const int error = CheckSyntax(mutation); error != 0) return error;
  if (overlay_ != nullptr) {
    const uint64_t txg = pool_->pipeline().open_txg();
    const CheckContext context{.syncing = true, .txg = txg, .caller = Caller::kChannelProgram};
    if (const int error = CheckTask(*overlay_, mutation, context, details); error != 0) return error;
    Apply(*overlay_, mutation, SyncPointAt(pool_->machine(), txg));
  }
  list_.push_back(mutation);
  return 0;
}

void Intents::Clear() {
  list_.clear();
  overlay_.reset();
}

void Intents::FollowTree() {
  const DatasetTree& tree = pool_->tree();
  if (overlay_ == nullptr || (base_ != nullptr && base_->changes() == tree.changes())) return;
  overlay_.reset();  // Who observes it still finds its base.
  base_ = std::make_unique<DatasetTree>(tree);
  overlay_ = std::make_unique<DatasetTree>(tree);
  const uint64_t txg = pool_->pipeline().open_txg();
  const CheckContext context{.syncing = true, .txg = txg, .caller = Caller::kChannelProgram};
  for (const Mutation& mutation : list_) {
    if (Check(*overlay_, mutation, context) == 0) {
      Apply(*overlay_, mutation, SyncPointAt(pool_->machine(), txg));
    }
  }
}

int Intents::TryAll(bool syncing, uint64_t txg, std::unique_ptr<DatasetTree>* result) {
  if (precondition_) {
    if (const int error = precondition_(); error != 0) return error;
  }
  auto tree = std::make_unique<DatasetTree>(pool_->tree());
  const CheckContext given{.syncing = syncing, .txg = txg, .caller = Caller::kChannelProgram};
  const CheckContext deciding{.syncing = true, .txg = txg, .caller = Caller::kChannelProgram};
  for (size_t i = 0; i < list_.size(); ++i) {
    if (const int error = CheckTask(*tree, list_[i], given); error != 0) {
      failed_ = static_cast<int>(i);
      return error;
    }
    // What the open-context check lets pass may not be applicable; the syncing one will say so.
    if (!syncing && CheckTask(*tree, list_[i], deciding) != 0) return 0;
    Apply(*tree, list_[i], SyncPointAt(pool_->machine(), txg));
  }
  *result = std::move(tree);
  return 0;
}

sim::Task<int> Intents::ApplyAll(Thread* sync_thread, uint64_t txg) {
  co_await sim::FrameName{"intents_sync"};
  const PoolCosts& costs = pool_->costs();
  const int64_t count = Changes();
  co_await sync_thread->Compute(sim::SimDuration::Nanos(costs.sync_task_check_ns * count));
  std::unique_ptr<DatasetTree> result;
  if (const int error = TryAll(true, txg, &result); error != 0) co_return error;
  co_await sync_thread->Compute(sim::SimDuration::Nanos(costs.sync_task_apply_ns * count));
  pool_->tree() = std::move(*result);
  co_return 0;
}

int64_t Intents::Changes() const {
  return std::accumulate(list_.begin(), list_.end(), int64_t{0},
                         [](int64_t sum, const Mutation& mutation) { return sum + ChangesOf(mutation); });
}

SyncTask Intents::MakeTask(const char* name, std::function<int()> precondition) {
  precondition_ = std::move(precondition);
  SyncTask task;
  task.name = name;
  task.retry_eagain = false;
  task.changes = Changes();
  task.check = [this](bool syncing, uint64_t txg) {
    std::unique_ptr<DatasetTree> ignored;
    return TryAll(syncing, txg, &ignored);
  };
  task.run = [this](Thread* sync_thread, uint64_t txg) { return ApplyAll(sync_thread, txg); };
  return task;
}

}  // namespace model
