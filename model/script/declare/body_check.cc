// SPDX-License-Identifier: Apache-2.0
#include "model/script/declare/body_check.h"

#include <algorithm>
#include <map>

#include "fmt/format.h"
#include "model/script/lua/reach.h"
#include "model/script/lua/sandbox.h"

namespace model {
namespace {

// What one body does with one local of the file.
struct BodyUse {
  BodyRef body = kNoBody;
  UpvalueUse use;
  bool in_table = false;
};

// `"producer"` for a thread, `expect "sentence"` where a bare name would mislead.
std::string BodyName(const BodyInfo& body) {
  const bool judge = body.context == kContextJudge;
  return judge || body.owner_name.empty() ? body.owner_text : fmt::format("\"{}\"", body.owner_name);
}

// Adds what is wrong with one local, if anything.
void CheckLocal(const ScriptHost& host, const std::vector<BodyUse>& uses,
                std::vector<BodyProblem>* problems) {
  const auto writer =
      std::find_if(uses.begin(), uses.end(), [](const BodyUse& one) { return one.use.assigned_line != 0; });
  if (writer == uses.end()) return;
  const std::string& name = writer->use.name;
  const int line = writer->use.assigned_line;
  const BodyInfo& first = host.body(writer->body);
  for (const BodyUse& other : uses) {
    if (other.body == writer->body) continue;
    const BodyInfo& second = host.body(other.body);
    const bool judged = second.context == kContextJudge;
    problems->push_back({line, name,
                         fmt::format("\"{}\" is assigned in {} and {} in {}: {}", name, BodyName(first),
                                     other.use.read_line != 0 ? "read" : "assigned", BodyName(second),
                                     judged ? "use mark" : "make it shared")});
    return;
  }
  if (first.context == kContextJob) {
    problems->push_back(
        {line, name,
         fmt::format("\"{}\" is assigned in {} but declared outside of it: a job's body may be run "
                     "more than once, so declare it inside",
                     name, BodyName(first))});
    return;
  }
  for (const BodyUse& one : uses) {
    if (!one.in_table || one.use.assigned_line == 0) continue;
    problems->push_back(
        {line, name,
         fmt::format("\"{}\" is assigned by a function that {} finds in a table: make it shared", name,
                     BodyName(first))});
    return;
  }
}

}  // namespace

std::vector<BodyProblem> CheckBodyLocals(lua_State* L, ScriptHost& host) {
  // In order of discovery, which is the order of bodies, functions and their upvalues.
  std::vector<std::vector<BodyUse>> locals;
  std::map<const void*, size_t> index_of_cell;
  for (BodyRef body = 0; body < host.body_count(); ++body) {
    host.PushBodyFunction(L, body);
    Reach reach = WalkReach(L, -1);
    lua_pop(L, 1);
    for (const CellUse& cell : reach.cells) {
      const auto [it, added] = index_of_cell.emplace(cell.cell, locals.size());
      if (added) locals.emplace_back();
      std::vector<BodyUse>& uses = locals[it->second];
      if (uses.empty() || uses.back().body != body) uses.push_back({body, cell.use, false});
      BodyUse& use = uses.back();
      if (use.use.assigned_line == 0) use.use.assigned_line = cell.use.assigned_line;
      if (use.use.read_line == 0) use.use.read_line = cell.use.read_line;
      use.in_table = use.in_table || (cell.by_function_in_table && cell.use.assigned_line != 0);
    }
    host.SetReach(body, std::move(reach));
  }
  std::vector<BodyProblem> problems;
  for (const std::vector<BodyUse>& uses : locals) CheckLocal(host, uses, &problems);
  return problems;
}

void FreezeReachableTables(lua_State* L, ScriptHost& host) {
  lua_newtable(L);
  const int tables = lua_gettop(L);
  for (BodyRef body = 0; body < host.body_count(); ++body) {
    host.PushBodyFunction(L, body);
    WalkReach(L, -1, tables);
    lua_pop(L, 1);
  }
  const auto count = static_cast<lua_Integer>(lua_rawlen(L, tables));
  for (lua_Integer i = 1; i <= count; ++i) {
    lua_rawgeti(L, tables, i);
    // Two bodies may have found the same table.
    if (PushFrozenContents(L, -1)) {
      lua_pop(L, 2);
      continue;
    }
    FreezeTable(L,
                "a table of the file is read-only while the scenario runs: make it inside the body, or use a "
                "shared");
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

}  // namespace model
