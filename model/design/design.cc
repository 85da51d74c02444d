// SPDX-License-Identifier: Apache-2.0
#include "model/design/design.h"

#include <utility>

#include "fmt/format.h"
#include "model/dataset/errno.h"
#include "model/design/callback.h"
#include "model/design/channel_tx.h"
#include "model/design/ioctl.h"
#include "model/design/optimistic_tx.h"
#include "model/design/pipeline.h"
#include "model/design/program.h"
#include "model/design/ring_design.h"

namespace model {

sim::Task<int> Design::Begin(Session*) { co_return 0; }
sim::Task<int> Design::Commit(Session*) { co_return 0; }
sim::Task<> Design::Abort(Session*) { co_return; }
void Design::ShareFiles(Process*, Process*) {}
void Design::CloseOnExec(Thread*) {}
sim::Task<JobAnswer> Design::Read(Session*, JobCall) {
  JobAnswer answer;
  answer.error = kENOSYS;
  co_return answer;
}
sim::Task<JobAnswer> Design::Mutate(Session*, Mutation) {
  JobAnswer answer;
  answer.error = kENOSYS;
  co_return answer;
}

// The body in user mode on the job's own thread; each call crosses by itself.
sim::Task<int> Design::RunJob(Session* session) {
  session->ChoosePool();
  if (const int error = co_await Begin(session); error != 0) co_return error;
  JobStep step = session->Next({});
  while (step.goes_on()) {
    JobAnswer answer;
    if (step.kind == JobStep::Kind::kCompute) {
      co_await session->UseCore(session->thread, step.compute, LockPhase::kUser);
    } else if (step.kind == JobStep::Kind::kAct) {
      co_await session->Act(session->thread, std::move(step.act));
    } else {
      const bool read = step.call.kind != CallKind::kSync;
      const sim::SimTime asked = session->thread->machine().now();
      std::optional<JobAnswer> buffered;
      if (read) buffered = session->buffer.Answer(step.call, session->OpenContext());
      bool alive = true;
      if (!buffered && (read || MutationsCross())) alive = co_await session->Think(session->thread);
      if (buffered) {
        answer = std::move(*buffered);
      } else if (alive) {
        if (read) {
          answer = co_await Read(session, step.call);
        } else {
          answer = co_await Mutate(session, step.call.mutation);
        }
      }
      if (!session->thread->killed()) {
        session->Note(step.call, answer);
        if (!read && !answer.recorded) session->figures->last_step = asked;
      }
    }
    if (session->thread->killed()) co_return kEINTR;  // Its exit closes what it has open.
    step = session->Next(answer);
  }
  if (const int error = session->EndOf(step); error != 0) {
    co_await Abort(session);
    co_return error;
  }
  co_return co_await Commit(session);
}

std::unique_ptr<Design> MakeDesign(DesignKind kind) {
  switch (kind) {
    case DesignKind::kIoctl:
      return std::make_unique<IoctlDesign>();
    case DesignKind::kCallback:
      return std::make_unique<CallbackDesign>();
    case DesignKind::kPipeline:
      return std::make_unique<PipelineDesign>();
    case DesignKind::kProgram:
      return std::make_unique<ProgramDesign>();
    case DesignKind::kChannelTx:
      return std::make_unique<ChannelTxDesign>();
    case DesignKind::kOptimisticTx:
      return std::make_unique<OptimisticTxDesign>();
    case DesignKind::kRing:
      break;
  }
  return std::make_unique<RingDesign>();
}

Job::Job(ZfsModule* module, Pool* default_pool, Dispatcher* dispatcher, JobOptions options, JobBody* body)
    : module_(module),
      default_pool_(default_pool),
      pool_(default_pool),
      dispatcher_(dispatcher),
      options_(std::move(options)),
      body_(body),
      design_(MakeDesign(options_.design)),
      think_site_(module->machine().chooser().MakeSite("draw", options_.name, "think")),
      every_site_(module->machine().chooser().MakeSite("draw", options_.name, "every")) {}

JobStep TimedOut(int64_t instructions) {
  JobStep step;
  step.kind = JobStep::Kind::kStopped;
  step.error = kETIME;
  step.text = fmt::format("Timed out. {} Lua instructions", instructions);
  return step;
}

sim::SimDuration JobFigures::ConfigWait() const {
  if (config_hold == nullptr) return {};
  const Thread* sync_thread = config_hold->pipeline().sync_thread();
  if (sync_thread->waiter().on != &config_hold->config_lock()) return {};
  return config_hold->machine().now() - sync_thread->since();
}

void Job::Start() {
  Machine& machine = module_->machine();
  process_ = machine.CreateProcess(options_.name);
  machine.Spawn(process_, options_.name, [this](Thread* thread) { return Main(thread); },
                {.at = options_.at});
}

sim::Task<> Job::Main(Thread* thread) {
  Machine& machine = module_->machine();
  figures_.started = true;
  figures_.start = machine.now();
  sim::SimTime due = machine.now();
  for (int64_t k = 0; k < options_.repeats && !thread->killed(); ++k) {
    if (k > 0 && options_.every) {
      due += sim::SimDuration::Nanos(machine.chooser().Draw(every_site_, *options_.every));
      if (due > machine.now()) co_await thread->SleepFor(due - machine.now(), SleepKind::kInterruptible);
      if (thread->killed()) break;
    }
    const sim::SimTime start = machine.now();
    figures_.exchanges.clear();
    figures_.stopped_by.clear();
    figures_.uncaught = 0;
    figures_.applied.clear();
    auto session = std::make_shared<Session>();
    session->thread = thread;
    session->module = module_;
    session->pool = default_pool_;
    session->dispatcher = dispatcher_;
    session->body = body_;
    session->run = body_->NewRun();
    session->options = &options_;
    session->figures = &figures_;
    session->think_site = &think_site_;
    session->history = history_;
    session->BeginHistory();
    figures_.result = co_await design_->RunJob(session.get());
    session->EndHistory(figures_.result);
    pool_ = session->pool;
    co_await thread->Settle();
    figures_.latency.Add((machine.now() - start).ns());
    if (k == 0 && options_.repeats > 1 && !thread->killed()) {
      figures_.first = {.result = figures_.result,
                        .stopped = !figures_.stopped_by.empty(),
                        .uncaught = figures_.uncaught,
                        .exchanges = std::exchange(figures_.exchanges, {}),
                        .applied = std::exchange(figures_.applied, {}),
                        .tree = pool_->tree()};
    }
  }
  figures_.ended = true;
  figures_.end = machine.now();
}

}  // namespace model
