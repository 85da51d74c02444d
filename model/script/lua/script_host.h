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
#ifndef TXGSIM_MODEL_SCRIPT_LUA_SCRIPT_HOST_H_
#define TXGSIM_MODEL_SCRIPT_LUA_SCRIPT_HOST_H_

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lua.hpp"
#include "model/script/language/scenario.h"
#include "model/script/language/scenario_error.h"
#include "model/script/lua/binding.h"
#include "model/script/lua/sandbox.h"

namespace model {

class Declarations;
class SourceMap;
struct BodyProblem;
struct Reach;

// A function that the file gave as a body.
struct BodyInfo {
  ThingRef owner;                  // kNone for expectations and faults.
  std::string owner_name;          // "app"
  std::string owner_text;          // `process "app"`, `expect "ABBA"`.
  Context context = kContextUser;  // As what it runs.
  int line = 0;
  bool assigns_locals = false;  // Of the file: each start needs copies of them.
};

// Where the Lua code of a stack is: the line, and that on which its function begins.
struct RunningCode {
  int line = 0;
  int defined = 0;
};
// The innermost Lua function on `L`; with `line`, the innermost that is there. Lines of 0: none.
RunningCode InnermostCode(lua_State* L, int line = 0);

class ScriptHost {
 public:
  // `scenario` must outlive the host; `runtime` may be null.
  ScriptHost(std::unique_ptr<Sandbox> sandbox, std::unique_ptr<SourceMap> source, std::string file,
             const Scenario* scenario, const RuntimeTable* runtime);
  ~ScriptHost();
  ScriptHost(const ScriptHost&) = delete;
  ScriptHost& operator=(const ScriptHost&) = delete;

  lua_State* state() const;
  Sandbox& sandbox() { return *sandbox_; }
  const SourceMap& source() const { return *source_; }
  const Scenario& scenario() const { return *scenario_; }
  // `process "app"`, as messages name it; for what a run makes, its kind.
  std::string ThingText(ThingRef thing) const;
  // "app"
  std::string ThingName(ThingRef thing) const;
  // Of the running chunk in messages: "prune.lua".
  const std::string& chunk_name() const { return chunk_name_; }

  const BodyInfo& body(BodyRef ref) const { return bodies_[static_cast<size_t>(ref)]; }
  int32_t body_count() const { return static_cast<int32_t>(bodies_.size()); }

  // A coroutine whose code runs as `context`, which must outlive it. It is anchored in
  // the registry until FreeCoroutine(). Returns null if the memory limit was hit.
  lua_State* NewCoroutine(BodyContext* context);
  void FreeCoroutine(lua_State* coroutine);

  // Pushes the body on `to`, with its own copies of the file's plain locals that it
  // assigns. Functions that assign none are shared, which cannot be seen. Returns false if
  // the memory limit was hit.
  bool InstantiateBody(BodyRef ref, lua_State* to);
  // The same for the function on top of `L` (given to spawn, queue, async): replaces it
  // by its own instance, in which tables of the running body are copied too. Returns an
  // empty text, or why it cannot have one: it assigns a local of the code around it.
  std::string InstantiateFunction(lua_State* L);

  // The declared things that a body can reach: through locals, tables and functions.
  const std::vector<ThingRef>& Reachable(BodyRef ref) const { return reachable_[static_cast<size_t>(ref)]; }
  // The same for the function at `index` of `L`, as it stands now.
  std::vector<ThingRef> ReachableFrom(lua_State* L, int index) const;

  void ResetInstructionCount();

  // Pushes the `zfs` of a job's body: a tree of the job calls of the table of words.
  void PushZfs(lua_State* L);

  // The error value on top of `L` (a coroutine that ended in error), as the error of the
  // scenario file: with its line if the text carries one.
  ScenarioError ErrorFrom(lua_State* L, int status) const;
  // For a limit that was hit where no error value is at hand.
  ScenarioError LimitError() const;
  // Lines of the Lua functions on `L`'s stack, innermost first: "prune.lua:14 in decide".
  std::vector<std::string> Traceback(lua_State* L) const;

  // While the file runs; null afterwards.
  Declarations* declarations = nullptr;

 private:
  friend class Declarations;
  friend std::vector<BodyProblem> CheckBodyLocals(lua_State* L, ScriptHost& host);
  friend void FreezeReachableTables(lua_State* L, ScriptHost& host);

  void PushBodyFunction(lua_State* L, BodyRef ref) const;
  void SetReach(BodyRef ref, Reach reach);
  // Keeps the function at `index` of `L`.
  BodyRef AddBody(lua_State* L, int index, BodyInfo info);

  std::unique_ptr<Sandbox> sandbox_;
  std::unique_ptr<SourceMap> source_;
  std::string file_;
  std::string chunk_name_;
  const Scenario* scenario_;
  const RuntimeTable* runtime_;
  std::vector<BodyInfo> bodies_;
  std::vector<std::vector<ThingRef>> reachable_;
  // Locals of the file that nobody assigns while the scenario runs. Addresses, only looked up.
  std::set<const void*> constant_cells_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_LUA_SCRIPT_HOST_H_
