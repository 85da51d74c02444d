// SPDX-License-Identifier: Apache-2.0
//
// Multihost: the heartbeats by which other hosts see that this one has the pool.
//
// Each leaf gets one an interval on average: with n leaves the thread writes one each
// zfs_multihost_interval / n, to the next leaf that has none under way. When none at all has got
// through for zfs_multihost_fail_intervals, the pool is suspended, since another host may by then
// believe that it is free.
//
// Follows OpenZFS module/zfs/mmp.c: mmp_thread, mmp_write_uberblock. Differs from the real system:
// leaves take turns in place of being drawn; log devices get none.
#include <algorithm>

#include "model/txg/pool.h"

namespace model {

sim::Task<> Pool::MmpThread(Thread* thread) {
  co_await sim::FrameName{"mmp_thread"};
  thread->set_idles(true);
  const std::vector<Device*>& leaves = disks_->devices();
  std::vector<std::shared_ptr<DeviceIo>> beats(leaves.size());
  sim::SimTime last = machine_->now();
  const sim::SimDuration interval = sim::SimDuration::Millis(options_.tunables.zfs_multihost_interval);
  const sim::SimDuration beat_after =
      sim::SimDuration::Nanos(interval.ns() / static_cast<int64_t>(leaves.size()));
  const int64_t intervals = options_.tunables.zfs_multihost_fail_intervals;
  constexpr int64_t kUberblock = 1024;
  for (size_t next = 0;; next = (next + 1) % leaves.size()) {
    co_await thread->SleepFor(suspended() ? interval : beat_after, SleepKind::kIdle);
    for (std::shared_ptr<DeviceIo>& beat : beats) {
      if (beat == nullptr || !beat->done()) continue;
      if (beat->error() == 0) last = std::max(last, beat->ended());
      beat = nullptr;
    }
    if (suspended()) {
      last = machine_->now();  // What counts begins anew with the resume.
      continue;
    }
    if (intervals != 0 && machine_->now() - last > interval * intervals) {
      Suspend(SuspendReason::kMultihost);
      continue;
    }
    for (size_t i = 0; i < leaves.size(); ++i) {
      const size_t leaf = (next + i) % leaves.size();
      if (beats[leaf] != nullptr) continue;
      beats[leaf] =
          leaves[leaf]->Submit(IoKind::kWrite, kUberblock, thread, {.io_class = IoClass::kSyncWrite});
      break;
    }
  }
}

}  // namespace model
