// SPDX-License-Identifier: Apache-2.0
//
// `zpool offline`, `zpool online`, `zpool clear`: changes of the state of devices, and the lock that
// makes them wait for I/O.
//
//   spa_vdev_state_enter   SCL_STATE and SCL_ZIO as writer: every I/O holds SCL_ZIO as reader from
//                          its start to its end, so the command waits for all that is under way,
//                          and what comes meanwhile waits behind the command
//   the change             errors zeroed, or a device taken out or put back
//   spa_vdev_state_exit    the locks are dropped; then three txgs, unless the pool is suspended
//
// So a disk that answers nothing cannot be taken offline, and who tries stops the reads that its
// healthy partner would have served. A disk that fails can.
//
// An I/O notes its thread and takes the lock itself only where a writer holds or wants it: an I/O
// that nobody disturbs costs nothing here.
//
// Follows OpenZFS module/zfs/spa_misc.c: spa_vdev_state_enter, spa_vdev_state_exit; vdev.c:
// vdev_offline_locked, vdev_online, vdev_clear; zio.c: zio_vdev_io_start, zio_vdev_io_assess;
// zfs_ioctl.c: zfs_ioc_clear. Differs from the real system: heartbeats of multihost and what a
// resilver writes are not waited for; a device does not show of itself that it is faulty; what
// scenarios take under the name SCL_ZIO keeps I/O out, and does not wait for it.
#include <algorithm>

#include "model/dataset/errno.h"
#include "model/txg/pool.h"

namespace model {

bool Pool::IoLockedOut(const Thread* thread) const {
  if (scl_zio_.holds().empty() && scl_zio_.waiters().empty()) return false;
  if (scl_zio_.HeldBy(thread)) return false;  // ZIO_FLAG_CONFIG_WRITER
  const std::vector<Lock::Hold>& holds = scl_zio_.holds();
  return !scl_zio_.waiters().empty() || std::any_of(holds.begin(), holds.end(), [](const Lock::Hold& hold) {
    return hold.mode == Lock::kWrite;
  });
}

sim::Task<> Pool::BeginIo(Thread* thread) {
  co_await sim::FrameName{"spa_config_enter"};
  co_await scl_zio_.Read(thread);
  scl_zio_.Unlock(thread);
}

void Pool::EndIo(Thread* thread) {
  in_io_.erase(std::find(in_io_.begin(), in_io_.end(), thread));
  if (in_io_.empty()) machine_->WakeAll(io_drained_.get(), 0, nullptr);
}

sim::Task<> Pool::LockOutIo(Thread* thread) {
  co_await scl_zio_.Write(thread);
  co_await sim::FrameName{"spa_config_enter"};
  while (!in_io_.empty()) co_await thread->Wait(*io_drained_, {});
}

sim::Task<> Pool::EnterVdevState(Thread* thread) {
  co_await sim::FrameName{"spa_vdev_state_enter"};
  co_await scl_state_.Write(thread);
  co_await LockOutIo(thread);
}

void Pool::ExitVdevState(Thread* thread) {
  scl_zio_.Unlock(thread);
  scl_state_.Unlock(thread);
}

Device* Pool::FindDevice(std::string_view name) const {
  const auto is = [name](const Device* device) {
    const std::string_view full = device->name();
    return full == name || full.substr(full.rfind('/') + 1) == name;
  };
  for (const DeviceGroup* group : {disks_, log_}) {
    if (group == nullptr) continue;
    const auto it = std::find_if(group->devices().begin(), group->devices().end(), is);
    if (it != group->devices().end()) return *it;
  }
  return nullptr;
}

sim::Task<int> Pool::SetDeviceOnline(Thread* thread, std::string name, bool online) {
  co_await sim::FrameName{online ? "vdev_online" : "vdev_offline"};
  Device* device = FindDevice(name);
  if (device == nullptr) co_return kENODEV;
  co_await EnterAdminGate(thread);
  co_await EnterVdevState(thread);
  int error = 0;
  // A log device is always expendable.
  const std::vector<Device*>& members = disks_->devices();
  const bool member = std::find(members.begin(), members.end(), device) != members.end();
  if (!online && !device->taken_out() && member && !disks_->DoesWithout(device)) error = kEBUSY;
  if (error == 0) {
    device->TakeOut(!online);
    config_dirty_ = true;
  }
  ExitVdevState(thread);
  if (error == 0) co_await WaitSynced(thread, 0);
  if (error == 0 && online) MemberIsBack(device);
  admin_gate_.Unlock(thread);
  co_return error;
}

sim::Task<int> Pool::ClearErrors(Thread* thread, std::string name) {
  Device* only = name.empty() ? nullptr : FindDevice(name);
  if (!name.empty() && only == nullptr) co_return kENODEV;
  co_await EnterVdevState(thread);
  for (const DeviceGroup* group : {disks_, log_}) {
    if (group == nullptr) continue;
    for (Device* device : group->devices()) {
      if (only == nullptr || device == only) device->ClearErrors();
    }
  }
  const bool was_suspended = suspended();
  ExitVdevState(thread);
  if (!was_suspended) {
    ClearEnds(thread);  // It resumes nothing while it waits: somebody else has to, if the pool suspends.
    config_dirty_ = true;
    co_await WaitSynced(thread, 0);
  }
  co_return co_await Resume(thread);
}

}  // namespace model
