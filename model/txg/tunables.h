// SPDX-License-Identifier: Apache-2.0
//
// Module parameters of OpenZFS that the model follows, by their real names.
//
// One table gives name, default, range, unit and meaning; a scenario's `pool`
// sets them, `txgsim explain NAME` prints them, docs/tunables.md is generated from it.
// Defaults that depend on memory are resolved by PoolTunables::Resolve.
//
// Source of names and defaults: OpenZFS man/man4/zfs.4 and module/zfs/{txg,dmu_tx,dsl_pool,
// arc,dsl_scan,spa_misc,zio,vdev_queue,mmp,zil,dmu,metaslab,zcp}.c. Ranges are what the module
// accepts where it checks, else what makes sense.
#ifndef TXGSIM_MODEL_TXG_TUNABLES_H_
#define TXGSIM_MODEL_TXG_TUNABLES_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace model {

enum class TunableUnit : uint8_t { kBytes, kPercent, kSeconds, kMilliseconds, kNanoseconds, kCount, kChoice };

// zfs_deadman_failmode, in the order of its choices in the table.
enum class DeadmanMode : int64_t { kWait, kContinue, kPanic };

struct PoolTunables {
  // The pipeline and the write throttle.
  int64_t zfs_txg_timeout_ns = 5'000'000'000;
  int64_t zfs_txg_history = 100;
  int64_t zfs_dirty_data_max = 0;  // 0: from memory, see Resolve.
  int64_t zfs_dirty_data_max_percent = 10;
  int64_t zfs_dirty_data_max_max = 0;  // 0: from memory.
  int64_t zfs_dirty_data_max_max_percent = 25;
  int64_t zfs_dirty_data_sync_percent = 20;
  int64_t zfs_delay_min_dirty_percent = 60;
  int64_t zfs_delay_scale = 500'000;
  int64_t zfs_wrlog_data_max = 0;  // 0: twice zfs_dirty_data_max.
  int64_t zfs_per_txg_dirty_frees_percent = 30;
  int64_t zfs_arc_max = 0;  // 0: from memory.
  int64_t zfs_arc_dirty_limit_percent = 50;
  int64_t spa_asize_inflation = 24;
  // Syncing.
  int64_t zfs_sync_pass_deferred_free = 2;
  int64_t zfs_sync_pass_dont_compress = 8;
  int64_t zfs_sync_pass_rewrite = 2;
  int64_t zfs_obsolete_min_time_ms = 500;
  int64_t zfs_free_min_time_ms = 500;
  int64_t zfs_scrub_min_time_ms = 750;
  int64_t zfs_resilver_min_time_ms = 1500;
  // The intent log.
  int64_t zfs_commit_timeout_pct = 10;
  int64_t zil_nocacheflush = 0;
  int64_t zfs_immediate_write_sz = 32 << 10;
  // What a channel program may ask for.
  int64_t zfs_lua_max_instrlimit = 100'000'000;
  int64_t zfs_lua_max_memlimit = 100 << 20;
  // Queues of the leaf devices.
  int64_t zfs_vdev_max_active = 1000;
  int64_t zfs_vdev_sync_read_min_active = 10;
  int64_t zfs_vdev_sync_read_max_active = 10;
  int64_t zfs_vdev_sync_write_min_active = 10;
  int64_t zfs_vdev_sync_write_max_active = 10;
  int64_t zfs_vdev_async_read_min_active = 1;
  int64_t zfs_vdev_async_read_max_active = 3;
  int64_t zfs_vdev_async_write_min_active = 2;
  int64_t zfs_vdev_async_write_max_active = 10;
  int64_t zfs_vdev_async_write_active_min_dirty_percent = 30;
  int64_t zfs_vdev_async_write_active_max_dirty_percent = 60;
  int64_t zfs_vdev_scrub_min_active = 1;
  int64_t zfs_vdev_scrub_max_active = 3;
  // Failures.
  int64_t zfs_deadman_enabled = 1;
  int64_t zfs_deadman_synctime_ms = 600'000;
  int64_t zfs_deadman_ziotime_ms = 300'000;
  int64_t zfs_deadman_checktime_ms = 60'000;
  int64_t zfs_deadman_failmode = static_cast<int64_t>(DeadmanMode::kWait);
  int64_t zio_slow_io_ms = 30'000;
  int64_t zfs_slow_io_events_per_second = 20;
  int64_t zfs_multihost_interval = 1000;
  int64_t zfs_multihost_fail_intervals = 10;

  // Fills in what depends on `memory_bytes`: zfs_dirty_data_max_max is min(4 GiB, 25 %),
  // zfs_dirty_data_max 10 % of memory but no more than that, zfs_wrlog_data_max twice
  // zfs_dirty_data_max, zfs_arc_max 5/8 of memory, or all but 1 GiB if that is more (arc.c:arc_init,
  // arc_default_max).
  void Resolve(int64_t memory_bytes);
};

struct TunableInfo {
  std::string_view name;   // As the module names it.
  std::string_view alias;  // What a scenario may also write; empty: none.
  TunableUnit unit;
  int64_t min;
  int64_t max;
  int64_t PoolTunables::*field;
  std::string_view default_text;
  std::string_view about;
  std::string_view choices = {};  // Of kChoice, separated by blanks; the value is the place.
};

std::span<const TunableInfo> Tunables();
// By name or alias; null if there is none.
const TunableInfo* FindTunable(std::string_view name);
// The value in the field's unit for a value in the tunable's own (seconds become nanoseconds).
int64_t TunableFieldValue(const TunableInfo& tunable, int64_t value);
// "1 to 3600 s", "wait, continue or panic".
std::string TunableRangeText(const TunableInfo& tunable);
// docs/tunables.md.
std::string TunablesReference();

}  // namespace model

#endif  // TXGSIM_MODEL_TXG_TUNABLES_H_
