// SPDX-License-Identifier: Apache-2.0
//
// What a run knows of a thread or process beyond the machine: its bodies, the locks that
// its code holds, its signal handlers, what it can reach.
#ifndef TXGSIM_MODEL_SCRIPT_RUN_THREAD_H_
#define TXGSIM_MODEL_SCRIPT_RUN_THREAD_H_

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "model/machine/machine.h"
#include "model/script/run_values.h"
#include "model/script/scenario.h"
#include "model/sync/lock.h"
#include "sim/choice.h"

namespace model {

class BodyRun;
class World;

// Waited on for the end of a thread's body.
class ThreadEnd final : public Waitable {
 public:
  explicit ThreadEnd(const Thread* thread) : Waitable(WaitableKind::kJoin, thread->name()), thread_(thread) {}
  void Enders(const Waiter&, EnderSet* enders) const override { enders->Needs(thread_); }

 private:
  const Thread* thread_;
};

struct RunProcess {
  Process* process = nullptr;
  absl::btree_map<int, std::shared_ptr<LuaValues>> handlers;  // By signal.
  int result = 0;  // Of the main thread's body, or EINTR if killed.
};

struct RunThread {
  World* world = nullptr;
  Thread* thread = nullptr;
  RunProcess* process = nullptr;  // Null for a kernel thread.
  int32_t declaration = -1;       // In Scenario::threads; -1: none.
  std::vector<BodyRun*> bodies;   // Innermost last.
  std::vector<int32_t> held;      // Holds of its code (SyncTable), in order of acquisition.
  std::deque<std::shared_ptr<LuaValues>> task_work;
  std::vector<ThingRef> reach;  // Things that its bodies can reach; sorted.
  std::unique_ptr<ThreadEnd> end_event;
  bool body_ended = false;
  bool late_work_done = false;                    // Nothing more can be left for its exit.
  absl::btree_map<std::string, sim::Site> sites;  // By kind and label.

  // The site of this thread's decisions of one kind.
  sim::Site& SiteFor(std::string_view kind, std::string_view label);
  void AddReach(const std::vector<ThingRef>& things);
  bool Reaches(ThingRef thing) const;
};

// Runs the body of a thread from its first instruction to what is left for its exit.
sim::Task<> RunThreadBody(RunThread* here, std::unique_ptr<BodyRun> body);

// Work left by task_work(): on the way back to user mode, and in the exit.
sim::Task<> RunTaskWork(RunThread* here);

// Back in user mode: notes locks that are still held.
void NoteHoldsAtReturn(RunThread* here);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_RUN_THREAD_H_
