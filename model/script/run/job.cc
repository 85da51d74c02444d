// SPDX-License-Identifier: Apache-2.0
#include "model/script/run/job.h"

#include <string_view>
#include <utility>

#include "fmt/format.h"
#include "model/dataset/errno.h"
#include "model/script/run/pool.h"
#include "model/script/run/words.h"
#include "model/script/zcp/result.h"

namespace model {
namespace {

JobStep End(JobStep::Kind kind, int error, std::string text) {
  JobStep step;
  step.kind = kind;
  step.error = error;
  step.text = std::move(text);
  return step;
}

sim::Task<> Act(OpCall* call, Thread* thread) {
  call->set_thread(thread);
  co_await call->op().run(call);
}

}  // namespace

void ActInJob(OpCall* call, JobStep* step) {
  step->kind = JobStep::Kind::kAct;
  step->text = fmt::format("{} at line {}", call->word().name, InnermostCode(call->lua()).line);
  step->act = [call](Thread* thread) { return Act(call, thread); };
}

std::unique_ptr<JobRun> LuaJobBody::NewRun() {
  const JobDecl& decl = world_->scenario().jobs[static_cast<size_t>(index_)];
  Thread* thread = world_->pools().jobs()[static_cast<size_t>(index_)]->process()->threads().front();
  return std::make_unique<LuaJobRun>(world_, decl.body, &world_->ThreadOf(thread));
}

LuaJobRun::LuaJobRun(World* world, BodyRef body, RunThread* thread)
    : world_(world), body_(BodyRun::OfBody(thread, {.context = kContextJob}, body)) {}

void LuaJobRun::Meter(ProgramLimits limits) {
  meter_ = Sandbox::Meter{.max_instructions = limits.instructions, .max_bytes = limits.memory_bytes};
  world_->host().sandbox().Prepare(body_->lua());
}

JobStep LuaJobRun::Start() {
  world_->host().sandbox().Protect([&](lua_State*) { world_->host().PushZfs(body_->lua()); });
  return Run(1);
}

JobStep LuaJobRun::Resume(const JobAnswer& answer) {
  if (!answer.fatal.empty()) {
    pending_->Fail(answer.fatal);
    return End(JobStep::Kind::kBroken, 0, answer.fatal);
  }
  if (pending_->op().job_answer != nullptr) pending_->op().job_answer(pending_.get(), step_.call, answer);
  // The figures keep what was asked and answered.
  if (step_.kind == JobStep::Kind::kCall) world_->Take(sizeof(JobFigures::Exchange));
  pending_->Finish();
  pending_.reset();
  return Run(0);
}

JobStep LuaJobRun::Run(int arguments) {
  lua_State* L = body_->lua();
  const Word* word = arguments == 0 ? word_ : nullptr;
  for (;;) {
    if (world_->failed() || !world_->CountStep(L, word)) return End(JobStep::Kind::kBroken, 0, {});
    world_->host().ResetInstructionCount();
    int results = 0;
    Sandbox& sandbox = world_->host().sandbox();
    sandbox.set_meter(meter_ ? &*meter_ : nullptr);
    const int status = lua_resume(L, nullptr, arguments, &results);
    sandbox.set_meter(nullptr);
    arguments = 0;
    if (status == LUA_OK) return EndWell(results);
    if (status != LUA_YIELD) return EndByError(status);
    if (body_->context().pending_op == nullptr) {
      world_->Fail(ErrorAtLine(*world_, L, "coroutine.yield outside of a coroutine"));
      return End(JobStep::Kind::kBroken, 0, {});
    }
    pending_ = std::make_unique<OpCall>(body_.get());
    word_ = word = &pending_->word();
    const BlockingOp& op = pending_->op();
    if (op.job_step != nullptr) {
      step_ = JobStep();
      step_.kind = JobStep::Kind::kCall;
      op.job_step(pending_.get(), &step_);
      if (pending_->failed()) return End(JobStep::Kind::kBroken, 0, {});
      return step_;
    }
    SIM_CHECK(op.at_once != nullptr);
    op.at_once(pending_.get());
    if (pending_->failed()) return End(JobStep::Kind::kBroken, 0, {});
    pending_->Finish();
    pending_.reset();
  }
}

// A limit that one of its coroutines met and another one caught does not make it fail.
JobStep LuaJobRun::EndWell(int results) {
  if (!meter_) return End(JobStep::Kind::kDone, 0, {});
  const ProgramOutput returned = ReturnedByProgram(body_->lua(), results);
  if (!returned.error.empty()) return End(JobStep::Kind::kStopped, kECHRNG, returned.error);
  if (!returned.text.empty()) {
    world_->NoteOutput({.at = {},
                        .by = body_->here().thread->name(),
                        .line = "",
                        .output = "Channel program fully executed and produced output:\n" + returned.text});
  }
  constexpr std::string_view kCaught = ", and coroutine.resume caught it";
  if (meter_->timed_out()) {
    return End(JobStep::Kind::kStopped, 0, TimedOut(meter_->instructions).text + std::string(kCaught));
  }
  if (meter_->out_of_memory()) {
    return End(JobStep::Kind::kStopped, 0, "Memory limit exhausted" + std::string(kCaught));
  }
  return End(JobStep::Kind::kDone, 0, {});
}

// zcp.c:zcp_eval_impl: memory by the status, and whatever is raised after a time-out is one.
JobStep LuaJobRun::EndByError(int status) {
  lua_State* L = body_->lua();
  if (meter_ && meter_->out_of_memory() && status == LUA_ERRMEM) {
    return End(JobStep::Kind::kStopped, kENOSPC, "Memory limit exhausted.");
  }
  if (meter_ && meter_->timed_out()) return TimedOut(meter_->instructions);
  if (!world_->host().sandbox().limit_hit() && lua_isinteger(L, -1) != 0) {
    return End(JobStep::Kind::kDone, static_cast<int>(lua_tointeger(L, -1)), {});
  }
  world_->set_traceback(world_->host().Traceback(L));
  ScenarioError error = world_->host().ErrorFrom(L, status);
  const std::string text = error.text;
  world_->Fail(std::move(error));
  return End(JobStep::Kind::kBroken, 0, text);
}

}  // namespace model
