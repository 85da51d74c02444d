// SPDX-License-Identifier: Apache-2.0
#include "model/txg/pool_event.h"

#include "fmt/format.h"
#include "model/txg/pool.h"

namespace model {

std::string EventClass(std::string_view kind) {
  if (kind == "resume") return "";
  if (kind == "statechange") return "resource.fs.zfs.statechange";
  const bool of_scan = kind.starts_with("scrub_") || kind.starts_with("resilver_");
  return fmt::format("{}.fs.zfs.{}", of_scan ? "sysevent" : "ereport", kind);
}

void Pool::AddEvent(std::string_view kind, std::string text) {
  events_.push_back({machine_->now(), kind, std::move(text)});
}

void Pool::OnDeadman(std::string text) { AddEvent("deadman", std::move(text)); }

void Pool::OnDeadmanPanic(std::string text) { module_->Panic(fmt::format("pool {}: {}", name(), text)); }

void Pool::OnStateChanged(const Device& device) {
  AddEvent("statechange", fmt::format("{} is {}", device.name(), device.state_name()));
}

// At most zfs_slow_io_events_per_second of the events are kept.
void Pool::OnIoDone(const DeviceIo& io) {
  const int64_t age_ms = (machine_->now() - io.submitted()).ns() / 1'000'000;
  if (age_ms <= options_.tunables.zio_slow_io_ms) return;
  ++slow_ios_;
  io.device().CountSlow();
  const int64_t second = machine_->now().ns() / 1'000'000'000;
  if (second != slow_second_) {
    slow_second_ = second;
    slow_in_second_ = 0;
  }
  if (++slow_in_second_ > options_.tunables.zfs_slow_io_events_per_second) return;
  AddEvent("delay", fmt::format("{}: an I/O took {} ms", io.device().name(), age_ms));
}

}  // namespace model
