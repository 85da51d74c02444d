// SPDX-License-Identifier: Apache-2.0
#include "model/storage/device_group.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace model {
namespace {

constexpr int64_t kSector = 4096;

int64_t DivUp(int64_t a, int64_t b) { return (a + b - 1) / b; }

size_t Load(const Device& device) { return device.waiting() + device.in_service().size(); }

}  // namespace

GroupIo::GroupIo(DeviceGroup* group, IoKind kind, IoRole role)
    : Actor(ActorKind::kIo, group->name()),
      Waitable(WaitableKind::kIo, group->name()),
      group_(group),
      kind_(kind),
      role_(role) {}

sim::Task<int> GroupIo::Wait(Thread* thread, WaitSpec spec) {
  co_await sim::FrameName{"io_schedule"};
  if (!done()) {
    const int error = co_await thread->Wait(*this, spec);
    if (error != 0) co_return error;
  }
  co_return error_;
}

void GroupIo::OnPartDone(const DeviceIo& part) {
  Share& share = shares_[part.share_];
  if (part.error() != 0) {
    ++share.failed;
    const bool redundant = group_->vdevs_[share.vdev].kind != VdevKind::kDisk;
    if (kind_ == IoKind::kWrite && redundant) group_->AddMissed(&part.device(), part.bytes());
    const auto untried = std::find(share.tried.begin(), share.tried.end(), false);
    if (share.failed > share.may_fail) {
      if (error_ == 0) error_ = part.error();
    } else if (kind_ == IoKind::kRead && untried != share.tried.end()) {
      group_->SubmitPart(this, part.share_, static_cast<size_t>(untried - share.tried.begin()), nullptr);
    }
  }
  if (--left_ == 0 && !submitting_) Finish();
}

void GroupIo::Finish() {
  given_.ReleaseAll(this, nullptr);
  group_->machine_->WakeAll(this, 0, nullptr);
}

Actor::Condition GroupIo::Examine(EnderSet* enders) const {
  if (done()) return Condition::kEnded;
  for (const std::shared_ptr<DeviceIo>& part : parts_) {
    if (!part->done()) enders->Needs(part.get());
  }
  return Condition::kDepends;
}

void GroupIo::Enders(const Waiter&, EnderSet* enders) const { Examine(enders); }

DeviceGroup::DeviceGroup(Machine* machine, std::string name, std::vector<Vdev> vdevs, int64_t chunk_bytes)
    : machine_(machine),
      name_(std::move(name)),
      vdevs_(std::move(vdevs)),
      chunk_bytes_(chunk_bytes),
      next_member_(vdevs_.size(), 0) {
  SIM_CHECK(!vdevs_.empty() && chunk_bytes_ > 0);
  for (const Vdev& vdev : vdevs_) {
    SIM_CHECK(static_cast<int>(vdev.members.size()) > vdev.parity);
    devices_.insert(devices_.end(), vdev.members.begin(), vdev.members.end());
  }
  missed_.assign(devices_.size(), 0);
}

void DeviceGroup::AddMissed(const Device* device, int64_t bytes) {
  const auto it = std::find(devices_.begin(), devices_.end(), device);
  SIM_CHECK(it != devices_.end());
  missed_[static_cast<size_t>(it - devices_.begin())] += bytes;
}

int64_t DeviceGroup::TakeMissed(const Device* device) {
  const auto it = std::find(devices_.begin(), devices_.end(), device);
  return it == devices_.end() ? 0 : std::exchange(missed_[static_cast<size_t>(it - devices_.begin())], 0);
}

namespace {

std::vector<Vdev> Striped(const std::vector<Device*>& devices) {
  std::vector<Vdev> vdevs;
  for (Device* device : devices) vdevs.push_back({.kind = VdevKind::kDisk, .members = {device}});
  return vdevs;
}

}  // namespace

DeviceGroup::DeviceGroup(Machine* machine, std::string name, const std::vector<Device*>& devices,
                         int64_t chunk_bytes)
    : DeviceGroup(machine, std::move(name), Striped(devices), chunk_bytes) {}

