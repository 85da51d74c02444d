// SPDX-License-Identifier: Apache-2.0
//
// Which I/O of a leaf device is begun next: the classes of a vdev queue and their limits.
//
// Follows OpenZFS module/zfs/vdev_queue.c: vdev_queue_class_to_issue gives the first class,
// in order of priority, that has less than its minimum active; if none has, the first that
// has less than its maximum; and nothing while zfs_vdev_max_active are active in all.
// Asynchronous writes have a maximum that rises with the pool's dirty data
// (vdev_queue_max_async_writes):
//
//   dirty / zfs_dirty_data_max   below 30 %   30 % ... 60 %        above
//   at most active               2            linear from 2 to 10  10
//
// and is 10 at once while a sync task is pending, so that administration is not held up.
//
// Differs from the real system: the back-off of a scrub after an interactive I/O
// (zfs_vdev_nia_delay, nia_credit) is left out, so it runs at its limit beside readers; an I/O
// that stands for many (a stream, see device_group.h) counts once.
#ifndef TXGSIM_MODEL_STORAGE_VDEV_QUEUE_H_
#define TXGSIM_MODEL_STORAGE_VDEV_QUEUE_H_

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace model {

// In order of priority (zio_priority_t). kNone: no class, no limit; only outside pools.
enum class IoClass : uint8_t { kSyncRead, kSyncWrite, kAsyncRead, kAsyncWrite, kScrub, kNone };
inline constexpr size_t kIoClasses = 6;

struct VdevQueueLimits {
  struct Range {
    int64_t min = 1;
    int64_t max = 1'000'000;
  };
  // zfs_vdev_{sync_read,sync_write,async_read,async_write,scrub}_{min,max}_active.
  std::array<Range, kIoClasses> of_class = {{{10, 10}, {10, 10}, {1, 3}, {2, 10}, {1, 3}, {}}};
  int64_t max_active = 1000;  // zfs_vdev_max_active
};
using VdevQueueCounts = std::array<int64_t, kIoClasses>;

// The class to take from, of those that wait; nothing if each is at its limit.
std::optional<IoClass> NextIoClass(const VdevQueueLimits& limits, const VdevQueueCounts& active,
                                   const std::bitset<kIoClasses>& waiting);

struct AsyncWriteScale {
  int64_t min_active = 2;
  int64_t max_active = 10;
  int64_t min_dirty_percent = 30;  // zfs_vdev_async_write_active_min_dirty_percent
  int64_t max_dirty_percent = 60;  // zfs_vdev_async_write_active_max_dirty_percent
};
// How many asynchronous writes a leaf may have active, in the real integer arithmetic.
int64_t MaxAsyncWrites(const AsyncWriteScale& scale, int64_t dirty, int64_t dirty_max,
                       bool sync_task_pending);

}  // namespace model

#endif  // TXGSIM_MODEL_STORAGE_VDEV_QUEUE_H_
