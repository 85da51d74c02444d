// SPDX-License-Identifier: Apache-2.0
#include "model/dataset/property_query.h"

#include <algorithm>
#include <array>

#include "fmt/core.h"
#include "model/dataset/names.h"
#include "model/dataset/property_table.h"
#include "model/dataset/size_text.h"
#include "sim/check.h"

namespace model {
namespace {

using Outcome = PropertyResult::Outcome;

PropertyResult Value(PropertyValue value, std::optional<std::string> source = std::nullopt) {
  return {.outcome = Outcome::kValue, .value = std::move(value), .source = std::move(source), .error = {}};
}

PropertyResult Invalid(std::string error) {
  return {.outcome = Outcome::kInvalid, .value = {}, .source = std::nullopt, .error = std::move(error)};
}

unsigned KindBit(const DatasetTree& tree, ObjectId id) {
  const Dataset* dataset = tree.FindDataset(id);
  if (dataset == nullptr) return kOnSnapshot;
  return dataset->type == DatasetType::kVolume ? kOnVolume : kOnFilesystem;
}

// One read of one object, with what it depends on noted.
class Reader {
 public:
  Reader(const DatasetTree& tree, ObjectId id, ReadSet* reads)
      : tree_(tree),
        id_(id),
        reads_(reads),
        snapshot_(tree.FindSnapshot(id)),
        dataset_(tree.DatasetOf(tree.OwnerOf(id))) {}

  PropertyResult User(std::string_view name) const {
    const std::optional<SetPoint> set = FindSetPoint(tree_, id_, name, true, reads_);
    if (!set) return {};
    return Value(std::string(set->value), tree_.NameOf(set->object));
  }

  PropertyResult Native(const PropertyInfo& info) const {
    switch (info.use) {
      case PropertyUse::kReadOnly:
        return Figure(info);
      case PropertyUse::kSetOnce:
      case PropertyUse::kSettable:
      case PropertyUse::kInheritable:
        break;
    }
    if (info.id == PropertyId::kVolsize) return Volsize();
    if (info.id == PropertyId::kMountpoint) return Mountpoint();
    // What is set once is what the parent has, unless it was given (zfs_ioctl.c:zfs_fill_zplprops).
    const bool inheritable = info.use == PropertyUse::kInheritable || info.use == PropertyUse::kSetOnce;
    const std::optional<SetPoint> set = FindSetPoint(tree_, id_, info.name, inheritable, reads_);
    const std::string text(set ? set->value : info.default_value);
    if (info.id == PropertyId::kVersion) return Value(text);  // zcp_get.c:get_prop_src
    const std::string source = set ? tree_.NameOf(set->object) : "default";
    if (info.type == PropertyType::kNumber) return Value(ParseSize(text).value(), source);
    return Value(text, source);
  }

  // `written@snapshot`: what was born in this dataset since (zcp_get.c:get_written).
  PropertyResult WrittenSince(std::string_view snapshot) const {
    Note(Aspect::kSpace);
    const bool is_full = snapshot.find('@') != std::string_view::npos;
    const std::string owner = tree_.NameOf(tree_.OwnerOf(id_));
    const std::string name = is_full ? std::string(snapshot) : fmt::format("{}@{}", owner, snapshot);
    ObjectId since = 0;
    if (tree_.Lookup(name, &since) != 0 || !tree_.IsSnapshot(since)) {
      return Invalid(fmt::format("no such snapshot '{}'", name));
    }
    return Value(HeldBytesFrom(since), owner);
  }

 private:
  void Note(Aspect aspect, std::string_view part = {}) const {
    if (reads_ != nullptr) reads_->Note(tree_, id_, aspect, part);
  }

  // The blocks of this object that were born at or after `birth`.
  uint64_t HeldBytesFrom(ObjectId birth) const {
    return snapshot_ == nullptr ? dataset_.live.TotalFrom(birth) : tree_.ContentOf(id_).TotalFrom(birth);
  }

