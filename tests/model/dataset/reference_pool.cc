// SPDX-License-Identifier: Apache-2.0
#include "tests/model/dataset/reference_pool.h"

#include <algorithm>
#include <iterator>

#include "model/dataset/errno.h"

namespace model {
namespace {

std::string DatasetPart(const std::string& name) { return name.substr(0, name.find_first_of("@#")); }
std::string TailPart(const std::string& name) { return name.substr(name.find_first_of("@#") + 1); }
std::string ParentPart(const std::string& name) { return name.substr(0, name.rfind('/')); }
bool IsBelow(const std::string& name, const std::string& ancestor) {
  return name.starts_with(ancestor + "/");
}

ReferencePool::Blocks Minus(const ReferencePool::Blocks& a, const ReferencePool::Blocks& b) {
  ReferencePool::Blocks result;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::inserter(result, result.end()));
  return result;
}

}  // namespace

int ReferencePool::Perform(const Mutation& m, uint64_t txg) {
  switch (m.kind) {
    case MutationKind::kCreateFilesystem:
      if (const int error = FindParent(m.name)) return error;
      datasets_[m.name];
      return 0;
    case MutationKind::kSnapshot:
      return Snap(m.name, txg);
    case MutationKind::kDestroySnapshot:
      return DestroySnapshot(m);
    case MutationKind::kDestroyDataset:
      return DestroyDataset(m.name);
    case MutationKind::kClone:
      return CloneOf(m.name, m.second);
    case MutationKind::kPromote:
      return PromoteClone(m.name);
    case MutationKind::kRollback:
      return RollBack(m.name, txg);
    case MutationKind::kRename:
      return Move(m.name, m.second);
    case MutationKind::kRenameSnapshot:
      return RenameSnapshot(m.name, m.second);
    case MutationKind::kBookmark:
      return AddBookmark(m.name, m.second);
    case MutationKind::kHold:
    case MutationKind::kRelease:
      return HoldOrRelease(m);
    default:
      return -1;
  }
}

void ReferencePool::Write(const std::string& name, int written, int freed) {
  const auto dataset = datasets_.find(name);
  if (dataset == datasets_.end()) return;
  // Blocks are numbered in order of birth, but those inherited by a clone are as old as they are.
  Blocks& head = dataset->second.head;
  const std::vector<int> in_order(head.begin(), head.end());
  const auto total = static_cast<int>(in_order.size());
  freed = std::min(freed, total);
  for (int i = 0; i < total; ++i) {
    if (freed * (i + 1) / total > freed * i / total) head.erase(in_order[static_cast<size_t>(i)]);
  }
  for (int i = 0; i < written; ++i) head.insert(++last_block_);
}

size_t ReferencePool::Unique(const std::string& name, size_t index) const {
  const Dataset& dataset = datasets_.at(name);
  Blocks blocks = dataset.snapshots[index].blocks;
  const bool is_newest = index + 1 == dataset.snapshots.size();
  blocks = Minus(blocks, is_newest ? dataset.head : dataset.snapshots[index + 1].blocks);
  if (index > 0) return Minus(blocks, dataset.snapshots[index - 1].blocks).size();
  return dataset.origin == 0 ? blocks.size() : Minus(blocks, At(dataset.origin)->blocks).size();
}

size_t ReferencePool::Charged(const std::string& name) const {
  const Dataset& dataset = datasets_.at(name);
  Blocks blocks = dataset.head;
  for (const Snapshot& snapshot : dataset.snapshots)
    blocks.insert(snapshot.blocks.begin(), snapshot.blocks.end());
  return dataset.origin == 0 ? blocks.size() : Minus(blocks, At(dataset.origin)->blocks).size();
}

size_t ReferencePool::Allocated() const {
  Blocks blocks;
  for (const auto& [name, dataset] : datasets_) {
    blocks.insert(dataset.head.begin(), dataset.head.end());
    for (const Snapshot& snapshot : dataset.snapshots)
      blocks.insert(snapshot.blocks.begin(), snapshot.blocks.end());
  }
  return blocks.size();
}

std::string ReferencePool::NameOfSnapshot(int sequence) const {
  Place place;
  if (!FindSnapshot(sequence, &place)) return "";
  return place.dataset + "@" + datasets_.at(place.dataset).snapshots[place.index].name;
}

