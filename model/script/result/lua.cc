// SPDX-License-Identifier: Apache-2.0
#include "model/script/result/lua.h"

#include "fmt/format.h"
#include "model/script/lua/sandbox.h"
#include "model/script/result/path.h"

namespace model {
namespace {

constexpr char kResultKey = 'r';
constexpr char kDurationsKey = 'd';
constexpr char kAbsentPathKey = 'p';
constexpr char kAbsentErrorKey = 'e';

std::string_view StringAt(lua_State* L, int index) {
  size_t length = 0;
  const char* text = lua_tolstring(L, index, &length);
  return {text, length};
}

void NoteText(lua_State* L, const char* key, std::string_view text) {
  lua_pushlstring(L, text.data(), text.size());
  lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

std::string NotedText(lua_State* L, const char* key) {
  std::string text;
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, key) == LUA_TSTRING) text = StringAt(L, -1);
  lua_pop(L, 1);
  return text;
}

void NoteAbsent(lua_State* L, std::string_view path, std::string_view error = "") {
  NoteText(L, &kAbsentPathKey, path);
  NoteText(L, &kAbsentErrorKey, error);
}

// Raises the error of a path that does not exist.
[[noreturn]] void RaiseNoPath(lua_State* L, std::string_view path, const absl::Status& status) {
  const std::string text(status.message());
  if (absl::IsFailedPrecondition(status)) RaiseAbsent(L, path, text);
  RaiseText(L, text);
}

// The field `key` of the value at `path`; raises the error of one that does not exist.
const ResultValue& Member(lua_State* L, const ResultValue& value, std::string_view path,
                          std::string_view key) {
  const absl::StatusOr<const ResultValue*> found = ResultMember(value, path, key);
  if (!found.ok()) RaiseNoPath(L, fmt::format("{}.{}", path, key), found.status());
  return **found;
}

std::string PathOf(lua_State* L, int index) {
  lua_getiuservalue(L, index, 1);
  std::string path(StringAt(L, -1));
  lua_pop(L, 1);
  return path;
}

// Keeps an integer that stands at `key` in mind, if that is the name of a duration.
void NoteDuration(lua_State* L, const ResultValue& value, std::string_view key) {
  if (value.kind() != ResultValue::Kind::kInteger || !key.ends_with("_ns")) return;
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &kDurationsKey) == LUA_TTABLE) {
    lua_pushboolean(L, 1);
    lua_rawseti(L, -2, value.integer());
  }
  lua_pop(L, 1);
}

int IndexResult(lua_State* L) {
  const ResultValue& value = *ToResult(L, 1);
  const std::string path = PathOf(L, 1);
  if (lua_type(L, 2) == LUA_TSTRING) {
    const std::string key(StringAt(L, 2));
    const ResultValue& member = Member(L, value, path, key);
    NoteDuration(L, member, key);
    if (member.is_null()) NoteAbsent(L, fmt::format("{}.{}", path, key));
    PushResult(L, member, fmt::format("{}.{}", path, key));
    return 1;
  }
  int whole = 0;
  const lua_Integer i = lua_tointegerx(L, 2, &whole);
  if (whole == 0 || value.kind() != ResultValue::Kind::kArray) {
    PushToString(L, 2);
    RaiseText(L, fmt::format("{}[{}]: no such path", path, StringAt(L, -1)));
  }
  if (i < 1 || i > static_cast<lua_Integer>(value.items().size())) {
    NoteAbsent(L, fmt::format("{}[{}]", path, i));
    lua_pushnil(L);
    return 1;
  }
  PushResult(L, value.items()[static_cast<size_t>(i - 1)], fmt::format("{}[{}]", path, i));
  return 1;
}

int ResultLength(lua_State* L) {
  const ResultValue& value = *ToResult(L, 1);
  lua_pushinteger(L, static_cast<lua_Integer>(value.items().size()));
  return 1;
}

