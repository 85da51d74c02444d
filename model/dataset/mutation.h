// SPDX-License-Identifier: Apache-2.0
//
// One administrative operation as a value: what a caller asks for, what a sync
// task carries, and what a transaction records as its intent.
//
// Use the functions below rather than filling the fields; how each kind uses them:
//
//   kind              name                 second            value  more
//   kCreateFilesystem new dataset
//   kCreateVolume     new dataset
//   kSnapshot         new snapshot                                  further new snapshots
//   kDestroySnapshot  snapshot
//   kDestroyDataset   filesystem or volume
//   kClone            origin snapshot      new dataset
//   kPromote          clone
//   kRollback         filesystem or volume snapshot or empty
//   kRename           filesystem or volume its new name
//   kRenameSnapshot   snapshot             its new name
//   kBookmark         snapshot or bookmark new bookmark
//   kDestroyBookmark  bookmark
//   kHold, kRelease   snapshot                               tag    further snapshots
//   kSetProperty      dataset or snapshot  property          value
//   kInherit          dataset or snapshot  property
//
// `defer` is for kDestroySnapshot, `recursive` for kRenameSnapshot (the snapshots of
// that name of all below too), `properties` for the create kinds and kSnapshot, where
// they can only be user properties.
#ifndef TXGSIM_MODEL_DATASET_MUTATION_H_
#define TXGSIM_MODEL_DATASET_MUTATION_H_

#include <string>
#include <utility>
#include <vector>

namespace model {

enum class MutationKind {
  kCreateFilesystem,
  kCreateVolume,
  kSnapshot,
  kDestroySnapshot,
  kDestroyDataset,
  kClone,
  kPromote,
  kRollback,
  kRename,
  kRenameSnapshot,
  kBookmark,
  kDestroyBookmark,
  kHold,
  kRelease,
  kSetProperty,
  kInherit,
};

struct Mutation {
  MutationKind kind;
  std::string name;
  std::string second;
  std::string value;
  std::vector<std::string> more;
  std::vector<std::pair<std::string, std::string>> properties;
  bool defer = false;
  bool recursive = false;

  friend bool operator==(const Mutation&, const Mutation&) = default;
};

using PropertyList = std::vector<std::pair<std::string, std::string>>;

Mutation CreateFilesystem(std::string name, PropertyList properties = {});
// `volsize` as in `zfs create -V`: "4G", or bytes.
Mutation CreateVolume(std::string name, std::string volsize, PropertyList properties = {});
// All of the snapshots or none. REQUIRES: at least one name.
Mutation TakeSnapshots(std::vector<std::string> names, PropertyList properties = {});
Mutation TakeSnapshot(std::string name);
// A snapshot, a bookmark, or a filesystem or volume, by the form of the name.
Mutation Destroy(std::string name, bool defer = false);
Mutation Clone(std::string origin, std::string name);
Mutation Promote(std::string name);
Mutation Rollback(std::string name, std::string to_snapshot = {});
// Renames a snapshot if the name has an '@', else a filesystem or volume.
Mutation Rename(std::string name, std::string new_name);
// A snapshot of one filesystem, and those of the same name of all below it.
Mutation RenameSnapshots(std::string name, std::string new_name);
Mutation MakeBookmark(std::string source, std::string name);
Mutation Hold(std::string tag, std::string snapshot);
Mutation Release(std::string tag, std::string snapshot);
Mutation SetProperty(std::string name, std::string property, std::string value);
Mutation Inherit(std::string name, std::string property);

// Returns the command line of `zfs` that asks for this: "zfs destroy -d tank/a@s".
std::string ToCommand(const Mutation& mutation);

// Returns whether a name that one gives is the same as a name that the other gives, or an ancestor
// or descendant of it: the order of the two then matters. (Two snapshots of one filesystem do not
// overlap.)
bool NamesOverlap(const Mutation& a, const Mutation& b);

}  // namespace model

#endif  // TXGSIM_MODEL_DATASET_MUTATION_H_
