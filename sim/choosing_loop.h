// SPDX-License-Identifier: Apache-2.0
//
// The second run loop: asks which of the pending events goes next.
//
// The plain loop (Simulation::Run) takes the earliest event, ties in scheduling
// order. This one takes by default the same, and gives one order with it; but any
// event whose due time lies within `slack` of the earliest may go first. Taking one
// early sets the clock to its due time; the events passed over run at that time,
// late, as if the machine had been slow for them: steal time, an interrupt, a cache
// miss. With slack 0 only ties are permuted. Since candidates are always within
// slack of the earliest pending event, none is ever late by more.
//
// Events are offered under their keys: whose event it is (EventNames) and how often
// that actor has had such an event. One without a name is not offered and keeps its
// place; when it is the earliest, it goes next.
//
// Selected once a run by Simulation::ChooseOrder. Here the pending events stand
// sorted in one list, since candidates are a prefix of it; the heap, the wheel and
// the ready queue serve the plain loop.
//
// Cost: O(pending) an event. Threads: one run, one thread.
#ifndef TXGSIM_SIM_CHOOSING_LOOP_H_
#define TXGSIM_SIM_CHOOSING_LOOP_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/container/btree_map.h"
#include "sim/choice.h"
#include "sim/simulation.h"

namespace sim {

// Who knows whose events there are.
class EventNames {
 public:
  virtual ~EventNames() = default;
  // The key that MakeEventKey gave the event which resumes `leaf`, or calls `handler`; 0: it has no name.
  virtual uint64_t NameOf(const PromiseBase& leaf) = 0;
  virtual uint64_t NameOf(const EventHandler& handler) = 0;
};

struct OrderOptions {
  Chooser* chooser = nullptr;
  EventNames* names = nullptr;
  SimDuration slack;
  // Told before an event runs late, with the time at which it was due; may be empty.
  std::function<void(const EventKey& event, SimTime due)> on_late;
};

class ChoosingLoop {
 public:
  ChoosingLoop(Simulation* simulation, OrderOptions options);

  Simulation::End Run(SimTime until);
  // Pending events that the ready queue gave up.
  size_t ready_count() const { return ready_count_; }
  // Due time of the earliest pending event; SimTime::Max() if there is none.
  SimTime FirstDue() const;

 private:
  struct Pending {
    DueKey key;         // Of ready events: their time.
    uint64_t sequence;  // In the order of scheduling. The queue's own numbers begin anew now and then.
    uintptr_t payload;  // Of ready events; 0: the queue knows it.
    EventKey event;     // key 0: it has no name.
  };
  // The order of the plain loop: what was in the queue for an instant, then what became ready at it.
  static bool Before(const Pending& a, const Pending& b);

  void Absorb();
  void Insert(const Pending& pending);
  EventKey KeyOf(uintptr_t payload);
  // The place of the event that goes next. REQUIRES: !pending_.empty()
  size_t Choose(SimTime until);
  void RunAt(size_t place);

  Simulation* simulation_;
  OrderOptions options_;
  std::vector<Pending> pending_;  // Sorted; some may have been cancelled.
  size_t ready_count_ = 0;
  uint64_t next_sequence_ = 0;
  absl::btree_map<uint64_t, uint32_t> counts_;  // Events so far, by name.
  // Scratch of Absorb and Choose.
  std::vector<DueKey> taken_;
  std::vector<EventKey> candidates_;
  std::vector<size_t> places_;
};

}  // namespace sim

#endif  // TXGSIM_SIM_CHOOSING_LOOP_H_
