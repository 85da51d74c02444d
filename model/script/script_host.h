// SPDX-License-Identifier: Apache-2.0
//
// The Lua side of a resolved scenario: its state, its bodies, its source.
//
// Made by Resolve(). The driver of simulated threads takes bodies from here: it makes a
// coroutine with NewCoroutine(), pushes a private instance of the body with
// InstantiateBody(), and resumes. See binding.h for what happens at a blocking word.
//
// Between two verbs a body may run instruction_limit instructions; the driver calls
// ResetInstructionCount() whenever it resumes one.
#ifndef TXGSIM_MODEL_SCRIPT_SCRIPT_HOST_H_
#define TXGSIM_MODEL_SCRIPT_SCRIPT_HOST_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lua.hpp"
#include "model/script/binding.h"
#include "model/script/scenario.h"
#include "model/script/scenario_error.h"

namespace model {

class Sandbox;
class SourceMap;

// A function that the file gave as a body.
struct BodyInfo {
  ThingRef owner;                  // kNone for expectations and faults.
  std::string owner_text;          // `process "app"`, `expect "ABBA"`.
  Context context = kContextUser;  // As what it runs.
  int line = 0;
  bool assigns_locals = false;  // Of the file: each start needs copies of them.
};

class ScriptHost {
 public:
  ScriptHost(std::unique_ptr<Sandbox> sandbox, std::unique_ptr<SourceMap> source);
  ~ScriptHost();
  ScriptHost(const ScriptHost&) = delete;
  ScriptHost& operator=(const ScriptHost&) = delete;

  lua_State* state() const;
  Sandbox& sandbox() { return *sandbox_; }
  const SourceMap& source() const { return *source_; }

  const BodyInfo& body(BodyRef ref) const { return bodies_[static_cast<size_t>(ref)]; }
  int32_t body_count() const { return static_cast<int32_t>(bodies_.size()); }

  // A coroutine whose code runs as `context`, which must outlive it. It is anchored in
  // the registry until FreeCoroutine().
  lua_State* NewCoroutine(BodyContext* context);
  void FreeCoroutine(lua_State* coroutine);

  // Pushes the body on `to`, with its own copies of the file's plain locals that it
  // assigns. Functions that assign none are shared, which cannot be seen.
  void InstantiateBody(BodyRef ref, lua_State* to);
  // The same for the function on top of `L` (given to spawn, queue, async): replaces it
  // by its own instance. Returns an empty text, or why it cannot have one: it assigns a
  // local of the code around it.
  std::string InstantiateFunction(lua_State* L);

  // The declared things that a body can reach: through locals, tables and functions.
  const std::vector<ThingRef>& Reachable(BodyRef ref) const { return reachable_[static_cast<size_t>(ref)]; }
  // The same for the function at `index` of `L`, as it stands now.
  std::vector<ThingRef> ReachableFrom(lua_State* L, int index) const;

  void ResetInstructionCount();

  // The error value on top of `L` (a coroutine that ended in error), as the error of the
  // scenario file: with its line if the text carries one.
  ScenarioError ErrorFrom(lua_State* L, int status) const;
  // Lines of the Lua functions on `L`'s stack, innermost first: "prune.lua:14 in decide".
  std::vector<std::string> Traceback(lua_State* L) const;

 private:
  friend class Declarations;
  BodyRef AddBody(lua_State* L, int index, BodyInfo info);

  std::unique_ptr<Sandbox> sandbox_;
  std::unique_ptr<SourceMap> source_;
  std::vector<BodyInfo> bodies_;
  std::vector<std::vector<ThingRef>> reachable_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_SCRIPT_HOST_H_
