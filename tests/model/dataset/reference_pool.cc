// SPDX-License-Identifier: Apache-2.0
//
// The reference's names, blocks and figures; its operations are in reference_operations.cc.
#include "tests/model/dataset/reference_pool.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "absl/strings/str_cat.h"
#include "tests/model/dataset/reference_names.h"

namespace model {
namespace {

ReferencePool::Blocks Minus(const ReferencePool::Blocks& a, const ReferencePool::Blocks& b) {
  ReferencePool::Blocks result;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(result));
  return result;
}

ReferencePool::Blocks Union(const ReferencePool::Blocks& a, const ReferencePool::Blocks& b) {
  ReferencePool::Blocks result;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(result));
  return result;
}

int64_t Size(const ReferencePool::Blocks& blocks) { return static_cast<int64_t>(blocks.size()); }

}  // namespace

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

const ReferencePool::Snapshot* ReferencePool::Find(const std::string& full_name) const {
  const auto dataset = datasets_.find(DatasetPart(full_name));
  if (dataset == datasets_.end()) return nullptr;
  for (const Snapshot& snapshot : dataset->second.snapshots) {
    if (snapshot.name == TailPart(full_name)) return &snapshot;
  }
  return nullptr;
}

ReferencePool::Snapshot* ReferencePool::Find(const std::string& full_name) {
  return const_cast<Snapshot*>(std::as_const(*this).Find(full_name));
}

std::vector<std::string> ReferencePool::ClonesOf(int sequence) const {
  std::vector<std::string> names;
  for (const auto& [name, dataset] : datasets_) {
    if (dataset.origin == sequence) names.push_back(name);
  }
  std::sort(names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
    return datasets_.at(a).sequence < datasets_.at(b).sequence;
  });
  return names;
}

std::vector<std::string> ReferencePool::ChildrenOf(const std::string& name) const {
  std::vector<std::string> names;
  for (const auto& [other, dataset] : datasets_) {
    if (other != "tank" && ParentPart(other) == name) names.push_back(other);
  }
  return names;
}

int ReferencePool::NewestOf(const Dataset& dataset) const {
  return dataset.snapshots.empty() ? dataset.origin : dataset.snapshots.back().sequence;
}

const ReferencePool::Blocks& ReferencePool::BlocksOf(int sequence) const {
  static const Blocks* const kNone = new Blocks;
  return sequence == 0 ? *kNone : At(sequence)->blocks;
}

uint64_t ReferencePool::Limit(const std::string& name, const std::string& which) const {
  const auto& limits = datasets_.at(name).limits;
  const auto it = limits.find(which);
  return it == limits.end() ? 0 : it->second;
}

std::vector<std::string> ReferencePool::Dependents(const std::string& name, bool with_clones) const {
  std::vector<std::string> order;
  std::set<std::string> begun = {name};
  const auto visit = [&](const auto& self, const std::string& at) -> void {
    std::vector<std::string> before;
    if (at.find('@') == std::string::npos) {
      before = ChildrenOf(at);
      for (const Snapshot& snapshot : datasets_.at(at).snapshots) before.push_back(at + "@" + snapshot.name);
    } else if (with_clones) {
      before = ClonesOf(Find(at)->sequence);
    }
    for (const std::string& other : before) {
      if (!begun.insert(other).second) continue;
      self(self, other);
      order.push_back(other);
    }
  };
  visit(visit, name);
  return order;
}

void ReferencePool::Take(const Blocks& blocks) {
  for (const int block : blocks) {
    if (static_cast<size_t>(block) >= holders_.size()) holders_.resize(static_cast<size_t>(block) + 1);
    ++holders_[static_cast<size_t>(block)];
  }
}

// Returns how many are free now.
int ReferencePool::Drop(const Blocks& blocks) {
  int freed = 0;
  for (const int block : blocks) freed += --holders_[static_cast<size_t>(block)] == 0 ? 1 : 0;
  return freed;
}

