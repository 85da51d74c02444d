// SPDX-License-Identifier: Apache-2.0
#include "sim/ready_queue.h"

#include <algorithm>
#include <new>
#include <utility>

#include "sim/huge_page.h"

namespace sim {

ReadyQueue::Block* ReadyQueue::NewBlock(size_t bytes) {
  Block* block = new (AllocatePages(bytes)) Block;
  block->bytes = bytes;
  uintptr_t* const end = block->payloads() + (bytes - sizeof(Block)) / sizeof(uintptr_t);
  std::fill(block->payloads(), end, 0);
  block->end = end - (kAhead + 1);
  return block;
}

ReadyQueue::ReadyQueue() : first_(NewBlock(kSmallBytes)), last_(first_) {
  first_->next = nullptr;
  head_ = tail_ = first_->payloads();
}

ReadyQueue::~ReadyQueue() {
  for (Block* list : {first_, spare_}) {
    while (list != nullptr) {
      Block* block = std::exchange(list, list->next);
      FreePages(block, block->bytes);
    }
  }
}

size_t ReadyQueue::size() const {
  size_t size = 0;
  const uintptr_t* head = head_;
  for (Block* block = first_; block != last_; block = block->next) {
    size += static_cast<size_t>(block->end - head);
    head = block->next->payloads();
  }
  return size + static_cast<size_t>(tail_ - head);
}

void ReadyQueue::AddBlock() {
  Block* block;
  if (first_ != last_) {
    block = NewBlock(std::min(2 * last_->bytes, kHugePage));
  } else {
    block = spare_ != nullptr ? std::exchange(spare_, nullptr) : NewBlock(kSmallBytes);
  }
  block->next = nullptr;
  last_->next = block;
  last_ = block;
  tail_ = block->payloads();
}

void ReadyQueue::NextBlock() {
  Block* read = std::exchange(first_, first_->next);
  head_ = first_->payloads();
  if (read->bytes == kSmallBytes && spare_ == nullptr) {
    spare_ = read;
    spare_->next = nullptr;
  } else {
    FreePages(read, read->bytes);
  }
}

}  // namespace sim
