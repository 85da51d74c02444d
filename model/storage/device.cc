// SPDX-License-Identifier: Apache-2.0
#include "model/storage/device.h"

#include <algorithm>
#include <bitset>
#include <utility>

#include "model/storage/device_group.h"
#include "sim/hash.h"
#include "sim/portable_math.h"

namespace model {
namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;

// a * b / c, rounded up.
int64_t MulDivUp(int64_t a, int64_t b, int64_t c) {
  return static_cast<int64_t>((static_cast<__int128>(a) * b + c - 1) / c);
}

int64_t Scaled(int64_t ns, double factor) {
  return factor == 1 ? ns : sim::RoundToInt64(static_cast<double>(ns) * factor);
}

}  // namespace

DeviceIo::Timer::Timer(DeviceIo* owner)
    : EventHandler([](sim::EventHandler* handler) {
        DeviceIo* self = static_cast<Timer*>(handler)->io;
        self->device_->OnServiceEnd(self);
      }),
      io(owner) {}

DeviceIo::DeviceIo(Device* device, IoKind io_kind, int64_t bytes, IoRole role)
    : Actor(ActorKind::kIo, device->name()),
      Waitable(WaitableKind::kIo, device->name()),
      device_(device),
      io_kind_(io_kind),
      role_(role),
      submitted_(device->machine().now()),
      bytes_(bytes),
      left_bytes_(bytes),
      timer_(this) {}

const std::string& DeviceIo::reported_name() const { return device_->name(); }

const std::string& DeviceIo::root_name() const { return device_->shown_as(); }

sim::Task<int> DeviceIo::Wait(Thread* thread, WaitSpec spec) {
  co_await sim::FrameName{"io_schedule"};
  if (!done()) {
    const int error = co_await thread->Wait(*this, spec);
    if (error != 0) co_return error;
  }
  co_return error_;
}

Actor::Condition DeviceIo::Examine(EnderSet* enders) const {
  if (done()) return Condition::kEnded;
  device_->AddEnders(*this, nullptr, enders);
  return Condition::kDepends;
}

void DeviceIo::Enders(const Waiter& waiter, EnderSet* enders) const {
  device_->AddEnders(*this, &waiter, enders);
}

Device::Device(Machine* machine, std::string name, const Options& options)
    : machine_(machine),
      name_(std::move(name)),
      options_(options),
      key_(sim::HashName(name_)),
      service_site_(machine->chooser().MakeSite("latency", name_, "service")),
      flush_site_(machine->chooser().MakeSite("latency", name_, "flush")),
      stall_end_(this, [](sim::EventHandler* handler) { static_cast<Timer*>(handler)->device->EndStall(); }),
      channel_end_(this,
                   [](sim::EventHandler* handler) { static_cast<Timer*>(handler)->device->OnChannelEnd(); }) {
  SIM_CHECK(options_.depth >= 1 && options_.chunk_bytes >= 1 && options_.bandwidth >= 0);
}

std::shared_ptr<DeviceIo> Device::Submit(IoKind kind, int64_t bytes, const Thread* submitter, IoRole role) {
  SIM_CHECK(bytes >= 0);
  auto io = std::make_shared<DeviceIo>(this, kind, bytes, role);
  machine_->Record(RecordKind::kIoStart, submitter, key_, static_cast<uint64_t>(bytes));
  if (offline() && gate_ == Gate::kOpen) {
    Complete(io, kENXIO);
    found_gone_ = true;
    return io;
  }
  switch (gate_) {
    case Gate::kOpen:
      queue_.push_back(io);
      figures_.queued_max = std::max(figures_.queued_max, waiting());
      Pump();
      break;
    case Gate::kHeld:
      io->state_ = IoState::kHeld;
      held_.push_back(io);
      break;
    case Gate::kFailing:
      Complete(io, gate_error_);
      break;
  }
  return io;
}

sim::Task<int> Device::Io(Thread* thread, IoKind kind, int64_t bytes, WaitSpec spec) {
  std::shared_ptr<DeviceIo> io = Submit(kind, bytes, thread);
  co_return co_await io->Wait(thread, spec);
}

