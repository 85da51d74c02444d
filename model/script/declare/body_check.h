// SPDX-License-Identifier: Apache-2.0
//
// Locals of the file that bodies share: found before the run.
//
// A Lua local that one body assigns and another uses would be state between threads that
// no scheduler sees, so it is an error: it must be a `shared`. A job's body may be run
// more than once, so it may assign no local outside itself at all. Everything else that a
// body assigns outside itself is copied for each start (body_clone.cc).
#ifndef TXGSIM_MODEL_SCRIPT_DECLARE_BODY_CHECK_H_
#define TXGSIM_MODEL_SCRIPT_DECLARE_BODY_CHECK_H_

#include <string>
#include <vector>

#include "lua.hpp"
#include "model/script/lua/script_host.h"

namespace model {

struct BodyProblem {
  int line = 0;
  std::string word;  // The local's name, to find its column.
  std::string text;
};

// Checks all bodies of the host, and notes what each can reach and whether it assigns.
std::vector<BodyProblem> CheckBodyLocals(lua_State* L, ScriptHost& host);

// From now on every table that a body can reach is read-only.
void FreezeReachableTables(lua_State* L, ScriptHost& host);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_DECLARE_BODY_CHECK_H_
