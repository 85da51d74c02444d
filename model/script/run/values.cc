// SPDX-License-Identifier: Apache-2.0
#include "model/script/run/values.h"

#include "sim/check.h"

namespace model {

void MoveValues(lua_State* from, lua_State* to, int count) {
  SIM_CHECK(lua_checkstack(to, count + 1) != 0);
  if (from == to) return;
  lua_xmove(from, to, count);
}

int CopyValues(lua_State* from, int first, lua_State* to) {
  const int count = lua_gettop(from) - first + 1;
  if (count <= 0) return 0;
  SIM_CHECK(lua_checkstack(from, count + 1) != 0);
  for (int i = 0; i < count; ++i) lua_pushvalue(from, first + i);
  MoveValues(from, to, count);
  return count;
}

std::shared_ptr<LuaValues> LuaValues::Take(ScriptHost* host, lua_State* from, int count) {
  lua_createtable(from, count, 0);
  lua_insert(from, -(count + 1));
  for (int i = count; i >= 1; --i) lua_rawseti(from, -(i + 1), i);
  return std::make_shared<LuaValues>(host, luaL_ref(from, LUA_REGISTRYINDEX), count);
}

LuaValues::~LuaValues() { luaL_unref(host_->state(), LUA_REGISTRYINDEX, reference_); }

int LuaValues::Push(lua_State* to) const {
  SIM_CHECK(lua_checkstack(to, count_ + 2) != 0);
  lua_rawgeti(to, LUA_REGISTRYINDEX, reference_);
  const int table = lua_gettop(to);
  for (int i = 1; i <= count_; ++i) lua_rawgeti(to, table, i);
  lua_remove(to, table);
  return count_;
}

}  // namespace model
