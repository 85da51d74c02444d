// SPDX-License-Identifier: Apache-2.0
//
// What a thread does: a function or a closure that makes its coroutine.
//
//   machine.Spawn(process, "app", [this](Thread* t) { return Serve(t); });
//
// Half as large as a std::function, since each thread has one as long as it lives, and a coroutine of the
// closure may refer to what that captured. A closure of one word is kept here, a larger one on the heap.
#ifndef TXGSIM_MODEL_MACHINE_THREAD_BODY_H_
#define TXGSIM_MODEL_MACHINE_THREAD_BODY_H_

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#include "sim/task.h"

namespace model {

class Thread;

class ThreadBody {
 public:
  template <typename Closure>
  requires(!std::same_as<Closure, ThreadBody> && std::is_invocable_r_v<sim::Task<>, Closure&, Thread*>)
      ThreadBody(Closure closure)  // NOLINT(google-explicit-constructor): as std::function.
      : kind_(&kKind<Closure>) {
    if constexpr (kFits<Closure>) {
      new (word_) Closure(std::move(closure));
    } else {
      new (word_) Closure*(new Closure(std::move(closure)));
    }
  }
  ThreadBody(ThreadBody&& other) noexcept : kind_(std::exchange(other.kind_, nullptr)) {
    std::copy(other.word_, other.word_ + sizeof(word_), word_);
  }
  ThreadBody& operator=(ThreadBody&&) = delete;
  ~ThreadBody() {
    if (kind_ != nullptr) kind_->destroy(word_);
  }

  sim::Task<> operator()(Thread* thread) { return kind_->call(word_, thread); }

 private:
  struct Kind {
    sim::Task<> (*call)(std::byte* word, Thread* thread);
    void (*destroy)(std::byte* word);
  };
  // A move copies the word.
  template <typename Closure>
  static constexpr bool kFits = sizeof(Closure) <= sizeof(void*) &&
                                alignof(Closure) <= alignof(void*) && std::is_trivially_copyable_v<Closure>;
  template <typename Closure>
  static Closure* ClosureAt(std::byte* word) {
    if constexpr (kFits<Closure>) {
      return std::launder(reinterpret_cast<Closure*>(word));
    } else {
      return *std::launder(reinterpret_cast<Closure**>(word));
    }
  }
  template <typename Closure>
  static constexpr Kind kKind = {
      [](std::byte* word, Thread* thread) -> sim::Task<> { return (*ClosureAt<Closure>(word))(thread); },
      [](std::byte* word) {
        if constexpr (!kFits<Closure>) delete ClosureAt<Closure>(word);
      }};

  const Kind* kind_;
  alignas(void*) std::byte word_[sizeof(void*)];
};

}  // namespace model

#endif  // TXGSIM_MODEL_MACHINE_THREAD_BODY_H_
