// SPDX-License-Identifier: Apache-2.0
//
// `zfs` and `zpool` command lines, run as a process of the simulation runs them:
// with their ioctls, locks and waits.
//
//   zfs   zfs_command.h
//   zpool sync [POOL...]        status [-svx] [POOL...]        list [-Hp] [POOL...]
//         clear POOL [DEVICE]   offline [-t] POOL DEVICE...    online POOL DEVICE...
//         scrub [-psw] POOL...  wait [-t ACTIVITY,...] POOL    attach POOL DEVICE NEW_DEVICE
//         export [-f] POOL...   import POOL                    history [POOL...]
//         events [POOL]         reopen [POOL...]               add POOL DEVICE...
//         replace POOL DEVICE NEW_DEVICE                       iostat [-qv] [POOL...]
//         get [-Hp] PROPERTY,... [POOL...]                     set failmode=MODE POOL
//         see pool_command.h
//
// Several pools or devices are taken one after the other; an error of one does not stop the others.
//
// A command that the tool does not know, or cannot parse, fails with exit code 2
// as the real tool's usage errors do; a refused operation with 1.
#ifndef TXGSIM_MODEL_ADMIN_ADMIN_COMMAND_H_
#define TXGSIM_MODEL_ADMIN_ADMIN_COMMAND_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "model/admin/pool_command.h"
#include "model/admin/zfs_command.h"
#include "model/txg/pool.h"

namespace model {

struct AdminCommand {
  enum class Kind : uint8_t { kZfs, kPool };
  Kind kind = Kind::kZfs;
  std::string line;  // As typed.
  ZfsCommand zfs;
  PoolCommand pool_command = PoolCommand::kStatus;
  std::vector<std::string> targets;  // Of zpool: pools; none: all.
  std::vector<std::string> devices;  // Of clear, offline, online: one after the other.
  std::string flags;                 // Of zpool: its letters.
  PoolOperands operands;             // Of zpool.
};

// Parses a command line; the error names the word and what is accepted.
absl::StatusOr<AdminCommand> ParseAdminCommand(std::string_view line);

// Runs a command on `thread`, which is in user mode. `history`, if there is one, keeps what it read and
// changed.
sim::Task<AdminResult> RunAdminCommand(Thread* thread, ZfsModule* module, AdminCommand command,
                                       HistoryRecorder* history = nullptr);

}  // namespace model

#endif  // TXGSIM_MODEL_ADMIN_ADMIN_COMMAND_H_
