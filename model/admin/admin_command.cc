// SPDX-License-Identifier: Apache-2.0
#include "model/admin/admin_command.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "fmt/format.h"
#include "model/admin/zpool_report.h"
#include "model/admin/zpool_text.h"
#include "model/dataset/errno.h"
#include "model/dataset/text.h"

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

// `before`: operands in front of the pool; `after`: most behind it, of which the first is a device.
struct ZpoolVerb {
  std::string_view name;
  PoolCommand command;
  std::string_view options;  // Letters.
  size_t before;
  size_t after_min;
  size_t after_max;
  bool needs_pool;
  std::string_view usage;
};
using PC = PoolCommand;
constexpr std::array<ZpoolVerb, 18> kZpoolVerbs = {{
    {"sync", PC::kSync, "", 0, 0, 0, false, "sync [POOL]"},
    {"clear", PC::kClear, "", 0, 0, 1, true, "clear POOL [DEVICE]"},
    {"status", PC::kStatus, "sv", 0, 0, 0, false, "status [-sv] [POOL]"},
    {"list", PC::kList, "Hp", 0, 0, 0, false, "list [-Hp] [POOL]"},
    {"scrub", PC::kScrub, "ps", 0, 0, 0, true, "scrub [-ps] POOL"},
    {"wait", PC::kWait, "t", 0, 0, 0, true, "wait [-t ACTIVITY,...] POOL"},
    {"export", PC::kExport, "f", 0, 0, 0, true, "export [-f] POOL"},
    {"import", PC::kImport, "", 0, 0, 0, true, "import POOL"},
    {"attach", PC::kAttach, "", 0, 2, 2, true, "attach POOL DEVICE NEW_DEVICE"},
    {"replace", PC::kReplace, "", 0, 2, 2, true, "replace POOL DEVICE NEW_DEVICE"},
    {"add", PC::kAdd, "f", 0, 1, 64, true, "add [-f] POOL DEVICE..."},
    {"reopen", PC::kReopen, "", 0, 0, 0, true, "reopen POOL"},
    {"offline", PC::kOffline, "", 0, 1, 1, true, "offline POOL DEVICE"},
    {"online", PC::kOnline, "", 0, 1, 1, true, "online POOL DEVICE"},
    {"history", PC::kHistory, "", 0, 0, 0, false, "history [POOL]"},
    {"events", PC::kEvents, "", 0, 0, 0, false, "events [POOL]"},
    {"get", PC::kGet, "Hp", 1, 0, 0, false, "get [-Hp] PROPERTY,... [POOL]"},
    {"set", PC::kSet, "", 1, 0, 0, true, "set failmode=MODE POOL"},
}};

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

// What stands in front of the pool: of `get` names of properties, of `set` one with its value.
absl::Status ParseInFront(std::string_view line, std::string_view word, AdminCommand* command) {
  if (command->pool_command == PC::kGet) {
    for (const std::string_view name : SplitText(word, ",")) {
      if (name != "all" && !IsZpoolProperty(name)) {
        return Wrong(line, fmt::format("no property '{}'; known are all {}", name, ZpoolProperties()));
      }
      command->operands.properties.emplace_back(name);
    }
    return absl::OkStatus();
  }
  constexpr std::string_view kSettable = "failmode=";
  const std::optional<FailMode> mode =
      word.starts_with(kSettable) ? ParseFailMode(word.substr(kSettable.size())) : std::nullopt;
  if (!mode) {
    return Wrong(line, fmt::format("cannot set '{}'; accepted is failmode=wait, failmode=continue or "
                                   "failmode=panic",
                                   word));
  }
  command->operands.failmode = *mode;
  return absl::OkStatus();
}

// The words that are no options, in their order.
absl::Status ParseOperands(std::string_view line, const ZpoolVerb& verb, const Words& words,
                           AdminCommand* command) {
  const size_t most = verb.before + 1 + verb.after_max;
  const size_t least = verb.before + verb.after_min + (verb.needs_pool ? 1 : 0);
  if (words.size() < least || words.size() > most) {
    return Wrong(line, fmt::format("usage: zpool {}", verb.usage));
  }
  if (verb.before > 0) {
    const absl::Status status = ParseInFront(line, words[0], command);
    if (!status.ok()) return status;
  }
  if (words.size() > verb.before) command->target = words[verb.before];
  if (words.size() > verb.before + 1) command->operands.device = words[verb.before + 1];
  return absl::OkStatus();
}

