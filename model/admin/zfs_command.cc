// SPDX-License-Identifier: Apache-2.0
#include "model/admin/zfs_command.h"

#include <charconv>
#include <optional>

#include "fmt/format.h"
#include "model/admin/zfs_tool.h"
#include "model/design/history_recorder.h"

namespace model {
namespace {

// One subcommand: in `options` a letter that takes a value is followed by ':'.
struct VerbInfo {
  std::string_view name;
  ZfsVerb verb;
  std::string_view options;
  size_t operands_min;
  size_t operands_max;
  std::string_view usage;
};

constexpr size_t kAnyNumber = 1'000'000;
constexpr VerbInfo kVerbs[] = {
    {"create", ZfsVerb::kCreate, "psuo:V:b:", 1, 1,
     "create [-ps] [-b SIZE] [-V SIZE] [-o PROPERTY=VALUE]... FILESYSTEM|VOLUME"},
    {"destroy", ZfsVerb::kDestroy, "dfnprRv", 1, 1,
     "destroy [-dfnprRv] FILESYSTEM|VOLUME|FILESYSTEM@SNAP[%SNAP][,...]|BOOKMARK"},
    {"snapshot", ZfsVerb::kSnapshot, "ro:", 1, kAnyNumber,
     "snapshot [-r] [-o PROPERTY=VALUE]... FILESYSTEM@SNAP..."},
    {"snap", ZfsVerb::kSnapshot, "ro:", 1, kAnyNumber,
     "snapshot [-r] [-o PROPERTY=VALUE]... FILESYSTEM@SNAP..."},
    {"rollback", ZfsVerb::kRollback, "rRf", 1, 1, "rollback [-rRf] SNAPSHOT"},
    {"clone", ZfsVerb::kClone, "puo:", 2, 2, "clone [-p] [-o PROPERTY=VALUE]... SNAPSHOT FILESYSTEM|VOLUME"},
    {"promote", ZfsVerb::kPromote, "", 1, 1, "promote CLONE"},
    {"rename", ZfsVerb::kRename, "fpru", 2, 2, "rename [-fpru] NAME NAME"},
    {"bookmark", ZfsVerb::kBookmark, "", 2, 2, "bookmark SNAPSHOT|BOOKMARK BOOKMARK"},
    {"hold", ZfsVerb::kHold, "r", 2, kAnyNumber, "hold [-r] TAG SNAPSHOT..."},
    {"release", ZfsVerb::kRelease, "r", 2, kAnyNumber, "release [-r] TAG SNAPSHOT..."},
    {"holds", ZfsVerb::kHolds, "rHp", 1, kAnyNumber, "holds [-rHp] SNAPSHOT..."},
    {"set", ZfsVerb::kSet, "u", 2, kAnyNumber, "set PROPERTY=VALUE... DATASET..."},
    {"inherit", ZfsVerb::kInherit, "rS", 2, kAnyNumber, "inherit [-rS] PROPERTY DATASET..."},
    {"list", ZfsVerb::kList, "rHpd:t:o:s:S:", 0, kAnyNumber,
     "list [-rHp] [-d DEPTH] [-t TYPES] [-o COLUMNS] [-s PROPERTY]... [-S PROPERTY]... [DATASET...]"},
    {"get", ZfsVerb::kGet, "rHpd:t:o:s:", 1, kAnyNumber,
     "get [-rHp] [-d DEPTH] [-o COLUMNS] [-s SOURCES] [-t TYPES] PROPERTIES|all [DATASET...]"},
    {"mount", ZfsVerb::kMount, "a", 0, 1, "mount [-a] FILESYSTEM"},
    {"unmount", ZfsVerb::kUnmount, "af", 0, 1, "unmount [-af] FILESYSTEM"},
    {"umount", ZfsVerb::kUnmount, "af", 0, 1, "unmount [-af] FILESYSTEM"},
};

const VerbInfo* FindVerb(std::string_view name) {
  for (const VerbInfo& info : kVerbs) {
    if (info.name == name) return &info;
  }
  return nullptr;
}

std::string KnownVerbs() {
  std::string text;
  for (const VerbInfo& info : kVerbs) text += fmt::format(" {}", info.name);
  return text;
}

absl::Status Wrong(const VerbInfo& info, std::string_view problem) {
  return absl::InvalidArgumentError(fmt::format("{}; usage: zfs {}", problem, info.usage));
}

absl::Status TakeValue(const VerbInfo& info, char letter, const std::string& value, ZfsCommand* command) {
  switch (letter) {
    case 'V':
      command->volsize = value;
      return absl::OkStatus();
    case 'b':
      command->volblock = value;
      return absl::OkStatus();
    case 't':
      command->types = value;
      return absl::OkStatus();
    case 's':
      if (command->verb == ZfsVerb::kGet) {
        command->sources = value;
      } else {
        command->sort.emplace_back(value, false);
      }
      return absl::OkStatus();
    case 'S':
      command->sort.emplace_back(value, true);
      return absl::OkStatus();
    case 'd': {
      const char* end = value.data() + value.size();
      const auto [stop, error] = std::from_chars(value.data(), end, command->depth);
      if (error != std::errc() || stop != end || command->depth < 0) {
        return Wrong(info, fmt::format("-d {} is not a number of levels", value));
      }
      return absl::OkStatus();
    }
    default:
      break;
  }
  if (command->verb == ZfsVerb::kList || command->verb == ZfsVerb::kGet) {
    command->columns = value;
    return absl::OkStatus();
  }
  const size_t equals = value.find('=');
  if (equals == std::string::npos) return Wrong(info, fmt::format("missing '=' in -o {}", value));
  command->properties.emplace_back(value.substr(0, equals), value.substr(equals + 1));
  return absl::OkStatus();
}

// One word of options, such as "-rf" or "-oname"; a value may be the next word.
absl::Status TakeOptions(const VerbInfo& info, const std::vector<std::string>& words, size_t* at,
                         ZfsCommand* command) {
  const std::string& word = words[*at];
  for (size_t i = 1; i < word.size(); ++i) {
    size_t place = info.options.find(word[i]);
    if (word[i] == ':') place = std::string_view::npos;
    if (place == std::string_view::npos) return Wrong(info, fmt::format("invalid option '{}'", word[i]));
    const bool takes_value = place + 1 < info.options.size() && info.options[place + 1] == ':';
    // `-d` of destroy is a flag, of list it takes a value: the table of the verb tells.
    if (!takes_value) {
      command->flags += word[i];
      continue;
    }
    std::string value = word.substr(i + 1);
    if (value.empty()) {
      if (*at + 1 >= words.size()) return Wrong(info, fmt::format("missing argument for '{}'", word[i]));
      value = words[++*at];
    }
    return TakeValue(info, word[i], value, command);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ZfsCommand> ParseZfsCommand(const std::vector<std::string>& words) {
  if (words.empty()) {
    return absl::InvalidArgumentError(
        fmt::format("no subcommand; usage: zfs COMMAND [OPTION]... NAME...; known are{}", KnownVerbs()));
  }
  const VerbInfo* info = FindVerb(words[0]);
  if (info == nullptr) {
    return absl::InvalidArgumentError(
        fmt::format("unknown subcommand \"{}\"; known are{}", words[0], KnownVerbs()));
  }
  ZfsCommand command;
  command.verb = info->verb;
  command.usage = fmt::format("usage: zfs {}", info->usage);
  for (size_t i = 1; i < words.size(); ++i) {
    if (words[i].size() < 2 || words[i][0] != '-') {
      command.operands.push_back(words[i]);
    } else if (absl::Status status = TakeOptions(*info, words, &i, &command); !status.ok()) {
      return status;
    }
  }
  if (command.operands.size() < info->operands_min) return Wrong(*info, "missing argument");
  if (command.operands.size() > info->operands_max) return Wrong(*info, "too many arguments");
  const bool mounts = command.verb == ZfsVerb::kMount || command.verb == ZfsVerb::kUnmount;
  if (mounts && command.operands.empty() != command.Has('a')) {
    return Wrong(*info, command.Has('a') ? "too many arguments" : "missing filesystem argument");
  }
  return command;
}

sim::Task<AdminResult> RunZfsCommand(Thread* thread, ZfsModule* module, ZfsCommand command,
                                     HistoryRecorder* history) {
  ZfsTool tool(thread, module, std::move(command));
  const int32_t transaction = history != nullptr ? history->Begin(thread->process()->name()) : 0;
  if (history != nullptr) tool.RecordInto(history, transaction);
  co_await tool.Run();
  if (history != nullptr) history->End(transaction, tool.exit_code());
  co_return AdminResult{.exit_code = tool.exit_code(), .output = tool.output(), .changed = tool.changed()};
}

}  // namespace model
