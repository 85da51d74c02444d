// SPDX-License-Identifier: Apache-2.0
#include "sim/simulation.h"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>

namespace sim {

namespace internal {
thread_local Simulation* current_simulation = nullptr;
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

// Runs a spawned task: its frame is in the list of roots while it lives, and frees itself when the task ends.
struct Simulation::RootPromise : PromiseBase {
  RootPromise() : simulation(internal::current_simulation), next(simulation->roots_) {
    if (next != nullptr) next->previous = this;
    simulation->roots_ = this;
  }
  ~RootPromise() {
    (previous != nullptr ? previous->next : simulation->roots_) = next;
    if (next != nullptr) next->previous = previous;
  }
  RootTask get_return_object();
  std::suspend_never final_suspend() noexcept { return {}; }
  void return_void() noexcept {}

  Simulation* simulation;
  RootPromise* next;
  RootPromise* previous = nullptr;
};

struct Simulation::RootTask {
  using promise_type = RootPromise;
  std::coroutine_handle<RootPromise> handle;

  static RootTask Start(Task<> task) { co_await std::move(task); }
};

Simulation::RootTask Simulation::RootPromise::get_return_object() {
  return {std::coroutine_handle<RootPromise>::from_promise(*this)};
}

Simulation::Simulation() : ready_(64) {}

Simulation::~Simulation() { DestroyTasks(); }

void Simulation::Spawn(Task<> task) {
  SIM_CHECK(internal::current_simulation == this);
  ResumeReady(RootTask::Start(std::move(task)).handle);
}

EventId Simulation::ResumeAfter(SimDuration span, std::coroutine_handle<> handle) {
  if (span.ns() == 0) {
    ResumeReady(handle);
    return {};
  }
  SIM_CHECK(span.ns() > 0);
  return queue_.Push(now_ + span, PayloadOf(handle));
}

void Simulation::GrowReady() {
  std::vector<uintptr_t> larger(ready_.size() * 2);
  for (size_t i = 0; i < ready_count_; ++i) larger[i] = ready_[(ready_head_ + i) & (ready_.size() - 1)];
  ready_ = std::move(larger);
  ready_head_ = 0;
}

inline void Simulation::Dispatch(uintptr_t payload) {
  ++events_;
  if ((payload & kHandlerTag) != 0) {
    auto* handler = reinterpret_cast<EventHandler*>(payload & ~kHandlerTag);
    handler->call(handler);
  } else {
    next_ = std::coroutine_handle<>::from_address(reinterpret_cast<void*>(payload));
  }
  while (next_) std::exchange(next_, nullptr).resume();
}

Simulation::End Simulation::Run(SimTime until) {
  Scope scope(this);
  stop_ = false;
  while (!stop_) {
    if (ready_count_ != 0 && queue_.top_time() != now_) {
      Dispatch(PopReady());
      continue;
    }
    if (queue_.empty()) return End::kIdle;
    if (queue_.top_time() > until) return End::kUntil;
    SimTime due;
    const uintptr_t payload = queue_.Pop(&due);
    SIM_DCHECK(due >= now_);
    now_ = due;
    Dispatch(payload);
  }
  return End::kStopped;
}

void Simulation::AdvanceTo(SimTime time) {
  SIM_CHECK(time >= now_ && ready_count_ == 0 && (queue_.empty() || queue_.top_time() >= time));
  now_ = time;
}

void Simulation::DestroyTasks() {
  Scope scope(this);
  while (roots_ != nullptr) std::coroutine_handle<RootPromise>::from_promise(*roots_).destroy();
}

}  // namespace sim
