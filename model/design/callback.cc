// SPDX-License-Identifier: Apache-2.0
#include "model/design/callback.h"

#include "model/design/intents.h"

namespace model {
namespace {

// What an upcall carries in: the first step, already taken, or the answer to the last call.
struct Carried {
  std::shared_ptr<Session> session;
  JobAnswer answer;
};

// Runs the body until it needs the kernel.
sim::Task<Answer> InUserMode(Thread* thread, std::any argument) {
  co_await sim::FrameName{"job"};
  Carried carried = std::any_cast<Carried>(std::move(argument));
  Session* session = carried.session.get();
  session->Enter(LockPhase::kUser);
  JobStep step = session->Next(carried.answer);
  for (;;) {
    JobAnswer answer;
    if (step.kind == JobStep::Kind::kCompute) {
      co_await session->UseCore(thread, step.compute, LockPhase::kUser);
    } else if (step.kind == JobStep::Kind::kAct) {
      co_await session->Act(thread, std::move(step.act));
    } else if (step.kind == JobStep::Kind::kCall && step.call.kind != CallKind::kSync) {
      std::optional<JobAnswer> buffered = session->buffer.Answer(step.call, session->OpenContext());
      if (!buffered) break;
      answer = std::move(*buffered);
      session->Note(step.call, answer);
    } else {
      break;
    }
    if (thread->killed()) co_return Answer{kECANCELED, {}};
    step = session->Next(answer);
  }
  if (step.kind == JobStep::Kind::kCall) co_await session->Think(thread);
  session->Enter(LockPhase::kCrossing);
  co_return Answer{0, std::move(step)};
}

// Whether who runs the body is stopped: then an upcall is taken when he goes on, and no sooner.
bool UserCodeIsStopped(const Session& session) {
  const bool dispatched = session.options->options.callback.place == UpcallPlace::kDispatcher;
  return (dispatched ? session.dispatcher->process() : session.thread->process())->stopped();
}

}  // namespace

UpcallCrew* CallbackDesign::CrewFor(const Session& session) {
  if (session.options->options.callback.place == UpcallPlace::kDispatcher) return session.dispatcher;
  if (helper_ == nullptr) {
    Process* process = session.thread->process();
    helper_ = std::make_unique<UpcallCrew>(
        &process->machine(),
        Crew::Options{
            .process = process, .name = process->name() + "/callback", .numbered = false, .service = true});
  }
  return helper_.get();
}

sim::Task<int> CallbackDesign::Upcall(SessionPtr session, Thread* thread, JobAnswer answer, JobStep* step) {
  const auto& options = session->options->options.callback;
  std::any argument = Carried{session, std::move(answer)};
  session->Enter(UserCodeIsStopped(*session) ? LockPhase::kUser : LockPhase::kCrossing);
  Answer reply;
  if (thread->kernel_thread()) {
    auto upcall = std::make_shared<model::Upcall>(&thread->machine(), "callback", thread, InUserMode,
                                                  std::move(argument), kECANCELED);
    CrewFor(*session)->Submit(upcall, thread);
    ++session->thread->process()->figures.callbacks;
    ++session->thread->process()->figures.crossings;
    const int error = co_await upcall->Await(thread, {.kind = options.wait});
    reply = upcall->answer();
    if (error != 0) reply.error = error;
  } else {
    if (callback_ == nullptr) {
      callback_ = std::make_unique<Callback>(
          &thread->machine(), session->thread->process()->name() + "/callback",
          Callback::Options{
              .place = options.place, .wait = {.kind = options.wait}, .dispatcher = session->dispatcher},
          InUserMode);
    }
    CallResult result = co_await callback_->Invoke(thread, std::move(argument));
    reply = std::move(result.answer);
  }
  session->Enter(LockPhase::kCrossing);
  if (reply.error != 0) co_return reply.error;
  *step = std::any_cast<JobStep>(std::move(reply.value));
  co_return 0;
}

sim::Task<int> CallbackDesign::RunJob(Session* raw) {
  SessionPtr session = raw->shared_from_this();
  session->ChoosePool();
  co_await sim::FrameName{"ioctl"};
  co_await session->CrossIn(true);
  const auto& options = session->options->options.callback;
  int result = 0;
  if (session->pool->suspended()) {
    result = kEAGAIN;
  } else if (options.syncing) {
    result = co_await RunSyncing(session);
  } else if (options.config_lock) {
    result = co_await RunUnderConfigLock(session);
  } else {
    result = co_await RunOpen(session);
  }
  co_await session->CrossOut();
  co_return result;
}

sim::Task<int> CallbackDesign::RunOpen(SessionPtr session) {
  Thread* thread = session->thread;
  auto transaction = std::make_shared<ChannelTransaction>(
      session->pool, thread->process(),
      ChannelTransaction::Options{.overlay = session->options->options.callback.overlay},
      &session->figures->lock_clock);
  int error = co_await transaction->Begin(thread);
  if (error != 0) co_return error;
  thread->process()->AddFile(transaction);
  JobStep step;
  JobAnswer answer;
  for (;;) {
    error = co_await Upcall(session, thread, std::move(answer), &step);
    if (error != 0 || step.kind != JobStep::Kind::kCall) break;
    answer = JobAnswer{};
    if (step.call.kind == CallKind::kSync) {
      answer.error = transaction->Record(step.call.mutation, &answer.details);
      answer.recorded = answer.error == 0;
    } else {
      answer = co_await session->KernelRead(thread, step.call, &transaction->view());
    }
    session->Note(step.call, answer);
  }
  if (error == 0) error = session->EndOf(step);
  if (error == 0) {
    session->Enter(LockPhase::kReadCpu);  // Checks, and the task on txg_sync.
    error = co_await transaction->Commit(thread);
    session->figures->failed_intent = transaction->failed_intent();
  } else {
    transaction->Abort(thread);
  }
  thread->process()->RemoveFile(transaction.get());
  co_return error;
}

sim::Task<int> CallbackDesign::RunUnderConfigLock(SessionPtr session) {
  Thread* thread = session->thread;
  Pool* pool = session->pool;
  Intents intents(pool, false);
  co_await pool->SpaOpen(thread);
  co_await pool->config_lock().Read(thread);
  session->HoldConfig();
  JobStep step;
  JobAnswer answer;
  int error = 0;
  for (;;) {
    error = co_await Upcall(session, thread, std::move(answer), &step);
    if (error != 0 || step.kind != JobStep::Kind::kCall) break;
    answer = JobAnswer{};
    if (step.call.kind == CallKind::kSync) {
      answer.error = intents.Record(step.call.mutation, &answer.details);
      answer.recorded = answer.error == 0;
    } else {
      answer = co_await session->KernelRead(thread, step.call, &pool->tree());
    }
    session->Note(step.call, answer);
  }
  session->ReleaseConfig();
  pool->config_lock().Unlock(thread);
  if (error == 0) error = session->EndOf(step);
  if (error != 0 || intents.empty()) co_return error;
  SyncTask task = intents.MakeTask("callback_intents");
  task.observer = &session->figures->lock_clock;
  session->Enter(LockPhase::kReadCpu);  // Checks, and the task on txg_sync.
  error = co_await pool->Administer(thread, &task);
  session->figures->failed_intent = intents.failed();
  co_return error;
}

sim::Task<int> CallbackDesign::RunSyncing(SessionPtr session) {
  SyncTask task;
  task.name = "callback_syncing";
  task.open_check = false;
  task.retry_eagain = false;
  task.observer = &session->figures->lock_clock;
  session->BeginProgram(&task);
  task.run = [this, session](Thread* sync_thread, uint64_t txg) {
    return ServeInSync(session, sync_thread, txg);
  };
  co_return co_await session->pool->Administer(session->thread, &task);
}

// On txg_sync, with the config lock as writer: no txg can finish and nobody can read.
sim::Task<int> CallbackDesign::ServeInSync(SessionPtr session, Thread* sync_thread, uint64_t txg) {
  co_await sim::FrameName{"callback_sync"};
  const CheckContext context{.syncing = true, .txg = txg, .caller = Caller::kChannelProgram};
  JobStep step;
  JobAnswer answer;
  for (;;) {
    const int error = co_await Upcall(session, sync_thread, std::move(answer), &step);
    if (error != 0) co_return error;
    if (step.kind != JobStep::Kind::kCall) co_return session->EndOf(step);
    answer = JobAnswer{};
    session->Enter(LockPhase::kReadCpu);
    if (step.call.kind == CallKind::kSync) {
      answer = co_await session->MutateInSync(sync_thread, step.call.mutation, txg);
    } else {
      const int items = session->Serve(session->pool->tree(), step.call, context, &answer);
      co_await sync_thread->Compute(session->ReadCost(step.call, items));
    }
    session->Note(step.call, answer);
  }
}

}  // namespace model
