// SPDX-License-Identifier: Apache-2.0
#include "model/dataset/tree_digest.h"

#include <string_view>

#include "absl/functional/function_ref.h"
#include "fmt/core.h"
#include "sim/hash.h"

namespace model {
namespace {

using Emit = absl::FunctionRef<void(std::string_view)>;

void EmitSnapshot(const DatasetTree& tree, std::string_view name, ObjectId id, bool include_space,
                  Emit emit) {
  const Snapshot& snapshot = tree.SnapshotOf(id);
  emit(fmt::format("{} snapshot", name));
  if (snapshot.defer_destroy) emit(fmt::format("{} deferred", name));
  for (const auto& [tag, time_s] : snapshot.holds) emit(fmt::format("{} hold {}", name, tag));
  for (const auto& [key, value] : snapshot.properties) emit(fmt::format("{} set {}={}", name, key, value));
  if (include_space) {
    emit(
        fmt::format("{} bytes used={} referenced={}", name, tree.UniqueBytes(id), snapshot.referenced_bytes));
  }
}

void EmitDataset(const DatasetTree& tree, const std::string& name, ObjectId id, bool include_space,
                 Emit emit) {
  const Dataset& dataset = tree.DatasetOf(id);
  emit(fmt::format("{} {}", name, dataset.type == DatasetType::kVolume ? "volume" : "filesystem"));
  if (dataset.origin != 0) emit(fmt::format("{} origin {}", name, tree.NameOf(dataset.origin)));
  for (const auto& [key, value] : dataset.properties) emit(fmt::format("{} set {}={}", name, key, value));
  if (include_space) {
    emit(fmt::format("{} bytes used={} referenced={} volsize={}", name, dataset.used_bytes,
                     dataset.live_bytes, dataset.volsize));
  }
  for (const auto& [leaf, bookmark] : dataset.bookmarks) emit(fmt::format("{}#{} bookmark", name, leaf));
  for (const auto& [snapshot_id, snapshot] : dataset.snapshots) {
    EmitSnapshot(tree, fmt::format("{}@{}", name, snapshot.name), snapshot_id, include_space, emit);
  }
  for (const auto& [leaf, child] : dataset.children) {
    EmitDataset(tree, fmt::format("{}/{}", name, leaf), child, include_space, emit);
  }
}

}  // namespace

uint64_t NormalisedTreeDigest(const DatasetTree& tree, bool include_space) {
  uint64_t digest = 0;
  EmitDataset(tree, tree.pool(), tree.root(), include_space,
              [&](std::string_view line) { digest = sim::CombineHash(digest, sim::HashName(line)); });
  return digest;
}

std::string NormalisedTreeText(const DatasetTree& tree, bool include_space) {
  std::string text;
  EmitDataset(tree, tree.pool(), tree.root(), include_space, [&](std::string_view line) {
    text += line;
    text += '\n';
  });
  return text;
}

}  // namespace model
