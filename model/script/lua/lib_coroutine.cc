// SPDX-License-Identifier: Apache-2.0
//
// Coroutines of scenarios: as in stock Lua, except that a word which waits may be used
// inside one.
//
// Such a word yields its coroutine with BodyContext::pending_state set. Whoever resumed
// that coroutine is one of the functions here; it yields in turn, up to the driver. When
// the driver resumes the body, each of them resumes the next inner one again, until the
// word's own continuation takes the results. The body sees none of it.
//
// resume catches any error but the limits of the sandbox: also that a channel program has timed out
// or has no memory left, as it does in the kernel (module/lua/ldo.c:lua_resume). Such a program can
// end well, if it does so before the next look at its instructions.
#include "model/script/lua/binding.h"
#include "model/script/lua/sandbox.h"

namespace model {
namespace {

lua_State* CheckCoroutine(lua_State* L, int index) {
  lua_State* co = lua_tothread(L, index);
  luaL_argexpected(L, co != nullptr, index, "coroutine");
  return co;
}

int Create(lua_State* L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_State* co = lua_newthread(L);
  SetBodyContext(co, BodyContextOf(L));
  lua_pushvalue(L, 1);
  lua_xmove(L, co, 1);
  return 1;
}

const char* StatusOf(lua_State* L, lua_State* co) {
  if (L == co) return "running";
  switch (lua_status(co)) {
    case LUA_YIELD: {
      return "suspended";
    }
    case LUA_OK: {
      lua_Debug record;
      if (lua_getstack(co, 0, &record) != 0) return "normal";
      return lua_gettop(co) == 0 ? "dead" : "suspended";
    }
    default:
      return "dead";
  }
}

// What is left to do when the coroutine that a function here resumed has stopped.
struct Stopped {
  bool failed = false;
  bool waits = false;  // A word inside it waits for the simulation.
  int results = 0;     // On the stack of L; the error value if it failed.
};

Stopped ResumeOnce(lua_State* L, lua_State* co, int arguments) {
  int results = 0;
  const int status = lua_resume(co, L, arguments, &results);
  if (status == LUA_YIELD) {
    const BodyContext* body = BodyContextOf(co);
    if (body != nullptr && body->pending_state != nullptr) return {.waits = true};
  }
  if (status != LUA_OK && status != LUA_YIELD) {
    lua_xmove(co, L, 1);
    return {.failed = true, .results = 1};
  }
  if (lua_checkstack(L, results + 1) == 0) {
    lua_pop(co, results);
    lua_pushliteral(L, "too many results to resume");
    return {.failed = true, .results = 1};
  }
  lua_xmove(co, L, results);
  return {.results = results};
}

// Checks that `co` can be resumed; pushes the reason and returns false if not.
bool CanResume(lua_State* L, lua_State* co, int arguments) {
  const std::string_view status = StatusOf(L, co);
  if (status != "suspended") {
    lua_pushfstring(L, "cannot resume %s coroutine", status == "dead" ? "dead" : "non-suspended");
    return false;
  }
  if (lua_checkstack(co, arguments) == 0) {
    lua_pushliteral(L, "too many arguments to resume");
    return false;
  }
  return true;
}

// Passes a wait inside `co` on to whoever resumed L.
int PassOn(lua_State* L, lua_KFunction continuation) {
  if (lua_isyieldable(L) == 0) {
    BodyContextOf(L)->pending_state = nullptr;
    CheckCanWait(L, "a coroutine whose function waits");
  }
  return lua_yieldk(L, 0, 0, continuation);
}

int FinishResume(lua_State* L, const Stopped& stopped, lua_KFunction continuation) {
  if (stopped.waits) return PassOn(L, continuation);
  if (stopped.failed && Sandbox::Of(L).own_limit_hit()) return lua_error(L);
  lua_pushboolean(L, stopped.failed ? 0 : 1);
  lua_insert(L, -(stopped.results + 1));
  return stopped.results + 1;
}

int ContinueResume(lua_State* L, int /*status*/, lua_KContext /*context*/) {
  lua_settop(L, 1);
  return FinishResume(L, ResumeOnce(L, lua_tothread(L, 1), 0), &ContinueResume);
}

int Resume(lua_State* L) {
  lua_State* co = CheckCoroutine(L, 1);
  const int arguments = lua_gettop(L) - 1;
  if (!CanResume(L, co, arguments)) {
    lua_pushboolean(L, 0);
    lua_insert(L, -2);
    return 2;
  }
  lua_xmove(L, co, arguments);
  return FinishResume(L, ResumeOnce(L, co, arguments), &ContinueResume);
}

int FinishWrapped(lua_State* L, const Stopped& stopped, lua_KFunction continuation) {
  if (stopped.waits) return PassOn(L, continuation);
  if (stopped.failed) return lua_error(L);
  return stopped.results;
}

int ContinueWrapped(lua_State* L, int /*status*/, lua_KContext /*context*/) {
  lua_settop(L, 0);
  return FinishWrapped(L, ResumeOnce(L, lua_tothread(L, lua_upvalueindex(1)), 0), &ContinueWrapped);
}

int CallWrapped(lua_State* L) {
  lua_State* co = lua_tothread(L, lua_upvalueindex(1));
  const int arguments = lua_gettop(L);
  if (!CanResume(L, co, arguments)) RaiseText(L, lua_tostring(L, -1));
  lua_xmove(L, co, arguments);
  return FinishWrapped(L, ResumeOnce(L, co, arguments), &ContinueWrapped);
}

int Wrap(lua_State* L) {
  Create(L);
  lua_pushcclosure(L, &CallWrapped, 1);
  return 1;
}

int Yield(lua_State* L) {
  const BodyContext* body = BodyContextOf(L);
  if (body != nullptr && body->main == L) RaiseText(L, "coroutine.yield outside of a coroutine");
  if (lua_isyieldable(L) == 0) RaiseText(L, "coroutine.yield outside of a coroutine, or inside a C function");
  return lua_yield(L, lua_gettop(L));
}

int Status(lua_State* L) {
  lua_pushstring(L, StatusOf(L, CheckCoroutine(L, 1)));
  return 1;
}

int IsYieldable(lua_State* L) {
  lua_State* co = lua_isnone(L, 1) ? L : CheckCoroutine(L, 1);
  const BodyContext* body = BodyContextOf(co);
  lua_pushboolean(L, (body == nullptr || body->main != co) && lua_isyieldable(co) != 0 ? 1 : 0);
  return 1;
}

int Running(lua_State* L) {
  const bool main = lua_pushthread(L) != 0;
  const BodyContext* body = BodyContextOf(L);
  lua_pushboolean(L, main || (body != nullptr && body->main == L) ? 1 : 0);
  return 2;
}

int Close(lua_State* L) {
  lua_State* co = CheckCoroutine(L, 1);
  const std::string_view status = StatusOf(L, co);
  if (status != "dead" && status != "suspended") {
    RaiseText(L, std::string("cannot close a ") + std::string(status) + " coroutine");
  }
  if (lua_resetthread(co) == LUA_OK) {
    lua_pushboolean(L, 1);
    return 1;
  }
  if (Sandbox::Of(L).own_limit_hit()) {
    lua_xmove(co, L, 1);
    return lua_error(L);
  }
  lua_pushboolean(L, 0);
  lua_xmove(co, L, 1);
  return 2;
}

}  // namespace

void OpenCoroutineLibrary(Sandbox& sandbox) {
  lua_State* L = sandbox.state();
  constexpr luaL_Reg kFunctions[] = {
      {"create", &Create},   {"resume", &Resume}, {"wrap", &Wrap},
      {"yield", &Yield},     {"status", &Status}, {"isyieldable", &IsYieldable},
      {"running", &Running}, {"close", &Close},   {nullptr, nullptr},
  };
  luaL_newlib(L, kFunctions);
  MakeLibrary(L, LUA_COLIBNAME);
  sandbox.SetGlobal(L, LUA_COLIBNAME);
}

}  // namespace model
