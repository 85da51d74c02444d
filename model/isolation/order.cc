// SPDX-License-Identifier: Apache-2.0
#include "model/isolation/order.h"

#include <algorithm>
#include <functional>
#include <queue>

namespace model {
namespace {

// Tarjan's components, without recursion: a chain of transactions may be long.
class Components {
 public:
  explicit Components(const SuccessorLists& successors)
      : successors_(successors), index_(successors.size(), -1), low_(successors.size(), 0) {}

  std::vector<std::vector<int32_t>> Find(const std::vector<int32_t>& nodes) {
    for (const int32_t node : nodes) {
      if (index_[static_cast<size_t>(node)] < 0) Visit(node);
    }
    std::sort(knots_.begin(), knots_.end());
    return std::move(knots_);
  }

 private:
  struct Frame {
    int32_t node;
    size_t next = 0;
  };

  void Open(int32_t node) {
    const auto i = static_cast<size_t>(node);
    index_[i] = low_[i] = count_++;
    stack_.push_back(node);
    frames_.push_back({.node = node});
  }

  void Visit(int32_t root) {
    Open(root);
    while (!frames_.empty()) {
      Frame& frame = frames_.back();
      const auto i = static_cast<size_t>(frame.node);
      if (frame.next == successors_[i].size()) {
        Close(frame.node);
        continue;
      }
      const int32_t next = successors_[i][frame.next++];
      const auto n = static_cast<size_t>(next);
      if (index_[n] < 0) {
        Open(next);
      } else if (index_[n] != kClosed) {
        low_[i] = std::min(low_[i], index_[n]);
      }
    }
  }

  void Close(int32_t node) {
    const auto i = static_cast<size_t>(node);
    frames_.pop_back();
    if (!frames_.empty()) {
      int32_t& above = low_[static_cast<size_t>(frames_.back().node)];
      above = std::min(above, low_[i]);
    }
    if (low_[i] != index_[i]) return;
    const auto first = std::find(stack_.rbegin(), stack_.rend(), node).base() - 1;
    std::vector<int32_t> knot(first, stack_.end());
    stack_.erase(first, stack_.end());
    for (const int32_t member : knot) index_[static_cast<size_t>(member)] = kClosed;
    std::sort(knot.begin(), knot.end());
    if (knot.size() > 1) knots_.push_back(std::move(knot));
  }

  static constexpr int32_t kClosed = INT32_MAX;

