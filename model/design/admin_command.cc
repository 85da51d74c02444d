// SPDX-License-Identifier: Apache-2.0
#include "model/design/admin_command.h"

#include "fmt/format.h"
#include "model/dataset/errno.h"
#include "model/design/session.h"

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

// What follows the subcommand: options that start with '-', then operands.
struct Parsed {
  bool defer = false;
  bool recursive = false;
  std::string volsize;
  std::string types;
  PropertyList properties;
  Words operands;
};

absl::StatusOr<Parsed> ParseOptions(std::string_view line, const Words& words) {
  Parsed parsed;
  for (size_t i = 2; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word.size() < 2 || word[0] != '-') {
      parsed.operands.push_back(word);
    } else if (word == "-d") {
      parsed.defer = true;
    } else if (word == "-r") {
      parsed.recursive = true;
    } else if (word == "-p" || word == "-H" || word == "-Hp" || word == "-f" || word == "-n") {
      continue;  // Change the output, or what the CLI does around the operation; not the operation.
    } else if ((word == "-V" || word == "-t" || word == "-o") && i + 1 < words.size()) {
      const std::string& value = words[++i];
      if (word == "-V") {
        parsed.volsize = value;
      } else if (word == "-t") {
        parsed.types = value;
      } else if (const size_t equals = value.find('='); equals != std::string::npos) {
        parsed.properties.emplace_back(value.substr(0, equals), value.substr(equals + 1));
      }
    } else {
      return Wrong(line,
                   fmt::format("unknown option {}; known are -d -r -V SIZE -t TYPE -o PROPERTY=VALUE", word));
    }
  }
  return parsed;
}

absl::Status NeedOperands(std::string_view line, const Parsed& parsed, size_t count, std::string_view usage) {
  if (parsed.operands.size() >= count) return absl::OkStatus();
  return Wrong(line, fmt::format("usage: {}", usage));
}

absl::StatusOr<AdminCommand> ParseZfs(std::string_view line, const Words& words) {
  absl::StatusOr<Parsed> options = ParseOptions(line, words);
  if (!options.ok()) return options.status();
  const Parsed& p = *options;
  const std::string& verb = words[1];
  AdminCommand command;
  command.line = std::string(line);
  command.recursive = p.recursive;
  command.function = "zfs_ioc_" + verb;
  const auto mutate = [&](size_t operands, std::string_view usage,
                          auto make) -> absl::StatusOr<AdminCommand> {
    if (absl::Status status = NeedOperands(line, p, operands, usage); !status.ok()) return status;
    command.mutations.push_back(make());
    return command;
  };
  if (verb == "snapshot" || verb == "snap") {
    command.function = "zfs_ioc_snapshot";
    return mutate(1, "zfs snapshot DATASET@NAME...", [&] { return TakeSnapshots(p.operands); });
  }
  if (verb == "destroy") {
    return mutate(1, "zfs destroy [-d] [-r] DATASET", [&] { return Destroy(p.operands[0], p.defer); });
  }
  if (verb == "create") {
    return mutate(1, "zfs create [-V SIZE] DATASET", [&] {
      return p.volsize.empty() ? CreateFilesystem(p.operands[0], p.properties)
                               : CreateVolume(p.operands[0], p.volsize, p.properties);
    });
  }
  if (verb == "clone")
    return mutate(2, "zfs clone SNAPSHOT DATASET", [&] { return Clone(p.operands[0], p.operands[1]); });
  if (verb == "promote") return mutate(1, "zfs promote CLONE", [&] { return Promote(p.operands[0]); });
  if (verb == "rollback") {
    return mutate(1, "zfs rollback SNAPSHOT", [&] {
      const std::string& snapshot = p.operands[0];
      return Rollback(snapshot.substr(0, snapshot.find('@')), snapshot);
    });
  }
  if (verb == "rename")
    return mutate(2, "zfs rename OLD NEW", [&] { return Rename(p.operands[0], p.operands[1]); });
  if (verb == "bookmark") {
    return mutate(2, "zfs bookmark SNAPSHOT BOOKMARK",
                  [&] { return MakeBookmark(p.operands[0], p.operands[1]); });
  }
  if (verb == "hold")
    return mutate(2, "zfs hold TAG SNAPSHOT", [&] { return Hold(p.operands[0], p.operands[1]); });
  if (verb == "release") {
    return mutate(2, "zfs release TAG SNAPSHOT", [&] { return Release(p.operands[0], p.operands[1]); });
  }
  if (verb == "inherit") {
    return mutate(2, "zfs inherit PROPERTY DATASET", [&] { return Inherit(p.operands[1], p.operands[0]); });
  }
  if (verb == "set") {
    if (absl::Status status = NeedOperands(line, p, 2, "zfs set PROPERTY=VALUE DATASET"); !status.ok())
      return status;
    const size_t equals = p.operands[0].find('=');
    if (equals == std::string::npos) return Wrong(line, "usage: zfs set PROPERTY=VALUE DATASET");
    command.mutations.push_back(
        SetProperty(p.operands[1], p.operands[0].substr(0, equals), p.operands[0].substr(equals + 1)));
    return command;
  }
  if (verb == "list" || verb == "get") {
    command.kind = verb == "list" ? AdminCommand::Kind::kList : AdminCommand::Kind::kGet;
    command.snapshots = p.types.find("snap") != std::string::npos || p.types == "all";
    const size_t at = verb == "list" ? 0 : 1;
    if (p.operands.size() > at) command.target = p.operands[at];
    if (verb == "get" && p.operands.size() < 2) return Wrong(line, "usage: zfs get PROPERTY DATASET");
    return command;
  }
  return Wrong(
      line, fmt::format("unknown subcommand \"{}\"; known are snapshot destroy create clone promote rollback "
                        "rename bookmark hold release set inherit list get",
                        verb));
}

