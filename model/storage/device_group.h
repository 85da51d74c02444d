// SPDX-License-Identifier: Apache-2.0
//
// The devices of a pool as one: top-level vdevs that data is spread over in chunks, each a
// disk, a mirror or a raidz.
//
//   vdev      a write goes to               a read goes to            it survives
//   disk      the disk                      the disk                  nothing
//   mirror n  all n, the whole of it        the least busy one        n - 1 members
//   raidz p   d data columns and p parity,  d columns, d <= n - p     p members
//             each 1/d of the bytes
//
// A large I/O becomes one I/O a device, of that device's share, so the number of events
// does not grow with the bytes. The first chunk goes to the vdev after the one where the
// last I/O ended, so small ones take turns.
//
// A write is done when every member has answered, so one member that stalls holds up the
// whole pool, redundant or not; an error of a member is survived as the table says (OpenZFS
// module/zfs/vdev_mirror.c:vdev_mirror_io_done, vdev_raidz.c:vdev_raidz_io_done). A read
// that fails is tried on the members that are left. A flush goes to all members.
//
// What a member could not take is noted (its dirty time log, vdev.c:vdev_dtl_dirty): how much, and from when
// to when the others took it without it. It is no copy of what was written in that time: a
// resilver does not read that there, `zpool offline` does not count it (vdev.c:vdev_dtl_required),
// other reads ask it last (vdev_mirror.c:vdev_mirror_child_select).
//
// Differs from the real system: no sit-out
// of slow raidz members; no padding of raidz blocks to parity + 1 sectors; dRAID is not there; of what a
// member missed the first and the last moment are known, and not which txgs between; a read by a file
// system call that only such members are left for succeeds, though the block may be one of those.
#ifndef TXGSIM_MODEL_STORAGE_DEVICE_GROUP_H_
#define TXGSIM_MODEL_STORAGE_DEVICE_GROUP_H_

#include <memory>
#include <string>
#include <vector>

#include "model/storage/device.h"

namespace model {

enum class VdevKind : uint8_t { kDisk, kMirror, kRaidz };

// A top-level vdev. The devices must outlive the group.
struct Vdev {
  VdevKind kind = VdevKind::kDisk;
  std::vector<Device*> members;
  int parity = 0;  // Of raidz.
};

// Done when all its parts are; its error is the first of those that its vdev did not survive.
class GroupIo final : public Actor, public Waitable {
 public:
  explicit GroupIo(class DeviceGroup* group, IoKind kind, IoRole role);
  using Actor::name;

  bool done() const { return left_ == 0; }
  int error() const { return error_; }
  const std::vector<std::shared_ptr<DeviceIo>>& parts() const { return parts_; }
  sim::Task<int> Wait(Thread* thread, WaitSpec spec = kIoWait);

  Condition Examine(EnderSet* enders) const override;
  void Enders(const Waiter& waiter, EnderSet* enders) const override;
  void OnHoldGiven(Lock* lock) override { given_.Add(lock); }

 private:
  friend class Device;
  friend class DeviceGroup;
  // One vdev's part of it.
  struct Share {
    size_t vdev;
    int64_t member_bytes;
    int failed = 0;
    int may_fail = 0;
    bool Survived() const { return failed <= may_fail; }
    std::vector<bool> tried;  // By member.
  };
  void OnPartDone(const DeviceIo& part);
  void TryAnother(const DeviceIo& part);
  void NoteOldCopies();
  void Finish();

  DeviceGroup* group_;
  IoKind kind_;
  IoRole role_;
  std::vector<Share> shares_;
  std::vector<std::shared_ptr<DeviceIo>> parts_;
  size_t left_ = 0;
  bool submitting_ = false;
  int error_ = 0;
  GivenHolds given_;
};

class DeviceGroup {
 public:
  // REQUIRES: at least one device a vdev. They must outlive the group.
  DeviceGroup(Machine* machine, std::string name, std::vector<Vdev> vdevs, int64_t chunk_bytes = 128 * 1024);
  // A stripe: each device a vdev.
  DeviceGroup(Machine* machine, std::string name, const std::vector<Device*>& devices,
              int64_t chunk_bytes = 128 * 1024);

  const std::string& name() const { return name_; }
  const std::vector<Vdev>& vdevs() const { return vdevs_; }
  // All members of all vdevs, in order.
  const std::vector<Device*>& devices() const { return devices_; }

  // What was written while the member could not take it, in bytes; 0 of a device that is no member.
  int64_t Missed(const Device* device) const;
  void AddMissed(const Device* device, int64_t bytes);
  // It got that much of it.
  void Regain(const Device* device, int64_t bytes);
  // All vdevs together hold no more than this: what was missed and is not there any more needs no resilver.
  void LimitMissed(const Device* device, int64_t data_bytes);
  // Whether the others hold all that the vdev has.
  bool DoesWithout(const Device* device) const;

  // The parts keep the devices busy even if the result is dropped.
  std::shared_ptr<GroupIo> Submit(IoKind kind, int64_t bytes, const Thread* submitter = nullptr,
                                  IoRole role = {});
  sim::Task<int> Io(Thread* thread, IoKind kind, int64_t bytes, WaitSpec spec = kIoWait);

 private:
  friend class GroupIo;
  // The dirty time log of a member.
  struct Dtl {
    int64_t bytes = 0;
    // The others took what it missed, from then to then; else all failed, and it was written anew.
    bool old_copy = false;
    sim::SimTime from;
    sim::SimTime to;
  };
  size_t IndexOf(const Device* device) const;
  const Dtl& DtlOf(const Device* device) const { return dtls_[IndexOf(device)]; }
  size_t VdevOf(const Device* device) const;
  void SubmitShare(GroupIo* group, size_t vdev, int64_t bytes, const Thread* submitter);
  void SubmitPart(GroupIo* group, size_t share, size_t member, const Thread* submitter);
  // The members in the order in which an I/O that does not go to all of them takes them.
  std::vector<size_t> Turns(size_t vdev);
  void PutOldCopiesLast(size_t vdev, std::vector<size_t>* members) const;
  // Leaves those that have what `resilvered` missed.
  void KeepSources(size_t vdev, const Device* resilvered, std::vector<size_t>* members) const;

  Machine* machine_;
  std::string name_;
  std::vector<Vdev> vdevs_;
  std::vector<Device*> devices_;
  int64_t chunk_bytes_;
  size_t next_ = 0;
  std::vector<Dtl> dtls_;            // By device.
  std::vector<size_t> next_member_;  // By vdev: where the next read or stripe begins.
  // Kept until done: a part reports to its group when it completes.
  std::vector<std::shared_ptr<GroupIo>> under_way_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_STORAGE_DEVICE_GROUP_H_