  PropertyResult Figure(const PropertyInfo& info) const {
    switch (info.id) {
      case PropertyId::kAvailable:
        NoteSpaceUpToRoot();
        return Value(tree_.AvailableBytes(id_));
      case PropertyId::kUsed:
      case PropertyId::kLogicalused:
        return Space(tree_.UsedBytes(id_));
      case PropertyId::kReferenced:
      case PropertyId::kLogicalreferenced:
        return Space(tree_.ReferencedBytes(id_));
      case PropertyId::kUnique:
        return Space(tree_.UniqueBytes(id_));
      case PropertyId::kWritten: {
        const ObjectId since =
            snapshot_ == nullptr ? tree_.NewestSnapshot(dataset_) : tree_.SnapshotBefore(dataset_, id_);
        return Space(HeldBytesFrom(since));
      }
      case PropertyId::kUsedbychildren:
        return Space(UsedByChildren());
      case PropertyId::kUsedbydataset:
        return Space(dataset_.live.TotalFrom(dataset_.origin));
      case PropertyId::kUsedbyrefreservation:
        return Space(tree_.UsedByRefreservation(dataset_));
      case PropertyId::kUsedbysnapshots:
        return Space(dataset_.charged_bytes - dataset_.live.TotalFrom(dataset_.origin));
      case PropertyId::kClones:
      case PropertyId::kNumclones:
        return Clones(info.id);
      case PropertyId::kPrevsnap:
        return NewestSnapshot();
      case PropertyId::kUserrefs:
        Note(Aspect::kProperties);
        return Value(uint64_t{snapshot_->holds.size()});
      default:
        Note(Aspect::kProperties, info.name);
        return State(info.id);
    }
  }

  PropertyResult State(PropertyId id) const {
    const SyncPoint created = snapshot_ == nullptr ? dataset_.created : snapshot_->created;
    switch (id) {
      case PropertyId::kCompressratio:
      case PropertyId::kRefcompressratio:
        return Value(uint64_t{100});
      case PropertyId::kCreatetxg:
        return Value(created.txg);
      case PropertyId::kCreation:
        return Value(created.time_s);
      case PropertyId::kDeferDestroy:
        return Value(std::string(snapshot_->defer_destroy ? "on" : "off"));
      case PropertyId::kGuid:
        return Value(tree_.GuidOf(id_));
      case PropertyId::kInconsistent:
        return Value(uint64_t{0});
      case PropertyId::kName:
        return Value(tree_.NameOf(id_));
      case PropertyId::kObjsetid:
        return Value(id_);
      case PropertyId::kOrigin:
        if (dataset_.origin == 0) return {};
        return Value(tree_.NameOf(dataset_.origin));
      case PropertyId::kType:
        return Value(std::string(snapshot_ != nullptr                    ? "snapshot"
                                 : dataset_.type == DatasetType::kVolume ? "volume"
                                                                         : "filesystem"));
      default:
        return {};  // mounted, counts below a limit, redaction, what is being received.
    }
  }

  // What a listing left out is most likely below. What is being freed stands in a directory of its
  // own below the root (dsl_pool.c: dp_free_dir).
  uint64_t UsedByChildren() const {
    const uint64_t freeing = id_ == tree_.root() ? tree_.freeing_bytes() : 0;
    return dataset_.children_bytes + dataset_.unlisted_bytes + freeing;
  }

  PropertyResult Space(uint64_t bytes) const {
    Note(Aspect::kSpace);
    return Value(bytes);
  }

  PropertyResult Clones(PropertyId id) const {
    Note(Aspect::kChildren);
    if (id == PropertyId::kNumclones) return Value(uint64_t{snapshot_->clones.size()});
    std::vector<std::string> names;
    for (const ObjectId clone : snapshot_->clones) names.push_back(tree_.NameOf(clone));
    return Value(std::move(names));
  }

  PropertyResult NewestSnapshot() const {
    Note(Aspect::kSnapshots);
    const ObjectId newest = tree_.NewestSnapshot(dataset_);
    if (newest == 0) return {};
    return Value(tree_.NameOf(newest));
  }

