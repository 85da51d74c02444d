// SPDX-License-Identifier: Apache-2.0
#include "model/script/lua/body_clone.h"

#include <map>
#include <utility>
#include <vector>

#include "model/script/lua/bytecode.h"
#include "model/script/lua/sandbox.h"
#include "sim/check.h"

namespace model {
namespace {

class Cloner {
 public:
  Cloner(lua_State* L, const std::set<const void*>& constant_cells) : L_(L), constant_cells_(constant_cells) {
    lua_newtable(L);
    copies_ = lua_gettop(L);
  }

  // Replaces the value on top by its copy, all at once: what is behind it is filled in by Finish().
  void Copy() {
    const int type = lua_type(L_, -1);
    if (type != LUA_TFUNCTION && type != LUA_TTABLE) return;
    lua_pushvalue(L_, -1);
    if (lua_rawget(L_, copies_) != LUA_TNIL) {
      lua_remove(L_, -2);
      return;
    }
    lua_pop(L_, 1);
    if (type == LUA_TFUNCTION ? IsConstant() : IsReadOnly()) return;
    if (type == LUA_TFUNCTION) {
      PushEmptyCopy();
    } else {
      lua_newtable(L_);
    }
    lua_pushvalue(L_, -2);
    lua_pushvalue(L_, -2);
    lua_rawset(L_, copies_);
    // Remember both to fill the copy in.
    lua_pushvalue(L_, -2);
    lua_rawseti(L_, copies_, ++pending_);
    lua_remove(L_, -2);
  }

  void Finish() {
    for (lua_Integer next = 1; next <= pending_; ++next) {
      const int top = lua_gettop(L_);
      luaL_checkstack(L_, 10, "copy");
      lua_rawgeti(L_, copies_, next);
      lua_pushvalue(L_, -1);
      lua_rawget(L_, copies_);
      if (lua_type(L_, -1) == LUA_TFUNCTION) {
        FillFunction(top + 1, top + 2);
      } else {
        FillTable(top + 1, top + 2);
      }
      lua_settop(L_, top);
    }
    lua_remove(L_, copies_);
  }

 private:
  bool IsConstant() {
    if (lua_iscfunction(L_, -1) != 0) return true;
    for (int i = 1; lua_getupvalue(L_, -1, i) != nullptr; ++i) {
      const bool environment = IsLibrary(L_, -1);
      lua_pop(L_, 1);
      if (!environment && constant_cells_.count(lua_upvalueid(L_, -1, i)) == 0) return false;
    }
    return true;
  }

  bool IsReadOnly() {
    if (IsLibrary(L_, -1)) return true;
    if (!PushFrozenContents(L_, -1)) return false;
    lua_pop(L_, 1);
    return true;
  }

  // A function with the same code and variables that are still nil.
  void PushEmptyCopy() {
    const std::string dump = DumpFunction(L_);
    SIM_CHECK(luaL_loadbufferx(L_, dump.data(), dump.size(), "copy", "b") == LUA_OK);
  }

  void FillFunction(int original, int copy) {
    for (int i = 1; lua_getupvalue(L_, original, i) != nullptr; ++i) {
      const void* cell = lua_upvalueid(L_, original, i);
      const auto known = cells_.find(cell);
      if (known != cells_.end()) {
        lua_pop(L_, 1);
        lua_rawgeti(L_, copies_, known->second.first);
        lua_rawget(L_, copies_);
        lua_upvaluejoin(L_, copy, i, lua_gettop(L_), known->second.second);
        lua_pop(L_, 1);
        continue;
      }
      // A loaded function's variables may be shared with others at first: make it its own.
      cells_.emplace(cell, std::pair(PendingIndexOf(original), i));
      Copy();
      lua_setupvalue(L_, copy, i);
    }
  }

  void FillTable(int original, int copy) {
    for (lua_pushnil(L_); lua_next(L_, original) != 0;) {
      Copy();
      lua_pushvalue(L_, -2);
      Copy();
      lua_insert(L_, -2);
      lua_rawset(L_, copy);
    }
    if (lua_getmetatable(L_, original) != 0) lua_setmetatable(L_, copy);
  }

  lua_Integer PendingIndexOf(int original) {
    for (lua_Integer i = 1; i <= pending_; ++i) {
      lua_rawgeti(L_, copies_, i);
      const bool same = lua_rawequal(L_, -1, original) != 0;
      lua_pop(L_, 1);
      if (same) return i;
    }
    SIM_CHECK(false);
    return 0;
  }

  lua_State* L_;
  const std::set<const void*>& constant_cells_;
  int copies_ = 0;  // original -> copy; and originals still to fill in at 1, 2, ...
  lua_Integer pending_ = 0;
  std::map<const void*, std::pair<lua_Integer, int>>
      cells_;  // Cell -> function and upvalue that have its copy.
};

}  // namespace

void CloneFunction(lua_State* L, const std::set<const void*>& constant_cells) {
  luaL_checkstack(L, 20, "copy");
  Cloner cloner(L, constant_cells);
  lua_pushvalue(L, -2);
  cloner.Copy();
  lua_replace(L, -3);
  cloner.Finish();
}

}  // namespace model
