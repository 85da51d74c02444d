// SPDX-License-Identifier: Apache-2.0
#include "sim/simulation.h"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>

#include "sim/choosing_loop.h"

namespace sim {

namespace internal {
constinit thread_local Simulation* current_simulation = nullptr;
}  // namespace internal

void CheckFailed(const char* file, int line, const char* expression, std::string_view message) {
  const Simulation* simulation = internal::current_simulation;
  std::fprintf(stderr, "%s:%d: check failed: %s%s%.*s", file, line, expression, message.empty() ? "" : ": ",
               static_cast<int>(message.size()), message.data());
  if (simulation != nullptr) {
    std::fprintf(stderr, " (simulated time %lld ns, event %llu)",
                 static_cast<long long>(simulation->now().ns()),
                 static_cast<unsigned long long>(simulation->events()));
  }
  std::fputc('\n', stderr);
  std::abort();
}

void PromiseBase::unhandled_exception() noexcept { std::terminate(); }

std::vector<const char*> StackOf(const PromiseBase* leaf) {
  std::vector<const char*> names;
  for (const PromiseBase* frame = leaf; frame != nullptr; frame = frame->parent()) {
    if (frame->name() != nullptr) names.push_back(frame->name());
  }
  return names;
}

Simulation::Simulation() = default;

Simulation::~Simulation() { DestroyTasks(); }

void Simulation::Spawn(Task<> task) {
  SIM_CHECK(internal::current_simulation == this && task.valid() && !task.done());
  const std::coroutine_handle<Task<>::promise_type> handle = task.Release();
  PromiseBase& promise = handle.promise();
  promise.link_ = roots_.size() << 1 | PromiseBase::kRootTag;
  roots_.push_back(&promise);
  ResumeReady(handle);
}

// Those that live keep their order.
void Simulation::CompactRoots() {
  size_t kept = 0;
  for (PromiseBase* root : roots_) {
    if (root == nullptr) continue;
    root->link_ = kept << 1 | PromiseBase::kRootTag;
    roots_[kept++] = root;
  }
  roots_.resize(kept);
  dead_roots_ = 0;
}

inline void Simulation::Dispatch(uintptr_t payload) {
  ++events_;
  if (IsHandler(payload)) {
    EventHandler* handler = HandlerOf(payload);
    handler->call(handler);
  } else {
    next_ = std::coroutine_handle<>::from_address(reinterpret_cast<void*>(payload));
  }
  while (next_) std::exchange(next_, nullptr).resume();
}

// Out of line, or the choosing loop would have a copy.
void Simulation::DispatchOne(uintptr_t payload) { Dispatch(payload); }

void Simulation::ChooseOrder(OrderOptions options) {
  SIM_CHECK(events_ == 0);
  choosing_ = std::make_unique<ChoosingLoop>(this, std::move(options));
}

size_t Simulation::pending() const {
  return queue_.size() + ready_.size() + (choosing_ != nullptr ? choosing_->ready_count() : 0);
}

Simulation::End Simulation::Run(SimTime until) {
  Scope scope(this);
  stop_ = false;
  if (choosing_ != nullptr) return choosing_->Run(until);
  while (!stop_) {
    const SimTime due = queue_.top_time();
    if (!ready_.empty() && due != now_) {
      Prefetch(ready_.Hint());
      Dispatch(ready_.Pop());
      continue;
    }
    if (queue_.empty()) return End::kIdle;
    if (due > until) return End::kUntil;
    SIM_DCHECK(due >= now_);
    now_ = due;
    Prefetch(queue_.Hint());
    Dispatch(queue_.PopTop());
  }
  return End::kStopped;
}

void Simulation::AdvanceTo(SimTime time) {
  SIM_CHECK(time >= now_ && ready_.empty() && (queue_.empty() || queue_.top_time() >= time));
  SIM_CHECK(choosing_ == nullptr || choosing_->FirstDue() >= time);
  now_ = time;
}

void Simulation::DestroyTasks() {
  Scope scope(this);
  while (!roots_.empty()) {
    PromiseBase* root = roots_.back();
    roots_.pop_back();
    if (root != nullptr) root->handle().destroy();
  }
  dead_roots_ = 0;
}

}  // namespace sim
