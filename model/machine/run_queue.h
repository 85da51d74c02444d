// SPDX-License-Identifier: Apache-2.0
//
// The threads that wait for one core, and which goes next.
//
//   fifo    first come, first served; runs until it blocks (SCHED_FIFO, one priority)
//   rr      as fifo, with a slice of 100 ms (linux kernel/sched/rt.h RR_TIMESLICE)
//   eevdf   earliest eligible virtual deadline first (linux kernel/sched/fair.c):
//           virtual time advances by 1024/weight; eligible is who has had no more
//           than the average; among those the earliest deadline goes first
//
// Slices end at ticks, as without HRTICK: two equal spinners on one core change
// places at every tick of 4 ms although the base slice is shorter.
//
// Differs from the real system: a thread that wakes owes at most one slice of what it
// had too much and is owed nothing of what it had too little; and there is one queue a
// core, without groups.
#ifndef TXGSIM_MODEL_MACHINE_RUN_QUEUE_H_
#define TXGSIM_MODEL_MACHINE_RUN_QUEUE_H_

#include <cstdint>

#include "absl/container/btree_set.h"
#include "model/machine/thread.h"

namespace model {

enum class SchedulerPolicy : uint8_t { kFifo, kRoundRobin, kEevdf };

// Weight of a nice level; linux kernel/sched/core.c:sched_prio_to_weight.
int64_t NiceWeight(int nice);

class RunQueue {
 public:
  RunQueue(SchedulerPolicy policy, int cores);

  bool empty() const { return size() == 0; }
  size_t size() const { return policy_ == SchedulerPolicy::kEevdf ? tree_.size() : fifo_size_; }
  // `woken`: it comes from a sleep, not from the core.
  void Insert(Thread* thread, bool woken);
  // It gives way: all that wait here go first.
  void InsertYielding(Thread* thread);
  // Gives a thread that comes from elsewhere its place in this core's virtual time.
  void Place(Thread* thread);
  // Takes the one that goes next. REQUIRES !empty().
  Thread* PopNext();
  // Takes the one that would go last, for another core. REQUIRES !empty().
  Thread* Steal();
  bool Remove(Thread* thread);

  // `thread` ran for `ns` on this core.
  void Account(Thread* thread, int64_t ns);
  // How long a thread may run while others wait; 0: until it blocks.
  int64_t slice_ns() const { return slice_ns_; }
  // Whether a thread that just woke goes before the one that runs.
  bool WakePreempts(const Thread* running, const Thread* woken) const;

 private:
  struct Entry {
    int64_t deadline_ns;
    int64_t sequence;  // The `argument` of the thread's waiter while that is here.
    Thread* thread;
    bool operator<(const Entry& other) const {
      return deadline_ns != other.deadline_ns ? deadline_ns < other.deadline_ns : sequence < other.sequence;
    }
  };
  int64_t AverageVruntime() const;
  absl::btree_set<Entry>::iterator NextEntry();

  SchedulerPolicy policy_;
  int64_t slice_ns_ = 0;
  int64_t next_sequence_ = 0;
  int64_t floor_vruntime_ns_ = 0;  // Virtual time of the core while nobody waits.
  int64_t weight_sum_ = 0;
  int64_t weighted_vruntime_ = 0;  // Sum of weight * (vruntime - floor) over the queue.
  WaiterList fifo_;
  size_t fifo_size_ = 0;
  absl::btree_set<Entry> tree_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_MACHINE_RUN_QUEUE_H_
