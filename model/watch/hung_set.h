// SPDX-License-Identifier: Apache-2.0
//
// The hung set of a machine at an instant: who can never go on, behind what, and why.
//
// Built on the fixpoint of wait_graph.h. Hung is every thread that nothing left in
// the system can free; also a stopped one, one whose user code was declared never
// to come back, and one that only repeats itself. Not hung are servers, workers
// and idle kernel threads that wait for work, and threads that have not begun.
//
// Hung threads that wait for each other, or at one root, make one hang. Its cause
// is the gravest of its threads' (WaitPhase, deadlock before lost event before
// outside before livelock); its root or its cycles are those of the first thread
// with that cause, by thread id.
//
// Names in a cycle, in the order waiter to holder, from the lowest thread id:
//   - a waiter queued in front is passed over: the holder is named;
//   - an I/O or request that owns a lock stands under its device's or server's name
//     (Actor::reported_name) and is left out beside that thread; one that is only
//     waited for is left out;
//   - a pool of threads of which all are in the hang is one member, under its name.
//
// Pointers to actors that are no threads are followed while the set is built and
// in Chain(), Chains() and ThreadsOnChain() only: call those before the simulation runs on. All else stays
// valid.
#ifndef TXGSIM_MODEL_WATCH_HUNG_SET_H_
#define TXGSIM_MODEL_WATCH_HUNG_SET_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "model/watch/name_groups.h"
#include "model/watch/wait_graph.h"

namespace model {

// What stands at the end of a chain.
enum class RootKind : uint8_t {
  kNone,        // A cycle.
  kStopped,     // A thread in T.
  kEndless,     // A thread in a declared endless loop.
  kSilent,      // A thread whose user code was declared never to come back.
  kNotBegun,    // A thread that someone outside has still to start.
  kLivelocked,  // A thread that repeats itself.
  kOutside,     // A thing that only someone outside can move: a device, a suspended pool.
  kDeadOwner,   // A lock's owner that has ended.
  kLostEvent,   // A thing that nobody is left to signal.
};

struct HangRoot {
  RootKind kind = RootKind::kNone;
  std::string name;
  const Thread* thread = nullptr;                // If it is one.
  WaitableKind object = WaitableKind::kOutside;  // Of kOutside and kLostEvent: what is waited on.
};

struct HangCycle {
  std::vector<std::string> names;
  std::vector<const Thread*> threads;
  bool any_of = false;        // A step had several that could have ended the wait: all are stuck.
  bool through_core = false;  // A step waits for a core whose occupant keeps it.
};

struct Hang {
  WaitPhase cause = WaitPhase::kNever;
  std::vector<const Thread*> threads;  // By thread id.
  HangRoot root;
  std::vector<HangCycle> cycles;  // The one reached first by thread id is the first.
};

// One step of a chain, by names.
struct ChainStep {
  std::string who;
  const Thread* thread = nullptr;  // Null for an I/O, a request and the like.
  std::string on;                  // The object; "core" for a runnable thread; empty for none.
  bool on_lock = false;            // The object is a lock: who is needed holds it.
  std::vector<std::string>
      holders;  // Who is needed; of what is stuck, only who is stuck. The next step first.
  std::vector<std::string> queued;  // Who waits in front.
};

enum class ChainEnd : uint8_t {
  kRoot,        // A hung thing: see `root`.
  kCycle,       // Back to a thread of this chain.
  kJoins,       // At a thread of a chain before: it goes on as that does.
  kProgresses,  // What the last step waits for, or does, goes on.
  kUndecided,   // Runs for ever, and may yet end the wait.
};

// What threads that wait for the same have in common.
struct ChainFrom {
  std::vector<const Thread*> threads;  // By thread id.
  std::vector<ChainStep> steps;        // Of the first of them.
  ChainEnd end = ChainEnd::kRoot;
  RootKind root = RootKind::kNone;  // Of kRoot.
  std::string joins;                // Of kJoins and kCycle: the thread.
};

struct HungSetInput {
  const NameGroups* groups = nullptr;  // Must outlive the set; null: no pools of threads.
  std::vector<const Thread*> livelocked = {};
  bool nobody = false;  // The machine has stopped: the set is empty.
};

class HungSet {
 public:
  explicit HungSet(const Machine& machine, const HungSetInput& input = {});

  bool empty() const { return threads_.empty(); }
  const std::vector<const Thread*>& threads() const { return threads_; }
  bool Contains(const Thread* thread) const;
  // Gravest first, then by thread id.
  const std::vector<Hang>& hangs() const { return hangs_; }
  // The root of a hung thread's chain. REQUIRES: Contains(thread).
  const HangRoot& RootOf(const Thread* thread) const;
  // Index of its hang. REQUIRES: Contains(thread).
  size_t HangOf(const Thread* thread) const;
  // Threads of which nothing can be said: one that may end their wait runs for ever.
  const std::vector<const Thread*>& undecided() const { return undecided_; }
  // From a thread of the machine to the root, or round the cycle until it closes.
  std::vector<ChainStep> Chain(const Thread* thread) const;
  // The chains of all of these, by thread id: first from those for which nobody waits. Who stands
  // in a chain before has none of his own, and those that wait for the same share one.
  std::vector<ChainFrom> Chains(const std::vector<const Thread*>& threads) const;
  // The threads on the chain of a hung one, itself first. REQUIRES: Contains(thread).
  std::vector<const Thread*> ThreadsOnChain(const Thread* thread) const;
  // What a thread that is not hung waits for in the end: the last name of its chain.
  std::string EndOfChain(const Thread* thread) const;

 private:
  size_t Find(const Thread* thread) const;
  uint32_t NodeOf(const Thread* thread) const;
  ChainStep StepAt(uint32_t node) const;
  ChainFrom ChainFromNode(uint32_t node, std::vector<uint32_t>* chain_of, uint32_t index) const;
  std::string Shown(uint32_t node) const;
  std::string_view GroupOf(const Thread& thread) const;
  void FindRoots();
  HangRoot MakeRoot(const std::vector<uint32_t>& path) const;
  void MakeHangs();
  void JoinHangs(std::vector<uint32_t>* parent) const;
  void FindWholeGroups(const Machine& machine);
  std::string ReportedName(const Thread& thread, uint32_t hang) const;
  void NameRoots();
  void FindCycles();
  bool HasSeveralEnders(const WaitGraph::Clause& clause) const;
  HangCycle MakeCycle(std::vector<uint32_t> path, uint32_t hang) const;

  const NameGroups* groups_;
  WaitGraph graph_;
  std::vector<uint32_t> root_of_;  // By node: index into roots_.
  std::vector<HangRoot> roots_;    // The first is "none".
  std::vector<uint32_t> hang_of_;  // By node: index into hangs_.
  std::vector<const Thread*> threads_;
  std::vector<uint32_t> thread_nodes_;  // Beside threads_.
  std::vector<const Thread*> undecided_;
  std::vector<Hang> hangs_;
  absl::btree_map<std::string, uint32_t> whole_group_in_;  // Group to the hang that has all of it.
};

}  // namespace model

#endif  // TXGSIM_MODEL_WATCH_HUNG_SET_H_
