// SPDX-License-Identifier: Apache-2.0
//
// A bounded queue of messages between threads: a pipe, a socket, a channel.
//
// Put waits for room, Get for a message; both are served in order of arrival, since who
// is woken finds its place or message kept for it. Usable in user and in kernel mode.
//
// Differs from the real system: messages are whole, and closing is not modelled.
#ifndef TXGSIM_MODEL_SYNC_MESSAGE_QUEUE_H_
#define TXGSIM_MODEL_SYNC_MESSAGE_QUEUE_H_

#include <any>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "model/sync/event.h"

namespace model {

class MessageQueue {
 public:
  // capacity 0: no limit.
  MessageQueue(Machine* machine, const std::string& name, size_t capacity);
  MessageQueue(const MessageQueue&) = delete;
  MessageQueue& operator=(const MessageQueue&) = delete;

  static constexpr WaitSpec kWait = {.kind = SleepKind::kInterruptible};
  struct Received {
    int error = 0;
    std::any message;
  };
  // Returns 0 or the errno that ended the wait.
  sim::Task<int> Put(Thread* thread, std::any message, WaitSpec spec = kWait);
  sim::Task<Received> Get(Thread* thread, WaitSpec spec = kWait);

  // Calls `hook` when a message has come, with the thread that put it: for those that poll.
  void OnMessage(std::function<void(Thread*)> hook) { message_hooks_.push_back(std::move(hook)); }

  size_t size() const { return messages_.size(); }
  // A message is there that nobody has been promised.
  bool readable() const { return messages_.size() > kept_messages_; }
  const std::string& name() const { return readers_.name(); }
  // Who may put, and so end a wait for a message; who may get, and so make room.
  Producers& putters() { return readers_.producers(); }
  Producers& getters() { return writers_.producers(); }

 private:
  class Side final : public Event {
   public:
    Side(Machine* machine, const std::string& name) : Event(WaitableKind::kQueue, machine, name) {}
  };

  Machine* machine_;
  size_t capacity_;
  std::deque<std::any> messages_;
  size_t kept_messages_ = 0;  // For readers that were woken.
  size_t kept_places_ = 0;    // For writers that were woken.
  Side readers_;
  Side writers_;
  std::vector<std::function<void(Thread*)>> message_hooks_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_SYNC_MESSAGE_QUEUE_H_
