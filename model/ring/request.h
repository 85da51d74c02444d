// SPDX-License-Identifier: Apache-2.0
//
// One operation in flight on a ring, and what it can do while it runs.
//
//               issued                  a worker takes it
//   kLinked ------------+--> kQueued ---------------------> kRunning --> kDone
//   (behind another)    |                                      |  ^
//   kDeferred ----------+--> kArmed (a timer, a poll) --> kDone `--' Progress(): completions with MORE
//   (drain)
//
// A request is an actor of the wait-for graph: who waits for a completion waits for one
// of the requests in flight, and a request depends on its worker, its timer or its queue.
#ifndef TXGSIM_MODEL_RING_REQUEST_H_
#define TXGSIM_MODEL_RING_REQUEST_H_

#include <deque>
#include <memory>
#include <string>

#include "model/ring/entry.h"
#include "model/sync/worker_pool.h"

namespace model {

class Ring;

enum class RingState : uint8_t { kLinked, kDeferred, kArmed, kQueued, kRunning, kDone };

// What has been asked of an operation that runs.
enum class RingCancel : uint8_t { kNone, kGraceful, kNow };

class RingRequest final : public Actor {
 public:
  RingRequest(Ring* ring, Sqe sqe, uint64_t sequence);

  const Sqe& sqe() const { return sqe_; }
  RingState state() const { return state_; }
  Thread* worker() const { return worker_; }  // While it runs.

  // ---- For the operation, on its worker ----
  // Posts a completion that promises another.
  void Progress(RingResult result, Thread* worker);
  RingCancel cancel() const { return cancel_; }
  bool has_message() const { return !messages_.empty(); }
  // REQUIRES: has_message().
  std::string TakeMessage();
  // Waits in S until a message has come (0), or the operation was cancelled or its process is dying (EINTR).
  sim::Task<int> WaitMessage(Thread* worker);

  Condition Examine(EnderSet* enders) const override;
  const std::string& reported_name() const override;

 private:
  friend class Ring;
  struct Timer : sim::EventHandler {
    Timer(RingRequest* owner, void (*function)(EventHandler*)) : EventHandler(function), request(owner) {}
    RingRequest* request;
    sim::EventId id;
  };
  // Messages come from the threads of the ring's owner.
  class Inbox final : public Waitable {
   public:
    explicit Inbox(const RingRequest* request);
    void Enders(const Waiter& waiter, EnderSet* enders) const override;

   private:
    const RingRequest* request_;
  };

  Ring* ring_;
  Sqe sqe_;
  uint64_t sequence_;
  RingState state_ = RingState::kLinked;
  std::shared_ptr<RingRequest> next_;  // Of its chain.
  std::weak_ptr<RingRequest> previous_;
  std::shared_ptr<Work> work_;
  Thread* worker_ = nullptr;
  RingCancel cancel_ = RingCancel::kNone;
  std::deque<std::string> messages_;
  Inbox inbox_;
  Timer timer_;       // kTimeout
  Timer link_timer_;  // Of a linked time-out.
};

}  // namespace model

#endif  // TXGSIM_MODEL_RING_REQUEST_H_
