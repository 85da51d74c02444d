// SPDX-License-Identifier: Apache-2.0
//
// The reference's operations: first every errno in the order of the real checks
// (OpenZFS module/zfs/dsl_*.c, dmu_objset.c, zfs_ioctl.c), then what is done.
#include <algorithm>
#include <charconv>
#include <iterator>

#include "model/dataset/errno.h"
#include "tests/model/dataset/reference_names.h"
#include "tests/model/dataset/reference_pool.h"

namespace model {
namespace {

constexpr size_t kLongest = 255;

bool HasAt(const std::string& name) { return name.find('@') != std::string::npos; }
bool IsUser(const std::string& property) { return property.find(':') != std::string::npos; }
std::vector<std::string> AllNames(const Mutation& m) {
  std::vector<std::string> names = {m.name};
  names.insert(names.end(), m.more.begin(), m.more.end());
  return names;
}

int64_t Number(const std::string& text) {
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

int ReferencePool::Perform(const Mutation& m, const Context& context) {
  if (!context.in_program) {
    if (const int error = CheckSyntax(m)) return error;
  }
  const int error = Check(m, context);
  if (error == 0 && context.syncing) Do(m, context);
  return error;
}

int ReferencePool::LookupDataset(const std::string& name) const {
  if (PoolPart(name) != "tank") return kEXDEV;
  return datasets_.contains(name) ? 0 : kENOENT;
}

int ReferencePool::Lookup(const std::string& name) const {
  if (const int error = LookupDataset(DatasetPart(name))) return error;
  return HasAt(name) && Find(name) == nullptr ? kENOENT : 0;
}

// For a name that is to be made.
int ReferencePool::LookupNew(const std::string& name) const {
  if (PoolPart(name) != "tank") return kEXDEV;
  if (datasets_.contains(name)) return kEEXIST;
  return datasets_.contains(ParentPart(name)) ? 0 : kENOENT;
}

int ReferencePool::CheckSyntax(const Mutation& m) const {
  std::vector<std::string> names = AllNames(m);
  const bool has_second_name = m.kind == MutationKind::kClone || m.kind == MutationKind::kRename ||
                               m.kind == MutationKind::kRenameSnapshot || m.kind == MutationKind::kBookmark ||
                               (m.kind == MutationKind::kRollback && !m.second.empty());
  if (has_second_name) names.push_back(m.second);
  const bool is_too_long =
      std::any_of(names.begin(), names.end(), [](const std::string& name) { return name.size() > kLongest; });
  // Bad names of bookmarks are EINVAL, whatever is bad about them.
  if (is_too_long) return m.kind == MutationKind::kBookmark ? kEINVAL : kENAMETOOLONG;
  const bool other_pool = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return PoolPart(name) != PoolPart(names[0]);
  });
  switch (m.kind) {
    case MutationKind::kSnapshot: {
      if (other_pool) return kEXDEV;
      std::set<std::string> once;
      for (const std::string& name : names) {
        if (!once.insert(DatasetPart(name)).second) return kEXDEV;
      }
      return 0;
    }
    case MutationKind::kRename:
      if (m.name == "tank" || m.second == "tank") return kEINVAL;
      return other_pool ? kEXDEV : 0;
    case MutationKind::kRenameSnapshot:
      return DatasetPart(m.name) != DatasetPart(m.second) ? kEXDEV : 0;
    case MutationKind::kBookmark:
      return other_pool ? kEINVAL : 0;
    case MutationKind::kClone:
    case MutationKind::kHold:
    case MutationKind::kRelease:
      return other_pool ? kEXDEV : 0;
    default:
      return 0;
  }
}

int ReferencePool::Check(const Mutation& m, const Context& context) const {
  switch (m.kind) {
    case MutationKind::kCreateFilesystem:
    case MutationKind::kCreateVolume:
      if (const int error = LookupNew(m.name)) return error;
      return datasets_.at(ParentPart(m.name)).is_volume ? kZFS_ERR_WRONG_PARENT : 0;
    case MutationKind::kSnapshot: {
      int last = 0;
      for (const std::string& name : AllNames(m)) {
        if (const int error = CheckSnap(name, context)) last = error;
      }
      return last;
    }
    case MutationKind::kDestroySnapshot:
      return CheckDestroySnapshot(m);
    case MutationKind::kDestroyDataset:
      return CheckDestroyDataset(m.name);
    case MutationKind::kClone:
      return CheckClone(m);
    case MutationKind::kPromote:
      return CheckPromote(m.name, context.syncing);
    case MutationKind::kRollback:
      return CheckRollback(m, context);
    case MutationKind::kRename:
      return CheckRename(m.name, m.second);
    case MutationKind::kRenameSnapshot:
      if (const int error = LookupDataset(DatasetPart(m.name))) return error;
      return CheckRenameSnapshot(m.name, m.second, m.recursive);
    case MutationKind::kBookmark:
      return CheckBookmark(m.name, m.second);
    case MutationKind::kDestroyBookmark: {
      const int error = LookupDataset(DatasetPart(m.name));
      return error == kENOENT ? 0 : error;
    }
    case MutationKind::kHold:
      return context.syncing ? CheckHold(m) : 0;
    case MutationKind::kRelease:
      return context.syncing ? CheckRelease(m) : 0;
    case MutationKind::kSetProperty:
      return CheckSet(m, context);
    case MutationKind::kInherit:
      if (!IsUser(m.second) && m.second != "compression") return kEINVAL;
      return Lookup(m.name);
  }
  return -1;
}

int ReferencePool::CheckSnap(const std::string& name, const Context& context) const {
  if (name.size() > kLongest) return kENAMETOOLONG;
  const std::string dataset = DatasetPart(name);
  if (const int error = LookupDataset(dataset)) return error;
  if (!context.syncing) return 0;
  const int newest = NewestOf(datasets_.at(dataset));
  if (newest != 0 && At(newest)->txg >= context.txg) return kEAGAIN;
  if (Find(name) != nullptr) return kEEXIST;
  const auto reserved = static_cast<int64_t>(Limit(dataset, "refreservation"));
  if (reserved == 0) return 0;
  return std::min(reserved, UniqueOfHead(dataset)) > DirectoryAvailable(dataset) ? kENOSPC : 0;
}

int ReferencePool::CheckDestroySnapshot(const Mutation& m) const {
  const int error = Lookup(m.name);
  if (error != 0) return error == kENOENT ? 0 : error;
  const Snapshot& snapshot = *Find(m.name);
  if (snapshot.long_held) return kEBUSY;
  if (m.defer) return 0;
  if (!snapshot.holds.empty()) return kEBUSY;
  return ClonesOf(snapshot.sequence).empty() ? 0 : kEEXIST;
}

int ReferencePool::CheckDestroyDataset(const std::string& name) const {
  if (const int error = LookupDataset(name)) return error;
  const Dataset& dataset = datasets_.at(name);
  if (dataset.mounted || dataset.long_held || !dataset.snapshots.empty()) return kEBUSY;
  if (name == "tank" || !ChildrenOf(name).empty()) return kEEXIST;
  const Snapshot* origin = At(dataset.origin);
  if (origin == nullptr || !origin->long_held || !origin->deferred) return 0;
  return origin->holds.empty() && ClonesOf(dataset.origin).size() == 1 ? kEBUSY : 0;
}

int ReferencePool::CheckClone(const Mutation& m) const {
  if (m.second.size() > kLongest) return kENAMETOOLONG;
  if (const int error = LookupNew(m.second)) return error;
  return Lookup(m.name);
}

int ReferencePool::CheckPromote(const std::string& name, bool syncing) const {
  if (const int error = LookupDataset(name)) return error;
  const Dataset& clone = datasets_.at(name);
  if (clone.origin == 0) return kEINVAL;
  if (!syncing) return 0;
  Place place;
  FindSnapshot(clone.origin, &place);
  const Dataset& old = datasets_.at(place.dataset);
  bool conflict = false;
  Blocks moved;
  for (size_t i = place.index + 1; i-- > 0;) {
    const Snapshot& s = old.snapshots[i];
    if (s.long_held) return kEBUSY;
    if (name.size() + 1 + s.name.size() > kLongest) return kENAMETOOLONG;
    conflict = conflict || Find(name + "@" + s.name) != nullptr;
    Blocks both;
    std::set_union(moved.begin(), moved.end(), s.blocks.begin(), s.blocks.end(), std::back_inserter(both));
    moved = std::move(both);
  }
  for (const auto& [bookmark, sequence] : old.bookmarks) {
    conflict = conflict || (sequence <= clone.origin && clone.bookmarks.contains(bookmark));
  }
  if (conflict) return kEEXIST;
  const Blocks& older = BlocksOf(old.origin);
  Blocks charged;
  std::set_difference(moved.begin(), moved.end(), older.begin(), older.end(), std::back_inserter(charged));
  return MayMove(place.dataset, name, static_cast<int64_t>(charged.size())) ? 0 : kENOSPC;
}

int ReferencePool::CheckRollback(const Mutation& m, const Context& context) const {
  if (const int error = LookupDataset(m.name)) return error;
  const Dataset& dataset = datasets_.at(m.name);
  const int newest = NewestOf(dataset);
  if (newest == 0) return kESRCH;
  const Snapshot& target = *At(newest);
  if (context.syncing && target.txg >= context.txg) return kEAGAIN;
  if (!m.second.empty()) {
    if (Lookup(m.second) != 0) return kESRCH;
    const int wanted = Find(m.second)->sequence;
    const bool related = DatasetPart(m.second) == m.name || wanted == dataset.origin;
    if (wanted != newest) return related ? kEEXIST : kESRCH;
  }
  for (const auto& [bookmark, sequence] : dataset.bookmarks) {
    if (sequence > newest) return kEEXIST;
  }
  if (context.syncing && (dataset.long_held || (dataset.mounted && context.in_program))) return kEBUSY;
  const uint64_t refquota = Limit(m.name, "refquota");
  if (refquota != 0 && target.blocks.size() > refquota) return kEDQUOT;
  const auto reserved = static_cast<int64_t>(Limit(m.name, "refreservation"));
  if (reserved == 0) return 0;
  return std::min(reserved, UniqueOfHead(m.name)) > DirectoryAvailable(m.name) ? kENOSPC : 0;
}

int ReferencePool::CheckRename(const std::string& from, const std::string& to) const {
  if (const int error = LookupDataset(from)) return error;
  if (const int error = LookupNew(to)) return error;
  const bool moves = ParentPart(from) != ParentPart(to);
  if (moves && datasets_.at(ParentPart(to)).is_volume) return kZFS_ERR_WRONG_PARENT;
  for (const auto& [name, dataset] : datasets_) {
    if (name != from && !IsBelow(name, from)) continue;
    const size_t size = name.size() - from.size() + to.size();
    if (to.size() <= from.size()) break;
    if (size > kLongest) return kENAMETOOLONG;
    for (const Snapshot& s : dataset.snapshots) {
      if (size + 1 + s.name.size() > kLongest) return kENAMETOOLONG;
    }
  }
  if (!moves) return 0;
  if (IsBelow(to, from)) return kEINVAL;
  return MayMove(ParentPart(from), ParentPart(to), Accounted(from)) ? 0 : kENOSPC;
}

int ReferencePool::CheckRenameSnapshot(const std::string& from, const std::string& to, bool recursive) const {
  if (recursive) {
    for (const std::string& child : ChildrenOf(DatasetPart(from))) {
      const int error = CheckRenameSnapshot(child + "@" + TailPart(from), child + "@" + TailPart(to), true);
      if (error != 0) return error;
    }
  }
  if (Find(from) == nullptr) return 0;
  if (to.size() > kLongest) return kENAMETOOLONG;
  return Find(to) != nullptr ? kEEXIST : 0;
}

int ReferencePool::CheckBookmark(const std::string& source, const std::string& name) const {
  if (std::max(source.size(), name.size()) > kLongest || PoolPart(source) != PoolPart(name)) return kEINVAL;
  const std::string target = DatasetPart(name);
  if (const int error = LookupDataset(target)) return error;
  if (datasets_.at(target).bookmarks.contains(TailPart(name))) return kEEXIST;
  if (const int error = LookupDataset(DatasetPart(source))) return error;
  int sequence = 0;
  if (HasAt(source)) {
    const Snapshot* snapshot = Find(source);
    if (snapshot == nullptr) return kENOENT;
    sequence = snapshot->sequence;
  } else {
    const auto& bookmarks = datasets_.at(DatasetPart(source)).bookmarks;
    if (!bookmarks.contains(TailPart(source))) return kESRCH;
    sequence = bookmarks.at(TailPart(source));
  }
  // Going back from origin to origin, one must come to the source's dataset, and branch off it no
  // earlier than the snapshot.
  std::string at = target;
  while (at != DatasetPart(source)) {
    Place place;
    const int origin = datasets_.at(at).origin;
    if (origin < sequence || !FindSnapshot(origin, &place)) return kZFS_ERR_BOOKMARK_SOURCE_NOT_ANCESTOR;
    at = place.dataset;
  }
  return 0;
}

int ReferencePool::CheckHold(const Mutation& m) const {
  std::set<std::string> once;
  for (const std::string& name : AllNames(m)) {
    if (!once.insert(name).second) return kEEXIST;
    const int error = Lookup(name);
    if (error == kENOENT) continue;
    if (error != 0) return error;
    if (Find(name)->holds.contains(m.value)) return kEEXIST;
  }
  return 0;
}

int ReferencePool::CheckRelease(const Mutation& m) const {
  for (const std::string& name : AllNames(m)) {
    const int error = Lookup(name);
    if (error == kENOENT) continue;
    if (error != 0) return error;
    const Snapshot& s = *Find(name);
    const bool last = s.holds.size() == 1 && s.holds.contains(m.value);
    if (s.deferred && last && s.long_held && ClonesOf(s.sequence).empty()) return kEBUSY;
  }
  return 0;
}

int ReferencePool::CheckSet(const Mutation& m, const Context& context) const {
  if (IsUser(m.second)) return Lookup(m.name);
  if (context.in_program) return kEINVAL;
  if (const int error = Lookup(m.name)) return error;
  if (HasAt(m.name)) return kEINVAL;
  if (m.second == "compression") return 0;
  if (m.second == "quota" && datasets_.at(m.name).is_volume) return kEINVAL;
  if (m.second == "refquota" && datasets_.at(m.name).is_volume) return kEINVAL;
  const int64_t value = m.value == "none" ? 0 : Number(m.value);
  const auto limit = [&](const std::string& which) { return static_cast<int64_t>(Limit(m.name, which)); };
  const int64_t head = static_cast<int64_t>(datasets_.at(m.name).head.size());
  if (m.second == "quota") {
    return value != 0 && (value < limit("reservation") || value < Used(m.name)) ? kENOSPC : 0;
  }
  if (m.second == "refquota") {
    return value != 0 && (value < head || value < limit("refreservation")) ? kENOSPC : 0;
  }
  if (!context.syncing) return 0;
  const bool of_head = m.second == "refreservation";
  const int64_t used = of_head ? UniqueOfHead(m.name) : Used(m.name);
  const int64_t more = std::max(used, value) - std::max(used, limit(m.second));
  if (more <= 0) return 0;
  int64_t available = of_head ? DirectoryAvailable(m.name) : 0;
  if (!of_head && m.name != "tank") available = DirectoryAvailable(ParentPart(m.name));
  if (!of_head && m.name == "tank") available = std::max<int64_t>(usable_ - used, 0);
  const int64_t quota = limit(of_head ? "refquota" : "quota");
  return more > available || (quota != 0 && value > quota) ? kENOSPC : 0;
}

void ReferencePool::Do(const Mutation& m, const Context& context) {
  switch (m.kind) {
    case MutationKind::kCreateFilesystem:
    case MutationKind::kCreateVolume:
      datasets_[m.name].is_volume = m.kind == MutationKind::kCreateVolume;
      datasets_[m.name].sequence = ++last_sequence_;
      if (m.kind == MutationKind::kCreateVolume)
        datasets_[m.name].properties["volsize"] = m.properties[0].second;
      return;
    case MutationKind::kSnapshot:
      for (const std::string& name : AllNames(m)) {
        Dataset& dataset = datasets_.at(DatasetPart(name));
        Snapshot snapshot;
        snapshot.name = TailPart(name);
        snapshot.sequence = ++last_sequence_;
        snapshot.txg = context.txg;
        snapshot.blocks = dataset.head;
        Take(snapshot.blocks);
        for (const auto& [property, value] : m.properties) snapshot.properties[property] = value;
        dataset.snapshots.push_back(std::move(snapshot));
      }
      return;
    case MutationKind::kDestroySnapshot:
      if (Snapshot* s = Find(m.name)) {
        if (m.defer && (!s->holds.empty() || !ClonesOf(s->sequence).empty())) {
          s->deferred = true;
        } else {
          Remove(m.name);
        }
      }
      return;
    case MutationKind::kDestroyDataset:
      return DestroyDataset(m.name);
    case MutationKind::kClone: {
      const Snapshot& origin = *Find(m.name);
      const Dataset& old = datasets_.at(DatasetPart(m.name));
      Dataset clone;
      clone.is_volume = old.is_volume;
      clone.sequence = ++last_sequence_;
      clone.origin = origin.sequence;
      clone.head = origin.blocks;
      Take(clone.head);
      datasets_[m.second] = std::move(clone);
      return;
    }
    case MutationKind::kPromote:
      return PromoteClone(m.name);
    case MutationKind::kRollback: {
      Dataset& dataset = datasets_.at(m.name);
      const Blocks target = BlocksOf(NewestOf(dataset));
      Take(target);
      freeing_ += Drop(dataset.head);
      dataset.head = target;
      return;
    }
    case MutationKind::kRename:
      return Move(m.name, m.second);
    case MutationKind::kRenameSnapshot:
      return RenameSnapshot(m.name, m.second, m.recursive);
    case MutationKind::kBookmark: {
      const bool of_snapshot = HasAt(m.name);
      const int sequence = of_snapshot ? Find(m.name)->sequence
                                       : datasets_.at(DatasetPart(m.name)).bookmarks.at(TailPart(m.name));
      datasets_.at(DatasetPart(m.second)).bookmarks[TailPart(m.second)] = sequence;
      return;
    }
    case MutationKind::kDestroyBookmark:
      if (datasets_.contains(DatasetPart(m.name)))
        datasets_.at(DatasetPart(m.name)).bookmarks.erase(TailPart(m.name));
      return;
    case MutationKind::kHold:
      for (const std::string& name : AllNames(m)) {
        if (Snapshot* s = Find(name)) s->holds.insert(m.value);
      }
      return;
    case MutationKind::kRelease:
      for (const std::string& name : AllNames(m)) {
        Snapshot* s = Find(name);
        if (s != nullptr && s->holds.erase(m.value) != 0) RemoveIfDeferred(s->sequence);
      }
      return;
    case MutationKind::kSetProperty:
      return Set(m);
    case MutationKind::kInherit:
      if (HasAt(m.name)) {
        Find(m.name)->properties.erase(m.second);
      } else {
        datasets_.at(m.name).properties.erase(m.second);
      }
      return;
  }
}

void ReferencePool::Remove(const std::string& full_name) {
  auto& snapshots = datasets_.at(DatasetPart(full_name)).snapshots;
  const auto it = std::find_if(snapshots.begin(), snapshots.end(),
                               [&](const Snapshot& s) { return s.name == TailPart(full_name); });
  freeing_ += Drop(it->blocks);
  snapshots.erase(it);
}

void ReferencePool::RemoveIfDeferred(int sequence) {
  Place place;
  if (!FindSnapshot(sequence, &place)) return;
  const Snapshot& s = datasets_.at(place.dataset).snapshots[place.index];
  if (s.deferred && s.holds.empty() && ClonesOf(sequence).empty()) Remove(place.dataset + "@" + s.name);
}

void ReferencePool::DestroyDataset(const std::string& name) {
  const int origin = datasets_.at(name).origin;
  freeing_ += Drop(datasets_.at(name).head);
  datasets_.erase(name);
  RemoveIfDeferred(origin);
}

void ReferencePool::PromoteClone(const std::string& name) {
  Dataset& clone = datasets_.at(name);
  Place place;
  FindSnapshot(clone.origin, &place);
  Dataset& old = datasets_.at(place.dataset);
  const auto end = old.snapshots.begin() + static_cast<std::ptrdiff_t>(place.index) + 1;
  clone.snapshots.insert(clone.snapshots.begin(), std::make_move_iterator(old.snapshots.begin()),
                         std::make_move_iterator(end));
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
}

void ReferencePool::Move(const std::string& from, const std::string& to) {
  std::map<std::string, Dataset> moved;
  for (auto& [name, dataset] : datasets_) {
    const bool moves = name == from || IsBelow(name, from);
    moved.emplace(moves ? to + name.substr(from.size()) : name, std::move(dataset));
  }
  datasets_ = std::move(moved);
}

void ReferencePool::RenameSnapshot(const std::string& from, const std::string& to, bool recursive) {
  if (Snapshot* s = Find(from)) s->name = TailPart(to);
  if (!recursive) return;
  for (const std::string& child : ChildrenOf(DatasetPart(from))) {
    RenameSnapshot(child + "@" + TailPart(from), child + "@" + TailPart(to), true);
  }
}

void ReferencePool::Set(const Mutation& m) {
  const std::string value = m.value == "none" ? "0" : m.value;
  if (HasAt(m.name)) {
    Find(m.name)->properties[m.second] = value;
    return;
  }
  Dataset& dataset = datasets_.at(m.name);
  dataset.properties[m.second] = value;
  if (!IsUser(m.second) && m.second != "compression") {
    dataset.limits[m.second] = static_cast<uint64_t>(Number(value));
  }
}

}  // namespace model
