// SPDX-License-Identifier: Apache-2.0
//
// rollback, rename, hold, release (cmd/zfs/zfs_main.c:zfs_do_rollback, rollback_check,
// zfs_do_rename, zfs_do_hold_rele_impl; lib/libzfs/libzfs_dataset.c:zfs_rollback,
// zfs_rename, zfs_hold, zfs_release).
#include <algorithm>
#include <optional>

#include "fmt/format.h"
#include "model/admin/zfs_text.h"
#include "model/admin/zfs_tool.h"
#include "model/dataset/errno.h"
#include "model/dataset/names.h"
#include "model/dataset/recursive.h"

namespace model {
namespace {

// What would have to go before a rollback to `target`: newer snapshots and bookmarks.
std::vector<std::string> NewerThan(const DatasetTree& tree, ObjectId target) {
  const ObjectId owner = tree.OwnerOf(target);
  const Dataset& dataset = tree.DatasetOf(owner);
  std::vector<std::string> names;
  for (auto it = dataset.snapshots.upper_bound(target); it != dataset.snapshots.end(); ++it) {
    names.push_back(tree.NameOf(it->first));
  }
  for (const auto& [leaf, bookmark] : dataset.bookmarks) {
    if (bookmark.source > target) names.push_back(fmt::format("{}#{}", tree.NameOf(owner), leaf));
  }
  return names;
}

// Clones, and what depends on them, of the snapshots among `names`.
std::vector<std::string> ClonesOf(const DatasetTree& tree, const std::vector<std::string>& names) {
  std::vector<std::string> clones;
  for (const std::string& name : names) {
    ObjectId id = 0;
    if (tree.Lookup(name, &id) != 0 || !tree.IsSnapshot(id)) continue;
    for (const ObjectId dependent : Dependents(tree, id, true)) clones.push_back(tree.NameOf(dependent));
  }
  return clones;
}

bool IsBelowOrSame(std::string_view name, std::string_view ancestor) {
  return name == ancestor || name.starts_with(fmt::format("{}/", ancestor));
}

}  // namespace

sim::Task<> ZfsTool::RollbackIt() {
  const std::string name = command_.operands[0];
  const std::string dataset(Split(name).dataset);
  if (!co_await Open(name, kZfsSnapshot)) co_return;
  co_await ReadItems(dataset, TreeOf(name).DatasetOf(Find(dataset)).snapshots.size());
  if (Find(name) == 0) co_return Fail(fmt::format("cannot open '{}'", name), kENOENT);
  const Names newer = NewerThan(TreeOf(name), Find(name));
  const bool destroys = command_.Has('r') || command_.Has('R');
  const auto complain = [&](std::string_view what, char flag, std::string_view kind, const Names& names) {
    Fail(fmt::format("cannot rollback to '{}'", name), what);
    Print(fmt::format("use '-{}' to force deletion of the following {}:", flag, kind));
    for (const std::string& other : names) Print(other);
  };
  if (!newer.empty() && !destroys) {
    co_return complain("more recent snapshots or bookmarks exist", 'r', "snapshots and bookmarks", newer);
  }
  if (const Names clones = ClonesOf(TreeOf(name), newer); !clones.empty() && !command_.Has('R')) {
    co_return complain("clones of previous snapshots exist", 'R', "clones and dependents", clones);
  }
  for (const std::string& other : newer) {
    if (thread_->killed()) co_return;
    const bool is_snapshot = Split(other).separator == '@';
    if (is_snapshot && command_.Has('R') && !co_await DestroyTree(other, true)) co_return;
    if (const int error = co_await Change(Destroy(other))) {
      co_return Fail(fmt::format("cannot destroy '{}'", other), error);
    }
  }
  const int error = co_await Change(Rollback(dataset, name));
  const std::string action = fmt::format("cannot rollback '{}'", dataset);
  if (error == kEEXIST) {
    Fail(action, fmt::format("there is a snapshot or bookmark more recent than '{}'", name));
  } else if (error == kESRCH) {
    Fail(action, fmt::format("'{}' is not found among snapshots of '{}'", name, dataset));
  } else if (error != 0) {
    Fail(action, error);
  }
}

sim::Task<> ZfsTool::RenameSnapshotIt() {
  const std::string from = command_.operands[0];
  std::string to = command_.operands[1];
  if (to.starts_with('@')) to = std::string(Split(from).dataset) + to;
  if (Split(to).separator == '\0') to = fmt::format("{}@{}", Split(from).dataset, to);
  if (!co_await Open(from, kZfsSnapshot)) co_return;
  if (const auto problem = ZfsNameProblem(to, kZfsSnapshot)) {
    co_return Fail(fmt::format("cannot rename to '{}'", to), *problem);
  }
  if (Split(to).dataset != Split(from).dataset) {
    co_return Fail(fmt::format("cannot rename to '{}'", to), "snapshots must be part of same dataset");
  }
  const bool recursive = command_.Has('r');
  Mutation mutation = recursive ? RenameSnapshots(from, to) : Rename(from, to);
  const int error = co_await Change(std::move(mutation));
  if (error == kEEXIST && recursive) {
    co_return Fail(fmt::format("cannot rename '{}'", from),
                   "a child dataset already has a snapshot with the new name");
  }
  if (error != 0) Fail(fmt::format("cannot rename '{}'", from), error);
}

// What is mounted is unmounted first and mounted again (libzfs_changelist.c:changelist_prefix).
sim::Task<> ZfsTool::RenameIt() {
  const std::string from = command_.operands[0];
  const std::string to = command_.operands[1];
  if (Split(from).separator == '@') co_return co_await RenameSnapshotIt();
  if (command_.Has('r')) co_return FailUsage("source dataset for recursive rename must be a snapshot");
  if (Split(from).separator == '#') {
    if (!co_await Open(from, kZfsAny)) co_return;
  }
  if (!co_await Open(from, kZfsHead)) co_return;
  const std::string cannot = fmt::format("cannot rename to '{}'", to);
  if (const auto problem = ZfsNameProblem(to, kZfsFilesystem)) co_return Fail(cannot, *problem);
  if (PoolOf(from) != PoolOf(to) || NestingOf(to) == 0) {
    co_return Fail(cannot, "datasets must be within same pool");
  }
  if (IsBelowOrSame(to, from) && to != from) {
    co_return Fail(cannot, "New dataset name cannot be a descendant of current dataset name");
  }
  if (command_.Has('p') && !co_await MakeParents(to)) co_return;
  if (!co_await CheckParent(cannot, to)) co_return;
  Names mounted;
  if (!command_.Has('u') && Find(from) != 0) {
    const DatasetTree& tree = TreeOf(from);
    for (const ObjectId id : DatasetsBelow(tree, Find(from))) {
      if (tree.DatasetOf(id).mounted) mounted.push_back(tree.NameOf(id));
    }
  }
  for (size_t i = mounted.size(); i-- > 0;) co_await Unmount(mounted[i]);
  const int error = co_await Change(Rename(from, to));
  for (const std::string& name : mounted) Mount(error == 0 ? to + name.substr(from.size()) : name);
  if (error != 0) Fail(fmt::format("cannot rename '{}'", from), error);
}

sim::Task<std::optional<ZfsTool::Names>> ZfsTool::SnapshotsNamed(std::string name, std::string action,
                                                                 bool reads_holds) {
  const SplitName split = Split(name);
  if (split.separator != '@') {
    Fail(fmt::format("'{}' is not a snapshot", name), action);
    co_return std::nullopt;
  }
  const std::string dataset(split.dataset);
  if (!co_await Open(dataset, kZfsHead)) co_return std::nullopt;
  Names names = {name};
  if (command_.Has('r')) names = NamesBelow(TreeOf(dataset), Find(dataset), "@" + std::string(split.tail));
  if (command_.Has('r') || reads_holds) co_await ReadItems(dataset, names.size());
  std::erase_if(names, [&](const std::string& one) { return Find(one) == 0; });
  co_return names;
}

sim::Task<> ZfsTool::HoldIt() {
  const std::string tag = command_.operands[0];
  for (size_t i = 1; i < command_.operands.size() && !thread_->killed(); ++i) {
    const std::string name = command_.operands[i];
    const std::optional<Names> names = co_await SnapshotsNamed(name, "cannot hold", false);
    if (!names) continue;
    if (names->empty()) {
      Fail(fmt::format("cannot hold snapshot '{}'", name), kENOENT);
      continue;
    }
    Mutation mutation = Hold(tag, names->front());
    mutation.more.assign(names->begin() + 1, names->end());
    const int error = co_await Change(std::move(mutation));
    if (error == 0) continue;
    bool said = false;
    for (const auto& [one, of_it] : details_.errors) {
      const std::string_view text = of_it == kEEXIST  ? "tag already exists on this dataset"
                                    : of_it == kE2BIG ? "tag too long"
                                                      : ZfsErrorText(of_it);
      Fail(fmt::format("cannot hold snapshot '{}'", one), text);
      said = true;
    }
    if (!said) Fail("cannot hold", error);
  }
}

sim::Task<> ZfsTool::ReleaseIt() {
  const std::string tag = command_.operands[0];
  for (size_t i = 1; i < command_.operands.size() && !thread_->killed(); ++i) {
    const std::string name = command_.operands[i];
    std::optional<Names> names = co_await SnapshotsNamed(name, "cannot release", true);
    if (!names) continue;
    const bool exists = !names->empty();
    std::erase_if(*names, [&](const std::string& one) {
      return !TreeOf(one).SnapshotOf(Find(one)).holds.contains(tag);
    });
    const std::string action = fmt::format("cannot release hold from snapshot '{}'", name);
    if (names->empty()) {
      Fail(action, exists ? "no such tag on this dataset" : ZfsErrorText(kENOENT));
      continue;
    }
    Mutation mutation = Release(tag, names->front());
    mutation.more.assign(names->begin() + 1, names->end());
    const int error = co_await Change(std::move(mutation));
    if (error != 0) Fail(action, error);
  }
}

}  // namespace model
