// SPDX-License-Identifier: Apache-2.0
#include "model/design/session.h"

#include <utility>

#include "model/dataset/space_policy.h"
#include "sim/hash.h"

namespace model {
namespace {

constexpr uint64_t kEpochSeconds = 1'700'000'000;  // 2023-11-14; `creation` counts from here.

// Whose metadata a read needs: that of the item listed, else of the object asked for, or, if it is not
// there, of the list that it is missing from: the root's stands for it.
ObjectId ObjectOf(const DatasetTree& tree, const JobCall& call, const JobAnswer& answer) {
  if (answer.item && answer.item->id != 0) return answer.item->id;
  const std::string& name = call.kind == CallKind::kCheck ? call.mutation.name : call.dataset;
  ObjectId id = 0;
  return tree.Lookup(name, &id) == 0 ? id : tree.root();
}

Pool* PoolOfCall(const ZfsModule& module, const JobCall& call) {
  if (module.pools().size() == 1) return module.pools().front();
  const bool changes = call.kind == CallKind::kSync || call.kind == CallKind::kCheck;
  return module.FindPool(changes ? call.mutation.name : call.dataset);
}

}  // namespace

Pool* PoolOfJob(const ZfsModule& module, const JobStep& first, Pool* otherwise) {
  Pool* named = first.kind == JobStep::Kind::kCall ? PoolOfCall(module, first.call) : nullptr;
  return named != nullptr ? named : otherwise;
}

uint64_t SecondsSince1970(sim::SimTime at) {
  return kEpochSeconds + static_cast<uint64_t>(at.ns() / 1'000'000'000);
}

SyncPoint SyncPointAt(const Machine& machine, uint64_t txg) {
  return {.txg = txg, .time_s = SecondsSince1970(machine.now())};
}

const char* IoctlOf(MutationKind kind) {
  switch (kind) {
    case MutationKind::kCreateFilesystem:
    case MutationKind::kCreateVolume:
      return "zfs_ioc_create";
    case MutationKind::kSnapshot:
      return "zfs_ioc_snapshot";
    case MutationKind::kDestroySnapshot:
      return "zfs_ioc_destroy_snaps";
    case MutationKind::kDestroyDataset:
      return "zfs_ioc_destroy";
    case MutationKind::kClone:
      return "zfs_ioc_clone";
    case MutationKind::kPromote:
      return "zfs_ioc_promote";
    case MutationKind::kRollback:
      return "zfs_ioc_rollback";
    case MutationKind::kRename:
    case MutationKind::kRenameSnapshot:
      return "zfs_ioc_rename";
    case MutationKind::kBookmark:
      return "zfs_ioc_bookmark";
    case MutationKind::kDestroyBookmark:
      return "zfs_ioc_destroy_bookmarks";
    case MutationKind::kHold:
      return "zfs_ioc_hold";
    case MutationKind::kRelease:
      return "zfs_ioc_release";
    case MutationKind::kSetProperty:
      return "zfs_ioc_set_prop";
    case MutationKind::kInherit:
      return "zfs_ioc_inherit_prop";
  }
  return nullptr;
}

SyncTask MutationTask(Pool* pool, const Mutation& mutation, Caller caller, CheckDetails* details) {
  SyncTask task;
  task.ioctl = IoctlOf(mutation.kind);
  task.check = [pool, mutation, caller, details](bool syncing, uint64_t txg) {
    return CheckTask(pool->tree(), mutation, {.syncing = syncing, .txg = txg, .caller = caller}, details);
  };
  task.changes = ChangesOf(mutation);
  task.sync = [pool, mutation](uint64_t txg) {
    Apply(pool->tree(), mutation, SyncPointAt(pool->machine(), txg));
  };
  return task;
}

int Session::Serve(const DatasetTree& tree, const JobCall& call, const CheckContext& context,
                   JobAnswer* answer) {
  const DesignOptions& design = options->options;
  if (transaction_) {
    history->NoteRead(*transaction_, pool, tree, call);
    served_ = true;
    if (call.kind == CallKind::kList) brought_at_ = history->history().position();
  }
  return buffer.Serve(tree, call, context, {.read_batch = design.read_batch, .prefetch = design.prefetch},
                      answer);
}

Pool* Session::PoolOf(const JobCall& call) const { return PoolOfCall(*module, call); }

void Session::ChoosePool() {
  if (module->pools().size() == 1) return;
  first_ = Next({});
  pool = PoolOfJob(*module, *first_, pool);
  TapChanges();
}

void Session::TapChanges() {
  if (transaction_) figures->lock_clock.set_tap(history->TapOf(*transaction_, pool));
}

void Session::BeginHistory() {
  if (history == nullptr) return;
  transaction_ = history->Begin(options->name);
  late_errors_ = figures->late_errors;
  TapChanges();
}

void Session::EndHistory(int error) {
  if (!transaction_) return;
  if (figures->late_errors > late_errors_) history->Refuse(*transaction_);
  history->End(*transaction_, error);
  transaction_.reset();
}

void Session::Restart() {
  EndHistory(kERETRY);
  BeginHistory();
  run = body->NewRun();
  started_ = false;
  first_.reset();
  buffer.Clear();
  figures->exchanges.clear();
}

JobStep Session::Next(const JobAnswer& answer) {
  if (first_) return *std::exchange(first_, std::nullopt);
  return std::exchange(started_, true) ? run->Resume(answer) : run->Start();
}

void Session::Note(const JobCall& call, const JobAnswer& answer) {
  Machine& machine = thread->machine();
  const uint64_t number = figures->exchanges.size();
  std::string text = AnswerText(call, answer);
  machine.Record(RecordKind::kDesignCall, thread, number, sim::HashName(CallText(call)));
  machine.Record(RecordKind::kDesignAnswer, thread, number, sim::HashName(text));
  answered_ = false;
  figures->exchanges.push_back({call, std::move(text), answer.error, answer.recorded});
  if (call.kind == CallKind::kSync) figures->last_step = machine.now();
  if (!transaction_) return;
  if (call.kind == CallKind::kSync) {
    if (answer.error != 0) history->Refuse(*transaction_);
  } else if (!std::exchange(served_, false)) {
    history->NoteBroughtRead(*transaction_, pool, call, brought_at_);
  }
}

sim::Task<bool> Session::UseCore(Thread* user, sim::SimDuration span, LockPhase phase) {
  Enter(phase);
  while (span.ns() > 0 && !user->killed()) span = co_await user->Compute(span);
  Enter(LockPhase::kUser);
  co_return !user->killed();
}

sim::Task<bool> Session::Think(Thread* user) {
  const int64_t ns = user->machine().chooser().Draw(*think_site, options->think);
  if (ns == 0) co_return !user->killed();
  co_return co_await UseCore(user, sim::SimDuration::Nanos(ns), LockPhase::kThink);
}

sim::Task<> Session::Act(Thread* user, std::function<sim::Task<>(Thread*)> act) {
  Enter(LockPhase::kBlocked);
  co_await act(user);
  Enter(LockPhase::kUser);
}

int Session::EndOf(const JobStep& last) {
  (last.kind == JobStep::Kind::kStopped ? figures->stopped_by : figures->broken) = last.text;
  if (last.kind == JobStep::Kind::kBroken) return kECHRNG;
  return last.error;
}

void Session::ReleaseConfig() {
  figures->lock_clock.AddBlocked(figures->ConfigWait());
  figures->config_hold = nullptr;
}

sim::Task<JobAnswer> Session::KernelRead(Thread* server, JobCall call, const DatasetTree* tree) {
  co_await sim::FrameName{"zfs_ioc_read"};
  Enter(LockPhase::kBlocked);
  co_await pool->config_lock().Read(server);
  Enter(LockPhase::kReadCpu);
  JobAnswer answer;
  const int items = Serve(*tree, call, OpenContext(), &answer);
  answered_ = true;
  if (pool->cold_metadata()) {
    Enter(LockPhase::kReadIo);
    const int error = co_await pool->ReadMetadata(server, ObjectOf(*tree, call, answer));
    if (error != 0) answer.error = error;
    Enter(LockPhase::kReadCpu);
  }
  co_await server->Compute(ReadCost(call, items));
  pool->config_lock().Unlock(server);
  Enter(LockPhase::kCrossing);
  co_return answer;
}

sim::SimDuration Session::ReadCost(const JobCall& call, int items) const {
  const PoolCosts& costs = pool->costs();
  const int64_t each = call.kind == CallKind::kList    ? costs.list_item_ns
                       : call.kind == CallKind::kCheck ? costs.sync_task_check_ns
                                                       : costs.get_prop_ns;
  return sim::SimDuration::Nanos(each * items);
}

void Session::BeginProgram(SyncTask* task) {
  task_ = task;
  if (task_ != nullptr) task_->changes = 0;
  promised_bytes_ = 0;
}

// module/zfs/zcp_synctask.c:zcp_synctask_wrapper.
JobAnswer Session::ServeProgram(const JobCall& call, const CheckContext& context) {
  if (transaction_) {
    history->NoteRead(*transaction_, pool, pool->tree(), call);
    served_ = true;
  }
  if (call.kind != CallKind::kCheck) return ServeRead(pool->tree(), call, context);
  const SpaceCost cost = ProgramSpaceCost(call.mutation);
  JobAnswer answer;
  answer.error = CheckSpace(pool->tree(), cost, promised_bytes_);
  if (answer.error != 0) return answer;
  answer = ServeRead(pool->tree(), call, context);
  if (answer.error == 0) promised_bytes_ += NeededBytes(cost);
  return answer;
}

sim::Task<JobAnswer> Session::MutateInSync(Thread* sync_thread, Mutation mutation, uint64_t txg) {
  const PoolCosts& costs = pool->costs();
  const CheckContext context{.syncing = true, .txg = txg, .caller = Caller::kChannelProgram};
  JobAnswer answer;
  co_await sync_thread->Compute(sim::SimDuration::Nanos(costs.sync_task_check_ns));
  const SpaceCost cost = ProgramSpaceCost(mutation);
  answer.error = CheckSpace(pool->tree(), cost, promised_bytes_);
  if (answer.error == 0) answer.error = Check(pool->tree(), mutation, context, &answer.details);
  if (answer.error != 0) co_return answer;
  promised_bytes_ += NeededBytes(cost);
  task_->changes += ChangesOf(mutation);
  co_await sync_thread->Compute(sim::SimDuration::Nanos(costs.sync_task_apply_ns));
  Apply(pool->tree(), mutation, SyncPointAt(pool->machine(), txg));
  co_return answer;
}

sim::Task<JobAnswer> Session::ReadByIoctl(JobCall call) {
  co_await sim::FrameName{"ioctl"};
  co_await CrossIn(true);
  JobAnswer answer;
  answer.error = co_await pool->SpaOpen(thread);
  if (answer.error == 0) answer = co_await KernelRead(thread, call, &pool->tree());
  co_await CrossOut();
  co_return answer;
}

sim::Task<> Session::CrossIn(bool ioctl) {
  Enter(LockPhase::kCrossing);
  thread->EnterKernel();
  if (ioctl) thread->Charge(thread->machine().profile().ioctl_ns);
  co_await thread->Settle();
}

sim::Task<> Session::CrossOut() {
  // A stop that came in the kernel acts at the return to user mode.
  Enter(thread->process()->stopped() ? LockPhase::kUser : LockPhase::kCrossing);
  co_await thread->ReturnToUser();
  Enter(LockPhase::kUser);
}

}  // namespace model
