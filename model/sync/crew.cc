// SPDX-License-Identifier: Apache-2.0
#include "model/sync/crew.h"

#include <algorithm>
#include <utility>

namespace model {

Crew::Crew(Machine* machine, Options options) : machine_(machine), options_(std::move(options)), idle_(this) {
  SIM_CHECK(options_.limit >= 1 && options_.initial <= options_.limit);
}

int Crew::live_threads() const {
  return static_cast<int>(std::count_if(members_.begin(), members_.end(),
                                        [](const Member& member) { return !member.thread->ended(); }));
}

int Crew::running() const {
  return static_cast<int>(std::count_if(members_.begin(), members_.end(), [](const Member& member) {
    return !member.thread->ended() && !member.parked && !member.blocked;
  }));
}

bool Crew::has_takers() const {
  return std::any_of(members_.begin(), members_.end(), [](const Member& member) {
    return !member.thread->ended() && !member.thread->exiting();
  });
}

void Crew::Start() {
  for (int i = 0; i < options_.initial; ++i) SpawnMember(false);
  if (options_.rescuer) SpawnMember(true);
}

bool Crew::CanGrow() const {
  if (options_.process != nullptr && options_.process->killed()) return false;
  const auto members = std::count_if(members_.begin(), members_.end(), [](const Member& member) {
    return !member.rescuer && !member.thread->ended();
  });
  return members < options_.limit;
}

void Crew::SpawnMember(bool rescuer) {
  const size_t index = members_.size();
  std::string thread_name = options_.name;
  if (rescuer) {
    thread_name += "/rescuer";
  } else if (options_.numbered) {
    thread_name += "/" + std::to_string(index + 1);
  }
  members_.push_back({.starting = true, .rescuer = rescuer});
  Thread* thread = machine_->Spawn(options_.process, std::move(thread_name),
                                   [this, index](Thread* t) { return Main(t, index); });
  members_[index].thread = thread;
  threads_.push_back(thread);
  thread->set_service(options_.service);
  thread->set_sleep_observer(this);
  if (options_.process != nullptr && !hooked_) {
    hooked_ = true;
    options_.process->OnThreadEnd([this](Thread* ended) { OnMemberEnd(ended); });
  }
}

Crew::Member* Crew::Find(const Thread* thread) {
  auto it = std::find_if(members_.begin(), members_.end(),
                         [&](const Member& member) { return member.thread == thread; });
  return it != members_.end() ? &*it : nullptr;
}

bool Crew::MayTake(const Member& member) const {
  if (paused_ || QueuedItems() == 0) return false;
  // The member counts itself: it is not parked while it asks.
  return member.rescuer ? running() <= 1 : running() <= options_.width;
}

sim::Task<> Crew::Main(Thread* thread, size_t index) {
  const SleepKind kind = thread->kernel_thread() ? SleepKind::kIdle : SleepKind::kInterruptible;
  while (!thread->killed() && !closed_) {
    members_[index].starting = false;
    if (MayTake(members_[index])) {
      co_await ServeOne(thread);
      continue;
    }
    members_[index].parked = true;
    thread->set_idles(true);
    thread->set_signals_blocked(true);
    if (park_hook_) park_hook_();
    co_await thread->Wait(idle_, {.kind = kind});
    thread->set_signals_blocked(false);
    thread->set_idles(false);
    members_[index].parked = false;
  }
}

void Crew::Admit(Thread* waker) {
  if (paused_ || closed_) return;
  for (;;) {
    const auto starting = std::count_if(members_.begin(), members_.end(), [](const Member& member) {
      return member.starting && !member.thread->ended();
    });
    const int running_now = running();
    if (static_cast<size_t>(starting) >= QueuedItems() || running_now >= options_.width) return;
    // The one that was parked first; the rescuer only when nobody else will do.
    Waiter* parked = nullptr;
    bool rescuer = false;
    for (Waiter* waiter = idle_.waiters().front(); waiter != nullptr; waiter = waiter->next) {
      rescuer = Find(waiter->thread)->rescuer;
      if (rescuer && (running_now > 0 || CanGrow())) continue;
      parked = waiter;
      if (!rescuer) break;
    }
    const bool grow = running_now < options_.grow_below && CanGrow();
    if (parked == nullptr && !grow) return;
    if (parked == nullptr) {
      SpawnMember(false);
      threads_.back()->Charge(machine_->profile().thread_create_ns);
    } else {
      Member* member = Find(parked->thread);
      member->starting = true;
      member->parked = false;
      machine_->Wake(parked, 0, waker);
    }
  }
}

void Crew::SetPaused(bool paused, Thread* waker) {
  paused_ = paused;
  Admit(waker);
}

void Crew::Close(Thread* waker) {
  closed_ = true;
  machine_->WakeAll(&idle_, 0, waker);
}

void Crew::OnSleep(Thread* thread) {
  Member* member = Find(thread);
  if (member->parked) return;
  member->blocked = true;
  Admit(nullptr);
}

void Crew::OnWoken(Thread* thread) { Find(thread)->blocked = false; }

void Crew::AddTakers(EnderSet* enders) const {
  if (paused_) {
    enders->outside = true;
    enders->NeedsAnyOf();
    return;
  }
  EnderSet::Clause& clause = enders->NeedsAnyOf();
  for (const Member& member : members_) {
    if (!member.thread->ended() && !member.thread->exiting()) clause.any_of.push_back(member.thread);
  }
}

// Anyone may bring an item, but for those who wait for one themselves.
void Crew::Idle::Enders(const Waiter&, EnderSet* enders) const {
  EnderSet::Clause& clause = enders->NeedsAnyOf();
  for (const auto& thread : crew_->machine().threads()) {
    if (!thread->ended() && thread->waiter().on != this) clause.any_of.push_back(thread.get());
  }
}

}  // namespace model
