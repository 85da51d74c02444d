// SPDX-License-Identifier: Apache-2.0
//
// Task<T>: a lazily started coroutine of one simulation.
//
//   sim::Task<int> Fetch(Disk* disk) {
//     co_await sim::FrameName{"fetch"};       // what a blocked stack shows
//     co_await sim::Current()->Sleep(sim::SimDuration::Millis(1));
//     co_return co_await disk->Read();
//   }
//
// Rules: a task starts when it is awaited or given to Simulation::Spawn, not
// when it is called. Parameters are taken by value; no lambda with captures is a
// coroutine; no reference, iterator or guard is held across a co_await.
//
// Start and return go through the dispatcher (Simulation::Run), not by symmetric
// transfer: with g++ 12 that is no tail call at -O0, -O1 or under ASan, and a
// loop of sub-tasks would overflow the stack. The order is the same either way.
//
// A task knows the frame that awaits it and its own static name, so the stack of
// a suspended task can be read at any time: see StackOf().
#ifndef TXGSIM_SIM_TASK_H_
#define TXGSIM_SIM_TASK_H_

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "sim/arena.h"
#include "sim/check.h"

namespace sim {

class Simulation;

// co_await FrameName{...} names the frame in stacks and does not suspend; it costs one store. Must be a
// static string.
struct FrameName {
  const char* text;
  bool await_ready() noexcept { return false; }
  template <typename Promise>
  bool await_suspend(std::coroutine_handle<Promise> handle) noexcept {
    handle.promise().name_ = text;
    return false;
  }
  void await_resume() noexcept {}
};

namespace internal {

// The running simulation of this thread: how frames find their arena.
// constinit: without it each use would ask whether it was initialised.
extern constinit thread_local Simulation* current_simulation;
FrameArena& CurrentArena();
void ResumeNext(std::coroutine_handle<> handle);
void ForgetRoot(size_t place);
struct FinalAwaiter;

}  // namespace internal

// What every frame has in front, whatever its result type. The ABI of gcc and
// clang puts the promise right behind the two function pointers of the frame.
class PromiseBase {
 public:
  static void* operator new(size_t bytes) { return internal::CurrentArena().Allocate(bytes); }
  static void operator delete(void* memory, size_t bytes) { internal::CurrentArena().Free(memory, bytes); }

  std::coroutine_handle<PromiseBase> handle() {
    return std::coroutine_handle<PromiseBase>::from_promise(*this);
  }

  std::suspend_always initial_suspend() noexcept { return {}; }
  [[noreturn]] void unhandled_exception() noexcept;

  // The frame that awaits this one; null for a root task, and for one that was not started.
  PromiseBase* parent() const { return is_root() ? nullptr : reinterpret_cast<PromiseBase*>(link_); }
  const char* name() const { return name_; }

 private:
  template <typename T>
  friend class Task;
  friend class Simulation;
  friend struct FrameName;
  friend struct internal::FinalAwaiter;

  static constexpr uintptr_t kRootTag = 1;
  bool is_root() const { return (link_ & kRootTag) != 0; }

  uintptr_t link_ = 0;  // The parent; for a root, its place in the simulation's list and kRootTag.
  const char* name_ = nullptr;
};

// Names of the named frames from `leaf` outwards.
std::vector<const char*> StackOf(const PromiseBase* leaf);

template <typename T = void>
class [[nodiscard]] Task;

namespace internal {

struct FinalAwaiter {
  bool await_ready() noexcept { return false; }
  template <typename Promise>
  void await_suspend(std::coroutine_handle<Promise> handle) noexcept {
    const uintptr_t link = static_cast<PromiseBase&>(handle.promise()).link_;
    if ((link & PromiseBase::kRootTag) != 0) {
      // Nobody awaits a root, so it frees itself.
      ForgetRoot(link >> 1);
      handle.destroy();
    } else {
      SIM_DCHECK(link != 0);
      ResumeNext(reinterpret_cast<PromiseBase*>(link)->handle());
    }
  }
  void await_resume() noexcept {}
};

template <typename T>
struct TaskPromise : PromiseBase {
  FinalAwaiter final_suspend() noexcept { return {}; }
  Task<T> get_return_object();
  template <typename U>
  void return_value(U&& value) {
    result.emplace(std::forward<U>(value));
  }
  std::optional<T> result;
};

template <>
struct TaskPromise<void> : PromiseBase {
  FinalAwaiter final_suspend() noexcept { return {}; }
  Task<void> get_return_object();
  void return_void() noexcept {}
};

}  // namespace internal

// Owns a coroutine. Moving a started task is an error of the programmer.
template <typename T>
class [[nodiscard]] Task {
 public:
  using promise_type = internal::TaskPromise<T>;

  Task() = default;
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      if (handle_) handle_.destroy();
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  // Gives up the coroutine: somebody else will destroy it.
  std::coroutine_handle<promise_type> Release() { return std::exchange(handle_, nullptr); }

  bool valid() const { return static_cast<bool>(handle_); }
  bool done() const { return handle_ && handle_.done(); }

  // A task is its own awaiter: another one would take a place of its own in the frame that awaits.
  bool await_ready() noexcept { return false; }
  template <typename Promise>
  void await_suspend(std::coroutine_handle<Promise> parent) noexcept {
    SIM_CHECK(handle_);
    PromiseBase& promise = handle_.promise();
    promise.link_ = reinterpret_cast<uintptr_t>(static_cast<PromiseBase*>(&parent.promise()));
    internal::ResumeNext(handle_);
  }
  T await_resume() {
    if constexpr (!std::is_void_v<T>) return std::move(*handle_.promise().result);
  }

 private:
  std::coroutine_handle<promise_type> handle_;
};

namespace internal {
template <typename T>
Task<T> TaskPromise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<TaskPromise<T>>::from_promise(*this));
}
inline Task<void> TaskPromise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<TaskPromise<void>>::from_promise(*this));
}
}  // namespace internal

}  // namespace sim

#endif  // TXGSIM_SIM_TASK_H_