absl::StatusOr<AdminCommand> ParseZpool(std::string_view line, const Words& words) {
  std::string known;
  for (const ZpoolVerb& verb : kZpoolVerbs) known += fmt::format("{}{}", known.empty() ? "" : " ", verb.name);
  if (words.size() < 2) {
    return Wrong(line, fmt::format("no subcommand; usage: zpool COMMAND [POOL]; known are {}", known));
  }
  const auto verb = std::find_if(kZpoolVerbs.begin(), kZpoolVerbs.end(),
                                 [&](const ZpoolVerb& one) { return one.name == words[1]; });
  if (verb == kZpoolVerbs.end()) {
    return Wrong(line, fmt::format("unknown subcommand \"{}\"; known are {}", words[1], known));
  }
  AdminCommand command;
  command.kind = AdminCommand::Kind::kPool;
  command.line = std::string(line);
  command.pool_command = verb->command;
  Words operands;
  for (size_t i = 2; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word[0] != '-') {
      operands.push_back(word);
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
    command.operands.activities = ParseActivities(types);
    if (command.operands.activities == 0) {
      return Wrong(line, fmt::format("invalid activity '{}'; known are free resilver scrub", types));
    }
  }
  if (verb->command == PC::kScrub && command.flags.find('s') != std::string::npos) {
    command.pool_command = PoolCommand::kScrubStop;
  }
  if (verb->command == PC::kScrub && command.flags.find('p') != std::string::npos) {
    command.pool_command = PoolCommand::kScrubPause;
  }
  const absl::Status status = ParseOperands(line, *verb, operands, &command);
  if (!status.ok()) return status;
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
  if (command.pool_command == PoolCommand::kGet) {
    for (const std::string& row : ZpoolGetTable(pools, command.operands.properties, format)) print(row);
  }
  for (const Pool* pool : pools) {
    switch (command.pool_command) {
      case PoolCommand::kList:
        print(ZpoolListText(*pool, format, width));
        break;
      case PoolCommand::kStatus:
        if (pool != pools.front()) print("");
        print(ZpoolStatusText(*pool, has('s')));
        break;
      case PoolCommand::kHistory:
        print(ZpoolHistoryText(*pool));
        break;
      default:
        break;
    }
  }
  if (command.pool_command == PoolCommand::kEvents) print(ZpoolEventsText(pools));
  const bool shows =
      command.pool_command == PoolCommand::kList || command.pool_command == PoolCommand::kStatus;
  if (shows && pools.empty()) print("no pools available");
}

}  // namespace

sim::Task<AdminResult> RunAdminCommand(Thread* thread, ZfsModule* module, AdminCommand command,
                                       HistoryRecorder* history) {
  if (command.kind == AdminCommand::Kind::kZfs) {
    AdminResult result = co_await RunZfsCommand(thread, module, std::move(command.zfs), history);
    if (result.changed != nullptr && result.exit_code == 0 && !thread->killed()) {
      co_await result.changed->LogCommand(thread, std::move(command.line));
    }
    co_return result;
  }
  AdminResult result;
  // Without a name: all pools, one after the other.
  std::vector<Pool*> pools;
  if (command.target.empty()) {
    if (co_await ReadPoolConfigs(thread, module) != 0) {
      result.exit_code = 1;
      co_return result;
    }
    pools = module->pools();
    std::erase_if(pools, [](const Pool* pool) { return pool->exported(); });
  } else if (Pool* exported = module->FindExported(command.target);
             exported != nullptr && command.pool_command == PoolCommand::kImport) {
    pools.push_back(exported);
  } else if (command.pool_command == PoolCommand::kImport) {
    result.exit_code = 1;
    result.output = ZpoolNotImportableText(*module, command.target);
    co_return result;
  } else if (Pool* pool = module->FindPool(command.target)) {
    pools.push_back(pool);
  } else {
    thread->EnterKernel();
    thread->Charge(thread->machine().profile().ioctl_ns);
    Pool* late = co_await module->LookUpPool(thread, command.target);
    co_await thread->ReturnToUser();
    if (late != nullptr) pools.push_back(late);
  }
  if (pools.empty() && !command.target.empty()) {
    result.exit_code = 1;
    result.output = ZpoolMissingText(command.target);
    co_return result;
  }
  for (Pool* pool : pools) {
    const int error = co_await RunPoolCommand(thread, pool, command.pool_command, command.operands);
    if (error == 0 && IsLogged(command.pool_command) && !thread->killed())
      co_await pool->LogCommand(thread, command.line);
    if (error == 0) continue;
    result.exit_code = 1;
    result.output = ZpoolErrorText(command.pool_command, *pool, error, command.operands.device);
    co_return result;
  }
  PrintPools(command, pools, &result.output);
  co_return result;
}

}  // namespace model
