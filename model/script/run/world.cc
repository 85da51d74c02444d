// SPDX-License-Identifier: Apache-2.0
#include "model/script/run/world.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "model/script/language/quantity.h"
#include "model/script/language/words.h"
#include "model/script/lua/sandbox.h"
#include "model/script/run/body.h"
#include "model/script/run/call.h"
#include "model/script/run/crossing.h"
#include "model/script/run/device.h"
#include "model/script/run/fault.h"
#include "model/script/run/file.h"
#include "model/script/run/pool.h"
#include "model/script/run/ring.h"
#include "model/script/run/rng.h"
#include "model/script/run/sync.h"
#include "model/script/run/work.h"
#include "model/watch/hung_set.h"

namespace model {
namespace {

// How often the flag from outside is looked at, in steps of bodies.
constexpr int64_t kStepsBetweenLooks = 4096;
// Later than any run lasts.
constexpr int64_t kNever = int64_t{1} << 60;

MachineOptions MachineOptionsOf(const MachineDecl& decl) {
  MachineOptions options;
  options.cores = static_cast<int>(decl.cores);
  options.profile = FindMachineProfile(decl.name == "ideal" ? "ideal" : decl.profile);
  options.scheduler = decl.scheduler == "fifo" ? SchedulerPolicy::kFifo
                      : decl.scheduler == "rr" ? SchedulerPolicy::kRoundRobin
                                               : SchedulerPolicy::kEevdf;
  options.preempt = decl.preempt == "none"   ? PreemptModel::kNone
                    : decl.preempt == "full" ? PreemptModel::kFull
                                             : PreemptModel::kVoluntary;
  options.blocking = decl.blocking_spin ? BlockingKernel::kSpin : BlockingKernel::kSleep;
  options.spin_scope_all = decl.spin_everything;
  options.poll_fatal = decl.poll_fatal;
  return options;
}

}  // namespace

SleepKind SleepKindOf(WaitMode mode) {
  switch (mode) {
    case WaitMode::kKillable:
      return SleepKind::kKillable;
    case WaitMode::kS:
    case WaitMode::kFuse:
    case WaitMode::kSeccomp:
      return SleepKind::kInterruptible;
    case WaitMode::kIdle:
      return SleepKind::kIdle;
    case WaitMode::kSpin:
      return SleepKind::kSpin;
    case WaitMode::kD:
      break;
  }
  return SleepKind::kUninterruptible;
}

World::World(LoadedScenario* loaded, const WorldOptions& options)
    : loaded_(loaded),
      options_(options),
      chooser_({.seed = options.seed,
                .nominal = options.nominal,
                .strategy = options.strategy,
                .keep_names = options.keep_site_names}),
      recorder_(options.record ? std::make_unique<sim::Recorder>(sim::Recorder::Options{
                                     .keep_all = options.keep_records, .sink = options.sink})
                               : std::make_unique<sim::Recorder>()) {
  const sim::Simulation::Scope scope(&simulation_);
  machine_ = std::make_unique<Machine>(&simulation_, MachineOptionsOf(scenario().machine), recorder_.get(),
                                       &chooser_);
  if (options.strategy != nullptr && options.slack) {
    event_names_ = std::make_unique<MachineEventNames>(machine_.get(), &chooser_);
    simulation_.ChooseOrder({.chooser = &chooser_,
                             .names = event_names_.get(),
                             .slack = *options.slack,
                             .on_late = [this](const sim::EventKey& event, sim::SimTime due) {
                               machine_->Record(RecordKind::kLate, nullptr, event.key,
                                                static_cast<uint64_t>(due.ns()));
                             }});
  }
  laps_ = std::make_unique<LapBook>(scenario().machine.laps);
  machine_->OnProcessEnd([this](Process*) { SomethingEnded(); });
  rngs_ = std::make_unique<RngTable>(this);
  sync_ = std::make_unique<SyncTable>(this);
  devices_ = std::make_unique<DeviceTable>(this);
  crossings_ = std::make_unique<CrossingTable>(this);
  work_ = std::make_unique<WorkTable>(this);
  files_ = std::make_unique<FileTable>(this);
  rings_ = std::make_unique<RingTable>(this);
  pools_ = std::make_unique<PoolTable>(this);
  faults_ = std::make_unique<FaultTable>(this);
  declared_threads_.resize(scenario().threads.size());
  BuildDeclared();
}

World::~World() {
  // Frames hold bodies, and those the state of the scenario; things that frames point to go last.
  simulation_.DestroyTasks();
}

// What starts at equal times starts in the order of declaration.
void World::BuildDeclared() {
  struct Entry {
    int32_t order;
    std::function<void()> build;
  };
  std::vector<Entry> entries;
  const auto add = [&](int32_t order, std::function<void()> build) {
    entries.push_back({order, std::move(build)});
  };
  const Scenario& file = scenario();
  for (size_t i = 0; i < file.threads.size(); ++i) {
    add(file.threads[i].order, [this, i] { BuildThread(static_cast<int32_t>(i)); });
  }
  for (size_t i = 0; i < file.servers.size(); ++i) {
    add(file.servers[i].order, [this, i] { crossings_->StartServer(static_cast<int32_t>(i)); });
  }
  for (size_t i = 0; i < file.workers.size(); ++i) {
    add(file.workers[i].order, [this, i] { work_->StartPool(static_cast<int32_t>(i)); });
  }
  for (size_t i = 0; i < file.pools.size(); ++i) {
    add(file.pools[i].order, [this, i] { pools_->StartPool(static_cast<int32_t>(i)); });
  }
  for (size_t i = 0; i < file.loads.size(); ++i) {
    add(file.loads[i].order, [this, i] { pools_->StartLoad(static_cast<int32_t>(i)); });
  }
  for (size_t i = 0; i < file.jobs.size(); ++i) {
    add(file.jobs[i].order, [this, i] { pools_->StartJob(static_cast<int32_t>(i)); });
  }
  for (size_t i = 0; i < file.faults.size(); ++i) {
    add(file.faults[i].order, [this, i] { faults_->Start(static_cast<int32_t>(i)); });
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.order < b.order; });
  for (const Entry& entry : entries) {
    if (!failed()) entry.build();
  }
  if (!failed()) NoteAwaited();
}