  const SuccessorLists& successors_;
  std::vector<int32_t> index_;
  std::vector<int32_t> low_;
  int32_t count_ = 0;
  std::vector<int32_t> stack_;
  std::vector<Frame> frames_;
  std::vector<std::vector<int32_t>> knots_;
};

// Kahn's order of `nodes`, the lowest `rank` first among those that are free; nothing if there is a cycle.
std::optional<std::vector<int32_t>> OrderOf(const SuccessorLists& successors,
                                            const std::vector<int32_t>& nodes,
                                            const std::vector<int64_t>& rank) {
  std::vector<int32_t> before(successors.size(), 0);
  for (const int32_t node : nodes) {
    for (const int32_t next : successors[static_cast<size_t>(node)]) ++before[static_cast<size_t>(next)];
  }
  using Entry = std::pair<int64_t, int32_t>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open;
  const auto push = [&](int32_t node) { open.emplace(rank[static_cast<size_t>(node)], node); };
  for (const int32_t node : nodes) {
    if (before[static_cast<size_t>(node)] == 0) push(node);
  }
  std::vector<int32_t> order;
  while (!open.empty()) {
    const int32_t node = open.top().second;
    open.pop();
    order.push_back(node);
    for (const int32_t next : successors[static_cast<size_t>(node)]) {
      if (--before[static_cast<size_t>(next)] == 0) push(next);
    }
  }
  if (order.size() != nodes.size()) return std::nullopt;
  return order;
}

std::vector<int64_t> Begins(const Conflicts& conflicts) {
  std::vector<int64_t> begins;
  for (const HistoryTransaction& one : conflicts.history().transactions()) begins.push_back(one.begun);
  return begins;
}

}  // namespace

SuccessorLists DirectSuccessors(const Conflicts& conflicts) {
  SuccessorLists successors(conflicts.history().transactions().size());
  conflicts.ForEachDirect([&](const Dependency& dependency) {
    successors[static_cast<size_t>(dependency.from)].push_back(dependency.to);
  });
  for (std::vector<int32_t>& list : successors) {
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  }
  return successors;
}

std::vector<std::vector<int32_t>> KnotsOf(const Conflicts& conflicts, const SuccessorLists& successors) {
  return Components(successors).Find(conflicts.committed());
}

std::optional<std::vector<int32_t>> SerialOrder(const Conflicts& conflicts,
                                                const SuccessorLists& successors) {
  return OrderOf(successors, conflicts.committed(), Begins(conflicts));
}

// Each end of a transaction is a node of its own in a chain: what ended comes before its node, and the
// last node before a begin comes before what began.
std::optional<std::vector<int32_t>> StrictOrder(const Conflicts& conflicts,
                                                const SuccessorLists& successors) {
  const History& history = conflicts.history();
  std::vector<int32_t> by_end = conflicts.committed();
  std::sort(by_end.begin(), by_end.end(), [&](int32_t a, int32_t b) {
    return history.transaction(a).ended < history.transaction(b).ended;
  });
  SuccessorLists with_ends = successors;
  const auto first = static_cast<int32_t>(successors.size());
  with_ends.resize(successors.size() + by_end.size());
  std::vector<int64_t> rank = Begins(conflicts);
  std::vector<int32_t> nodes = conflicts.committed();
  std::vector<int64_t> ends;
  for (size_t i = 0; i < by_end.size(); ++i) {
    const int32_t node = first + static_cast<int32_t>(i);
    ends.push_back(history.transaction(by_end[i]).ended);
    rank.push_back(ends.back());
    nodes.push_back(node);
    with_ends[static_cast<size_t>(by_end[i])].push_back(node);
    if (i + 1 < by_end.size()) with_ends[static_cast<size_t>(node)].push_back(node + 1);
  }
  for (const int32_t transaction : conflicts.committed()) {
    const auto later = std::lower_bound(ends.begin(), ends.end(), history.transaction(transaction).begun);
    if (later == ends.begin()) continue;
    const auto node = static_cast<size_t>(first) + static_cast<size_t>(later - ends.begin()) - 1;
    with_ends[node].push_back(transaction);
  }
  std::optional<std::vector<int32_t>> order = OrderOf(with_ends, nodes, rank);
  if (order) std::erase_if(*order, [&](int32_t node) { return node >= first; });
  return order;
}

std::vector<Dependency> ShortestPath(const Conflicts& conflicts, const std::vector<int32_t>& members,
                                     int32_t from, int32_t to) {
  // Breadth first, members in order: the first path found is the shortest, and always the same.
  std::vector<std::optional<Dependency>> reached_by(members.size());
  const auto reached = [&](int32_t member) -> std::optional<Dependency>& {
    return reached_by[static_cast<size_t>(std::lower_bound(members.begin(), members.end(), member) -
                                          members.begin())];
  };
  std::vector<Dependency> path;
  for (std::vector<int32_t> wave = {from}; !wave.empty() && path.empty();) {
    std::vector<int32_t> next_wave;
    for (const int32_t node : wave) {
      const std::optional<Dependency> last = node == to ? std::nullopt : conflicts.Between(node, to);
      if (last) {
        path.push_back(*last);
        for (int32_t at = node; at != from; at = path.back().from) path.push_back(*reached(at));
        break;
      }
      for (const int32_t member : members) {
        if (member == node || member == from || reached(member)) continue;
        reached(member) = conflicts.Between(node, member);
        if (reached(member)) next_wave.push_back(member);
      }
    }
    wave = std::move(next_wave);
  }
  std::reverse(path.begin(), path.end());
  return path;
}

}  // namespace model
