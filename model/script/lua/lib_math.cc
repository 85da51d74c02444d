// SPDX-License-Identifier: Apache-2.0
//
// The part of the math library whose results are the same everywhere: exact operations
// from stock Lua, exp and log from sim/portable_math.h. (`^` is there too: symbols.h.)
#include "model/script/lua/sandbox.h"
#include "sim/portable_math.h"

namespace model {
namespace {

int Exp(lua_State* L) {
  lua_pushnumber(L, sim::Exp(luaL_checknumber(L, 1)));
  return 1;
}

int Log(lua_State* L) {
  const lua_Number x = luaL_checknumber(L, 1);
  if (lua_isnoneornil(L, 2)) {
    lua_pushnumber(L, sim::Log(x));
  } else {
    const lua_Number base = luaL_checknumber(L, 2);
    lua_pushnumber(L, base == 2.0 ? sim::Log2(x) : sim::Log(x) / sim::Log(base));
  }
  return 1;
}

}  // namespace

void OpenMathLibrary(Sandbox& sandbox) {
  lua_State* L = sandbox.state();
  luaL_requiref(L, LUA_MATHLIBNAME, luaopen_math, 0);
  const int stock = lua_gettop(L);
  lua_newtable(L);
  for (const char* name : {"abs", "ceil", "floor", "fmod", "huge", "max", "maxinteger", "min", "mininteger",
                           "modf", "pi", "sqrt", "tointeger", "type", "ult"}) {
    lua_getfield(L, stock, name);
    lua_setfield(L, -2, name);
  }
  lua_pushcfunction(L, &Exp);
  lua_setfield(L, -2, "exp");
  lua_pushcfunction(L, &Log);
  lua_setfield(L, -2, "log");
  MakeLibrary(L, LUA_MATHLIBNAME);
  sandbox.SetGlobal(L, LUA_MATHLIBNAME);
  lua_pop(L, 1);
}

}  // namespace model
