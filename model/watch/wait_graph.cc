// SPDX-License-Identifier: Apache-2.0
#include "model/watch/wait_graph.h"

#include <string_view>

namespace model {
namespace {

const std::string& ShownName(const WaitGraph::Node& node) {
  return node.thread != nullptr ? node.actor->name() : node.actor->reported_name();
}

}  // namespace

const Waitable* WaitsOn(const Thread& thread) {
  const bool waits = thread.state() == ThreadState::kSleeping || thread.spinning();
  return waits ? thread.waiter().on : nullptr;
}

bool WaitsForWork(const Thread& thread) {
  const Waitable* object = WaitsOn(thread);
  return thread.idles() && object != nullptr && !IsLock(object);
}

WaitGraph::WaitGraph(const Machine& machine, const std::vector<const Thread*>& livelocked) {
  nodes_.reserve(machine.threads().size());
  for (const auto& thread : machine.threads()) {
    if (!thread->ended()) Add(thread.get());
  }
  for (const Thread* thread : livelocked) {
    if (const uint32_t node = IndexOf(thread); node != kNone) nodes_[node].livelocked = true;
  }
  // Grows while it is walked: members that are no threads come to the end.
  for (uint32_t node = 0; node < nodes_.size(); ++node) Examine(node);
  Link();
  Solve();
}

uint32_t WaitGraph::IndexOf(const Actor* actor) const {
  const uint32_t index = actor->graph_index();
  return index < nodes_.size() && nodes_[index].actor == actor ? index : kNone;
}

uint32_t WaitGraph::Add(const Actor* actor) {
  if (const uint32_t known = IndexOf(actor); known != kNone) return known;
  const auto index = static_cast<uint32_t>(nodes_.size());
  Node& node = nodes_.emplace_back();
  node.actor = actor;
  if (actor->kind() == ActorKind::kThread) node.thread = static_cast<const Thread*>(actor);
  actor->set_graph_index(index);
  return index;
}

bool WaitGraph::ShareClauses(uint32_t index) {
  Node& node = nodes_[index];
  if (node.thread == nullptr || node.thread->waiter().timer.valid()) return false;
  const Waitable* object = WaitsOn(*node.thread);
  if (object == nullptr || !object->same_enders_for_all()) return false;
  const uint32_t known = object->graph_index();
  if (known < shared_.size() && shared_[known].object == object) {
    const Node& first = nodes_[shared_[known].node];
    node.condition = first.condition;
    node.clock = first.clock;
    node.outside = first.outside;
    node.clauses_begin = first.clauses_begin;
    node.clauses_end = first.clauses_end;
    return true;
  }
  object->set_graph_index(static_cast<uint32_t>(shared_.size()));
  shared_.push_back({object, index});
  return false;
}

void WaitGraph::Examine(uint32_t index) {
  const Thread* thread = nodes_[index].thread;
  // A declared endless loop is one also while another thread has its core.
  if (thread != nullptr && thread->runs_forever() && !thread->killed() &&
      thread->state() != ThreadState::kStopped) {
    nodes_[index].condition = Actor::Condition::kForever;
    return;
  }
  if (thread != nullptr) nodes_[index].idle = WaitsForWork(*thread);
  if (ShareClauses(index)) return;
  enders_.all_of.clear();
  enders_.clock = enders_.outside = false;
  nodes_[index].condition = nodes_[index].actor->Examine(&enders_);
  nodes_[index].clock = enders_.clock;
  nodes_[index].outside = enders_.outside;
  nodes_[index].clauses_begin = nodes_[index].clauses_end = static_cast<uint32_t>(clauses_.size());
  if (nodes_[index].condition == Actor::Condition::kDepends && !enders_.clock) AddClauses(index);
}

void WaitGraph::AddClauses(uint32_t index) {
  for (const EnderSet::Clause& clause : enders_.all_of) {
    Clause& added = clauses_.emplace_back();
    added.queued_in_front = clause.queued_in_front;
    added.members_begin = static_cast<uint32_t>(members_.size());
    for (const Actor* actor : clause.any_of) members_.push_back(Add(actor));
    added.members_end = static_cast<uint32_t>(members_.size());
  }
  nodes_[index].clauses_end = static_cast<uint32_t>(clauses_.size());
}

// Turns the edges round, by counting.
void WaitGraph::Link() {
  member_of_begin_.assign(nodes_.size() + 1, 0);
  for (const uint32_t member : members_) ++member_of_begin_[member + 1];
  for (size_t i = 1; i < member_of_begin_.size(); ++i) member_of_begin_[i] += member_of_begin_[i - 1];
  member_of_.resize(members_.size());
  std::vector<uint32_t> fill(member_of_begin_.begin(), member_of_begin_.end() - 1);
  for (uint32_t clause = 0; clause < clauses_.size(); ++clause) {
    for (uint32_t i = clauses_[clause].members_begin; i < clauses_[clause].members_end; ++i) {
      member_of_[fill[members_[i]]++] = clause;
    }
  }
  owners_begin_.assign(clauses_.size() + 1, 0);
  for (Node& node : nodes_) {
    node.unsatisfied = node.clauses_end - node.clauses_begin;
    for (uint32_t clause = node.clauses_begin; clause < node.clauses_end; ++clause)
      ++owners_begin_[clause + 1];
  }
  for (size_t i = 1; i < owners_begin_.size(); ++i) owners_begin_[i] += owners_begin_[i - 1];
  owners_.resize(owners_begin_.back());
  fill.assign(owners_begin_.begin(), owners_begin_.end() - 1);
  for (uint32_t node = 0; node < nodes_.size(); ++node) {
    for (uint32_t clause = nodes_[node].clauses_begin; clause < nodes_[node].clauses_end; ++clause) {
      owners_[fill[clause]++] = node;
    }
  }
}

void WaitGraph::Derive(uint32_t index, WaitPhase phase, bool source) {
  Node& node = nodes_[index];
  if (node.phase != WaitPhase::kNever) return;
  if (node.livelocked && phase < WaitPhase::kLivelock) {
    node.held_back = true;
    return;
  }
  if (node.idle && phase > WaitPhase::kUnknown) return;
  node.phase = phase;
  node.source = source;
  node.rank = next_rank_++;
  queue_.push_back(index);
}

void WaitGraph::Satisfy(uint32_t index, WaitPhase phase, uint32_t cause) {
  Clause& clause = clauses_[index];
  if (clause.phase != WaitPhase::kNever) return;
  clause.phase = phase;
  clause.cause = cause;
  for (uint32_t i = owners_begin_[index]; i < owners_begin_[index + 1]; ++i) {
    if (--nodes_[owners_[i]].unsatisfied == 0) Derive(owners_[i], phase, false);
  }
}

void WaitGraph::Drain(WaitPhase phase) {
  for (size_t next = 0; next < queue_.size(); ++next) {
    const uint32_t node = queue_[next];
    for (uint32_t i = member_of_begin_[node]; i < member_of_begin_[node + 1]; ++i) {
      Satisfy(member_of_[i], phase, node);
    }
  }
  queue_.clear();
}

// All who could have satisfied it have gone, or wait for work that none brings.
bool WaitGraph::Lost(const Clause& clause) const {
  for (uint32_t i = clause.members_begin; i < clause.members_end; ++i) {
    const Node& member = nodes_[members_[i]];
    if (member.condition != Actor::Condition::kEnded && !member.idle) return false;
  }
  return true;
}

void WaitGraph::Solve() {
  using Condition = Actor::Condition;
  for (uint32_t i = 0; i < nodes_.size(); ++i) {
    const Node& node = nodes_[i];
    const bool needs_nothing =
        node.condition == Condition::kDepends && node.clauses_begin == node.clauses_end && !node.outside;
    if (node.condition == Condition::kProgresses || node.clock || needs_nothing) {
      Derive(i, WaitPhase::kProgress, true);
    }
  }
  Drain(WaitPhase::kProgress);
  for (uint32_t i = 0; i < nodes_.size(); ++i) {
    const Node& node = nodes_[i];
    const bool declared = node.thread != nullptr && node.thread->runs_forever();
    if (node.condition == Condition::kForever && !declared) Derive(i, WaitPhase::kUnknown, true);
  }
  Drain(WaitPhase::kUnknown);
  for (uint32_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].held_back) Derive(i, WaitPhase::kLivelock, true);
  }
  Drain(WaitPhase::kLivelock);
  for (uint32_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].outside || nodes_[i].condition == Condition::kForever) Derive(i, WaitPhase::kOutside, true);
  }
  Drain(WaitPhase::kOutside);
  for (uint32_t i = 0; i < clauses_.size(); ++i) {
    if (clauses_[i].phase == WaitPhase::kNever && Lost(clauses_[i])) Satisfy(i, WaitPhase::kLost, kNone);
  }
  Drain(WaitPhase::kLost);
  for (Clause& clause : clauses_) {
    if (clause.phase == WaitPhase::kNever) clause.cause = FirstByName(clause);
  }
}

uint32_t WaitGraph::LeadingClause(uint32_t index) const {
  const Node& node = nodes_[index];
  if (node.source) return kNone;
  uint32_t queued = kNone;
  for (uint32_t i = node.clauses_begin; i < node.clauses_end; ++i) {
    if (clauses_[i].phase != node.phase) continue;
    if (!clauses_[i].queued_in_front) return i;
    if (queued == kNone) queued = i;
  }
  return queued;
}

uint32_t WaitGraph::FirstByName(const Clause& clause) const {
  uint32_t first = kNone;
  for (uint32_t i = clause.members_begin; i < clause.members_end; ++i) {
    const uint32_t member = members_[i];
    if (!Stuck(member)) continue;
    if (first == kNone || ShownName(nodes_[member]) < ShownName(nodes_[first])) first = member;
  }
  return first;
}

uint32_t WaitGraph::Next(uint32_t index) const {
  const uint32_t leading = LeadingClause(index);
  return leading == kNone ? kNone : clauses_[leading].cause;
}

}  // namespace model
