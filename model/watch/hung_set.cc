// SPDX-License-Identifier: Apache-2.0
//
// HungSet, the half that finds: who is hung, behind which root, in which hang.
#include "model/watch/hung_set.h"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

namespace model {
namespace {

constexpr uint32_t kNone = WaitGraph::kNone;

// The root of `node` in a union-find forest, halving paths.
uint32_t Representative(std::vector<uint32_t>* parent, uint32_t node) {
  while ((*parent)[node] != node) {
    (*parent)[node] = (*parent)[(*parent)[node]];
    node = (*parent)[node];
  }
  return node;
}

void Join(std::vector<uint32_t>* parent, uint32_t a, uint32_t b) {
  a = Representative(parent, a);
  b = Representative(parent, b);
  if (a != b) (*parent)[std::max(a, b)] = std::min(a, b);
}

// What an actor is waited on as, if it is no thread.
WaitableKind KindOf(const Actor& actor) {
  switch (actor.kind()) {
    case ActorKind::kIo:
      return WaitableKind::kIo;
    case ActorKind::kRequest:
      return WaitableKind::kRequest;
    case ActorKind::kWork:
      return WaitableKind::kWork;
    default:
      return WaitableKind::kOutside;
  }
}

}  // namespace

HungSet::HungSet(const Machine& machine, const HungSetInput& input)
    : groups_(input.groups), graph_(machine, input.livelocked) {
  if (input.nobody) return;
  const auto& nodes = graph_.nodes();
  for (uint32_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].thread == nullptr) continue;
    if (nodes[i].phase == WaitPhase::kUnknown && !nodes[i].source) undecided_.push_back(nodes[i].thread);
    if (graph_.Stuck(i) && nodes[i].thread->state() != ThreadState::kNew) thread_nodes_.push_back(i);
  }
  if (thread_nodes_.empty()) return;
  std::sort(thread_nodes_.begin(), thread_nodes_.end(),
            [&](uint32_t a, uint32_t b) { return nodes[a].thread->tid() < nodes[b].thread->tid(); });
  for (const uint32_t node : thread_nodes_) threads_.push_back(nodes[node].thread);
  FindRoots();
  MakeHangs();
  FindWholeGroups(machine);
  NameRoots();
  FindCycles();
}

size_t HungSet::Find(const Thread* thread) const {
  auto it = std::lower_bound(threads_.begin(), threads_.end(), thread,
                             [](const Thread* a, const Thread* b) { return a->tid() < b->tid(); });
  return static_cast<size_t>(it - threads_.begin());
}

bool HungSet::Contains(const Thread* thread) const {
  const size_t at = Find(thread);
  return at < threads_.size() && threads_[at] == thread;
}

const HangRoot& HungSet::RootOf(const Thread* thread) const {
  SIM_CHECK(Contains(thread));
  return roots_[root_of_[thread_nodes_[Find(thread)]]];
}

size_t HungSet::HangOf(const Thread* thread) const {
  SIM_CHECK(Contains(thread));
  return hang_of_[thread_nodes_[Find(thread)]];
}

std::string HungSet::Shown(uint32_t node) const {
  const WaitGraph::Node& n = graph_.nodes()[node];
  return n.thread != nullptr ? n.actor->name() : n.actor->reported_name();
}

// ---- Roots ----

namespace {

// What a thread at the end of a chain is, or kOutside if what it waits on is the root.
RootKind KindOfThread(const WaitGraph::Node& node) {
  const Thread& thread = *node.thread;
  if (node.phase == WaitPhase::kLivelock) return RootKind::kLivelocked;
  if (node.condition == Actor::Condition::kForever) return RootKind::kEndless;
  if (thread.state() == ThreadState::kNew) return RootKind::kNotBegun;
  const Waitable* object = WaitsOn(thread);
  if (object == nullptr) return RootKind::kStopped;
  return object == &thread.machine().hang_event() ? RootKind::kSilent : RootKind::kOutside;
}

}  // namespace

// The root at the end of a path that begins at a thread. What several I/Os or
// requests make up stands under the name of the first: what the last thread waits on,
// or, if that is a lock, what owns the lock.
HangRoot HungSet::MakeRoot(const std::vector<uint32_t>& path) const {
  const auto& nodes = graph_.nodes();
  const WaitGraph::Node& node = nodes[path.back()];
  size_t last_thread = path.size() - 1;
  while (nodes[path[last_thread]].thread == nullptr) --last_thread;
  const Thread* thread = nodes[path[last_thread]].thread;
  const Waitable* object = WaitsOn(*thread);
  HangRoot root;
  if (node.thread == nullptr && IsLock(object)) {
    const Actor& owner = *nodes[path[last_thread + 1]].actor;
    root.name = owner.reported_name();
    root.object = KindOf(owner);
  } else if (object != nullptr) {
    root.name = object->root_name();
    root.object = object->kind();
  }
  root.kind = node.phase == WaitPhase::kOutside ? RootKind::kOutside : RootKind::kLostEvent;
  if (node.thread != nullptr && node.source) {
    if (const RootKind kind = KindOfThread(node); kind != RootKind::kOutside) {
      root = {.kind = kind, .name = thread->name(), .thread = thread};
    }
  } else if (node.thread != nullptr && IsLock(object)) {
    // Lost, though a lock: its owner has ended.
    const WaitGraph::Clause& clause = graph_.clauses()[graph_.LeadingClause(path.back())];
    for (uint32_t i = clause.members_begin; i < clause.members_end; ++i) {
      const uint32_t owner = graph_.members()[i];
      if (nodes[owner].condition != Actor::Condition::kEnded) continue;
      root = {.kind = RootKind::kDeadOwner, .name = Shown(owner), .thread = nodes[owner].thread};
      break;
    }
  }
  return root;
}

