// SPDX-License-Identifier: Apache-2.0
//
// Pools of kernel workers and the work items of a run.
#ifndef TXGSIM_MODEL_SCRIPT_RUN_WORK_H_
#define TXGSIM_MODEL_SCRIPT_RUN_WORK_H_

#include <memory>
#include <string>
#include <vector>

#include "model/script/run/values.h"
#include "model/script/run/world.h"
#include "model/sync/worker_pool.h"

namespace model {

class WorkTable {
 public:
  explicit WorkTable(World* world);

  void StartPool(int32_t index);
  // Null before its place in the order of declaration has come.
  WorkerPool* PoolOf(ThingRef thing) { return pools_[static_cast<size_t>(thing.index)].get(); }
  WorkerPool* FindPool(std::string_view name) const;
  const std::vector<std::unique_ptr<WorkerPool>>& pools() const { return pools_; }

  // Queues the function; `reach` are the things that it can reach.
  ThingRef Queue(ThingRef pool, std::string name, std::shared_ptr<LuaValues> function,
                 std::vector<ThingRef> reach, Thread* waker);
  std::shared_ptr<Work> WorkOf(ThingRef thing) const { return items_[static_cast<size_t>(thing.index)].work; }

  // A hold is handed to an item: to its worker where that is known, else when it starts.
  void GiveHold(ThingRef item, Lock* lock) { items_[static_cast<size_t>(item.index)].given.push_back(lock); }
  std::vector<Lock*> TakeGivenHolds(const Work* work);

  // Nothing is queued or running.
  bool Idle() const;
  void AddItemsThatReach(ThingRef thing, Producers* producers) const;

 private:
  struct Item {
    std::shared_ptr<Work> work;
    std::vector<ThingRef> reach;  // Sorted.
    std::vector<Lock*> given;     // Holds that it has until it starts.
  };

  World* world_;
  std::vector<std::unique_ptr<WorkerPool>> pools_;
  std::vector<Item> items_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_RUN_WORK_H_
