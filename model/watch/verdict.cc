// SPDX-License-Identifier: Apache-2.0
#include "model/watch/verdict.h"

#include <algorithm>
#include <array>

namespace model {
namespace {

std::string_view DeadlockSubkind(const HangCycle& cycle) {
  if (cycle.through_core) return "core";
  if (cycle.any_of) return "exhaustion";
  return cycle.threads.size() == 1 ? "self_deadlock" : "cycle";
}

std::string_view LostSubkind(const HangRoot& root) {
  if (root.kind == RootKind::kDeadOwner) return "orphaned_wait";
  switch (root.object) {
    case WaitableKind::kCondition:
    case WaitableKind::kWaitQueue:
    case WaitableKind::kDirtySpace:
      return "lost_wakeup";
    case WaitableKind::kIo:
    case WaitableKind::kTxg:
      return "lost_completion";
    default:
      return "orphaned_wait";
  }
}

std::string_view OutsideSubkind(const HangRoot& root) {
  switch (root.kind) {
    case RootKind::kStopped:
      return "stopped";
    case RootKind::kEndless:
      return "endless_loop";
    case RootKind::kSilent:
      return "silent";
    case RootKind::kNotBegun:
      return "not_begun";
    case RootKind::kLivelocked:
      return "livelock";
    default:
      break;
  }
  switch (root.object) {
    case WaitableKind::kIo:
      return "device";
    case WaitableKind::kRequest:
    case WaitableKind::kUpcall:
      return "server";
    default:
      return "outside";
  }
}

// A user process that does nothing, or nothing useful.
bool IsIdleProcess(const HangRoot& root) {
  const bool stuck = root.kind == RootKind::kStopped || root.kind == RootKind::kEndless ||
                     root.kind == RootKind::kSilent || root.kind == RootKind::kLivelocked;
  return stuck && root.thread->process() != nullptr;
}

// Whether `process` cannot go on at all: every thread of it is hung or waits for work.
bool IsHung(const HungSet& hung, const Process& process) {
  bool any = false;
  for (const Thread* thread : process.threads()) {
    if (thread->ended() || WaitsForWork(*thread)) continue;
    if (!hung.Contains(thread)) return false;
    any = true;
  }
  return any;
}

// The thread through which a hung process is behind such a root; null if none is.
const Thread* IdleThread(const HungSet& hung, const Process& process) {
  for (const Thread* thread : process.threads()) {
    if (hung.Contains(thread) && IsIdleProcess(hung.RootOf(thread))) return thread;
  }
  return nullptr;
}

// The threads of hung processes that keep a pool's txgs from advancing.
std::vector<const Thread*> Holders(const HungSet& hung, const PoolTxgs& pool) {
  std::vector<const Thread*> holders;
  if (pool.gate_closed_by != nullptr && IsHung(hung, *pool.gate_closed_by)) {
    const Thread* idle = IdleThread(hung, *pool.gate_closed_by);
    holders.push_back(idle != nullptr ? idle : pool.gate_closed_by->threads().front());
  }
  for (const Thread* thread : pool.threads) {
    if (!hung.Contains(thread)) continue;
    for (const Thread* passed : hung.ThreadsOnChain(thread)) {
      if (passed->process() == nullptr) continue;
      holders.push_back(passed);
      break;
    }
  }
  return holders;
}

HangVerdict JudgeHang(const HungSet& hung, size_t index, const std::vector<const Thread*>& frozen) {
  const Hang& hang = hung.hangs()[index];
  HangVerdict result;
  result.threads = hang.threads;
  result.root = hang.root;
  if (hang.cause == WaitPhase::kNever) {
    SIM_CHECK(!hang.cycles.empty());
    result.verdict = Verdict::kDeadlock;
    result.subkind = DeadlockSubkind(hang.cycles.front());
    result.cycle = hang.cycles.front().names;
    return result;
  }
  if (hang.cause == WaitPhase::kLost) {
    result.verdict = Verdict::kLostEvent;
    result.subkind = LostSubkind(hang.root);
    return result;
  }
  result.verdict = hang.cause == WaitPhase::kOutside ? Verdict::kExternal : Verdict::kLivelock;
  for (const Thread* thread : frozen) {
    if (hung.HangOf(thread) != index) continue;
    result.verdict = Verdict::kFrozenPool;
    result.root = hung.RootOf(thread);
    break;
  }
  result.subkind = OutsideSubkind(result.root);
  return result;
}

// Blocked, not by its own choice, and for long.
bool IsSlow(const Thread& thread, sim::SimTime now, sim::SimDuration slow_after) {
  const Waitable* object = WaitsOn(thread);
  return object != nullptr && object->kind() != WaitableKind::kSleep && !WaitsForWork(thread) &&
         thread.waiter().kind != SleepKind::kIdle && now - thread.since() > slow_after;
}

void FindSlow(const Machine& machine, const JudgeInput& input, Judgement* result) {
  for (const auto& thread : machine.threads()) {
    if (!IsSlow(*thread, machine.now(), input.slow_after) || result->hung.Contains(thread.get())) continue;
    const auto& undecided = result->hung.undecided();
    if (std::find(undecided.begin(), undecided.end(), thread.get()) != undecided.end()) continue;
    result->slow.push_back(thread.get());
  }
  std::sort(result->slow.begin(), result->slow.end(),
            [](const Thread* a, const Thread* b) { return a->tid() < b->tid(); });
}

}  // namespace

std::string_view VerdictName(Verdict verdict) {
  static constexpr std::array<std::string_view, 8> kNames = {
      "deadlock", "lost_event", "frozen_pool", "external", "livelock", "slow", "unknown", "completed"};
  return kNames[static_cast<size_t>(verdict)];
}

Judgement Judge(const Machine& machine, const JudgeInput& input) {
  if (!input.halted.empty()) {
    Judgement stopped(HungSet(machine, {.nobody = true}));
    stopped.subkind = input.halted;
    if (input.work_left) {
      stopped.verdict = Verdict::kExternal;
      stopped.root = kMachineRoot;
    }
    return stopped;
  }
  Judgement result(HungSet(machine, {.groups = input.groups, .livelocked = input.livelocked}));
  std::vector<const Thread*> frozen_threads;
  for (const PoolTxgs& pool : input.pools) {
    const std::vector<const Thread*> holders = Holders(result.hung, pool);
    if (!holders.empty()) result.frozen.push_back(pool.pool);
    for (const Thread* holder : holders) {
      if (result.hung.Contains(holder) && IsIdleProcess(result.hung.RootOf(holder)))
        frozen_threads.push_back(holder);
    }
  }
  std::sort(result.frozen.begin(), result.frozen.end());

  for (size_t i = 0; i < result.hung.hangs().size(); ++i) {
    result.hangs.push_back(JudgeHang(result.hung, i, frozen_threads));
  }
  std::stable_sort(result.hangs.begin(), result.hangs.end(),
                   [](const HangVerdict& a, const HangVerdict& b) { return a.verdict < b.verdict; });
  FindSlow(machine, input, &result);

  if (!result.hangs.empty()) {
    const HangVerdict& gravest = result.hangs.front();
    result.verdict = gravest.verdict;
    result.subkind = gravest.subkind;
    result.root = gravest.root.name;
    result.cycle = gravest.cycle;
  } else if (!result.slow.empty()) {
    result.verdict = Verdict::kSlow;
    result.subkind = "long_wait";
    result.root = result.hung.EndOfChain(result.slow.front());
  } else if (!result.hung.undecided().empty()) {
    result.verdict = Verdict::kUnknown;
    result.subkind = "runs_for_ever";
    result.root = result.hung.EndOfChain(result.hung.undecided().front());
  } else if (input.work_left) {
    result.verdict = Verdict::kUnknown;
    result.subkind = "unfinished";
  }
  return result;
}

}  // namespace model
