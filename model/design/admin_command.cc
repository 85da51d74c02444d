// SPDX-License-Identifier: Apache-2.0
#include "model/design/admin_command.h"

#include <algorithm>
#include <array>

#include "fmt/format.h"
#include "model/dataset/errno.h"
#include "model/dataset/text.h"
#include "model/design/zpool_text.h"

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

struct ZpoolVerb {
  std::string_view name;
  PoolCommand command;
  std::string_view options;  // Letters.
  bool needs_pool;
};
constexpr std::array<ZpoolVerb, 8> kZpoolVerbs = {{{"sync", PoolCommand::kSync, "", false},
                                                   {"clear", PoolCommand::kClear, "", true},
                                                   {"status", PoolCommand::kStatus, "v", false},
                                                   {"list", PoolCommand::kList, "Hp", false},
                                                   {"scrub", PoolCommand::kScrub, "s", true},
                                                   {"wait", PoolCommand::kWait, "t", true},
                                                   {"export", PoolCommand::kExport, "", true},
                                                   {"attach", PoolCommand::kAttach, "", true}}};

// "scrub,free" as bits; 0 for a word that is none.
unsigned ParseActivities(std::string_view text) {
  unsigned activities = 0;
  for (const std::string_view word : SplitText(text, ",")) {
    if (word == "free") {
      activities |= Pool::kActivityFree;
    } else if (word == "resilver") {
      activities |= Pool::kActivityResilver;
    } else if (word == "scrub") {
      activities |= Pool::kActivityScrub;
    } else {
      return 0;
    }
  }
  return activities;
}

absl::StatusOr<AdminCommand> ParseZpool(std::string_view line, const Words& words) {
  constexpr std::string_view kKnown = "sync clear status list scrub wait export attach";
  if (words.size() < 2) {
    return Wrong(line, fmt::format("no subcommand; usage: zpool COMMAND [POOL]; known are {}", kKnown));
  }
  const auto verb = std::find_if(kZpoolVerbs.begin(), kZpoolVerbs.end(),
                                 [&](const ZpoolVerb& one) { return one.name == words[1]; });
  if (verb == kZpoolVerbs.end()) {
    return Wrong(line, fmt::format("unknown subcommand \"{}\"; known are {}", words[1], kKnown));
  }
  AdminCommand command;
  command.kind = AdminCommand::Kind::kPool;
  command.line = std::string(line);
  if (verb->command == PoolCommand::kAttach && words.size() != 5)
    return Wrong(line, "usage: zpool attach POOL DEVICE NEW_DEVICE");
  command.pool_command = verb->command;
  for (size_t i = 2; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word[0] != '-') {
      if (command.target.empty()) command.target = word;
      continue;
    }
    for (const char letter : word.substr(1)) {
      if (verb->options.find(letter) == std::string_view::npos) {
        return Wrong(line, fmt::format("invalid option '{}' of zpool {}", letter, verb->name));
      }
      command.flags += letter;
    }
    if (word != "-t") continue;
    const std::string_view types = i + 1 < words.size() ? std::string_view(words[++i]) : "";
    command.activities = ParseActivities(types);
    if (command.activities == 0) {
      return Wrong(line, fmt::format("invalid activity '{}'; known are free resilver scrub", types));
    }
  }
  if (command.flags.find('s') != std::string::npos) command.pool_command = PoolCommand::kScrubStop;
  if (verb->needs_pool && command.target.empty()) {
    return Wrong(line, fmt::format("usage: zpool {} POOL", verb->name));
  }
  return command;
}

}  // namespace

absl::StatusOr<AdminCommand> ParseAdminCommand(std::string_view line) {
  const Words words = SplitWords(line);
  if (words.empty() || (words[0] != "zfs" && words[0] != "zpool")) {
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

namespace {

// What the command prints of each pool that it has looked at.
void PrintPools(const AdminCommand& command, const std::vector<Pool*>& pools, std::string* output) {
  const auto print = [output](std::string_view line) {
    if (!output->empty()) *output += '\n';
    *output += line;
  };
  const auto has = [&](char flag) { return command.flags.find(flag) != std::string::npos; };
  const ZpoolListFormat format = {.scripted = has('H'), .exact = has('p')};
  size_t width = 0;
  for (const Pool* pool : pools) width = std::max(width, pool->name().size());
  if (command.pool_command == PoolCommand::kList && !format.scripted && !pools.empty()) {
    print(ZpoolListHeading(format, width));
  }
  for (const Pool* pool : pools) {
    if (command.pool_command == PoolCommand::kList) print(ZpoolListText(*pool, format, width));
    if (command.pool_command == PoolCommand::kStatus) {
      if (pool != pools.front()) print("");
      print(ZpoolStatusText(*pool));
    }
  }
  const bool shows =
      command.pool_command == PoolCommand::kList || command.pool_command == PoolCommand::kStatus;
  if (shows && pools.empty()) print("no pools available");
}

}  // namespace

sim::Task<AdminResult> RunAdminCommand(Thread* thread, ZfsModule* module, AdminCommand command,
                                       HistoryRecorder* history) {
  if (command.kind == AdminCommand::Kind::kZfs) {
    co_return co_await RunZfsCommand(thread, module, std::move(command.zfs), history);
  }
  AdminResult result;
  // Without a name: all pools, one after the other.
  std::vector<Pool*> pools;
  if (command.target.empty()) {
    pools = module->pools();
    std::erase_if(pools, [](const Pool* pool) { return pool->exported(); });
  } else if (Pool* pool = module->FindPool(command.target)) {
    pools.push_back(pool);
  } else {
    result.exit_code = 1;
    result.output = ZpoolMissingText(command.target);
    co_return result;
  }
  for (Pool* pool : pools) {
    const int error = co_await RunPoolCommand(thread, pool, command.pool_command, command.activities);
    if (error == 0) continue;
    result.exit_code = 1;
    result.output = ZpoolErrorText(command.pool_command, *pool, error);
    co_return result;
  }
  PrintPools(command, pools, &result.output);
  co_return result;
}

}  // namespace model
