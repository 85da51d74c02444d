// SPDX-License-Identifier: Apache-2.0
//
// The table library: stock functions, counted where they loop in C, and a stable sort.
//
// table.sort is a merge sort: the number and order of comparisons depend on the values
// alone, equal elements keep their order, and a comparison that contradicts itself gives
// some order instead of an error.
#include <algorithm>

#include "model/script/lua/sandbox.h"

namespace model {
namespace {

// Upvalue 1 is the stock function.
int CallStock(lua_State* L) {
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

// Elements from `first` to `last`, without overflow.
int64_t SpanLength(lua_Integer first, lua_Integer last) {
  if (last < first) return 0;
  const auto span = static_cast<uint64_t>(last) - static_cast<uint64_t>(first);
  return span >= static_cast<uint64_t>(INT64_MAX) ? INT64_MAX : static_cast<int64_t>(span) + 1;
}

int LengthCounted(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  Sandbox::Of(L).Charge(L, std::max<lua_Integer>(0, luaL_len(L, 1)));
  return CallStock(L);
}

int Insert(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  // Appending moves nothing.
  if (lua_gettop(L) > 2) Sandbox::Of(L).Charge(L, std::max<lua_Integer>(0, luaL_len(L, 1)));
  return CallStock(L);
}

int Concat(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  const lua_Integer first = luaL_optinteger(L, 3, 1);
  const lua_Integer last = lua_isnoneornil(L, 4) ? luaL_len(L, 1) : luaL_checkinteger(L, 4);
  Sandbox::Of(L).Charge(L, SpanLength(first, last));
  return CallStock(L);
}

int Move(lua_State* L) {
  Sandbox::Of(L).Charge(L, SpanLength(luaL_checkinteger(L, 2), luaL_checkinteger(L, 3)));
  return CallStock(L);
}

// True if the value at `a` of the arrays sorts before the one at `b`. Index 2: comparator or nil.
bool SortsBefore(lua_State* L, int a, int b) {
  if (lua_isnil(L, 2) != 0) return lua_compare(L, a, b, LUA_OPLT) != 0;
  lua_pushvalue(L, 2);
  lua_pushvalue(L, a - 1);  // One deeper than before the push.
  lua_pushvalue(L, b - 2);
  lua_call(L, 2, 1);
  const bool before = lua_toboolean(L, -1) != 0;
  lua_pop(L, 1);
  return before;
}

// Merges [low, middle) and [middle, high) of the array at index `from` into `to`.
void Merge(lua_State* L, int from, int to, int64_t low, int64_t middle, int64_t high) {
  int64_t left = low;
  int64_t right = middle;
  for (int64_t out = low; out < high; ++out) {
    bool take_left = right >= high;
    if (!take_left && left < middle) {
      lua_rawgeti(L, from, left + 1);
      lua_rawgeti(L, from, right + 1);
      // An element of the right half goes first only if it is strictly before.
      take_left = !SortsBefore(L, -1, -2);
      lua_pop(L, 2);
    }
    lua_rawgeti(L, from, (take_left ? left++ : right++) + 1);
    lua_rawseti(L, to, out + 1);
  }
}

int Sort(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  const int64_t count = luaL_len(L, 1);
  if (lua_isnoneornil(L, 2) == 0) luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_settop(L, 2);
  Sandbox::Of(L).Charge(L, std::max<int64_t>(0, count));
  lua_newtable(L);
  lua_newtable(L);
  int from = 3;
  int to = 4;
  for (int64_t i = 1; i <= count; ++i) {
    lua_geti(L, 1, i);
    lua_rawseti(L, from, i);
  }
  for (int64_t width = 1; width < count; width *= 2) {
    for (int64_t low = 0; low < count; low += 2 * width) {
      Merge(L, from, to, low, std::min(low + width, count), std::min(low + 2 * width, count));
    }
    std::swap(from, to);
  }
  for (int64_t i = 1; i <= count; ++i) {
    lua_rawgeti(L, from, i);
    lua_seti(L, 1, i);
  }
  return 0;
}

struct Wrapped {
  const char* name;
  lua_CFunction wrapper;
};

}  // namespace

void OpenTableLibrary(Sandbox& sandbox) {
  lua_State* L = sandbox.state();
  luaL_requiref(L, LUA_TABLIBNAME, luaopen_table, 0);
  const int stock = lua_gettop(L);
  lua_newtable(L);
  for (const char* name : {"pack", "unpack"}) {
    lua_getfield(L, stock, name);
    lua_setfield(L, -2, name);
  }
  constexpr Wrapped kWrapped[] = {
      {"insert", &Insert}, {"remove", &LengthCounted}, {"concat", &Concat}, {"move", &Move}};
  for (const Wrapped& entry : kWrapped) {
    lua_getfield(L, stock, entry.name);
    lua_pushcclosure(L, entry.wrapper, 1);
    lua_setfield(L, -2, entry.name);
  }
  lua_pushcfunction(L, &Sort);
  lua_setfield(L, -2, "sort");
  MakeLibrary(L, LUA_TABLIBNAME);
  sandbox.SetGlobal(L, LUA_TABLIBNAME);
  lua_pop(L, 1);
}

}  // namespace model
