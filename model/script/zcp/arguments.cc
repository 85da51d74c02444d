// SPDX-License-Identifier: Apache-2.0
#include "model/script/zcp/arguments.h"

#include <algorithm>

#include "fmt/format.h"
#include "model/script/lua/sandbox.h"

namespace model {
namespace {

constexpr std::string_view kDefer = "defer";

size_t Wanted(const CallSignature& signature) {
  return static_cast<size_t>(std::count_if(signature.positional.begin(), signature.positional.end(),
                                           [](std::string_view name) { return !name.empty(); }));
}

// "too few arguments: destroy{filesystem or snapshot(string), defer=(boolean)}"
std::string Problem(const CallSignature& signature, std::string_view what) {
  std::string form;
  for (size_t i = 0; i < Wanted(signature); ++i) {
    form += fmt::format("{}{}(string)", i > 0 ? ", " : "", signature.positional[i]);
  }
  if (signature.takes_defer) form += fmt::format(", {}=(boolean)", kDefer);
  return fmt::format("{}: {}{{{}}}", what, signature.function, form);
}

// Reads the value on top of the stack as the text at `position`, from 1.
std::string TakeText(lua_State* L, size_t position, const CallSignature& signature,
                     CallArguments* arguments) {
  if (lua_type(L, -1) != LUA_TSTRING) {
    return Problem(signature, fmt::format("arg {} wrong type (is '{}', expected 'string')", position,
                                          luaL_typename(L, -1)));
  }
  size_t length = 0;
  const char* text = lua_tolstring(L, -1, &length);
  arguments->texts.emplace_back(text, length);
  return {};
}

// What is not at a position: of several wrong keys the first by name, since tables have no order.
std::string TakeKeys(lua_State* L, int table, size_t wanted, const CallSignature& signature,
                     CallArguments* arguments) {
  std::string first_wrong;
  bool too_many = false;
  bool other_key = false;
  std::string defer_problem;
  for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
    if (lua_isinteger(L, -2) != 0) {
      const lua_Integer index = lua_tointeger(L, -2);
      too_many |= index < 1 || index > static_cast<lua_Integer>(wanted);
    } else if (lua_type(L, -2) != LUA_TSTRING) {
      other_key = true;
    } else if (const std::string key = lua_tostring(L, -2); signature.takes_defer && key == kDefer) {
      arguments->defer = lua_toboolean(L, -1) != 0;
      if (lua_isboolean(L, -1)) continue;
      defer_problem =
          fmt::format("kwarg '{}' wrong type (is '{}', expected 'boolean')", kDefer, luaL_typename(L, -1));
    } else if (first_wrong.empty() || key < first_wrong) {
      first_wrong = key;
    }
  }
  if (too_many) return Problem(signature, "too many positional arguments");
  if (other_key) return Problem(signature, "kwarg keys must be strings");
  if (!defer_problem.empty()) return Problem(signature, defer_problem);
  if (!first_wrong.empty()) return Problem(signature, fmt::format("invalid kwarg '{}'", first_wrong));
  return {};
}

void Empty(lua_State* L, int table) {
  for (lua_pushnil(L); lua_next(L, table) != 0; lua_pushnil(L)) {
    lua_pop(L, 1);
    lua_pushnil(L);
    lua_rawset(L, table);
  }
}

std::string TakeTable(lua_State* L, const CallSignature& signature, CallArguments* arguments) {
  const size_t wanted = Wanted(signature);
  const bool frozen = PushFrozenContents(L, 1);
  const int table = frozen ? lua_gettop(L) : 1;
  std::string problem;
  for (size_t i = 1; i <= wanted && problem.empty(); ++i) {
    const bool there = lua_rawgeti(L, table, static_cast<lua_Integer>(i)) != LUA_TNIL;
    problem = there ? TakeText(L, i, signature, arguments) : Problem(signature, "too few arguments");
    lua_pop(L, 1);
  }
  if (problem.empty()) problem = TakeKeys(L, table, wanted, signature, arguments);
  if (problem.empty() && !frozen) Empty(L, table);
  if (frozen) lua_pop(L, 1);
  return problem;
}

}  // namespace

std::string TakeCallArguments(lua_State* L, int count, const CallSignature& signature,
                              CallArguments* arguments) {
  if (count == 1 && lua_istable(L, 1)) return TakeTable(L, signature, arguments);
  const size_t wanted = Wanted(signature);
  if (static_cast<size_t>(count) > wanted) return Problem(signature, "too many positional arguments");
  for (int i = 1; i <= count; ++i) {
    lua_pushvalue(L, i);
    std::string problem = TakeText(L, static_cast<size_t>(i), signature, arguments);
    lua_pop(L, 1);
    if (!problem.empty()) return problem;
  }
  return static_cast<size_t>(count) < wanted ? Problem(signature, "too few arguments") : std::string();
}

}  // namespace model
