// SPDX-License-Identifier: Apache-2.0
//
// A crew: threads that take items from one queue, and grow in number when theirs block.
//
// The common half of kernel worker pools, helpers, dispatchers and servers. What an
// item is, and what happens to it when its thread dies, is the derived class' matter.
//
//            item comes, or woken                     no item, or too many run
//   parked ------------------------> working (serves) --------------------------> parked
//                                     |   ^
//                               sleeps|   |woken
//                                     v   |
//                                    blocked: does not count as running
//
// Two limits make the kinds: how many run at once before an item waits (`width`), and
// below how many running ones a new thread is made (`grow_below`), up to `limit`:
//
//   kernel workqueue          width unlimited, grows when none runs
//   dispatcher (libdispatch)  width = grow_below = cores: a blocked one is replaced
//   server, helper            a fixed number
//
// A rescuer is one thread more that takes items only while nobody else runs.
#ifndef TXGSIM_MODEL_SYNC_CREW_H_
#define TXGSIM_MODEL_SYNC_CREW_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/machine/machine.h"

namespace model {

class Crew : public SleepObserver {
 public:
  struct Options {
    Process* process = nullptr;  // Null: kernel threads.
    std::string name;
    int initial = 0;  // Threads that Start() makes.
    int limit = 1;
    int width = 1 << 30;
    int grow_below = 1;
    bool rescuer = false;
    bool numbered = true;  // Threads are NAME/1, NAME/2 ...; else all are NAME.
    bool service = false;  // Does not keep its process alive.
  };
  Crew(Machine* machine, Options options);
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  const std::string& name() const { return options_.name; }
  Machine& machine() const { return *machine_; }
  Process* process() const { return options_.process; }
  // Every thread that it made, dead ones included.
  const std::vector<Thread*>& threads() const { return threads_; }
  int live_threads() const;
  int running() const;
  // Whether it has a thread that can still take an item.
  bool has_takers() const;
  // While paused nobody takes an item.
  bool paused() const { return paused_; }
  void SetPaused(bool paused, Thread* waker);
  // Nobody takes another item: who has none ends, the others when they are done with theirs.
  void Close(Thread* waker);
  // Calls `hook` whenever a thread has finished its items and is about to wait for one.
  void OnPark(std::function<void()> hook) { park_hook_ = std::move(hook); }

 protected:
  void Start();
  // Call when items have come: wakes or makes the threads that they need.
  void Admit(Thread* waker);
  virtual size_t QueuedItems() const = 0;
  // Takes the first item and does it. REQUIRES: QueuedItems() > 0.
  virtual sim::Task<> ServeOne(Thread* thread) = 0;
  // A thread of this crew has left user mode for good, or its process has no more.
  virtual void OnMemberEnd(Thread*) {}
  // Who can take an item that is queued.
  void AddTakers(EnderSet* enders) const;

 private:
  class Idle final : public Waitable {
   public:
    explicit Idle(Crew* crew) : Waitable(WaitableKind::kQueue, crew->name()), crew_(crew) {}
    void Enders(const Waiter& waiter, EnderSet* enders) const override;
    bool same_enders_for_all() const override { return true; }

   private:
    Crew* crew_;
  };
  struct Member {
    Thread* thread = nullptr;
    bool parked = false;
    bool blocked = false;
    bool starting = false;  // Made or woken, and has not looked at the queue yet.
    bool rescuer = false;
  };

  void SpawnMember(bool rescuer);
  sim::Task<> Main(Thread* thread, size_t index);
  bool MayTake(const Member& member) const;
  Member* Find(const Thread* thread);
  bool CanGrow() const;
  void OnSleep(Thread* thread) override;
  void OnWoken(Thread* thread) override;

  Machine* machine_;
  Options options_;
  Idle idle_;
  bool paused_ = false;
  bool closed_ = false;
  bool hooked_ = false;
  std::vector<Member> members_;
  std::vector<Thread*> threads_;
  std::function<void()> park_hook_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_SYNC_CREW_H_
