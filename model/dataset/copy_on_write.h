// SPDX-License-Identifier: Apache-2.0
//
// A value that copies share until one of them changes it.
//
// A dataset tree is copied often (a run starts from the declared pool; an
// overlay of a transaction is a private copy) and each copy changes little, so
// trees hold their datasets in this.
//
// Threads: different copies may be used by different host threads at once, as
// with plain values; one copy by one thread at a time.
#ifndef TXGSIM_MODEL_DATASET_COPY_ON_WRITE_H_
#define TXGSIM_MODEL_DATASET_COPY_ON_WRITE_H_

#include <atomic>
#include <memory>
#include <utility>

namespace model {

template <typename T>
class CopyOnWrite {
 public:
  explicit CopyOnWrite(T value) : shared_(std::make_shared<T>(std::move(value))) {}

  const T& operator*() const { return *shared_; }
  const T* operator->() const { return shared_.get(); }

  // Returns the value for changing; from now on it is this copy's alone.
  T& Mutable() {
    if (shared_.use_count() != 1) {
      shared_ = std::make_shared<T>(*shared_);
    } else {
      // Pairs with the release of the last other owner: its reads come before our writes.
      std::atomic_thread_fence(std::memory_order_acquire);
    }
    return *shared_;
  }

 private:
  std::shared_ptr<T> shared_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_DATASET_COPY_ON_WRITE_H_
