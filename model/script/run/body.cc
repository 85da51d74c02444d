// SPDX-License-Identifier: Apache-2.0
#include "model/script/run/body.h"

#include <utility>

#include "fmt/format.h"
#include "model/dataset/errno.h"
#include "model/script/language/source_map.h"
#include "model/script/lua/sandbox.h"
#include "model/script/run/call.h"
#include "model/script/run/world.h"

namespace model {

BodyRun::BodyRun(RunThread* here, Options options) : here_(here), frame_(options.frame) {
  context_.context = options.context;
  context_.name = here->thread->name();
  context_.driver = this;
  context_.host = &here->world->host();
}

BodyRun::~BodyRun() {
  if (context_.main != nullptr) context_.host->FreeCoroutine(context_.main);
}

std::unique_ptr<BodyRun> BodyRun::Make(RunThread* here, Options options,
                                       const std::function<bool(lua_State*)>& push) {
  std::unique_ptr<BodyRun> body(new BodyRun(here, options));
  World& world = *here->world;
  body->context_.main = world.host().NewCoroutine(&body->context_);
  if (body->context_.main == nullptr || !push(body->context_.main)) {
    ScenarioError error = world.host().LimitError();
    if (here->declaration >= 0) {
      error.pos = world.scenario().threads[static_cast<size_t>(here->declaration)].pos;
      error.source_line = std::string(world.host().source().line(error.pos.line));
    }
    world.Fail(std::move(error));
  }
  return body;
}

std::unique_ptr<BodyRun> BodyRun::OfBody(RunThread* here, Options options, BodyRef ref) {
  return Make(here, options, [&](lua_State* to) { return here->world->host().InstantiateBody(ref, to); });
}

std::unique_ptr<BodyRun> BodyRun::OfFunction(RunThread* here, Options options, const LuaValues& function) {
  return Make(here, options, [&](lua_State* to) {
    function.Push(to);
    return true;
  });
}

BodyEnd BodyRun::EndByError(int status) {
  World& world = *here_->world;
  lua_State* L = context_.main;
  if (!world.host().sandbox().limit_hit() && lua_isinteger(L, -1) != 0) {
    const int error = static_cast<int>(lua_tointeger(L, -1));
    lua_resetthread(L);
    // A <close> value may have raised in its turn; the last errno counts, any other error is the scenario's.
    if (lua_gettop(L) > 0 && lua_isinteger(L, -1) == 0) {
      world.Fail(world.host().ErrorFrom(L, LUA_ERRRUN));
    }
    return {.kind = BodyEnd::Kind::kErrno, .error = error};
  }
  world.set_traceback(world.host().Traceback(L));
  world.Fail(world.host().ErrorFrom(L, status));
  return {};
}

void BodyRun::Abandon() {
  lua_resetthread(context_.main);
  lua_settop(context_.main, 0);
}

sim::Task<BodyEnd> RunBody(BodyRun* body, int arguments) {
  if (body->frame() != nullptr) co_await sim::FrameName{body->frame()};
  World& world = body->world();
  RunThread& here = body->here();
  if (world.failed()) co_await Halt{};
  here.bodies.push_back(body);
  BodyEnd end;
  const Word* word = nullptr;
  for (;;) {
    if (!world.CountStep(body->lua(), word)) co_await Halt{};
    world.host().ResetInstructionCount();
    int results = 0;
    const int status = lua_resume(body->lua(), nullptr, arguments, &results);
    arguments = 0;
    if (status == LUA_OK) {
      end.results = results;
    } else if (status != LUA_YIELD) {
      end = body->EndByError(status);
    }
    if (world.failed()) co_await Halt{};
    if (status != LUA_YIELD) break;

    if (body->context().pending_op == nullptr) {
      world.Fail(ErrorAtLine(world, body->lua(), "coroutine.yield outside of a coroutine"));
      co_await Halt{};
    }
    OpCall call(body);
    word = &call.word();
    co_await call.op().run(&call);
    if (world.failed()) co_await Halt{};
    call.Finish();
    if (!body->user_mode()) continue;
    if (!here.thread->killed()) co_await TakeSignals(&here);
    if (here.thread->killed()) {
      body->Abandon();
      end.kind = BodyEnd::Kind::kKilled;
      break;
    }
  }
  here.bodies.pop_back();
  co_return end;
}

sim::Task<> TakeSignals(RunThread* here) {
  if (here->process == nullptr) co_return;
  Process* process = here->process->process;
  while (process->HasHandledSignal() && !here->thread->killed()) {
    const int signal = process->TakeHandledSignal();
    auto handler = here->process->handlers.find(signal);
    if (handler == here->process->handlers.end()) continue;
    co_await here->thread->Compute(sim::SimDuration::Nanos(here->world->machine().profile().signal_ns));
    const std::shared_ptr<LuaValues> function = handler->second;
    std::unique_ptr<BodyRun> body =
        BodyRun::OfFunction(here, {.context = kContextUser, .frame = "signal handler"}, *function);
    lua_Debug record;
    lua_pushvalue(body->lua(), -1);
    lua_getinfo(body->lua(), ">S", &record);
    const BodyEnd end = co_await RunBody(body.get(), 0);
    if (end.kind == BodyEnd::Kind::kErrno) {
      ScenarioError error;
      error.file = here->world->scenario().file;
      error.text = fmt::format("the signal handler raised {} and nobody handled it", ErrnoText(end.error));
      const SourceMap& source = here->world->host().source();
      error.pos = source.FindWord(record.linedefined, "function").pos;
      error.source_line = std::string(source.line(record.linedefined));
      here->world->Fail(std::move(error));
      co_await Halt{};
    }
  }
}

}  // namespace model
