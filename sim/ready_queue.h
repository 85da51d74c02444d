// SPDX-License-Identifier: Apache-2.0
//
// What was woken at the present instant, first in first out.
//
// A chain of blocks: pushing writes to the last one, popping reads from the first one. A block that was read
// is used again, so a simulation in its steady state allocates nothing, and what was pushed never moves.
#ifndef TXGSIM_SIM_READY_QUEUE_H_
#define TXGSIM_SIM_READY_QUEUE_H_

#include <cstddef>
#include <cstdint>

namespace sim {

class ReadyQueue {
 public:
  ReadyQueue();
  ~ReadyQueue();
  ReadyQueue(const ReadyQueue&) = delete;
  ReadyQueue& operator=(const ReadyQueue&) = delete;

  bool empty() const { return head_ == tail_; }
  size_t size() const;

  void Push(uintptr_t payload) {
    if (tail_ == last_->payloads + kBlockPayloads) [[unlikely]]
      AddBlock();
    *tail_++ = payload;
  }

  // REQUIRES: !empty()
  uintptr_t Pop() {
    if (head_ == first_->payloads + kBlockPayloads) [[unlikely]]
      NextBlock();
    return *head_++;
  }

  // What will probably pop after two more; else one that did long ago, or 0. Only for fetching into the cache
  // what it points to.
  uintptr_t Hint() const { return head_[kAhead]; }

 private:
  static constexpr size_t kAhead = 2;
  static constexpr size_t kBlockPayloads = 510 - kAhead;
  struct Block {
    Block* next = nullptr;
    uintptr_t payloads[kBlockPayloads + kAhead + 1] = {};  // The last ones stay 0: Hint() looks there.
  };

  void AddBlock();
  void NextBlock();

  // Invariant: the head is at the end of the first block only if there is another, or nothing is in the
  // queue.
  uintptr_t* head_;
  uintptr_t* tail_;
  Block* first_;
  Block* last_;
  Block* free_ = nullptr;
};

}  // namespace sim

#endif  // TXGSIM_SIM_READY_QUEUE_H_
