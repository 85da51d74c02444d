// SPDX-License-Identifier: Apache-2.0
#include "sim/ready_queue.h"

#include <utility>

namespace sim {

ReadyQueue::ReadyQueue() : first_(new Block), last_(first_) { head_ = tail_ = first_->payloads; }

ReadyQueue::~ReadyQueue() {
  for (Block* list : {first_, free_}) {
    while (list != nullptr) delete std::exchange(list, list->next);
  }
}

size_t ReadyQueue::size() const {
  size_t before = 0;
  for (const Block* block = first_; block != last_; block = block->next) before += kBlockPayloads;
  return before + static_cast<size_t>(tail_ - last_->payloads) -
         static_cast<size_t>(head_ - first_->payloads);
}

void ReadyQueue::AddBlock() {
  Block* block = free_ != nullptr ? std::exchange(free_, free_->next) : new Block;
  block->next = nullptr;
  last_->next = block;
  last_ = block;
  tail_ = block->payloads;
}

void ReadyQueue::NextBlock() {
  Block* read = std::exchange(first_, first_->next);
  read->next = std::exchange(free_, read);
  head_ = first_->payloads;
}

}  // namespace sim
