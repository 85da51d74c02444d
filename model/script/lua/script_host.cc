// SPDX-License-Identifier: Apache-2.0
#include "model/script/lua/script_host.h"

#include <algorithm>
#include <charconv>

#include "fmt/format.h"
#include "model/dataset/errno.h"
#include "model/script/language/source_map.h"
#include "model/script/language/words.h"
#include "model/script/lua/body_clone.h"
#include "model/script/lua/reach.h"
#include "sim/check.h"

namespace model {
namespace {

constexpr char kBodiesKey = 'b';

// `prune.lua` of a path: texts of Lua errors begin with it.
std::string ChunkName(const std::string& file) {
  const size_t slash = file.find_last_of('/');
  std::string name = slash == std::string::npos ? file : file.substr(slash + 1);
  if (name.empty() || name.size() > 40) name = "scenario.lua";
  return name;
}

// Splits `prune.lua:12: text`; the line is 0 if there is none.
int TakePosition(const std::string& chunk, std::string* text) {
  if (text->compare(0, chunk.size() + 1, chunk + ":") != 0) return 0;
  const char* begin = text->data() + chunk.size() + 1;
  const char* end = text->data() + text->size();
  int line = 0;
  const auto [stop, error] = std::from_chars(begin, end, line);
  if (error != std::errc() || end - stop < 2 || stop[0] != ':' || stop[1] != ' ') return 0;
  text->erase(0, static_cast<size_t>(stop - text->data()) + 2);
  return line;
}

std::string ErrorText(lua_State* L) {
  size_t length = 0;
  switch (lua_type(L, -1)) {
    case LUA_TSTRING: {
      const char* text = lua_tolstring(L, -1, &length);
      return std::string(text, length);
    }
    case LUA_TNUMBER:
      if (lua_isinteger(L, -1) != 0) {
        return fmt::format("{} was raised and nobody handled it",
                           ErrnoText(static_cast<int>(lua_tointeger(L, -1))));
      }
      [[fallthrough]];
    default:
      return fmt::format("a {} was raised as an error", luaL_typename(L, -1));
  }
}

}  // namespace

RunningCode InnermostCode(lua_State* L, int line) {
  lua_Debug record;
  for (int level = 0; lua_getstack(L, level, &record) != 0; ++level) {
    if (lua_getinfo(L, "Sl", &record) == 0 || record.currentline <= 0) continue;
    if (line == 0 || record.currentline == line) return {record.currentline, record.linedefined};
  }
  return {line, 0};
}

ScriptHost::ScriptHost(std::unique_ptr<Sandbox> sandbox, std::unique_ptr<SourceMap> source, std::string file,
                       const Scenario* scenario, const RuntimeTable* runtime)
    : sandbox_(std::move(sandbox)),
      source_(std::move(source)),
      file_(std::move(file)),
      chunk_name_(ChunkName(file_)),
      scenario_(scenario),
      runtime_(runtime) {
  sandbox_->owner = this;
  sandbox_->chunk_name = chunk_name_;
  const int status = sandbox_->Protect([this](lua_State* L) {
    InstallWords(L, runtime_);
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &kBodiesKey);
  });
  SIM_CHECK_MSG(status == LUA_OK, "the memory limit is too small for the words");
}

ScriptHost::~ScriptHost() = default;

lua_State* ScriptHost::state() const { return sandbox_->state(); }

std::string ScriptHost::ThingName(ThingRef thing) const { return scenario_->NameOf(thing); }

std::string ScriptHost::ThingText(ThingRef thing) const {
  std::string_view kind = KindName(thing.kind);
  if (thing.kind == ThingKind::kLoad) {
    const auto i = static_cast<size_t>(thing.index);
    kind = i < scenario_->loads.size() && scenario_->loads[i].reads ? "readers" : "writers";
  }
  const std::string name = ThingName(thing);
  return name.empty() ? std::string(kind) : fmt::format("{} \"{}\"", kind, name);
}

