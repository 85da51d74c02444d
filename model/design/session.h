// SPDX-License-Identifier: Apache-2.0
//
// What one repeat of a job carries through its design: whose thread, which pool,
// what user space has buffered, and where the time goes. Shared, since user code
// that a callback runs elsewhere may outlive the caller.
#ifndef TXGSIM_MODEL_DESIGN_SESSION_H_
#define TXGSIM_MODEL_DESIGN_SESSION_H_

#include <memory>
#include <optional>
#include <string>

#include "model/design/history_recorder.h"
#include "model/design/job.h"
#include "model/design/list_buffer.h"
#include "model/txg/pool.h"

namespace model {

class Session : public std::enable_shared_from_this<Session> {
 public:
  Thread* thread = nullptr;  // The job's own.
  ZfsModule* module = nullptr;
  Pool* pool = nullptr;
  Dispatcher* dispatcher = nullptr;  // The machine's; may be null.
  JobBody* body = nullptr;
  std::unique_ptr<JobRun> run;
  const JobOptions* options = nullptr;
  JobFigures* figures = nullptr;
  sim::Site* think_site = nullptr;
  HistoryRecorder* history = nullptr;  // Null: nobody asks what others see of the job.

  // What list calls brought along.
  ListBuffer buffer;
  // Serves a read on `tree`, buffering what it brings along. Returns how many items were read.
  int Serve(const DatasetTree& tree, const JobCall& call, const CheckContext& context, JobAnswer* answer);

  // The pool that a call names; the machine's, if there is one alone; null if there is none of that name.
  Pool* PoolOf(const JobCall& call) const;
  // Among several pools the body runs at once up to its first call, for the pool that it names.
  void ChoosePool();
  // Begins the body anew, as if nothing had been asked yet: what it did so far is an attempt that failed.
  void Restart();
  // A run of the body, from its start to its result, is one transaction of the history.
  void BeginHistory();
  void EndHistory(int error);
  // Runs the body to its next step, with the answer to its last call.
  JobStep Next(const JobAnswer& answer);
  // A change of the job takes effect in this instant, by the mutation that is or will be exchange `index`.
  void NoteApplied(size_t index) {
    figures->applied.push_back({index, figures->exchanges.size() + (answered_ ? 1 : 0)});
  }
  // Keeps what was asked and answered, for the oracle, the digest and the history.
  void Note(const JobCall& call, const JobAnswer& answer);

  // Time spent from here on is of this phase.
  void Enter(LockPhase phase) { figures->lock_clock.Enter(phase, thread->machine().now()); }
  // The check context of a job's calls in open context.
  CheckContext OpenContext() const {
    return {.syncing = false, .txg = pool->pipeline().open_txg(), .caller = Caller::kChannelProgram};
  }

  // Uses the core in user mode; false if the thread has to die.
  sim::Task<bool> UseCore(Thread* user, sim::SimDuration span, LockPhase phase);
  // The job's think time before a call that crosses.
  sim::Task<bool> Think(Thread* user);
  // Something of the job's own beside its calls: its waits count as blocked.
  sim::Task<> Act(Thread* user, std::function<sim::Task<>(Thread*)> act);
  // The result of a body that has ended; keeps its error text, if it broke or was stopped.
  int EndOf(const JobStep& last);
  // The job holds the config lock as reader from here on, and no longer: for how long txg_sync waits for it.
  void HoldConfig() { figures->config_hold = pool; }
  void ReleaseConfig();
  // Serves a read in the kernel: config lock as reader, for this call only; what is not cached is read
  // from the disks first.
  sim::Task<JobAnswer> KernelRead(Thread* server, JobCall call, const DatasetTree* tree);
  // The processor time of a read that reads so many items.
  sim::SimDuration ReadCost(const JobCall& call, int items) const;
  // From here on the body is served in the kernel, as a channel program is; `task`, if any, counts its
  // changes.
  void BeginProgram(SyncTask* task);
  // A read or check of a channel program. Its checks take room, as its changes do.
  JobAnswer ServeProgram(const JobCall& call, const CheckContext& context);
  // On txg_sync with the config lock as writer: checked and applied at once.
  sim::Task<JobAnswer> MutateInSync(Thread* sync_thread, Mutation mutation, uint64_t txg);
  // A read as one ioctl: spa_namespace_lock for a moment, the config lock, and out.
  sim::Task<JobAnswer> ReadByIoctl(JobCall call);
  // Into the kernel and out of it, as the phase `crossing`.
  sim::Task<> CrossIn(bool ioctl);
  sim::Task<> CrossOut();

 private:
  void TapChanges();

  std::optional<JobStep> first_;  // The body has run up to here, and nobody has seen it yet.
  bool started_ = false;
  SyncTask* task_ = nullptr;            // Of a program with sync.
  uint64_t promised_bytes_ = 0;         // Room that its calls so far have stated (zri_space_used).
  std::optional<int32_t> transaction_;  // Of the history, at hand.
  int64_t late_errors_ = 0;             // Before it began.
  bool served_ = false;                 // The call at hand was served on a tree, and not from the buffer.
  int64_t brought_at_ = 0;              // Where the history was when the buffer was filled.
  bool answered_ = false;               // A read has been answered that Note() has yet to come to.
};

// The pool of a job: the machine's; among several the one that its first step names, if that is a call, else
// `otherwise`.
Pool* PoolOfJob(const ZfsModule& module, const JobStep& first, Pool* otherwise);
// How many changes of the pool a mutation asks for: one a name.
inline int64_t ChangesOf(const Mutation& mutation) { return 1 + static_cast<int64_t>(mutation.more.size()); }
// The handler of the ioctl that makes such a change (OpenZFS module/zfs/zfs_ioctl.c:zfs_ioctl_init).
const char* IoctlOf(MutationKind kind);
// The task of one mutation, as a job or a command makes it.
SyncTask MutationTask(Pool* pool, const Mutation& mutation, Caller caller, CheckDetails* details = nullptr);
// The time that goes into `creation`: seconds since 1970 at the start of the run, plus simulated time.
uint64_t SecondsSince1970(sim::SimTime at);
SyncPoint SyncPointAt(const Machine& machine, uint64_t txg);

}  // namespace model

#endif  // TXGSIM_MODEL_DESIGN_SESSION_H_
