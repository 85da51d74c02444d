// SPDX-License-Identifier: Apache-2.0
//
// The list of runs that an expectation on "sweep" gets, and curves over it (curve.h).
//
// A curve is a userdata: its samples, and the name of its parameter as user value.
#include <algorithm>
#include <optional>
#include <vector>

#include "fmt/format.h"
#include "model/script/language/quantity.h"
#include "model/script/lua/sandbox.h"
#include "model/script/result/curve.h"
#include "model/script/result/lua.h"

namespace model {
namespace {

constexpr char kSweepKey = 's';
constexpr char kCurveKey = 'k';
constexpr char kWantedKey = 'w';

constexpr size_t kShown = 5;

// Makes the value on top of the stack one of a class with these methods.
void SetClass(lua_State* L, const char* key, const char* name, const luaL_Reg* methods) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, key) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_newtable(L);
    luaL_setfuncs(L, methods, 0);
    lua_setfield(L, -2, "__index");
    lua_pushstring(L, name);
    lua_setfield(L, -2, "__name");
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, key);
  }
  lua_setmetatable(L, -2);
}

Curve CurveArgument(lua_State* L, int index) {
  bool same = false;
  if (lua_type(L, index) == LUA_TUSERDATA && lua_getmetatable(L, index) != 0) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &kCurveKey);
    same = lua_rawequal(L, -1, -2) != 0;
    lua_pop(L, 2);
  }
  if (!same) RaiseText(L, "a curve is wanted, made by sweep:curve");
  const auto* samples = static_cast<const CurveSample*>(lua_touserdata(L, index));
  return Curve(std::vector<CurveSample>(samples, samples + lua_rawlen(L, index) / sizeof(CurveSample)));
}

std::string ParamNameOf(lua_State* L, int index) {
  lua_getiuservalue(L, index, 1);
  std::string name = lua_tostring(L, -1);
  lua_pop(L, 1);
  return name;
}

// A number, or a quantity in nanoseconds, bytes, or bytes or events a second.
std::optional<double> NumberIn(const ResultValue& value) {
  if (value.kind() == ResultValue::Kind::kInteger || value.kind() == ResultValue::Kind::kDouble)
    return value.number();
  if (value.kind() != ResultValue::Kind::kString) return std::nullopt;
  if (const auto duration = ParseDuration(value.text()); duration.ok()) return static_cast<double>(*duration);
  if (const auto bytes = ParseBytes(value.text()); bytes.ok()) return static_cast<double>(*bytes);
  if (const auto rate = ParseRate(value.text()); rate.ok()) return static_cast<double>(rate->per_second);
  return std::nullopt;
}

int CurveAt(lua_State* L) {
  const Curve curve = CurveArgument(L, 1);
  const std::optional<double> x = lua_type(L, 2) == LUA_TSTRING
                                      ? NumberIn(ResultValue(lua_tostring(L, 2)))
                                      : std::optional<double>(luaL_checknumber(L, 2));
  if (!x) RaiseText(L, fmt::format("at(\"{}\"): no quantity, such as \"5ms\"", lua_tostring(L, 2)));
  if (!(*x >= curve.front() && *x <= curve.back()))
    RaiseText(L, fmt::format("at({}): swept from {} to {}", *x, curve.front(), curve.back()));
  lua_pushnumber(L, curve.At(*x));
  return 1;
}

// The parameters of a curve's runs at `x`, but with another value of its own; nothing if it has none there or
// they are not integers.
std::optional<ResultValue> ParamsBeside(const Curve& curve, const std::string& name, double x,
                                        int64_t value) {
  const Curve::Point* point = curve.Find(x);
  if (point == nullptr) return std::nullopt;
  ResultValue params = *curve.samples()[point->first].run->Find("params");
  const ResultValue* old = params.Find(name);
  if (old == nullptr || old->kind() != ResultValue::Kind::kInteger) return std::nullopt;
  params.Set(name, value);
  return params;
}

