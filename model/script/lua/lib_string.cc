// SPDX-License-Identifier: Apache-2.0
//
// The string library: stock functions, with format free of addresses and with a bound on
// what a pattern may cost, since matching backtracks inside C where no hook counts.
#include <cmath>
#include <string>

#include "fmt/format.h"
#include "model/script/lua/sandbox.h"

namespace model {
namespace {

// What a match costs at the most: the ways to split `length` characters among `repeats`
// quantified items, C(length + repeats, repeats), from every start unless it is anchored.
double WorstCase(size_t length, int repeats, bool anchored) {
  double ways = anchored ? 1.0 : static_cast<double>(length + 1);
  for (int i = 1; i <= repeats; ++i) ways *= static_cast<double>(length + static_cast<size_t>(i)) / i;
  return ways;
}

constexpr double kMatchStepsMax = 1e10;

void CheckPatternCost(lua_State* L, int subject, int pattern) {
  size_t subject_length = 0;
  size_t pattern_length = 0;
  luaL_checklstring(L, subject, &subject_length);
  const char* text = luaL_checklstring(L, pattern, &pattern_length);
  int repeats = 0;
  for (size_t i = 0; i < pattern_length; ++i) {
    if (text[i] == '%') {
      ++i;
    } else if (i > 0 && (text[i] == '*' || text[i] == '+' || text[i] == '-' || text[i] == '?')) {
      ++repeats;
    }
  }
  const bool anchored = pattern_length > 0 && text[0] == '^';
  if (WorstCase(subject_length, repeats, anchored) <= kMatchStepsMax) return;
  RaiseText(L,
            fmt::format("pattern \"{}\" could take too long on a text of {} characters: it has {} repeated "
                        "items",
                        std::string_view(text, pattern_length), subject_length, repeats));
}

// Upvalue 1 is the stock function.
int CallStock(lua_State* L) {
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

int MatchChecked(lua_State* L) {
  CheckPatternCost(L, 1, 2);
  return CallStock(L);
}

int FindChecked(lua_State* L) {
  if (lua_toboolean(L, 4) == 0) CheckPatternCost(L, 1, 2);
  return CallStock(L);
}

int Repeat(lua_State* L) {
  size_t length = 0;
  size_t separator = 0;
  luaL_checklstring(L, 1, &length);
  luaL_checkinteger(L, 2);
  luaL_optlstring(L, 3, "", &separator);
  // The stock function copies nothing `count` times over.
  if (length + separator == 0) {
    lua_pushliteral(L, "");
    return 1;
  }
  return CallStock(L);
}

// Replaces what %s would print by a text without addresses, and gives every NaN one sign.
int Format(lua_State* L) {
  size_t length = 0;
  const char* format = luaL_checklstring(L, 1, &length);
  int argument = 1;
  for (size_t i = 0; i < length; ++i) {
    if (format[i] != '%') continue;
    if (++i < length && format[i] == '%') continue;
    while (i < length && std::string_view("-+ #0123456789.").find(format[i]) != std::string_view::npos) ++i;
    ++argument;
    if (i >= length || argument > lua_gettop(L)) break;
    if (format[i] == 'p') RaiseText(L, "%p is not available: addresses differ from run to run");
    if (format[i] == 's') {
      PushToString(L, argument);
      lua_replace(L, argument);
    } else if (lua_type(L, argument) == LUA_TNUMBER && std::isnan(lua_tonumber(L, argument))) {
      lua_pushnumber(L, std::fabs(lua_tonumber(L, argument)));
      lua_replace(L, argument);
    }
  }
  return CallStock(L);
}

struct Wrapped {
  const char* name;
  lua_CFunction wrapper;
};

}  // namespace

void OpenStringLibrary(Sandbox& sandbox) {
  lua_State* L = sandbox.state();
  luaL_requiref(L, LUA_STRLIBNAME, luaopen_string, 0);
  const int stock = lua_gettop(L);
  lua_newtable(L);
  for (const char* name : {"byte", "char", "len", "lower", "reverse", "sub", "upper"}) {
    lua_getfield(L, stock, name);
    lua_setfield(L, -2, name);
  }
  constexpr Wrapped kWrapped[] = {{"find", &FindChecked},    {"match", &MatchChecked},
                                  {"gmatch", &MatchChecked}, {"gsub", &MatchChecked},
                                  {"rep", &Repeat},          {"format", &Format}};
  for (const Wrapped& entry : kWrapped) {
    lua_getfield(L, stock, entry.name);
    lua_pushcclosure(L, entry.wrapper, 1);
    lua_setfield(L, -2, entry.name);
  }
  // ("x"):rep(2) finds the same functions, and the metatable of texts is out of reach.
  lua_pushliteral(L, "");
  lua_getmetatable(L, -1);
  lua_pushvalue(L, -3);
  lua_setfield(L, -2, "__index");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 2);
  MakeLibrary(L, LUA_STRLIBNAME);
  sandbox.SetGlobal(L, LUA_STRLIBNAME);
  lua_pop(L, 1);
}

}  // namespace model
