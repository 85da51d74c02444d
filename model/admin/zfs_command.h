// SPDX-License-Identifier: Apache-2.0
//
// The `zfs` command line: its subcommands, what options each takes, and running it.
//
//   create [-ps] [-b SIZE] [-V SIZE] [-o PROPERTY=VALUE]... FILESYSTEM|VOLUME
//   destroy [-dfnprRv] FILESYSTEM|VOLUME|SNAPSHOTS|BOOKMARK     SNAPSHOTS: FS@A[,B][,C%D]
//   snapshot [-r] [-o PROPERTY=VALUE]... FILESYSTEM@SNAP...
//   rollback [-rRf] SNAPSHOT
//   clone [-p] [-o PROPERTY=VALUE]... SNAPSHOT FILESYSTEM|VOLUME
//   promote CLONE
//   rename [-fpru] NAME NAME
//   bookmark SNAPSHOT|BOOKMARK BOOKMARK
//   hold [-r] TAG SNAPSHOT...     release [-r] TAG SNAPSHOT...     holds [-rHp] SNAPSHOT...
//   set PROPERTY=VALUE... DATASET...     inherit [-rS] PROPERTY DATASET...
//   list [-rHp] [-d DEPTH] [-t TYPES] [-o COLUMNS] [DATASET...]
//   get [-rHp] [-d DEPTH] [-t TYPES] PROPERTIES|all [DATASET...]
//   mount [-a] FILESYSTEM     unmount [-af] FILESYSTEM
//
// A command is a program: it opens what it names (an ioctl each), gathers names (an
// ioctl an item), unmounts, and only then asks the kernel for changes, in ioctls of
// one or more sync tasks each. Follows OpenZFS cmd/zfs/zfs_main.c:zfs_do_* and
// lib/libzfs/libzfs_dataset.c. It exits with 0, with 1 if something was refused, and
// with 2 if the line makes no sense.
//
// Differs from the real system: send, receive, diff, allow, key and user space
// commands are not there; unmounting never finds a file system busy; the intent log
// and the page cache are not written out by an unmount, only the txgs are; volumes
// reserve their size without the share of metadata.
#ifndef TXGSIM_MODEL_ADMIN_ZFS_COMMAND_H_
#define TXGSIM_MODEL_ADMIN_ZFS_COMMAND_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "model/dataset/mutation.h"
#include "model/txg/pool.h"

namespace model {

class HistoryRecorder;

enum class ZfsVerb {
  kCreate,
  kDestroy,
  kSnapshot,
  kRollback,
  kClone,
  kPromote,
  kRename,
  kBookmark,
  kHold,
  kRelease,
  kHolds,
  kSet,
  kInherit,
  kList,
  kGet,
  kMount,
  kUnmount,
};

struct ZfsCommand {
  ZfsVerb verb = ZfsVerb::kList;
  std::string usage;     // Of the subcommand, for what user space refuses late.
  std::string flags;     // The letters that were given, without those that take a value.
  std::string volsize;   // -V
  std::string volblock;  // -b
  std::string types;     // -t
  std::string columns;   // -o of list and get
  std::string sources;   // -s of get
  std::vector<std::pair<std::string, bool>> sort;  // -s and -S of list: by what, and whether reversed.
  int depth = -1;                                  // -d of list and get
  PropertyList properties;
  std::vector<std::string> operands;

  bool Has(char flag) const { return flags.find(flag) != std::string::npos; }
};

// `words` are those after "zfs". The error says what is accepted.
absl::StatusOr<ZfsCommand> ParseZfsCommand(const std::vector<std::string>& words);

struct AdminResult {
  int exit_code = 0;
  std::string output;       // What it would print, errors included.
  Pool* changed = nullptr;  // The pool that it changed last, if any.
};

// Runs a command on `thread`, which is in user mode; `history` may be null.
sim::Task<AdminResult> RunZfsCommand(Thread* thread, ZfsModule* module, ZfsCommand command,
                                     HistoryRecorder* history);

}  // namespace model

#endif  // TXGSIM_MODEL_ADMIN_ZFS_COMMAND_H_
