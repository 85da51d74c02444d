// SPDX-License-Identifier: Apache-2.0
//
// The running `zfs` program: one object a command line (zfs_command.h).
//
//   file               subcommands
//   zfs_tool.cc        what all are made of: ioctls, opening, mounting, printing
//   zfs_create.cc      create, clone, snapshot, promote, bookmark
//   zfs_destroy.cc     destroy
//   zfs_change.cc      rollback, rename, hold, release, set, inherit
//   zfs_show.cc        list, get, holds, mount, unmount
//
// User space looks at the tree only through ioctls: every decision below follows a
// read that cost one. Output is what would stand on the terminal, both streams.
#ifndef TXGSIM_MODEL_ADMIN_ZFS_TOOL_H_
#define TXGSIM_MODEL_ADMIN_ZFS_TOOL_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/admin/zfs_command.h"
#include "model/admin/zfs_table.h"
#include "model/dataset/operations.h"
#include "model/design/history_recorder.h"
#include "model/txg/pool.h"

namespace model {

class ZfsTool {
 public:
  ZfsTool(Thread* thread, ZfsModule* module, ZfsCommand command)
      : thread_(thread), module_(module), command_(std::move(command)) {}

  // What it shows and changes is that of a transaction of the history from here on.
  void RecordInto(HistoryRecorder* history, int32_t transaction) {
    history_ = history;
    transaction_ = transaction;
  }
  sim::Task<> Run();
  int exit_code() const { return exit_code_; }
  const std::string& output() const { return output_; }
  Pool* changed() const { return changed_; }

 private:
  using Names = std::vector<std::string>;
  // The mutations of one sync task; those of an ioctl follow each other, up to the first that fails.
  using SyncTasks = std::vector<std::vector<Mutation>>;

  struct Item {
    const Pool* pool;
    ObjectId id;
    std::string bookmark{};  // Of the dataset `id`; empty: that itself.
    bool IsThere() const;
  };

  // --- zfs_tool.cc
  void Print(std::string_view line);
  // Prints "ACTION: DESCRIPTION"; the command will exit with 1.
  void Fail(std::string_view action, std::string_view description);
  // The same for an errno.
  void Fail(std::string_view action, int error);
  // Prints a line and the usage; the command will exit with 2.
  void FailUsage(std::string_view line = {});
  const DatasetTree& TreeOf(std::string_view name) const { return module_->FindPool(name)->tree(); }
  // Returns 0 if there is no such dataset or snapshot.
  ObjectId Find(std::string_view name) const;
  // The same of bookmarks too.
  bool Exists(std::string_view name) const;

  // One ioctl that reads: of the object of that name. Returns an errno.
  sim::Task<int> Stats(std::string name);
  // zfs_open: says so if the name is bad, is missing, or is not one of these kinds.
  sim::Task<bool> Open(std::string name, unsigned kinds);
  // The ioctls of lists of that many items, and the one that ends them.
  sim::Task<> ReadItems(std::string name, size_t count);
  // What was shown of a pool came from these.
  void NoteReads(const Pool* pool, const ReadSet& reads);
  // One ioctl that changes the pool. What a check tells of the last task is left in details_.
  sim::Task<int> Change(SyncTasks tasks);
  sim::Task<int> Change(Mutation mutation);
  // An unmount of something dirty waits until all of it is on disk.
  sim::Task<> Unmount(std::string name);
  void Mount(std::string_view name);
  // Mounts a new dataset, if its properties say so.
  void MountNew(std::string_view name);
  bool WantsMount(const DatasetTree& tree, ObjectId id) const;
  // The mounted filesystems that have to be unmounted to set this, in the order of the tree.
  Names MovedBySetting(const std::string& name, const PropertyList& properties) const;
  // Mounts those again that still want to be, or all if nothing was changed.
  void MountAgain(const Names& names, int error);
  // The tasks that set properties of one dataset: a limit is a task of its own, the rest is one.
  SyncTasks SetTasks(std::string_view name, const PropertyList& properties) const;

  // --- zfs_create.cc
  sim::Task<> Create();
  sim::Task<> CloneIt();
  sim::Task<> SnapshotIt();
  sim::Task<> PromoteIt();
  sim::Task<> BookmarkIt();
  // Says so if the parent of a new dataset is missing or no filesystem (check_parents).
  sim::Task<bool> CheckParent(std::string action, std::string name);
  // With -p: makes what is missing above `name`.
  sim::Task<bool> MakeParents(std::string name);
  // Makes a dataset and sets what `properties` say; destroys it again if that fails.
  sim::Task<int> Make(Mutation mutation, std::string name, PropertyList properties);

  // --- zfs_destroy.cc
  sim::Task<> DestroyIt();
  sim::Task<> DestroySnapshotsOf(std::string dataset, std::string spec);
  sim::Task<> DestroyBookmark(std::string name);
  sim::Task<> DestroyDataset(std::string name);
  // Says what else there is to destroy, if that was not asked for. Returns whether there is.
  bool HasUnwantedDependents(std::string_view name);
  sim::Task<bool> DestroyBatch(Names snapshots);
  sim::Task<bool> DestroyTree(std::string name, bool with_clones);
  void PrintDestroyed(const Names& names);

  // --- zfs_change.cc
  sim::Task<> RollbackIt();
  sim::Task<> RenameIt();
  sim::Task<> RenameSnapshotIt();
  // The snapshots that a command about holds names: one, or with -r those of that name below too; without
  // those that are not there. Nothing if the name made no sense, which it then has said.
  sim::Task<std::optional<Names>> SnapshotsNamed(std::string name, std::string action, bool reads_holds);
  sim::Task<> HoldIt();
  sim::Task<> ReleaseIt();
  sim::Task<> Set();
  sim::Task<> InheritIt();

  // --- zfs_show.cc
  sim::Task<> List();
  sim::Task<> Get();
  sim::Task<> Holds();
  sim::Task<> MountIt();
  sim::Task<> UnmountIt();
  // What `list` and `get` show: the objects of the given types, as deep as asked for.
  sim::Task<std::vector<Item>> Selected(Names roots, std::string_view default_types);
  static void Collect(const Pool* pool, ObjectId id, unsigned kinds, int depth, std::vector<Item>* items,
                      ReadSet* reads);
  static std::string NameOf(const Item& item);
  ShownProperty Show(const Item& item, std::string_view property, ReadSet* reads) const;
  // As -s and -S say.
  void Sort(std::vector<Item>* items) const;

  Thread* thread_;
  ZfsModule* module_;
  ZfsCommand command_;
  HistoryRecorder* history_ = nullptr;
  int32_t transaction_ = 0;
  CheckDetails details_;
  size_t tasks_done_ = 0;  // Of the last Change.
  Pool* changed_ = nullptr;
  std::string output_;
  int exit_code_ = 0;
};

}  // namespace model

#endif  // TXGSIM_MODEL_ADMIN_ZFS_TOOL_H_