bool ReferencePool::FindSnapshot(int sequence, Place* place) const {
  for (const auto& [name, dataset] : datasets_) {
    for (size_t i = 0; i < dataset.snapshots.size(); ++i) {
      if (dataset.snapshots[i].sequence != sequence) continue;
      *place = {name, i};
      return true;
    }
  }
  return false;
}

const ReferencePool::Snapshot* ReferencePool::At(int sequence) const {
  Place place;
  return FindSnapshot(sequence, &place) ? &datasets_.at(place.dataset).snapshots[place.index] : nullptr;
}

ReferencePool::Snapshot* ReferencePool::Find(const std::string& full_name) {
  const auto dataset = datasets_.find(DatasetPart(full_name));
  if (dataset == datasets_.end()) return nullptr;
  for (Snapshot& snapshot : dataset->second.snapshots) {
    if (snapshot.name == TailPart(full_name)) return &snapshot;
  }
  return nullptr;
}

std::vector<std::string> ReferencePool::ClonesOf(int sequence) const {
  std::vector<std::string> names;
  for (const auto& [name, dataset] : datasets_) {
    if (dataset.origin == sequence) names.push_back(name);
  }
  return names;
}

bool ReferencePool::HasChildren(const std::string& name) const {
  return std::any_of(datasets_.begin(), datasets_.end(),
                     [&](const auto& d) { return IsBelow(d.first, name); });
}

int ReferencePool::NewestOf(const Dataset& dataset) const {
  return dataset.snapshots.empty() ? dataset.origin : dataset.snapshots.back().sequence;
}

int ReferencePool::FindParent(const std::string& name) const {
  if (datasets_.contains(name)) return kEEXIST;
  return datasets_.contains(ParentPart(name)) ? 0 : kENOENT;
}

void ReferencePool::Remove(const std::string& full_name) {
  auto& snapshots = datasets_.at(DatasetPart(full_name)).snapshots;
  std::erase_if(snapshots, [&](const Snapshot& s) { return s.name == TailPart(full_name); });
}

void ReferencePool::RemoveIfDeferred(int sequence) {
  const Snapshot* snapshot = At(sequence);
  if (snapshot == nullptr || !snapshot->deferred) return;
  if (snapshot->holds.empty() && ClonesOf(sequence).empty()) Remove(NameOfSnapshot(sequence));
}

int ReferencePool::Snap(const std::string& name, uint64_t txg) {
  const auto it = datasets_.find(DatasetPart(name));
  if (it == datasets_.end()) return kENOENT;
  Dataset& dataset = it->second;
  const int newest = NewestOf(dataset);
  if (newest != 0 && At(newest)->txg >= txg) return kEAGAIN;
  if (Find(name) != nullptr) return kEEXIST;
  dataset.snapshots.push_back({.name = TailPart(name),
                               .sequence = ++last_sequence_,
                               .txg = txg,
                               .blocks = dataset.head,
                               .holds = {},
                               .deferred = false});
  return 0;
}

int ReferencePool::DestroySnapshot(const Mutation& m) {
  Snapshot* snapshot = Find(m.name);
  if (snapshot == nullptr) return 0;
  const bool has_clones = !ClonesOf(snapshot->sequence).empty();
  if (m.defer && (has_clones || !snapshot->holds.empty())) {
    snapshot->deferred = true;
    return 0;
  }
  if (!snapshot->holds.empty()) return kEBUSY;
  if (has_clones) return kEEXIST;
  Remove(m.name);
  return 0;
}

int ReferencePool::DestroyDataset(const std::string& name) {
  const auto it = datasets_.find(name);
  if (it == datasets_.end()) return kENOENT;
  if (!it->second.snapshots.empty()) return kEBUSY;
  if (name == "tank" || HasChildren(name)) return kEEXIST;
  const int origin = it->second.origin;
  datasets_.erase(it);
  RemoveIfDeferred(origin);
  return 0;
}

int ReferencePool::CloneOf(const std::string& origin, const std::string& name) {
  if (const int error = FindParent(name)) return error;
  const Snapshot* snapshot = Find(origin);
  if (snapshot == nullptr) return kENOENT;
  datasets_[name] = {
      .head = snapshot->blocks, .snapshots = {}, .origin = snapshot->sequence, .bookmarks = {}};
  return 0;
}

