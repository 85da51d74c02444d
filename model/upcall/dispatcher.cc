// SPDX-License-Identifier: Apache-2.0
#include "model/upcall/dispatcher.h"

#include <algorithm>
#include <utility>

#include "sim/hash.h"

namespace model {

void UpcallCrew::Submit(std::shared_ptr<Upcall> upcall, Thread* waker) {
  upcall->set_runner(this);
  machine().Record(RecordKind::kUpcall, waker, *upcall, static_cast<uint64_t>(CallState::kQueued));
  if (process()->killed() || process()->ended()) {
    upcall->OnTakerDeath(waker);
    return;
  }
  queue_.push_back(std::move(upcall));
  Admit(waker);
}

sim::Task<> UpcallCrew::ServeOne(Thread* thread) {
  std::shared_ptr<Upcall> upcall = queue_.front();
  queue_.pop_front();
  taken_.push_back(upcall);
  co_await Upcall::Run(upcall, thread);
  if (!thread->killed()) std::erase(taken_, upcall);
}

void UpcallCrew::OnMemberEnd(Thread* thread) {
  std::vector<std::shared_ptr<Upcall>> orphans;
  for (const std::shared_ptr<Upcall>& upcall : taken_) {
    if (upcall->taker() == thread) orphans.push_back(upcall);
  }
  for (const std::shared_ptr<Upcall>& upcall : orphans) {
    std::erase(taken_, upcall);
    upcall->OnTakerDeath(thread);
  }
  if (has_takers()) return;
  for (const std::shared_ptr<Upcall>& upcall : std::exchange(queue_, {})) upcall->OnTakerDeath(thread);
}

void UpcallCrew::Withdraw(Call* call) {
  std::erase_if(queue_, [&](const std::shared_ptr<Upcall>& upcall) { return upcall.get() == call; });
}

void UpcallCrew::AddTakersOf(const Call&, EnderSet* enders) const { AddTakers(enders); }

Dispatcher::Dispatcher(Machine* machine, const std::string& name, Options options)
    : UpcallCrew(machine, {.process = machine->CreateProcess(name),
                           .name = name,
                           .limit = options.limit,
                           .width = options.width != 0 ? options.width : machine->options().cores,
                           .grow_below = options.width != 0 ? options.width : machine->options().cores}) {}

std::shared_ptr<Upcall> Dispatcher::Async(Thread* caller, UpcallBody body, std::any argument) {
  auto upcall =
      std::make_shared<Upcall>(&machine(), name(), caller, std::move(body), std::move(argument), kECANCELED);
  Submit(upcall, caller);
  return upcall;
}

}  // namespace model
