// SPDX-License-Identifier: Apache-2.0
#include "model/script/language/scenario.h"

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
      return i < threads.size() ? threads[i].name : *kUnnamed;
    case ThingKind::kSyscall:
      return i < syscalls.size() ? syscalls[i].name : *kUnnamed;
    case ThingKind::kKfunc:
      return i < kfuncs.size() ? kfuncs[i].name : *kUnnamed;
    case ThingKind::kCallback:
      return i < callbacks.size() ? callbacks[i].name : *kUnnamed;
    case ThingKind::kDispatcher:
      return i < dispatchers.size() ? dispatchers[i].name : *kUnnamed;
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
      return i < sync_objects.size() ? sync_objects[i].name : *kUnnamed;
    case ThingKind::kServer:
      return i < servers.size() ? servers[i].name : *kUnnamed;
    case ThingKind::kWorkers:
      return i < workers.size() ? workers[i].name : *kUnnamed;
    case ThingKind::kDevice:
      return i < devices.size() ? devices[i].name : *kUnnamed;
    case ThingKind::kFile:
      return i < files.size() ? files[i].name : *kUnnamed;
    case ThingKind::kRing:
      return i < rings.size() ? rings[i].name : *kUnnamed;
    case ThingKind::kPool:
      return i < pools.size() ? pools[i].name : *kUnnamed;
    case ThingKind::kPoolLock:
      return i < pool_locks.size() ? pool_locks[i].lock : *kUnnamed;
    case ThingKind::kDataset:
    case ThingKind::kSnapshot:
    case ThingKind::kBookmark:
      return i < pool_items.size() ? pool_items[i].name : *kUnnamed;
    case ThingKind::kLoad:
      return i < loads.size() ? loads[i].name : *kUnnamed;
    case ThingKind::kJob:
      return i < jobs.size() ? jobs[i].name : *kUnnamed;
    case ThingKind::kRng:
      return i < rngs.size() ? rngs[i].name : *kUnnamed;
    default:
      return *kUnnamed;
  }
}

}  // namespace model
