// SPDX-License-Identifier: Apache-2.0
#include "model/dataset/pool_builder.h"

#include <algorithm>

#include "fmt/core.h"
#include "model/dataset/errno.h"
#include "model/dataset/names.h"
#include "model/dataset/operations.h"
#include "model/dataset/property_table.h"
#include "sim/check.h"

namespace model {
namespace {

// All declared objects are of this txg, before the first that a pool hands out (TXG_INITIAL 4).
constexpr uint64_t kDeclaredTxg = 1;
// And of this time unless it is given: 2023-11-14 22:00 UTC, before the first second of a run.
constexpr uint64_t kDeclaredSeconds = 1'699'999'200;

NameKind KindOf(std::string_view name) {
  const char separator = Split(name).separator;
  if (separator == '@') return NameKind::kSnapshot;
  return separator == '#' ? NameKind::kBookmark : NameKind::kDataset;
}

// Returns an error for a name that is none, which says more than its errno.
absl::Status CheckName(std::string_view name, NameKind kind) {
  const std::optional<std::string> problem = NameProblem(kind, name);
  if (!problem) return absl::OkStatus();
  constexpr std::string_view kNouns[] = {"pool", "dataset", "snapshot", "bookmark"};
  return absl::InvalidArgumentError(
      fmt::format("\"{}\" is no name of a {}: it {}", name, kNouns[static_cast<size_t>(kind)], *problem));
}

std::string Reason(int error) {
  switch (error) {
    case kENOENT:
      return "what it refers to does not exist";
    case kEEXIST:
      return "it exists already";
    case kEXDEV:
      return "it is of another pool";
    case kZFS_ERR_WRONG_PARENT:
      return "only a filesystem can have children";
    default:
      return "it is refused";
  }
}

}  // namespace

PoolBuilder::PoolBuilder(std::string_view pool, uint64_t pool_bytes) : tree_(pool, pool_bytes) {
  tree_.MutableDataset(tree_.root()).created.time_s = kDeclaredSeconds;
}

absl::Status PoolBuilder::Root(const DeclaredDataset& declared) { return Fill(tree_.root(), declared); }

absl::Status PoolBuilder::Filesystem(std::string_view name, const DeclaredDataset& declared) {
  return Create(CreateFilesystem(std::string(name)), name, declared);
}

absl::Status PoolBuilder::Volume(std::string_view name, std::string_view volsize,
                                 const DeclaredDataset& declared) {
  return Create(CreateVolume(std::string(name), std::string(volsize)), name, declared);
}

absl::Status PoolBuilder::Clone(std::string_view origin, std::string_view name,
                                const DeclaredDataset& declared) {
  if (absl::Status status = CheckName(origin, NameKind::kSnapshot); !status.ok()) return status;
  return Create(model::Clone(std::string(origin), std::string(name)), name, declared);
}

absl::Status PoolBuilder::Snapshot(std::string_view name, const DeclaredSnapshot& declared) {
  if (absl::Status status = CheckName(name, NameKind::kSnapshot); !status.ok()) return status;
  ObjectId dataset = 0;
  // What it shares would be taken from data that a clone of an older one has already.
  if (declared.shared_with_next_bytes > 0 && tree_.Lookup(name.substr(0, name.find('@')), &dataset) == 0) {
    for (const auto& [ignored, older] : tree_.DatasetOf(dataset).snapshots) {
      if (older.clones.empty()) continue;
      return absl::InvalidArgumentError(fmt::format(
          "snapshot {}: declare it before the clones of older ones, since it shares with the next", name));
    }
  }
  if (absl::Status status = Perform(TakeSnapshot(std::string(name)), declared.time_s); !status.ok()) {
    return status;
  }
  ObjectId id = 0;
  SIM_CHECK(tree_.Lookup(name, &id) == 0);
  PlaceBlocks(tree_.OwnerOf(id), id, declared);
  return absl::OkStatus();
}

absl::Status PoolBuilder::Bookmark(std::string_view snapshot, std::string_view name) {
  if (absl::Status status = CheckName(snapshot, NameKind::kSnapshot); !status.ok()) return status;
  return Perform(MakeBookmark(std::string(snapshot), std::string(name)));
}

absl::Status PoolBuilder::OldBookmark(std::string_view name) {
  if (absl::Status status = CheckName(name, NameKind::kBookmark); !status.ok()) return status;
  const SplitName split = Split(name);
  ObjectId id = 0;
  if (tree_.Lookup(split.dataset, &id) != 0) {
    return absl::NotFoundError(fmt::format("bookmark {}: {} does not exist", name, split.dataset));
  }
  if (tree_.DatasetOf(id).bookmarks.contains(split.tail)) {
    return absl::AlreadyExistsError(fmt::format("bookmark {} exists already", name));
  }
  tree_.AddBookmark(id, split.tail, {.source = 0, .created = {.txg = kDeclaredTxg}}, kDeclaredTxg);
  return absl::OkStatus();
}

absl::Status PoolBuilder::Hold(std::string_view snapshot, std::string_view tag) {
  ObjectId id = 0;
  if (tree_.Lookup(snapshot, &id) != 0) {
    return absl::NotFoundError(fmt::format("hold \"{}\": no snapshot {}", tag, snapshot));
  }
  return Perform(model::Hold(std::string(tag), std::string(snapshot)));
}

absl::Status PoolBuilder::Property(std::string_view name, std::string_view property, std::string_view value) {
  if (!IsUserProperty(property)) {
    const PropertyInfo* info = FindProperty(property);
    if (info == nullptr) {
      return absl::InvalidArgumentError(
          fmt::format("\"{}\" is no property; a property of your own has a ':' in its name", property));
    }
    if (info->use == PropertyUse::kReadOnly) {
      return absl::InvalidArgumentError(fmt::format("property {} cannot be set", property));
    }
    if (!CanonicalValue(*info, value)) {
      return absl::InvalidArgumentError(
          fmt::format("{} = \"{}\": accepted is {}", property, value, info->accepts));
    }
  }
  return Perform(SetProperty(std::string(name), std::string(property), std::string(value)));
}

void PoolBuilder::RaiseUsed(ObjectId id, uint64_t used_bytes) {
  Dataset& dataset = tree_.MutableDataset(id);
  if (dataset.used_bytes >= used_bytes) return;
  dataset.unlisted_bytes += used_bytes - dataset.used_bytes;
  tree_.UpdateUsed(id, kDeclaredTxg);
}

void PoolBuilder::Write(ObjectId dataset, uint64_t written_bytes, uint64_t freed_bytes) {
  tree_.Write(dataset, written_bytes, freed_bytes, kDeclaredTxg);
  tree_.SetExtent(dataset, tree_.ReferencedBytes(dataset));
}

absl::Status PoolBuilder::Perform(const Mutation& mutation, uint64_t time_s) {
  const bool in_second = mutation.kind == MutationKind::kClone || mutation.kind == MutationKind::kBookmark;
  const std::string& name = in_second ? mutation.second : mutation.name;
  if (absl::Status status = CheckName(name, KindOf(name)); !status.ok()) return status;
  int error = CheckSyntax(mutation);
  // As in a txg of its own, and before anything is mounted or held.
  if (error == 0) error = Check(tree_, mutation, {.syncing = true, .txg = kDeclaredTxg + 1});
  if (error == kENOSPC) error = 0;  // What is declared is taken as it is; sizes may be rounded.
  if (error != 0) {
    return absl::InvalidArgumentError(
        fmt::format("{}: {} ({})", ToCommand(mutation), Reason(error), ErrnoName(error)));
  }
  Apply(tree_, mutation, {.txg = kDeclaredTxg, .time_s = time_s == 0 ? kDeclaredSeconds : time_s});
  return absl::OkStatus();
}

absl::Status PoolBuilder::Create(const Mutation& mutation, std::string_view name,
                                 const DeclaredDataset& declared) {
  if (absl::Status status = CheckName(name, NameKind::kDataset); !status.ok()) return status;
  if (absl::Status status = MakeParents(name); !status.ok()) return status;
  if (absl::Status status = Perform(mutation, declared.time_s); !status.ok()) return status;
  ObjectId id = 0;
  SIM_CHECK(tree_.Lookup(name, &id) == 0);
  return Fill(id, declared);
}

absl::Status PoolBuilder::MakeParents(std::string_view name) {
  const std::string_view parent = ParentOf(name);
  ObjectId id = 0;
  if (parent.empty() || tree_.Lookup(parent, &id) != kENOENT) return absl::OkStatus();
  return Filesystem(parent);
}

absl::Status PoolBuilder::Fill(ObjectId id, const DeclaredDataset& declared) {
  Write(id, declared.used_bytes, 0);
  for (const auto& [property, value] : declared.properties) {
    if (absl::Status status = Property(tree_.NameOf(id), property, value); !status.ok()) return status;
  }
  const bool is_filesystem = tree_.DatasetOf(id).type == DatasetType::kFilesystem;
  tree_.SetMounted(id, declared.mounted && is_filesystem);
  return absl::OkStatus();
}

// The snapshot is the newest. What the one before it shared with the head it now shares with this
// one instead, and the head gets as much of its own back.
void PoolBuilder::PlaceBlocks(ObjectId id, ObjectId snapshot_id, const DeclaredSnapshot& declared) {
  Dataset& dataset = tree_.MutableDataset(id);
  model::Snapshot& snapshot = dataset.snapshots.at(snapshot_id);
  const ObjectId before = tree_.SnapshotBefore(dataset, snapshot_id);
  const ObjectId base = dataset.origin;  // Birth of what all snapshots hold.
  uint64_t& shared = shared_with_head_[id];
  if (shared > 0) {
    BlockLedger pair;
    pair.Add(tree_.SnapshotBefore(dataset, before), shared);
    dataset.live.Subtract(pair);
    snapshot.dead_after.Add(pair);
    dataset.live.Add(base, shared);
  }
  snapshot.dead_after.Add(before, declared.used_bytes);

  shared = declared.shared_with_next_bytes;
  BlockLedger carved;
  carved.Add(base, std::min(shared, dataset.live.TotalFrom(base) - dataset.live.TotalFrom(base + 1)));
  dataset.live.Subtract(carved);
  dataset.live.Add(before, shared);

  snapshot.referenced_bytes = declared.referenced_bytes.value_or(tree_.ContentOf(snapshot_id).Total());
  tree_.RecountLedgers(dataset);
  tree_.UpdateUsed(id, kDeclaredTxg);
}

}  // namespace model
