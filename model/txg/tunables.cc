// SPDX-License-Identifier: Apache-2.0
#include "model/txg/tunables.h"

#include <algorithm>
#include <vector>

#include "fmt/format.h"

namespace model {
namespace {

using P = PoolTunables;
using U = TunableUnit;

constexpr int64_t kGiB = int64_t{1} << 30;
constexpr int64_t kMost = int64_t{1} << 46;  // Of bytes.
constexpr int64_t kLong = 86'400'000;        // A day, in ms.

constexpr TunableInfo kTunables[] = {
    {"zfs_txg_timeout", "txg_timeout", U::kSeconds, 1, 3600, &P::zfs_txg_timeout_ns, "5 s",
     "An idle pool starts a txg this long after the start of the last one. More: larger, rarer syncs."},
    {"zfs_txg_history", "", U::kCount, 0, 1'000'000, &P::zfs_txg_history, "100",
     "Rows that the txgs kstat keeps."},
    {"zfs_dirty_data_max", "dirty_data_max", U::kBytes, 1 << 20, kMost, &P::zfs_dirty_data_max,
     "4 GiB in a scenario; where one of the next three is given, zfs_dirty_data_max_percent of memory, at "
     "most zfs_dirty_data_max_max",
     "Hard limit of dirty data of one pool: at it every writer waits until a sync has written some."},
    {"zfs_dirty_data_max_percent", "", U::kPercent, 1, 100, &P::zfs_dirty_data_max_percent, "10",
     "zfs_dirty_data_max as a share of memory, where it is not set."},
    {"zfs_dirty_data_max_max", "", U::kBytes, 0, kMost, &P::zfs_dirty_data_max_max,
     "zfs_dirty_data_max_max_percent of memory, at most 4 GiB",
     "Bound of zfs_dirty_data_max where that follows from memory."},
    {"zfs_dirty_data_max_max_percent", "", U::kPercent, 1, 100, &P::zfs_dirty_data_max_max_percent, "25",
     "zfs_dirty_data_max_max as a share of memory, where it is not set."},
    {"zfs_dirty_data_sync_percent", "", U::kPercent, 1, 100, &P::zfs_dirty_data_sync_percent, "20",
     "Dirty data of one txg, as a share of the maximum, that starts its sync without waiting for the "
     "timeout."},
    {"zfs_delay_min_dirty_percent", "", U::kPercent, 0, 100, &P::zfs_delay_min_dirty_percent, "60",
     "Dirty data, as a share of the maximum, from which writers are delayed."},
    {"zfs_delay_scale", "", U::kNanoseconds, 1, 1'000'000'000, &P::zfs_delay_scale, "500000",
     "The delay at the midpoint between the two limits; steeper with more."},
    {"zfs_wrlog_data_max", "", U::kBytes, 0, kMost, &P::zfs_wrlog_data_max, "twice zfs_dirty_data_max",
     "Limit of write records that the intent log keeps in memory: above 60 % of it writers are delayed, and "
     "15 % of it in one txg start the sync."},
    {"zfs_per_txg_dirty_frees_percent", "", U::kPercent, 0, 100, &P::zfs_per_txg_dirty_frees_percent, "30",
     "Freed data of one txg, as a share of the maximum of dirty data, from which a free forces a new txg and "
     "waits until it is open; 0: never."},
    {"spa_asize_inflation", "", U::kCount, 1, 1000, &P::spa_asize_inflation, "24",
     "What a write may take on disk at the worst, in its own size: so much counts against quotas until its "
     "txg is on disk."},
    {"zfs_arc_max", "", U::kBytes, 0, kMost, &P::zfs_arc_max, "5/8 of memory, or all but 1 GiB",
     "Size of the cache. Dirty data is in it: see zfs_arc_dirty_limit_percent."},
    {"zfs_arc_dirty_limit_percent", "", U::kPercent, 0, 100, &P::zfs_arc_dirty_limit_percent, "50",
     "Dirty data, as a share of zfs_arc_max, from which a write waits for the next txg to be on disk."},
    {"zfs_sync_pass_deferred_free", "", U::kCount, 1, 100, &P::zfs_sync_pass_deferred_free, "2",
     "From this pass of a sync on blocks are freed in the next txg, so that the sync converges."},
    {"zfs_sync_pass_dont_compress", "", U::kCount, 1, 100, &P::zfs_sync_pass_dont_compress, "8",
     "No effect here, since nothing is compressed: from this pass of a sync on blocks are not."},
    {"zfs_sync_pass_rewrite", "", U::kCount, 1, 100, &P::zfs_sync_pass_rewrite, "2",
     "No effect here, since blocks have no places: from this pass of a sync on those of the txg are written "
     "in place."},
    {"zfs_obsolete_min_time_ms", "", U::kMilliseconds, 0, 100'000, &P::zfs_obsolete_min_time_ms, "500",
     "No effect here, since no vdev can be removed: time a txg spends at least on what that left behind."},
    {"zfs_free_min_time_ms", "", U::kMilliseconds, 1, 100'000, &P::zfs_free_min_time_ms, "500",
     "Time a txg spends at least on freeing destroyed datasets while somebody waits for it."},
    {"zfs_scrub_min_time_ms", "", U::kMilliseconds, 1, 100'000, &P::zfs_scrub_min_time_ms, "750",
     "Time a txg spends at least on a scrub. More: a faster scrub, slower administration."},
    {"zfs_resilver_min_time_ms", "", U::kMilliseconds, 1, 100'000, &P::zfs_resilver_min_time_ms, "1500",
     "Time a txg spends at least on a resilver."},
    {"zfs_commit_timeout_pct", "", U::kPercent, 0, 100, &P::zfs_commit_timeout_pct, "10",
     "How long a block of the intent log stays open for others to join, as a share of the time that writing "
     "one takes; 0 counts as 1."},
    {"zil_nocacheflush", "", U::kCount, 0, 1, &P::zil_nocacheflush, "0",
     "1: the intent log does not flush the caches of devices. Unsafe where they are volatile."},
    {"zfs_immediate_write_sz", "", U::kBytes, 0, kMost, &P::zfs_immediate_write_sz, "32768",
     "A write of at least this much goes to its place on the disks at fsync, and a reference to it into the "
     "intent log; not with a log device."},
    {"zfs_lua_max_instrlimit", "", U::kCount, 1, kMost, &P::zfs_lua_max_instrlimit, "100000000",
     "Most instructions that a channel program may be given; a larger limit is EINVAL."},
    {"zfs_lua_max_memlimit", "", U::kBytes, 1, kMost, &P::zfs_lua_max_memlimit, "104857600",
     "Most memory that a channel program may be given; a larger limit is EINVAL."},
    {"zfs_vdev_max_active", "", U::kCount, 1, 1'000'000, &P::zfs_vdev_max_active, "1000",
     "I/Os of all classes that one device has active at the most."},
    {"zfs_vdev_sync_read_min_active", "", U::kCount, 1, 1'000'000, &P::zfs_vdev_sync_read_min_active, "10",
     "Synchronous reads that a device begins before any class gets more than its minimum."},
    {"zfs_vdev_sync_read_max_active", "", U::kCount, 1, 1'000'000, &P::zfs_vdev_sync_read_max_active, "10",
     "Synchronous reads that one device has active at the most."},
    {"zfs_vdev_sync_write_min_active", "", U::kCount, 1, 1'000'000, &P::zfs_vdev_sync_write_min_active, "10",
     "Synchronous writes (intent log, labels) before any class gets more than its minimum."},
    {"zfs_vdev_sync_write_max_active", "", U::kCount, 1, 1'000'000, &P::zfs_vdev_sync_write_max_active, "10",
     "Synchronous writes that one device has active at the most."},
    {"zfs_vdev_async_read_min_active", "", U::kCount, 1, 1'000'000, &P::zfs_vdev_async_read_min_active, "1",
     "No effect here, since nothing is read ahead: asynchronous reads (prefetch) before any class gets more "
     "than its minimum."},
    {"zfs_vdev_async_read_max_active", "", U::kCount, 1, 1'000'000, &P::zfs_vdev_async_read_max_active, "3",
     "No effect here, since nothing is read ahead: asynchronous reads that one device has active at the "
     "most."},
    {"zfs_vdev_async_write_min_active", "", U::kCount, 1, 1'000'000, &P::zfs_vdev_async_write_min_active, "2",
     "Writes of a sync that one device has active while little is dirty. More: shorter syncs, slower reads."},
    {"zfs_vdev_async_write_max_active", "", U::kCount, 1, 1'000'000, &P::zfs_vdev_async_write_max_active,
     "10", "Writes of a sync that one device has active while much is dirty, or a sync task is pending."},
    {"zfs_vdev_async_write_active_min_dirty_percent", "", U::kPercent, 0, 100,
     &P::zfs_vdev_async_write_active_min_dirty_percent, "30",
     "Dirty data, as a share of the maximum, up to which the minimum of asynchronous writes is active."},
    {"zfs_vdev_async_write_active_max_dirty_percent", "", U::kPercent, 0, 100,
     &P::zfs_vdev_async_write_active_max_dirty_percent, "60",
     "Dirty data, as a share of the maximum, from which the maximum of asynchronous writes is active."},
    {"zfs_vdev_scrub_min_active", "", U::kCount, 1, 1'000'000, &P::zfs_vdev_scrub_min_active, "1",
     "Reads of a scrub before any class gets more than its minimum."},
    {"zfs_vdev_scrub_max_active", "", U::kCount, 1, 1'000'000, &P::zfs_vdev_scrub_max_active, "3",
     "Reads of a scrub that one device has active at the most."},
    {"zfs_deadman_enabled", "", U::kCount, 0, 1, &P::zfs_deadman_enabled, "1",
     "0: nobody looks for syncs and I/Os that take too long."},
    {"zfs_deadman_synctime_ms", "", U::kMilliseconds, 1, kLong, &P::zfs_deadman_synctime_ms, "600000",
     "A sync that runs this long, and each I/O that has been under way so long, is reported."},
    {"zfs_deadman_ziotime_ms", "", U::kMilliseconds, 1, kLong, &P::zfs_deadman_ziotime_ms, "300000",
     "A thread that has waited this long for an I/O has it reported."},
    {"zfs_deadman_checktime_ms", "", U::kMilliseconds, 1, kLong, &P::zfs_deadman_checktime_ms, "60000",
     "How often it is looked again after that."},
    {"zfs_deadman_failmode", "", U::kChoice, 0, 2, &P::zfs_deadman_failmode, "wait",
     "What is done about it. wait: an event, no more; continue: what is lost is begun anew; panic: the "
     "machine stops.",
     "wait continue panic"},
    {"zio_slow_io_ms", "", U::kMilliseconds, 1, kLong, &P::zio_slow_io_ms, "30000",
     "An I/O that took longer is counted as slow, with an event."},
    {"zfs_slow_io_events_per_second", "", U::kCount, 0, 1000, &P::zfs_slow_io_events_per_second, "20",
     "Events of slow I/Os that are kept in a second."},
    {"zfs_multihost_interval", "", U::kMilliseconds, 100, kLong, &P::zfs_multihost_interval, "1000",
     "With multihost = true, how often the pool writes that this host has it."},
    {"zfs_multihost_fail_intervals", "", U::kCount, 0, 1000, &P::zfs_multihost_fail_intervals, "10",
     "Intervals without such a write after which the pool suspends; 0: never."},
};

std::string_view UnitName(TunableUnit unit) {
  switch (unit) {
    case U::kSeconds:
      return " s";
    case U::kMilliseconds:
      return " ms";
    case U::kNanoseconds:
      return " ns";
    case U::kBytes:
      return " bytes";
    case U::kPercent:
      return " %";
    case U::kCount:
    case U::kChoice:
      break;
  }
  return "";
}

}  // namespace

void PoolTunables::Resolve(int64_t memory_bytes) {
  const auto share = [memory_bytes](int64_t percent) {
    return memory_bytes / 100 * percent + memory_bytes % 100 * percent / 100;
  };
  if (zfs_dirty_data_max_max == 0) {
    zfs_dirty_data_max_max = std::min(4 * kGiB, share(zfs_dirty_data_max_max_percent));
  }
  if (zfs_dirty_data_max == 0) {
    zfs_dirty_data_max = std::min(share(zfs_dirty_data_max_percent), zfs_dirty_data_max_max);
  }
  if (zfs_arc_max == 0) zfs_arc_max = std::max(memory_bytes / 8 * 5, memory_bytes - kGiB);
  if (zfs_wrlog_data_max == 0) zfs_wrlog_data_max = 2 * zfs_dirty_data_max;
}

std::span<const TunableInfo> Tunables() { return kTunables; }

const TunableInfo* FindTunable(std::string_view name) {
  for (const TunableInfo& tunable : kTunables) {
    if (tunable.name == name || (!tunable.alias.empty() && tunable.alias == name)) return &tunable;
  }
  return nullptr;
}

int64_t TunableFieldValue(const TunableInfo& tunable, int64_t value) {
  return tunable.unit == U::kSeconds ? value * 1'000'000'000 : value;
}

std::string TunableRangeText(const TunableInfo& tunable) {
  if (tunable.unit != U::kChoice) {
    return fmt::format("{} to {}{}", tunable.min, tunable.max, UnitName(tunable.unit));
  }
  std::string text;
  for (const char c : tunable.choices) c == ' ' ? text += ", " : text += c;
  return text;
}

std::string TunablesReference() {
  std::string text =
      "# Tunables\n\n"
      "Generated by `txgsim help tunables`; do not edit. Module parameters of OpenZFS that the model\n"
      "follows, by their real names. A scenario's `pool` sets them: a number in the unit given here, or a\n"
      "text with a unit (`zfs_deadman_synctime_ms = \"2s\"`). They are set once, for the whole run.\n\n"
      "| name | default | range | what it does |\n|---|---|---|---|\n";
  std::vector<const TunableInfo*> sorted;
  for (const TunableInfo& tunable : kTunables) sorted.push_back(&tunable);
  std::sort(sorted.begin(), sorted.end(),
            [](const TunableInfo* a, const TunableInfo* b) { return a->name < b->name; });
  for (const TunableInfo* tunable : sorted) {
    const std::string alias = tunable->alias.empty() ? "" : fmt::format(" (also `{}`)", tunable->alias);
    text += fmt::format("| `{}`{} | {} | {} | {} |\n", tunable->name, alias, tunable->default_text,
                        TunableRangeText(*tunable), tunable->about);
  }
  return text;
}

}  // namespace model
