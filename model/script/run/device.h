// SPDX-License-Identifier: Apache-2.0
//
// The declared devices of a run and the I/Os of its bodies.
#ifndef TXGSIM_MODEL_SCRIPT_RUN_DEVICE_H_
#define TXGSIM_MODEL_SCRIPT_RUN_DEVICE_H_

#include <memory>
#include <string_view>
#include <vector>

#include "model/script/run/world.h"
#include "model/storage/device.h"

namespace model {

class DeviceTable {
 public:
  explicit DeviceTable(World* world);

  Device& Of(ThingRef thing) { return *devices_[static_cast<size_t>(thing.index)]; }
  const std::vector<std::unique_ptr<Device>>& devices() const { return devices_; }
  Device* Find(std::string_view name) const;

  ThingRef AddIo(std::shared_ptr<DeviceIo> io);
  std::shared_ptr<DeviceIo> IoOf(ThingRef thing) const { return ios_[static_cast<size_t>(thing.index)]; }

  void RefreshProducers();

 private:
  World* world_;
  std::vector<std::unique_ptr<Device>> devices_;
  std::vector<std::shared_ptr<DeviceIo>> ios_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_RUN_DEVICE_H_
