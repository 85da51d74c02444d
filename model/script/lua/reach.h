// SPDX-License-Identifier: Apache-2.0
//
// Everything that a Lua function can get at: the functions, variables, tables and declared
// things behind its upvalues.
//
// A variable ("cell") is an upvalue; functions that share one have the same cell id. Ids
// are addresses: they serve to tell cells apart, never to order anything.
#ifndef TXGSIM_MODEL_SCRIPT_LUA_REACH_H_
#define TXGSIM_MODEL_SCRIPT_LUA_REACH_H_

#include <string>
#include <vector>

#include "lua.hpp"
#include "model/script/language/scenario.h"
#include "model/script/lua/bytecode.h"

namespace model {

struct CellUse {
  const void* cell = nullptr;
  UpvalueUse use;
  bool by_function_in_table = false;  // The function that uses it was found in a table.
};

struct Reach {
  std::vector<CellUse> cells;    // One entry for each function and cell.
  std::vector<ThingRef> things;  // Sorted, each once.
  bool AssignsAny() const;
};

// Walks from the value at `index`. Tables that can be written to are added to the Lua
// array at `tables_index`, unless that is 0.
Reach WalkReach(lua_State* L, int index, int tables_index = 0);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_LUA_REACH_H_