absl::StatusOr<AdminCommand> ParseZpool(std::string_view line, const Words& words) {
  const std::string& verb = words[1];
  AdminCommand command;
  command.line = std::string(line);
  command.function = "zfs_ioc_pool_" + verb;
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

// One ioctl that changes the pool.
sim::Task<int> MutateIoctl(Thread* thread, ZfsModule* module, Mutation mutation) {
  co_await sim::FrameName{"zfsdev_ioctl"};
  if (const int error = CheckSyntax(mutation); error != 0) co_return error;
  thread->EnterKernel();
  thread->Charge(thread->machine().profile().ioctl_ns);
  co_await thread->Settle();
  Pool* pool = module->FindPool(mutation.name);
  int error = 0;
  if (pool == nullptr) {
    error = kENOENT;
  } else if (pool->suspended()) {
    error = kEAGAIN;
  } else {
    co_await pool->SpaOpen(thread);  // pool_status_check
    SyncTask task = MutationTask(pool, mutation, Caller::kIoctl);
    error = co_await pool->Administer(thread, &task);
  }
  co_await thread->ReturnToUser();
  co_return error;
}

// DATASET_LIST_NEXT and SNAPSHOT_LIST_NEXT: one item a call, and one call more that
// ends each list.
sim::Task<int> ListIoctls(Thread* thread, Pool* pool, int64_t items) {
  co_await sim::FrameName{"zfsdev_ioctl"};
  for (int64_t i = 0; i <= items && !thread->killed(); ++i) {
    thread->EnterKernel();
    thread->Charge(thread->machine().profile().ioctl_ns);
    co_await pool->SpaOpen(thread);
    co_await pool->config_lock().Read(thread);
    co_await thread->Compute(sim::SimDuration::Nanos(pool->costs().list_item_ns));
    pool->config_lock().Unlock(thread);
    co_await thread->ReturnToUser();
  }
  co_return 0;
}

int64_t CountItems(const Pool& pool, const AdminCommand& command) {
  ObjectId id = pool.tree().root();
  if (!command.target.empty() && pool.tree().Lookup(command.target, &id) != 0) return 0;
  const Dataset* dataset = pool.tree().FindDataset(id);
  if (dataset == nullptr) return 1;
  return static_cast<int64_t>(command.snapshots ? dataset->snapshots.size() : dataset->children.size() + 1);
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
  return words[0] == "zfs" ? ParseZfs(line, words) : ParseZpool(line, words);
}

sim::Task<AdminResult> RunAdminCommand(Thread* thread, ZfsModule* module, AdminCommand command) {
  AdminResult result;
  int error = 0;
  if (command.kind == AdminCommand::Kind::kMutate) {
    for (size_t i = 0; i < command.mutations.size() && error == 0; ++i) {
      error = co_await MutateIoctl(thread, module, command.mutations[i]);
    }
  } else {
    Pool* pool = command.target.empty() && module->pools().size() == 1 ? module->pools().front()
                                                                       : module->FindPool(command.target);
    if (pool == nullptr) {
      error = kENOENT;
    } else if (command.kind == AdminCommand::Kind::kPoolSync) {
      error = co_await PoolSync(thread, pool);
    } else if (command.kind == AdminCommand::Kind::kPoolClear) {
      error = co_await PoolClear(thread, pool);
    } else {
      error = co_await ListIoctls(thread, pool, CountItems(*pool, command));
    }
  }
  if (error != 0) {
    result.exit_code = 1;
    result.output = fmt::format("cannot run '{}': {}", command.line, ErrnoName(error));
  }
  co_return result;
}

}  // namespace model