// Chains share their ends: each node is followed once. Two chains that end at
// things of one kind and name have one root.
void HungSet::FindRoots() {
  roots_.emplace_back();
  root_of_.assign(graph_.nodes().size(), kNone);
  absl::btree_map<std::pair<RootKind, std::string>, uint32_t> known;
  std::vector<uint32_t> path;
  for (const uint32_t start : thread_nodes_) {
    uint32_t node = start;
    path.clear();
    uint32_t root = kNone;
    while (root == kNone) {
      if (root_of_[node] != kNone) {
        root = root_of_[node];
      } else if (graph_.nodes()[node].phase == WaitPhase::kNever) {
        root = 0;
      } else {
        path.push_back(node);
        const uint32_t next = graph_.Next(node);
        if (next != kNone) {
          node = next;
          continue;
        }
        HangRoot made = MakeRoot(path);
        const auto [it, fresh] =
            known.try_emplace({made.kind, made.name}, static_cast<uint32_t>(roots_.size()));
        if (fresh) roots_.push_back(std::move(made));
        root = it->second;
      }
    }
    root_of_[start] = root;
    for (const uint32_t passed : path) root_of_[passed] = root;
  }
}

// ---- Hangs ----

void HungSet::JoinHangs(std::vector<uint32_t>* parent) const {
  const auto& nodes = graph_.nodes();
  // Once for each clause: its stuck members with each other; then owners with one.
  std::vector<uint32_t> member_of_clause(graph_.clauses().size(), kNone);
  std::vector<bool> joined(graph_.clauses().size(), false);
  for (uint32_t node = 0; node < nodes.size(); ++node) {
    if (!graph_.Stuck(node)) continue;
    for (uint32_t c = nodes[node].clauses_begin; c < nodes[node].clauses_end; ++c) {
      const WaitGraph::Clause& clause = graph_.clauses()[c];
      if (clause.phase < WaitPhase::kLivelock) continue;
      if (!joined[c]) {
        joined[c] = true;
        for (uint32_t i = clause.members_begin; i < clause.members_end; ++i) {
          const uint32_t member = graph_.members()[i];
          if (!graph_.Stuck(member)) continue;
          if (member_of_clause[c] != kNone) Join(parent, member_of_clause[c], member);
          member_of_clause[c] = member;
        }
      }
      if (member_of_clause[c] != kNone) Join(parent, node, member_of_clause[c]);
    }
  }
  std::vector<uint32_t> first_at_root(roots_.size(), kNone);
  for (const uint32_t node : thread_nodes_) {
    const uint32_t root = root_of_[node];
    if (root == 0) continue;
    if (first_at_root[root] != kNone) Join(parent, first_at_root[root], node);
    first_at_root[root] = node;
  }
}

void HungSet::MakeHangs() {
  const auto& nodes = graph_.nodes();
  std::vector<uint32_t> parent(nodes.size());
  std::iota(parent.begin(), parent.end(), 0);
  JoinHangs(&parent);

  std::vector<Hang> found;
  std::vector<uint32_t> found_of(nodes.size(), kNone);  // By representative.
  for (const uint32_t node : thread_nodes_) {
    uint32_t& index = found_of[Representative(&parent, node)];
    if (index == kNone) {
      index = static_cast<uint32_t>(found.size());
      found.emplace_back().cause = WaitPhase::kLivelock;
    }
    Hang& hang = found[index];
    if (hang.threads.empty() || nodes[node].phase > hang.cause) {
      hang.cause = nodes[node].phase;
      hang.root = roots_[root_of_[node]];
    }
    hang.threads.push_back(nodes[node].thread);
  }
  // Gravest first; those of one cause stay in the order of their first thread.
  std::vector<uint32_t> order(found.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return found[a].cause > found[b].cause; });
  std::vector<uint32_t> place(found.size());
  for (uint32_t i = 0; i < order.size(); ++i) {
    place[order[i]] = i;
    hangs_.push_back(std::move(found[order[i]]));
  }
  hang_of_.assign(nodes.size(), kNone);
  for (uint32_t node = 0; node < nodes.size(); ++node) {
    const uint32_t index = found_of[Representative(&parent, node)];
    if (index != kNone) hang_of_[node] = place[index];
  }
}

}  // namespace model
