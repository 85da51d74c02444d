// SPDX-License-Identifier: Apache-2.0
#include "model/script/run/thread.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "model/script/run/body.h"
#include "model/script/run/ring.h"
#include "model/script/run/sync.h"
#include "model/script/run/world.h"

namespace model {
namespace {

// The last thing that an exiting process closes: what task_work() left for late.
class LateTaskWork final : public OpenFile {
 public:
  explicit LateTaskWork(RunThread* here) : here_(here) {}
  sim::Task<> Close(Thread*) override { return Run(here_); }

 private:
  static sim::Task<> Run(RunThread* here) {
    co_await RunTaskWork(here);
    here->late_work_done = true;
  }

  RunThread* here_;
};

// Whether the exit of this thread is that of its process. Workers of its rings do not count: it waits for
// them.
bool LastOfItsProcess(const RunThread& here) {
  const std::vector<Thread*>& threads = here.thread->process()->threads();
  return std::all_of(threads.begin(), threads.end(), [&](const Thread* other) {
    return other == here.thread || other->exiting() || other->ended() || here.world->rings().Owns(other);
  });
}

}  // namespace

sim::Site& RunThread::SiteFor(std::string_view kind, std::string_view label) {
  std::string key = fmt::format("{} {}", kind, label);
  auto it = sites.find(key);
  if (it == sites.end()) {
    it = sites.emplace(std::move(key), world->chooser().MakeSite(kind, thread->name(), label)).first;
  }
  return it->second;
}

void RunThread::AddReach(const std::vector<ThingRef>& things) {
  reach.insert(reach.end(), things.begin(), things.end());
  std::sort(reach.begin(), reach.end());
  reach.erase(std::unique(reach.begin(), reach.end()), reach.end());
}

bool RunThread::Reaches(ThingRef thing) const {
  return std::binary_search(reach.begin(), reach.end(), thing);
}

sim::Task<> RunThreadBody(RunThread* here, std::unique_ptr<BodyRun> body) {
  World& world = *here->world;
  const BodyEnd end = co_await RunBody(body.get(), 0);
  co_await here->thread->Settle();
  if (here->process != nullptr && here->process->process->threads().front() == here->thread) {
    here->process->result = end.kind == BodyEnd::Kind::kKilled ? kEINTR : end.error;
  }
  body.reset();
  if (!here->held.empty()) NoteHoldsAtReturn(here);
  if (here->process != nullptr) {
    here->thread->SetMode(CpuMode::kKernel);
    if (LastOfItsProcess(*here)) {
      here->process->process->AddFile(std::make_shared<LateTaskWork>(here));
    } else {
      co_await RunTaskWork(here);
      here->late_work_done = true;
    }
  }
  if (here->process != nullptr) co_return;  // Its exit says so (World::ProcessOf).
  here->body_ended = true;
  world.machine().WakeAll(here->end_event.get(), 0, here->thread);
  world.SomethingEnded();
}

sim::Task<> RunTaskWork(RunThread* here) {
  while (!here->task_work.empty()) {
    here->done_task_work.push_back(std::move(here->task_work.front()));
    here->task_work.pop_front();
    TaskWork* work = here->done_task_work.back().get();
    std::unique_ptr<BodyRun> body =
        BodyRun::OfFunction(here, {.context = kContextKernel, .frame = "task_work_run"}, work->function());
    co_await RunBody(body.get(), 0);
    work->set_done();
  }
}

void NoteHoldsAtReturn(RunThread* here) {
  for (const int32_t index : here->held) {
    const Lock* lock = here->world->sync().Hold({ThingKind::kHold, index}).lock;
    here->world->Warn(
        here->process != nullptr
            ? fmt::format("{} returned to user mode holding {}", here->thread->name(), lock->name())
            : fmt::format("{} ended holding {}", here->thread->name(), lock->name()));
  }
}

}  // namespace model