void Device::Pump() {
  if (stalled_) return;
  Issue();
  while (!issued_.empty() && in_service_.size() < static_cast<size_t>(options_.depth)) Begin();
  if (!issued_.empty() && channel_.size() == 1 && channel_.front()->role_.stream_active > 0)
    CutTransfer(TurnBytes(*channel_.front()));
}

void Device::Issue() {
  while (!queue_.empty()) {
    size_t next = 0;
    if (options_.limits != nullptr) {
      std::bitset<kIoClasses> waiting;
      for (const std::shared_ptr<DeviceIo>& io : queue_) waiting.set(static_cast<size_t>(io->role_.io_class));
      const std::optional<IoClass> chosen = NextIoClass(*options_.limits, active_, waiting);
      if (!chosen) return;  // Every class that waits is at its limit.
      while (queue_[next]->role_.io_class != *chosen) ++next;
    }
    ++active_[static_cast<size_t>(queue_[next]->role_.io_class)];
    issued_.push_back(std::move(queue_[next]));
    queue_.erase(queue_.begin() + static_cast<ptrdiff_t>(next));
  }
}

void Device::Begin() {
  in_service_.push_back(std::move(issued_.front()));
  issued_.pop_front();
  DeviceIo* io = in_service_.back().get();
  if (io->left_bytes_ == 0 || options_.bandwidth == 0) {
    StartService(io);
    return;
  }
  io->state_ = IoState::kTransfer;
  io->turn_left_ = TurnBytes(*io);
  channel_.push_back(io);
  if (channel_.size() == 1) StartChannel();
  if (channel_.size() == 2) CutTransfer(options_.chunk_bytes);
}

void Device::StartChannel() {
  DeviceIo* io = channel_.front();
  moving_bytes_ = channel_.size() == 1 ? io->left_bytes_ : std::min(io->left_bytes_, options_.chunk_bytes);
  if (io->role_.stream_active > 0 && !issued_.empty())
    moving_bytes_ = std::min(moving_bytes_, io->turn_left_);
  int64_t ns = MulDivUp(moving_bytes_, kNsPerSecond, options_.bandwidth);
  if (const int64_t active = io->role_.stream_active; active > 0) {
    // Each unit of the stream waits for its service; so many overlap.
    const sim::Distribution& service = io->io_kind_ == IoKind::kRead ? options_.read : options_.write;
    const int64_t service_ns = service.Quantile(sim::QuantilePoint::kP50);
    ns = std::max(ns, MulDivUp(moving_bytes_, service_ns, options_.stream_unit * active));
    if (std::exchange(io->resumes_, false)) ns += service_ns;
  }
  moving_ns_ = Scaled(ns, slow_factor_);
  moving_since_ = machine_->now();
  channel_end_.id = machine_->simulation().CallAfter(sim::SimDuration::Nanos(moving_ns_), &channel_end_);
}

// Another I/O wants the channel, or a slot: the one that moves stops at the end of its grain.
void Device::CutTransfer(int64_t grain_bytes) {
  const int64_t elapsed = (machine_->now() - moving_since_).ns();
  const int64_t moved =
      moving_ns_ == 0 ? moving_bytes_
                      : static_cast<int64_t>(static_cast<__int128>(moving_bytes_) * elapsed / moving_ns_);
  const int64_t grains = std::max<int64_t>((moved + grain_bytes - 1) / grain_bytes, 1);
  const int64_t cut = grains * grain_bytes;
  if (cut >= moving_bytes_) return;
  const int64_t cut_ns = std::max(MulDivUp(moving_ns_, cut, moving_bytes_), elapsed);
  machine_->simulation().Cancel(channel_end_.id);
  moving_bytes_ = cut;
  moving_ns_ = cut_ns;
  channel_end_.id =
      machine_->simulation().CallAfter(sim::SimDuration::Nanos(cut_ns - elapsed), &channel_end_);
}

void Device::OnChannelEnd() {
  DeviceIo* io = channel_.front();
  channel_.pop_front();
  io->left_bytes_ -= moving_bytes_;
  io->turn_left_ -= moving_bytes_;
  const bool turn_over = io->role_.stream_active > 0 && io->turn_left_ <= 0;
  if (io->left_bytes_ == 0) {
    StartService(io);
  } else if (turn_over && !issued_.empty() && !stalled_) {
    GiveUpSlot(io);
  } else {
    if (turn_over) io->turn_left_ = TurnBytes(*io);
    channel_.push_back(io);
  }
  if (!channel_.empty()) StartChannel();
  Pump();
}

