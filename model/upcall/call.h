// SPDX-License-Identifier: Apache-2.0
//
// A call from the kernel to user code, seen by the one who waits for the answer.
//
//                 a thread takes it              it answers
//     kQueued ------------------------> kTaken -------------> kDone
//        |  withdrawn, or its            |  its thread died,
//        |  server went away             |  or the server was aborted
//        `-------------------------------+------------------> kAborted
//
// Upcalls (upcall.h) and requests to servers (server.h) are calls. The wait has phases
// that depend on the interface (CallWait); what a signal does depends on the phase and
// on whether somebody has taken the call:
//
//   kPlain          D until it ends
//   kKillable       D; a fatal signal ends the wait
//   kInterruptible  S; any signal ends the wait
//   kIdle           S; no signal does
//   kSpin           keeps the core; no signal ends it
//   kFuse           S; a signal flags the call as interrupted, then D: a fatal signal
//                   withdraws the call if nobody has taken it, else D until it ends
//   kSeccomp        S; a signal ends the wait, unless the call was taken: then D, which
//                   a fatal signal ends
//
// A call that has ended before a signalled waiter ran answers it all the same, as the kernel looks
// at the condition before it looks at signals.
//
// Who leaves while the call is queued withdraws it; who leaves later abandons it, and
// the answer, when it comes, finds nobody (ENOENT).
//
// Source: linux fs/fuse/dev.c:request_wait_answer; kernel/seccomp.c:
// seccomp_do_user_notification with SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV.
#ifndef TXGSIM_MODEL_UPCALL_CALL_H_
#define TXGSIM_MODEL_UPCALL_CALL_H_

#include <any>
#include <memory>
#include <string>

#include "model/machine/machine.h"
#include "model/sync/lock.h"

namespace model {

enum class CallState : uint8_t { kQueued, kTaken, kDone, kAborted };

enum class CallWait : uint8_t { kPlain, kKillable, kInterruptible, kIdle, kSpin, kFuse, kSeccomp };

struct CallWaitSpec {
  CallWait kind = CallWait::kPlain;
  bool io = false;
  bool force = false;               // kFuse: no killable phase (FR_FORCE).
  bool killable_once_taken = true;  // kSeccomp: the flag of the filter.
  bool withdraws = true;            // Whether leaving withdraws or abandons the call.
  sim::SimDuration timeout = sim::SimDuration::Max();
};

// What comes back. `value` is the interface's own: it is carried, never looked at.
struct Answer {
  int error = 0;
  std::any value;
};

class Call : public Actor, public Waitable {
 public:
  using Actor::name;

  CallState state() const { return state_; }
  bool ended() const { return state_ == CallState::kDone || state_ == CallState::kAborted; }
  // Who took it; null before.
  Thread* taker() const { return taker_; }
  // The name of the process that asked; empty for a kernel thread.
  const std::string& from() const { return from_; }
  // A signal came for the one who waits: the answering side may hurry.
  bool interrupted() const { return interrupted_; }
  // Nobody waits for the answer any more.
  bool abandoned() const { return abandoned_; }
  const Answer& answer() const { return answer_; }
  std::any& argument() { return argument_; }

  // Waits for the end. Returns 0 if the call has ended (see answer()), else EINTR or
  // ETIMEDOUT. The caller keeps the call alive meanwhile.
  sim::Task<int> Await(Thread* thread, CallWaitSpec spec);

  // For the answering side. Finish() returns ENOENT if nobody waits any more.
  void Take(Thread* taker);
  int Finish(Answer answer, Thread* waker);
  void Abort(int error, Thread* waker);

  Condition Examine(EnderSet* enders) const override;
  void Enders(const Waiter& waiter, EnderSet* enders) const override;
  void OnHoldGiven(Lock* lock) override { given_.Add(lock); }

 protected:
  Call(ActorKind actor_kind, WaitableKind kind, Machine* machine, std::string name, const Thread* caller,
       std::any argument);
  // Leaves its queue: it will not be taken.
  virtual void Withdraw() = 0;
  virtual void OnInterrupted() {}
  // Who can still end it, queued or taken. `waiting`: who asks, or null.
  virtual void AddAnswerers(const Thread* waiting, EnderSet* enders) const = 0;
  // What records of this call are about.
  virtual RecordKind record_kind() const = 0;
  virtual const std::string& record_name() const { return name(); }

 private:
  Thread::WaitAwaiter WaitOnce(Thread* thread, SleepKind kind, const CallWaitSpec& spec,
                               sim::SimTime deadline);
  int Leave(int error, const CallWaitSpec& spec);
  void End(CallState state, Thread* waker);

  Machine* machine_;
  std::string from_;
  std::any argument_;
  CallState state_ = CallState::kQueued;
  Thread* taker_ = nullptr;
  bool interrupted_ = false;
  bool abandoned_ = false;
  Answer answer_;
  GivenHolds given_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_UPCALL_CALL_H_