// Processes, their threads, operators and jobs; kernel threads where there is nothing else.
void World::NoteAwaited() {
  const std::vector<ThreadDecl>& threads = scenario().threads;
  const bool kthreads_count =
      scenario().jobs.empty() && std::all_of(threads.begin(), threads.end(), [](const ThreadDecl& decl) {
        return decl.kind == ThingKind::kKthread;
      });
  for (size_t i = 0; i < threads.size(); ++i) {
    if (threads[i].kind != ThingKind::kKthread || (kthreads_count && !threads[i].idle))
      awaited_.push_back(declared_threads_[i]);
  }
  for (const std::unique_ptr<Job>& job : pools_->jobs())
    awaited_.push_back(job->process()->threads().front());
}

void World::BuildThread(int32_t index) {
  const ThreadDecl& decl = scenario().threads[static_cast<size_t>(index)];
  sim::Site at_site = chooser_.MakeSite("draw", decl.name, "at");
  int64_t at = Draw(at_site, decl.at);
  if (at > 0) at += options_.phase_ns;
  if (decl.kind == ThingKind::kOperator && at > options_.outside_until.ns()) at = kNever;
  Process* process = nullptr;
  if (decl.kind == ThingKind::kThread) {
    process = declared_threads_[static_cast<size_t>(decl.process)]->process();
  } else if (decl.kind != ThingKind::kKthread) {
    process = machine_->CreateProcess(decl.name);
  }
  const Context context = decl.kind == ThingKind::kKthread ? kContextKernel : kContextUser;
  Thread* thread = SpawnThread(process, decl.name,
                               {.at = sim::SimTime::FromNanos(at),
                                .nice = static_cast<int>(decl.nice),
                                .started_by_outside = decl.kind == ThingKind::kOperator},
                               [ref = decl.body, context](RunThread* here) {
                                 return BodyRun::OfBody(here, {.context = context}, ref);
                               });
  declared_threads_[static_cast<size_t>(index)] = thread;
  RunThread& here = ThreadOf(thread);
  here.declaration = index;
  here.AddReach(ReachOf(host().Reachable(decl.body)));
}

Thread* World::SpawnThread(Process* process, std::string name, Machine::SpawnOptions options,
                           std::function<std::unique_ptr<BodyRun>(RunThread*)> make) {
  return machine_->Spawn(
      process, std::move(name),
      [this, make = std::move(make)](Thread* thread) {
        RunThread* here = &ThreadOf(thread);
        return RunThreadBody(here, make(here));
      },
      options);
}

