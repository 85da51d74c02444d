// SPDX-License-Identifier: Apache-2.0
//
// create, clone, snapshot, promote, bookmark (cmd/zfs/zfs_main.c:zfs_do_create,
// zfs_do_clone, zfs_do_snapshot, zfs_do_promote, zfs_do_bookmark; lib/libzfs/
// libzfs_dataset.c:zfs_create, zfs_clone, zfs_snapshot_nvl, zfs_promote).
#include "fmt/format.h"
#include "model/admin/zfs_text.h"
#include "model/admin/zfs_tool.h"
#include "model/dataset/errno.h"
#include "model/dataset/names.h"
#include "model/dataset/recursive.h"

namespace model {
namespace {

// What `zfs bookmark` says of an errno; the rest are standard.
std::string_view BookmarkErrorText(int error) {
  switch (error) {
    case kEXDEV:
      return "bookmark is in a different pool";
    case kZFS_ERR_BOOKMARK_SOURCE_NOT_ANCESTOR:
      return "source is not an ancestor of the new bookmark's dataset";
    case kEEXIST:
      return "bookmark exists";
    case kEINVAL:
      return "invalid argument";
    default:
      return ZfsErrorText(error);
  }
}

}  // namespace

sim::Task<bool> ZfsTool::CheckParent(std::string action, std::string name) {
  const std::string parent(ParentOf(name));
  if (parent.empty()) {  // A pool: it cannot be made here, but it may be there.
    Fail(action, Find(name) != 0 ? "dataset already exists" : "missing dataset name");
    co_return false;
  }
  // lib/libzfs/libzfs_dataset.c:check_parents.
  const std::string_view pool = PoolOf(parent);
  if (module_->FindPool(pool) == nullptr) {
    Fail(action, fmt::format("no such pool '{}'", pool));
    co_return false;
  }
  int error = co_await Stats(parent);
  if (error == 0 && Find(parent) == 0) error = kENOENT;
  if (error != 0) {
    Fail(action, error == kENOENT ? "parent does not exist" : ZfsErrorText(error));
    co_return false;
  }
  if (TreeOf(parent).DatasetOf(Find(parent)).type != DatasetType::kFilesystem) {
    Fail(action, "parent is not a filesystem");
    co_return false;
  }
  co_return true;
}

sim::Task<bool> ZfsTool::MakeParents(std::string name) {
  for (size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1)) {
    const std::string parent = name.substr(0, slash);
    if (parent.find('/') == std::string::npos || Find(parent) != 0) continue;
    const int error = co_await Change(CreateFilesystem(parent));
    if (error != 0) {
      Fail(fmt::format("cannot create '{}'", parent), error);
      co_return false;
    }
    MountNew(parent);
  }
  co_return true;
}

// zfs_ioctl.c:zfs_ioc_create: the properties are set afterwards, each batch in a txg of its own.
sim::Task<int> ZfsTool::Make(Mutation mutation, std::string name, PropertyList properties) {
  SyncTasks tasks;
  tasks.push_back({std::move(mutation)});
  for (std::vector<Mutation>& batch : SetTasks(name, properties)) tasks.push_back(std::move(batch));
  const int error = co_await Change(std::move(tasks));
  if (error != 0 && tasks_done_ > 0) co_await Change(Destroy(name));
  co_return error;
}

sim::Task<> ZfsTool::Create() {
  const std::string name = command_.operands[0];
  const std::string action = fmt::format("cannot create '{}'", name);
  if (const auto problem = ZfsNameProblem(name, kZfsFilesystem)) co_return Fail(action, *problem);
  const bool is_volume = !command_.volsize.empty();
  PropertyList properties = command_.properties;
  for (const auto& [property, value] : properties) {
    if (const auto problem = ZfsPropertyProblem(property, value, is_volume, true)) {
      co_return Fail(action, *problem);
    }
  }
  if (command_.Has('p')) {
    if (Find(name) != 0) co_return;  // Nothing to do.
    if (!co_await MakeParents(name)) co_return;
  }
  if (NestingOf(name) >= kDatasetNestingMax) co_return Fail(action, kENAMETOOLONG);
  if (!co_await CheckParent(action, name)) co_return;
  if (Find(name) != 0) co_return Fail(action, "dataset already exists");
  Mutation mutation = CreateFilesystem(name);
  if (is_volume) {
    if (const auto problem = ZfsPropertyProblem("volsize", command_.volsize, true, true)) {
      co_return Fail(action, *problem);
    }
    PropertyList at_birth;
    if (!command_.volblock.empty()) at_birth.emplace_back("volblocksize", command_.volblock);
    mutation = CreateVolume(name, command_.volsize, std::move(at_birth));
    bool reserves = !command_.Has('s');
    for (const auto& [property, value] : properties) reserves = reserves && property != "refreservation";
    if (reserves) properties.emplace_back("refreservation", command_.volsize);
  }
  if (const int error = co_await Make(mutation, name, properties)) co_return Fail(action, error);
  MountNew(name);
}

