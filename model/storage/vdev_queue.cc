// SPDX-License-Identifier: Apache-2.0
#include "model/storage/vdev_queue.h"

#include <numeric>

namespace model {

std::optional<IoClass> NextIoClass(const VdevQueueLimits& limits, const VdevQueueCounts& active,
                                   const std::bitset<kIoClasses>& waiting) {
  if (std::accumulate(active.begin(), active.end(), int64_t{0}) >= limits.max_active) return std::nullopt;
  for (size_t i = 0; i < kIoClasses; ++i) {
    if (waiting[i] && active[i] < limits.of_class[i].min) return static_cast<IoClass>(i);
  }
  for (size_t i = 0; i < kIoClasses; ++i) {
    if (waiting[i] && active[i] < limits.of_class[i].max) return static_cast<IoClass>(i);
  }
  return std::nullopt;
}

int64_t MaxAsyncWrites(const AsyncWriteScale& scale, int64_t dirty, int64_t dirty_max,
                       bool sync_task_pending) {
  if (sync_task_pending) return scale.max_active;
  const int64_t low = dirty_max * scale.min_dirty_percent / 100;
  const int64_t high = dirty_max * scale.max_dirty_percent / 100;
  if (dirty < low) return scale.min_active;
  if (dirty > high || high == low) return scale.max_active;
  // Linear between the two.
  return (dirty - low) * (scale.max_active - scale.min_active) / (high - low) + scale.min_active;
}

}  // namespace model
