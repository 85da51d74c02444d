// SPDX-License-Identifier: Apache-2.0
//
// Lua values on their way from one body to another, and functions kept for later.
//
// Both are anchored in the registry of the scenario's state and let go with the object, so
// they must not outlive the LoadedScenario.
#ifndef TXGSIM_MODEL_SCRIPT_RUN_VALUES_H_
#define TXGSIM_MODEL_SCRIPT_RUN_VALUES_H_

#include <memory>

#include "model/script/lua/script_host.h"

namespace model {

// Moves the top `count` values of `from` to `to`, both of one state. Raises nothing.
void MoveValues(lua_State* from, lua_State* to, int count);
// Copies the values at `first` .. the top of `from` to `to`; returns how many.
int CopyValues(lua_State* from, int first, lua_State* to);

// A packed list of values, such as the arguments of a request or the results of its handler.
class LuaValues {
 public:
  // Takes the top `count` values of `from` off its stack. REQUIRES: in a protected call.
  static std::shared_ptr<LuaValues> Take(ScriptHost* host, lua_State* from, int count);
  LuaValues(ScriptHost* host, int reference, int count) : host_(host), reference_(reference), count_(count) {}
  LuaValues(const LuaValues&) = delete;
  LuaValues& operator=(const LuaValues&) = delete;
  ~LuaValues();

  int count() const { return count_; }
  // Pushes them on `to`; returns how many.
  int Push(lua_State* to) const;

 private:
  ScriptHost* host_;
  int reference_;
  int count_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_RUN_VALUES_H_
