// SPDX-License-Identifier: Apache-2.0
//
// The words of threads and processes: spawn, thread, wait, kill, on_signal, exec,
// task_work, current.
#include <utility>

#include "fmt/format.h"
#include "model/machine/free_name.h"
#include "model/script/lua/sandbox.h"
#include "model/script/run/crossing.h"
#include "model/script/run/file.h"
#include "model/script/run/owner.h"
#include "model/script/run/pool.h"
#include "model/script/run/words.h"

namespace model {
namespace {

std::string FreeThreadName(const Machine& machine, const std::string& name) {
  FreeName free(name);
  for (const auto& thread : machine.threads()) {
    if (!thread->ended()) free.Taken(thread->name());
  }
  return free.Get();
}

// The function at `index` as an instance of its own, for a thread that starts now.
std::shared_ptr<LuaValues> OwnInstance(lua_State* L, int index) {
  ScriptHost* host = BodyContextOf(L)->host;
  lua_pushvalue(L, index);
  const std::string refused = host->InstantiateFunction(L);
  if (!refused.empty()) RaiseText(L, refused);
  return LuaValues::Take(host, L, 1);
}

// `word`: that the body used.
ThingRef StartThread(lua_State* L, std::string_view word, Process* process, std::string name, Context context,
                     int function, Machine::SpawnOptions options) {
  World& world = BodyOf(L).world();
  if (!world.RoomForThread()) {
    FailByLimit(world, L, word,
                fmt::format("more than {} threads that bodies have made live at once",
                            WithCommas(World::kMaxSpawned)));
  }
  if (world.TookTooMuch()) FailByLimit(world, L, word, World::MemoryLimitText());
  std::vector<ThingRef> reach = world.ReachOf(world.host().ReachableFrom(L, function));
  std::shared_ptr<LuaValues> body = OwnInstance(L, function);
  Thread* thread = world.SpawnThread(process, std::move(name), options,
                                     [context, body = std::move(body)](RunThread* here) {
                                       return BodyRun::OfFunction(here, {.context = context}, *body);
                                     });
  world.ThreadOf(thread).AddReach(reach);
  world.HoldOpenFor(thread);
  return {ThingKind::kSpawned, thread->tid()};
}

// spawn "name" (body), fork "name" (body): applied to the body. Upvalues: the name; whether the child shares
// what its parent has open.
int SpawnBody(lua_State* L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  BodyRun& body = BodyOf(L);
  World& world = body.world();
  const std::string name = lua_tostring(L, lua_upvalueindex(1));
  const bool shares = lua_toboolean(L, lua_upvalueindex(2)) != 0;
  Thread* parent = body.here().thread;
  const MachineProfile& profile = world.machine().profile();
  ThingRef thing;
  if (shares || body.user_mode()) {
    parent->Charge(profile.syscall_entry_ns + profile.process_create_ns + profile.syscall_exit_ns);
    Process* process = world.machine().CreateProcess(FreeProcessName(world.machine(), name));
    if (shares) world.files().Share(parent->process(), process);
    thing = StartThread(L, "spawn", process, process->name(), kContextUser, 1, {.at = world.now()});
  } else {
    parent->Charge(profile.thread_create_ns);
    thing = StartThread(L, "spawn", nullptr, FreeThreadName(world.machine(), name), kContextKernel, 1,
                        {.at = world.now()});
  }
  PushThing(L, thing);
  return 1;
}

int Spawning(lua_State* L, const char* form, bool shares) {
  if (lua_type(L, 1) != LUA_TSTRING) RaiseText(L, form);
  const int arguments = lua_gettop(L);
  lua_pushvalue(L, 1);
  lua_pushboolean(L, shares ? 1 : 0);
  lua_pushcclosure(L, &SpawnBody, 2);
  if (arguments < 2) return 1;
  lua_pushvalue(L, 2);
  lua_call(L, 1, 1);
  return 1;
}

int Spawn(lua_State* L) { return Spawning(L, "spawn \"name\" (function() ... end)", false); }
int Fork(lua_State* L) { return Spawning(L, "fork \"name\" (function() ... end)", true); }

// app:thread "t2" { at = } (body), while the run is on. Upvalues: the process' thread id, the name, `at`.
int ThreadOfProcess(lua_State* L) {
  BodyRun& body = BodyOf(L);
  World& world = body.world();
  if (lua_istable(L, 1)) {
    lua_getfield(L, 1, "at");
    int64_t at = 0;
    if (!lua_isnil(L, -1)) {
      absl::StatusOr<int64_t> span = DurationFromLua(L, -1);
      if (!span.ok())
        RaiseText(L, fmt::format("process:thread: at: {}", std::string(span.status().message())));
      at = *span;
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_pushinteger(L, at);
    lua_pushcclosure(L, &ThreadOfProcess, 3);
    return 1;
  }
  luaL_checktype(L, 1, LUA_TFUNCTION);
  const auto pid = static_cast<int>(lua_tointeger(L, lua_upvalueindex(1)));
  for (const auto& process : world.machine().processes()) {
    if (process->pid() != pid) continue;
    if (process->ended() || process->killed()) RaiseErrno(L, kESRCH);
    const MachineProfile& profile = world.machine().profile();
    body.here().thread->Charge(profile.syscall_entry_ns + profile.thread_create_ns + profile.syscall_exit_ns);
    const sim::SimTime at = sim::SimTime::FromNanos(
        std::max(world.now().ns(), static_cast<int64_t>(lua_tointeger(L, lua_upvalueindex(3)))));
    PushThing(L, StartThread(L, "thread", process.get(), lua_tostring(L, lua_upvalueindex(2)), kContextUser,
                             1, {.at = at}));
    return 1;
  }
  RaiseErrno(L, kESRCH);
}

int DeclareThread(lua_State* L) {
  Thread* thread = FindThread(BodyOf(L).world(), ToThing(L, 1));
  if (thread == nullptr || thread->process() == nullptr) RaiseText(L, "process:thread: of a process");
  lua_pushinteger(L, thread->process()->pid());
  lua_pushvalue(L, 2);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, &ThreadOfProcess, 3);
  return 1;
}

sim::Task<> WaitForEnd(OpCall* call) {
  const ThingRef thing = call->Thing(1);
  Thread* target = FindThread(call->world(), thing);
  const std::optional<WaitOptions> wait = call->Wait(2, call->user_mode() ? WaitMode::kS : WaitMode::kD);
  if (!wait || !call->MaySleep()) co_return;
  if (target == nullptr) {
    call->Fail(fmt::format("{}: no such thread", call->word().name));
    co_return;
  }
  Process* process = target->process();
  const bool whole_process = process != nullptr && process->threads().front() == target;
  RunThread& there = call->world().ThreadOf(target);
  while (whole_process ? !process->ended() : !there.body_ended && !target->ended()) {
    Waitable& event = whole_process ? process->end_event() : *there.end_event;
    const int error = co_await call->thread()->Wait(event, wait->spec());
    if (error == 0) continue;
    call->Refuse(error);
    co_return;
  }
}

int PushCurrent(lua_State* L) {
  const Thread* thread = BodyOf(L).here().thread;
  lua_createtable(L, 0, 5);
  lua_pushstring(L, thread->name().c_str());
  lua_setfield(L, -2, "name");
  lua_pushinteger(L, thread->tid());
  lua_setfield(L, -2, "id");
  if (thread->process() != nullptr) {
    lua_pushstring(L, thread->process()->name().c_str());
    lua_setfield(L, -2, "process");
  }
  lua_pushboolean(L, thread->killed() ? 1 : 0);
  lua_setfield(L, -2, "killed");
  lua_newtable(L);
  const int32_t declaration = BodyOf(L).here().declaration;
  if (declaration >= 0 && BodyOf(L).world().scenario().threads[static_cast<size_t>(declaration)].io_flusher) {
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, "io_flusher");
  }
  lua_setfield(L, -2, "flags");
  return 1;
}

// kill(target [, signal])
sim::Task<> Kill(OpCall* call) {
  Process* process = nullptr;
  if (call->Thing(1).kind != ThingKind::kNone) {
    process = FindProcessOf(call->world(), call->Thing(1));
  } else {
    const std::optional<std::string> name = call->Text(1);
    if (!name) co_return;
    process = call->machine().FindProcess(*name);
  }
  int signal = kSigKill;
  if (!call->Absent(2)) {
    const std::optional<std::string> name = call->Text(2);
    if (!name) co_return;
    signal = SignalByName(*name);
    if (signal == 0) {
      call->Fail(fmt::format("kill: \"{}\": no such signal", *name));
      co_return;
    }
  }
  call->thread()->EnterKernel();
  co_await call->thread()->Settle();
  const bool there = process != nullptr && !process->ended();
  if (there) call->machine().Signal(process, signal);
  co_await call->thread()->ReturnToUser();
  there ? call->ReturnBool(true) : call->ReturnErrno(kESRCH);
}

int OnSignal(lua_State* L) {
  BodyRun& body = BodyOf(L);
  const int signal = lua_type(L, 1) == LUA_TSTRING ? SignalByName(lua_tostring(L, 1)) : 0;
  if (signal == 0 || signal == kSigKill || signal == kSigStop) {
    RaiseText(L, "on_signal: a signal that can be handled, such as \"USR1\"");
  }
  luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_pushvalue(L, 2);
  body.here().process->handlers[signal] = LuaValues::Take(BodyContextOf(L)->host, L, 1);
  body.here().process->process->SetHandled(signal, true);
  return 0;
}

int AddTaskWork(lua_State* L) {
  World& world = BodyOf(L).world();
  Thread* thread = FindThread(world, ToThing(L, 1));
  if (thread == nullptr && lua_istable(L, 1)) {  // current()
    lua_getfield(L, 1, "id");
    thread = FindThread(world, {ThingKind::kSpawned, static_cast<int32_t>(lua_tointeger(L, -1))});
    lua_pop(L, 1);
  }
  if (thread == nullptr || thread->process() == nullptr)
    RaiseText(L, "task_work(thread, function() ... end)");
  luaL_checktype(L, 2, LUA_TFUNCTION);
  RunThread& there = world.ThreadOf(thread);
  if (thread->ended() || there.late_work_done) RaiseErrno(L, kESRCH);
  std::vector<ThingRef> reach = world.ReachOf(world.host().ReachableFrom(L, 2));
  there.task_work.push_back(std::make_unique<TaskWork>(thread, OwnInstance(L, 2), std::move(reach)));
  return 0;
}

// Linux fs/exec.c:de_thread: the siblings are killed, and the caller waits for them killably; then the
// files that are close-on-exec go (fs/file.c:do_close_on_exec).
sim::Task<> Exec(OpCall* call) {
  Process* process = call->thread()->process();
  call->thread()->EnterKernel();
  co_await call->thread()->Settle();
  call->machine().EndSiblings(call->thread());
  int error = 0;
  for (Thread* sibling : std::vector<Thread*>(process->threads())) {
    RunThread& there = call->world().ThreadOf(sibling);
    while (sibling != call->thread() && !sibling->ended() && !sibling->exiting() && error == 0) {
      error = co_await call->thread()->Wait(*there.end_event, {.kind = SleepKind::kKillable});
    }
  }
  if (error == 0) call->world().files().CloseOnExec(call->thread());
  co_await call->thread()->ReturnToUser();
  error == 0 ? call->ReturnBool(true) : call->ReturnErrno(error);
}

constexpr BlockingOp kWaitForEnd = {&WaitForEnd};
constexpr BlockingOp kKill = {&Kill};
constexpr BlockingOp kExec = {&Exec};

}  // namespace

void BindThreadWords(RuntimeTable* table) {
  table->BindImmediate("spawn", &Spawn);
  table->BindImmediate("fork", &Fork);
  table->BindImmediate("process:thread", &DeclareThread);
  table->BindBlocking("process:wait", &kWaitForEnd);
  table->BindBlocking("spawned:wait", &kWaitForEnd);
  table->BindImmediate("current", &PushCurrent);
  table->BindBlocking("kill", &kKill);
  table->BindImmediate("on_signal", &OnSignal);
  table->BindImmediate("task_work", &AddTaskWork);
  table->BindBlocking("exec", &kExec);
}

}  // namespace model