// Asks for runs in the middle between the two swept values, unless they are neighbours, or no run there can
// tell more than those that are.
void AskForMore(lua_State* L, const Curve& a, const Curve& b, const Crossing& crossing) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &kWantedKey);
  auto* wanted = static_cast<std::vector<ResultValue>*>(lua_touserdata(L, -1));
  lua_pop(L, 1);
  const std::string name = ParamNameOf(L, 1);
  if (crossing.from != crossing.left || crossing.to != crossing.right || name != ParamNameOf(L, 2)) return;
  if (crossing.right - crossing.left < 2) return;
  const auto middle = static_cast<int64_t>(crossing.left + (crossing.right - crossing.left) / 2);
  const std::optional<ResultValue> beside_a = ParamsBeside(a, name, crossing.left, middle);
  const std::optional<ResultValue> beside_b = ParamsBeside(b, name, crossing.left, middle);
  if (!beside_a || !beside_b) return;
  for (const ResultValue& params : {*beside_a, *beside_b}) {
    if (std::find(wanted->begin(), wanted->end(), params) == wanted->end()) wanted->push_back(params);
  }
}

void PushNumberOrNil(lua_State* L, const std::optional<double>& number) {
  if (number) {
    lua_pushnumber(L, *number);
  } else {
    lua_pushnil(L);
  }
}

int CurveCrossing(lua_State* L) {
  const Curve a = CurveArgument(L, 1);
  const Curve b = CurveArgument(L, 2);
  const std::optional<Crossing> crossing = FindCrossing(a, b);
  if (!crossing) {
    lua_pushnil(L);
    return 1;
  }
  AskForMore(L, a, b, *crossing);
  lua_pushnumber(L, crossing->x);
  PushNumberOrNil(L, crossing->from);
  PushNumberOrNil(L, crossing->to);
  return 3;
}

constexpr luaL_Reg kCurveMethods[] = {{"at", &CurveAt}, {"crossing", &CurveCrossing}, {nullptr, nullptr}};

// The runs of the sweep at index 1.
std::vector<const ResultValue*> RunsOf(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  std::vector<const ResultValue*> runs;
  const lua_Integer count = luaL_len(L, 1);
  for (lua_Integer i = 1; i <= count; ++i) {
    lua_geti(L, 1, i);
    const ResultValue* run = ToResult(L, -1);
    if (run == nullptr) RaiseText(L, "a sweep is wanted");
    runs.push_back(run);
    lua_pop(L, 1);
  }
  return runs;
}

bool SameValue(lua_State* L, int index, const ResultValue& value) {
  PushResult(L, value, "");
  const bool same = lua_compare(L, index < 0 ? index - 1 : index, -1, LUA_OPEQ) != 0;
  lua_pop(L, 1);
  return same;
}

const ResultValue& ParamOf(lua_State* L, const ResultValue& run, std::string_view name) {
  return ResultAt(L, run, "run", fmt::format("params.{}", name));
}

