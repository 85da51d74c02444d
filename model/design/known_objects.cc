// SPDX-License-Identifier: Apache-2.0
#include "model/design/known_objects.h"

#include <optional>

#include "model/dataset/recursive.h"

namespace model {
namespace {

// Calls `with(id, versions)` for each object.
template <typename With>
void ForEachObject(const DatasetTree& tree, const With& with) {
  for (const ObjectId id : DatasetsBelow(tree, tree.root())) {
    const Dataset& dataset = tree.DatasetOf(id);
    with(id, dataset.versions);
    for (const auto& [snapshot_id, snapshot] : dataset.snapshots) with(snapshot_id, snapshot.versions);
  }
}

// The entry of the object of that name in the list in which it stands; the root of a pool stands in none.
std::optional<ChangedPart> EntryOf(ObjectId list, std::string_view name) {
  if (list == 0) return std::nullopt;
  const size_t separator = name.find_last_of("/@");
  if (name[separator] == '@') {
    return ChangedPart{list, Aspect::kSnapshots, std::string(name.substr(separator))};
  }
  return ChangedPart{list, Aspect::kChildren, std::string(name.substr(separator + 1))};
}

}  // namespace

KnownObjects::KnownObjects(const DatasetTree& tree) {
  ForEachObject(tree, [&](ObjectId id, const Versions&) { known_.emplace(id, KnowledgeOf(tree, id)); });
}

KnownObjects::Known KnownObjects::KnowledgeOf(const DatasetTree& tree, ObjectId id) {
  Known known;
  known.name = tree.NameOf(id);
  const auto know = [&](Aspect aspect, std::string part, std::string value) {
    known.facts.emplace(std::pair(aspect, std::move(part)), std::move(value));
  };
  const auto know_properties = [&](const NameMap<std::string>& properties) {
    for (const auto& [name, value] : properties) know(Aspect::kProperties, name, value);
  };
  if (const Snapshot* snapshot = tree.FindSnapshot(id)) {
    known.list = tree.OwnerOf(id);
    know_properties(snapshot->properties);
    for (const auto& [tag, time_s] : snapshot->holds) know(Aspect::kProperties, "hold " + tag, "");
    if (snapshot->defer_destroy) know(Aspect::kProperties, "defer_destroy", "");
    return known;
  }
  const Dataset& dataset = tree.DatasetOf(id);
  known.list = dataset.parent;
  know_properties(dataset.properties);
  if (dataset.origin != 0) know(Aspect::kProperties, "origin", std::to_string(dataset.origin));
  for (const auto& [leaf, bookmark] : dataset.bookmarks) {
    know(Aspect::kSnapshots, "#" + leaf, std::to_string(bookmark.source));
  }
  return known;
}

void KnownObjects::Compare(const DatasetTree& tree, ObjectId id, const Versions& versions, uint64_t since,
                           TreeChanges* changes) {
  const auto is_new = [&](Aspect aspect) { return versions[static_cast<size_t>(aspect)].change > since; };
  const auto known = known_.find(id);
  const bool was_known = known != known_.end();
  for (size_t i = 0; i < kAspectCount; ++i) {
    if (is_new(static_cast<Aspect>(i))) changes->parts.push_back({id, static_cast<Aspect>(i), ""});
  }
  const bool other_parts = is_new(Aspect::kProperties) || is_new(Aspect::kSnapshots);
  if (was_known && (other_parts || is_new(Aspect::kChildren))) changes->found.push_back(id);
  if (was_known && !other_parts) return;
  Known now = KnowledgeOf(tree, id);
  Known before = was_known ? std::move(known->second) : Known();
  if (now.name != before.name) changes->parts.push_back({id, Aspect::kProperties, std::string(kNamePart)});
  const std::optional<ChangedPart> entry = EntryOf(now.list, now.name);
  const std::optional<ChangedPart> old_entry = EntryOf(before.list, before.name);
  if (entry != old_entry) {
    if (old_entry) changes->parts.push_back(*old_entry);
    if (entry) changes->parts.push_back(*entry);
  }
  for (const auto& [key, value] : now.facts) {
    const auto old = before.facts.find(key);
    if (old == before.facts.end() || old->second != value) {
      changes->parts.push_back({id, key.first, key.second});
    }
  }
  for (const auto& [key, value] : before.facts) {
    if (!now.facts.contains(key)) changes->parts.push_back({id, key.first, key.second});
  }
  known_[id] = std::move(now);
}

TreeChanges KnownObjects::Look(const DatasetTree& tree, uint64_t since) {
  TreeChanges changes;
  ForEachObject(tree,
                [&](ObjectId id, const Versions& versions) { Compare(tree, id, versions, since, &changes); });
  for (auto it = known_.begin(); it != known_.end();) {
    if (tree.OwnerOf(it->first) != 0) {
      ++it;
      continue;
    }
    changes.gone.push_back(it->first);
    if (const auto entry = EntryOf(it->second.list, it->second.name)) changes.parts.push_back(*entry);
    it = known_.erase(it);
  }
  return changes;
}

}  // namespace model
