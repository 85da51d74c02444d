// SPDX-License-Identifier: Apache-2.0
#include "model/script/run/fault.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "model/admin/admin_command.h"
#include "model/script/run/body.h"
#include "model/script/run/crossing.h"
#include "model/script/run/device.h"
#include "model/script/run/owner.h"
#include "model/script/run/pool.h"
#include "model/script/run/sync.h"
#include "model/script/run/work.h"
#include "sim/hash.h"

namespace model {
namespace {

// Where an explorer may put a fault: after 1 us, 2 us, 4 us, ... about 8 s; 0 stands for never.
constexpr uint32_t kChoicePlaces = 24;

// Waited on by a worker that a fault has taken.
class Taken final : public Waitable {
 public:
  Taken() : Waitable(WaitableKind::kOutside, "exhausted by a fault") {}
  void Enders(const Waiter&, EnderSet* enders) const override { enders->outside = true; }
};

sim::Task<> OccupyWorker(Taken* taken, Thread* thread) { co_await thread->Wait(*taken, {}); }

// As a person would type it. But `zpool clear` of a pool that waits for just that is the event
// that is missing, not one more command in the queue: it is tried with the disks as they are,
// without the locks on its way. What these do to it shows once somebody has typed it.
sim::Task<> RunCommand(World* world, std::string line, Thread* thread) {
  absl::StatusOr<AdminCommand> command = ParseAdminCommand(line);
  if (!command.ok()) co_return;
  Pool* pool =
      command->targets.empty() ? nullptr : world->pools().module().FindPool(command->targets.front());
  const bool missing = command->kind == AdminCommand::Kind::kPool &&
                       command->pool_command == PoolCommand::kClear && pool != nullptr && pool->suspended() &&
                       pool->clearers().empty();
  if (missing) {
    if (co_await pool->Resume(thread) != 0) world->faults().NoteFailedAction();
    co_return;
  }
  const AdminResult result = co_await RunAdminCommand(thread, &world->pools().module(), *std::move(command));
  if (result.exit_code != 0) world->faults().NoteFailedAction();
}

}  // namespace

struct FaultTable::Event : sim::EventHandler {
  Event(FaultTable* table, const FaultDecl* decl, bool begins)
      : EventHandler(&Event::OnDue), owner(table), fault(decl), begin(begins) {}
  static void OnDue(sim::EventHandler* handler) {
    auto* event = static_cast<Event*>(handler);
    --event->owner->to_come_;
    event->owner->last_change_ = event->owner->world_->now();
    event->begin ? event->owner->Begin(*event->fault) : event->owner->End(*event->fault);
  }
  FaultTable* owner;
  const FaultDecl* fault;
  bool begin;
  Taken taken;
};

FaultTable::FaultTable(World* world) : world_(world) {}
FaultTable::~FaultTable() = default;

void FaultTable::Start(int32_t index) {
  const FaultDecl& decl = world_->scenario().faults[static_cast<size_t>(index)];
  int64_t at = 0;
  if (decl.at) {
    sim::Site site = world_->chooser().MakeSite("draw", fmt::format("fault/{}", index + 1), "at");
    at = world_->Draw(site, *decl.at);
  } else {
    sim::Site site = world_->chooser().MakeSite("fault", decl.choice, "when");
    const uint32_t place = world_->chooser().Choose(site, kChoicePlaces + 1);
    if (place == 0) return;
    at = int64_t{1000} << (place - 1);
  }
  Schedule(decl, true, sim::SimTime::FromNanos(at + world_->options().phase_ns));
}

void FaultTable::Schedule(const FaultDecl& decl, bool begin, sim::SimTime at) {
  if (at > world_->options().outside_until) return;
  ++to_come_;
  events_.push_back(std::make_unique<Event>(this, &decl, begin));
  world_->simulation().CallAt(at, events_.back().get());
}

FaultTable::Event* FaultTable::EventOf(const FaultDecl& decl) {
  for (const std::unique_ptr<Event>& event : events_) {
    if (event->fault == &decl && event->begin) return event.get();
  }
  SIM_CHECK_MSG(false, decl.target_name);
}

void FaultTable::Begin(const FaultDecl& decl) {
  Machine& machine = world_->machine();
  machine.Record(RecordKind::kFault, nullptr, sim::HashName(decl.target_name),
                 static_cast<uint64_t>(decl.action));
  const Target target = TargetOf(decl);
  Process* process = target.process;
  switch (decl.action) {
    case FaultAction::kKill:
      if (process != nullptr) machine.Signal(process, kSigKill);
      return;
    case FaultAction::kCont:
      if (process != nullptr) machine.Signal(process, kSigCont);
      return;
    case FaultAction::kSignal:
      if (process != nullptr) machine.Signal(process, SignalByName(decl.signal));
      return;
    case FaultAction::kAbort:
      if (Server* server = world_->crossings().FindServer(decl.target_name)) server->Abort(nullptr);
      return;
    case FaultAction::kCall:
      RunCall(decl.call);
      return;
    case FaultAction::kPowerCut:
      world_->Halt("power_cut", "the machine has lost power");
      return;
    case FaultAction::kStop:
      // Somebody has ended those that came before.
      if (process != nullptr && !process->stopped()) {
        std::erase_if(lasting_, [&](const FaultDecl* other) {
          return other->action == decl.action && TargetOf(*other).process == process;
        });
      }
      break;
    default:
      break;
  }
  lasting_.push_back(&decl);
  if (decl.action == FaultAction::kStop && process != nullptr) machine.Signal(process, kSigStop);
  if (decl.action == FaultAction::kExhaust) Exhaust(decl);
  for (Device* device : target.devices) Afflict(device, decl);
  if (target.pool != nullptr) SetOnPool(target.pool, decl.action, true);
  if (decl.lasting_ns == kForeverNs) return;
  Schedule(decl, false, machine.now() + sim::SimDuration::Nanos(decl.lasting_ns));
}

// What another fault of its kind still does to the same target goes on.
void FaultTable::End(const FaultDecl& decl) {
  Machine& machine = world_->machine();
  machine.Record(RecordKind::kFault, nullptr, sim::HashName(decl.target_name), 100);
  if (std::erase(lasting_, &decl) == 0) return;
  const Target target = TargetOf(decl);
  const auto same_process = [&](const Target& other) { return other.process == target.process; };
  const auto same_pool = [&](const Target& other) { return other.pool == target.pool; };
  if (decl.action == FaultAction::kStop && target.process != nullptr &&
      LastBegun(decl.action, same_process) == nullptr) {
    machine.Signal(target.process, kSigCont);
  }
  if (decl.action == FaultAction::kExhaust) machine.WakeAll(&EventOf(decl)->taken, 0, nullptr);
  for (Device* device : target.devices) Relieve(device, decl.action);
  if (decl.action == FaultAction::kOffline) MembersAreBack(target.devices);
  if (target.pool != nullptr && LastBegun(decl.action, same_pool) == nullptr) {
    SetOnPool(target.pool, decl.action, false);
  }
}

FaultTable::Target FaultTable::TargetOf(const FaultDecl& decl) const {
  Target target;
  switch (decl.action) {
    case FaultAction::kKill:
    case FaultAction::kStop:
    case FaultAction::kCont:
    case FaultAction::kSignal:
      target.process = FindProcessOf(*world_, decl.target);
      if (target.process == nullptr) target.process = world_->machine().FindProcess(decl.target_name);
      break;
    case FaultAction::kLowMemory:
    case FaultAction::kOtherHost:
      target.pool = world_->pools().module().FindPool(world_->scenario().NameOf(decl.target));
      break;
    case FaultAction::kStall:
    case FaultAction::kOffline:
    case FaultAction::kError:
    case FaultAction::kSlow:
    case FaultAction::kLose:
      target.devices = world_->pools().DevicesOf(decl.target, decl.target_name);
      break;
    default:
      break;
  }
  return target;
}

template <typename Predicate>
const FaultDecl* FaultTable::LastBegun(FaultAction action, Predicate predicate) const {
  for (auto it = lasting_.rbegin(); it != lasting_.rend(); ++it) {
    if ((*it)->action == action && predicate(TargetOf(**it))) return *it;
  }
  return nullptr;
}

void FaultTable::Exhaust(const FaultDecl& decl) {
  WorkerPool* pool = world_->work().FindPool(decl.target_name);
  if (pool == nullptr) return;
  Taken* taken = &EventOf(decl)->taken;
  for (int i = pool->live_threads(); i > 0; --i) {
    pool->Queue(
        "taken", [taken](Thread* thread, Work*) { return OccupyWorker(taken, thread); }, nullptr);
  }
}

void FaultTable::Afflict(Device* device, const FaultDecl& decl) {
  switch (decl.action) {
    // The end of a stall is an event from outside like its beginning: nobody counts on it.
    case FaultAction::kStall:
      device->Stall(std::nullopt);
      break;
    case FaultAction::kOffline:
      device->SetOffline(true);
      break;
    case FaultAction::kError:
      device->SetError(decl.error);
      break;
    case FaultAction::kSlow:
      device->SetSlow(static_cast<double>(decl.factor));
      break;
    case FaultAction::kLose:
      device->LoseNextCompletion();
      break;
    default:
      break;
  }
}

void FaultTable::Relieve(Device* device, FaultAction action) {
  const FaultDecl* other = LastBegun(action, [device](const Target& target) {
    return std::find(target.devices.begin(), target.devices.end(), device) != target.devices.end();
  });
  switch (action) {
    case FaultAction::kStall:
      if (other == nullptr) device->EndStall();
      break;
    case FaultAction::kOffline:
      if (other == nullptr) device->SetOffline(false);
      break;
    case FaultAction::kError:
      device->SetError(other == nullptr ? 0 : other->error);
      break;
    case FaultAction::kSlow:
      device->SetSlow(other == nullptr ? 1 : static_cast<double>(other->factor));
      break;
    case FaultAction::kLose:
      device->TakeBackLoss();
      break;
    default:
      break;
  }
}

void FaultTable::MembersAreBack(const std::vector<Device*>& devices) {
  for (Pool* pool : world_->pools().pools()) {
    // A pool that lost all of them was suspended: nothing was missed that is not parked.
    if (pool->suspended()) continue;
    for (Device* device : devices) {
      if (!device->offline()) pool->MemberIsBack(device);
    }
  }
}

void FaultTable::SetOnPool(Pool* pool, FaultAction action, bool on) {
  if (action == FaultAction::kLowMemory) pool->set_memory_low(on);
  if (action == FaultAction::kOtherHost) pool->set_other_host_active(on);
}

void FaultTable::RunCall(BodyRef body) {
  Process* process = world_->machine().CreateProcess(FreeProcessName(world_->machine(), "fault"));
  Thread* thread = world_->SpawnThread(
      process, process->name(), {.at = world_->now()},
      [body](RunThread* here) { return BodyRun::OfBody(here, {.context = kContextUser}, body); });
  world_->HoldOpenFor(thread);  // As an operator: what it began is not left halfway.
}

void FaultTable::Take(const Action& action) {
  Machine& machine = world_->machine();
  Process* process = machine.FindProcess(action.target);
  if (process == nullptr) {
    if (const Thread* thread = machine.FindThread(action.target)) process = thread->process();
  }
  switch (action.kind) {
    case ActionKind::kKill:
      if (process != nullptr) machine.Signal(process, kSigKill);
      break;
    case ActionKind::kCont:
      if (process != nullptr) machine.Signal(process, kSigCont);
      break;
    case ActionKind::kThaw:
      for (const auto& object : world_->sync().objects()) {
        if (object->name != action.target || object->thing.kind != ThingKind::kGate) continue;
        static_cast<Gate*>(object->event.get())->Open(nullptr);
      }
      break;
    case ActionKind::kComplete:
      for (Device* device : world_->pools().DevicesOf({}, action.target)) device->Repair();
      break;
    case ActionKind::kReply:
      if (Server* server = world_->crossings().FindServer(action.target)) server->ReplyAll({}, nullptr);
      break;
    case ActionKind::kAbort:
      if (Server* server = world_->crossings().FindServer(action.target)) server->Abort(nullptr);
      break;
    case ActionKind::kCommand: {
      Process* shell = machine.CreateProcess(FreeProcessName(machine, "sh"));
      machine.Spawn(
          shell, shell->name(),
          [world = world_, line = action.target](Thread* thread) { return RunCommand(world, line, thread); },
          {.at = world_->now()});
      break;
    }
  }
}

}  // namespace model
