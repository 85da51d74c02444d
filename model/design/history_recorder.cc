// SPDX-License-Identifier: Apache-2.0
#include "model/design/history_recorder.h"

#include <algorithm>
#include <vector>

#include "fmt/format.h"
#include "model/dataset/errno.h"
#include "model/dataset/recursive.h"

namespace model {
namespace {

constexpr std::string_view kAspectNames[kAspectCount] = {"children", "snapshots", "properties", "space"};

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

void ChangeTap::Hold(sim::SimTime) { since_ = pool_->tree().changes(); }

void ChangeTap::Release(sim::SimTime) {
  if (since_) recorder_->NoteChanges(transaction_, pool_, *since_);
  since_.reset();
}

size_t HistoryRecorder::PlaceOf(const Pool* pool) const {
  const std::vector<Pool*>& pools = pool->module().pools();
  return static_cast<size_t>(std::find(pools.begin(), pools.end(), pool) - pools.begin());
}

int32_t HistoryRecorder::ItemOf(const Pool* pool, ObjectId object, Aspect aspect) {
  const auto [it, is_new] = items_.try_emplace({PlaceOf(pool), object, aspect}, 0);
  if (is_new) {
    it->second = history_.AddItem(
        fmt::format("{} of {}", kAspectNames[static_cast<size_t>(aspect)], pool->tree().NameOf(object)),
        aspect == Aspect::kSpace);
  }
  return it->second;
}

void HistoryRecorder::NoteReads(int32_t transaction, const Pool* pool, const ReadSet& reads) {
  reads.ForEach([&](ObjectId object, Aspect aspect) {
    if (pool->tree().OwnerOf(object) == 0) return;
    history_.Read(transaction, ItemOf(pool, object, aspect), now());
  });
}

void HistoryRecorder::NoteRead(int32_t transaction, const Pool* pool, const DatasetTree& tree,
                               const JobCall& call) {
  ReadSet all;
  CollectReads(tree, call, &all);
  const DatasetTree& shared = pool->tree();
  if (&tree == &shared) return NoteReads(transaction, pool, all);
  ReadSet unchanged;
  all.ForEach([&](ObjectId object, Aspect aspect) {
    if (tree.VersionOf(object, aspect) == shared.VersionOf(object, aspect)) {
      unchanged.Note(shared, object, aspect);
    }
  });
  NoteReads(transaction, pool, unchanged);
}

void HistoryRecorder::NoteBroughtRead(int32_t transaction, const Pool* pool, const JobCall& call,
                                      int64_t position) {
  ReadSet reads;
  CollectReads(pool->tree(), call, &reads);
  reads.ForEach([&](ObjectId object, Aspect aspect) {
    history_.ReadAsOf(transaction, ItemOf(pool, object, aspect), position, now());
  });
}

void HistoryRecorder::NoteChanges(int32_t transaction, const Pool* pool, uint64_t since) {
  const DatasetTree& tree = pool->tree();
  if (tree.changes() == since) return;
  std::vector<int32_t> changed;
  const auto look = [&](ObjectId object, const Versions& versions) {
    for (size_t i = 0; i < kAspectCount; ++i) {
      if (versions[i].change > since) changed.push_back(ItemOf(pool, object, static_cast<Aspect>(i)));
    }
  };
  for (const ObjectId id : DatasetsBelow(tree, tree.root())) {
    const Dataset& dataset = tree.DatasetOf(id);
    look(id, dataset.versions);
    for (const auto& [snapshot_id, snapshot] : dataset.snapshots) look(snapshot_id, snapshot.versions);
  }
  // What is gone has changed in every respect that anybody has seen, for the last time.
  const size_t place = PlaceOf(pool);
  for (auto it = items_.begin(); it != items_.end();) {
    const auto& [at, object, aspect] = it->first;
    const bool gone = at == place && tree.OwnerOf(object) == 0;
    if (gone) changed.push_back(it->second);
    it = gone ? items_.erase(it) : std::next(it);
  }
  // Txgs of several pools are counted apart.
  const size_t pools = pool->module().pools().size();
  history_.Write(transaction, changed, now(), pool->pipeline().syncing_txg() * pools + place);
}

}  // namespace model
