// SPDX-License-Identifier: Apache-2.0
#include "model/txg/tunables.h"

#include <algorithm>
#include <array>

namespace model {
namespace {

constexpr int64_t kGiB = int64_t{1} << 30;

constexpr std::array<TunableInfo, 8> kTunables = {{
    {"zfs_txg_timeout", "txg_timeout", TunableUnit::kSeconds, 1, 3600, &PoolTunables::zfs_txg_timeout_ns,
     "5 s",
     "An idle pool starts a txg this long after the start of the last one. More: larger, rarer syncs."},
    {"zfs_dirty_data_max", "dirty_data_max", TunableUnit::kBytes, 1 << 20, int64_t{1} << 46,
     &PoolTunables::zfs_dirty_data_max, "10 % of memory, at most 4 GiB",
     "Hard limit of dirty data of one pool: at it every writer waits until a sync has written some."},
    {"zfs_dirty_data_max_percent", "", TunableUnit::kPercent, 1, 100,
     &PoolTunables::zfs_dirty_data_max_percent, "10",
     "zfs_dirty_data_max as a share of memory, where it is not set."},
    {"zfs_dirty_data_sync_percent", "", TunableUnit::kPercent, 1, 100,
     &PoolTunables::zfs_dirty_data_sync_percent, "20",
     "Dirty data of one txg, as a share of the maximum, that starts its sync without waiting for the "
     "timeout."},
    {"zfs_delay_min_dirty_percent", "", TunableUnit::kPercent, 0, 100,
     &PoolTunables::zfs_delay_min_dirty_percent, "60",
     "Dirty data, as a share of the maximum, from which writers are delayed."},
    {"zfs_delay_scale", "", TunableUnit::kNanoseconds, 1, 1'000'000'000, &PoolTunables::zfs_delay_scale,
     "500000", "The delay at the midpoint between the two limits; steeper with more."},
    {"zfs_free_min_time_ms", "", TunableUnit::kMilliseconds, 1, 100'000, &PoolTunables::zfs_free_min_time_ms,
     "500", "Time a txg spends at least on freeing destroyed datasets while somebody waits for it."},
    {"zfs_txg_history", "", TunableUnit::kCount, 0, 1'000'000, &PoolTunables::zfs_txg_history, "100",
     "Rows that the txgs kstat keeps."},
}};

}  // namespace

void PoolTunables::Resolve(int64_t memory_bytes) {
  if (zfs_dirty_data_max != 0) return;
  const int64_t limit = std::min(4 * kGiB, memory_bytes / 4);
  zfs_dirty_data_max = std::min(
      memory_bytes / 100 * zfs_dirty_data_max_percent + memory_bytes % 100 * zfs_dirty_data_max_percent / 100,
      limit);
}

std::span<const TunableInfo> Tunables() { return kTunables; }

const TunableInfo* FindTunable(std::string_view name) {
  for (const TunableInfo& tunable : kTunables) {
    if (tunable.name == name || (!tunable.alias.empty() && tunable.alias == name)) return &tunable;
  }
  return nullptr;
}

int64_t TunableFieldValue(const TunableInfo& tunable, int64_t value) {
  return tunable.unit == TunableUnit::kSeconds ? value * 1'000'000'000 : value;
}

}  // namespace model
