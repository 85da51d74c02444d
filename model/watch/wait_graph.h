// SPDX-License-Identifier: Apache-2.0
//
// The wait-for graph at one instant, and who in it can still progress.
//
// A node is an actor; its clauses (EnderSet) say what its wait needs: of every
// clause one member that progresses. The least fixpoint over that is exact: who
// is outside it can be freed by nothing that is left in the system, whatever
// timers tick elsewhere.
//
// The fixpoint is then continued under wider and wider assumptions, and the phase
// in which a node is reached says what it lacks:
//
//   phase       assumes besides                               the node is
//   kProgress   -                                             not hung
//   kUnknown    what runs for ever undeclared may yet act     undecided
//   kLivelock   who only repeats itself comes on              behind a livelock
//   kOutside    devices reply, stopped processes continue,    behind something outside
//               declared endless loops end
//   kLost       lost events come, dead owners release         behind a lost event
//   kNever      -                                             in or behind a deadlock
//
// Each clause remembers the member that satisfied it first, its cause. Causes
// lead strictly backwards in the order of derivation, so that following them ends
// at a source: the root of the chain. What is never reached waits for the like of
// it: following any unsatisfied clause ends in a cycle.
//
// A server, worker or idle kernel thread that waits for work is a node too, but
// only the first two phases pass through it: who depends on one that gets no work
// has lost an event. See Thread::idles().
//
// Cost: O(actors + edges); nodes are numbered in order of threads, then of
// discovery, so all that follows from the numbers is the same in every run.
#ifndef TXGSIM_MODEL_WATCH_WAIT_GRAPH_H_
#define TXGSIM_MODEL_WATCH_WAIT_GRAPH_H_

#include <cstdint>
#include <vector>

#include "model/machine/machine.h"

namespace model {

enum class WaitPhase : uint8_t { kProgress, kUnknown, kLivelock, kOutside, kLost, kNever };

class WaitGraph {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  struct Node {
    const Actor* actor = nullptr;
    const Thread* thread = nullptr;  // Null for an I/O, a request and the like.
    Actor::Condition condition = Actor::Condition::kProgresses;
    WaitPhase phase = WaitPhase::kNever;
    bool source = false;  // Reached by assumption, not through its clauses: a root.
    bool idle = false;    // Waits for work.
    bool clock = false;
    bool outside = false;
    bool livelocked = false;
    bool held_back = false;      // Would progress, were it not livelocked.
    uint32_t clauses_begin = 0;  // Into clauses().
    uint32_t clauses_end = 0;
    uint32_t unsatisfied = 0;
    uint32_t rank = 0;  // Order of derivation.
  };
  struct Clause {
    uint32_t members_begin = 0;  // Into members().
    uint32_t members_end = 0;
    WaitPhase phase = WaitPhase::kNever;
    // The member that satisfied it, or, in a deadlock, its first by name. None if the
    // clause was lost.
    uint32_t cause = kNone;
    bool queued_in_front = false;
  };

  // `livelocked`: threads that repeat themselves without progress.
  WaitGraph(const Machine& machine, const std::vector<const Thread*>& livelocked);

  const std::vector<Node>& nodes() const { return nodes_; }
  const std::vector<Clause>& clauses() const { return clauses_; }
  const std::vector<uint32_t>& members() const { return members_; }
  // Returns kNone if the actor is not in the graph. Not after another graph was drawn.
  uint32_t IndexOf(const Actor* actor) const;
  // Neither progressing nor ended nor waiting for work.
  bool Stuck(uint32_t node) const {
    const Node& n = nodes_[node];
    return n.phase >= WaitPhase::kLivelock && n.condition != Actor::Condition::kEnded && !n.idle;
  }

  // The clause through which the chain from `node` goes on towards its root: of
  // those that were satisfied in its own phase the first that is no queueing.
  // Returns kNone for a source.
  uint32_t LeadingClause(uint32_t node) const;
  // Whom that clause leads to: its cause. Returns kNone at the end of the chain.
  uint32_t Next(uint32_t node) const;

 private:
  uint32_t Add(const Actor* actor);
  void Examine(uint32_t node);
  bool ShareClauses(uint32_t node);
  void AddClauses(uint32_t node);
  void Link();
  void Derive(uint32_t node, WaitPhase phase, bool source);
  void Satisfy(uint32_t clause, WaitPhase phase, uint32_t cause);
  void Drain(WaitPhase phase);
  void Solve();
  bool Lost(const Clause& clause) const;
  uint32_t FirstByName(const Clause& clause) const;

  std::vector<Node> nodes_;
  std::vector<Clause> clauses_;
  std::vector<uint32_t> members_;
  // The same edges backwards: node to the clauses that it is a member of, clause to
  // the nodes that need it. Compressed rows.
  std::vector<uint32_t> member_of_begin_, member_of_;
  std::vector<uint32_t> owners_begin_, owners_;
  // Clauses that all waiters of an object have in common, by its graph_index().
  struct Shared {
    const Waitable* object;
    uint32_t node;  // The first waiter.
  };
  std::vector<Shared> shared_;
  std::vector<uint32_t> queue_;
  uint32_t next_rank_ = 0;
  EnderSet enders_;  // Kept for its storage.
};

// A thread that waits for work, in no wait that anybody would call a hang.
bool WaitsForWork(const Thread& thread);
// A lock, which owners hold; everything else is ended by an event.
inline bool IsLock(const Waitable* object) {
  return object != nullptr && object->kind() <= WaitableKind::kSemaphore;
}
// What the thread waits on now, or null: not a thread that has been woken or stopped.
const Waitable* WaitsOn(const Thread& thread);

}  // namespace model

#endif  // TXGSIM_MODEL_WATCH_WAIT_GRAPH_H_
