// SPDX-License-Identifier: Apache-2.0
//
// Who can still progress: the least fixpoint over the wait-for graph, the slow and plain
// way. An actor progresses if it runs, if the clock brings it back, or if each clause of
// its EnderSet has an actor that progresses.
#ifndef TXGSIM_TESTS_MODEL_SUPPORT_WAIT_GRAPH_H_
#define TXGSIM_TESTS_MODEL_SUPPORT_WAIT_GRAPH_H_

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "model/machine/machine.h"

namespace model {

class WaitGraph {
 public:
  explicit WaitGraph(const Machine& machine) : machine_(machine) {
    for (const auto& thread : machine.threads()) Visit(thread.get());
    bool changed = true;
    while (changed) {
      changed = false;
      for (const Node& node : nodes_) {
        if (progresses_.count(node.actor) == 0 && CanEnd(node)) {
          progresses_.insert(node.actor);
          changed = true;
        }
      }
    }
  }

  bool Progresses(const Actor* actor) const { return progresses_.count(actor) != 0; }
  // Names of the threads that wait and cannot go on, in order of creation; those that
  // wait for work are left out.
  std::vector<std::string> Hung() const {
    std::vector<std::string> names;
    for (const auto& thread : machine_.threads()) {
      EnderSet enders;
      if (thread->Examine(&enders) != Actor::Condition::kDepends || thread->idles()) continue;
      if (!Progresses(thread.get())) names.push_back(thread->name());
    }
    return names;
  }
  // True if the wait of `thread` needs `other`, directly.
  bool Needs(const Actor* actor, const Actor* other) const {
    for (const Node& node : nodes_) {
      if (node.actor != actor) continue;
      for (const EnderSet::Clause& clause : node.enders.all_of) {
        if (std::count(clause.any_of.begin(), clause.any_of.end(), other) != 0) return true;
      }
    }
    return false;
  }

 private:
  struct Node {
    const Actor* actor;
    Actor::Condition condition;
    EnderSet enders;
  };

  void Visit(const Actor* actor) {
    if (!seen_.insert(actor).second) return;
    Node node = {actor, {}, {}};
    node.condition = actor->Examine(&node.enders);
    nodes_.push_back(node);
    for (const EnderSet::Clause& clause : node.enders.all_of) {
      for (const Actor* other : clause.any_of) Visit(other);
    }
  }

  bool CanEnd(const Node& node) const {
    if (node.condition == Actor::Condition::kProgresses) return true;
    if (node.condition != Actor::Condition::kDepends) return false;
    if (node.enders.clock) return true;
    return !node.enders.all_of.empty() &&
           std::all_of(node.enders.all_of.begin(), node.enders.all_of.end(),
                       [&](const EnderSet::Clause& clause) {
                         return std::any_of(clause.any_of.begin(), clause.any_of.end(),
                                            [&](const Actor* actor) { return Progresses(actor); });
                       });
  }

  const Machine& machine_;
  std::set<const Actor*> seen_;
  std::set<const Actor*> progresses_;
  std::vector<Node> nodes_;
};

}  // namespace model

#endif  // TXGSIM_TESTS_MODEL_SUPPORT_WAIT_GRAPH_H_
