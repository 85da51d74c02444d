// SPDX-License-Identifier: Apache-2.0
//
// The deadman: a watchdog over syncs and over waits for I/O.
//
//   watched                         looks first after           again every
//   one spa_sync                    zfs_deadman_synctime_ms     zfs_deadman_checktime_ms
//   one thread in zio_wait          zfs_deadman_ziotime_ms      zfs_deadman_checktime_ms
//
// A look finds the I/Os that have been under way longer than the same time. For each there
// is an event; with zfs_deadman_failmode = continue what was lost is begun anew, with panic
// the machine stops. With wait, the default, nothing is done: a lost I/O hangs its txg for
// ever. While the pool is suspended nobody looks, and the watch over the sync at hand ends.
//
// A thread in zio_wait sleeps with a time-out: after each look its wait begins again, which
// the hung-task detector takes for life. So such a thread is reported once, before the first
// look, and not any more.
//
// Follows OpenZFS module/zfs/spa_misc.c:spa_deadman, vdev.c:vdev_deadman, zio.c:zio_wait,
// zio_deadman. Differs from the real system: what is stuck in a device that answers nothing
// stays there when it is begun anew, as it would in the device's driver.
#ifndef TXGSIM_MODEL_TXG_DEADMAN_H_
#define TXGSIM_MODEL_TXG_DEADMAN_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "model/storage/device_group.h"
#include "model/txg/tunables.h"

namespace model {

// What the deadman asks of the pool.
class DeadmanOwner {
 public:
  virtual ~DeadmanOwner() = default;
  virtual bool suspended() const = 0;
  virtual void OnDeadman(std::string text) = 0;
  virtual void OnDeadmanPanic(std::string text) = 0;
};

class Deadman {
 public:
  // Watches over these devices, all that the pool has.
  Deadman(Machine* machine, const PoolTunables* tunables, std::vector<Device*> devices, DeadmanOwner* owner);
  ~Deadman();

  void SyncBegins(uint64_t txg);
  void SyncEnds();

  // A thread in zio_wait, for as long as this lives.
  class IoWait {
   public:
    IoWait(Deadman* deadman, Thread* thread);
    IoWait(const IoWait&) = delete;
    IoWait& operator=(const IoWait&) = delete;
    ~IoWait();

   private:
    friend class Deadman;
    Deadman* deadman_;
    Thread* thread_;
    sim::SimTime due_;
  };

 private:
  struct Timer : sim::EventHandler {
    Timer(Deadman* owner, void (*function)(EventHandler*)) : EventHandler(function), deadman(owner) {}
    Deadman* deadman;
    sim::EventId id;
  };
  DeadmanMode mode() const { return static_cast<DeadmanMode>(tunables_->zfs_deadman_failmode); }
  void Look(sim::SimDuration age);
  void OnSyncDue();
  void OnIoDue();
  void ArmIo();

  Machine* machine_;
  const PoolTunables* tunables_;
  std::vector<Device*> devices_;
  DeadmanOwner* owner_;
  uint64_t txg_ = 0;
  int64_t calls_ = 0;
  sim::SimTime sync_start_;
  std::vector<IoWait*> waits_;
  Timer sync_timer_;
  Timer io_timer_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_TXG_DEADMAN_H_
