// SPDX-License-Identifier: Apache-2.0
//
// Kernel worker pools: work items that a fixed or growing set of threads carries out. The
// threads are the kernel's, or service threads of a process.
//
//   auto work = pool.Queue("free", [](Thread* t, Work*) -> sim::Task<> { ... }, thread);
//   int error = co_await work->Wait(thread);
//
// A work item is QUEUED, RUNNING, DONE or CANCELLED. Items start in the order of
// queueing. An item that is queued can be ended by any worker that can progress; one
// that runs, by its worker only: so a pool whose workers all wait for a queued item
// is found to be stuck although each worker is innocent.
//
// Source: linux kernel/workqueue.c, OpenZFS module/os/linux/spl/spl-taskq.c.
// Differs from the real system: workers are not bound to cores, idle ones are kept.
#ifndef TXGSIM_MODEL_SYNC_WORKER_POOL_H_
#define TXGSIM_MODEL_SYNC_WORKER_POOL_H_

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "model/sync/crew.h"

namespace model {

class WorkerPool;
class Work;

enum class WorkState : uint8_t { kQueued, kRunning, kDone, kCancelled };
using WorkBody = std::function<sim::Task<>(Thread*, Work*)>;

class Work final : public Actor, public Waitable {
 public:
  Work(WorkerPool* pool, std::string name, WorkBody body);
  using Actor::name;

  WorkState state() const { return state_; }
  bool ended() const { return state_ == WorkState::kDone || state_ == WorkState::kCancelled; }
  Thread* worker() const { return worker_; }  // Who runs it; null while queued.
  WorkerPool& pool() const { return *pool_; }

  // Waits for its end. Returns 0, ECANCELED if it was cancelled, or the errno of the wait.
  sim::Task<int> Wait(Thread* thread, WaitSpec spec = {});
  // Takes it back if it has not begun, which is the result. If it runs and `wait` is
  // set, waits for its end (linux cancel_work_sync).
  sim::Task<bool> Cancel(Thread* thread, bool wait, WaitSpec spec = {});

  Condition Examine(EnderSet* enders) const override;
  const std::string& reported_name() const override;
  void Enders(const Waiter& waiter, EnderSet* enders) const override;
  const std::string& root_name() const override { return reported_name(); }

 private:
  friend class WorkerPool;
  WorkerPool* pool_;
  WorkBody body_;
  WorkState state_ = WorkState::kQueued;
  Thread* worker_ = nullptr;
};

class WorkerPool final : public Crew {
 public:
  struct Options {
    int count = 1;
    int max = 0;  // 0: as count.
    bool rescuer = false;
    Process* process = nullptr;  // Null: kernel threads.
  };
  WorkerPool(Machine* machine, std::string name, Options options);

  // `waker` pays for waking a worker; null in interrupt context.
  std::shared_ptr<Work> Queue(std::string name, WorkBody body, Thread* waker);
  // Takes an item back that has not begun; false if it has.
  bool TakeBack(Work* work, Thread* waker);
  // Waits until nothing is queued or running.
  sim::Task<int> WaitIdle(Thread* thread, WaitSpec spec = {});
  bool idle() const { return queue_.empty() && running_items_.empty(); }
  const std::deque<std::shared_ptr<Work>>& queued() const { return queue_; }
  // The item that `thread`, a worker of this pool, runs; or null.
  Work* RunningOn(const Thread* thread) const;

 private:
  friend class Work;
  class AllDone final : public Waitable {
   public:
    explicit AllDone(WorkerPool* pool) : Waitable(WaitableKind::kWork, pool->name()), pool_(pool) {}
    void Enders(const Waiter& waiter, EnderSet* enders) const override;

   private:
    WorkerPool* pool_;
  };

  size_t QueuedItems() const override { return queue_.size(); }
  sim::Task<> ServeOne(Thread* thread) override;
  void ItemEnded(Thread* waker);

  std::deque<std::shared_ptr<Work>> queue_;
  std::vector<std::shared_ptr<Work>> running_items_;
  AllDone all_done_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_SYNC_WORKER_POOL_H_
