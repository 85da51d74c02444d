// SPDX-License-Identifier: Apache-2.0
#include "model/script/zcp/result.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "model/script/lua/sandbox.h"

namespace model {
namespace {

constexpr int kDepthMax = 20;  // ZCP_NVLIST_MAX_DEPTH
constexpr size_t kIndent = 4;

std::string_view TextAt(lua_State* L, int index) {
  size_t length = 0;
  const char* text = lua_tolstring(L, index, &length);
  return {text, length};
}

class Dump {
 public:
  explicit Dump(lua_State* L) : L_(L) {}

  // The value on top of the stack under `key`; false if it does not convert.
  bool Value(const std::string& key, size_t indent, int depth) {
    const std::string start = std::string(indent, ' ') + key;
    switch (lua_type(L_, -1)) {
      case LUA_TNIL:
        output_.text += start + "\n";
        return true;
      case LUA_TBOOLEAN:
        output_.text += fmt::format("{}: {}\n", start, lua_toboolean(L_, -1) != 0);
        return true;
      case LUA_TNUMBER:
        if (lua_isinteger(L_, -1) == 0) break;
        output_.text += fmt::format("{}: {}\n", start, lua_tointeger(L_, -1));
        return true;
      case LUA_TSTRING:
        output_.text += fmt::format("{}: '{}'\n", start, TextAt(L_, -1));
        return true;
      case LUA_TTABLE:
        output_.text += start + ":\n";
        return Table(indent + kIndent, depth);
      default:
        break;
    }
    return Fail(fmt::format("Invalid value type '{}' for key '{}'", luaL_typename(L_, -1), key));
  }

  ProgramOutput Take() {
    if (!output_.error.empty()) output_.text.clear();
    return std::move(output_);
  }
  bool Fail(std::string error) {
    output_.error = std::move(error);
    return false;
  }

 private:
  // A key as its text, and where its value is while the table is walked: the second of two keys that read
  // alike is the one that collides, so values are found again by their key.
  struct Key {
    std::string text;
    int type = LUA_TNIL;
    lua_Integer integer = 0;
    bool operator<(const Key& other) const { return std::tie(text, type) < std::tie(other.text, other.type); }
  };

  bool Table(size_t indent, int depth) {
    if (depth >= kDepthMax)
      return Fail(fmt::format("Maximum table depth ({}) exceeded for table", kDepthMax));
    if (lua_checkstack(L_, 8) == 0) return Fail("Lua stack overflow");
    const bool frozen = PushFrozenContents(L_, lua_gettop(L_));
    const int table = lua_gettop(L_);
    std::vector<Key> keys;
    bool good = Keys(table, &keys);
    for (size_t i = 0; good && i + 1 < keys.size(); ++i) {
      if (keys[i].text == keys[i + 1].text)
        good = Fail(fmt::format("Collision of key '{}' in table", keys[i].text));
    }
    for (size_t i = 0; good && i < keys.size(); ++i) {
      PushValue(table, keys[i]);
      good = Value(keys[i].text, indent, depth + 1);
      lua_pop(L_, 1);
    }
    if (frozen) lua_pop(L_, 1);
    return good;
  }

  bool Keys(int table, std::vector<Key>* keys) {
    std::string wrong;
    for (lua_pushnil(L_); lua_next(L_, table) != 0; lua_pop(L_, 1)) {
      Key key{.type = lua_type(L_, -2)};
      if (key.type == LUA_TSTRING) {
        key.text = std::string(TextAt(L_, -2));
      } else if (key.type == LUA_TBOOLEAN) {
        key.integer = lua_toboolean(L_, -2);
        key.text = key.integer != 0 ? "true" : "false";
      } else if (lua_isinteger(L_, -2) != 0) {
        key.integer = lua_tointeger(L_, -2);
        key.text = std::to_string(key.integer);
      } else {
        // Of several the first by name, since tables have no order.
        const std::string type = luaL_typename(L_, -2);
        if (wrong.empty() || type < wrong) wrong = type;
        continue;
      }
      keys->push_back(std::move(key));
    }
    std::sort(keys->begin(), keys->end());
    return wrong.empty() || Fail(fmt::format("Invalid key type '{}' in table", wrong));
  }

  void PushValue(int table, const Key& key) {
    if (key.type == LUA_TBOOLEAN) {
      lua_pushboolean(L_, static_cast<int>(key.integer));
    } else if (key.type == LUA_TSTRING) {
      lua_pushlstring(L_, key.text.data(), key.text.size());
    } else {
      lua_pushinteger(L_, key.integer);
    }
    lua_rawget(L_, table);
  }

  lua_State* L_;
  ProgramOutput output_;
};

}  // namespace

ProgramOutput ReturnedByProgram(lua_State* L, int count) {
  if (count == 0) return {};
  if (count > 1) return {.text = {}, .error = "Multiple return values not supported"};
  if (lua_checkstack(L, 2) == 0) return {.text = {}, .error = "Lua stack overflow"};
  Dump dump(L);
  dump.Value("return", kIndent, 0);
  return dump.Take();
}

}  // namespace model