int ReferencePool::PromoteClone(const std::string& name) {
  const auto it = datasets_.find(name);
  if (it == datasets_.end()) return kENOENT;
  Dataset& clone = it->second;
  if (clone.origin == 0) return kEINVAL;
  Place place;
  FindSnapshot(clone.origin, &place);
  Dataset& old = datasets_.at(place.dataset);
  for (size_t i = 0; i <= place.index; ++i) {
    if (Find(name + "@" + old.snapshots[i].name) != nullptr) return kEEXIST;
  }
  for (const auto& [bookmark, sequence] : old.bookmarks) {
    if (sequence <= clone.origin && clone.bookmarks.contains(bookmark)) return kEEXIST;
  }
  const auto end = old.snapshots.begin() + static_cast<std::ptrdiff_t>(place.index) + 1;
  clone.snapshots.insert(clone.snapshots.begin(), old.snapshots.begin(), end);
  old.snapshots.erase(old.snapshots.begin(), end);
  for (auto b = old.bookmarks.begin(); b != old.bookmarks.end();) {
    if (b->second > clone.origin) {
      ++b;
    } else {
      clone.bookmarks.insert(*b);
      b = old.bookmarks.erase(b);
    }
  }
  std::swap(clone.origin, old.origin);
  return 0;
}

int ReferencePool::RollBack(const std::string& name, uint64_t txg) {
  const auto it = datasets_.find(name);
  if (it == datasets_.end()) return kENOENT;
  const int newest = NewestOf(it->second);
  if (newest == 0) return kESRCH;
  if (At(newest)->txg >= txg) return kEAGAIN;
  for (const auto& [bookmark, sequence] : it->second.bookmarks) {
    if (sequence > newest) return kEEXIST;
  }
  it->second.head = At(newest)->blocks;
  return 0;
}

int ReferencePool::Move(const std::string& from, const std::string& to) {
  if (!datasets_.contains(from)) return kENOENT;
  if (const int error = FindParent(to)) return error;
  if (IsBelow(to, from)) return kEINVAL;
  std::map<std::string, Dataset> moved;
  for (auto& [name, dataset] : datasets_) {
    const bool moves = name == from || IsBelow(name, from);
    moved.emplace(moves ? to + name.substr(from.size()) : name, std::move(dataset));
  }
  datasets_ = std::move(moved);
  return 0;
}

int ReferencePool::RenameSnapshot(const std::string& from, const std::string& to) {
  if (!datasets_.contains(DatasetPart(from))) return kENOENT;
  Snapshot* snapshot = Find(from);
  if (snapshot == nullptr) return 0;
  if (Find(to) != nullptr) return kEEXIST;
  snapshot->name = TailPart(to);
  return 0;
}

int ReferencePool::AddBookmark(const std::string& source, const std::string& name) {
  const auto it = datasets_.find(DatasetPart(name));
  if (it == datasets_.end()) return kENOENT;
  if (it->second.bookmarks.contains(TailPart(name))) return kEEXIST;
  const Snapshot* snapshot = Find(source);
  if (snapshot == nullptr) return kENOENT;
  // Every snapshot of the history of the target: its own, and on from origin to origin.
  std::set<int> history;
  std::string at = it->first;
  for (int limit = last_sequence_;;) {
    for (const Snapshot& s : datasets_.at(at).snapshots) {
      if (s.sequence <= limit) history.insert(s.sequence);
    }
    limit = datasets_.at(at).origin;
    Place place;
    if (limit == 0 || !FindSnapshot(limit, &place)) break;
    at = place.dataset;
  }
  if (!history.contains(snapshot->sequence)) return kZFS_ERR_BOOKMARK_SOURCE_NOT_ANCESTOR;
  it->second.bookmarks[TailPart(name)] = snapshot->sequence;
  return 0;
}

int ReferencePool::HoldOrRelease(const Mutation& m) {
  Snapshot* snapshot = Find(m.name);
  if (snapshot == nullptr) return 0;
  if (m.kind == MutationKind::kHold) return snapshot->holds.insert(m.value).second ? 0 : kEEXIST;
  const int sequence = snapshot->sequence;
  if (snapshot->holds.erase(m.value) != 0) RemoveIfDeferred(sequence);
  return 0;
}

}  // namespace model
