// SPDX-License-Identifier: Apache-2.0
#include "model/storage/device_group.h"

#include <algorithm>
#include <utility>

namespace model {

GroupIo::GroupIo(Machine* machine, const std::string& group_name)
    : Actor(ActorKind::kIo, group_name), Waitable(WaitableKind::kIo, group_name), machine_(machine) {}

sim::Task<int> GroupIo::Wait(Thread* thread, WaitSpec spec) {
  co_await sim::FrameName{"io_schedule"};
  if (!done()) {
    const int error = co_await thread->Wait(*this, spec);
    if (error != 0) co_return error;
  }
  co_return error_;
}

void GroupIo::OnPartDone(int error) {
  if (error_ == 0) error_ = error;
  if (--left_ > 0) return;
  given_.ReleaseAll(this, nullptr);
  machine_->WakeAll(this, 0, nullptr);
}

Actor::Condition GroupIo::Examine(EnderSet* enders) const {
  if (done()) return Condition::kEnded;
  for (const std::shared_ptr<DeviceIo>& part : parts_) {
    if (!part->done()) enders->Needs(part.get());
  }
  return Condition::kDepends;
}

void GroupIo::Enders(const Waiter&, EnderSet* enders) const { Examine(enders); }

DeviceGroup::DeviceGroup(Machine* machine, std::string name, std::vector<Device*> devices,
                         int64_t chunk_bytes)
    : machine_(machine), name_(std::move(name)), devices_(std::move(devices)), chunk_bytes_(chunk_bytes) {
  SIM_CHECK(!devices_.empty() && chunk_bytes_ > 0);
}

std::shared_ptr<GroupIo> DeviceGroup::Submit(IoKind kind, int64_t bytes, const Thread* submitter) {
  const size_t count = devices_.size();
  std::vector<int64_t> share(count, 0);
  if (kind != IoKind::kFlush) {
    const int64_t chunks = std::max<int64_t>((bytes + chunk_bytes_ - 1) / chunk_bytes_, 1);
    for (size_t i = 0; i < count; ++i) {
      // Chunks i, i + count, i + 2 count ... of this I/O, the last of which may be short.
      const auto n = static_cast<int64_t>(count);
      const int64_t own = (chunks - static_cast<int64_t>(i) + n - 1) / n;
      share[(next_ + i) % count] = std::max<int64_t>(own, 0) * chunk_bytes_;
    }
    const size_t last = (next_ + static_cast<size_t>((chunks - 1) % static_cast<int64_t>(count))) % count;
    share[last] -= chunks * chunk_bytes_ - bytes;
    next_ = (last + 1) % count;
  }
  auto group = std::make_shared<GroupIo>(machine_, name_);
  std::vector<size_t> used;
  for (size_t i = 0; i < count; ++i) {
    if (kind == IoKind::kFlush || share[i] > 0) used.push_back(i);
  }
  group->left_ = used.size();
  for (size_t i : used) {
    std::shared_ptr<DeviceIo> part = devices_[i]->Submit(kind, share[i], submitter);
    group->parts_.push_back(part);
    if (part->done()) {
      group->OnPartDone(part->error());
    } else {
      part->group_ = group.get();
    }
  }
  std::erase_if(under_way_, [](const std::shared_ptr<GroupIo>& io) { return io->done(); });
  if (!group->done()) under_way_.push_back(group);
  return group;
}

sim::Task<int> DeviceGroup::Io(Thread* thread, IoKind kind, int64_t bytes, WaitSpec spec) {
  std::shared_ptr<GroupIo> io = Submit(kind, bytes, thread);
  co_return co_await io->Wait(thread, spec);
}

}  // namespace model
