// SPDX-License-Identifier: Apache-2.0
#include "model/script/compare/done.h"

#include <optional>
#include <string>
#include <string_view>

namespace model {
namespace {

ObjectId IdOf(const DatasetTree& tree, std::string_view name) {
  ObjectId id = 0;
  return tree.Lookup(name, &id) == 0 ? id : 0;
}

// Whether a dataset, snapshot or bookmark exists.
std::string Existence(const DatasetTree& tree, const std::string& name) {
  const size_t hash = name.find('#');
  if (hash == std::string::npos) return IdOf(tree, name) != 0 ? "there " : "gone ";
  const Dataset* dataset = tree.FindDataset(IdOf(tree, name.substr(0, hash)));
  return dataset != nullptr && dataset->bookmarks.contains(name.substr(hash + 1)) ? "there " : "gone ";
}

std::string ValueOf(const DatasetTree& tree, const std::string& name, const std::string& property) {
  const ObjectId id = IdOf(tree, name);
  const Dataset* dataset = tree.FindDataset(id);
  const Snapshot* snapshot = tree.FindSnapshot(id);
  if (dataset == nullptr && snapshot == nullptr) return "gone";
  const auto& properties = dataset != nullptr ? dataset->properties : snapshot->properties;
  const auto value = properties.find(property);
  return value == properties.end() ? "not set" : "= " + value->second;
}

std::string Holding(const DatasetTree& tree, const std::string& name, const std::string& tag) {
  const Snapshot* snapshot = tree.FindSnapshot(IdOf(tree, name));
  return snapshot != nullptr && snapshot->holds.contains(tag) ? "held " : "free ";
}

std::string OriginOf(const DatasetTree& tree, const std::string& name) {
  const Dataset* dataset = tree.FindDataset(IdOf(tree, name));
  return dataset == nullptr || dataset->origin == 0 ? "none" : tree.NameOf(dataset->origin);
}

// What a tree has where the change shows; nothing if it shows nowhere.
std::optional<std::string> WhatItLeaves(const Mutation& mutation, const DatasetTree& tree) {
  std::string text;
  switch (mutation.kind) {
    case MutationKind::kCreateFilesystem:
    case MutationKind::kCreateVolume:
    case MutationKind::kSnapshot:
    case MutationKind::kDestroySnapshot:
    case MutationKind::kDestroyDataset:
    case MutationKind::kDestroyBookmark:
      text = Existence(tree, mutation.name);
      for (const std::string& name : mutation.more) text += Existence(tree, name);
      return text;
    case MutationKind::kClone:
    case MutationKind::kBookmark:
      return Existence(tree, mutation.second);
    case MutationKind::kRename:
    case MutationKind::kRenameSnapshot:
      return Existence(tree, mutation.name) + Existence(tree, mutation.second);
    case MutationKind::kHold:
    case MutationKind::kRelease:
      text = Holding(tree, mutation.name, mutation.value);
      for (const std::string& name : mutation.more) text += Holding(tree, name, mutation.value);
      return text;
    case MutationKind::kSetProperty:
    case MutationKind::kInherit:
      return ValueOf(tree, mutation.name, mutation.second);
    case MutationKind::kPromote:
      return OriginOf(tree, mutation.name);
    case MutationKind::kRollback:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

DoneCount CountDone(const DatasetTree& start, const DirectRun& direct, const DatasetTree& tree) {
  DoneCount count;
  for (const JobFigures::Exchange& exchange : direct.exchanges) {
    if (exchange.call.kind != CallKind::kSync || exchange.error != 0) continue;
    const Mutation& mutation = exchange.call.mutation;
    const std::optional<std::string> after = WhatItLeaves(mutation, direct.tree);
    if (!after || after == WhatItLeaves(mutation, start)) {
      ++count.not_counted;
      continue;
    }
    ++count.of;
    count.done += after == WhatItLeaves(mutation, tree) ? 1 : 0;
  }
  return count;
}

}  // namespace model
