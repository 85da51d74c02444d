// SPDX-License-Identifier: Apache-2.0
//
// The list of runs that an expectation on "sweep" gets, and curves over it.
//
// A curve is straight between swept values; where runs differ in nothing but the seed, it goes through their
// mean. Two curves cross where their order changes: touching is no crossing, and neither is what lies outside
// the values that both have.
#include <algorithm>
#include <optional>
#include <vector>

#include "fmt/format.h"
#include "model/script/language/suggest.h"
#include "model/script/lua/sandbox.h"
#include "model/script/result/lua.h"

namespace model {
namespace {

constexpr char kSweepKey = 's';
constexpr char kCurveKey = 'k';

struct Point {
  double x = 0;
  double y = 0;
};

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

std::vector<Point> PointsOf(lua_State* L, int index) {
  bool same = false;
  if (lua_type(L, index) == LUA_TUSERDATA && lua_getmetatable(L, index) != 0) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &kCurveKey);
    same = lua_rawequal(L, -1, -2) != 0;
    lua_pop(L, 2);
  }
  if (!same) RaiseText(L, "a curve is wanted, made by sweep:curve");
  const auto* points = static_cast<const Point*>(lua_touserdata(L, index));
  return std::vector<Point>(points, points + lua_rawlen(L, index) / sizeof(Point));
}

// REQUIRES: x is within the points.
double ValueAt(const std::vector<Point>& points, double x) {
  const auto right = std::lower_bound(points.begin(), points.end(), x,
                                      [](const Point& point, double at) { return point.x < at; });
  if (right->x == x) return right->y;
  const Point& a = *(right - 1);
  return a.y + (right->y - a.y) * ((x - a.x) / (right->x - a.x));
}

int CurveAt(lua_State* L) {
  const std::vector<Point> points = PointsOf(L, 1);
  const double x = luaL_checknumber(L, 2);
  if (!(x >= points.front().x && x <= points.back().x)) {
    RaiseText(L, fmt::format("at({}): swept from {} to {}", x, points.front().x, points.back().x));
  }
  lua_pushnumber(L, ValueAt(points, x));
  return 1;
}

std::optional<double> Crossing(const std::vector<Point>& a, const std::vector<Point>& b) {
  const double low = std::max(a.front().x, b.front().x);
  const double high = std::min(a.back().x, b.back().x);
  std::vector<double> xs;
  for (const std::vector<Point>* points : {&a, &b}) {
    for (const Point& point : *points) {
      if (point.x >= low && point.x <= high) xs.push_back(point.x);
    }
  }
  std::sort(xs.begin(), xs.end());
  double last_x = 0;
  double last = 0;                 // The last difference that was not 0.
  std::optional<double> touching;  // Where they have met since then.
  for (double x : xs) {
    const double difference = ValueAt(a, x) - ValueAt(b, x);
    if (difference == 0) {
      if (!touching) touching = x;
      continue;
    }
    if (last != 0 && (last > 0) != (difference > 0)) {
      if (touching) return touching;
      return last_x + (x - last_x) * (last / (last - difference));
    }
    last = difference;
    last_x = x;
    touching.reset();
  }
  return std::nullopt;
}

int CurveCrossing(lua_State* L) {
  const std::optional<double> x = Crossing(PointsOf(L, 1), PointsOf(L, 2));
  if (x) {
    lua_pushnumber(L, *x);
  } else {
    lua_pushnil(L);
  }
  return 1;
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

double NumberAt(lua_State* L, const ResultValue& value, std::string_view what) {
  const bool number =
      value.kind() == ResultValue::Kind::kInteger || value.kind() == ResultValue::Kind::kDouble;
  if (!number) RaiseText(L, fmt::format("curve: {} is {}, not a number", what, value.DebugString()));
  return value.number();
}

// A run on a curve.
struct Sample {
  Point point;
  const ResultValue* params;
};

// One point for each x: the mean over the seeds.
std::vector<Point> MeansOf(lua_State* L, const std::vector<Sample>& samples, const std::string& x_name) {
  std::vector<Point> points;
  for (size_t i = 0; i < samples.size();) {
    const Sample& first = samples[i];
    double sum = 0;
    size_t end = i;
    for (; end < samples.size() && samples[end].point.x == first.point.x; ++end) {
      if (!(*samples[end].params == *first.params)) {
        RaiseText(L, fmt::format("curve: several runs have {} = {}; choose by the other parameters, such as "
                                 "{{ design = \"ioctl\" }}",
                                 x_name, first.point.x));
      }
      sum += samples[end].point.y;
    }
    points.push_back({first.point.x, sum / static_cast<double>(end - i)});
    i = end;
  }
  return points;
}

int SweepCurve(lua_State* L) {
  const std::string x_name = luaL_checkstring(L, 2);
  const std::string path = luaL_checkstring(L, 3);
  std::vector<Sample> samples;
  for (const ResultValue* run : RunsOf(L)) {
    if (!Passes(L, 4, *run)) continue;
    const double x = NumberAt(L, ParamOf(L, *run, x_name), x_name);
    const double y = NumberAt(L, ResultAt(L, *run, "run", path), path);
    samples.push_back({{x, y}, &ResultAt(L, *run, "run", "params")});
  }
  if (samples.empty()) RaiseText(L, "curve: no run has these parameters");
  std::stable_sort(samples.begin(), samples.end(),
                   [](const Sample& a, const Sample& b) { return a.point.x < b.point.x; });
  const std::vector<Point> points = MeansOf(L, samples, x_name);
  void* block = lua_newuserdatauv(L, points.size() * sizeof(Point), 0);
  std::copy(points.begin(), points.end(), static_cast<Point*>(block));
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

void PushSweep(lua_State* L, const ResultValue& runs) {
  std::vector<const ResultValue*> list;
  for (const ResultValue& run : runs.items()) list.push_back(&run);
  PushRuns(L, list);
}

}  // namespace model
