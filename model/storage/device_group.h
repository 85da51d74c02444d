// SPDX-License-Identifier: Apache-2.0
//
// Several devices as one: data is spread over them in chunks, a flush goes to all.
//
// A large I/O becomes one I/O a device, of that device's share, so the number of events
// does not grow with the bytes. The first chunk goes to the device after the one where
// the last I/O ended, so small ones take turns.
#ifndef TXGSIM_MODEL_STORAGE_DEVICE_GROUP_H_
#define TXGSIM_MODEL_STORAGE_DEVICE_GROUP_H_

#include <memory>
#include <string>
#include <vector>

#include "model/storage/device.h"

namespace model {

// Done when all its parts are; its error is the first part's that failed.
class GroupIo final : public Actor, public Waitable {
 public:
  explicit GroupIo(Machine* machine, const std::string& name);
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
  void OnPartDone(int error);

  Machine* machine_;
  std::vector<std::shared_ptr<DeviceIo>> parts_;
  size_t left_ = 0;
  int error_ = 0;
  GivenHolds given_;
};

class DeviceGroup {
 public:
  // REQUIRES: at least one device. They must outlive the group.
  DeviceGroup(Machine* machine, std::string name, std::vector<Device*> devices,
              int64_t chunk_bytes = 128 * 1024);

  const std::string& name() const { return name_; }
  const std::vector<Device*>& devices() const { return devices_; }

  // The parts keep the devices busy even if the result is dropped.
  std::shared_ptr<GroupIo> Submit(IoKind kind, int64_t bytes, const Thread* submitter = nullptr);
  sim::Task<int> Io(Thread* thread, IoKind kind, int64_t bytes, WaitSpec spec = kIoWait);

 private:
  Machine* machine_;
  std::string name_;
  std::vector<Device*> devices_;
  int64_t chunk_bytes_;
  size_t next_ = 0;
  // Kept until done: a part reports to its group when it completes.
  std::vector<std::shared_ptr<GroupIo>> under_way_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_STORAGE_DEVICE_GROUP_H_
