// SPDX-License-Identifier: Apache-2.0
#include "model/script/result/expect.h"

#include <algorithm>

#include "fmt/format.h"
#include "model/script/lua/sandbox.h"
#include "model/script/lua/script_host.h"
#include "model/script/result/fields.h"
#include "model/script/result/lua.h"

namespace model {
namespace {

// A duration that the body has read is noted.
void NoteDuration(lua_State* L, int index, std::vector<int64_t>* durations) {
  if (lua_isinteger(L, index) == 0) return;
  const int64_t value = lua_tointeger(L, index);
  if (WasReadAsDuration(L, value)) durations->push_back(value);
}

// The second value of a body, for the report.
std::string ActualText(lua_State* L, int index, std::vector<int64_t>* durations) {
  if (lua_isnoneornil(L, index)) return lua_isnone(L, index) ? "" : "nil";
  if (lua_type(L, index) != LUA_TTABLE) {
    NoteDuration(L, index, durations);
    PushToString(L, index);
    std::string text(lua_tostring(L, -1));
    lua_pop(L, 1);
    return text;
  }
  std::string text;
  const int64_t count = PushSortedKeys(L, index);
  const int keys = lua_gettop(L);
  for (int64_t i = 1; i <= count; ++i) {
    lua_rawgeti(L, keys, i);
    const bool listed = lua_isinteger(L, -1) != 0;
    PushToString(L, -1);
    if (!text.empty()) text += ", ";
    if (!listed) text += fmt::format("{} = ", lua_tostring(L, -1));
    lua_pop(L, 1);
    lua_gettable(L, index);
    NoteDuration(L, lua_gettop(L), durations);
    PushToString(L, -1);
    text += lua_tostring(L, -1);
    lua_settop(L, keys);
  }
  lua_settop(L, keys - 1);
  return fmt::format("{{ {} }}", text);
}

// Runs on the stack of the main state, in a protected call.
void PushArgument(lua_State* L, const ExpectDecl& expect, const ResultValue& result,
                  std::vector<ResultValue>* wanted) {
  if (expect.on_sweep) return PushSweep(L, result, wanted);
  PushResult(L, result, expect.on_compare ? "compare" : expect.on_explore ? "explore" : "run");
}

// What the body returned: on the stack of `co`, from index 1.
void TakeAnswer(lua_State* L, lua_State* co, int results, ExpectJudgement* judgement) {
  lua_settop(L, 0);
  lua_xmove(co, L, results);
  const int type = lua_type(L, 1);
  if (type != LUA_TBOOLEAN && type != LUA_TNIL) {
    PushToString(L, 1);
    RaiseText(L, results == 0
                     ? std::string("the body returned nothing: true or false is wanted")
                     : fmt::format("the body returned {}: true or false is wanted", lua_tostring(L, -1)));
  }
  judgement->held = lua_toboolean(L, 1) != 0;
  judgement->actual = ActualText(L, 2, &judgement->durations);
}

template <typename Declarations>
bool Declares(const Declarations& declarations, const std::string& name) {
  return std::any_of(declarations.begin(), declarations.end(),
                     [&](const auto& one) { return one.name == name; });
}

// Whether a run of this file could have what stands at the path: the names of jobs, loads, pools and
// parameters are those of the file; processes, locks and marks come into being as it runs.
bool MayComeToBe(const Scenario& scenario, std::string_view path) {
  const std::vector<std::string> parts = ResultPathParts(path);
  size_t at = parts.front() == "sweep" ? 2 : 1;
  if (parts.front() == "compare" && parts.size() > 2 && parts[1] == "designs") {
    if (std::find(kDesignDeclNames.begin(), kDesignDeclNames.end(), parts[2]) == kDesignDeclNames.end())
      return false;
    at = 3;
  }
  if (parts.size() < at + 2) return true;
  const std::string& group = parts[at];
  const std::string& name = parts[at + 1];
  if (group == "jobs") return Declares(scenario.jobs, name);
  if (group == "loads") return Declares(scenario.loads, name);
  if (group == "pools") return Declares(scenario.pools, name);
  return group != "params" || name == "design" || Declares(scenario.params, name);
}

// A body that fails because this run lacks what it reads is no error of the file: why it does not hold.
std::optional<std::string> WhyLacking(lua_State* L, const Scenario& scenario, const ScenarioError& error) {
  const AbsentRead absent = LastAbsentRead(L);
  if (absent.path.empty() || error.kind == ScenarioErrorKind::kLimit) return std::nullopt;
  const std::string line = error.pos.line > 0 ? fmt::format("line {}: ", error.pos.line) : "";
  if (!absent.error.empty()) {
    if (error.text != absent.error || !MayComeToBe(scenario, absent.path)) return std::nullopt;
    return line + error.text;
  }
  if (error.text.find("nil") == std::string::npos) return std::nullopt;
  return fmt::format("{}{}; {} is nil in this run", line, error.text, absent.path);
}

ExpectJudgement JudgeBody(LoadedScenario& loaded, const ExpectDecl& expect, const ResultValue& result) {
  ScriptHost& host = *loaded.host;
  ExpectJudgement judgement;
  BodyContext context;
  context.context = kContextJudge;
  context.name = expect.sentence;
  context.host = &host;
  host.ResetInstructionCount();
  lua_State* co = host.NewCoroutine(&context);
  if (co == nullptr || !host.InstantiateBody(expect.body, co)) {
    judgement.error = host.LimitError();
    judgement.error->pos = expect.pos;
    return judgement;
  }
  context.main = co;
  int status = host.sandbox().Protect([&](lua_State* L) {
    ForgetReads(L);
    PushArgument(L, expect, result, &judgement.wanted);
    lua_xmove(L, co, 1);
  });
  int results = 0;
  lua_State* failed = host.state();
  if (status == LUA_OK) {
    status = lua_resume(co, nullptr, 1, &results);
    failed = co;
  }
  if (status == LUA_OK) {
    status = host.sandbox().Protect([&](lua_State* L) { TakeAnswer(L, co, results, &judgement); });
    failed = host.state();
  }
  if (status != LUA_OK) {
    judgement.held = false;
    judgement.error = host.ErrorFrom(failed, status);
    if (judgement.error->pos.line == 0) judgement.error->pos = expect.pos;
    lua_pop(failed, 1);
    if (const auto why = WhyLacking(host.state(), loaded.scenario, *judgement.error)) {
      judgement.error.reset();
      judgement.actual = *why;
    }
  }
  host.FreeCoroutine(co);
  return judgement;
}

}  // namespace

ExpectJudgement JudgeExpectation(LoadedScenario& loaded, const ExpectDecl& expect,
                                 const ResultValue& result) {
  ExpectJudgement judgement;
  judgement.held = true;
  if (!expect.on_compare && !expect.on_sweep && !expect.on_explore)
    judgement = JudgeKeys(expect, loaded.scenario, result);
  if (!judgement.held || expect.body == kNoBody) return judgement;
  return JudgeBody(loaded, expect, result);
}

void SetDurations(const ExpectJudgement& judgement, ResultValue* entry) {
  if (judgement.durations.empty()) return;
  ResultValue& list = entry->Set("durations", ResultValue::Array());
  for (int64_t ns : judgement.durations) list.Append(ns);
}

}  // namespace model