void ReferencePool::Write(const std::string& name, int written, int freed) {
  Blocks& head = datasets_.at(name).head;
  const auto total = static_cast<int>(head.size());
  freed = std::min(freed, total);
  Blocks kept;
  Blocks dead;
  for (int i = 0; i < total; ++i) {
    const bool dies = freed * (i + 1) / total > freed * i / total;
    (dies ? dead : kept).push_back(head[static_cast<size_t>(i)]);
  }
  Drop(dead);
  Blocks born;
  for (int i = 0; i < written; ++i) born.push_back(static_cast<int>(holders_.size()) + i);
  Take(born);
  head = std::move(kept);
  head.insert(head.end(), born.begin(), born.end());
}

void ReferencePool::Drain(int blocks) { freeing_ -= std::min<int64_t>(blocks, freeing_); }

void ReferencePool::SetLongHeld(const std::string& name, bool held) {
  if (Snapshot* snapshot = Find(name); snapshot != nullptr && name.find('@') != std::string::npos) {
    snapshot->long_held = held;
  } else {
    datasets_.at(name).long_held = held;
  }
}

ReferencePool::Neighbours ReferencePool::NeighboursOf(const Dataset& dataset, size_t index) const {
  const bool is_newest = index + 1 == dataset.snapshots.size();
  return {.before = index > 0 ? &dataset.snapshots[index - 1].blocks : &BlocksOf(dataset.origin),
          .after = is_newest ? &dataset.head : &dataset.snapshots[index + 1].blocks};
}

int64_t ReferencePool::UniqueOfHead(const std::string& name) const {
  const Dataset& dataset = datasets_.at(name);
  return Size(Minus(dataset.head, BlocksOf(NewestOf(dataset))));
}

int64_t ReferencePool::Charged(const std::string& name) const {
  const Dataset& dataset = datasets_.at(name);
  Blocks blocks = dataset.head;
  for (const Snapshot& snapshot : dataset.snapshots) blocks = Union(blocks, snapshot.blocks);
  return Size(Minus(blocks, BlocksOf(dataset.origin)));
}

int64_t ReferencePool::UnusedRefreservation(const std::string& name) const {
  const auto reserved = static_cast<int64_t>(Limit(name, "refreservation"));
  return reserved == 0 ? 0 : std::max<int64_t>(reserved - UniqueOfHead(name), 0);
}

int64_t ReferencePool::Used(const std::string& name) const {
  int64_t used = Charged(name) + UnusedRefreservation(name);
  for (const std::string& child : ChildrenOf(name)) used += Accounted(child);
  return name == "tank" ? used + freeing_ : used;
}

int64_t ReferencePool::Accounted(const std::string& name) const {
  return std::max(Used(name), static_cast<int64_t>(Limit(name, "reservation")));
}

int64_t ReferencePool::DirectoryAvailable(const std::string& name) const {
  const int64_t used = Used(name);
  int64_t room = std::numeric_limits<int64_t>::max();
  if (const uint64_t quota = Limit(name, "quota")) room = static_cast<int64_t>(quota) - used;
  if (name == "tank") {
    room = std::min(room, usable_ - used);
  } else {
    const int64_t of_its_own = Accounted(name) - used;
    room = std::min(room, DirectoryAvailable(ParentPart(name)) + of_its_own);
  }
  return std::max<int64_t>(room, 0);
}

int64_t ReferencePool::Available(const std::string& name) const {
  const int64_t room = DirectoryAvailable(name) + UnusedRefreservation(name);
  const auto refquota = static_cast<int64_t>(Limit(name, "refquota"));
  if (refquota == 0) return room;
  return std::min(room, std::max<int64_t>(refquota - Size(datasets_.at(name).head), 0));
}

