// SPDX-License-Identifier: Apache-2.0
//
// Space of the dataset tree: who is charged for which blocks, and what each
// change frees. The rules are those of block_ledger.h.
#include <algorithm>
#include <limits>
#include <utility>

#include "model/dataset/dataset_tree.h"
#include "model/dataset/size_text.h"
#include "model/dataset/space_policy.h"
#include "sim/check.h"

namespace model {
namespace {

// What a dataset's ledgers say that it is charged for.
uint64_t ChargedBy(const Dataset& dataset) {
  uint64_t bytes = dataset.live.TotalFrom(dataset.origin);
  for (const auto& [id, snapshot] : dataset.snapshots) bytes += snapshot.dead_after.TotalFrom(dataset.origin);
  return bytes;
}

}  // namespace

uint64_t DatasetTree::ReferencedBytes(ObjectId id) const {
  if (const Snapshot* snapshot = FindSnapshot(id)) return snapshot->referenced_bytes;
  return DatasetOf(id).live_bytes;
}

uint64_t DatasetTree::UniqueBytes(ObjectId id) const {
  if (const Dataset* dataset = FindDataset(id)) return dataset->live.TotalFrom(NewestSnapshot(*dataset));
  const Dataset& owner = DatasetOf(OwnerOf(id));
  return owner.snapshots.at(id).dead_after.TotalFrom(SnapshotBefore(owner, id));
}

uint64_t DatasetTree::UsedBytes(ObjectId id) const {
  const Dataset* dataset = FindDataset(id);
  return dataset == nullptr ? UniqueBytes(id) : dataset->used_bytes;
}

uint64_t DatasetTree::UsedByRefreservation(const Dataset& dataset) const {
  const uint64_t unique = dataset.live.TotalFrom(NewestSnapshot(dataset));
  return dataset.refreservation - std::min(unique, dataset.refreservation);
}

uint64_t DatasetTree::AllocatedBytes() const {
  uint64_t bytes = freeing_bytes_;
  for (const auto& [id, dataset] : datasets_) bytes += dataset->charged_bytes + dataset->unlisted_bytes;
  return bytes;
}

void DatasetTree::CheckSums() const {
  for (const auto& [id, shared] : datasets_) {
    const Dataset& dataset = *shared;
    uint64_t children = 0;
    for (const auto& [leaf, child] : dataset.children) {
      const Dataset& below = DatasetOf(child);
      children += std::max(below.used_bytes, below.reservation);
    }
    SIM_CHECK_MSG(dataset.live_bytes == dataset.live.Total(), dataset.name);
    SIM_CHECK_MSG(dataset.charged_bytes == ChargedBy(dataset), dataset.name);
    SIM_CHECK_MSG(dataset.children_bytes == children, dataset.name);
    SIM_CHECK_MSG(dataset.used_bytes == UsedOf(id, dataset), dataset.name);
  }
}

uint64_t DatasetTree::WrittenSince(const Dataset& dataset, ObjectId snapshot) const {
  return dataset.live.TotalFrom(snapshot);
}

uint64_t DatasetTree::DirectoryAvailableBytes(ObjectId id) const {
  constexpr uint64_t kUnlimited = std::numeric_limits<uint64_t>::max();
  const Dataset& dataset = DatasetOf(id);
  uint64_t quota = dataset.quota == 0 ? kUnlimited : dataset.quota;
  uint64_t from_above = kUnlimited;
  if (dataset.parent == 0) {
    quota = std::min(quota, AdjustedPoolBytes(pool_bytes_, SpacePolicy::kNormal));
  } else {
    from_above = DirectoryAvailableBytes(dataset.parent);
    if (dataset.reservation > dataset.used_bytes) from_above += dataset.reservation - dataset.used_bytes;
  }
  return dataset.used_bytes > quota ? 0 : std::min(from_above, quota - dataset.used_bytes);
}

uint64_t DatasetTree::AvailableBytes(ObjectId id) const {
  const Dataset& dataset = DatasetOf(id);
  const uint64_t available = DirectoryAvailableBytes(id) + UsedByRefreservation(dataset);
  if (dataset.refquota == 0) return available;
  return std::min(available, dataset.refquota - std::min(dataset.live_bytes, dataset.refquota));
}

BlockLedger DatasetTree::ContentOf(ObjectId snapshot) const {
  const Dataset& owner = DatasetOf(OwnerOf(snapshot));
  BlockLedger blocks = owner.live;
  for (auto it = owner.snapshots.find(snapshot); it != owner.snapshots.end(); ++it) {
    blocks.Add(it->second.dead_after);
  }
  return blocks.TakeBefore(snapshot);
}

void DatasetTree::DestroySnapshot(ObjectId id, uint64_t txg) {
  const ObjectId owner = OwnerOf(id);
  Dataset& dataset = MutableDataset(owner);
  const auto it = dataset.snapshots.find(id);
  SIM_CHECK(it != dataset.snapshots.end());
  SIM_CHECK(it->second.clones.empty());
  SIM_CHECK(it->second.holds.empty());

  const ObjectId before = SnapshotBefore(dataset, id);
  BlockLedger older = std::move(it->second.dead_after);
  const uint64_t freed = older.TakeFrom(before).Total();
  if (it != dataset.snapshots.begin()) {
    Snapshot& previous = std::prev(it)->second;
    // What only the two shared is from now on the previous one's alone.
    if (older.TotalFrom(SnapshotBefore(dataset, before)) > 0) Touch(previous.versions, Aspect::kSpace, txg);
    previous.dead_after.Add(older);
  }
  // Otherwise `older` was the origin's, which is charged for it.
  if (const auto next = std::next(it); next != dataset.snapshots.end()) {
    const BlockLedger& dead = next->second.dead_after;
    if (dead.TotalFrom(before) > dead.TotalFrom(id)) Touch(next->second.versions, Aspect::kSpace, txg);
  }
  dataset.snapshot_ids.erase(it->second.name);
  dataset.snapshots.erase(it);
  owner_[id] = 0;
  dataset.charged_bytes -= freed;
  freeing_bytes_ += freed;
  Touch(dataset.versions, Aspect::kSnapshots, txg);
  Touch(dataset.versions, Aspect::kSpace, txg);
  UpdateUsed(owner, txg);
  UpdateUsed(kRoot, txg);
}

// Blocks born before the origin change hands: the clone, now in the middle of its own history, is
// charged for them, and what is left of the old owner shares them as a clone does. Blocks of the
// origin snapshot that the clone has dropped since die with that snapshot (dsl_dataset.c:
// dsl_dataset_promote_sync, which counts the same from deadlists).
void DatasetTree::Promote(ObjectId id, uint64_t txg) {
  Dataset& clone = MutableDataset(id);
  const ObjectId origin = clone.origin;
  SIM_CHECK(origin != 0);
  const ObjectId old_owner = OwnerOf(origin);
  Dataset& old = MutableDataset(old_owner);

  BlockLedger dropped = ContentOf(origin);
  BlockLedger kept = clone.live;
  for (const auto& [snapshot_id, snapshot] : clone.snapshots) kept.Add(snapshot.dead_after);
  dropped.Subtract(kept.TakeBefore(origin));

  const auto moved_end = old.snapshots.upper_bound(origin);
  for (auto it = old.snapshots.begin(); it != moved_end; ++it) {
    owner_[it->first] = id;
    clone.snapshot_ids.emplace(it->second.name, it->first);
    old.snapshot_ids.erase(it->second.name);
    Touch(it->second.versions, Aspect::kProperties, txg);  // Its full name.
    Touch(it->second.versions, Aspect::kSpace, txg);
    clone.snapshots.emplace(it->first, std::move(it->second));
  }
  old.snapshots.erase(old.snapshots.begin(), moved_end);
  MoveBookmarks(old, clone, origin);

  Snapshot& branch = clone.snapshots.at(origin);
  branch.dead_after = std::move(dropped);
  branch.clones.erase(id);
  branch.clones.insert(old_owner);
  Touch(branch.versions, Aspect::kChildren, txg);
  clone.origin = old.origin;
  old.origin = origin;
  if (clone.origin != 0) {
    Snapshot& above = MutableSnapshot(clone.origin);
    above.clones.erase(old_owner);
    above.clones.insert(id);
    Touch(above.versions, Aspect::kChildren, txg);
  }
  for (Dataset* dataset : {&clone, &old}) {
    RecountLedgers(*dataset);
    Touch(dataset->versions, Aspect::kSnapshots, txg);
    Touch(dataset->versions, Aspect::kProperties, txg);  // `origin`.
    Touch(dataset->versions, Aspect::kSpace, txg);
  }
  UpdateUsed(id, txg);
  UpdateUsed(old_owner, txg);
}

void DatasetTree::Rollback(ObjectId id, uint64_t txg) {
  Dataset& dataset = MutableDataset(id);
  const ObjectId target = NewestSnapshot(dataset);
  SIM_CHECK(target != 0);
  const uint64_t freed = dataset.live.TakeFrom(target).Total();
  if (dataset.snapshots.empty()) {
    dataset.live = ContentOf(target);
  } else {
    Snapshot& snapshot = dataset.snapshots.at(target);
    dataset.live.Add(snapshot.dead_after);
    snapshot.dead_after = BlockLedger();
    Touch(snapshot.versions, Aspect::kSpace, txg);
  }
  dataset.live_bytes = dataset.live.Total();
  dataset.charged_bytes -= freed;
  freeing_bytes_ += freed;
  dataset.volsize = SnapshotOf(target).volsize;
  Touch(dataset.versions, Aspect::kSpace, txg);
  UpdateUsed(id, txg);
  UpdateUsed(kRoot, txg);
}

void DatasetTree::Write(ObjectId id, uint64_t written_bytes, uint64_t freed_bytes, uint64_t txg) {
  Dataset& dataset = MutableDataset(id);
  const ObjectId newest = NewestSnapshot(dataset);
  BlockLedger dead = dataset.live.TakeEvenly(freed_bytes);
  dataset.live_bytes -= dead.Total();
  dataset.charged_bytes -= dead.TakeFrom(newest).Total();  // No snapshot holds these.
  if (!dataset.snapshots.empty() && !dead.empty()) {
    Snapshot& snapshot = dataset.snapshots.rbegin()->second;
    if (dead.TotalFrom(SnapshotBefore(dataset, newest)) > 0) Touch(snapshot.versions, Aspect::kSpace, txg);
    snapshot.dead_after.Add(dead);
  }
  dataset.live.Add(newest, written_bytes);
  dataset.live_bytes += written_bytes;
  dataset.charged_bytes += written_bytes;
  Touch(dataset.versions, Aspect::kSpace, txg);
  UpdateUsed(id, txg);
}

void DatasetTree::ChangeFiles(ObjectId id, const FileChanges& changes, uint64_t txg) {
  const bool is_volume = DatasetOf(id).type == DatasetType::kVolume;
  const uint64_t extent = is_volume ? DatasetOf(id).volsize : DatasetOf(id).extent_bytes;
  const uint64_t live = DatasetOf(id).live_bytes;
  uint64_t dead = std::min(changes.overwritten_bytes, extent);
  uint64_t written = dead + changes.added_bytes;
  if (is_volume) {
    written = std::min(changes.overwritten_bytes + changes.added_bytes, extent);
    dead = written - std::min(written, extent - std::min(extent, live));
  }
  if (written > 0) Write(id, written, std::min(dead, live), txg);
  if (changes.freed_bytes == 0) return;
  Write(id, 0, std::min(changes.freed_bytes, DatasetOf(id).live_bytes), txg);
  SetExtent(id, std::min(DatasetOf(id).extent_bytes, DatasetOf(id).live_bytes));
}

void DatasetTree::SetProperty(ObjectId id, std::string_view name, std::string_view value, uint64_t txg) {
  if (IsSnapshot(id)) {
    Snapshot& snapshot = MutableSnapshot(id);
    snapshot.properties[std::string(name)] = std::string(value);
    Touch(snapshot.versions, Aspect::kProperties, txg);
    return;
  }
  Dataset& dataset = MutableDataset(id);
  dataset.properties[std::string(name)] = std::string(value);
  Touch(dataset.versions, Aspect::kProperties, txg);
  ApplyLimit(id, name, txg);
}

void DatasetTree::RemoveProperty(ObjectId id, std::string_view name, uint64_t txg) {
  const bool is_snapshot = IsSnapshot(id);
  auto& properties = is_snapshot ? MutableSnapshot(id).properties : MutableDataset(id).properties;
  const auto it = properties.find(name);
  if (it == properties.end()) return;
  properties.erase(it);
  Touch(is_snapshot ? MutableSnapshot(id).versions : MutableDataset(id).versions, Aspect::kProperties, txg);
  if (!is_snapshot) ApplyLimit(id, name, txg);
}

// Takes over the value of a local property that has a meaning for space.
void DatasetTree::ApplyLimit(ObjectId id, std::string_view name, uint64_t txg) {
  Dataset& dataset = MutableDataset(id);
  uint64_t* limit = nullptr;
  if (name == "quota") limit = &dataset.quota;
  if (name == "reservation") limit = &dataset.reservation;
  if (name == "refquota") limit = &dataset.refquota;
  if (name == "refreservation") limit = &dataset.refreservation;
  if (name == "volsize") limit = &dataset.volsize;
  if (limit == nullptr) return;
  const auto local = dataset.properties.find(name);
  const uint64_t before = std::max(dataset.used_bytes, dataset.reservation);
  *limit = local == dataset.properties.end() ? 0 : ParseSize(local->second).value();
  Touch(dataset.versions, Aspect::kSpace, txg);  // `available` may have changed.
  const uint64_t after = std::max(dataset.used_bytes, dataset.reservation);
  if (dataset.parent != 0 && before != after) {
    MutableDataset(dataset.parent).children_bytes += after - before;
    UpdateUsed(dataset.parent, txg);
  }
  UpdateUsed(id, txg);
}

uint64_t DatasetTree::DrainFreeing(uint64_t bytes, uint64_t txg) {
  const uint64_t drained = std::min(bytes, freeing_bytes_);
  observers_.BeforeChange(*this);
  freeing_bytes_ -= drained;
  UpdateUsed(kRoot, txg);
  return drained;
}

uint64_t DatasetTree::UsedOf(ObjectId id, const Dataset& dataset) const {
  const uint64_t freeing = id == kRoot ? freeing_bytes_ : 0;
  return dataset.charged_bytes + dataset.unlisted_bytes + UsedByRefreservation(dataset) +
         dataset.children_bytes + freeing;
}

void DatasetTree::UpdateUsed(ObjectId id, uint64_t txg) {
  while (id != 0) {
    Dataset& dataset = MutableDataset(id);
    const uint64_t used = UsedOf(id, dataset);
    if (used == dataset.used_bytes) return;
    const uint64_t before = std::max(dataset.used_bytes, dataset.reservation);
    const uint64_t after = std::max(used, dataset.reservation);
    dataset.used_bytes = used;
    Touch(dataset.versions, Aspect::kSpace, txg);
    if (dataset.parent == 0 || before == after) return;
    Dataset& parent = MutableDataset(dataset.parent);
    parent.children_bytes += after - before;  // Wraps to a subtraction if it shrank.
    id = dataset.parent;
  }
}

void DatasetTree::RecountLedgers(Dataset& dataset) {
  dataset.live_bytes = dataset.live.Total();
  dataset.charged_bytes = ChargedBy(dataset);
}

}  // namespace model
