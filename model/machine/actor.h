// SPDX-License-Identifier: Apache-2.0
//
// The nodes of the wait-for graph.
//
// An Actor is whatever can hold a lock or end a wait: a thread, an I/O, a
// request to a server, a work item. A Waitable (waitable.h) is what one waits on.
// The graph is kept live: each waiting actor knows its Waitable, and each Waitable
// can say, for one of its waiters, who may still end that wait (EnderSet).
#ifndef TXGSIM_MODEL_MACHINE_ACTOR_H_
#define TXGSIM_MODEL_MACHINE_ACTOR_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace model {

class Actor;
class Lock;
class Waitable;

// Who can end a wait: a conjunction of clauses, each a disjunction of actors.
// The wait can still end if every clause has an actor that can still progress.
// An empty clause can never be satisfied: nobody is left.
struct EnderSet {
  struct Clause {
    std::vector<const Actor*> any_of;
    // Set for a waiter queued in front: the wait goes through it to the holder,
    // and a reported cycle names the holder.
    bool queued_in_front = false;
  };
  std::vector<Clause> all_of;
  bool clock = false;    // An event that is already scheduled ends it.
  bool outside = false;  // Only someone outside the system can: never counted on.

  void Needs(const Actor* actor) { all_of.push_back({{actor}, false}); }
  void NeedsQueued(const Actor* actor) { all_of.push_back({{actor}, true}); }
  Clause& NeedsAnyOf() { return all_of.emplace_back(); }
};

enum class ActorKind : uint8_t { kThread, kIo, kRequest, kWork, kTransaction, kOutside };

class Actor {
 public:
  Actor(ActorKind actor_kind, std::string actor_name) : name_(std::move(actor_name)), kind_(actor_kind) {}
  Actor(const Actor&) = delete;
  Actor& operator=(const Actor&) = delete;
  virtual ~Actor() = default;

  ActorKind kind() const { return kind_; }
  const std::string& name() const { return name_; }

  enum class Condition {
    kProgresses,  // Runs, or will run without anybody's help.
    kDepends,     // Waits; see the EnderSet.
    kForever,     // Runs for ever by declaration: progresses, but ends nothing.
    kEnded,
  };
  // How this actor stands. For kDepends, fills `enders`.
  virtual Condition Examine(EnderSet* enders) const = 0;
  // The name under which a cycle or a root shows it (an I/O stands under its device's).
  virtual const std::string& reported_name() const { return name_; }
  // A hold of `lock` is now this actor's (Lock::GiveTo). What ends by an event and
  // not by code, an I/O or a request, releases it then.
  virtual void OnHoldGiven(Lock*) {}

  // Its number in the graph that the watch draws at this instant; nobody else's business.
  uint32_t graph_index() const { return graph_index_; }
  void set_graph_index(uint32_t index) const { graph_index_ = index; }

 private:
  std::string name_;
  mutable uint32_t graph_index_ = 0;
  ActorKind kind_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_MACHINE_ACTOR_H_
