// SPDX-License-Identifier: Apache-2.0
//
// One simulation run: the clock, the dispatcher, and what is pending.
//
// An event is either a suspended coroutine to resume or an EventHandler to call.
// What was woken now is in the ready queue, first in first out; what is due later
// is in the EventQueue. Order, exactly: by due time; at one time first what was put
// into the EventQueue (it was scheduled earlier), then the ready queue. So a wake-up
// at the present instant costs no search for a place and the order is still that of
// scheduling.
//
// Invariants:
//   (1) now() never decreases.
//   (2) A root task is in `roots_` from Spawn() to its end, in order of spawning;
//       the destructor destroys those that are left, the newest first, and with
//       each the frames that it awaits.
//
// Threads: a simulation belongs to the thread that made it. Several may exist in
// one thread; the one that was entered last (Scope) is current.
#ifndef TXGSIM_SIM_SIMULATION_H_
#define TXGSIM_SIM_SIMULATION_H_

#include <coroutine>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "sim/arena.h"
#include "sim/event_queue.h"
#include "sim/ready_queue.h"
#include "sim/task.h"
#include "sim/time.h"

namespace sim {

// A call at an instant, without a coroutine. Embed it in the object it serves:
// scheduling allocates nothing.
struct EventHandler {
  explicit constexpr EventHandler(void (*function)(EventHandler*)) : call(function) {}
  void (*call)(EventHandler* self);
};

class ChoosingLoop;
class Simulation;
struct OrderOptions;

// The current simulation of this thread; fails if there is none.
inline Simulation* Current() {
  SIM_DCHECK(internal::current_simulation != nullptr);
  return internal::current_simulation;
}

class Simulation {
 public:
  Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;
  ~Simulation();

  // Makes a simulation the current one of this thread while in scope.
  class Scope {
   public:
    explicit Scope(Simulation* simulation) : previous_(internal::current_simulation) {
      internal::current_simulation = simulation;
    }
    ~Scope() { internal::current_simulation = previous_; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Simulation* previous_;
  };

  SimTime now() const { return now_; }
  uint64_t events() const { return events_; }

  // Starts a root task: it runs at now(), after what is ready already.
  // The task must have been made while this simulation was current.
  void Spawn(Task<> task);

  // Suspends the caller for `span` (>= 0); 0 lets others that are ready go first. To be awaited at once: the
  // span is kept here and not in the awaiter, which lies in the frame for as long as that lives.
  auto Sleep(SimDuration span) {
    struct Awaiter {
      bool await_ready() noexcept { return false; }
      void await_suspend(std::coroutine_handle<> handle) { Current()->BeginSleep(handle); }
      void await_resume() noexcept {}
    };
    SIM_DCHECK(internal::current_simulation == this);
    sleep_span_ = span;
    return Awaiter();
  }

  // The handle is resumed by the dispatcher, behind what is ready.
  void ResumeReady(std::coroutine_handle<> handle) { ready_.Push(PayloadOf(handle)); }

  // `handler` is called by the dispatcher; it must outlive the event.
  void CallReady(EventHandler* handler) { ready_.Push(PayloadOf(handler)); }
  EventId CallAt(SimTime due, EventHandler* handler) {
    SIM_CHECK(due >= now_);
    return queue_.Push(due, PayloadOf(handler));
  }
  EventId CallAfter(SimDuration span, EventHandler* handler) { return CallAt(now_ + span, handler); }
  // True if the event was pending and now is not.
  bool Cancel(EventId id) { return queue_.Cancel(id); }

  // From now on Run() asks which event goes next (choosing_loop.h). REQUIRES: nothing has run yet.
  void ChooseOrder(OrderOptions options);

  // Runs until nothing is pending at or before `until`, or until Stop(). The clock
  // stands at the last event.
  enum class End { kIdle, kUntil, kStopped };
  End Run(SimTime until = SimTime::Max());
  // Ends Run() after the event at hand.
  void Stop() { stop_ = true; }
  // Moves the clock forward to `time`, which is no later than anything pending.
  void AdvanceTo(SimTime time);

  // Destroys every root task that has not ended, innermost frames first.
  void DestroyTasks();
  size_t live_frames() const { return arena_.live(); }
  size_t pending() const;

 private:
  friend class ChoosingLoop;
  friend FrameArena& internal::CurrentArena();
  friend void internal::ResumeNext(std::coroutine_handle<> handle);
  friend void internal::ForgetRoot(size_t place);

  static constexpr SimDuration kNoSpan = SimDuration::Nanos(-1);

  static constexpr uintptr_t kHandlerTag = 1;
  static uintptr_t PayloadOf(std::coroutine_handle<> handle) {
    return reinterpret_cast<uintptr_t>(handle.address());
  }
  static uintptr_t PayloadOf(EventHandler* handler) {
    return reinterpret_cast<uintptr_t>(handler) | kHandlerTag;
  }
  static bool IsHandler(uintptr_t payload) { return (payload & kHandlerTag) != 0; }
  static EventHandler* HandlerOf(uintptr_t payload) {
    return reinterpret_cast<EventHandler*>(payload & ~kHandlerTag);
  }
  static const PromiseBase& PromiseOf(uintptr_t payload) {
    return std::coroutine_handle<PromiseBase>::from_address(reinterpret_cast<void*>(payload)).promise();
  }
  // Fetches what will be needed when the payload is dispatched: a frame is two or three cache lines.
  static void Prefetch(uintptr_t payload) {
    __builtin_prefetch(reinterpret_cast<const void*>(payload));
    __builtin_prefetch(reinterpret_cast<const void*>(payload + 64));
  }
  void BeginSleep(std::coroutine_handle<> handle) {
    const SimDuration span = std::exchange(sleep_span_, kNoSpan);
    if (span.ns() == 0) return ResumeReady(handle);
    SIM_CHECK(span.ns() > 0);
    queue_.PushFrame(now_ + span, handle.address());
  }
  void Dispatch(uintptr_t payload);
  void DispatchOne(uintptr_t payload);
  void ForgetRoot(size_t place) {
    roots_[place] = nullptr;
    if (++dead_roots_ >= kDeadRootsMin && 2 * dead_roots_ > roots_.size()) CompactRoots();
  }
  void CompactRoots();

  SimTime now_;
  std::coroutine_handle<> next_;      // To be resumed at once: sub-task start and return.
  SimDuration sleep_span_ = kNoSpan;  // Of the Sleep() that is about to be awaited.
  uint64_t events_ = 0;
  bool stop_ = false;
  FrameArena arena_;
  ReadyQueue ready_;
  EventQueue queue_{&arena_};
  static constexpr size_t kDeadRootsMin = 64;
  std::vector<PromiseBase*> roots_;  // Null where one ended.
  size_t dead_roots_ = 0;
  std::unique_ptr<ChoosingLoop> choosing_;  // Null: the plain loop.
};

inline FrameArena& internal::CurrentArena() {
  SIM_DCHECK(current_simulation != nullptr);
  return current_simulation->arena_;
}
inline void internal::ResumeNext(std::coroutine_handle<> handle) { current_simulation->next_ = handle; }
inline void internal::ForgetRoot(size_t place) { current_simulation->ForgetRoot(place); }

}  // namespace sim

#endif  // TXGSIM_SIM_SIMULATION_H_
