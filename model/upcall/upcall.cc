// SPDX-License-Identifier: Apache-2.0
#include "model/upcall/upcall.h"

#include <utility>

#include "model/machine/free_name.h"
#include "model/upcall/dispatcher.h"
#include "sim/hash.h"

namespace model {

Upcall::Upcall(Machine* machine, std::string name, const Thread* caller, UpcallBody body, std::any argument,
               std::optional<int> on_death)
    : Call(ActorKind::kRequest, WaitableKind::kUpcall, machine, std::move(name), caller, std::move(argument)),
      body_(std::move(body)),
      on_death_(on_death) {}

void Upcall::Withdraw() { runner_->Withdraw(this); }

void Upcall::AddAnswerers(const Thread*, EnderSet* enders) const {
  if (state() == CallState::kTaken) {
    enders->Needs(taker());
  } else {
    runner_->AddTakersOf(*this, enders);
  }
}

void Upcall::OnTakerDeath(Thread* waker) {
  if (on_death_.has_value()) Abort(*on_death_, waker);
}

sim::Task<> Upcall::Run(std::shared_ptr<Upcall> upcall, Thread* thread) {
  // Into user code and back, as the thread's own crossing.
  thread->Charge(thread->machine().profile().syscall_exit_ns);
  upcall->Take(thread);
  Answer answer = co_await upcall->body_(thread, upcall->argument());
  if (thread->killed()) co_return;
  thread->Charge(thread->machine().profile().syscall_entry_ns);
  co_await thread->Settle();
  if (thread->killed()) co_return;
  upcall->Finish(std::move(answer), thread);
}

// One call in a process of its own.
class Callback::FreshProcess final : public UpcallRunner {
 public:
  FreshProcess(Machine* machine, std::shared_ptr<Upcall> upcall, const std::string& name)
      : upcall_(std::move(upcall)) {
    upcall_->set_runner(this);
    machine->Record(RecordKind::kUpcall, nullptr, sim::HashName(name),
                    static_cast<uint64_t>(CallState::kQueued));
    const std::string free_name = FreeProcessName(*machine, name);
    Process* process = machine->CreateProcess(free_name);
    process->OnThreadEnd([this](Thread* ended) {
      if (ended->process()->staying_threads() == 0) upcall_->OnTakerDeath(ended);
    });
    thread_ = machine->Spawn(process, free_name, [this](Thread* thread) { return Main(this, thread); });
  }

  // Nobody will ask about it any more.
  bool done() const { return upcall_->ended() && thread_->process()->ended(); }

  void Withdraw(Call*) override {}
  void AddTakersOf(const Call&, EnderSet* enders) const override { enders->Needs(thread_); }

 private:
  static sim::Task<> Main(FreshProcess* self, Thread* thread) {
    std::shared_ptr<Upcall> upcall = self->upcall_;
    co_await thread->Compute(sim::SimDuration::Nanos(thread->machine().profile().process_create_ns));
    if (thread->killed() || upcall->ended()) co_return;
    co_await Upcall::Run(upcall, thread);
  }

  std::shared_ptr<Upcall> upcall_;
  Thread* thread_ = nullptr;
};

Callback::Callback(Machine* machine, std::string name, Options options, UpcallBody body)
    : machine_(machine), name_(std::move(name)), options_(options), body_(std::move(body)) {
  SIM_CHECK(options_.place != UpcallPlace::kDispatcher || options_.dispatcher != nullptr);
}

Callback::~Callback() = default;

Thread* Callback::HelperOf(const Process* process) const {
  auto it = helpers_.find(process->pid());
  return it != helpers_.end() && !it->second->threads().empty() ? it->second->threads().front() : nullptr;
}

// Inline code is user code: it may be preempted, which is as bad as sleeping.
bool Callback::MustNotSleep(const Thread& thread) const {
  if (!thread.atomic() && !options_.atomic) return false;
  if (options_.place == UpcallPlace::kInline) return true;
  return options_.wait.kind != CallWait::kSpin &&
         (machine_->options().blocking != BlockingKernel::kSpin || thread.kernel_thread());
}

sim::Task<CallResult> Callback::Invoke(Thread* thread, std::any argument) {
  SIM_CHECK_MSG(thread->mode() == CpuMode::kKernel, name_);
  if (MustNotSleep(*thread)) co_return CallResult{.answer = {}, .scheduled_while_atomic = true};
  if (Process* process = thread->process(); process != nullptr) {
    const bool here = options_.place == UpcallPlace::kInline || options_.place == UpcallPlace::kHelper;
    if (thread->exiting() && here) {  // Its user code is gone.
      co_return CallResult{.answer = {.error = kECANCELED, .value = {}}};
    }
    ++process->figures.callbacks;
    ++process->figures.crossings;
  }
  if (options_.place == UpcallPlace::kInline) {
    Answer answer = co_await InvokeInline(thread, std::move(argument));
    co_return CallResult{.answer = std::move(answer)};
  }
  auto upcall =
      std::make_shared<Upcall>(machine_, name_, thread, body_, std::move(argument), options_.on_death);
  Submit(upcall, thread);
  const int error = co_await upcall->Await(thread, options_.wait);
  if (error != 0) co_return CallResult{.answer = {.error = error, .value = {}}};
  co_return CallResult{.answer = upcall->answer()};
}

sim::Task<Answer> Callback::InvokeInline(Thread* thread, std::any argument) {
  SIM_CHECK_MSG(!thread->kernel_thread(), name_);
  machine_->Record(RecordKind::kUpcall, thread, sim::HashName(name_),
                   static_cast<uint64_t>(CallState::kTaken));
  co_await thread->ReturnToUser();
  Answer answer;
  if (!thread->killed()) answer = co_await body_(thread, std::move(argument));
  const bool died = thread->killed();
  if (died) answer = {.error = kECANCELED, .value = {}};
  thread->SetMode(CpuMode::kKernel);
  thread->Charge(machine_->profile().syscall_entry_ns);
  machine_->Record(RecordKind::kUpcall, thread, sim::HashName(name_),
                   static_cast<uint64_t>(died ? CallState::kAborted : CallState::kDone));
  co_return answer;
}

void Callback::Submit(std::shared_ptr<Upcall> upcall, Thread* thread) {
  switch (options_.place) {
    case UpcallPlace::kInline:
      break;
    case UpcallPlace::kHelper: {
      Process* process = thread->process();
      SIM_CHECK_MSG(process != nullptr, name_);
      std::unique_ptr<UpcallCrew>& helper = helpers_[process->pid()];
      if (helper == nullptr) {
        helper = std::make_unique<UpcallCrew>(
            machine_, Crew::Options{.process = process, .name = name_, .numbered = false, .service = true});
      }
      helper->Submit(std::move(upcall), thread);
      return;
    }
    case UpcallPlace::kDispatcher:
      options_.dispatcher->Submit(std::move(upcall), thread);
      return;
    case UpcallPlace::kProcess:
      std::erase_if(fresh_, [](const std::unique_ptr<FreshProcess>& fresh) { return fresh->done(); });
      fresh_.push_back(std::make_unique<FreshProcess>(machine_, std::move(upcall), name_));
      return;
  }
}

std::string FreeProcessName(const Machine& machine, const std::string& name) {
  FreeName free(name);
  for (const auto& process : machine.processes()) {
    if (!process->ended()) free.Taken(process->name());
  }
  return free.Get();
}

}  // namespace model
