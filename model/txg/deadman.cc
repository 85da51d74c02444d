// SPDX-License-Identifier: Apache-2.0
#include "model/txg/deadman.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"

namespace model {

Deadman::Deadman(Machine* machine, const PoolTunables* tunables, std::vector<Device*> devices,
                 DeadmanOwner* owner)
    : machine_(machine),
      tunables_(tunables),
      devices_(std::move(devices)),
      owner_(owner),
      sync_timer_(this,
                  [](sim::EventHandler* handler) { static_cast<Timer*>(handler)->deadman->OnSyncDue(); }),
      io_timer_(this, [](sim::EventHandler* handler) { static_cast<Timer*>(handler)->deadman->OnIoDue(); }) {
  if (tunables->zfs_deadman_enabled == 0 || mode() == DeadmanMode::kWait) return;
  const Rescue rescue = mode() == DeadmanMode::kPanic ? Rescue::kAny : Rescue::kLost;
  for (Device* device : devices_) device->set_rescue(rescue);
}

Deadman::~Deadman() {
  machine_->simulation().Cancel(sync_timer_.id);
  machine_->simulation().Cancel(io_timer_.id);
}

void Deadman::SyncBegins(uint64_t txg) {
  if (tunables_->zfs_deadman_enabled == 0) return;
  txg_ = txg;
  calls_ = 0;
  sync_start_ = machine_->now();
  sync_timer_.id = machine_->simulation().CallAfter(
      sim::SimDuration::Millis(tunables_->zfs_deadman_synctime_ms), &sync_timer_);
}

void Deadman::SyncEnds() {
  machine_->simulation().Cancel(sync_timer_.id);
  sync_timer_.id = {};
}

void Deadman::OnSyncDue() {
  sync_timer_.id = {};
  if (owner_->suspended()) return;
  owner_->OnDeadman(fmt::format("slow spa_sync: txg {} started {} s ago, calls {}", txg_,
                                (machine_->now() - sync_start_).ns() / 1'000'000'000, ++calls_));
  Look(sim::SimDuration::Millis(tunables_->zfs_deadman_synctime_ms));
  sync_timer_.id = machine_->simulation().CallAfter(
      sim::SimDuration::Millis(tunables_->zfs_deadman_checktime_ms), &sync_timer_);
}

void Deadman::Look(sim::SimDuration age) {
  for (Device* device : devices_) {
    const int overdue = device->ReissueOverdue(age, mode() == DeadmanMode::kContinue);
    if (overdue == 0) continue;
    owner_->OnDeadman(fmt::format("slow vdev: {} has {} I/O{} under way for more than {} s", device->name(),
                                  overdue, overdue == 1 ? "" : "s", age.ns() / 1'000'000'000));
    if (mode() == DeadmanMode::kPanic) {
      owner_->OnDeadmanPanic(fmt::format("I/O to {} appears to be hung", device->name()));
    }
  }
}

Deadman::IoWait::IoWait(Deadman* deadman, Thread* thread)
    : deadman_(deadman),
      thread_(thread),
      due_(deadman->machine_->now() + sim::SimDuration::Millis(deadman->tunables_->zfs_deadman_ziotime_ms)) {
  deadman_->waits_.push_back(this);
  if (deadman_->waits_.size() == 1) deadman_->ArmIo();
}

Deadman::IoWait::~IoWait() {
  std::erase(deadman_->waits_, this);
  if (deadman_->waits_.empty()) {
    deadman_->machine_->simulation().Cancel(deadman_->io_timer_.id);
    deadman_->io_timer_.id = {};
  }
}

void Deadman::ArmIo() {
  if (waits_.empty() || io_timer_.id.valid()) return;
  sim::SimTime due = waits_.front()->due_;
  for (const IoWait* wait : waits_) due = std::min(due, wait->due_);
  io_timer_.id = machine_->simulation().CallAt(due, &io_timer_);
}

void Deadman::OnIoDue() {
  io_timer_.id = {};
  bool any = false;
  for (IoWait* wait : waits_) {
    if (wait->due_ > machine_->now()) continue;
    any = true;
    wait->due_ = machine_->now() + sim::SimDuration::Millis(tunables_->zfs_deadman_checktime_ms);
    machine_->WaitBeginsAgain(wait->thread_);
  }
  if (any && tunables_->zfs_deadman_enabled != 0 && !owner_->suspended()) {
    Look(sim::SimDuration::Millis(tunables_->zfs_deadman_ziotime_ms));
  }
  ArmIo();
}

}  // namespace model