BodyRef ScriptHost::AddBody(lua_State* L, int index, BodyInfo info) {
  bodies_.push_back(std::move(info));
  reachable_.emplace_back();
  lua_pushvalue(L, index);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &kBodiesKey);
  lua_insert(L, -2);
  lua_rawseti(L, -2, static_cast<lua_Integer>(bodies_.size()));
  lua_pop(L, 1);
  return body_count() - 1;
}

void ScriptHost::PushBodyFunction(lua_State* L, BodyRef ref) const {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &kBodiesKey);
  lua_rawgeti(L, -1, static_cast<lua_Integer>(ref) + 1);
  lua_remove(L, -2);
}

void ScriptHost::SetReach(BodyRef ref, Reach reach) {
  BodyInfo& info = bodies_[static_cast<size_t>(ref)];
  info.assigns_locals = reach.AssignsAny();
  if (!info.assigns_locals) {
    for (const CellUse& cell : reach.cells) constant_cells_.insert(cell.cell);
  }
  reachable_[static_cast<size_t>(ref)] = std::move(reach.things);
}

lua_State* ScriptHost::NewCoroutine(BodyContext* context) {
  lua_State* coroutine = nullptr;
  const int status = sandbox_->Protect([&](lua_State* L) {
    lua_State* made = lua_newthread(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, made);
    coroutine = made;
  });
  if (status != LUA_OK) {
    lua_pop(state(), 1);
    return nullptr;
  }
  SetBodyContext(coroutine, context);
  return coroutine;
}

void ScriptHost::FreeCoroutine(lua_State* coroutine) {
  lua_pushnil(state());
  lua_rawsetp(state(), LUA_REGISTRYINDEX, coroutine);
}

bool ScriptHost::InstantiateBody(BodyRef ref, lua_State* to) {
  const bool copy = bodies_[static_cast<size_t>(ref)].assigns_locals;
  const int status = sandbox_->Protect([&](lua_State* L) {
    PushBodyFunction(L, ref);
    if (copy) CloneFunction(L, constant_cells_);
    lua_xmove(L, to, 1);
  });
  if (status != LUA_OK) lua_pop(state(), 1);
  return status == LUA_OK;
}

std::string ScriptHost::InstantiateFunction(lua_State* L) {
  const Reach reach = WalkReach(L, -1);
  for (const CellUse& cell : reach.cells) {
    if (cell.use.assigned_line == 0) continue;
    return fmt::format("\"{}\" is assigned at line {} by a function that another thread runs: make it shared",
                       cell.use.name, cell.use.assigned_line);
  }
  CloneFunction(L, constant_cells_);
  return {};
}

std::vector<ThingRef> ScriptHost::ReachableFrom(lua_State* L, int index) const {
  return WalkReach(L, index).things;
}

void ScriptHost::ResetInstructionCount() { sandbox_->ResetInstructionCount(); }

ScenarioError ScriptHost::ErrorFrom(lua_State* L, int /*status*/) const {
  ScenarioError error;
  error.file = file_;
  error.text = ErrorText(L);
  RunningCode code{.line = TakePosition(chunk_name_, &error.text)};
  code = InnermostCode(L, code.line);
  if (sandbox_->limit_hit()) {
    error.kind = ScenarioErrorKind::kLimit;
    error.text = sandbox_->limit_text();
    if (code.line == 0) code.line = sandbox_->refused_at_line();
  }
  if (code.line == 0) return error;
  const SourceSpan span = source_->FindMentioned(code.line, error.text, code.defined);
  error.pos = span.pos;
  error.length = span.length;
  error.source_line = std::string(source_->line(code.line));
  return error;
}

ScenarioError ScriptHost::LimitError() const {
  ScenarioError error;
  error.kind = ScenarioErrorKind::kLimit;
  error.file = file_;
  error.text = sandbox_->limit_text();
  return error;
}

std::vector<std::string> ScriptHost::Traceback(lua_State* L) const {
  std::vector<std::string> lines;
  lua_Debug record;
  for (int level = 0; lua_getstack(L, level, &record) != 0; ++level) {
    if (lua_getinfo(L, "Sln", &record) == 0 || record.currentline < 0) continue;
    std::string line = fmt::format("{}:{}", file_, record.currentline);
    if (record.name != nullptr) line += fmt::format(" in {}", record.name);
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace model
