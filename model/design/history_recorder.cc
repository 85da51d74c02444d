// SPDX-License-Identifier: Apache-2.0
#include "model/design/history_recorder.h"

#include <algorithm>
#include <vector>

#include "fmt/format.h"
#include "model/dataset/errno.h"

namespace model {
namespace {

constexpr std::string_view kAspectNames[kAspectCount] = {"children", "snapshots", "properties", "space"};
constexpr std::string_view AspectName(Aspect aspect) { return kAspectNames[static_cast<size_t>(aspect)]; }

std::string PartName(std::string_view object, Aspect aspect, std::string_view part) {
  if (aspect == Aspect::kProperties) return fmt::format("{} of {}", part, object);
  return fmt::format("{}{}{}", object, aspect == Aspect::kChildren ? "/" : "", part);
}

// What the answer to a call depends on.
void CollectReads(const DatasetTree& tree, const JobCall& call, ReadSet* reads) {
  ObjectId id = 0;
  const bool check = call.kind == CallKind::kCheck;
  if ((check ? FindObject(tree, call.mutation.name, &id, reads) : FindAsked(tree, call, &id, reads)) != 0)
    return;
  switch (call.kind) {
    case CallKind::kList: {
      ListCursor cursor = call.cursor;
      std::optional<ListItem> item;
      NextItem(tree, call.list, id, &cursor, &item, reads);
      return;
    }
    case CallKind::kGetProperty:
      GetProperty(tree, id, call.property, reads);
      return;
    case CallKind::kSystemProperties:
    case CallKind::kExists:
    case CallKind::kCheck:
    case CallKind::kSync:
      return;
  }
}

}  // namespace

void ChangeTap::Hold(sim::SimTime) {
  recorder_->ExpectChanges(pool_);
  since_ = pool_->tree().changes();
}

void ChangeTap::Release(sim::SimTime) {
  if (since_) recorder_->NoteChanges(transaction_, pool_, *since_);
  since_.reset();
}

size_t HistoryRecorder::PlaceOf(const Pool* pool) const {
  const std::vector<Pool*>& pools = pool->module().pools();
  return static_cast<size_t>(std::find(pools.begin(), pools.end(), pool) - pools.begin());
}

int32_t HistoryRecorder::ItemOf(const Pool* pool, ObjectId object, Aspect aspect, std::string_view part) {
  const Key key(PlaceOf(pool), object, aspect, std::string(part));
  if (const auto it = items_.find(key); it != items_.end()) return it->second;
  const std::string name = pool->tree().NameOf(object);
  const int32_t item = part.empty()
                           ? history_.AddItem(fmt::format("{} of {}", AspectName(aspect), name), true)
                           : history_.AddPart(PartName(name, aspect, part), ItemOf(pool, object, aspect, {}));
  items_.emplace(key, item);
  return item;
}

void HistoryRecorder::NoteReads(int32_t transaction, const Pool* pool, const ReadSet& reads) {
  if (!keeps_items_) return;
  reads.ForEach([&](ObjectId object, Aspect aspect, const std::string& part) {
    if (pool->tree().OwnerOf(object) == 0) return;
    history_.Read(transaction, ItemOf(pool, object, aspect, part), now());
  });
}

void HistoryRecorder::NoteRead(int32_t transaction, const Pool* pool, const DatasetTree& tree,
                               const JobCall& call) {
  if (!keeps_items_) return;
  ReadSet all;
  CollectReads(tree, call, &all);
  const DatasetTree& shared = pool->tree();
  if (&tree == &shared) return NoteReads(transaction, pool, all);
  ReadSet unchanged;
  all.ForEach([&](ObjectId object, Aspect aspect, const std::string& part) {
    if (tree.VersionOf(object, aspect) == shared.VersionOf(object, aspect)) {
      unchanged.Note(shared, object, aspect, part);
    }
  });
  NoteReads(transaction, pool, unchanged);
}

void HistoryRecorder::NoteBroughtRead(int32_t transaction, const Pool* pool, const JobCall& call,
                                      int64_t position) {
  if (!keeps_items_) return;
  ReadSet reads;
  CollectReads(pool->tree(), call, &reads);
  reads.ForEach([&](ObjectId object, Aspect aspect, const std::string& part) {
    history_.ReadAsOf(transaction, ItemOf(pool, object, aspect, part), position, now());
  });
}

void HistoryRecorder::ExpectChanges(const Pool* pool) {
  if (keeps_items_) known_.try_emplace(PlaceOf(pool), pool->tree());
}

std::vector<int32_t> HistoryRecorder::ChangedItems(int32_t transaction, const Pool* pool, uint64_t since) {
  const DatasetTree& tree = pool->tree();
  const size_t place = PlaceOf(pool);
  const TreeChanges changes = known_.at(place).Look(tree, since);
  for (const ObjectId id : changes.found) {
    history_.Read(transaction, ItemOf(pool, id, Aspect::kProperties, kNamePart), now());
  }
  std::vector<int32_t> changed;
  for (const ChangedPart& part : changes.parts) {
    if (tree.OwnerOf(part.object) != 0) {
      changed.push_back(ItemOf(pool, part.object, part.aspect, part.part));
    }
  }
  // What is gone has changed in every respect that anybody has seen, for the last time.
  for (const ObjectId id : changes.gone) {
    const auto first = items_.lower_bound(Key(place, id, Aspect::kChildren, ""));
    auto last = first;
    for (; last != items_.end() && std::get<1>(last->first) == id && std::get<0>(last->first) == place;
         ++last)
      changed.push_back(last->second);
    items_.erase(first, last);
  }
  std::sort(changed.begin(), changed.end());
  changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
  return changed;
}

void HistoryRecorder::NoteChanges(int32_t transaction, const Pool* pool, uint64_t since) {
  if (pool->tree().changes() == since) return;
  // Txgs of several pools are counted apart.
  const uint64_t durable = pool->pipeline().syncing_txg() * pool->module().pools().size() + PlaceOf(pool);
  if (keeps_items_) {
    history_.Write(transaction, ChangedItems(transaction, pool, since), now(), durable);
  } else {
    history_.Step(transaction, durable);
  }
}

}  // namespace model
