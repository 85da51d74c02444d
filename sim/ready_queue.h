// SPDX-License-Identifier: Apache-2.0
//
// What was woken at the present instant, first in first out.
//
// A chain of blocks: pushing writes to the last one, popping reads from the first one. A small block that was
// read is used again, so a simulation in its steady state allocates nothing, and what was pushed never moves.
// A long chain has larger blocks, which go back to the system: a million tasks are here once, when they
// start.
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
    if (tail_ == last_->end) [[unlikely]]
      AddBlock();
    *tail_++ = payload;
  }

  // REQUIRES: !empty()
  uintptr_t Pop() {
    if (head_ == first_->end) [[unlikely]]
      NextBlock();
    return *head_++;
  }

  // What will probably pop after two more; else one that did long ago, or 0. Only for fetching into the cache
  // what it points to.
  uintptr_t Hint() const { return head_[kAhead]; }

 private:
  static constexpr size_t kAhead = 2;
  static constexpr size_t kSmallBytes = 4096;
  struct Block {
    Block* next;
    uintptr_t* end;  // Of its payloads. What follows them in the block stays 0: Hint() looks there.
    size_t bytes;
    uintptr_t* payloads() { return reinterpret_cast<uintptr_t*>(this + 1); }
  };

  static Block* NewBlock(size_t bytes);
  void AddBlock();
  void NextBlock();

  // Invariant: the head is at the end of the first block only if there is another, or nothing is in the
  // queue.
  uintptr_t* head_;
  uintptr_t* tail_;
  Block* first_;
  Block* last_;
  Block* spare_ = nullptr;  // A small one that was read.
};

}  // namespace sim

#endif  // TXGSIM_SIM_READY_QUEUE_H_
