// SPDX-License-Identifier: Apache-2.0
//
// The life of a thread from its first instruction to its exit work.
#include <algorithm>
#include <utility>

#include "model/machine/machine.h"
#include "sim/hash.h"

namespace model {
namespace {

// Waited on for the end of a process: its threads end it.
class ProcessEnd final : public Waitable {
 public:
  explicit ProcessEnd(Process* process) : Waitable(WaitableKind::kJoin, process->name()), process_(process) {}
  void Enders(const Waiter&, EnderSet* enders) const override {
    for (const Thread* thread : process_->threads()) {
      if (!thread->ended()) enders->Needs(thread);
    }
  }

 private:
  Process* process_;
};

// Waits for the clock, or for nothing at all.
class ClockEvent final : public Waitable {
 public:
  explicit ClockEvent(std::string name) : Waitable(WaitableKind::kSleep, std::move(name)) {}
  void Enders(const Waiter&, EnderSet* enders) const override { enders->clock = true; }
};

class OutsideEvent final : public Waitable {
 public:
  explicit OutsideEvent(std::string name) : Waitable(WaitableKind::kOutside, std::move(name)) {}
  void Enders(const Waiter&, EnderSet* enders) const override { enders->outside = true; }
};

// Whether all other threads of its process are service threads, or have begun to exit.
bool LastOfItsOwn(const Thread& thread) {
  const std::vector<Thread*>& threads = thread.process()->threads();
  return !thread.service() && std::all_of(threads.begin(), threads.end(), [&](const Thread* other) {
    return other == &thread || other->service() || other->exiting() || other->ended();
  });
}

}  // namespace

Machine::Machine(sim::Simulation* simulation, const MachineOptions& options, sim::Recorder* recorder,
                 sim::Chooser* chooser)
    : simulation_(simulation),
      options_(options),
      recorder_(recorder != nullptr && recorder->enabled() ? recorder : nullptr),
      own_chooser_(chooser != nullptr ? nullptr : std::make_unique<sim::Chooser>(sim::Chooser::Options{})),
      chooser_(chooser != nullptr ? chooser : own_chooser_.get()),
      sleep_event_(std::make_unique<ClockEvent>("sleep")),
      hang_event_(std::make_unique<OutsideEvent>("user code")) {
  SIM_CHECK(options_.cores >= 1 && options_.profile != nullptr);
  if (profile().ideal) return;
  for (int i = 0; i < options_.cores; ++i) {
    cores_.push_back(std::make_unique<Core>(this, i, options_.scheduler, options_.cores));
  }
}

void Machine::RecordNow(RecordKind kind, const Thread* thread, uint64_t a, uint64_t b) {
  recorder_->Record(now(), static_cast<sim::RecordKind>(kind), thread != nullptr ? thread->key() : 0, a, b);
}

void Machine::RecordNow(RecordKind kind, const Thread* thread, const Waitable& subject, uint64_t b) {
  RecordNow(kind, thread, subject.name_key(), b);
}

Machine::~Machine() {
  sim::Simulation::Scope scope(simulation_);
  simulation_->DestroyTasks();
  threads_.clear();
}

Thread* Machine::FindThread(std::string_view name) const {
  for (const auto& thread : threads_) {
    if (thread->name() == name) return thread.get();
  }
  return nullptr;
}

Process* Machine::FindProcess(std::string_view name) const {
  for (const auto& process : processes_) {
    if (process->name() == name) return process.get();
  }
  return nullptr;
}

Process::Process(Machine* machine, std::string name, int pid)
    : machine_(machine), name_(std::move(name)), pid_(pid), end_event_(std::make_unique<ProcessEnd>(this)) {}

std::optional<sim::SimDuration> Process::kill_to_exit() const {
  if (!killed_ || !ended_) return std::nullopt;
  return end_ - killed_at_;
}

bool Process::RemoveFile(const OpenFile* file) {
  for (auto it = files_.begin(); it != files_.end(); ++it) {
    if (it->get() == file) {
      files_.erase(it);
      return true;
    }
  }
  return false;
}

void Process::SetHandled(int signal, bool handled) {
  const uint64_t bit = uint64_t{1} << signal;
  handled_mask_ = handled ? handled_mask_ | bit : handled_mask_ & ~bit;
}

int Process::TakeHandledSignal() {
  for (int signal = 1; signal < 64; ++signal) {
    const uint64_t bit = uint64_t{1} << signal;
    if ((handled_pending_ & bit) != 0) {
      handled_pending_ &= ~bit;
      return signal;
    }
  }
  return 0;
}

Process* Machine::CreateProcess(std::string name) {
  processes_.push_back(std::unique_ptr<Process>(new Process(this, std::move(name), next_id_++)));
  processes_.back()->start_ = now();
  return processes_.back().get();
}

Thread::Thread(Machine* machine, Process* process, std::string name, int tid, int nice)
    : Actor(ActorKind::kThread, std::move(name)),
      mode_(process == nullptr ? CpuMode::kKernel : CpuMode::kUser),
      nice_(static_cast<int8_t>(nice)),
      tid_(tid),
      machine_(machine),
      process_(process),
      key_(sim::HashName(this->name())) {
  waiter_.thread = this;
}

// What ThreadMain has to keep, in one parameter: a variable would begin another word of the frame. Awaited,
// it waits until the thread's time has come, which its waiter knows, and then for a core.
struct Machine::Life {
  Thread* thread;
  sim::Task<> task;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<sim::internal::TaskPromise<void>> handle) const {
    Waiter* waiter = &thread->waiter_;
    thread->leaf_ = &handle.promise();
    waiter->call = &OnStart;
    const sim::SimTime at = sim::SimTime::FromNanos(waiter->argument);
    if (at <= thread->machine().now()) return OnStart(waiter);
    waiter->timer = thread->machine().simulation().CallAt(at, waiter);
  }
  void await_resume() const noexcept {}
};