void Device::GiveUpSlot(DeviceIo* io) {
  const auto slot = std::find_if(in_service_.begin(), in_service_.end(),
                                 [io](const auto& begun) { return begun.get() == io; });
  io->state_ = IoState::kQueued;
  io->resumes_ = true;
  issued_.push_back(std::move(*slot));
  in_service_.erase(slot);
}

void Device::StartService(DeviceIo* io) {
  io->state_ = IoState::kService;
  sim::Chooser& chooser = machine_->chooser();
  int64_t ns = 0;
  switch (io->io_kind_) {
    case IoKind::kRead:
      ns = chooser.Draw(service_site_, options_.read);
      break;
    case IoKind::kWrite:
      ns = chooser.Draw(service_site_, options_.write);
      break;
    case IoKind::kFlush:
      ns = chooser.Draw(flush_site_, options_.flush);
      break;
  }
  io->timer_.id =
      machine_->simulation().CallAfter(sim::SimDuration::Nanos(Scaled(ns, slow_factor_)), &io->timer_);
}

void Device::OnServiceEnd(DeviceIo* io) {
  if (stalled_) {
    io->state_ = IoState::kStuck;
  } else if (to_lose_ > 0) {
    --to_lose_;
    io->state_ = IoState::kLost;
  } else {
    Complete(io->shared_from_this(), fault_error_);
  }
}

void Device::Complete(std::shared_ptr<DeviceIo> io, int error) {
  if (std::erase(in_service_, io) != 0) --active_[static_cast<size_t>(io->role_.io_class)];
  io->state_ = IoState::kDone;
  io->error_ = error;
  io->ended_ = machine_->now();
  ++figures_.ios;
  figures_.bytes += io->bytes_;
  const int64_t wait_ns = (machine_->now() - io->submitted_).ns();
  // As zpool iostat has it, only what succeeds (vdev.c:vdev_stat_update).
  if (error != 0) {
    ++figures_.errors;
    if (io->io_kind_ == IoKind::kRead && !found_gone_) ++errors_.reads;
    if (io->io_kind_ == IoKind::kWrite && !found_gone_) ++errors_.writes;
  } else if (io->io_kind_ == IoKind::kRead) {
    ++figures_.reads;
    figures_.read_bytes += io->bytes_;
    figures_.read_wait_ns += wait_ns;
  } else if (io->io_kind_ == IoKind::kWrite) {
    ++figures_.writes;
    figures_.written_bytes += io->bytes_;
    figures_.write_wait_ns += wait_ns;
  }
  if (observer_ != nullptr) observer_->OnIoDone(*io);
  machine_->Record(RecordKind::kIoDone, nullptr, key_, static_cast<uint64_t>(error));
  io->given_.ReleaseAll(io.get(), nullptr);
  machine_->WakeAll(io.get(), 0, nullptr);
  if (io->group_ != nullptr) io->group_->OnPartDone(*io);
  Pump();
}

void Device::Release() {
  gate_ = Gate::kOpen;
  for (std::shared_ptr<DeviceIo>& io : std::exchange(held_, {})) {
    io->state_ = IoState::kQueued;
    queue_.push_back(std::move(io));
  }
  Pump();
}

void Device::Fail(int error) {
  gate_ = Gate::kFailing;
  gate_error_ = error;
  for (const std::shared_ptr<DeviceIo>& io : std::exchange(held_, {})) Complete(io, error);
}

void Device::Stall(std::optional<sim::SimDuration> lasting) {
  stalled_ = true;
  machine_->simulation().Cancel(stall_end_.id);
  stall_end_.id = {};
  if (lasting.has_value()) stall_end_.id = machine_->simulation().CallAfter(*lasting, &stall_end_);
}

