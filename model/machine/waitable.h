// SPDX-License-Identifier: Apache-2.0
//
// What a thread can wait on, and the wait itself.
//
// Every lock, condition, I/O, request, gate and timer is a Waitable. A wait is a
// Waiter: a node embedded in the waiting thread, so that waiting allocates
// nothing. How the thread sleeps (SleepKind) decides what ps shows and which
// signal ends the wait:
//
//   kind              ps   SIGKILL   other handled signal   hung-task detector
//   kUninterruptible  D    no        no                     reports it
//   kKillable         D    ends it   no                     never
//   kInterruptible    S    ends it   ends it                never
//   kIdle             S    no        no                     never
//   kSpin             R    no        no                     never (soft lockup instead)
//
// Source: Linux include/linux/sched.h, include/linux/sched/signal.h:signal_pending_state,
// kernel/hung_task.c; kIdle is the SPL's cv_wait_idle (all signals blocked).
#ifndef TXGSIM_MODEL_MACHINE_WAITABLE_H_
#define TXGSIM_MODEL_MACHINE_WAITABLE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "model/dataset/errno.h"
#include "model/machine/actor.h"
#include "sim/hash.h"
#include "sim/simulation.h"
#include "sim/time.h"

namespace model {

class Thread;

enum class SleepKind : uint8_t { kUninterruptible, kKillable, kInterruptible, kIdle, kSpin };

struct WaitSpec {
  SleepKind kind = SleepKind::kUninterruptible;
  bool io = false;                                     // Counted as iowait.
  sim::SimDuration timeout = sim::SimDuration::Max();  // Max: none.
  int timeout_result = kETIMEDOUT;
};

// One thread's wait: for a Waitable, for its start (exit.cc), or, without `on`, for a core (run_queue.h).
struct Waiter : sim::EventHandler {
  Waiter() : EventHandler(nullptr) {}
  Thread* thread = nullptr;
  Waitable* on = nullptr;  // Null while not waiting.
  Waiter* next = nullptr;
  Waiter* previous = nullptr;
  int64_t argument = 0;  // What it waits for, where the Waitable needs to know (how many completions, say).
  sim::EventId timer;    // Of the time-out.
  SleepKind kind = SleepKind::kUninterruptible;
  bool io = false;
  int16_t mode = 0;  // Belongs to the Waitable (reader or writer, say).
  int result = 0;    // 0, or the errno with which the wait ended; until then the one that a time-out gives.
};

// A doubly linked list of waiters in order of arrival.
class WaiterList {
 public:
  bool empty() const { return head_ == nullptr; }
  Waiter* front() const { return head_; }
  Waiter* back() const { return tail_; }
  bool Contains(const Waiter& waiter) const { return waiter.previous != nullptr || head_ == &waiter; }
  void PushBack(Waiter* waiter);
  void PushFront(Waiter* waiter);
  void Remove(Waiter* waiter);

 private:
  Waiter* head_ = nullptr;
  Waiter* tail_ = nullptr;
};

enum class WaitableKind : uint8_t {
  kMutex,
  kSpinlock,
  kRwsem,
  kRrwlock,
  kConfigLock,
  kSemaphore,
  kCompletion,
  kCondition,
  kWaitQueue,
  kGate,
  kQueue,
  kSleep,
  kJoin,
  kStop,
  kOutside,
  kIo,
  kUpcall,
  kRequest,
  kWork,
  kTxg,
  kDirtySpace,
};

class Waitable {
 public:
  Waitable(WaitableKind waitable_kind, std::string waitable_name)
      : name_(std::move(waitable_name)), kind_(waitable_kind) {}
  Waitable(const Waitable&) = delete;
  Waitable& operator=(const Waitable&) = delete;
  virtual ~Waitable() = default;

  WaitableKind kind() const { return kind_; }
  const std::string& name() const { return name_; }
  // The hash of the name, as records have it; worked out when it is first asked for.
  uint64_t name_key() const {
    if (name_key_ == 0) name_key_ = sim::HashName(name_);
    return name_key_;
  }
  const WaiterList& waiters() const { return waiters_; }

  // Says who can still end `waiter`'s wait here.
  virtual void Enders(const Waiter& waiter, EnderSet* enders) const = 0;
  // Called when a wait here ends by a signal or a time-out, after the waiter has
  // left the list: the object may then be able to serve the next one.
  virtual void OnAbandoned(Waiter*) {}
  // True if who ends the wait has it, as one has a lock, rather than something to do. A semaphore that nobody
  // holds is a signal, which is owed.
  virtual bool held() const { return false; }
  // The name under which a report shows it as the root of a chain.
  virtual const std::string& root_name() const { return name_; }
  // True if Enders() says the same for all waiters: the watch then asks once.
  virtual bool same_enders_for_all() const { return false; }

  // Its number in the graph that the watch draws at this instant; nobody else's business.
  uint32_t graph_index() const { return graph_index_; }
  void set_graph_index(uint32_t index) const { graph_index_ = index; }

 protected:
  friend class Machine;
  friend class Thread;
  WaiterList waiters_;

 private:
  std::string name_;
  mutable uint64_t name_key_ = 0;
  WaitableKind kind_;
  mutable uint32_t graph_index_ = 0;
};

std::string_view SleepKindName(SleepKind kind);

}  // namespace model

#endif  // TXGSIM_MODEL_MACHINE_WAITABLE_H_
