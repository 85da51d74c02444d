// SPDX-License-Identifier: Apache-2.0
//
// `zfs` and `zpool` command lines, run as a process of the simulation runs them:
// with their ioctls, locks and waits.
//
//   zfs   snapshot, destroy [-d] [-r], create [-V SIZE], clone, promote, rollback,
//         rename, bookmark, hold, release, set, inherit, list [-t TYPE] [-r], get
//   zpool sync, clear, status, list
//
// A command that the tool does not know, or cannot parse, fails with exit code 2
// as the real tool's usage errors do; a refused operation with 1.
#ifndef TXGSIM_MODEL_DESIGN_ADMIN_COMMAND_H_
#define TXGSIM_MODEL_DESIGN_ADMIN_COMMAND_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "model/dataset/mutation.h"
#include "model/txg/pool.h"

namespace model {

struct AdminCommand {
  enum class Kind : uint8_t { kMutate, kList, kGet, kPoolSync, kPoolClear, kPoolStatus };
  Kind kind = Kind::kMutate;
  std::string line;                 // As typed.
  std::string function;             // The ioctl's name: "zfs_ioc_snapshot".
  std::vector<Mutation> mutations;  // kMutate: one ioctl each, in order.
  std::string target;               // Dataset or pool; empty for all.
  bool snapshots = false;           // kList, and destroy -r: snapshots too.
  bool recursive = false;
};

// Parses a command line; the error names the word and what is accepted.
absl::StatusOr<AdminCommand> ParseAdminCommand(std::string_view line);

struct AdminResult {
  int exit_code = 0;
  std::string output;  // What it would print, errors included.
};

// Runs a command on `thread`, which is in user mode. `name` is interned by the caller
// and shows in stacks.
sim::Task<AdminResult> RunAdminCommand(Thread* thread, ZfsModule* module, AdminCommand command);

}  // namespace model

#endif  // TXGSIM_MODEL_DESIGN_ADMIN_COMMAND_H_
