// SPDX-License-Identifier: Apache-2.0
#include "model/script/scenario.h"

#include <algorithm>

#include "fmt/format.h"

namespace model {

std::string ParamText(const ParamValue& value) {
  if (const bool* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const int64_t* number = std::get_if<int64_t>(&value)) return std::to_string(*number);
  if (const double* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  return std::get<std::string>(value);
}

bool ExpectDecl::JudgesArm(std::string_view arm) const {
  if (on_all) return true;
  return std::find(arms.begin(), arms.end(), arm) != arms.end();
}

int64_t Scenario::LatestExpectNs() const {
  int64_t latest = 0;
  for (const ExpectDecl& expect : expects) {
    if (expect.at_ns && expect.JudgesArm(arm)) latest = std::max(latest, *expect.at_ns);
  }
  return latest;
}

const std::string& Scenario::NameOf(ThingRef thing) const {
  static const std::string* const kUnnamed = new std::string;
  const auto i = static_cast<size_t>(thing.index);
  switch (thing.kind) {
    case ThingKind::kProcess:
    case ThingKind::kThread:
    case ThingKind::kOperator:
    case ThingKind::kKthread:
      return threads.at(i).name;
    case ThingKind::kSyscall:
      return syscalls.at(i).name;
    case ThingKind::kKfunc:
      return kfuncs.at(i).name;
    case ThingKind::kCallback:
      return callbacks.at(i).name;
    case ThingKind::kDispatcher:
      return dispatchers.at(i).name;
    case ThingKind::kMutex:
    case ThingKind::kSpinlock:
    case ThingKind::kRwsem:
    case ThingKind::kRrwlock:
    case ThingKind::kStriped:
    case ThingKind::kSemaphore:
    case ThingKind::kCompletion:
    case ThingKind::kCondvar:
    case ThingKind::kWaitqueue:
    case ThingKind::kGate:
    case ThingKind::kQueue:
    case ThingKind::kShared:
      return sync_objects.at(i).name;
    case ThingKind::kServer:
      return servers.at(i).name;
    case ThingKind::kWorkers:
      return workers.at(i).name;
    case ThingKind::kDevice:
      return devices.at(i).name;
    case ThingKind::kFile:
      return files.at(i).name;
    case ThingKind::kPool:
      return pools.at(i).name;
    case ThingKind::kPoolLock:
      return pool_locks.at(i).lock;
    case ThingKind::kDataset:
    case ThingKind::kSnapshot:
    case ThingKind::kBookmark:
      return pool_items.at(i).name;
    case ThingKind::kLoad:
      return loads.at(i).name;
    case ThingKind::kJob:
      return jobs.at(i).name;
    case ThingKind::kRng:
      return rngs.at(i).name;
    default:
      return *kUnnamed;
  }
}

}  // namespace model
