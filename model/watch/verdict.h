// SPDX-License-Identifier: Apache-2.0
//
// One verdict on a machine at an instant.
//
// Of the eight the first that fits:
//
//   verdict      when                                              subkinds
//   deadlock     hung threads wait for each other                  self_deadlock, core, exhaustion, cycle
//   lost_event   the root is something nobody is left to signal    lost_wakeup, lost_completion,
//                                                                  orphaned_wait
//   frozen_pool  the root is a stopped, looping or silent user     stopped, endless_loop, silent,
//                process, and it holds up a pool's txgs            livelock
//   external     the root can be moved from outside only           the same, not_begun, device,
//                                                                  server, outside
//                the machine has stopped for good, before all      panic, power_cut
//                had ended
//   livelock     the root repeats itself without progress          livelock
//   slow         blocked for longer than slow_after, and the root  long_wait
//                progresses
//   unknown      something that runs for ever may yet end the      runs_for_ever, unfinished
//                wait; or the run was cut short
//   completed    none of these
//
// A machine that has stopped, by a panic or because the power is gone, runs nothing: nobody is hung
// on anybody in it, and who had not ended waits for someone outside to start it anew. Its root is
// called "machine".
//
// Hangs that do not touch each other are judged one by one; the gravest gives the
// verdict. A pool is frozen whatever the verdict, if who keeps its txgs from advancing is
// a process that is hung, be it behind itself: the one that has its sync gate closed, or
// the first on the chain from its txg_sync or txg_quiesce.
#ifndef TXGSIM_MODEL_WATCH_VERDICT_H_
#define TXGSIM_MODEL_WATCH_VERDICT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/watch/hung_set.h"

namespace model {

// What stands at the root when the machine itself has stopped.
inline constexpr std::string_view kMachineRoot = "machine";

// In order of precedence.
enum class Verdict : uint8_t {
  kDeadlock,
  kLostEvent,
  kFrozenPool,
  kExternal,
  kLivelock,
  kSlow,
  kUnknown,
  kCompleted,
};
std::string_view VerdictName(Verdict verdict);

// What the txgs of a pool need in order to advance. Whom its threads wait for is in the
// wait-for graph; a closed sync gate lets them idle, so who has closed it is said here.
struct PoolTxgs {
  std::string pool;
  std::vector<const Thread*> threads;  // txg_sync and txg_quiesce.
  const Process* gate_closed_by = nullptr;
};

struct JudgeInput {
  const NameGroups* groups = nullptr;
  std::vector<const Thread*> livelocked = {};  // LapBook::Livelocked().
  std::vector<PoolTxgs> pools = {};
  sim::SimDuration slow_after = sim::SimDuration::Seconds(10);
  bool work_left = false;  // The run ends here, or the machine has stopped, and not everything had ended.
  // The machine has stopped for good, and why: nobody is left who could be hung.
  std::string_view halted = {};
};

struct HangVerdict {
  Verdict verdict = Verdict::kDeadlock;
  std::string_view subkind;
  std::vector<const Thread*> threads;  // By thread id.
  HangRoot root;                       // Of kind kNone for a deadlock.
  std::vector<std::string> cycle;      // Of a deadlock.
};

struct Judgement {
  explicit Judgement(HungSet set) : hung(std::move(set)) {}
  Verdict verdict = Verdict::kCompleted;
  std::string_view subkind;
  std::string root;  // Empty: none.
  std::vector<std::string> cycle;
  std::vector<HangVerdict> hangs;   // Gravest first.
  std::vector<std::string> frozen;  // Pools, in order of name.
  std::vector<const Thread*> slow;  // By thread id.
  HungSet hung;
};

Judgement Judge(const Machine& machine, const JudgeInput& input);

}  // namespace model

#endif  // TXGSIM_MODEL_WATCH_VERDICT_H_
