// SPDX-License-Identifier: Apache-2.0
//
// destroy (cmd/zfs/zfs_main.c:zfs_do_destroy, destroy_callback,
// destroy_check_dependent, gather_snapshots; lib/libzfs/libzfs_dataset.c:
// zfs_destroy_snaps_nvl).
//
// Snapshots of one call are destroyed by one ioctl, which takes a txg for each and
// ends at the first that fails: what went before stays destroyed
// (module/zfs/dsl_destroy.c:dsl_destroy_snapshots_nvl, since commit 1cec121afb of
// 2026). Before, it was one channel program, so one txg, and all or none.
#include <algorithm>

#include "absl/container/btree_set.h"
#include "fmt/format.h"
#include "model/admin/zfs_text.h"
#include "model/admin/zfs_tool.h"
#include "model/dataset/errno.h"
#include "model/dataset/names.h"
#include "model/dataset/recursive.h"
#include "model/dataset/text.h"

namespace model {
namespace {

// The snapshots of one dataset that a spec names ("a,b%c,%d"), oldest first within a range
// (lib/libzfs/libzfs_iter.c:zfs_iter_snapspec). What it names and is not there is passed over.
void AddMatches(const DatasetTree& tree, ObjectId id, std::string_view spec,
                std::vector<std::string>* names) {
  const Dataset& dataset = tree.DatasetOf(id);
  absl::btree_set<std::string> seen;
  const auto add = [&](const std::string& leaf) {
    if (seen.insert(leaf).second) names->push_back(fmt::format("{}@{}", tree.NameOf(id), leaf));
  };
  for (const std::string_view part : SplitText(spec, ",")) {
    const size_t percent = part.find('%');
    if (percent == std::string_view::npos) {
      if (tree.FindSnapshotNamed(dataset, part) != 0) add(std::string(part));
      continue;
    }
    const std::string_view first = part.substr(0, percent);
    const std::string_view last = part.substr(percent + 1);
    const ObjectId from = first.empty() ? 0 : tree.FindSnapshotNamed(dataset, first);
    const ObjectId to = last.empty() ? UINT64_MAX : tree.FindSnapshotNamed(dataset, last);
    if ((!first.empty() && from == 0) || to == 0) continue;
    for (const auto& [snapshot, info] : dataset.snapshots) {
      if (snapshot >= from && snapshot <= to) add(info.name);
    }
  }
}

std::string_view TypeName(const DatasetTree& tree, ObjectId id) {
  const Dataset* dataset = tree.FindDataset(id);
  if (dataset == nullptr) return "snapshot";
  return dataset->type == DatasetType::kVolume ? "volume" : "filesystem";
}

// What destroying these snapshots would free.
uint64_t Reclaims(const DatasetTree& tree, const std::vector<std::string>& snapshots) {
  DatasetTree copy = tree;
  for (const std::string& name : snapshots) {
    const Mutation mutation = Destroy(name);
    if (Check(copy, mutation, {}) == 0) Apply(copy, mutation, {});
  }
  return copy.freeing_bytes() - tree.freeing_bytes();
}

}  // namespace

sim::Task<> ZfsTool::DestroyIt() {
  const std::string name = command_.operands[0];
  const SplitName split = Split(name);
  if (split.separator == '@') {
    std::string dataset(split.dataset);
    std::string spec(split.tail);
    co_return co_await DestroySnapshotsOf(std::move(dataset), std::move(spec));
  }
  if (split.separator == '#') co_return co_await DestroyBookmark(name);
  co_await DestroyDataset(name);
}

void ZfsTool::PrintDestroyed(const Names& names) {
  const bool dry = command_.Has('n');
  for (const std::string& name : names) {
    Print(command_.Has('p') ? fmt::format("destroy\t{}", name)
                            : fmt::format("{} destroy {}", dry ? "would" : "will", name));
  }
}

bool ZfsTool::HasUnwantedDependents(std::string_view name) {
  const bool recursive = command_.Has('r') || command_.Has('R');
  const DatasetTree& tree = TreeOf(name);
  const ObjectId target = Find(name);
  bool found = false;
  const auto complain = [&](std::string_view what, char flag, const std::string& dependent) {
    if (!found) {
      Fail(fmt::format("cannot destroy '{}'", name), fmt::format("{} has {}", TypeName(tree, target), what));
      Print(fmt::format("use '-{}' to destroy the following datasets:", flag));
      found = true;
    }
    Print(dependent);
  };
  for (const ObjectId id : Dependents(tree, target, true)) {
    const std::string dependent = tree.NameOf(id);
    if (dependent.starts_with(fmt::format("{}/", name)) || dependent.starts_with(fmt::format("{}@", name))) {
      if (!recursive) complain("children", 'r', dependent);
    } else if (recursive || tree.IsSnapshot(target)) {
      complain("dependent clones", 'R', dependent);
    }
  }
  return found;
}

sim::Task<bool> ZfsTool::DestroyBatch(Names snapshots) {
  if (snapshots.empty()) co_return true;
  const Pool* pool = module_->FindPool(snapshots.front());
  const bool batched = pool != nullptr && pool->batched_destroys();
  SyncTasks tasks(batched ? 1 : 0);
  for (const std::string& name : snapshots) {
    if (!batched) tasks.emplace_back();
    tasks.back().push_back(Destroy(name, command_.Has('d')));
  }
  const int error = co_await Change(std::move(tasks));
  if (error == 0) co_return true;
  std::string failed = snapshots[std::min(tasks_done_, snapshots.size() - 1)];
  if (batched && !details_.errors.empty()) failed = details_.errors.front().first;
  Fail(fmt::format("cannot destroy snapshot {}", failed),
       error == kEEXIST ? "snapshot is cloned" : ZfsErrorText(error));
  co_return false;
}

sim::Task<> ZfsTool::DestroySnapshotsOf(std::string dataset, std::string spec) {
  const bool recursive = command_.Has('r') || command_.Has('R');
  if (!co_await Open(dataset, kZfsHead)) co_return;
  const DatasetTree& tree = TreeOf(dataset);
  const ObjectId root = Find(dataset);
  Names names;
  size_t looked_at = 0;
  for (const ObjectId id : recursive ? DatasetsBelow(tree, root) : std::vector<ObjectId>{root}) {
    AddMatches(tree, id, spec, &names);
    looked_at += tree.DatasetOf(id).snapshots.size();
  }
  co_await ReadItems(dataset, looked_at);
  // What another has destroyed meanwhile is passed over by the kernel.
  std::erase_if(names, [&](const std::string& name) { return Find(name) == 0; });
  if (names.empty()) {
    Print("could not find any snapshots to destroy; check snapshot names.");
    exit_code_ = 1;
    co_return;
  }
  bool unwanted = false;
  if (!command_.Has('R') && !command_.Has('d')) {
    for (const std::string& name : names) unwanted = HasUnwantedDependents(name) || unwanted;
  }
  if (unwanted) co_return;
  if (command_.Has('v') || command_.Has('p')) {
    PrintDestroyed(names);
    const uint64_t bytes = Reclaims(TreeOf(dataset), names);
    if (!command_.Has('d')) {
      Print(command_.Has('p')
                ? fmt::format("reclaim\t{}", bytes)
                : fmt::format("{} reclaim {}", command_.Has('n') ? "would" : "will", ZfsSizeText(bytes)));
    }
  }
  if (command_.Has('n')) co_return;
  if (command_.Has('R')) {
    for (const std::string& name : names) {
      if (Find(name) != 0) co_await DestroyTree(name, true);
    }
  }
  co_await DestroyBatch(names);
}

sim::Task<> ZfsTool::DestroyBookmark(std::string name) {
  for (const auto& [flag, what] : {std::pair{'n', "dryrun"}, {'d', "defer destroy"}, {'r', "recursive"}}) {
    if (!command_.Has(flag)) continue;
    Print(fmt::format("{} is not supported with bookmark", what));
    exit_code_ = 1;
    co_return;
  }
  const std::string dataset(Split(name).dataset);
  co_await Stats(dataset);
  if (!Exists(name)) {
    Print(fmt::format("bookmark '{}' does not exist.", name));
    exit_code_ = 1;
    co_return;
  }
  const int error = co_await Change(Destroy(name));
  if (error != 0) Fail("cannot destroy bookmark", error);
}

// Takes what depends on `name` in order; snapshots in a row are one ioctl, which comes before the next
// filesystem. What fails does not keep the rest from being tried.
sim::Task<bool> ZfsTool::DestroyTree(std::string name, bool with_clones) {
  Names dependents;
  if (Find(name) == 0) co_return true;
  {
    const DatasetTree& tree = TreeOf(name);
    for (const ObjectId id : Dependents(tree, Find(name), with_clones)) dependents.push_back(tree.NameOf(id));
  }
  co_await ReadItems(name, dependents.size());
  const bool is_snapshot = Split(name).separator == '@';
  if (!is_snapshot) dependents.push_back(name);
  bool all = true;
  Names batch;
  for (const std::string& dependent : dependents) {
    if (thread_->killed()) co_return false;
    if (Split(dependent).separator == '@') {
      batch.push_back(dependent);
      continue;
    }
    if (dependent.find('/') == std::string::npos) continue;  // A pool stays.
    const bool batch_done = co_await DestroyBatch(std::move(batch));
    batch = {};
    if (!batch_done) {
      all = false;
      continue;
    }
    co_await Unmount(dependent);
    const int error = co_await Change(Destroy(dependent));
    if (error != 0) Fail(fmt::format("cannot destroy '{}'", dependent), error);
    all = all && error == 0;
  }
  const bool batch_done = co_await DestroyBatch(std::move(batch));
  co_return all&& batch_done;
}

sim::Task<> ZfsTool::DestroyDataset(std::string name) {
  const bool recursive = command_.Has('r') || command_.Has('R');
  if (!co_await Open(name, kZfsHead)) co_return;
  if (command_.Has('d')) co_return Fail(fmt::format("cannot destroy '{}'", name), kEINVAL);
  if (!recursive && name.find('/') == std::string::npos) {
    Fail(fmt::format("cannot destroy '{}'", name), "operation does not apply to pools");
    Print(fmt::format("use 'zfs destroy -r {}' to destroy all datasets in the pool", name));
    Print(fmt::format("use 'zpool destroy {}' to destroy the pool itself", name));
    co_return;
  }
  co_await ReadItems(name, Dependents(TreeOf(name), Find(name), true).size());
  if (Find(name) == 0) co_return;
  if (!command_.Has('R') && HasUnwantedDependents(name)) co_return;
  if (command_.Has('v') || command_.Has('p')) {
    Names names;
    const DatasetTree& tree = TreeOf(name);
    for (const ObjectId id : Dependents(tree, Find(name), command_.Has('R')))
      names.push_back(tree.NameOf(id));
    names.push_back(name);
    PrintDestroyed(names);
  }
  if (command_.Has('n')) co_return;
  co_await DestroyTree(name, command_.Has('R'));
}

}  // namespace model