std::shared_ptr<GroupIo> DeviceGroup::Submit(IoKind kind, int64_t bytes, const Thread* submitter,
                                             IoRole role) {
  const size_t count = vdevs_.size();
  std::vector<int64_t> share(count, 0);
  if (kind != IoKind::kFlush) {
    const int64_t chunks = std::max<int64_t>(DivUp(bytes, chunk_bytes_), 1);
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
  auto group = std::make_shared<GroupIo>(this, kind, role);
  group->submitting_ = true;
  for (size_t i = 0; i < count; ++i) {
    if (kind == IoKind::kFlush || share[i] > 0) SubmitShare(group.get(), i, share[i], submitter);
  }
  group->submitting_ = false;
  std::erase_if(under_way_, [](const std::shared_ptr<GroupIo>& io) { return io->done(); });
  if (!group->done()) under_way_.push_back(group);
  return group;
}

void DeviceGroup::SubmitShare(GroupIo* group, size_t vdev_index, int64_t bytes, const Thread* submitter) {
  const Vdev& vdev = vdevs_[vdev_index];
  const size_t width = vdev.members.size();
  std::vector<size_t> members(width);
  std::iota(members.begin(), members.end(), size_t{0});
  GroupIo::Share share = {
      .vdev = vdev_index, .member_bytes = bytes, .tried = std::vector<bool>(width, false)};
  if (vdev.kind != VdevKind::kDisk) share.may_fail = static_cast<int>(width) - 1;
  // A scrub reads every copy, and the parity; a resilver what it needs of those that have it.
  const Device* old_copy = group->role_.old_copy;
  const bool scrub = group->role_.io_class == IoClass::kScrub && old_copy == nullptr;
  if (vdev.kind == VdevKind::kMirror && group->kind_ == IoKind::kRead && !scrub) {
    members = ReadMembers(vdev_index, 1, old_copy);
  } else if (vdev.kind == VdevKind::kRaidz && group->kind_ != IoKind::kFlush) {
    const auto parity = static_cast<size_t>(vdev.parity);
    const size_t data = std::clamp<size_t>(static_cast<size_t>(DivUp(bytes, kSector)), 1, width - parity);
    share.member_bytes = DivUp(bytes, static_cast<int64_t>(data));
    share.may_fail = vdev.parity;
    members =
        ReadMembers(vdev_index, group->kind_ == IoKind::kRead && !scrub ? data : data + parity, old_copy);
  }
  group->shares_.push_back(std::move(share));
  const size_t index = group->shares_.size() - 1;
  // All of them first: one that fails at once must not be replaced by one of the others.
  for (const size_t member : members) group->shares_[index].tried[member] = true;
  for (const size_t member : members) SubmitPart(group, index, member, submitter);
}

std::vector<size_t> DeviceGroup::ReadMembers(size_t vdev_index, size_t columns, const Device* old_copy) {
  const Vdev& vdev = vdevs_[vdev_index];
  const size_t width = vdev.members.size();
  std::vector<size_t> members(width);
  std::iota(members.begin(), members.end(), size_t{0});
  std::rotate(members.begin(), members.begin() + static_cast<ptrdiff_t>(next_member_[vdev_index]),
              members.end());
  next_member_[vdev_index] = (next_member_[vdev_index] + 1) % width;
  // vdev_mirror_child_select: the member with the fewest I/Os pending.
  if (vdev.kind == VdevKind::kMirror) {
    std::stable_sort(members.begin(), members.end(),
                     [&](size_t a, size_t b) { return Load(*vdev.members[a]) < Load(*vdev.members[b]); });
  }
  std::stable_partition(members.begin(), members.end(),
                        [&](size_t member) { return vdev.members[member] != old_copy; });
  members.resize(columns);
  return members;
}

void DeviceGroup::SubmitPart(GroupIo* group, size_t share, size_t member, const Thread* submitter) {
  group->shares_[share].tried[member] = true;
  ++group->left_;
  Device* device = vdevs_[group->shares_[share].vdev].members[member];
  const int64_t bytes = group->shares_[share].member_bytes;
  std::shared_ptr<DeviceIo> part = device->Submit(group->kind_, bytes, submitter, group->role_);
  group->parts_.push_back(part);
  part->share_ = share;
  if (part->done()) {
    group->OnPartDone(*part);
  } else {
    part->group_ = group;
  }
}

sim::Task<int> DeviceGroup::Io(Thread* thread, IoKind kind, int64_t bytes, WaitSpec spec) {
  std::shared_ptr<GroupIo> io = Submit(kind, bytes, thread);
  co_return co_await io->Wait(thread, spec);
}

}  // namespace model