void Device::EndStall() {
  machine_->simulation().Cancel(stall_end_.id);
  stall_end_.id = {};
  stalled_ = false;
  const std::vector<std::shared_ptr<DeviceIo>> begun = in_service_;
  for (const std::shared_ptr<DeviceIo>& io : begun) {
    if (io->state_ == IoState::kStuck) OnServiceEnd(io.get());
  }
  Pump();
}

void Device::SetSlow(double factor) {
  SIM_CHECK(factor > 0);
  slow_factor_ = factor;
}

void Device::SetOffline(bool offline) {
  const std::string_view before = state_name();
  offline_ = offline;
  if (before != state_name() && observer_ != nullptr) observer_->OnStateChanged(*this);
  if (offline) {
    FailAll();
  } else if (!taken_out_) {
    found_gone_ = false;
  }
}

void Device::TakeOut(bool out) {
  const std::string_view before = state_name();
  taken_out_ = out;
  found_gone_ = out || offline_;
  if (before != state_name() && observer_ != nullptr) observer_->OnStateChanged(*this);
  if (out) FailAll();
}

void Device::FailAll() {
  machine_->simulation().Cancel(channel_end_.id);
  channel_.clear();
  std::vector<std::shared_ptr<DeviceIo>> failed = std::exchange(in_service_, {});
  for (std::deque<std::shared_ptr<DeviceIo>>* waiting : {&issued_, &queue_}) {
    failed.insert(failed.end(), waiting->begin(), waiting->end());
    waiting->clear();
  }
  active_.fill(0);
  for (const std::shared_ptr<DeviceIo>& io : failed) {
    if (io->state_ == IoState::kService) machine_->simulation().Cancel(io->timer_.id);
    Complete(io, kENXIO);
  }
}

int Device::ReissueOverdue(sim::SimDuration age, bool reissue) {
  int overdue = 0;
  const std::vector<std::shared_ptr<DeviceIo>> begun = in_service_;
  for (const std::shared_ptr<DeviceIo>& io : begun) {
    if (machine_->now() - io->submitted_ < age) continue;
    ++overdue;
    if (!reissue || io->state_ != IoState::kLost) continue;
    std::erase(in_service_, io);
    --active_[static_cast<size_t>(io->role_.io_class)];
    io->state_ = IoState::kQueued;
    io->left_bytes_ = io->bytes_;
    io->submitted_ = machine_->now();
    queue_.push_back(io);
  }
  for (const auto* waiting : {&issued_, &queue_}) {
    overdue += static_cast<int>(std::count_if(waiting->begin(), waiting->end(), [&](const auto& io) {
      return machine_->now() - io->submitted_ >= age;
    }));
  }
  Pump();
  return overdue;
}

void Device::Repair() {
  slow_factor_ = 1;
  fault_error_ = 0;
  to_lose_ = 0;
  SetOffline(false);
  EndStall();
  Release();
  const std::vector<std::shared_ptr<DeviceIo>> begun = in_service_;
  for (const std::shared_ptr<DeviceIo>& io : begun) {
    if (io->state_ == IoState::kLost) Complete(io, 0);
  }
}

void Device::AddEnders(const DeviceIo& io, const Waiter* waiter, EnderSet* enders) const {
  if (io.state_ == IoState::kHeld) {
    by_.Fill(waiter != nullptr ? *waiter : Waiter(), enders);
    return;
  }
  if (rescue_ == Rescue::kAny || (io.state_ == IoState::kLost && rescue_ == Rescue::kLost)) {
    enders->clock = true;
    return;
  }
  if (io.state_ == IoState::kLost) {
    enders->NeedsAnyOf();
    return;
  }
  if (stalled_) {
    if (stall_end_.id.valid()) {
      enders->clock = true;
    } else {
      enders->outside = true;
      enders->NeedsAnyOf();
    }
    return;
  }
  // Queued: some slot must come free, which a lost I/O's never does unless it is begun anew.
  const bool moves = io.state_ != IoState::kQueued || rescue_ == Rescue::kLost ||
                     std::any_of(in_service_.begin(), in_service_.end(),
                                 [](const auto& begun) { return begun->state_ != IoState::kLost; });
  if (moves) {
    enders->clock = true;
  } else {
    enders->NeedsAnyOf();
  }
}

}  // namespace model
