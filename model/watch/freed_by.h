// SPDX-License-Identifier: Apache-2.0
//
// Which single action would end a hang: proposed from the wait chain, found by trying.
//
//   kill NAME        SIGKILL to a process          complete DEVICE   what is in flight ends
//   cont NAME        SIGCONT                       reply SERVER      what was taken is answered
//   thaw NAME        a gate or freezer is opened   abort SERVER      its connection is aborted
//   zpool clear POOL, or any other zfs or zpool command
//
// The driver does not simulate: the host of a run repeats the same choices to the
// instant, takes the action there, runs on for kTrySpan at most, and says who of the
// hung set is hung no longer.
#ifndef TXGSIM_MODEL_WATCH_FREED_BY_H_
#define TXGSIM_MODEL_WATCH_FREED_BY_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/watch/verdict.h"
#include "sim/time.h"

namespace model {

inline constexpr size_t kMaxActions = 16;
inline constexpr sim::SimDuration kTrySpan = sim::SimDuration::Seconds(60);

enum class ActionKind : uint8_t { kKill, kCont, kThaw, kComplete, kReply, kAbort, kCommand };

struct Action {
  ActionKind kind = ActionKind::kKill;
  std::string target;  // A name; of kCommand the whole command.
  friend bool operator==(const Action&, const Action&) = default;
};

// "kill app", "zpool clear tank".
std::string ActionText(const Action& action);
// The opposite; nothing if it is no action. Blanks between words do not matter.
std::optional<Action> ParseAction(std::string_view text);

// What an action can be taken on, besides processes.
enum class ActionTargetKind : uint8_t { kGate, kDevice, kServer, kPool };
struct ActionTarget {
  ActionTargetKind kind;
  std::string name;
};

// Candidates for the hangs of `judgement`, gravest first: for each its root, the
// members of its cycle, then its threads by id with what they wait for. At one place
// the order is that of ActionKind. No more than kMaxActions. Call it before the
// simulation runs on.
std::vector<Action> ProposeActions(const Judgement& judgement, const std::vector<ActionTarget>& targets);

struct Outcome {
  std::vector<std::string> freed;  // Of the hung set, by thread id.
  bool all = false;                // Nobody of it is hung any more.
};
struct FreedBy {
  Action action;
  std::vector<std::string> frees;
  bool all = false;
};

// Tries each, and returns those that free somebody. Empty: all were tried in vain.
std::vector<FreedBy> TryActions(const std::vector<Action>& actions,
                                const std::function<Outcome(const Action&)>& rerun);

}  // namespace model

#endif  // TXGSIM_MODEL_WATCH_FREED_BY_H_
