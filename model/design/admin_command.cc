// SPDX-License-Identifier: Apache-2.0
#include "model/design/admin_command.h"

#include "fmt/format.h"
#include "model/dataset/errno.h"

namespace model {
namespace {

using Words = std::vector<std::string>;

Words SplitWords(std::string_view line) {
  Words words;
  std::string word;
  for (char c : line) {
    if (c == ' ' || c == '\t') {
      if (!word.empty()) words.push_back(std::move(word));
      word.clear();
    } else {
      word.push_back(c);
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

absl::Status Wrong(std::string_view line, std::string_view problem) {
  return absl::InvalidArgumentError(fmt::format("\"{}\": {}", line, problem));
}

absl::StatusOr<AdminCommand> ParseZpool(std::string_view line, const Words& words) {
  const std::string& verb = words[1];
  AdminCommand command;
  command.line = std::string(line);
  if (words.size() > 2) command.target = words[2];
  if (verb == "sync") {
    command.kind = AdminCommand::Kind::kPoolSync;
  } else if (verb == "clear") {
    command.kind = AdminCommand::Kind::kPoolClear;
    if (command.target.empty()) return Wrong(line, "usage: zpool clear POOL");
  } else if (verb == "status" || verb == "list") {
    command.kind = AdminCommand::Kind::kPoolStatus;
  } else {
    return Wrong(line, fmt::format("unknown subcommand \"{}\"; known are sync clear status list", verb));
  }
  return command;
}

// POOL_STATS: one ioctl.
sim::Task<int> PoolStatus(Thread* thread, Pool* pool) {
  co_await sim::FrameName{"zfs_ioc_pool_stats"};
  thread->EnterKernel();
  thread->Charge(thread->machine().profile().ioctl_ns);
  co_await pool->SpaOpen(thread);
  co_await pool->scl_config().Read(thread);
  pool->scl_config().Unlock(thread);
  co_await thread->ReturnToUser();
  co_return 0;
}

sim::Task<int> PoolSync(Thread* thread, Pool* pool) {
  co_await sim::FrameName{"zfs_ioc_pool_sync"};
  thread->EnterKernel();
  co_await pool->SpaOpen(thread);
  co_await pool->WaitSynced(thread, 0);
  co_await thread->ReturnToUser();
  co_return 0;
}

// Takes SCL_STATE as writer, as vdev_clear's caller does (zfs_ioctl.c:zfs_ioc_clear).
sim::Task<int> PoolClear(Thread* thread, Pool* pool) {
  co_await sim::FrameName{"zfs_ioc_clear"};
  thread->EnterKernel();
  co_await pool->SpaOpen(thread);
  co_await pool->scl_state().Write(thread);
  pool->scl_state().Unlock(thread);
  pool->Clear(thread);
  co_await thread->ReturnToUser();
  co_return 0;
}

}  // namespace

absl::StatusOr<AdminCommand> ParseAdminCommand(std::string_view line) {
  const Words words = SplitWords(line);
  if (words.size() < 2 || (words[0] != "zfs" && words[0] != "zpool")) {
    return Wrong(line, "only `zfs` and `zpool` commands can be run");
  }
  if (words[0] == "zpool") return ParseZpool(line, words);
  absl::StatusOr<ZfsCommand> zfs = ParseZfsCommand({words.begin() + 1, words.end()});
  if (!zfs.ok()) return Wrong(line, std::string(zfs.status().message()));
  AdminCommand command;
  command.kind = AdminCommand::Kind::kZfs;
  command.line = std::string(line);
  command.zfs = *std::move(zfs);
  return command;
}

sim::Task<AdminResult> RunAdminCommand(Thread* thread, ZfsModule* module, AdminCommand command) {
  if (command.kind == AdminCommand::Kind::kZfs) {
    co_return co_await RunZfsCommand(thread, module, std::move(command.zfs));
  }
  AdminResult result;
  int error = 0;
  Pool* pool = command.target.empty() && module->pools().size() == 1 ? module->pools().front()
                                                                     : module->FindPool(command.target);
  if (pool == nullptr) {
    error = kENOENT;
  } else if (command.kind == AdminCommand::Kind::kPoolSync) {
    error = co_await PoolSync(thread, pool);
  } else if (command.kind == AdminCommand::Kind::kPoolClear) {
    error = co_await PoolClear(thread, pool);
  } else {
    error = co_await PoolStatus(thread, pool);
  }
  if (error != 0) {
    result.exit_code = 1;
    result.output = fmt::format("cannot run '{}': {}", command.line, ErrnoName(error));
  }
  co_return result;
}

}  // namespace model
