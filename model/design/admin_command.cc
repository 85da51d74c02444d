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
  command.kind = AdminCommand::Kind::kPool;
  command.line = std::string(line);
  bool stop = false;
  for (size_t i = 2; i < words.size(); ++i) {
    if (verb == "scrub" && words[i] == "-s") {
      stop = true;
    } else {
      command.target = words[i];
    }
  }
  bool needs_pool = true;
  if (verb == "sync") {
    command.pool_command = PoolCommand::kSync;
    needs_pool = false;
  } else if (verb == "clear") {
    command.pool_command = PoolCommand::kClear;
  } else if (verb == "status" || verb == "list") {
    needs_pool = false;
  } else if (verb == "scrub") {
    command.pool_command = stop ? PoolCommand::kScrubStop : PoolCommand::kScrub;
  } else if (verb == "export") {
    command.pool_command = PoolCommand::kExport;
  } else {
    return Wrong(
        line, fmt::format("unknown subcommand \"{}\"; known are sync clear status list scrub export", verb));
  }
  if (needs_pool && command.target.empty()) return Wrong(line, fmt::format("usage: zpool {} POOL", verb));
  return command;
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
  // Without a name: all pools, one after the other.
  std::vector<Pool*> pools;
  if (command.target.empty()) {
    pools = module->pools();
    std::erase_if(pools, [](const Pool* pool) { return pool->exported(); });
  } else if (Pool* pool = module->FindPool(command.target)) {
    pools.push_back(pool);
  } else {
    error = kENOENT;
  }
  for (size_t i = 0; i < pools.size() && error == 0; ++i) {
    error = co_await RunPoolCommand(thread, pools[i], command.pool_command);
  }
  if (error != 0) {
    result.exit_code = 1;
    result.output = fmt::format("cannot run '{}': {}", command.line, ErrnoName(error));
  }
  co_return result;
}

}  // namespace model
