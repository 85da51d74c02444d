// SPDX-License-Identifier: Apache-2.0
//
// What a run knows of a thread or process beyond the machine: its bodies, the locks that
// its code holds, its signal handlers, what it can reach.
#ifndef TXGSIM_MODEL_SCRIPT_RUN_THREAD_H_
#define TXGSIM_MODEL_SCRIPT_RUN_THREAD_H_

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "model/machine/machine.h"
#include "model/script/language/scenario.h"
#include "model/script/run/values.h"
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

// What task_work() left for a thread: it can end a wait, and needs that thread to get there.
class TaskWork final : public Actor {
 public:
  TaskWork(const Thread* thread, std::shared_ptr<LuaValues> function, std::vector<ThingRef> reach)
      : Actor(ActorKind::kWork, "task_work"),
        thread_(thread),
        function_(std::move(function)),
        reach_(std::move(reach)) {}

  const LuaValues& function() const { return *function_; }
  bool Reaches(ThingRef thing) const { return std::binary_search(reach_.begin(), reach_.end(), thing); }
  Condition Examine(EnderSet* enders) const override {
    if (done_) return Condition::kEnded;
    enders->Needs(thread_);
    return Condition::kDepends;
  }
  const std::string& reported_name() const override { return thread_->name(); }
  void set_done() { done_ = true; }

 private:
  bool done_ = false;
  const Thread* thread_;
  std::shared_ptr<LuaValues> function_;
  std::vector<ThingRef> reach_;  // Sorted.
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
  std::deque<std::unique_ptr<TaskWork>> task_work;
  std::vector<std::unique_ptr<TaskWork>> done_task_work;  // The graph may still point to it.
  std::vector<ThingRef> reach;                            // Things that its bodies can reach; sorted.
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