RunThread& World::ThreadOf(Thread* thread) {
  std::unique_ptr<RunThread>& entry = threads_[thread->tid()];
  if (entry == nullptr) {
    entry = std::make_unique<RunThread>();
    entry->world = this;
    entry->thread = thread;
    if (thread->process() != nullptr) entry->process = &ProcessOf(thread->process());
    entry->end_event = std::make_unique<ThreadEnd>(thread);
  }
  return *entry;
}

RunThread* World::FindThreadOf(const Thread* thread) {
  auto it = threads_.find(thread->tid());
  return it != threads_.end() ? it->second.get() : nullptr;
}

RunProcess& World::ProcessOf(Process* process) {
  std::unique_ptr<RunProcess>& entry = processes_[process->pid()];
  if (entry == nullptr) {
    entry = std::make_unique<RunProcess>();
    entry->process = process;
    // Also of those that died before their body began.
    process->OnThreadEnd([this](Thread* ended) {
      RunThread& there = ThreadOf(ended);
      there.body_ended = true;
      machine_->WakeAll(there.end_event.get(), 0, nullptr);
    });
  }
  return *entry;
}

std::vector<Thread*> World::ThreadsNamed(std::string_view name) const {
  std::vector<Thread*> result;
  for (const auto& thread : machine_->threads()) {
    const std::string& full = thread->name();
    const bool member = full.size() > name.size() + 1 && full.compare(0, name.size(), name) == 0 &&
                        full[name.size()] == '/' &&
                        full.find_first_not_of("0123456789", name.size() + 1) == std::string::npos;
    if (full == name || member) result.push_back(thread.get());
  }
  return result;
}

std::vector<ThingRef> World::ReachOf(const std::vector<ThingRef>& things) const {
  std::vector<ThingRef> reached;
  std::vector<ThingRef> open = things;
  while (!open.empty()) {
    const ThingRef thing = open.back();
    open.pop_back();
    if (std::find(reached.begin(), reached.end(), thing) != reached.end()) continue;
    reached.push_back(thing);
    const auto i = static_cast<size_t>(thing.index);
    BodyRef body = kNoBody;
    if (thing.kind == ThingKind::kSyscall) body = scenario().syscalls[i].body;
    if (thing.kind == ThingKind::kKfunc) body = scenario().kfuncs[i].body;
    if (thing.kind == ThingKind::kCallback) body = scenario().callbacks[i].body;
    if (thing.kind == ThingKind::kFile) body = scenario().files[i].release;
    if (body == kNoBody) continue;
    for (const ThingRef next : host().Reachable(body)) open.push_back(next);
  }
  std::sort(reached.begin(), reached.end());
  return reached;
}

void World::AddThreadsThatReach(ThingRef thing, Producers* producers) const {
  for (const auto& [tid, here] : threads_) {
    if (!here->thread->ended() && !here->body_ended && here->Reaches(thing)) producers->Add(here->thread);
    AddTaskWork(*here, thing, producers);
  }
}

void World::AddTaskWork(const RunThread& here, ThingRef thing, Producers* producers) {
  for (const std::unique_ptr<TaskWork>& work : here.task_work) {
    if (work->Reaches(thing)) producers->Add(work.get());
  }
}

void World::AddScriptThreads(Producers* producers) const {
  for (const auto& [tid, here] : threads_) {
    if (!here->thread->ended() && !here->body_ended) producers->Add(here->thread);
  }
}

int64_t World::Draw(sim::Site& site, const DistributionDecl& distribution) {
  if (distribution.constant()) return distribution.a_ns;
  return chooser_.Draw(site, MakeDistribution(distribution));
}

// A preemption: offered where the kernel could preempt, and only if somebody would run.
bool World::WantsToGiveWay(RunThread* here, std::string_view label) {
  if (!chooser_.has_strategy()) return false;
  const Thread* thread = here->thread;
  if (thread->atomic() || thread->spinning()) return false;
  if (thread->mode() == CpuMode::kKernel && machine_->options().preempt != PreemptModel::kFull) return false;
  bool somebody = false;
  for (const auto& core : machine_->cores()) somebody |= core->running() == thread && !core->queue().empty();
  if (!somebody) return false;
  return chooser_.Choose(here->SiteFor("preempt", label), 2) == 1;
}

