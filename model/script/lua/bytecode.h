// SPDX-License-Identifier: Apache-2.0
//
// What the bytecode of a Lua 5.4 function says about the variables it uses.
//
// lua_dump() writes a function with all functions inside it. From that, which variables
// from outside are read and assigned where, and which globals. Nothing else of the code is
// interpreted. Format: Lua 5.4 ldump.c, lopcodes.h; a dump of another version is refused.
#ifndef TXGSIM_MODEL_SCRIPT_LUA_BYTECODE_H_
#define TXGSIM_MODEL_SCRIPT_LUA_BYTECODE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lua.hpp"

namespace model {

// How a function uses one of its upvalues, the functions inside it included.
struct UpvalueUse {
  std::string name;
  int assigned_line = 0;  // The first; 0: never assigned.
  int read_line = 0;
};

struct GlobalUse {
  std::string name;
  int line = 0;
  bool assigned = false;
};

struct FunctionCode {
  std::vector<UpvalueUse> upvalues;
  // Of the function and those inside it, as fields of the upvalue that the outermost
  // function calls _ENV (of a main chunk, index 0).
  std::vector<GlobalUse> globals;
};

absl::StatusOr<FunctionCode> ReadFunctionCode(std::string_view dump);

// The dump of the Lua function on top of the stack.
std::string DumpFunction(lua_State* L);

// REQUIRES: the value at `index` is a Lua function (not one of C).
FunctionCode CodeOf(lua_State* L, int index);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_LUA_BYTECODE_H_
