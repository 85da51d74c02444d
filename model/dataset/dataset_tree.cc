// SPDX-License-Identifier: Apache-2.0
//
// Objects, names and lookups; every change but those of space (dataset_space.cc).
#include "model/dataset/dataset_tree.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "model/dataset/errno.h"
#include "model/dataset/names.h"
#include "sim/check.h"
#include "sim/hash.h"

namespace model {
namespace {

// Takes the next component off a path; it ends at '/' or '@'. An '@' stays with what follows it,
// which then is the last "component". Returns 0 or an errno (dsl_dir.c:getcomponent).
int TakeComponent(std::string_view* path, std::string_view* component) {
  if (path->empty()) return kENOENT;
  const size_t end = path->find_first_of("/@");
  if (end != std::string_view::npos && end + 1 < path->size() &&
      ((*path)[end + 1] == '/' || (*path)[end + 1] == '@')) {
    return kEINVAL;
  }
  if (end == std::string_view::npos || end == 0) {
    // Of a path that begins with a separator, only "@name" is well formed.
    const bool is_snapshot = end == 0 && path->front() == '@' && path->size() > 1 &&
                             path->find_first_of("/@", 1) == std::string_view::npos;
    if (end == 0 && !is_snapshot) return kEINVAL;
    *component = *path;
    *path = {};
  } else {
    if ((*path)[end] == '@' && path->find('/') != std::string_view::npos) return kEINVAL;
    *component = path->substr(0, end);
    path->remove_prefix((*path)[end] == '/' ? end + 1 : end);
  }
  return component->size() > kDatasetNameLengthMax ? kENAMETOOLONG : 0;
}

}  // namespace

DatasetTree::DatasetTree(std::string_view pool, uint64_t pool_bytes) : pool_(pool), pool_bytes_(pool_bytes) {
  SIM_CHECK(!NameProblem(NameKind::kPool, pool));
  owner_.push_back(0);
  const ObjectId id = NewId(0);
  SIM_CHECK(id == kRoot);
  owner_[id] = id;
  Dataset root;
  root.name = pool_;
  TouchAll(root.versions, 0);
  datasets_.emplace(id, CopyOnWrite<Dataset>(std::move(root)));
}

DatasetTree& DatasetTree::operator=(const DatasetTree& other) { return *this = DatasetTree(other); }

DatasetTree& DatasetTree::operator=(DatasetTree&& other) {
  observers_.BeforeChange(*this);
  pool_ = std::move(other.pool_);
  pool_bytes_ = other.pool_bytes_;
  freeing_bytes_ = other.freeing_bytes_;
  changes_ = other.changes_;
  owner_ = std::move(other.owner_);
  datasets_ = std::move(other.datasets_);
  return *this;
}

const Dataset* DatasetTree::FindDataset(ObjectId id) const {
  const auto it = datasets_.find(id);
  return it == datasets_.end() ? nullptr : &*it->second;
}

const Snapshot* DatasetTree::FindSnapshot(ObjectId id) const {
  const Dataset* dataset = FindDataset(OwnerOf(id));
  if (dataset == nullptr) return nullptr;
  const auto it = dataset->snapshots.find(id);
  return it == dataset->snapshots.end() ? nullptr : &it->second;
}

const Dataset& DatasetTree::DatasetOf(ObjectId id) const {
  const Dataset* dataset = FindDataset(id);
  SIM_CHECK(dataset != nullptr);
  return *dataset;
}

const Snapshot& DatasetTree::SnapshotOf(ObjectId id) const {
  const Snapshot* snapshot = FindSnapshot(id);
  SIM_CHECK(snapshot != nullptr);
  return *snapshot;
}

std::string DatasetTree::NameOf(ObjectId id) const {
  if (const Snapshot* snapshot = FindSnapshot(id)) return NameOf(OwnerOf(id)) + "@" + snapshot->name;
  const Dataset& dataset = DatasetOf(id);
  return dataset.parent == 0 ? dataset.name : NameOf(dataset.parent) + "/" + dataset.name;
}

uint64_t DatasetTree::GuidOf(ObjectId id) const { return sim::CombineHash(sim::HashName(pool_), id); }

Version DatasetTree::VersionOf(ObjectId id, Aspect aspect) const {
  if (const Dataset* dataset = FindDataset(id)) return dataset->versions[static_cast<size_t>(aspect)];
  if (const Snapshot* snapshot = FindSnapshot(id)) return snapshot->versions[static_cast<size_t>(aspect)];
  return kGone;
}

int DatasetTree::LookupDirectory(std::string_view path, ObjectId* dataset, std::string_view* tail) const {
  std::string_view component;
  if (const int error = TakeComponent(&path, &component)) return error;
  if (component != pool_) return kEXDEV;
  *dataset = kRoot;
  *tail = {};
  while (!path.empty()) {
    std::string_view rest = path;
    if (const int error = TakeComponent(&rest, &component)) return error;
    const auto& children = DatasetOf(*dataset).children;
    const auto child = children.find(component);
    if (component.front() == '@' || child == children.end()) {
      *tail = component;
      return rest.empty() ? 0 : kENOENT;
    }
    *dataset = child->second;
    path = rest;
  }
  return 0;
}

int DatasetTree::Lookup(std::string_view name, ObjectId* id) const {
  std::string_view tail;
  ObjectId dataset = 0;
  if (const int error = LookupDirectory(name, &dataset, &tail)) return error;
  *id = dataset;
  if (tail.empty()) return 0;
  if (tail.front() != '@') return kENOENT;
  *id = FindSnapshotNamed(DatasetOf(dataset), tail.substr(1));
  return *id == 0 ? kENOENT : 0;
}

ObjectId DatasetTree::FindSnapshotNamed(const Dataset& dataset, std::string_view name) const {
  const auto it = dataset.snapshot_ids.find(name);
  return it == dataset.snapshot_ids.end() ? 0 : it->second;
}

ObjectId DatasetTree::NewestSnapshot(const Dataset& dataset) const {
  return dataset.snapshots.empty() ? dataset.origin : dataset.snapshots.rbegin()->first;
}

ObjectId DatasetTree::SnapshotBefore(const Dataset& dataset, ObjectId snapshot) const {
  const auto it = dataset.snapshots.lower_bound(snapshot);
  return it == dataset.snapshots.begin() ? dataset.origin : std::prev(it)->first;
}

ObjectId DatasetTree::CreateDataset(ObjectId parent, std::string_view name, DatasetType type, SyncPoint now) {
  const ObjectId id = NewId(0);
  owner_[id] = id;
  Dataset dataset;
  dataset.name = std::string(name);
  dataset.parent = parent;
  dataset.type = type;
  dataset.created = now;
  TouchAll(dataset.versions, now.txg);
  datasets_.emplace(id, CopyOnWrite<Dataset>(std::move(dataset)));
  Dataset& above = MutableDataset(parent);
  const bool is_new = above.children.emplace(std::string(name), id).second;
  SIM_CHECK(is_new);
  Touch(above.versions, Aspect::kChildren, now.txg);
  return id;
}

ObjectId DatasetTree::CreateClone(ObjectId origin, ObjectId parent, std::string_view name, SyncPoint now) {
  const ObjectId id = CreateDataset(parent, name, DatasetOf(OwnerOf(origin)).type, now);
  Snapshot& snapshot = MutableSnapshot(origin);
  snapshot.clones.insert(id);
  Touch(snapshot.versions, Aspect::kChildren, now.txg);
  Dataset& clone = MutableDataset(id);
  clone.origin = origin;
  clone.volsize = snapshot.volsize;
  clone.live = ContentOf(origin);
  RecountLedgers(clone);
  clone.extent_bytes = clone.live_bytes;
  UpdateUsed(id, now.txg);
  return id;
}

ObjectId DatasetTree::CreateSnapshot(ObjectId dataset_id, std::string_view name, SyncPoint now) {
  const ObjectId id = NewId(dataset_id);
  Dataset& dataset = MutableDataset(dataset_id);
  const bool is_new = dataset.snapshot_ids.emplace(std::string(name), id).second;
  SIM_CHECK(is_new);
  Snapshot& snapshot = dataset.snapshots[id];
  snapshot.name = std::string(name);
  snapshot.created = now;
  snapshot.referenced_bytes = dataset.live_bytes;
  snapshot.volsize = dataset.volsize;
  TouchAll(snapshot.versions, now.txg);
  Touch(dataset.versions, Aspect::kSnapshots, now.txg);
  Touch(dataset.versions, Aspect::kSpace, now.txg);  // `written` is 0 again.
  UpdateUsed(dataset_id, now.txg);
  return id;
}

void DatasetTree::DestroyDataset(ObjectId id, uint64_t txg) {
  const Dataset& doomed = DatasetOf(id);
  SIM_CHECK(id != kRoot && doomed.snapshots.empty() && doomed.children.empty());
  const ObjectId parent = doomed.parent;
  const ObjectId origin = doomed.origin;
  Dataset& above = MutableDataset(parent);
  freeing_bytes_ += doomed.charged_bytes + doomed.unlisted_bytes;
  above.children_bytes -= std::max(doomed.used_bytes, doomed.reservation);
  above.children.erase(doomed.name);
  Touch(above.versions, Aspect::kChildren, txg);
  datasets_.erase(id);
  owner_[id] = 0;
  UpdateUsed(parent, txg);
  UpdateUsed(kRoot, txg);
  if (origin == 0) return;
  Snapshot& snapshot = MutableSnapshot(origin);
  snapshot.clones.erase(id);
  Touch(snapshot.versions, Aspect::kChildren, txg);
  if (snapshot.defer_destroy && snapshot.clones.empty() && snapshot.holds.empty())
    DestroySnapshot(origin, txg);
}

void DatasetTree::Rename(ObjectId id, ObjectId new_parent, std::string_view new_name, uint64_t txg) {
  Dataset& dataset = MutableDataset(id);
  const uint64_t accounted = std::max(dataset.used_bytes, dataset.reservation);
  const ObjectId old_parent = dataset.parent;
  Dataset& from = MutableDataset(old_parent);
  from.children.erase(dataset.name);
  from.children_bytes -= accounted;
  Touch(from.versions, Aspect::kChildren, txg);
  UpdateUsed(old_parent, txg);
  Dataset& to = MutableDataset(new_parent);
  const bool is_new = to.children.emplace(std::string(new_name), id).second;
  SIM_CHECK(is_new);
  to.children_bytes += accounted;
  Touch(to.versions, Aspect::kChildren, txg);
  dataset.name = std::string(new_name);
  dataset.parent = new_parent;
  UpdateUsed(new_parent, txg);
  TouchNames(id, txg);
}

void DatasetTree::RenameSnapshot(ObjectId id, std::string_view new_name, uint64_t txg) {
  Dataset& dataset = MutableDataset(OwnerOf(id));
  Snapshot& snapshot = dataset.snapshots.at(id);
  dataset.snapshot_ids.erase(snapshot.name);
  const bool is_new = dataset.snapshot_ids.emplace(std::string(new_name), id).second;
  SIM_CHECK(is_new);
  snapshot.name = std::string(new_name);
  Touch(dataset.versions, Aspect::kSnapshots, txg);
  Touch(snapshot.versions, Aspect::kProperties, txg);
}

void DatasetTree::AddBookmark(ObjectId id, std::string_view name, const Bookmark& bookmark, uint64_t txg) {
  Dataset& dataset = MutableDataset(id);
  const bool is_new = dataset.bookmarks.emplace(std::string(name), bookmark).second;
  SIM_CHECK(is_new);
  Touch(dataset.versions, Aspect::kSnapshots, txg);
}

void DatasetTree::RemoveBookmark(ObjectId id, std::string_view name, uint64_t txg) {
  Dataset& dataset = MutableDataset(id);
  const auto it = dataset.bookmarks.find(name);
  SIM_CHECK(it != dataset.bookmarks.end());
  dataset.bookmarks.erase(it);
  Touch(dataset.versions, Aspect::kSnapshots, txg);
}

void DatasetTree::AddHold(ObjectId id, std::string_view tag, SyncPoint now) {
  Snapshot& snapshot = MutableSnapshot(id);
  const bool is_new = snapshot.holds.emplace(std::string(tag), now.time_s).second;
  SIM_CHECK(is_new);
  Touch(snapshot.versions, Aspect::kProperties, now.txg);
}

void DatasetTree::RemoveHold(ObjectId id, std::string_view tag, uint64_t txg) {
  Snapshot& snapshot = MutableSnapshot(id);
  const auto it = snapshot.holds.find(tag);
  SIM_CHECK(it != snapshot.holds.end());
  snapshot.holds.erase(it);
  Touch(snapshot.versions, Aspect::kProperties, txg);
}

void DatasetTree::SetDeferDestroy(ObjectId id, uint64_t txg) {
  Snapshot& snapshot = MutableSnapshot(id);
  snapshot.defer_destroy = true;
  Touch(snapshot.versions, Aspect::kProperties, txg);
}

void DatasetTree::AddLongHold(ObjectId id, int delta) {
  int& count = IsSnapshot(id) ? MutableSnapshot(id).long_holds : MutableDataset(id).long_holds;
  count += delta;
  SIM_CHECK(count >= 0);
}

Dataset& DatasetTree::MutableDataset(ObjectId id) {
  observers_.BeforeChange(*this);
  const auto it = datasets_.find(id);
  SIM_CHECK(it != datasets_.end());
  return it->second.Mutable();
}

Snapshot& DatasetTree::MutableSnapshot(ObjectId id) {
  Dataset& dataset = MutableDataset(OwnerOf(id));
  const auto it = dataset.snapshots.find(id);
  SIM_CHECK(it != dataset.snapshots.end());
  return it->second;
}

ObjectId DatasetTree::NewId(ObjectId owner) {
  observers_.BeforeChange(*this);
  owner_.push_back(owner);
  return owner_.size() - 1;
}

void DatasetTree::Touch(Versions& versions, Aspect aspect, uint64_t txg) {
  versions[static_cast<size_t>(aspect)] = {.txg = txg, .change = ++changes_};
}

void DatasetTree::TouchAll(Versions& versions, uint64_t txg) {
  versions.fill({.txg = txg, .change = ++changes_});
}

// The full names of everything below changed as well, and perhaps inherited properties.
void DatasetTree::TouchNames(ObjectId id, uint64_t txg) {
  Dataset& dataset = MutableDataset(id);
  Touch(dataset.versions, Aspect::kProperties, txg);
  for (auto& [snapshot_id, snapshot] : dataset.snapshots) Touch(snapshot.versions, Aspect::kProperties, txg);
  for (const auto& [name, child] : dataset.children) TouchNames(child, txg);
}

void DatasetTree::MoveBookmarks(Dataset& from, Dataset& to, ObjectId last) {
  for (auto it = from.bookmarks.begin(); it != from.bookmarks.end();) {
    if (it->second.source > last) {
      ++it;
      continue;
    }
    to.bookmarks.emplace(it->first, it->second);
    it = from.bookmarks.erase(it);
  }
}

}  // namespace model