void World::Fail(ScenarioError error) {
  if (!error_) error_ = std::move(error);
  simulation_.Stop();
}

std::string World::MemoryLimitText() {
  return fmt::format("memory limit of {} reached: marks, threads, output and what else bodies make",
                     FormatBytes(kMemoryBytes));
}

void World::CheckFailed(std::string text) {
  Take(static_cast<int64_t>(sizeof(text) + text.size()));
  failed_checks_.push_back(std::move(text));
}

void World::NoteOutput(CommandOutput output) {
  output.at = now();
  Take(static_cast<int64_t>(sizeof(output) + output.line.size() + output.output.size()));
  command_output.push_back(std::move(output));
}

void World::HoldOpenFor(Thread* thread) {
  // About what a thread leaves behind; what it takes while it lives is bounded by kMaxSpawned.
  Take(4096);
  spawned_.push_back(thread);
}

bool World::RoomForThread() {
  if (spawned_.size() >= kMaxSpawned) {
    std::erase_if(spawned_, [this](const Thread* thread) { return HasEnded(thread); });
  }
  return spawned_.size() < kMaxSpawned;
}

bool World::HasEnded(const Thread* awaited) const {
  if (awaited->process() != nullptr) return awaited->process()->ended();
  auto it = threads_.find(awaited->tid());
  return it != threads_.end() && it->second->body_ended;
}

void World::Halt(std::string_view kind, std::string text) {
  if (!halted_) {
    machine_->Record(RecordKind::kHalt, nullptr, sim::HashName(kind), sim::HashName(text));
    halted_ = {.at = now(), .kind = kind, .text = std::move(text)};
  }
  simulation_.Stop();
}

void World::Warn(std::string text) {
  if (std::find(warnings_.begin(), warnings_.end(), text) == warnings_.end()) {
    warnings_.push_back(std::move(text));
  }
}

bool World::CountStep(lua_State* L, const Word* word) {
  const auto limit = [&](std::string text) {
    ScenarioError error = ErrorAtLine(*this, L, std::move(text), word != nullptr ? word->name : "");
    error.kind = ScenarioErrorKind::kLimit;
    set_traceback(host().Traceback(L));
    Fail(std::move(error));
    return false;
  };
  if (now() != step_instant_) {
    step_instant_ = now();
    steps_at_instant_ = 0;
  }
  if (++steps_at_instant_ > options_.steps_per_instant) {
    return limit(fmt::format("{} steps at one instant ({}): an endless loop that takes no time",
                             WithCommas(options_.steps_per_instant), FormatDuration(now().ns())));
  }
  if (TookTooMuch()) return limit(MemoryLimitText());
  if (++steps_ % kStepsBetweenLooks == 0 && options_.interrupted != nullptr &&
      options_.interrupted->load(std::memory_order_relaxed)) {
    was_interrupted_ = true;
    simulation_.Stop();
    return false;
  }
  return true;
}

void World::SomethingEnded() {
  if (AllEnded()) simulation_.Stop();
}

bool World::AnythingToEnd() const {
  const std::vector<ThreadDecl>& threads = scenario().threads;
  return !scenario().jobs.empty() || std::any_of(threads.begin(), threads.end(), [](const ThreadDecl& decl) {
    return decl.kind != ThingKind::kKthread || !decl.idle;
  });
}

bool World::AllEnded() {
  if (!AnythingToEnd() || !work_->Idle() || !crossings_->Idle()) return false;
  for (std::vector<const Thread*>* threads : {&awaited_, &spawned_}) {
    while (!threads->empty() && HasEnded(threads->back())) threads->pop_back();
    if (!threads->empty()) return false;
  }
  return true;
}

bool World::AllEndedOrHung(const HungSet& hung) const {
  const auto done = [&](const Thread* awaited) {
    if (HasEnded(awaited) || hung.Contains(awaited)) return true;
    if (awaited->process() == nullptr) return false;
    const std::vector<Thread*>& threads = awaited->process()->threads();
    return std::all_of(threads.begin(), threads.end(),
                       [&](const Thread* thread) { return thread->ended() || hung.Contains(thread); });
  };
  return std::all_of(awaited_.begin(), awaited_.end(), done) &&
         std::all_of(spawned_.begin(), spawned_.end(), done);
}

}  // namespace model
