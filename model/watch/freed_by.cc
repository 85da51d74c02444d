// SPDX-License-Identifier: Apache-2.0
#include "model/watch/freed_by.h"

#include <algorithm>
#include <array>
#include <utility>

namespace model {
namespace {

// How many threads of one hang are looked at: their chains have much in common.
constexpr size_t kThreadsOfAHang = 64;

constexpr std::array<std::string_view, 6> kVerbs = {"kill", "cont", "thaw", "complete", "reply", "abort"};

std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text) {
    if (c != ' ' && c != '\t') {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

class Proposal {
 public:
  explicit Proposal(const std::vector<ActionTarget>& targets) : targets_(targets) {}

  bool full() const { return actions_.size() >= kMaxActions; }
  std::vector<Action> Take() { return std::move(actions_); }

  void AddProcess(const Thread* thread) {
    if (thread == nullptr || thread->process() == nullptr) return;
    const Process& process = *thread->process();
    Add(ActionKind::kKill, process.name());
    if (process.stopped()) Add(ActionKind::kCont, process.name());
    AddTarget(process.name());
  }
  void AddTarget(const std::string& name) {
    for (const ActionTarget& target : targets_) {
      if (target.name != name) continue;
      switch (target.kind) {
        case ActionTargetKind::kGate:
          Add(ActionKind::kThaw, name);
          break;
        case ActionTargetKind::kDevice:
          Add(ActionKind::kComplete, name);
          break;
        case ActionTargetKind::kServer:
          Add(ActionKind::kReply, name);
          Add(ActionKind::kAbort, name);
          break;
        case ActionTargetKind::kPool:
          Add(ActionKind::kCommand, "zpool clear " + name);
          break;
      }
    }
  }

 private:
  void Add(ActionKind kind, std::string target) {
    Action action{kind, std::move(target)};
    if (full() || std::find(actions_.begin(), actions_.end(), action) != actions_.end()) return;
    actions_.push_back(std::move(action));
  }

  const std::vector<ActionTarget>& targets_;
  std::vector<Action> actions_;
};

}  // namespace

std::string ActionText(const Action& action) {
  if (action.kind == ActionKind::kCommand) return action.target;
  return std::string(kVerbs[static_cast<size_t>(action.kind)]) + " " + action.target;
}

std::optional<Action> ParseAction(std::string_view text) {
  const std::vector<std::string> words = Words(text);
  if (words.size() < 2) return std::nullopt;
  if (words[0] == "zfs" || words[0] == "zpool") {
    std::string command = words[0];
    for (size_t i = 1; i < words.size(); ++i) command += " " + words[i];
    return Action{ActionKind::kCommand, std::move(command)};
  }
  for (size_t i = 0; i < kVerbs.size(); ++i) {
    if (words[0] == kVerbs[i] && words.size() == 2) return Action{static_cast<ActionKind>(i), words[1]};
  }
  return std::nullopt;
}

std::vector<Action> ProposeActions(const Judgement& judgement, const std::vector<ActionTarget>& targets) {
  Proposal proposal(targets);
  for (const HangVerdict& hang : judgement.hangs) {
    proposal.AddProcess(hang.root.thread);
    proposal.AddTarget(hang.root.name);
    for (const std::string& name : hang.cycle) {
      for (const Thread* thread : hang.threads) {
        if (thread->name() == name) proposal.AddProcess(thread);
      }
      proposal.AddTarget(name);
    }
    for (size_t i = 0; i < std::min(hang.threads.size(), kThreadsOfAHang) && !proposal.full(); ++i) {
      const Thread* thread = hang.threads[i];
      proposal.AddProcess(thread);
      if (const Waitable* object = WaitsOn(*thread)) proposal.AddTarget(object->root_name());
      for (const ChainStep& step : judgement.hung.Chain(thread)) {
        for (const std::string& holder : step.holders) proposal.AddTarget(holder);
      }
    }
  }
  return proposal.Take();
}

std::vector<FreedBy> TryActions(const std::vector<Action>& actions,
                                const std::function<Outcome(const Action&)>& rerun) {
  std::vector<FreedBy> result;
  for (const Action& action : actions) {
    Outcome outcome = rerun(action);
    if (!outcome.freed.empty()) result.push_back({action, std::move(outcome.freed), outcome.all});
  }
  return result;
}

}  // namespace model