  PropertyResult Volsize() const {
    Note(Aspect::kSpace);
    if (dataset_.type != DatasetType::kVolume) return {};
    return Value(snapshot_ == nullptr ? dataset_.volsize : snapshot_->volsize, tree_.NameOf(id_));
  }

  // An inherited path goes on below the dataset that sets it; "none" and "legacy" stay
  // (lib/libzfs/libzfs_dataset.c, zcp_get.c:get_zap_prop).
  PropertyResult Mountpoint() const {
    const std::optional<SetPoint> set = FindSetPoint(tree_, id_, "mountpoint", true, reads_);
    Note(Aspect::kProperties, "name");
    const std::string name = tree_.NameOf(id_);
    if (!set) return Value("/" + name, "default");
    const std::string source = tree_.NameOf(set->object);
    std::string path(set->value);
    if (path != "none" && path != "legacy" && set->object != id_) {
      if (path == "/") path.clear();
      path += name.substr(source.size());
    }
    return Value(path, source);
  }

  void NoteSpaceUpToRoot() const {
    if (reads_ == nullptr) return;
    for (ObjectId id = id_; id != 0; id = tree_.DatasetOf(id).parent) reads_->Note(tree_, id, Aspect::kSpace);
  }

  const DatasetTree& tree_;
  ObjectId id_;
  ReadSet* reads_;
  const Snapshot* snapshot_;  // nullptr for a filesystem or volume.
  const Dataset& dataset_;    // The object, or the one it is a snapshot of.
};

bool IsUserQuota(std::string_view name) {
  constexpr auto kKinds = std::to_array<std::string_view>({"used@", "quota@", "objused@", "objquota@"});
  for (const std::string_view owner : {"user", "group", "project"}) {
    if (!name.starts_with(owner)) continue;
    const std::string_view kind = name.substr(owner.size());
    return std::any_of(kKinds.begin(), kKinds.end(), [&](std::string_view k) { return kind.starts_with(k); });
  }
  return false;
}

}  // namespace

std::optional<SetPoint> FindSetPoint(const DatasetTree& tree, ObjectId id, std::string_view name,
                                     bool inheritable, ReadSet* reads) {
  for (ObjectId at = id; at != 0;) {
    if (reads != nullptr) reads->Note(tree, at, Aspect::kProperties, name);
    const Snapshot* snapshot = tree.FindSnapshot(at);
    const auto& local = snapshot != nullptr ? snapshot->properties : tree.DatasetOf(at).properties;
    if (const auto it = local.find(name); it != local.end()) return SetPoint{at, it->second};
    if (!inheritable) break;
    at = snapshot != nullptr ? tree.OwnerOf(at) : tree.DatasetOf(at).parent;
  }
  return std::nullopt;
}

PropertyResult GetProperty(const DatasetTree& tree, ObjectId id, std::string_view name, ReadSet* reads) {
  const Reader reader(tree, id, reads);
  if (IsUserProperty(name)) return reader.User(name);
  if (IsUserQuota(name)) return {};
  constexpr std::string_view kWrittenAt = "written@";
  if (name.starts_with(kWrittenAt)) return reader.WrittenSince(name.substr(kWrittenAt.size()));
  const PropertyInfo* info = FindProperty(name);
  if (info == nullptr) return Invalid(fmt::format("'{}' is not a valid property", name));
  if ((info->valid_for & KindBit(tree, id)) == 0) return {};
  return reader.Native(*info);
}

std::vector<std::string> SystemProperties(const DatasetTree& tree, ObjectId id) {
  std::vector<std::string> names;
  const unsigned kind = KindBit(tree, id);
  const Dataset* dataset = tree.FindDataset(id);
  for (const PropertyInfo& info : AllProperties()) {
    if (info.hidden || (info.valid_for & kind) == 0 || info.id == PropertyId::kMounted) continue;
    if (info.id == PropertyId::kOrigin && (dataset == nullptr || dataset->origin == 0)) continue;
    names.emplace_back(info.name);
  }
  return names;
}

}  // namespace model
