// SPDX-License-Identifier: Apache-2.0
#include "model/storage/device_group.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "model/dataset/errno.h"

namespace model {
namespace {

constexpr int64_t kSector = 4096;

int64_t DivUp(int64_t a, int64_t b) { return (a + b - 1) / b; }

size_t Load(const Device& device) { return device.waiting() + device.in_service().size(); }

// How many members it takes to read a block, and how many may be gone.
size_t Columns(const Vdev& vdev) {
  return vdev.kind == VdevKind::kRaidz ? vdev.members.size() - static_cast<size_t>(vdev.parity) : 1;
}
size_t Survives(const Vdev& vdev) { return vdev.members.size() - Columns(vdev); }

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
    if (!share.Survived()) {
      if (error_ == 0) error_ = part.error();
    } else if (kind_ == IoKind::kRead) {
      TryAnother(part);
    }
  }
  if (--left_ == 0 && !submitting_) Finish();
}

// Those with an old copy last.
void GroupIo::TryAnother(const DeviceIo& part) {
  const Share& share = shares_[part.share_];
  const std::vector<Device*>& members = group_->vdevs_[share.vdev].members;
  std::optional<size_t> next;
  for (size_t i = 0; i < members.size(); ++i) {
    if (share.tried[i]) continue;
    if (!next || (group_->DtlOf(members[*next]).old_copy && !group_->DtlOf(members[i]).old_copy)) next = i;
  }
  if (next) group_->SubmitPart(this, part.share_, *next, nullptr);
}

// A write that no vdev could do without them fails, and is issued anew when its pool goes on.
void GroupIo::NoteOldCopies() {
  if (kind_ != IoKind::kWrite) return;
  for (const std::shared_ptr<DeviceIo>& part : parts_) {
    if (part->error() == 0 || !shares_[part->share_].Survived()) continue;
    DeviceGroup::Dtl& dtl = group_->dtls_[group_->IndexOf(&part->device())];
    if (!dtl.old_copy) dtl.from = part->submitted();
    dtl.old_copy = true;
    dtl.to = part->ended();
  }
}

void GroupIo::Finish() {
  NoteOldCopies();
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
  dtls_.resize(devices_.size());
}

size_t DeviceGroup::IndexOf(const Device* device) const {
  const auto it = std::find(devices_.begin(), devices_.end(), device);
  SIM_CHECK(it != devices_.end());
  return static_cast<size_t>(it - devices_.begin());
}

size_t DeviceGroup::VdevOf(const Device* device) const {
  const auto it = std::find_if(vdevs_.begin(), vdevs_.end(), [device](const Vdev& vdev) {
    return std::find(vdev.members.begin(), vdev.members.end(), device) != vdev.members.end();
  });
  SIM_CHECK(it != vdevs_.end());
  return static_cast<size_t>(it - vdevs_.begin());
}

int64_t DeviceGroup::Missed(const Device* device) const {
  const bool member = std::find(devices_.begin(), devices_.end(), device) != devices_.end();
  return member ? DtlOf(device).bytes : 0;
}

void DeviceGroup::AddMissed(const Device* device, int64_t bytes) { dtls_[IndexOf(device)].bytes += bytes; }

void DeviceGroup::Regain(const Device* device, int64_t bytes) {
  Dtl& dtl = dtls_[IndexOf(device)];
  dtl.bytes -= std::min(bytes, dtl.bytes);
  if (dtl.bytes == 0) dtl.old_copy = false;
}

void DeviceGroup::LimitMissed(const Device* device, int64_t data_bytes) {
  const auto parts = static_cast<int64_t>(vdevs_.size() * Columns(vdevs_[VdevOf(device)]));
  Dtl& dtl = dtls_[IndexOf(device)];
  dtl.bytes = std::min(dtl.bytes, DivUp(data_bytes, parts));
}

// Most members lack what was written when one of them had just begun to.
bool DeviceGroup::DoesWithout(const Device* device) const {
  const Vdev& vdev = vdevs_[VdevOf(device)];
  const auto without = [&](const Dtl* when) {
    return static_cast<size_t>(
        std::count_if(vdev.members.begin(), vdev.members.end(), [&](const Device* member) {
          const Dtl& dtl = DtlOf(member);
          const bool lacks =
              when != nullptr && dtl.old_copy && dtl.from <= when->from && when->from <= dtl.to;
          return member == device || member->offline() || lacks;
        }));
  };
  size_t most = without(nullptr);
  for (const Device* member : vdev.members) {
    if (DtlOf(member).old_copy) most = std::max(most, without(&DtlOf(member)));
  }
  return most <= Survives(vdev);
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
  if (role.resilvers != nullptr) {
    // What it missed is its part of each block.
    const size_t own = VdevOf(role.resilvers);
    share[own] = bytes * static_cast<int64_t>(Columns(vdevs_[own]));
  } else if (kind != IoKind::kFlush) {
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
  const Device* resilvered = group->role_.resilvers;
  const bool scrub = group->role_.io_class == IoClass::kScrub && resilvered == nullptr;
  const bool reads = group->kind_ == IoKind::kRead && !scrub;
  size_t columns = width;
  if (vdev.kind == VdevKind::kMirror && reads) {
    members = Turns(vdev_index);
    columns = 1;
  } else if (vdev.kind == VdevKind::kRaidz && group->kind_ != IoKind::kFlush) {
    const auto parity = static_cast<size_t>(vdev.parity);
    const size_t data = std::clamp<size_t>(static_cast<size_t>(DivUp(bytes, kSector)), 1, width - parity);
    share.member_bytes = DivUp(bytes, static_cast<int64_t>(data));
    share.may_fail = vdev.parity;
    members = Turns(vdev_index);
    columns = reads ? data : data + parity;
  }
  if (reads) PutOldCopiesLast(vdev_index, &members);
  if (resilvered != nullptr) {
    KeepSources(vdev_index, resilvered, &members);
    share.tried.assign(width, true);
    for (const size_t member : members) share.tried[member] = false;
    if (members.size() < columns) {
      if (group->error_ == 0) group->error_ = kEIO;
      return;
    }
    share.may_fail = static_cast<int>(members.size() - columns);
  }
  members.resize(columns);
  group->shares_.push_back(std::move(share));
  const size_t index = group->shares_.size() - 1;
  // All of them first: one that fails at once must not be replaced by one of the others.
  for (const size_t member : members) group->shares_[index].tried[member] = true;
  for (const size_t member : members) SubmitPart(group, index, member, submitter);
}

std::vector<size_t> DeviceGroup::Turns(size_t vdev_index) {
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
  return members;
}

void DeviceGroup::PutOldCopiesLast(size_t vdev, std::vector<size_t>* members) const {
  std::stable_partition(members->begin(), members->end(),
                        [&](size_t member) { return !DtlOf(vdevs_[vdev].members[member]).old_copy; });
}

void DeviceGroup::KeepSources(size_t vdev, const Device* resilvered, std::vector<size_t>* members) const {
  const Dtl& wanted = DtlOf(resilvered);
  std::erase_if(*members, [&](size_t member) {
    const Device* device = vdevs_[vdev].members[member];
    const Dtl& dtl = DtlOf(device);
    const bool lacks = wanted.old_copy && dtl.old_copy && dtl.from <= wanted.to && wanted.from <= dtl.to;
    return device == resilvered || lacks;
  });
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
