// SPDX-License-Identifier: Apache-2.0
#include "model/script/lua/reach.h"

#include <algorithm>
#include <set>

#include "model/script/lua/binding.h"
#include "model/script/lua/sandbox.h"

namespace model {
namespace {

// Walks breadth first, with the values still to see in a Lua array.
class Walker {
 public:
  Walker(lua_State* L, int tables_index) : L_(L), tables_index_(tables_index) {
    luaL_checkstack(L, 20, "walk");
    lua_newtable(L);
    work_ = lua_gettop(L);
  }

  // Takes the value on top of the stack.
  void Add(bool in_table) {
    switch (lua_type(L_, -1)) {
      case LUA_TFUNCTION:
      case LUA_TTABLE:
        if (seen_.insert(lua_topointer(L_, -1)).second) {
          lua_rawseti(L_, work_, static_cast<lua_Integer>(in_table_.size()) + 1);
          in_table_.push_back(in_table);
          return;
        }
        break;
      case LUA_TUSERDATA:
        if (const ThingRef thing = ToThing(L_, -1); thing.kind != ThingKind::kNone)
          reach_.things.push_back(thing);
        break;
      default:
        break;
    }
    lua_pop(L_, 1);
  }

  Reach Run() {
    for (size_t next = 0; next < in_table_.size(); ++next) {
      lua_rawgeti(L_, work_, static_cast<lua_Integer>(next) + 1);
      if (lua_type(L_, -1) == LUA_TTABLE) {
        VisitTable();
      } else {
        VisitFunction(in_table_[next]);
      }
      lua_settop(L_, work_);
    }
    lua_pop(L_, 1);
    std::sort(reach_.things.begin(), reach_.things.end());
    reach_.things.erase(std::unique(reach_.things.begin(), reach_.things.end()), reach_.things.end());
    return std::move(reach_);
  }

 private:
  void VisitFunction(bool in_table) {
    const int function = lua_gettop(L_);
    const bool in_lua = lua_iscfunction(L_, function) == 0;
    const FunctionCode code = in_lua ? CodeOf(L_, function) : FunctionCode();
    for (int i = 1; lua_getupvalue(L_, function, i) != nullptr; ++i) {
      if (in_lua && !IsLibrary(L_, -1)) {
        reach_.cells.push_back(
            {lua_upvalueid(L_, function, i), code.upvalues[static_cast<size_t>(i) - 1], in_table});
      }
      Add(in_table);
    }
  }

  void VisitTable() {
    const int table = lua_gettop(L_);
    if (IsLibrary(L_, table)) return;
    if (!PushFrozenContents(L_, table)) {
      if (tables_index_ != 0) {
        lua_pushvalue(L_, table);
        lua_rawseti(L_, tables_index_, static_cast<lua_Integer>(lua_rawlen(L_, tables_index_)) + 1);
      }
      lua_pushvalue(L_, table);
    }
    const int contents = lua_gettop(L_);
    for (lua_pushnil(L_); lua_next(L_, contents) != 0;) {
      Add(true);
      lua_pushvalue(L_, -1);
      Add(true);
    }
    if (lua_getmetatable(L_, table) != 0) {
      const int metatable = lua_gettop(L_);
      for (lua_pushnil(L_); lua_next(L_, metatable) != 0;) Add(true);
    }
  }

  lua_State* L_;
  int tables_index_;
  int work_ = 0;
  std::vector<bool> in_table_;
  std::set<const void*> seen_;
  Reach reach_;
};

}  // namespace

bool Reach::AssignsAny() const {
  return std::any_of(cells.begin(), cells.end(),
                     [](const CellUse& one) { return one.use.assigned_line != 0; });
}

Reach WalkReach(lua_State* L, int index, int tables_index) {
  index = lua_absindex(L, index);
  if (tables_index != 0) tables_index = lua_absindex(L, tables_index);
  Walker walker(L, tables_index);
  lua_pushvalue(L, index);
  walker.Add(false);
  return walker.Run();
}

}  // namespace model
