// SPDX-License-Identifier: Apache-2.0
//
// How a compound operation crosses the line: one small class a design.
//
//   Begin -> Read* / Mutate* (in any order, branching in user code) -> Commit | Abort
//
// RunJob is the loop that most designs share: the body runs in user mode, and each
// of its calls is a Read or a Mutate, which does its own crossing. A design in
// which the kernel calls the body (callback) or runs it (program) replaces the loop.
//
//   design      Begin                 Read       Mutate             Commit
//   ioctl       -                     one ioctl  one ioctl, a txg   -
//   pipeline    -                     one ioctl  kept in user space an ioctl and a txg a batch
//   callback    in its one syscall    served between two upcalls    when the body returns
//   channel_tx  one syscall, gates    one call   one call, recorded one call, one txg
//   optimistic  one syscall           one call   one call, recorded one call, one txg, or ERETRY
//   program     in its one syscall    served on txg_sync            when the body returns
//   ring        the ring is set up    one entry  one entry, a txg   waits for all
//
// What each may see, what is held meanwhile and what survives an error, a kill or
// a power cut is in docs/model/designs.md.
#ifndef TXGSIM_MODEL_DESIGN_DESIGN_H_
#define TXGSIM_MODEL_DESIGN_DESIGN_H_

#include <memory>

#include "model/design/job.h"
#include "model/design/session.h"

namespace model {

class Design {
 public:
  virtual ~Design() = default;
  virtual sim::Task<int> Begin(Session* session);
  // A design that replaces the loop serves calls where they arrive, and has neither of these.
  virtual sim::Task<JobAnswer> Read(Session* session, JobCall call);
  virtual sim::Task<JobAnswer> Mutate(Session* session, Mutation mutation);
  // Whether a mutation is a call that crosses: only before those the job thinks.
  virtual bool MutationsCross() const { return true; }
  virtual sim::Task<int> Commit(Session* session);
  virtual sim::Task<> Abort(Session* session);

  // fork: what the design has open in `parent`, `child` shares.
  virtual void ShareFiles(Process* parent, Process* child);
  // exec: what it has open in the thread's process is closed. The thread is in kernel mode.
  virtual void CloseOnExec(Thread* thread);

  // One repeat of the job on session->thread, which is in user mode. Returns its result.
  virtual sim::Task<int> RunJob(Session* session);
};

std::unique_ptr<Design> MakeDesign(DesignKind kind);

// A job as a process of the simulation: waits for its time, runs its repeats.
class Job {
 public:
  Job(ZfsModule* module, Pool* default_pool, Dispatcher* dispatcher, JobOptions options, JobBody* body);
  // What it reads and changes goes into a history from here on.
  void RecordInto(HistoryRecorder* history) { history_ = history; }
  void Start();
  const JobOptions& options() const { return options_; }
  const JobFigures& figures() const { return figures_; }
  Process* process() const { return process_; }
  Design& design() const { return *design_; }
  // The pool that its calls go to; before the first call, the default one.
  const Pool* pool() const { return pool_; }

 private:
  sim::Task<> Main(Thread* thread);

  ZfsModule* module_;
  Pool* default_pool_;
  const Pool* pool_;
  Dispatcher* dispatcher_;
  JobOptions options_;
  JobBody* body_;
  std::unique_ptr<Design> design_;
  sim::Site think_site_;
  sim::Site every_site_;
  JobFigures figures_;
  Process* process_ = nullptr;
  HistoryRecorder* history_ = nullptr;
};

}  // namespace model

#endif  // TXGSIM_MODEL_DESIGN_DESIGN_H_
