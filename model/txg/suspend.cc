// SPDX-License-Identifier: Apache-2.0
//
// What becomes of an I/O that fails. Follows OpenZFS module/zfs/zio.c: zio_done,
// zio_suspend, zio_resume; mmp.c: mmp_thread.
//
//   I/O                          failmode=wait        continue             panic
//   of a sync                    parked, the pool     the same             the machine
//                                is suspended                              stops
//   read, device gone (ENXIO)    the same             EIO to the caller    the same
//   read, any other error        EIO to the caller    the same             the same
//   intent log                   the caller waits     EIO to the caller    as for a sync,
//                                for a txg                                 in that txg
//
// A parked I/O is issued anew by `zpool clear`, which waits for it and says EIO if it fails
// again; the pool is then suspended as before.
#include <algorithm>

#include "fmt/format.h"
#include "model/txg/pool.h"

namespace model {

sim::Task<int> Pool::DiskIo(Thread* thread, IoKind kind, int64_t bytes, uint64_t txg, IoRole role) {
  co_await sim::FrameName{"zio_wait"};
  const Deadman::IoWait watched(&deadman_, thread);
  bool parked = false;
  for (;;) {
    std::shared_ptr<GroupIo> io = disks_->Submit(kind, bytes, thread, role);
    const int error = co_await io->Wait(thread);
    if (error == 0) break;
    const bool gone = kind == IoKind::kRead && error == kENXIO && role.io_class != IoClass::kScrub &&
                      options_.failmode != FailMode::kContinue;
    if (txg == 0 && !gone) co_return error == kENXIO ? kEIO : error;
    if (!parked) parked_.push_back(thread);
    parked = true;
    Suspend(SuspendReason::kIoError);
    while (suspended()) co_await thread->Wait(*suspend_cv_, {.io = true});
  }
  if (parked) {
    std::erase(parked_, thread);
    if (parked_.empty()) machine_->WakeAll(resume_cv_.get(), 0, thread);
  }
  TxgRow* row = pipeline_.RowOf(txg);
  if (row == nullptr) co_return 0;
  if (kind == IoKind::kWrite) {
    ++row->writes;
    row->nwritten += bytes;
  } else if (kind == IoKind::kRead) {
    ++row->reads;
    row->nread += bytes;
  }
  co_return 0;
}

sim::Task<int> Pool::LogIo(Thread* thread, IoKind kind, int64_t bytes) {
  if (log_ == nullptr) return DiskIo(thread, kind, bytes, 0, {.io_class = IoClass::kSyncWrite});
  return LogDeviceIo(thread, kind, bytes);
}

sim::Task<int> Pool::LogDeviceIo(Thread* thread, IoKind kind, int64_t bytes) {
  co_await sim::FrameName{"zio_wait"};
  const Deadman::IoWait watched(&deadman_, thread);
  std::shared_ptr<GroupIo> io = log_->Submit(kind, bytes, thread, {.io_class = IoClass::kSyncWrite});
  co_return co_await io->Wait(thread);
}

void Pool::Suspend(SuspendReason reason) {
  if (suspended()) return;
  if (options_.failmode == FailMode::kPanic) {
    module_->Panic(fmt::format("pool {}: uncorrectable I/O failure, and failmode is panic", name()));
  }
  suspend_reason_ = reason;
  AddEvent("io_failure", reason == SuspendReason::kMultihost ? "suspended by multihost"
                                                             : "suspended by an uncorrectable I/O error");
  pipeline_.KickWaiters();
  machine_->WakeAll(resume_cv_.get(), 0, nullptr);
}

sim::Task<int> Pool::Resume(Thread* thread) {
  co_await sim::FrameName{"zio_resume"};
  if (!suspended()) co_return 0;
  if (suspend_reason_ == SuspendReason::kMultihost && other_host_active_) co_return kEREMOTEIO;
  suspend_reason_ = SuspendReason::kNone;
  AddEvent("resume", "");
  machine_->WakeAll(suspend_cv_.get(), 0, thread);
  while (!parked_.empty() && !suspended()) co_await thread->Wait(*resume_cv_, {.io = true});
  co_return suspended() ? kEIO : 0;
}

void Pool::AddEvent(std::string_view kind, std::string text) {
  events_.push_back({machine_->now(), kind, std::move(text)});
}

void Pool::OnDeadman(std::string text) { AddEvent("deadman", std::move(text)); }

void Pool::OnDeadmanPanic(std::string text) { module_->Panic(fmt::format("pool {}: {}", name(), text)); }

// At most zfs_slow_io_events_per_second of the events are kept.
void Pool::OnIoDone(const DeviceIo& io) {
  const int64_t age_ms = (machine_->now() - io.submitted()).ns() / 1'000'000;
  if (age_ms <= options_.tunables.zio_slow_io_ms) return;
  ++slow_ios_;
  const int64_t second = machine_->now().ns() / 1'000'000'000;
  if (second != slow_second_) {
    slow_second_ = second;
    slow_in_second_ = 0;
  }
  if (++slow_in_second_ > options_.tunables.zfs_slow_io_events_per_second) return;
  AddEvent("delay", fmt::format("{}: an I/O took {} ms", io.device().name(), age_ms));
}

// Writes a heartbeat an interval to one leaf in turn that has none under way; when none has
// got through for zfs_multihost_fail_intervals, the pool is suspended, since another host may
// by then believe that it is free.
sim::Task<> Pool::MmpThread(Thread* thread) {
  co_await sim::FrameName{"mmp_thread"};
  thread->set_idles(true);
  const std::vector<Device*>& leaves = disks_->devices();
  std::vector<std::shared_ptr<DeviceIo>> beats(leaves.size());
  sim::SimTime last = machine_->now();
  const sim::SimDuration interval = sim::SimDuration::Millis(options_.tunables.zfs_multihost_interval);
  const int64_t intervals = options_.tunables.zfs_multihost_fail_intervals;
  constexpr int64_t kUberblock = 1024;
  for (size_t next = 0;; next = (next + 1) % leaves.size()) {
    co_await thread->SleepFor(interval, SleepKind::kIdle);
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
