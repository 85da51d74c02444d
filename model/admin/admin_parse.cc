// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "fmt/format.h"
#include "model/admin/admin_command.h"
#include "model/admin/zpool_report.h"
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

// `before`: operands in front of the pools; `after`: those behind one, of which the first is a device.
struct ZpoolVerb {
  std::string_view name;
  PoolCommand command;
  std::string_view options;  // Letters.
  size_t before;
  size_t pools_min;
  size_t pools_max;
  size_t after_min;
  size_t after_max;
  std::string_view usage;
};
using PC = PoolCommand;
constexpr size_t kMany = 64;
constexpr std::array<ZpoolVerb, 19> kZpoolVerbs = {{
    {"sync", PC::kSync, "", 0, 0, kMany, 0, 0, "sync [POOL...]"},
    {"clear", PC::kClear, "", 0, 1, 1, 0, 1, "clear POOL [DEVICE]"},
    {"status", PC::kStatus, "svx", 0, 0, kMany, 0, 0, "status [-svx] [POOL...]"},
    {"list", PC::kList, "Hp", 0, 0, kMany, 0, 0, "list [-Hp] [POOL...]"},
    {"iostat", PC::kIostat, "qv", 0, 0, kMany, 0, 0, "iostat [-qv] [POOL...]"},
    {"scrub", PC::kScrub, "psw", 0, 1, kMany, 0, 0, "scrub [-psw] POOL..."},
    {"wait", PC::kWait, "t", 0, 1, 1, 0, 0, "wait [-t ACTIVITY,...] POOL"},
    {"export", PC::kExport, "f", 0, 1, kMany, 0, 0, "export [-f] POOL..."},
    {"import", PC::kImport, "", 0, 1, 1, 0, 0, "import POOL"},
    {"attach", PC::kAttach, "", 0, 1, 1, 2, 2, "attach POOL DEVICE NEW_DEVICE"},
    {"replace", PC::kReplace, "", 0, 1, 1, 2, 2, "replace POOL DEVICE NEW_DEVICE"},
    {"add", PC::kAdd, "f", 0, 1, 1, 1, kMany, "add [-f] POOL DEVICE..."},
    {"reopen", PC::kReopen, "", 0, 0, kMany, 0, 0, "reopen [POOL...]"},
    {"offline", PC::kOffline, "t", 0, 1, 1, 1, kMany, "offline [-t] POOL DEVICE..."},
    {"online", PC::kOnline, "", 0, 1, 1, 1, kMany, "online POOL DEVICE..."},
    {"history", PC::kHistory, "", 0, 0, kMany, 0, 0, "history [POOL...]"},
    {"events", PC::kEvents, "", 0, 0, 1, 0, 0, "events [POOL]"},
    {"get", PC::kGet, "Hp", 1, 0, kMany, 0, 0, "get [-Hp] PROPERTY,... [POOL...]"},
    {"set", PC::kSet, "", 1, 1, 1, 0, 0, "set failmode=MODE POOL"},
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
  const size_t most = verb.before + verb.pools_max + verb.after_max;
  const size_t least = verb.before + verb.pools_min + verb.after_min;
  if (words.size() < least || words.size() > most) {
    return Wrong(line, fmt::format("usage: zpool {}", verb.usage));
  }
  if (verb.before > 0) {
    const absl::Status status = ParseInFront(line, words[0], command);
    if (!status.ok()) return status;
  }
  const size_t pools_end = verb.after_max > 0 ? verb.before + 1 : words.size();
  const auto at = [&](size_t i) { return words.begin() + static_cast<ptrdiff_t>(i); };
  command->targets.assign(at(verb.before), at(pools_end));
  command->devices.assign(at(pools_end), words.end());
  const bool replaces = verb.command == PC::kAttach || verb.command == PC::kReplace;
  if (replaces) command->operands.device = command->devices.front();
  if (replaces || verb.command == PC::kAdd) {
    command->operands.new_devices.assign(at(pools_end + (replaces ? 1 : 0)), words.end());
    command->devices.clear();
  }
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
    if (word != "-t" || verb->command != PC::kWait) continue;
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

}  // namespace model
