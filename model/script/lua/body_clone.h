// SPDX-License-Identifier: Apache-2.0
//
// An instance of a function with variables of its own.
//
// Each start of a body, and each function given to spawn, queue or async, must not see
// what others do to the locals it captured. The copy is made of the function, of the
// functions it can call through its variables, and of the tables there that can be
// written to; within one instance what was shared stays shared, and recursive functions
// stay recursive. Declared things, read-only tables and functions of C are not copied.
#ifndef TXGSIM_MODEL_SCRIPT_LUA_BODY_CLONE_H_
#define TXGSIM_MODEL_SCRIPT_LUA_BODY_CLONE_H_

#include <set>

#include "lua.hpp"

namespace model {

// Replaces the function on top of the stack by its instance. Functions all of whose
// variables are in `constant_cells` are taken as they are: nobody assigns those, nor
// anything behind them.
void CloneFunction(lua_State* L, const std::set<const void*>& constant_cells);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_LUA_BODY_CLONE_H_
