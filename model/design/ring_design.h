// SPDX-License-Identifier: Apache-2.0
//
// The design `ring`: each call is an entry of a ring (model/ring), carried out by a worker.
//
//   read       awaited in S; sees the live pool: of the job's own mutations those that are done by then
//   mutation   not awaited: 0 at once; its errno comes later (late_errors)
//   commit     waits for all; returns the first errno that came, in the order of the calls
//   abort      what is held back is dropped, what is queued cancelled, what runs finishes
//
// A mutation is held back in user space while an earlier one is unfinished whose order with it
// matters: one of the same name, an ancestor or a descendant; another snapshot of the same
// filesystem (snapshots have an order); and behind or before a promote, a rename or the
// destruction of a filesystem, which touch more than their names say.
//
// With `read_after = "wait"` a read first waits for all mutations.
//
// SIGKILL: what is queued is cancelled, the exit waits in D for what runs (Ring).
#ifndef TXGSIM_MODEL_DESIGN_RING_DESIGN_H_
#define TXGSIM_MODEL_DESIGN_RING_DESIGN_H_

#include <cstdint>
#include <deque>
#include <memory>

#include "model/design/design.h"
#include "model/ring/ring.h"

namespace model {

class RingDesign final : public Design {
 public:
  sim::Task<int> Begin(Session* session) override;
  sim::Task<JobAnswer> Read(Session* session, JobCall call) override;
  sim::Task<JobAnswer> Mutate(Session* session, Mutation mutation) override;
  sim::Task<int> Commit(Session* session) override;
  sim::Task<> Abort(Session* session) override;

 private:
  // A mutation that is not finished.
  struct Unfinished {
    int64_t id = 0;
    size_t exchange = 0;
    Mutation mutation;
    Mutation touches;  // With the names that decide about order.
    bool submitted = false;
  };
  bool HeldBack(size_t index) const;
  // Submits what nothing holds back.
  sim::Task<> SubmitFree(Session* session);
  // Takes the completions that are there.
  void Reap(Session* session);
  // Waits for a completion and takes it. False: the job's thread has to die.
  sim::Task<bool> ReapNext(Session* session);
  sim::Task<bool> ReapAll(Session* session);

  std::unique_ptr<Ring> ring_;
  std::deque<Unfinished> unfinished_;  // In the order of the calls.
  int64_t next_id_ = 1;
  int64_t awaited_ = 0;      // The read that is waited for; 0: none, or it is done.
  bool aborting_ = false;    // Errors are of its own making.
  size_t first_failed_ = 0;  // The exchange of first_error_.
  int first_error_ = 0;
};

}  // namespace model

#endif  // TXGSIM_MODEL_DESIGN_RING_DESIGN_H_
