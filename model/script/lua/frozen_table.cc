// SPDX-License-Identifier: Apache-2.0
//
// Read-only tables, walks in key order, and texts without addresses.
//
// A frozen table is an empty proxy whose metatable holds the contents under a private
// key. Lua's own functions that honour metamethods (indexing, #, ipairs, table.concat,
// table.unpack) then work unchanged; those that look at the raw table (next, pairs,
// rawget, rawlen) are ours and ask PushFrozenContents() first.
#include <algorithm>
#include <cmath>
#include <string>

#include "fmt/format.h"
#include "model/script/lua/sandbox.h"

namespace model {
namespace {

constexpr char kContentsKey = 'c';

int RefuseWrite(lua_State* L) { RaiseText(L, lua_tostring(L, lua_upvalueindex(1))); }

int FrozenLength(lua_State* L) {
  if (!PushFrozenContents(L, 1)) return 0;
  lua_pushinteger(L, static_cast<lua_Integer>(lua_rawlen(L, -1)));
  return 1;
}

// For a table that had an __index of its own: its contents first, then that.
int FrozenIndex(lua_State* L) {
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 1;
  lua_pop(L, 1);
  if (lua_type(L, lua_upvalueindex(2)) == LUA_TFUNCTION) {
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    lua_call(L, 2, 1);
  } else {
    lua_pushvalue(L, 2);
    lua_gettable(L, lua_upvalueindex(2));
  }
  return 1;
}

// A key as it is sorted: numbers before texts.
struct Key {
  enum class Type : uint8_t { kInteger, kFloat, kText };
  Type type;
  lua_Integer integer;
  lua_Number number;
  std::string_view text;  // Lives in the table that is walked.
};

// A float key is never a whole number in range: Lua has made that an integer key.
bool IntegerBelowFloat(lua_Integer i, lua_Number f) {
  if (f >= 0x1p63) return true;
  if (f < -0x1p63) return false;
  return i <= static_cast<lua_Integer>(std::floor(f));
}

bool Before(const Key& a, const Key& b) {
  if (a.type == Key::Type::kText || b.type == Key::Type::kText) {
    if (a.type != b.type) return b.type == Key::Type::kText;
    return a.text < b.text;  // By unsigned bytes, as std::char_traits<char> compares.
  }
  if (a.type == b.type) return a.type == Key::Type::kInteger ? a.integer < b.integer : a.number < b.number;
  if (a.type == Key::Type::kInteger) return IntegerBelowFloat(a.integer, b.number);
  return !IntegerBelowFloat(b.integer, a.number);
}

void PushKey(lua_State* L, const Key& key) {
  switch (key.type) {
    case Key::Type::kInteger:
      lua_pushinteger(L, key.integer);
      break;
    case Key::Type::kFloat:
      lua_pushnumber(L, key.number);
      break;
    case Key::Type::kText:
      lua_pushlstring(L, key.text.data(), key.text.size());
      break;
  }
}

}  // namespace

bool PushFrozenContents(lua_State* L, int index) {
  if (lua_type(L, index) != LUA_TTABLE || lua_getmetatable(L, index) == 0) return false;
  if (lua_rawgetp(L, -1, &kContentsKey) != LUA_TTABLE) {
    lua_pop(L, 2);
    return false;
  }
  lua_remove(L, -2);
  return true;
}

void FreezeTable(lua_State* L, std::string_view write_error) {
  const int proxy = lua_gettop(L);
  lua_newtable(L);
  const int contents = lua_gettop(L);
  for (lua_pushnil(L); lua_next(L, proxy) != 0;) {
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, contents);
  }
  for (lua_pushnil(L); lua_next(L, contents) != 0;) {
    lua_pop(L, 1);
    // A table may serve as a metatable, and Lua looks for events in the raw table.
    if (lua_type(L, -1) == LUA_TSTRING && std::string_view(lua_tostring(L, -1)).substr(0, 2) == "__")
      continue;
    lua_pushvalue(L, -1);
    lua_pushnil(L);
    lua_rawset(L, proxy);
  }
  lua_newtable(L);
  const int metatable = lua_gettop(L);
  const bool had_metatable = lua_getmetatable(L, proxy) != 0;
  if (had_metatable) {
    for (lua_pushnil(L); lua_next(L, -2) != 0;) {
      lua_pushvalue(L, -2);
      lua_insert(L, -2);
      lua_rawset(L, metatable);
    }
    lua_pop(L, 1);
  }
  lua_pushvalue(L, contents);
  if (lua_getfield(L, metatable, "__index") == LUA_TNIL) {
    lua_pop(L, 1);
  } else {
    lua_pushcclosure(L, &FrozenIndex, 2);
  }
  lua_setfield(L, metatable, "__index");
  lua_pushlstring(L, write_error.data(), write_error.size());
  lua_pushcclosure(L, &RefuseWrite, 1);
  lua_setfield(L, metatable, "__newindex");
  if (lua_getfield(L, metatable, "__len") == LUA_TNIL) {
    lua_pushcfunction(L, &FrozenLength);
    lua_setfield(L, metatable, "__len");
  }
  lua_pop(L, 1);
  lua_pushboolean(L, 0);
  lua_setfield(L, metatable, "__metatable");
  lua_pushvalue(L, contents);
  lua_rawsetp(L, metatable, &kContentsKey);
  lua_setmetatable(L, proxy);
  lua_settop(L, proxy);
}

int64_t PushSortedKeys(lua_State* L, int index) {
  if (!PushFrozenContents(L, index)) lua_pushvalue(L, index);
  const int table = lua_gettop(L);
  std::vector<Key> keys;
  for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
    Key key{};
    if (lua_type(L, -2) == LUA_TSTRING) {
      size_t length = 0;
      const char* text = lua_tolstring(L, -2, &length);
      key.type = Key::Type::kText;
      key.text = {text, length};
    } else if (lua_isinteger(L, -2) != 0) {
      key.type = Key::Type::kInteger;
      key.integer = lua_tointeger(L, -2);
    } else if (lua_type(L, -2) == LUA_TNUMBER) {
      key.type = Key::Type::kFloat;
      key.number = lua_tonumber(L, -2);
    } else {
      RaiseText(L, fmt::format("table keys must be numbers or strings to be walked in order; here is a {}",
                               luaL_typename(L, -2)));
    }
    keys.push_back(key);
  }
  std::sort(keys.begin(), keys.end(), Before);
  Sandbox::Of(L).Charge(L, static_cast<int64_t>(keys.size()));
  lua_createtable(L, static_cast<int>(keys.size()), 0);
  lua_Integer i = 0;
  for (const Key& key : keys) {
    PushKey(L, key);
    lua_rawseti(L, -2, ++i);
  }
  lua_remove(L, table);
  return i;
}

void PushToString(lua_State* L, int index) {
  index = lua_absindex(L, index);
  if (luaL_getmetafield(L, index, "__tostring") != LUA_TNIL) {
    lua_pushvalue(L, index);
    lua_call(L, 1, 1);
    if (lua_isstring(L, -1) == 0) RaiseText(L, "'__tostring' must return a string");
    return;
  }
  switch (lua_type(L, index)) {
    case LUA_TNUMBER:
    case LUA_TSTRING:
      lua_pushvalue(L, index);
      lua_tolstring(L, -1, nullptr);
      break;
    case LUA_TBOOLEAN:
      lua_pushstring(L, lua_toboolean(L, index) != 0 ? "true" : "false");
      break;
    default:
      lua_pushstring(L, luaL_typename(L, index));
      break;
  }
}

}  // namespace model
