// SPDX-License-Identifier: Apache-2.0
#include "model/design/program.h"

#include <algorithm>
#include <string>
#include <utility>

#include "fmt/format.h"
#include "model/dataset/errno.h"

namespace model {
namespace {

// Between two looks whether a signal has come.
constexpr sim::SimDuration kLook = sim::SimDuration::Micros(100);

constexpr const char* kNoSuchWord = "a channel program has zfs.* only, and no other words that take time";
constexpr const char* kNeedsSync = "running functions from the zfs.sync submodule requires passing sync=TRUE";
constexpr const char* kBadLimit = "Invalid instruction or memory limit.";
constexpr const char* kCanceled = "Channel program was canceled.";

// The body as a thread in the kernel runs it.
class Program {
 public:
  explicit Program(Session* session) : session_(session) {}

  // Called when a signal comes for the caller, who sleeps.
  void Cancel() { canceled_ = true; }

  // On `runner`, with the config lock held. Returns the result of the program.
  sim::Task<int> Run(Thread* runner, CheckContext context) {
    co_await sim::FrameName{"zcp_eval"};
    session_->Enter(LockPhase::kReadCpu);
    JobAnswer answer;
    for (;;) {
      JobStep step = session_->Next(answer);
      step.call.by_object = true;
      answer = JobAnswer();
      bool goes_on = co_await SpendInstructions(runner);
      if (goes_on && step.kind == JobStep::Kind::kCompute) goes_on = co_await Spend(runner, step.compute);
      if (!goes_on) co_return Stop(kEINTR, kCanceled);
      if (!step.goes_on()) co_return End(step);
      if (step.kind == JobStep::Kind::kAct) co_return Stop(kECHRNG, kNoSuchWord);
      if (step.kind != JobStep::Kind::kCall) continue;
      if (step.call.kind != CallKind::kSync) {
        answer = session_->ServeProgram(step.call, context);
        co_await runner->Compute(session_->ReadCost(step.call, 1));
      } else if (context.syncing) {
        answer = co_await session_->MutateInSync(runner, step.call.mutation, context.txg);
      } else {
        co_return Stop(kECHRNG, kNeedsSync);
      }
      session_->Note(step.call, answer);
    }
  }

 private:
  int Stop(int error, std::string why) {
    session_->figures->stopped_by = std::move(why);
    return error;
  }

  // Whatever a program raises and does not catch is one errno to its caller (zcp.c:zcp_eval_impl).
  int End(const JobStep& last) {
    const int error = session_->EndOf(last);
    if (last.kind != JobStep::Kind::kDone || error == 0) return error;
    session_->figures->uncaught = error;
    return Stop(kECHRNG, fmt::format("{} was raised and not caught", ErrnoText(error)));
  }

  bool Canceled(const Thread* runner) const {
    if (canceled_) return true;
    return !runner->kernel_thread() && (runner->killed() || runner->process()->HasHandledSignal());
  }

  // Uses the core for what the body ran since the last time; false if it was canceled.
  sim::Task<bool> SpendInstructions(Thread* runner) {
    int64_t& counted = session_->figures->instructions;
    const int64_t before = counted;
    counted = session_->run->instructions();
    return Spend(runner,
                 sim::SimDuration::Nanos((counted - before) * session_->pool->costs().lua_instruction_ns));
  }

  sim::Task<bool> Spend(Thread* runner, sim::SimDuration span) {
    while (span.ns() > 0) {
      const sim::SimDuration part = std::min(span, kLook);
      co_await runner->Compute(part);
      if (Canceled(runner)) co_return false;
      span -= part;
    }
    co_return true;
  }

  Session* session_;
  bool canceled_ = false;
};

}  // namespace

sim::Task<int> ProgramDesign::RunJob(Session* session) {
  const auto& options = session->options->options.program;
  session->figures->instructions = 0;
  session->run->Meter(options.limits);
  session->ChoosePool();
  co_await sim::FrameName{"ioctl"};
  co_await session->CrossIn(true);
  int result = kEAGAIN;
  const PoolTunables& tunables = session->pool->tunables();
  if (session->pool->suspended()) {
    result = kEAGAIN;
  } else if (options.limits.instructions > tunables.zfs_lua_max_instrlimit ||
             options.limits.memory_bytes > tunables.zfs_lua_max_memlimit) {
    session->figures->stopped_by = kBadLimit;
    result = kEINVAL;
  } else if (options.sync) {
    result = co_await RunSyncing(session);
  } else {
    result = co_await RunOpen(session);
  }
  co_await session->CrossOut();
  co_return result;
}

sim::Task<int> ProgramDesign::RunSyncing(Session* session) {
  Program program(session);
  SyncTask task;
  task.name = "zcp_eval_sync";
  task.ioctl = "zfs_ioc_channel_program";
  task.open_check = false;
  task.retry_eagain = false;
  task.observer = &session->figures->lock_clock;
  session->BeginProgram(&task);
  task.signalled = [&program] { program.Cancel(); };
  task.run = [&program](Thread* sync_thread, uint64_t txg) {
    return program.Run(sync_thread, {.syncing = true, .txg = txg, .caller = Caller::kChannelProgram});
  };
  session->Enter(LockPhase::kReadCpu);  // What txg_sync does for this job is kernel work.
  co_return co_await session->pool->Administer(session->thread, &task);
}

sim::Task<int> ProgramDesign::RunOpen(Session* session) {
  Pool* pool = session->pool;
  Program program(session);
  co_await pool->SpaOpen(session->thread);
  co_await pool->config_lock().Read(session->thread);
  session->HoldConfig();
  session->BeginProgram(nullptr);
  const int result = co_await program.Run(session->thread, session->OpenContext());
  session->ReleaseConfig();
  pool->config_lock().Unlock(session->thread);
  co_return result;
}

}  // namespace model
