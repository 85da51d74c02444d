// SPDX-License-Identifier: Apache-2.0
//
// set, inherit (cmd/zfs/zfs_main.c:zfs_do_set, zfs_do_inherit; lib/libzfs/libzfs_dataset.c:
// zfs_prop_set_list, zfs_prop_inherit; lib/libzfs/libzfs_changelist.c).
//
// A new mountpoint unmounts the filesystem and what inherits it, and mounts them there, unless it
// is legacy or none; canmount=off unmounts. An unmount of what is dirty waits for three txgs.
//
// Differs from the real system: `inherit` leaves mounts as they are.
#include <algorithm>
#include <optional>

#include "fmt/format.h"
#include "model/admin/zfs_text.h"
#include "model/admin/zfs_tool.h"
#include "model/dataset/names.h"
#include "model/dataset/property_query.h"
#include "model/dataset/property_table.h"
#include "model/dataset/recursive.h"

namespace model {
namespace {

// A volume that reserves its size goes on to do so when that changes
// (lib/libzfs/libzfs_dataset.c:zfs_add_synthetic_resv).
PropertyList WithReservation(const Dataset* dataset, PropertyList properties) {
  if (dataset == nullptr || dataset->volsize == 0 || dataset->refreservation != dataset->volsize)
    return properties;
  std::optional<std::string> volsize;
  for (const auto& [property, value] : properties) {
    if (property == "volsize") volsize = value;
    if (property == "refreservation") return properties;
  }
  if (volsize) properties.emplace_back("refreservation", *volsize);
  return properties;
}

}  // namespace

ZfsTool::Names ZfsTool::MovedBySetting(const std::string& name, const PropertyList& properties) const {
  bool path = false;
  bool off = false;
  for (const auto& [property, value] : properties) {
    path |= property == "mountpoint";
    off |= property == "canmount" && value == "off";
  }
  Names moved;
  const DatasetTree& tree = TreeOf(name);
  for (const ObjectId id : DatasetsBelow(tree, Find(name))) {
    if (!tree.DatasetOf(id).mounted) continue;
    const std::string below = tree.NameOf(id);
    const std::optional<SetPoint> set = FindSetPoint(tree, id, "mountpoint", true);
    const bool inherits = !set || IsSameOrBelow(name, tree.NameOf(set->object));
    if (below == name ? path || off : path && inherits) moved.push_back(below);
  }
  return moved;
}

void ZfsTool::MountAgain(const Names& names, int error) {
  for (const std::string& name : names) {
    const ObjectId id = Find(name);
    if (id != 0 && (error != 0 || WantsMount(TreeOf(name), id))) Mount(name);
  }
}

sim::Task<> ZfsTool::Set() {
  PropertyList properties;
  Names targets;
  for (const std::string& operand : command_.operands) {
    const size_t equals = operand.find('=');
    if (targets.empty() && equals != std::string::npos) {
      properties.emplace_back(operand.substr(0, equals), operand.substr(equals + 1));
    } else {
      targets.push_back(operand);
    }
  }
  if (properties.empty()) co_return FailUsage("missing property=value argument(s)");
  if (targets.empty()) co_return FailUsage("missing dataset name(s)");
  for (const std::string& name : targets) {
    if (thread_->killed() || !co_await Open(name, kZfsAny)) co_return;
    const std::string action = fmt::format("cannot set property for '{}'", name);
    const DatasetTree& tree = TreeOf(name);
    const bool is_snapshot = tree.IsSnapshot(Find(name));
    const bool is_volume = tree.DatasetOf(Find(Split(name).dataset)).type == DatasetType::kVolume;
    std::string problem;
    for (const auto& [property, value] : properties) {
      if (is_snapshot && !IsUserProperty(property))
        problem = "this property can not be modified for snapshots";
      if (!problem.empty()) break;
      problem = ZfsPropertyProblem(property, value, is_volume, false).value_or("");
    }
    if (!problem.empty()) co_return Fail(action, problem);
    const SyncTasks tasks = SetTasks(name, WithReservation(TreeOf(name).FindDataset(Find(name)), properties));
    const Names moved = is_snapshot || command_.Has('u') ? Names() : MovedBySetting(name, properties);
    for (size_t i = moved.size(); i-- > 0;) co_await Unmount(moved[i]);
    const int error = co_await Change(tasks);
    MountAgain(moved, error);
    if (error == 0) continue;
    const size_t failed = std::min(tasks_done_, tasks.size() - 1);
    co_return Fail(action, ZfsSetErrorText(tasks[failed][0].second, error));
  }
}

sim::Task<> ZfsTool::InheritIt() {
  const std::string property = command_.operands[0];
  if (!IsUserProperty(property)) {
    const PropertyInfo* info = FindProperty(property);
    if (info == nullptr) co_return FailUsage(fmt::format("invalid property '{}'", property));
    std::string problem;
    if (info->use == PropertyUse::kReadOnly || info->use == PropertyUse::kSetOnce) {
      problem = fmt::format("{} property is read-only", info->name);
    } else if (info->use != PropertyUse::kInheritable) {
      problem = fmt::format("'{}' property cannot be inherited", info->name);
      if (info->default_value == "0") problem += fmt::format("\nuse 'zfs set {}=none' to clear", info->name);
    }
    if (!problem.empty()) {
      Print(problem);
      exit_code_ = 1;
      co_return;
    }
  }
  for (size_t i = 1; i < command_.operands.size() && !thread_->killed(); ++i) {
    const std::string name = command_.operands[i];
    if (!co_await Open(name, kZfsAny)) continue;
    Names names = {name};
    if (command_.Has('r') && Split(name).separator == '\0') {
      names = NamesBelow(TreeOf(name), Find(name), "");
      co_await ReadItems(name, names.size());
    }
    for (const std::string& one : names) {
      if (thread_->killed()) co_return;
      const int error = co_await Change(Inherit(one, property));
      if (error != 0) Fail(fmt::format("cannot inherit {} for '{}'", property, one), error);
    }
  }
}

}  // namespace model
