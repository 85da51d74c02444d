// SPDX-License-Identifier: Apache-2.0
#include "model/dataset/check_reads.h"

#include "model/dataset/names.h"
#include "model/dataset/query.h"

namespace model {
namespace {

bool NamesAnotherObject(MutationKind kind) {
  return kind == MutationKind::kClone || kind == MutationKind::kRollback || kind == MutationKind::kRename ||
         kind == MutationKind::kRenameSnapshot || kind == MutationKind::kBookmark;
}

bool LooksAtSpace(const DatasetTree& tree, const Mutation& mutation, ObjectId id) {
  switch (mutation.kind) {
    case MutationKind::kPromote:
    case MutationKind::kRollback:
    case MutationKind::kRename:
      return true;
    case MutationKind::kSetProperty:
      return !IsUserProperty(mutation.second);
    case MutationKind::kSnapshot:  // What the head promised to others needs room once more.
      return tree.DatasetOf(id).refreservation > 0;
    default:
      return false;
  }
}

// The object of that name, or the deepest of its ancestors that is there.
ObjectId FindNearest(const DatasetTree& tree, std::string_view name) {
  ObjectId id = 0;
  if (tree.Lookup(name, &id) == 0) return id;
  for (std::string_view path = Split(name).dataset; !path.empty(); path = ParentOf(path)) {
    if (tree.Lookup(path, &id) == 0) return id;
  }
  return 0;
}

void NoteObject(const DatasetTree& tree, ObjectId id, ReadSet* reads) {
  for (const Aspect aspect : {Aspect::kChildren, Aspect::kSnapshots, Aspect::kProperties}) {
    reads->Note(tree, id, aspect);
  }
}

void NoteName(const DatasetTree& tree, const Mutation& mutation, std::string_view name, ReadSet* reads) {
  ObjectId found = 0;
  FindObject(tree, name, &found, reads);
  const ObjectId id = FindNearest(tree, name);
  if (id == 0) return;
  NoteObject(tree, id, reads);
  const ObjectId dataset = tree.OwnerOf(id);
  const ObjectId origin = tree.DatasetOf(dataset).origin;
  if (origin != 0) {
    NoteObject(tree, origin, reads);
    NoteObject(tree, tree.OwnerOf(origin), reads);
  }
  if (!LooksAtSpace(tree, mutation, dataset)) return;
  reads->Note(tree, id, Aspect::kSpace);
  for (ObjectId at = dataset; at != 0; at = tree.DatasetOf(at).parent) {
    reads->Note(tree, at, Aspect::kSpace);
  }
}

}  // namespace

void NoteCheck(const DatasetTree& tree, const Mutation& mutation, ReadSet* reads) {
  NoteName(tree, mutation, mutation.name, reads);
  for (const std::string& name : mutation.more) NoteName(tree, mutation, name, reads);
  if (NamesAnotherObject(mutation.kind) && !mutation.second.empty()) {
    NoteName(tree, mutation, mutation.second, reads);
  }
}

}  // namespace model