Thread* Machine::Spawn(Process* process, std::string name, ThreadBody body, SpawnOptions options) {
  sim::Simulation::Scope scope(simulation_);
  const int tid = process != nullptr && process->threads_.empty() ? process->pid_ : next_id_++;
  threads_.push_back(std::unique_ptr<Thread>(new Thread(this, process, std::move(name), tid, options.nice)));
  Thread* thread = threads_.back().get();
  thread->started_by_outside_ = options.started_by_outside;
  thread->idles_ = options.idles;
  thread->since_ = now();
  const sim::SimTime at = std::max(now(), options.at);
  thread->waiter_.argument = at.ns();
  if (process != nullptr) {
    if (process->threads_.empty()) process->start_ = at;
    process->threads_.push_back(thread);
    ++process->live_threads_;
    ++process->staying_threads_;
    if (process->killed_) thread->fatal_pending_ = true;
  }
  simulation_->Spawn(ThreadMain({thread, {}}, std::move(body)));
  return thread;
}

void Machine::OnStart(sim::EventHandler* handler) {
  auto* waiter = static_cast<Waiter*>(handler);
  Thread* thread = waiter->thread;
  waiter->timer = {};
  thread->machine_->Record(RecordKind::kSpawn, thread,
                           thread->process_ != nullptr ? static_cast<uint64_t>(thread->process_->pid_) : 0,
                           static_cast<uint64_t>(thread->tid_));
  thread->machine_->MakeRunnable(thread, nullptr, true);
}

sim::Task<> Machine::ThreadMain(Life life, ThreadBody body) {
  co_await life;
  if (!life.thread->fatal_pending_) {
    life.task = body(life.thread);
    co_await life.task;
  }
  life.task = life.thread->machine_->Exit(life.thread);
  co_await life.task;
}

// The last thread of a process closes its files; a dead leader stays a zombie
// until the others have gone (linux kernel/exit.c).
sim::Task<> Machine::Exit(Thread* thread) {
  co_await sim::FrameName{"do_exit"};
  Process* process = thread->process_;
  thread->mode_ = CpuMode::kKernel;
  thread->fatal_pending_ = false;
  thread->exiting_ = true;
  Record(RecordKind::kExit, thread, process != nullptr ? static_cast<uint64_t>(process->pid_) : 0);
  if (process != nullptr && LastOfItsOwn(*thread)) {
    for (size_t i = 0; i < process->exit_work_.size(); ++i) co_await process->exit_work_[i](thread);
  }
  if (process != nullptr) {
    // The others may be in the middle of their own exit: the last one to begin closes the files.
    const bool closes_files = --process->staying_threads_ == 0;
    for (size_t i = 0; i < process->thread_end_hooks_.size(); ++i) process->thread_end_hooks_[i](thread);
    const bool only_service_left =
        std::all_of(process->threads_.begin(), process->threads_.end(),
                    [](const Thread* other) { return other->service_ || other->exiting_ || other->ended(); });
    if (!closes_files && only_service_left) EndThreads(process);
    if (closes_files) {
      while (!process->files_.empty()) {
        std::shared_ptr<OpenFile> file = process->files_.front();
        process->files_.erase(process->files_.begin());
        co_await file->Close(thread);
      }
      thread->Charge(profile().process_exit_ns);
    }
  }
  co_await thread->Settle();
  const bool last = process != nullptr && --process->live_threads_ == 0;
  const bool leader = process != nullptr && process->threads_.front() == thread;
  SetState(thread, leader && !last ? ThreadState::kZombie : ThreadState::kDead);
  if (last) {
    for (Thread* other : process->threads_) SetState(other, ThreadState::kDead);
    process->ended_ = true;
    process->end_ = now();
    WakeAll(process->end_event_.get(), 0, nullptr);
    for (const auto& hook : process_end_hooks_) hook(process);
  }
  LeaveCore(thread);
  thread->leaf_ = nullptr;
}

}  // namespace model
