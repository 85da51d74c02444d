// SPDX-License-Identifier: Apache-2.0
#include "model/admin/admin_command.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "model/admin/zpool_iostat.h"
#include "model/admin/zpool_report.h"
#include "model/admin/zpool_text.h"

namespace model {
namespace {

// What the command prints of each pool that it has looked at.
void PrintPools(const AdminCommand& command, std::vector<Pool*> pools, std::string* output) {
  const auto print = [output](std::string_view line) {
    if (!output->empty()) *output += '\n';
    *output += line;
  };
  const auto has = [&](char flag) { return command.flags.find(flag) != std::string::npos; };
  const ZpoolListFormat format = {.scripted = has('H'), .exact = has('p')};
  const bool shows = command.pool_command == PoolCommand::kList ||
                     command.pool_command == PoolCommand::kStatus ||
                     command.pool_command == PoolCommand::kIostat;
  if (shows && pools.empty()) return print("no pools available");
  if (command.pool_command == PoolCommand::kStatus && has('x')) {
    std::erase_if(pools, [](const Pool* pool) { return IsHealthy(*pool); });
    if (pools.empty()) {
      return print(command.targets.size() == 1 ? fmt::format("pool '{}' is healthy", command.targets.front())
                                               : "all pools are healthy");
    }
  }
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
  if (command.pool_command == PoolCommand::kIostat) {
    print(ZpoolIostatText(pools, {.vdevs = has('v'), .queues = has('q')}));
  }
}

sim::Task<Pool*> FindTarget(Thread* thread, ZfsModule* module, PoolCommand command, std::string name) {
  if (command == PoolCommand::kImport) co_return module->FindExported(name);
  if (Pool* pool = module->FindPool(name)) co_return pool;
  thread->EnterKernel();
  thread->Charge(thread->machine().profile().ioctl_ns);
  Pool* late = co_await module->LookUpPool(thread, std::move(name));
  co_await thread->ReturnToUser();
  co_return late;
}

sim::Task<int> RunOn(Thread* thread, Pool* pool, AdminCommand command) {
  int error = co_await RunPoolCommand(thread, pool, command.pool_command, command.operands);
  const bool waits =
      command.pool_command == PoolCommand::kScrub && command.flags.find('w') != std::string::npos;
  command.operands.activities = Pool::kActivityScrub;
  if (error == 0 && waits)
    error = co_await RunPoolCommand(thread, pool, PoolCommand::kWait, command.operands);
  co_return error;
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
  std::vector<Pool*> pools;
  const auto complain = [&result](std::string_view text) {
    result.exit_code = 1;
    if (!result.output.empty()) result.output += '\n';
    result.output += text;
  };
  // Without a name: all pools.
  if (command.targets.empty()) {
    if (co_await ReadPoolConfigs(thread, module) != 0) {
      result.exit_code = 1;
      co_return result;
    }
    pools = module->pools();
    std::erase_if(pools, [](const Pool* pool) { return pool->exported(); });
  }
  for (const std::string& target : command.targets) {
    Pool* pool = co_await FindTarget(thread, module, command.pool_command, target);
    if (pool != nullptr) {
      pools.push_back(pool);
    } else {
      complain(command.pool_command == PoolCommand::kImport ? ZpoolNotImportableText(*module, target)
                                                            : ZpoolMissingText(target));
    }
  }
  if (pools.empty() && !command.targets.empty()) co_return result;
  std::vector<Pool*> done;
  for (Pool* pool : pools) {
    bool failed = false;
    std::vector<std::string> devices = command.devices;
    if (devices.empty()) devices.push_back(command.operands.device);
    for (const std::string& device : devices) {
      command.operands.device = device;
      const int error = co_await RunOn(thread, pool, command);
      if (error != 0) complain(ZpoolErrorText(command.pool_command, *pool, error, device));
      failed = failed || error != 0;
    }
    if (failed) continue;
    done.push_back(pool);
    if (IsLogged(command.pool_command) && !thread->killed()) co_await pool->LogCommand(thread, command.line);
  }
  if (!done.empty() || pools.empty()) PrintPools(command, std::move(done), &result.output);
  co_return result;
}

}  // namespace model
