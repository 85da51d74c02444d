// SPDX-License-Identifier: Apache-2.0
#include "model/txg/dirty.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace model {
namespace {

constexpr int64_t kDelayMaxNs = 100'000'000;  // zfs_delay_max_ns

int64_t DelayNs(int64_t bytes, int64_t limit, const PoolTunables& tunables) {
  const auto max = static_cast<uint64_t>(limit);
  const uint64_t min = max * static_cast<uint64_t>(tunables.zfs_delay_min_dirty_percent) / 100;
  const auto now = static_cast<uint64_t>(bytes);
  if (now <= min) return 0;
  if (now >= max) return kDelayMaxNs;
  const uint64_t delay = static_cast<uint64_t>(tunables.zfs_delay_scale) * (now - min) / (max - now);
  return static_cast<int64_t>(std::min<uint64_t>(delay, kDelayMaxNs));
}

// percent of a large number, without overflow.
int64_t Share(int64_t of, int64_t percent) { return of / 100 * percent + of % 100 * percent / 100; }

}  // namespace

int64_t DirtyDelayNs(int64_t dirty, const PoolTunables& tunables) {
  return DelayNs(dirty, tunables.zfs_dirty_data_max, tunables);
}

int64_t WrlogDelayNs(int64_t bytes, const PoolTunables& tunables) {
  return DelayNs(bytes, tunables.zfs_wrlog_data_max, tunables);
}

// Waits until dirty data falls below the limit, which only a sync can make it do.
class DirtyData::SpaceWait final : public Waitable {
 public:
  SpaceWait(std::string name, const TxgPipeline* pipeline)
      : Waitable(WaitableKind::kDirtySpace, std::move(name)), pipeline_(pipeline) {}
  void Enders(const Waiter&, EnderSet* enders) const override { pipeline_->FillProgress(enders); }

 private:
  const TxgPipeline* pipeline_;
};

DirtyData::DirtyData(Machine* machine, const std::string& prefix, const PoolTunables* tunables,
                     TxgPipeline* pipeline)
    : machine_(machine),
      tunables_(tunables),
      pipeline_(pipeline),
      space_(std::make_unique<SpaceWait>(prefix + "dp_spaceavail_cv", pipeline)) {}

bool DirtyData::NeedsDelay() const {
  const int64_t percent = tunables_->zfs_delay_min_dirty_percent;
  return total_ > Share(tunables_->zfs_dirty_data_max, percent) ||
         wrlog_total_ > Share(tunables_->zfs_wrlog_data_max, percent);
}

void DirtyData::WakeOne(Thread* waker) {
  if (total_ < tunables_->zfs_dirty_data_max && !space_->waiters().empty()) {
    machine_->Wake(space_->waiters().front(), 0, waker);
  }
}

void DirtyData::Dirty(int64_t bytes, uint64_t txg, Thread* thread) {
  SIM_CHECK(bytes >= 0);
  per_txg_[txg % kTxgSize] += bytes;
  total_ += bytes;
  max_seen_ = std::max(max_seen_, total_);
  machine_->Record(RecordKind::kTxgDirty, thread, static_cast<uint64_t>(total_), txg);
  if (TxgRow* row = pipeline_->RowOf(txg)) row->ndirty += bytes;
  const int64_t kick_at = tunables_->zfs_dirty_data_max / 100 * tunables_->zfs_dirty_data_sync_percent;
  if (per_txg_[txg % kTxgSize] > kick_at) pipeline_->Kick(txg, thread);
  WakeOne(thread);
}

void DirtyData::Undirty(int64_t bytes, uint64_t txg) {
  int64_t& of_txg = per_txg_[txg % kTxgSize];
  bytes = std::min(bytes, of_txg);
  if (bytes == 0) return;
  of_txg -= bytes;
  total_ -= bytes;
  SIM_CHECK(total_ >= 0);
  machine_->Record(RecordKind::kTxgDirty, nullptr, static_cast<uint64_t>(total_), txg);
  WakeOne(nullptr);
}

void DirtyData::CountWrlog(int64_t bytes, uint64_t txg, Thread* thread) {
  wrlog_per_txg_[txg % kTxgSize] += bytes;
  wrlog_total_ += bytes;
  const int64_t kick_at = tunables_->zfs_wrlog_data_max / 200 * (tunables_->zfs_dirty_data_sync_percent + 10);
  if (wrlog_per_txg_[txg % kTxgSize] > kick_at) pipeline_->Kick(txg, thread);
}

void DirtyData::ClearWrlog(uint64_t txg) { wrlog_total_ -= std::exchange(wrlog_per_txg_[txg % kTxgSize], 0); }

void DirtyData::CheckSynced(uint64_t txg) const {
  SIM_CHECK(per_txg_[txg % kTxgSize] == 0);
  SIM_CHECK(wrlog_per_txg_[txg % kTxgSize] == 0);
  SIM_CHECK(std::accumulate(std::begin(per_txg_), std::end(per_txg_), int64_t{0}) == total_);
  SIM_CHECK(std::accumulate(std::begin(wrlog_per_txg_), std::end(wrlog_per_txg_), int64_t{0}) ==
            wrlog_total_);
}

sim::Task<> DirtyData::WaitAndDelay(Thread* thread, sim::SimTime tx_start) {
  ProcessFigures* figures = thread->process() != nullptr ? &thread->process()->figures : nullptr;
  if (AtLimit()) {
    co_await sim::FrameName{"dmu_tx_wait"};
    const sim::SimTime blocked = machine_->now();
    while (AtLimit()) co_await thread->Wait(*space_, {});
    if (figures != nullptr) figures->stall_ns += (machine_->now() - blocked).ns();
  }
  const int64_t delay = std::max(DirtyDelayNs(total_, *tunables_), WrlogDelayNs(wrlog_total_, *tunables_));
  const int64_t now = machine_->now().ns();
  if (delay == 0 || now > tx_start.ns() + delay) co_return;
  co_await sim::FrameName{"dmu_tx_delay"};
  const int64_t wakeup = std::max(tx_start.ns(), last_wakeup_ns_) + delay;
  last_wakeup_ns_ = wakeup;
  co_await thread->SleepFor(sim::SimDuration::Nanos(wakeup - now), SleepKind::kUninterruptible);
  if (figures != nullptr) figures->delay_ns += (machine_->now().ns() - now);
}

}  // namespace model
