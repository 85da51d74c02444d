// SPDX-License-Identifier: Apache-2.0
#include "model/admin/zfs_tool.h"

#include <numeric>
#include <optional>

#include "fmt/format.h"
#include "model/admin/zfs_text.h"
#include "model/dataset/errno.h"
#include "model/dataset/names.h"
#include "model/dataset/property_query.h"
#include "model/dataset/property_table.h"
#include "model/dataset/space_policy.h"
#include "model/design/session.h"

namespace model {
namespace {

unsigned KindOf(const DatasetTree& tree, ObjectId id) {
  const Dataset* dataset = tree.FindDataset(id);
  if (dataset == nullptr) return kZfsSnapshot;
  return dataset->type == DatasetType::kVolume ? kZfsVolume : kZfsFilesystem;
}

// Several mutations as one task, all or none. Those of a batch do not depend on each other.
SyncTask BatchTask(Pool* pool, const std::vector<Mutation>& batch, CheckDetails* details) {
  SyncTask task;
  task.ioctl = IoctlOf(batch.front().kind);
  task.changes =
      std::accumulate(batch.begin(), batch.end(), int64_t{0},
                      [](int64_t sum, const Mutation& mutation) { return sum + ChangesOf(mutation); });
  task.check = [pool, &batch, details](bool syncing, uint64_t txg) {
    *details = {};
    const CheckContext context{.syncing = syncing, .txg = txg, .caller = Caller::kIoctl};
    for (const Mutation& mutation : batch) {
      const int error = CheckTask(pool->tree(), mutation, context, details);
      if (error != 0 && batch.size() > 1) details->errors.emplace_back(mutation.name, error);
      if (error != 0) return error;
    }
    return 0;
  };
  task.sync = [pool, &batch](uint64_t txg) {
    for (const Mutation& mutation : batch) Apply(pool->tree(), mutation, SyncPointAt(pool->machine(), txg));
  };
  return task;
}

bool IsSpecial(std::string_view property) {
  // zfs_ioctl.c:zfs_prop_set_special.
  return property == "quota" || property == "refquota" || property == "reservation" ||
         property == "refreservation" || property == "volsize" || property == "filesystem_limit" ||
         property == "snapshot_limit";
}

}  // namespace

sim::Task<> ZfsTool::Run() {
  switch (command_.verb) {
    case ZfsVerb::kCreate:
      co_return co_await Create();
    case ZfsVerb::kDestroy:
      co_return co_await DestroyIt();
    case ZfsVerb::kSnapshot:
      co_return co_await SnapshotIt();
    case ZfsVerb::kRollback:
      co_return co_await RollbackIt();
    case ZfsVerb::kClone:
      co_return co_await CloneIt();
    case ZfsVerb::kPromote:
      co_return co_await PromoteIt();
    case ZfsVerb::kRename:
      co_return co_await RenameIt();
    case ZfsVerb::kBookmark:
      co_return co_await BookmarkIt();
    case ZfsVerb::kHold:
      co_return co_await HoldIt();
    case ZfsVerb::kRelease:
      co_return co_await ReleaseIt();
    case ZfsVerb::kHolds:
      co_return co_await Holds();
    case ZfsVerb::kSet:
      co_return co_await Set();
    case ZfsVerb::kInherit:
      co_return co_await InheritIt();
    case ZfsVerb::kList:
      co_return co_await List();
    case ZfsVerb::kGet:
      co_return co_await Get();
    case ZfsVerb::kMount:
      co_return co_await MountIt();
    case ZfsVerb::kUnmount:
      co_return co_await UnmountIt();
  }
}

void ZfsTool::Print(std::string_view line) {
  if (!output_.empty()) output_ += '\n';
  output_ += line;
}

void ZfsTool::Fail(std::string_view action, std::string_view description) {
  Print(fmt::format("{}: {}", action, description));
  if (exit_code_ == 0) exit_code_ = 1;
}

void ZfsTool::Fail(std::string_view action, int error) { Fail(action, ZfsErrorText(error)); }

void ZfsTool::FailUsage(std::string_view line) {
  if (!line.empty()) Print(line);
  Print(command_.usage);
  exit_code_ = 2;
}

ObjectId ZfsTool::Find(std::string_view name) const {
  const Pool* pool = module_->FindPool(name);
  ObjectId id = 0;
  return pool != nullptr && pool->tree().Lookup(name, &id) == 0 ? id : 0;
}

bool ZfsTool::Exists(std::string_view name) const {
  const SplitName split = Split(name);
  if (split.separator != '#') return Find(name) != 0;
  const ObjectId id = Find(split.dataset);
  return id != 0 && TreeOf(name).DatasetOf(id).bookmarks.contains(split.tail);
}

sim::Task<int> ZfsTool::Stats(std::string name) {
  if (thread_->killed()) co_return kEINTR;
  co_await sim::FrameName{"zfs_ioc_objset_stats"};
  thread_->EnterKernel();
  thread_->Charge(thread_->machine().profile().ioctl_ns);
  co_await thread_->Settle();
  Pool* pool = module_->FindPool(name);
  if (pool == nullptr) pool = co_await module_->LookUpPool(thread_, name);
  int error = kENOENT;
  if (pool != nullptr) {
    error = co_await pool->SpaOpen(thread_);
    if (error == 0 && pool->suspended()) error = kEAGAIN;
  }
  if (error == 0) {
    co_await pool->config_lock().Read(thread_);
    co_await thread_->Compute(sim::SimDuration::Nanos(pool->costs().get_prop_ns));
    ObjectId id = 0;
    error = pool->tree().Lookup(name, &id);
    pool->config_lock().Unlock(thread_);
  }
  co_await thread_->ReturnToUser();
  co_return error;
}

sim::Task<bool> ZfsTool::Open(std::string name, unsigned kinds) {
  const std::string action = fmt::format("cannot open '{}'", name);
  if (const auto problem = ZfsNameProblem(name, kinds)) {
    Fail(action, *problem);
    co_return false;
  }
  std::string object = name;
  if (Split(name).separator == '#') object = std::string(Split(name).dataset);
  int error = co_await Stats(std::move(object));
  // It may have gone on the way back from the kernel.
  if (error == 0 && !Exists(name)) error = kENOENT;
  if (error == 0 && Split(name).separator != '#' && (kinds & KindOf(TreeOf(name), Find(name))) == 0) {
    Fail(action, "operation not applicable to datasets of this type");
    co_return false;
  }
  if (error != 0) Fail(action, error);
  co_return error == 0;
}

sim::Task<> ZfsTool::ReadItems(std::string name, size_t count) {
  Pool* pool = module_->FindPool(name);
  if (pool == nullptr) co_return;
  co_await sim::FrameName{"zfsdev_ioctl"};
  for (size_t i = 0; i <= count && !thread_->killed() && !pool->suspended(); ++i) {
    thread_->EnterKernel();
    thread_->Charge(thread_->machine().profile().ioctl_ns);
    co_await pool->SpaOpen(thread_);
    co_await pool->config_lock().Read(thread_);
    co_await thread_->Compute(sim::SimDuration::Nanos(pool->costs().list_item_ns));
    pool->config_lock().Unlock(thread_);
    co_await thread_->ReturnToUser();
  }
}

void ZfsTool::NoteReads(const Pool* pool, const ReadSet& reads) {
  if (history_ != nullptr) history_->NoteReads(transaction_, pool, reads);
}

sim::Task<int> ZfsTool::Change(Mutation mutation) {
  SyncTasks tasks;
  tasks.push_back({std::move(mutation)});
  co_return co_await Change(std::move(tasks));
}

sim::Task<int> ZfsTool::Change(SyncTasks tasks) {
  co_await sim::FrameName{"zfsdev_ioctl"};
  tasks_done_ = 0;
  details_ = {};
  if (thread_->killed()) co_return kEINTR;
  for (const std::vector<Mutation>& batch : tasks) {
    for (const Mutation& mutation : batch) {
      if (const int error = CheckSyntax(mutation)) co_return error;
    }
  }
  thread_->EnterKernel();
  thread_->Charge(thread_->machine().profile().ioctl_ns);
  co_await thread_->Settle();
  Pool* pool = module_->FindPool(tasks.front().front().name);
  int error = kENOENT;
  if (pool != nullptr) {
    error = co_await pool->SpaOpen(thread_);  // pool_status_check
    if (error == 0 && pool->suspended()) error = kEAGAIN;
  }
  while (error == 0 && tasks_done_ < tasks.size()) {
    SyncTask task = BatchTask(pool, tasks[tasks_done_], &details_);
    task.logged = false;
    if (history_ != nullptr) task.observer = history_->TapOf(transaction_, pool);
    error = co_await pool->Administer(thread_, &task);
    if (error == 0) ++tasks_done_;
    if (error != 0 && history_ != nullptr) history_->Refuse(transaction_);
  }
  if (error == 0) {
    changed_ = pool;
    co_await pool->LogChange(thread_);
  }
  co_await thread_->ReturnToUser();
  co_return error;
}

// zfs_vfsops.c:zfsvfs_teardown.
sim::Task<> ZfsTool::Unmount(std::string name) {
  co_await sim::FrameName{"zfs_umount"};
  Pool* pool = module_->FindPool(name);
  const ObjectId id = Find(name);
  if (id == 0 || thread_->killed()) co_return;
  if (!pool->tree().DatasetOf(id).mounted) co_return;
  thread_->EnterKernel();
  thread_->Charge(thread_->machine().profile().ioctl_ns);
  co_await thread_->Settle();
  if (pool->IsDirty(id)) co_await pool->WaitSynced(thread_, 0);
  if (pool->tree().FindDataset(id) != nullptr) pool->tree().SetMounted(id, false);
  co_await thread_->ReturnToUser();
}

void ZfsTool::Mount(std::string_view name) {
  if (const ObjectId id = Find(name)) module_->FindPool(name)->tree().SetMounted(id, true);
}

void ZfsTool::MountNew(std::string_view name) {
  const ObjectId id = Find(name);
  if (id != 0 && !command_.Has('u') && WantsMount(TreeOf(name), id)) Mount(name);
}

bool ZfsTool::WantsMount(const DatasetTree& tree, ObjectId id) const {
  const Dataset* dataset = tree.FindDataset(id);
  if (dataset == nullptr || dataset->type != DatasetType::kFilesystem) return false;
  const auto text = [&](std::string_view property) {
    return std::get<std::string>(GetProperty(tree, id, property).value);
  };
  const std::string mountpoint = text("mountpoint");
  return text("canmount") == "on" && mountpoint != "none" && mountpoint != "legacy";
}

ZfsTool::SyncTasks ZfsTool::SetTasks(std::string_view name, const PropertyList& properties) const {
  SyncTasks tasks;
  std::vector<Mutation> rest;
  for (const auto& [property, value] : properties) {
    const PropertyInfo* info = FindProperty(property);
    Mutation mutation =
        SetProperty(std::string(name), info == nullptr ? property : std::string(info->name), value);
    if (IsSpecial(mutation.second)) {
      tasks.push_back({std::move(mutation)});
    } else {
      rest.push_back(std::move(mutation));
    }
  }
  if (!rest.empty()) tasks.push_back(std::move(rest));
  return tasks;
}

}  // namespace model
