// SPDX-License-Identifier: Apache-2.0
#include "model/sync/worker_pool.h"

#include <algorithm>
#include <utility>

#include "sim/hash.h"

namespace model {

Work::Work(WorkerPool* pool, std::string work_name, WorkBody body)
    : Actor(ActorKind::kWork, work_name),
      Waitable(WaitableKind::kWork, std::move(work_name)),
      pool_(pool),
      body_(std::move(body)) {}

const std::string& Work::reported_name() const { return pool_->name(); }

sim::Task<int> Work::Wait(Thread* thread, WaitSpec spec) {
  co_await sim::FrameName{"flush_work"};
  if (!ended()) {
    const int error = co_await thread->Wait(*this, spec);
    if (error != 0) co_return error;
  }
  co_return state_ == WorkState::kCancelled ? kECANCELED : 0;
}

sim::Task<bool> Work::Cancel(Thread* thread, bool wait, WaitSpec spec) {
  co_await sim::FrameName{"cancel_work_sync"};
  if (pool_->TakeBack(this, thread)) co_return true;
  if (wait && state_ == WorkState::kRunning) co_await thread->Wait(*this, spec);
  co_return false;
}

Actor::Condition Work::Examine(EnderSet* enders) const {
  if (ended()) return Condition::kEnded;
  if (state_ == WorkState::kRunning) {
    enders->Needs(worker_);
  } else {
    pool_->AddTakers(enders);
  }
  return Condition::kDepends;
}

void Work::Enders(const Waiter&, EnderSet* enders) const { Examine(enders); }

WorkerPool::WorkerPool(Machine* machine, std::string name, Options options)
    : Crew(machine, {.process = options.process,
                     .name = std::move(name),
                     .initial = options.count,
                     .limit = std::max(options.max, options.count),
                     .rescuer = options.rescuer,
                     .service = options.process != nullptr}),
      all_done_(this) {
  Start();
}

std::shared_ptr<Work> WorkerPool::Queue(std::string name, WorkBody body, Thread* waker) {
  auto work = std::make_shared<Work>(this, std::move(name), std::move(body));
  queue_.push_back(work);
  machine().Record(RecordKind::kWork, waker, sim::HashName(this->name()),
                   static_cast<uint64_t>(WorkState::kQueued));
  Admit(waker);
  return work;
}

sim::Task<> WorkerPool::ServeOne(Thread* thread) {
  std::shared_ptr<Work> work = queue_.front();
  queue_.pop_front();
  running_items_.push_back(work);
  work->state_ = WorkState::kRunning;
  work->worker_ = thread;
  machine().Record(RecordKind::kWork, thread, sim::HashName(name()),
                   static_cast<uint64_t>(WorkState::kRunning));
  co_await work->body_(thread, work.get());
  co_await thread->Settle();
  work->state_ = WorkState::kDone;
  machine().Record(RecordKind::kWork, thread, sim::HashName(name()), static_cast<uint64_t>(WorkState::kDone));
  std::erase(running_items_, work);
  machine().WakeAll(work.get(), 0, thread);
  ItemEnded(thread);
}

bool WorkerPool::TakeBack(Work* work, Thread* waker) {
  auto it = std::find_if(queue_.begin(), queue_.end(),
                         [&](const std::shared_ptr<Work>& queued) { return queued.get() == work; });
  if (it == queue_.end()) return false;
  const std::shared_ptr<Work> held = *it;
  queue_.erase(it);
  held->state_ = WorkState::kCancelled;
  machine().Record(RecordKind::kWork, waker, sim::HashName(name()),
                   static_cast<uint64_t>(WorkState::kCancelled));
  machine().WakeAll(held.get(), 0, waker);
  ItemEnded(waker);
  return true;
}

void WorkerPool::ItemEnded(Thread* waker) {
  if (idle()) machine().WakeAll(&all_done_, 0, waker);
}

sim::Task<int> WorkerPool::WaitIdle(Thread* thread, WaitSpec spec) {
  co_await sim::FrameName{"flush_workqueue"};
  if (idle()) co_return 0;
  co_return co_await thread->Wait(all_done_, spec);
}

Work* WorkerPool::RunningOn(const Thread* thread) const {
  for (const std::shared_ptr<Work>& work : running_items_) {
    if (work->worker() == thread) return work.get();
  }
  return nullptr;
}

// Every item that runs must end, and what is queued must be taken.
void WorkerPool::AllDone::Enders(const Waiter&, EnderSet* enders) const {
  for (const std::shared_ptr<Work>& work : pool_->running_items_) enders->Needs(work->worker());
  if (!pool_->queue_.empty()) pool_->AddTakers(enders);
}

}  // namespace model
