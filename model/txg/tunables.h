// SPDX-License-Identifier: Apache-2.0
//
// Module parameters of OpenZFS that the model follows, by their real names.
//
// One table gives name, default, range, unit and meaning; a scenario's `pool`
// sets them, `txgsim explain NAME` prints them. Defaults that depend on memory are
// resolved by PoolTunables::Resolve.
//
// Source of names and defaults: OpenZFS module/zfs/{txg,dmu_tx,dsl_pool,arc}.c, man/man4/zfs.4.
#ifndef TXGSIM_MODEL_TXG_TUNABLES_H_
#define TXGSIM_MODEL_TXG_TUNABLES_H_

#include <cstdint>
#include <span>
#include <string_view>

namespace model {

enum class TunableUnit : uint8_t { kBytes, kPercent, kSeconds, kMilliseconds, kNanoseconds, kCount };

struct PoolTunables {
  int64_t zfs_txg_timeout_ns = 5'000'000'000;
  int64_t zfs_dirty_data_max = 0;  // 0: from memory, see Resolve.
  int64_t zfs_dirty_data_max_percent = 10;
  int64_t zfs_dirty_data_sync_percent = 20;
  int64_t zfs_delay_min_dirty_percent = 60;
  int64_t zfs_delay_scale = 500'000;
  int64_t zfs_free_min_time_ms = 500;
  int64_t zfs_txg_history = 100;

  // Fills in what depends on `memory_bytes`: zfs_dirty_data_max is 10 % of it, at
  // most min(4 GiB, 25 %) (arc.c:arc_init).
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
};

std::span<const TunableInfo> Tunables();
// By name or alias; null if there is none.
const TunableInfo* FindTunable(std::string_view name);
// The value in the field's unit for a value in the tunable's own (seconds become nanoseconds).
int64_t TunableFieldValue(const TunableInfo& tunable, int64_t value);

}  // namespace model

#endif  // TXGSIM_MODEL_TXG_TUNABLES_H_