sim::Task<> ZfsTool::CloneIt() {
  const std::string origin = command_.operands[0];
  const std::string name = command_.operands[1];
  if (!co_await Open(origin, kZfsSnapshot)) co_return;
  const std::string action = fmt::format("cannot create '{}'", name);
  const bool is_volume = TreeOf(origin).DatasetOf(Find(Split(origin).dataset)).type == DatasetType::kVolume;
  if (command_.Has('p')) {
    if (Find(name) != 0) co_return;
    if (!co_await MakeParents(name)) co_return;
  }
  if (const auto problem = ZfsNameProblem(name, kZfsFilesystem)) co_return Fail(action, *problem);
  for (const auto& [property, value] : command_.properties) {
    if (const auto problem = ZfsPropertyProblem(property, value, is_volume, false)) {
      co_return Fail(action, *problem);
    }
  }
  if (!co_await CheckParent(action, name)) co_return;
  const int error = co_await Make(Clone(origin, name), name, command_.properties);
  if (error == kEXDEV) co_return Fail(action, "source and target pools differ");
  if (error != 0) co_return Fail(action, error);
  MountNew(name);
}

sim::Task<> ZfsTool::SnapshotIt() {
  Names names;
  for (const std::string& operand : command_.operands) {
    const SplitName split = Split(operand);
    if (split.separator != '@') co_return FailUsage();
    const std::string dataset(split.dataset);
    if (!co_await Open(dataset, kZfsHead)) co_return FailUsage();
    if (!command_.Has('r')) {
      names.push_back(operand);
      continue;
    }
    const Names below = NamesBelow(TreeOf(dataset), Find(dataset), "@" + std::string(split.tail));
    co_await ReadItems(dataset, below.size());
    names.insert(names.end(), below.begin(), below.end());
  }
  for (const std::string& name : names) {
    if (const auto problem = ZfsNameProblem(name, kZfsSnapshot)) {
      co_return Fail(fmt::format("cannot create snapshot '{}'", name), *problem);
    }
  }
  const bool many = names.size() > 1 || command_.Has('r');
  const int error = co_await Change(TakeSnapshots(names, command_.properties));
  if (error == 0) co_return;
  for (const auto& [name, one] : details_.errors) Fail(fmt::format("cannot create snapshot '{}'", name), one);
  if (details_.errors.empty()) {
    Fail("cannot create snapshots",
         error == kEXDEV ? "multiple snapshots of same fs not allowed" : ZfsErrorText(error));
  }
  if (many) Print("no snapshots were created");
}

sim::Task<> ZfsTool::PromoteIt() {
  const std::string name = command_.operands[0];
  if (!co_await Open(name, kZfsHead)) co_return;
  const std::string action = fmt::format("cannot promote '{}'", name);
  const DatasetTree& tree = TreeOf(name);
  const ObjectId origin = tree.DatasetOf(Find(name)).origin;
  if (origin == 0) co_return Fail(action, "not a cloned filesystem");
  const std::string parent = tree.NameOf(origin);
  const int error = co_await Change(Promote(name));
  if (error == kEEXIST && !details_.conflicts.empty()) {
    co_return Fail(action,
                   fmt::format("conflicting snapshot '{}' from parent '{}'", details_.conflicts[0], parent));
  }
  if (error != 0) Fail(action, error);
}

sim::Task<> ZfsTool::BookmarkIt() {
  std::string source = command_.operands[0];
  std::string name = command_.operands[1];
  if (Split(source).separator == '\0') {
    co_return FailUsage(fmt::format("invalid source name '{}': must contain a '@' or '#'", source));
  }
  if (Split(name).separator != '#') {
    co_return FailUsage(fmt::format("invalid bookmark name '{}': must contain a '#'", name));
  }
  // One of the two may leave out the dataset of the other.
  if (Split(name).dataset.empty()) name = std::string(Split(source).dataset) + name;
  if (Split(source).dataset.empty()) source = std::string(Split(name).dataset) + source;
  if (!co_await Open(source, kZfsSnapshot | kZfsBookmark)) co_return FailUsage();
  const int error = co_await Change(MakeBookmark(source, name));
  if (error != 0) Fail(fmt::format("cannot create bookmark '{}'", name), BookmarkErrorText(error));
}

}  // namespace model
