// SPDX-License-Identifier: Apache-2.0
#include "model/sync/message_queue.h"

#include <utility>

namespace model {

MessageQueue::MessageQueue(Machine* machine, const std::string& name, size_t capacity)
    : machine_(machine), capacity_(capacity), readers_(machine, name), writers_(machine, name) {}

sim::Task<int> MessageQueue::Put(Thread* thread, std::any message, WaitSpec spec) {
  if (capacity_ != 0 && messages_.size() + kept_places_ >= capacity_) {
    const int error = co_await thread->Wait(writers_, spec);
    if (error != 0) co_return error;
    --kept_places_;
  }
  messages_.push_back(std::move(message));
  if (Waiter* reader = readers_.waiters().front(); reader != nullptr) {
    ++kept_messages_;
    machine_->Wake(reader, 0, thread);
  }
  for (size_t i = 0; i < message_hooks_.size(); ++i) message_hooks_[i](thread);
  co_return 0;
}

sim::Task<MessageQueue::Received> MessageQueue::Get(Thread* thread, WaitSpec spec) {
  if (messages_.size() <= kept_messages_) {
    const int error = co_await thread->Wait(readers_, spec);
    if (error != 0) co_return Received{.error = error, .message = {}};
    --kept_messages_;
  }
  Received received = {.error = 0, .message = std::move(messages_.front())};
  messages_.pop_front();
  if (Waiter* writer = writers_.waiters().front(); writer != nullptr) {
    ++kept_places_;
    machine_->Wake(writer, 0, thread);
  }
  co_return received;
}

}  // namespace model
