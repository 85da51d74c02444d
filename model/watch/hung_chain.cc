// SPDX-License-Identifier: Apache-2.0
//
// HungSet, the half that tells: names, cycles and chains.
#include <algorithm>
#include <string_view>
#include <utility>

#include "model/watch/hung_set.h"
#include "model/watch/ps.h"

namespace model {
namespace {

constexpr uint32_t kNone = WaitGraph::kNone;
// How many of those that a thread needs a step of a chain names.
constexpr size_t kMostNames = 64;
constexpr char kCore[] = "core";  // What a runnable thread waits for.

}  // namespace

// ---- Names ----

std::string_view HungSet::GroupOf(const Thread& thread) const {
  return groups_ != nullptr ? groups_->GroupOf(thread.name()) : std::string_view(thread.name());
}

// Which pools of threads are in one hang with all their living threads.
void HungSet::FindWholeGroups(const Machine& machine) {
  if (groups_ == nullptr) return;
  for (const uint32_t node : thread_nodes_) {
    const Thread& thread = *graph_.nodes()[node].thread;
    const std::string_view group = GroupOf(thread);
    if (group != thread.name()) whole_group_in_.try_emplace(std::string(group), hang_of_[node]);
  }
  if (whole_group_in_.empty()) return;
  for (const auto& thread : machine.threads()) {
    if (thread->ended()) continue;
    auto it = whole_group_in_.find(std::string(GroupOf(*thread)));
    if (it == whole_group_in_.end()) continue;
    const bool inside = Contains(thread.get()) && hang_of_[thread_nodes_[Find(thread.get())]] == it->second;
    if (!inside) it->second = kNone;
  }
}

std::string HungSet::ReportedName(const Thread& thread, uint32_t hang) const {
  const std::string group(GroupOf(thread));
  auto it = whole_group_in_.find(group);
  return it != whole_group_in_.end() && it->second == hang ? group : thread.name();
}

void HungSet::NameRoots() {
  for (size_t i = 0; i < threads_.size(); ++i) {
    const uint32_t hang = hang_of_[thread_nodes_[i]];
    HangRoot& root = roots_[root_of_[thread_nodes_[i]]];
    if (root.thread != nullptr && !root.thread->ended()) root.name = ReportedName(*root.thread, hang);
  }
  for (uint32_t i = 0; i < hangs_.size(); ++i) {
    HangRoot& root = hangs_[i].root;
    if (root.thread != nullptr && !root.thread->ended()) root.name = ReportedName(*root.thread, i);
  }
}

// ---- Cycles ----

void HungSet::FindCycles() {
  std::vector<bool> seen(graph_.nodes().size(), false);
  std::vector<uint32_t> position(graph_.nodes().size(), kNone);  // In the path at hand.
  std::vector<uint32_t> path;
  for (const uint32_t start : thread_nodes_) {
    if (graph_.nodes()[start].phase != WaitPhase::kNever) continue;
    path.clear();
    uint32_t node = start;
    while (!seen[node]) {
      seen[node] = true;
      position[node] = static_cast<uint32_t>(path.size());
      path.push_back(node);
      node = graph_.Next(node);
      SIM_CHECK(node != kNone);
    }
    if (position[node] != kNone) {
      const uint32_t hang = hang_of_[node];
      hangs_[hang].cycles.push_back(MakeCycle({path.begin() + position[node], path.end()}, hang));
    }
    for (const uint32_t passed : path) position[passed] = kNone;
  }
}

// Whether more than one thread could satisfy the clause, were it not stuck. What is no thread counts as
// the thread that it waits for: a task's own work item is the task.
bool HungSet::HasSeveralEnders(const WaitGraph::Clause& clause) const {
  uint32_t first = kNone;
  for (uint32_t i = clause.members_begin; i < clause.members_end; ++i) {
    uint32_t ender = graph_.members()[i];
    if (!graph_.Stuck(ender)) continue;
    for (size_t steps = graph_.nodes().size(); graph_.nodes()[ender].thread == nullptr && steps > 0;
         --steps) {
      const uint32_t next = graph_.Next(ender);
      if (next == kNone) break;
      ender = next;
    }
    if (first != kNone && ender != first) return true;
    first = ender;
  }
  return false;
}

HangCycle HungSet::MakeCycle(std::vector<uint32_t> path, uint32_t hang) const {
  const auto& nodes = graph_.nodes();
  // From the lowest thread id.
  size_t lowest = path.size();
  for (size_t i = 0; i < path.size(); ++i) {
    const Thread* thread = nodes[path[i]].thread;
    if (thread == nullptr) continue;
    if (lowest == path.size() || thread->tid() < nodes[path[lowest]].thread->tid()) lowest = i;
  }
  if (lowest < path.size())
    std::rotate(path.begin(), path.begin() + static_cast<ptrdiff_t>(lowest), path.end());

  struct Member {
    std::string name;
    std::string_view group;  // Of a thread.
    const Thread* thread;
  };
  HangCycle cycle;
  std::vector<Member> members;
  for (size_t i = 0; i < path.size(); ++i) {
    const WaitGraph::Node& before = nodes[path[(i + path.size() - 1) % path.size()]];
    const WaitGraph::Clause& entry =
        graph_.clauses()[graph_.LeadingClause(path[(i + path.size() - 1) % path.size()])];
    const WaitGraph::Node& node = nodes[path[i]];
    if (entry.queued_in_front) continue;
    if (before.thread != nullptr && WaitsOn(*before.thread) == nullptr) {
      cycle.through_core = true;
    } else if (HasSeveralEnders(entry)) {
      cycle.any_of = true;
    }
    if (node.thread != nullptr) {
      members.push_back({ReportedName(*node.thread, hang), GroupOf(*node.thread), node.thread});
    } else if (before.thread != nullptr && IsLock(WaitsOn(*before.thread))) {
      members.push_back({node.actor->reported_name(), {}, nullptr});
    }
  }
  const size_t count = members.size();
  for (size_t i = 0; i < count; ++i) {
    const Member& member = members[i];
    if (member.thread != nullptr) {
      cycle.threads.push_back(member.thread);
    } else {
      const Member& before = members[(i + count - 1) % count];
      const Member& after = members[(i + 1) % count];
      const auto is_it = [&](const Member& other) {
        return other.thread != nullptr && (other.group == member.name || other.thread->name() == member.name);
      };
      if (is_it(before) || is_it(after)) continue;
    }
    if (cycle.names.empty() || cycle.names.back() != member.name) cycle.names.push_back(member.name);
  }
  if (cycle.names.size() > 1 && cycle.names.front() == cycle.names.back()) cycle.names.pop_back();
  return cycle;
}

// ---- Chains ----

uint32_t HungSet::NodeOf(const Thread* thread) const {
  if (Contains(thread)) return thread_nodes_[Find(thread)];
  const auto& nodes = graph_.nodes();
  uint32_t node = 0;
  while (node < nodes.size() && nodes[node].thread != thread) ++node;
  SIM_CHECK(node < nodes.size());
  return node;
}

ChainStep HungSet::StepAt(uint32_t index) const {
  const WaitGraph::Node& node = graph_.nodes()[index];
  ChainStep step;
  step.who = Shown(index);
  step.thread = node.thread;
  const Waitable* object = node.thread != nullptr ? WaitsOn(*node.thread) : nullptr;
  if (object != nullptr) {
    step.on = object->name();
    step.on_lock = object->held();
  } else if (node.thread != nullptr && node.thread->state() == ThreadState::kRunnable) {
    step.on = kCore;
    step.on_lock = true;
  }
  const uint32_t next = graph_.Next(index);
  if (next != kNone && !graph_.clauses()[graph_.LeadingClause(index)].queued_in_front)
    step.holders.push_back(Shown(next));
  for (uint32_t c = node.clauses_begin; c < node.clauses_end; ++c) {
    const WaitGraph::Clause& clause = graph_.clauses()[c];
    if (node.phase >= WaitPhase::kLivelock && clause.phase < WaitPhase::kLivelock) continue;
    std::vector<std::string>& names = clause.queued_in_front ? step.queued : step.holders;
    for (uint32_t i = clause.members_begin; i < clause.members_end; ++i) {
      const uint32_t member = graph_.members()[i];
      if (graph_.nodes()[member].idle) continue;
      // Who has ended is named only where nobody else could.
      if (graph_.nodes()[member].condition == Actor::Condition::kEnded && !names.empty()) continue;
      if (names.size() >= kMostNames) break;
      std::string name = Shown(member);
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
    }
  }
  return step;
}

std::vector<ChainStep> HungSet::Chain(const Thread* thread) const {
  std::vector<ChainStep> chain;
  std::vector<bool> seen(graph_.nodes().size(), false);
  for (uint32_t node = NodeOf(thread); node != kNone && !seen[node]; node = graph_.Next(node)) {
    seen[node] = true;
    chain.push_back(StepAt(node));
  }
  return chain;
}

// `chain_of`: by node, the chain that passes it.
ChainFrom HungSet::ChainFromNode(uint32_t start, std::vector<uint32_t>* chain_of, uint32_t index) const {
  const auto& nodes = graph_.nodes();
  ChainFrom chain;
  chain.threads.push_back(nodes[start].thread);
  uint32_t last = start;
  for (uint32_t node = start; node != kNone; node = graph_.Next(node)) {
    if ((*chain_of)[node] != kNone) {
      chain.end = (*chain_of)[node] == index ? ChainEnd::kCycle : ChainEnd::kJoins;
      chain.joins = Shown(node);
      return chain;
    }
    (*chain_of)[node] = index;
    chain.steps.push_back(StepAt(node));
    last = node;
  }
  if (nodes[start].phase >= WaitPhase::kLivelock) {
    chain.root = roots_[root_of_[start]].kind;
  } else {
    chain.end = nodes[last].phase == WaitPhase::kUnknown ? ChainEnd::kUndecided : ChainEnd::kProgresses;
  }
  return chain;
}

std::vector<ChainFrom> HungSet::Chains(const std::vector<const Thread*>& threads) const {
  const auto& nodes = graph_.nodes();
  std::vector<uint32_t> starts;
  std::vector<bool> waited_for(nodes.size(), false);
  for (const Thread* thread : threads) {
    starts.push_back(NodeOf(thread));
    for (uint32_t node = graph_.Next(starts.back()); node != kNone && !waited_for[node];
         node = graph_.Next(node)) {
      waited_for[node] = true;
    }
  }
  std::stable_partition(starts.begin(), starts.end(), [&](uint32_t node) { return !waited_for[node]; });

  std::vector<ChainFrom> chains;
  std::vector<uint32_t> chain_of(nodes.size(), kNone);
  absl::btree_map<std::pair<std::string, uint32_t>, size_t> alike;  // By object and next.
  for (const uint32_t start : starts) {
    if (chain_of[start] != kNone) continue;
    const Waitable* object = WaitsOn(*nodes[start].thread);
    const bool waits = object != nullptr || nodes[start].thread->state() == ThreadState::kRunnable;
    if (waits && !waited_for[start]) {
      const std::string on = object != nullptr ? object->name() : kCore;
      const auto [it, fresh] = alike.try_emplace({on, graph_.Next(start)}, chains.size());
      if (!fresh) {
        ChainFrom& chain = chains[it->second];
        chain.threads.push_back(nodes[start].thread);
        chain.steps.front().queued.clear();  // Each has another in front.
        continue;
      }
    }
    chains.push_back(ChainFromNode(start, &chain_of, static_cast<uint32_t>(chains.size())));
  }
  return chains;
}

std::vector<const Thread*> HungSet::ThreadsOnChain(const Thread* thread) const {
  SIM_CHECK(Contains(thread));
  std::vector<const Thread*> result;
  std::vector<bool> seen(graph_.nodes().size(), false);
  for (uint32_t i = thread_nodes_[Find(thread)]; i != kNone && !seen[i]; i = graph_.Next(i)) {
    seen[i] = true;
    if (const Thread* passed = graph_.nodes()[i].thread) result.push_back(passed);
  }
  return result;
}

std::string HungSet::EndOfChain(const Thread* thread) const {
  uint32_t node = NodeOf(thread);
  for (uint32_t next = node; next != kNone; next = graph_.Next(node)) node = next;
  return Shown(node);
}

}  // namespace model