// Whether the room above the new place would do if the old place had shrunk already.
bool ReferencePool::MayMove(const std::string& from, const std::string& to, int64_t blocks) const {
  std::string common = to;
  while (from != common && !IsBelow(from, common)) common = ParentPart(common);
  int64_t freed = blocks;
  for (std::string at = from; at != common; at = ParentPart(at)) {
    const auto reserved = static_cast<int64_t>(Limit(at, "reservation"));
    freed = std::max(Used(at), reserved) - std::max(Used(at) - freed, reserved);
  }
  int64_t room = std::numeric_limits<int64_t>::max();
  for (std::string at = to;; at = ParentPart(at)) {
    // What is reserved between here and the new place and not used is room below here.
    int64_t reserved_below = 0;
    for (std::string below = to; below != at; below = ParentPart(below)) {
      reserved_below += Accounted(below) - Used(below);
    }
    const int64_t used = Used(at) - (at == common ? freed : 0);
    int64_t here = std::numeric_limits<int64_t>::max();
    if (const uint64_t quota = Limit(at, "quota")) here = static_cast<int64_t>(quota) - used;
    if (at == "tank") here = std::min(here, usable_ - used);
    if (here < 0) here = 0;
    if (IsBelow(common, at) && here != std::numeric_limits<int64_t>::max()) here += freed;
    if (here != std::numeric_limits<int64_t>::max()) here += reserved_below;
    room = std::min(room, here);
    if (at == "tank") break;
  }
  return room >= blocks;
}

int ReferencePool::MayWrite(const std::string& name, int bytes) const {
  const Dataset& dataset = datasets_.at(name);
  const auto refquota = static_cast<int64_t>(Limit(name, "refquota"));
  if (refquota != 0 && Size(dataset.head) >= refquota) return 122;  // EDQUOT
  const int64_t from_refreservation = std::min<int64_t>(bytes, UnusedRefreservation(name));
  int64_t more = bytes;
  for (std::string at = name;; at = ParentPart(at)) {
    int64_t used = Used(at);
    if (at == name) used -= UnusedRefreservation(name);
    const auto quota = static_cast<int64_t>(Limit(at, "quota"));
    if (at == "tank") {
      if (quota != 0 && quota <= usable_ && used >= quota) return 122;
      return used >= usable_ ? 28 : 0;  // ENOSPC
    }
    if (quota != 0 && used >= quota) return 122;
    if (at == name) more -= from_refreservation;
    const auto reserved = static_cast<int64_t>(Limit(at, "reservation"));
    more = std::max(used + more, reserved) - std::max(used, reserved);
    if (more == 0) return 0;
  }
}

std::string ReferencePool::Describe() const {
  std::string text;
  for (const auto& [name, dataset] : datasets_) {
    const Blocks& origin = BlocksOf(dataset.origin);
    Blocks in_snapshots;
    for (const Snapshot& snapshot : dataset.snapshots) in_snapshots = Union(in_snapshots, snapshot.blocks);
    int64_t children = name == "tank" ? freeing_ : 0;
    for (const std::string& child : ChildrenOf(name)) children += Accounted(child);
    Place place;
    const bool is_clone = FindSnapshot(dataset.origin, &place);
    const std::string origin_name =
        is_clone ? place.dataset + "@" + datasets_.at(place.dataset).snapshots[place.index].name : "-";
    absl::StrAppend(&text, name, dataset.is_volume ? " volume" : " filesystem", " origin=", origin_name);
    absl::StrAppend(&text, " referenced=", Size(dataset.head), " used=", Used(name),
                    " available=", Available(name), " written=", UniqueOfHead(name));
    absl::StrAppend(&text, " usedbydataset=", Size(Minus(dataset.head, origin)),
                    " usedbysnapshots=", Size(Minus(Minus(in_snapshots, dataset.head), origin)),
                    " usedbychildren=", children, " usedbyrefreservation=", UnusedRefreservation(name));
    for (const auto& [property, value] : dataset.properties)
      absl::StrAppend(&text, " ", property, "=", value);
    text += "\n";
    for (size_t i = 0; i < dataset.snapshots.size(); ++i) {
      const Snapshot& s = dataset.snapshots[i];
      const auto [before, after] = NeighboursOf(dataset, i);
      absl::StrAppend(&text, name, "@", s.name, " referenced=", s.blocks.size(),
                      " used=", Size(Minus(Minus(s.blocks, *before), *after)),
                      " written=", Size(Minus(s.blocks, *before)), " userrefs=", s.holds.size(),
                      s.deferred ? " deferred" : "", " clones=", ClonesOf(s.sequence).size());
      for (const auto& [property, value] : s.properties) absl::StrAppend(&text, " ", property, "=", value);
      text += "\n";
    }
    for (const auto& [leaf, sequence] : dataset.bookmarks) absl::StrAppend(&text, name, "#", leaf, "\n");
  }
  return text;
}

}  // namespace model