// pairs: keys in the order of the result; lists by number.
int NextOfResult(lua_State* L) {
  const ResultValue& value = *ToResult(L, lua_upvalueindex(1));
  const auto i = static_cast<size_t>(lua_tointeger(L, lua_upvalueindex(2)));
  lua_pushinteger(L, static_cast<lua_Integer>(i) + 1);
  lua_replace(L, lua_upvalueindex(2));
  const std::string path = PathOf(L, lua_upvalueindex(1));
  if (i < value.fields().size()) {
    const auto& [key, field] = value.fields()[i];
    lua_pushlstring(L, key.data(), key.size());
    PushResult(L, field, fmt::format("{}.{}", path, key));
    return 2;
  }
  if (i < value.items().size()) {
    lua_pushinteger(L, static_cast<lua_Integer>(i) + 1);
    PushResult(L, value.items()[i], fmt::format("{}[{}]", path, i + 1));
    return 2;
  }
  lua_pushnil(L);
  return 1;
}

int ResultPairs(lua_State* L) {
  lua_pushvalue(L, 1);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, &NextOfResult, 2);
  lua_pushvalue(L, 1);
  lua_pushnil(L);
  return 3;
}

int ResultToString(lua_State* L) {
  const std::string text = ToResult(L, 1)->DebugString();
  lua_pushlstring(L, text.data(), text.size());
  return 1;
}

int ResultsEqual(lua_State* L) {
  const ResultValue* a = ToResult(L, 1);
  const ResultValue* b = ToResult(L, 2);
  lua_pushboolean(L, a != nullptr && b != nullptr && *a == *b ? 1 : 0);
  return 1;
}

int RefuseWrite(lua_State* L) { RaiseText(L, "a result is read-only"); }

}  // namespace

void ForgetReads(lua_State* L) {
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &kDurationsKey);
  NoteAbsent(L, "");
}

void RaiseAbsent(lua_State* L, std::string_view path, const std::string& error) {
  NoteAbsent(L, path, error);
  RaiseText(L, error);
}

AbsentRead LastAbsentRead(lua_State* L) {
  return {NotedText(L, &kAbsentPathKey), NotedText(L, &kAbsentErrorKey)};
}

bool WasReadAsDuration(lua_State* L, int64_t value) {
  bool read = false;
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &kDurationsKey) == LUA_TTABLE) {
    read = lua_rawgeti(L, -1, value) == LUA_TBOOLEAN;
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  return read;
}

void PushResult(lua_State* L, const ResultValue& value, std::string_view path) {
  switch (value.kind()) {
    case ResultValue::Kind::kNull:
      lua_pushnil(L);
      return;
    case ResultValue::Kind::kBool:
      lua_pushboolean(L, value.flag() ? 1 : 0);
      return;
    case ResultValue::Kind::kInteger:
      lua_pushinteger(L, value.integer());
      return;
    case ResultValue::Kind::kDouble:
      lua_pushnumber(L, value.number());
      return;
    case ResultValue::Kind::kString:
      lua_pushlstring(L, value.text().data(), value.text().size());
      return;
    default:
      break;
  }
  *static_cast<const ResultValue**>(lua_newuserdatauv(L, sizeof(const ResultValue*), 1)) = &value;
  lua_pushlstring(L, path.data(), path.size());
  lua_setiuservalue(L, -2, 1);
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &kResultKey) != LUA_TTABLE) {
    lua_pop(L, 1);
    constexpr luaL_Reg kEvents[] = {
        {"__index", &IndexResult}, {"__len", &ResultLength},        {"__pairs", &ResultPairs},
        {"__eq", &ResultsEqual},   {"__tostring", &ResultToString}, {"__newindex", &RefuseWrite},
        {nullptr, nullptr},
    };
    luaL_newlib(L, kEvents);
    lua_pushliteral(L, "result");
    lua_setfield(L, -2, "__name");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &kResultKey);
  }
  lua_setmetatable(L, -2);
}

const ResultValue* ToResult(lua_State* L, int index) {
  if (lua_type(L, index) != LUA_TUSERDATA || lua_getmetatable(L, index) == 0) return nullptr;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &kResultKey);
  const bool same = lua_rawequal(L, -1, -2) != 0;
  lua_pop(L, 2);
  return same ? *static_cast<const ResultValue**>(lua_touserdata(L, index)) : nullptr;
}

const ResultValue& ResultAt(lua_State* L, const ResultValue& root, std::string_view name,
                            std::string_view path) {
  const absl::StatusOr<const ResultValue*> found = ResultAt(root, name, path);
  if (!found.ok()) RaiseNoPath(L, fmt::format("{}.{}", name, path), found.status());
  return **found;
}

}  // namespace model
