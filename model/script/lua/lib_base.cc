// SPDX-License-Identifier: Apache-2.0
//
// The base library of scenarios: what stock Lua has less what is unsafe, with pairs,
// next, tostring, pcall and the raw functions replaced (see sandbox.h).
#include "model/script/lua/sandbox.h"

namespace model {
namespace {

// Upvalues: the keys in order, the position of the last one given, the contents.
int NextPair(lua_State* L) {
  lua_Integer position = lua_tointeger(L, lua_upvalueindex(2));
  for (;;) {
    if (lua_rawgeti(L, lua_upvalueindex(1), ++position) == LUA_TNIL) return 1;
    lua_pushvalue(L, -1);
    if (lua_rawget(L, lua_upvalueindex(3)) != LUA_TNIL) break;
    lua_pop(L, 2);  // Removed since the walk began.
  }
  lua_pushinteger(L, position);
  lua_replace(L, lua_upvalueindex(2));
  return 2;
}

int FinishPairs(lua_State* /*L*/, int /*status*/, lua_KContext /*context*/) { return 3; }

int Pairs(lua_State* L) {
  luaL_checkany(L, 1);
  if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
    lua_pushvalue(L, 1);
    lua_callk(L, 1, 3, 0, &FinishPairs);
    return 3;
  }
  luaL_checktype(L, 1, LUA_TTABLE);
  PushSortedKeys(L, 1);
  lua_pushinteger(L, 0);
  if (!PushFrozenContents(L, 1)) lua_pushvalue(L, 1);
  lua_pushcclosure(L, &NextPair, 3);
  lua_pushvalue(L, 1);
  lua_pushnil(L);
  return 3;
}

// next(t [, key]): the first key after `key`, in the order of pairs.
int Next(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 2);
  const int64_t count = PushSortedKeys(L, 1);
  int64_t position = 0;
  if (lua_isnil(L, 2) == 0) {
    do {
      if (++position > count) RaiseText(L, "invalid key to 'next'");
      lua_rawgeti(L, 3, position);
      const bool found = lua_rawequal(L, -1, 2) != 0;
      lua_pop(L, 1);
      if (found) break;
    } while (true);
  }
  if (lua_rawgeti(L, 3, position + 1) == LUA_TNIL) return 1;
  if (!PushFrozenContents(L, 1)) lua_pushvalue(L, 1);
  lua_pushvalue(L, -2);
  lua_rawget(L, -2);
  lua_remove(L, -2);
  return 2;
}

int ToString(lua_State* L) {
  luaL_checkany(L, 1);
  PushToString(L, 1);
  return 1;
}

int FinishProtected(lua_State* L, int status, lua_KContext extra) {
  if (status != LUA_OK && status != LUA_YIELD) {
    if (Sandbox::Of(L).limit_hit()) return lua_error(L);
    lua_pushboolean(L, 0);
    lua_pushvalue(L, -2);
    return 2;
  }
  return lua_gettop(L) - static_cast<int>(extra);
}

int ProtectedCall(lua_State* L) {
  luaL_checkany(L, 1);
  lua_pushboolean(L, 1);
  lua_insert(L, 1);
  const int status = lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, &FinishProtected);
  return FinishProtected(L, status, 0);
}

// Upvalue 1 is the handler that the script gave. A limit is no error for it to handle; and
// it would run inside the hook that found the limit, where no further hook can stop it.
int HandleUnlessLimit(lua_State* L) {
  if (Sandbox::Of(L).limit_hit()) return 1;
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, 1);
  return 1;
}

int ProtectedCallWithHandler(lua_State* L) {
  const int arguments = lua_gettop(L);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_pushvalue(L, 2);
  lua_pushcclosure(L, &HandleUnlessLimit, 1);
  lua_replace(L, 2);
  lua_pushboolean(L, 1);
  lua_pushvalue(L, 1);
  lua_rotate(L, 3, 2);
  const int status = lua_pcallk(L, arguments - 2, LUA_MULTRET, 2, 2, &FinishProtected);
  return FinishProtected(L, status, 2);
}

int GetMetatable(lua_State* L) {
  luaL_checkany(L, 1);
  if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL) return 1;
  if (lua_getmetatable(L, 1) == 0) lua_pushnil(L);
  return 1;
}

int SetMetatable(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  const int type = lua_type(L, 2);
  luaL_argexpected(L, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table");
  if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL) {
    RaiseText(L, "cannot change a protected metatable");
  }
  if (type == LUA_TTABLE) {
    for (const char* field : {"__gc", "__mode"}) {
      lua_pushstring(L, field);
      if (lua_rawget(L, 2) != LUA_TNIL) {
        RaiseText(L, std::string(field) + " is not available: what it does depends on the collector");
      }
      lua_pop(L, 1);
    }
  }
  lua_settop(L, 2);
  lua_setmetatable(L, 1);
  return 1;
}

int RawGet(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checkany(L, 2);
  lua_settop(L, 2);
  if (!PushFrozenContents(L, 1)) lua_pushvalue(L, 1);
  lua_pushvalue(L, 2);
  lua_rawget(L, -2);
  return 1;
}

int RawLength(lua_State* L) {
  const int type = lua_type(L, 1);
  luaL_argexpected(L, type == LUA_TTABLE || type == LUA_TSTRING, 1, "table or string");
  if (!PushFrozenContents(L, 1)) lua_pushvalue(L, 1);
  lua_pushinteger(L, static_cast<lua_Integer>(lua_rawlen(L, -1)));
  return 1;
}

}  // namespace

void OpenBaseLibrary(Sandbox& sandbox) {
  lua_State* L = sandbox.state();
  luaL_requiref(L, LUA_GNAME, luaopen_base, 0);
  for (const char* name :
       {"assert", "error", "ipairs", "rawequal", "select", "tonumber", "type", "_VERSION"}) {
    lua_getfield(L, -1, name);
    sandbox.SetGlobal(L, name);
  }
  lua_pop(L, 1);
  constexpr luaL_Reg kReplaced[] = {
      {"pairs", &Pairs},
      {"next", &Next},
      {"tostring", &ToString},
      {"pcall", &ProtectedCall},
      {"xpcall", &ProtectedCallWithHandler},
      {"getmetatable", &GetMetatable},
      {"setmetatable", &SetMetatable},
      {"rawget", &RawGet},
      {"rawlen", &RawLength},
  };
  for (const luaL_Reg& entry : kReplaced) {
    lua_pushcfunction(L, entry.func);
    sandbox.SetGlobal(L, entry.name);
  }
}

}  // namespace model
