// SPDX-License-Identifier: Apache-2.0
#include "model/design/ring_design.h"

#include <algorithm>
#include <utility>

namespace model {
namespace {

// What it touches beside its names cannot be told from them.
bool StandsAlone(const Mutation& mutation) {
  return mutation.kind == MutationKind::kPromote || mutation.kind == MutationKind::kRename ||
         mutation.kind == MutationKind::kDestroyDataset;
}

// A snapshot as a change of its filesystem.
Mutation OfFilesystems(Mutation mutation) {
  if (mutation.kind != MutationKind::kSnapshot) return mutation;
  mutation.name = mutation.name.substr(0, mutation.name.find('@'));
  for (std::string& name : mutation.more) name = name.substr(0, name.find('@'));
  return mutation;
}

bool OrderMatters(const Mutation& a, const Mutation& b) {
  return StandsAlone(a) || StandsAlone(b) || NamesOverlap(a, b);
}

// One mutation on a worker, as the ioctl does it.
sim::Task<RingResult> Change(std::shared_ptr<Session> session, Mutation mutation, size_t exchange,
                             Thread* worker) {
  co_await sim::FrameName{"zfs_uring_cmd"};
  worker->Charge(worker->machine().profile().ioctl_ns);
  int error = CheckSyntax(mutation);
  if (error == 0 && session->pool->suspended()) error = kEAGAIN;
  if (error != 0) co_return RingResult{.res = -error};
  SyncTask task = MutationTask(session->pool, mutation, Caller::kChannelProgram);
  task.observer = &session->figures->lock_clock;
  task.sync = [session, exchange, apply = std::move(task.sync)](uint64_t txg) {
    apply(txg);
    session->NoteApplied(exchange);
  };
  error = co_await session->pool->Administer(worker, &task);
  co_return RingResult{.res = -error};
}

sim::Task<RingResult> Look(std::shared_ptr<Session> session, JobCall call, std::shared_ptr<JobAnswer> answer,
                           Thread* worker) {
  worker->Charge(worker->machine().profile().ioctl_ns);
  co_await session->pool->SpaOpen(worker);
  *answer = co_await session->KernelRead(worker, call, &session->pool->tree());
  co_return RingResult{.res = -answer->error};
}

}  // namespace

sim::Task<int> RingDesign::Begin(Session* session) {
  unfinished_.clear();
  aborting_ = false;
  first_error_ = 0;
  if (ring_ == nullptr) {
    const auto& options = session->options->options.ring;
    ring_ = std::make_unique<Ring>(&session->thread->machine(), session->options->name + "/ring",
                                   Ring::Options{.sizes = SizesOfRing(options.entries, 0, true),
                                                 .workers = static_cast<int>(options.workers)});
  }
  session->Enter(LockPhase::kCrossing);
  const int error = co_await ring_->Setup(session->thread);
  session->Enter(LockPhase::kUser);
  co_return error;
}

bool RingDesign::HeldBack(size_t index) const {
  for (size_t i = 0; i < index; ++i) {
    if (OrderMatters(unfinished_[i].touches, unfinished_[index].touches)) return true;
  }
  return false;
}

sim::Task<> RingDesign::SubmitFree(Session* session) {
  for (size_t i = 0; i < unfinished_.size() && !session->thread->killed(); ++i) {
    if (unfinished_[i].submitted || HeldBack(i)) continue;
    unfinished_[i].submitted = true;
    Sqe sqe;
    sqe.op = RingOp::kWork;
    sqe.user_data = unfinished_[i].id;
    sqe.work.name = "change";
    sqe.work.body = [self = session->shared_from_this(), mutation = unfinished_[i].mutation,
                     exchange = unfinished_[i].exchange](Thread* worker, RingRequest*) {
      return Change(self, mutation, exchange, worker);
    };
    session->Enter(LockPhase::kCrossing);
    const int error = co_await ring_->Submit(session->thread, std::move(sqe));
    SIM_CHECK(error == 0);
    session->Enter(LockPhase::kUser);
  }
}

void RingDesign::Reap(Session* session) {
  while (const std::optional<Cqe> cqe = ring_->Reap()) {
    if (cqe->user_data == awaited_) awaited_ = 0;
    const auto done = std::find_if(unfinished_.begin(), unfinished_.end(),
                                   [&](const Unfinished& one) { return one.id == cqe->user_data; });
    if (done == unfinished_.end()) continue;  // A read, or a cancel.
    if (cqe->res < 0 && !aborting_) {
      ++session->figures->late_errors;
      if (first_error_ == 0 || done->exchange < first_failed_) {
        first_error_ = static_cast<int>(-cqe->res);
        first_failed_ = done->exchange;
      }
    }
    unfinished_.erase(done);
  }
}

sim::Task<bool> RingDesign::ReapNext(Session* session) {
  session->Enter(LockPhase::kReadCpu);  // What txg_sync does for this job is kernel work.
  const int error = co_await ring_->WaitFor(session->thread, 1);
  session->Enter(LockPhase::kUser);
  if (error != 0 && session->thread->killed()) co_return false;
  Reap(session);
  co_await SubmitFree(session);
  co_return !session->thread->killed();
}

sim::Task<bool> RingDesign::ReapAll(Session* session) {
  bool alive = !session->thread->killed();
  while (alive && !unfinished_.empty()) alive = co_await ReapNext(session);
  co_return alive;
}

sim::Task<JobAnswer> RingDesign::Read(Session* session, JobCall call) {
  co_await sim::FrameName{"ring_read"};
  auto answer = std::make_shared<JobAnswer>();
  bool alive = true;
  if (session->options->options.ring.read_after_wait) alive = co_await ReapAll(session);
  if (!alive) co_return *answer;
  awaited_ = next_id_++;
  Sqe sqe;
  sqe.op = RingOp::kWork;
  sqe.user_data = awaited_;
  sqe.work.name = "read";
  sqe.work.body = [self = session->shared_from_this(), call, answer](Thread* worker, RingRequest*) {
    return Look(self, call, answer, worker);
  };
  SIM_CHECK(ring_->Prepare(std::move(sqe)) == 0);  // Submitted by the call that waits.
  while (alive && awaited_ != 0) alive = co_await ReapNext(session);
  co_return *answer;
}

sim::Task<JobAnswer> RingDesign::Mutate(Session* session, Mutation mutation) {
  co_await sim::FrameName{"ring_mutate"};
  Reap(session);
  Unfinished& added = unfinished_.emplace_back();
  added.id = next_id_++;
  added.exchange = session->figures->exchanges.size();
  added.touches = OfFilesystems(mutation);
  added.mutation = std::move(mutation);
  co_await SubmitFree(session);
  JobAnswer answer;
  answer.recorded = true;
  co_return answer;
}

sim::Task<int> RingDesign::Commit(Session* session) {
  co_await sim::FrameName{"ring_reap"};
  const bool alive = co_await ReapAll(session);
  co_return alive ? first_error_ : kEINTR;
}

sim::Task<> RingDesign::Abort(Session* session) {
  co_await sim::FrameName{"ring_abort"};
  Reap(session);
  aborting_ = true;
  std::erase_if(unfinished_, [](const Unfinished& one) { return !one.submitted; });
  const std::deque<Unfinished> to_cancel = unfinished_;
  for (const Unfinished& one : to_cancel) {
    Sqe sqe;
    sqe.op = RingOp::kCancel;
    sqe.user_data = next_id_++;
    sqe.target = one.id;
    const int error = co_await ring_->Submit(session->thread, std::move(sqe));
    SIM_CHECK(error == 0);
  }
  co_await ReapAll(session);
}

}  // namespace model