// True if the run has the parameters of the table at `filter`; every run has if it is nil.
bool Passes(lua_State* L, int filter, const ResultValue& run) {
  if (lua_isnoneornil(L, filter)) return true;
  luaL_checktype(L, filter, LUA_TTABLE);
  const int64_t count = PushSortedKeys(L, filter);
  const int keys = lua_gettop(L);
  bool passes = true;
  for (int64_t i = 1; i <= count; ++i) {
    lua_rawgeti(L, keys, i);
    if (lua_type(L, -1) != LUA_TSTRING) RaiseText(L, "runs are chosen by parameters: { name = value }");
    const ResultValue& param = ParamOf(L, run, lua_tostring(L, -1));
    lua_gettable(L, filter);
    passes = passes && SameValue(L, -1, param);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  return passes;
}

void PushRuns(lua_State* L, const std::vector<const ResultValue*>& runs);

int SweepWhere(lua_State* L) {
  std::vector<const ResultValue*> chosen;
  for (const ResultValue* run : RunsOf(L)) {
    if (Passes(L, 2, *run)) chosen.push_back(run);
  }
  PushRuns(L, chosen);
  return 1;
}

double ParamNumber(lua_State* L, const ResultValue& run, const std::string& name) {
  const ResultValue& value = ParamOf(L, run, name);
  const std::optional<double> number = NumberIn(value);
  if (!number) {
    RaiseText(L, fmt::format("curve: {} is {}, neither a number nor a quantity such as \"5ms\"", name,
                             value.DebugString()));
  }
  return *number;
}

// What the path or the function at index 3 gives for a run; nothing if the path has no value in it.
std::optional<double> FigureOf(lua_State* L, const ResultValue& run) {
  if (lua_type(L, 3) == LUA_TFUNCTION) {
    lua_pushvalue(L, 3);
    PushResult(L, run, "run");
    lua_call(L, 1, 1);
    int number = 0;
    const double y = lua_tonumberx(L, -1, &number);
    PushToString(L, -1);
    if (number == 0) {
      RaiseText(L, fmt::format("curve: the function returned {}, not a number", lua_tostring(L, -1)));
    }
    lua_pop(L, 2);
    return y;
  }
  const std::string path = luaL_checkstring(L, 3);
  const ResultValue& value = ResultAt(L, run, "run", path);
  if (value.is_null()) return std::nullopt;
  if (value.kind() != ResultValue::Kind::kInteger && value.kind() != ResultValue::Kind::kDouble)
    RaiseText(L, fmt::format("curve: {} is {}, not a number", path, value.DebugString()));
  return value.number();
}

// Which runs lack a figure: "n = 1, seed 2; n = 4, seed 1".
std::string NamesOf(const std::vector<CurveSample>& runs, const std::string& x_name) {
  std::string text;
  for (size_t i = 0; i < std::min(runs.size(), kShown); ++i) {
    const ResultValue* seed = runs[i].run->Find("seed");
    text += fmt::format("{}{} = {}", i == 0 ? "" : "; ", x_name,
                        runs[i].run->Find("params")->Find(x_name)->DebugString());
    if (seed != nullptr) text += fmt::format(", seed {}", seed->integer());
  }
  if (runs.size() > kShown) text += fmt::format("; and {} more runs", runs.size() - kShown);
  return text;
}

// Of one x all runs must be of one point.
void CheckOnePointEach(lua_State* L, const std::vector<CurveSample>& samples, const std::string& x_name) {
  for (size_t i = 1; i < samples.size(); ++i) {
    if (samples[i].x != samples[i - 1].x ||
        ResultAt(L, *samples[i].run, "run", "params") == ResultAt(L, *samples[i - 1].run, "run", "params"))
      continue;
    RaiseText(L, fmt::format("curve: several runs have {} = {}; choose by the other parameters, such as "
                             "{{ design = \"ioctl\" }}",
                             x_name, samples[i].x));
  }
}

int SweepCurve(lua_State* L) {
  const std::string x_name = luaL_checkstring(L, 2);
  std::vector<CurveSample> samples;
  std::vector<CurveSample> lacking;
  for (const ResultValue* run : RunsOf(L)) {
    if (!Passes(L, 4, *run)) continue;
    const double x = ParamNumber(L, *run, x_name);
    const std::optional<double> y = FigureOf(L, *run);
    (y ? samples : lacking).push_back({x, y.value_or(0), run});
  }
  if (!lacking.empty()) {
    RaiseAbsent(L, fmt::format("run.{}", lua_tostring(L, 3)),
                fmt::format("curve: {} has no value at {}: {}", lua_tostring(L, 3), NamesOf(lacking, x_name),
                            "what it counts did not happen, or did not end"));
  }
  if (samples.empty()) RaiseText(L, "curve: no run has these parameters");
  std::stable_sort(samples.begin(), samples.end(),
                   [](const CurveSample& a, const CurveSample& b) { return a.x < b.x; });
  CheckOnePointEach(L, samples, x_name);
  void* block = lua_newuserdatauv(L, samples.size() * sizeof(CurveSample), 1);
  std::copy(samples.begin(), samples.end(), static_cast<CurveSample*>(block));
  lua_pushvalue(L, 2);
  lua_setiuservalue(L, -2, 1);
  SetClass(L, &kCurveKey, "curve", kCurveMethods);
  return 1;
}

constexpr luaL_Reg kSweepMethods[] = {{"where", &SweepWhere}, {"curve", &SweepCurve}, {nullptr, nullptr}};

void PushRuns(lua_State* L, const std::vector<const ResultValue*>& runs) {
  lua_createtable(L, static_cast<int>(runs.size()), 0);
  lua_Integer i = 0;
  for (const ResultValue* run : runs) {
    ++i;
    PushResult(L, *run, fmt::format("sweep[{}]", i));
    lua_rawseti(L, -2, i);
  }
  SetClass(L, &kSweepKey, "sweep", kSweepMethods);
  FreezeTable(L, "a result is read-only");
}

}  // namespace

void PushSweep(lua_State* L, const ResultValue& runs, std::vector<ResultValue>* wanted) {
  lua_pushlightuserdata(L, wanted);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &kWantedKey);
  std::vector<const ResultValue*> list;
  for (const ResultValue& run : runs.items()) list.push_back(&run);
  PushRuns(L, list);
}

}  // namespace model
