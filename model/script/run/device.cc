// SPDX-License-Identifier: Apache-2.0
#include "model/script/run/device.h"

#include <utility>

#include "fmt/format.h"
#include "model/script/run/sync.h"
#include "model/script/run/words.h"

namespace model {
namespace {

Device& DeviceOf(OpCall* call) { return call->world().devices().Of(call->Thing(1)); }

// device:io(size [, { wait = }])
sim::Task<> Io(OpCall* call) {
  const std::optional<int64_t> bytes = call->Bytes(2);
  if (!bytes) co_return;
  std::optional<WaitOptions> wait = call->Wait(3, WaitMode::kD);
  if (!wait || !call->MaySleep()) co_return;
  wait->io = true;
  const int error = co_await DeviceOf(call).Io(call->thread(), IoKind::kWrite, *bytes, wait->spec());
  if (error != 0) call->Raise(error);
}

sim::Task<> Submit(OpCall* call) {
  const std::optional<int64_t> bytes = call->Bytes(2);
  if (!bytes) co_return;
  std::shared_ptr<DeviceIo> io = DeviceOf(call).Submit(IoKind::kWrite, *bytes, call->thread());
  call->ReturnThing(call->world().devices().AddIo(std::move(io)));
}

sim::Task<> WaitIo(OpCall* call) {
  const std::shared_ptr<DeviceIo> io = call->world().devices().IoOf(call->Thing(1));
  std::optional<WaitOptions> wait = call->Wait(2, WaitMode::kD);
  if (!wait || !call->MaySleep()) co_return;
  wait->io = true;
  const int error = co_await io->Wait(call->thread(), wait->spec());
  if (error != 0) call->Raise(error);
}

enum MapDetail : int { kHold, kRelease, kFail };

// A queueing map: who may let its I/Os go is declared, as for a completion.
sim::Task<> Map(OpCall* call) {
  Device& device = DeviceOf(call);
  if (call->detail() == kHold) {
    device.Hold();
    co_return;
  }
  const DeviceDecl& decl = call->world().scenario().devices[static_cast<size_t>(call->Thing(1).index)];
  if (!call->world().sync().MayEnd(decl.by, &call->here())) {
    call->Fail(fmt::format("{} is declared to be released by others; here is {}", decl.name,
                           call->thread()->name()));
    co_return;
  }
  TXGSIM_SCHEDULING_POINT(call, "release");
  if (call->detail() == kRelease) {
    device.Release();
    co_return;
  }
  const std::optional<int64_t> error = call->Integer(2);
  if (error) device.Fail(static_cast<int>(*error));
}

constexpr BlockingOp kIoOp = {&Io};
constexpr BlockingOp kSubmitOp = {&Submit};
constexpr BlockingOp kWaitOp = {&WaitIo};
constexpr BlockingOp kHoldOp = {&Map, kHold};
constexpr BlockingOp kReleaseOp = {&Map, kRelease};
constexpr BlockingOp kFailOp = {&Map, kFail};

}  // namespace

DeviceTable::DeviceTable(World* world) : world_(world) {
  for (const DeviceDecl& decl : world->scenario().devices) {
    Device::Options options;
    options.read = options.write = MakeDistribution(decl.service);
    options.flush = MakeDistribution(decl.flush);
    options.bandwidth = decl.bandwidth_bytes_per_s.value_or(0);
    options.depth = static_cast<int>(decl.depth);
    devices_.push_back(std::make_unique<Device>(&world->machine(), decl.name, options));
  }
}

Device* DeviceTable::Find(std::string_view name) const {
  for (const std::unique_ptr<Device>& device : devices_) {
    if (device->name() == name) return device.get();
  }
  return nullptr;
}

ThingRef DeviceTable::AddIo(std::shared_ptr<DeviceIo> io) {
  world_->Take(sizeof(DeviceIo));
  ios_.push_back(std::move(io));
  return {ThingKind::kIo, static_cast<int32_t>(ios_.size() - 1)};
}

void DeviceTable::RefreshProducers() {
  for (size_t i = 0; i < devices_.size(); ++i) {
    world_->sync().FillProducers(world_->scenario().devices[i].by,
                                 {ThingKind::kDevice, static_cast<int32_t>(i)}, &devices_[i]->by());
  }
}

void BindDeviceWords(RuntimeTable* table) {
  table->BindBlocking("device:io", &kIoOp);
  table->BindBlocking("device:submit", &kSubmitOp);
  table->BindBlocking("io:wait", &kWaitOp);
  table->BindBlocking("device:hold", &kHoldOp);
  table->BindBlocking("device:release", &kReleaseOp);
  table->BindBlocking("device:fail", &kFailOp);
}

}  // namespace model
