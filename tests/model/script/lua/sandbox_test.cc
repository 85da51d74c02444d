// SPDX-License-Identifier: Apache-2.0
//
// What a scenario can and cannot do with the Lua it is given.
#include "model/script/lua/sandbox.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/script/lua/symbols.h"

namespace model {
namespace {

using ::testing::HasSubstr;

// Runs a chunk; returns what it returned as texts joined by spaces, or "error: ...".
std::string Answer(const std::string& chunk, Sandbox::Limits limits = {}) {
  Sandbox sandbox(limits);
  std::string answer;
  const int status = sandbox.Protect([&](lua_State* L) {
    if (luaL_loadbufferx(L, chunk.data(), chunk.size(), "=test", "t") != LUA_OK) lua_error(L);
    lua_call(L, 0, LUA_MULTRET);
    const int results = lua_gettop(L);
    for (int i = 1; i <= results; ++i) {
      PushToString(L, i);
      answer += (i == 1 ? "" : " ") + std::string(lua_tostring(L, -1));
    }
  });
  if (status == LUA_OK) return answer;
  if (sandbox.limit_hit()) return "limit: " + sandbox.limit_text();
  const char* text = lua_tostring(sandbox.state(), -1);
  return std::string("error: ") + (text != nullptr ? text : luaL_typename(sandbox.state(), -1));
}

TEST(SandboxTest, UnsafeLibrariesAreAbsentAndSayWhy) {
  for (const char* name : {"io", "os", "debug", "package", "require", "dofile", "loadfile", "load", "print",
                           "collectgarbage", "rawset", "warn", "_G"}) {
    EXPECT_THAT(Answer(std::string("return ") + name),
                HasSubstr(std::string("\"") + name + "\" is not available"))
        << name;
  }
  EXPECT_THAT(Answer("return math.random(6)"), HasSubstr("use rng \"name\""));
  EXPECT_THAT(Answer("return math.sin(1)"), HasSubstr("differs between platforms"));
  EXPECT_THAT(Answer("return string.dump(function() end)"), HasSubstr("\"string.dump\" is not available"));
}

TEST(SandboxTest, UnknownNamesAreErrorsWithASuggestion) {
  EXPECT_EQ(Answer("local x = 1\nreturn tostrin(x)"),
            "error: test:2: unknown name \"tostrin\"; did you mean \"tostring\"?");
  EXPECT_EQ(Answer("return string.fromat('x')"),
            "error: test:1: unknown name \"string.fromat\"; did you mean \"string.format\"?");
  EXPECT_EQ(Answer("return math.flor(1.5)"),
            "error: test:1: unknown name \"math.flor\"; did you mean \"math.floor\"?");
}

TEST(SandboxTest, GlobalsAndLibrariesAreReadOnly) {
  EXPECT_EQ(Answer("x = 1"), "error: test:1: assignment to \"x\", which is not declared: write `local x`");
  EXPECT_THAT(Answer("pairs = nil"), HasSubstr("\"pairs\" is a word of the language"));
  EXPECT_THAT(Answer("string.format = nil"), HasSubstr("library \"string\" is read-only"));
  EXPECT_THAT(Answer("table.insert(_ENV, 1)"), HasSubstr("globals are"));
  EXPECT_THAT(Answer("setmetatable(_ENV, {})"), HasSubstr("protected metatable"));
  EXPECT_THAT(Answer("setmetatable(string, {})"), HasSubstr("protected metatable"));
  EXPECT_EQ(Answer("return getmetatable('').__index"), "error: test:1: attempt to index a boolean value");
  EXPECT_EQ(Answer("return getmetatable(_ENV)"), "false");
}

TEST(SandboxTest, PairsAndNextWalkNumbersThenTextsInOrder) {
  const std::string walk =
      "local t = {b = 1, a = 2, [3] = 3, [1] = 4, [2.5] = 5, B = 6, [-1] = 7, ['\\200'] = 8, [''] = 9}\n";
  EXPECT_EQ(Answer(walk + "local s = '' for k, v in pairs(t) do s = s .. v end return s"), "745396218");
  EXPECT_EQ(Answer(walk + "local s, k, v = '', next(t) while k do s = s .. v k, v = next(t, k) end return s"),
            "745396218");
  EXPECT_EQ(Answer("return next({})"), "nil");
  EXPECT_THAT(Answer("for k in pairs {[true] = 1} do end"),
              HasSubstr("table keys must be numbers or strings"));
  EXPECT_THAT(Answer("return next({a = 1}, 'b')"), HasSubstr("invalid key to 'next'"));
}

TEST(SandboxTest, AnElementRemovedDuringAWalkIsNotVisited) {
  EXPECT_EQ(Answer("local t, n = {a = 1, b = 2, c = 3}, 0\n"
                   "for k in pairs(t) do n = n + 1 t.b = nil end return n"),
            "2");
}

TEST(SandboxTest, IntegerAndFloatKeysSortByValueAlsoAtTheEndsOfTheRange) {
  EXPECT_EQ(Answer("local t = {[math.maxinteger] = 'i', [2^63] = 'f', [math.mininteger] = 'm', [-2^70] = "
                   "'n', [0.5] = 'h'}"
                   "local s = '' for _, v in pairs(t) do s = s .. v end return s"),
            "nmhif");
}

TEST(SandboxTest, NoTextContainsAnAddress) {
  EXPECT_EQ(
      Answer(
          "return tostring({}), tostring(print == nil and 1 or tostring), tostring(coroutine.create(next))",
          {}),
      "error: test:1: \"print\" is not available: results come from expectations; use mark(\"name\", value) "
      "or "
      "check(condition, text)");
  EXPECT_EQ(Answer("return tostring({}), tostring(next), tostring(coroutine.create(next))"),
            "table function thread");
  EXPECT_EQ(Answer("return string.format('%s %s %5s|%-3s|', {}, next, nil, true)"),
            "table function   nil|true|");
  EXPECT_THAT(Answer("return string.format('%p', {})"), HasSubstr("addresses differ"));
  EXPECT_EQ(Answer("return string.format('%%p %d', 3)"), "%p 3");
  EXPECT_EQ(Answer("return select(2, pcall(error, {}))"), "table");
  EXPECT_EQ(Answer("return setmetatable({}, {__tostring = function() return 'mine' end})"), "mine");
}

TEST(SandboxTest, EveryNanPrintsAlike) {
  EXPECT_EQ(Answer("local n = 0/0 return n, -n, n .. '', string.format('%f %6.1f %g', n, -n, n)"),
            "nan nan nan nan    nan nan");
}

TEST(SandboxTest, PowersAreThePortableOnes) {
  const int64_t before = PortablePowCalls();
  EXPECT_EQ(Answer("local x = 3 return x ^ 5, 10 ^ 3, 2 ^ 0.5"), "243.0 1000.0 1.4142135623731");
  EXPECT_GT(PortablePowCalls(), before);
}

TEST(SandboxTest, MathHasWhatIsTheSameEverywhere) {
  EXPECT_EQ(
      Answer(
          "return math.floor(-1.5), math.ceil(1.2), math.max(1, 3, 2), math.fmod(7, 3), math.tointeger(4.0), "
          "math.type(1.0), math.ult(1, -1), math.sqrt(2.25), math.exp(0), math.log(8, 2), math.log(1)"),
      "-2 2 3 1 4 float true 1.5 1.0 3.0 0.0");
}

TEST(SandboxTest, SortIsStableAndComparesTheSameNumberOfTimes) {
  // Pairs that differ in their second character only keep their order.
  EXPECT_EQ(
      Answer(
          "local t = {'b1', 'a1', 'b2', 'a2', 'c1', 'a3', 'b3'}\n"
          "table.sort(t, function(x, y) return x:sub(1, 1) < y:sub(1, 1) end) return table.concat(t, ' ')"),
      "a1 a2 a3 b1 b2 b3 c1");
  EXPECT_EQ(Answer("local t = {3, 1.5, 2, -1} table.sort(t) return table.concat(t, ' ')"), "-1 1.5 2 3");
  // Four elements that are in order: two comparisons to merge pairs, two for the halves.
  EXPECT_EQ(
      Answer("local n = 0 table.sort({1, 2, 3, 4}, function(a, b) n = n + 1 return a < b end) return n"),
      "4");
  EXPECT_THAT(Answer("table.sort({1, 'x'})"), HasSubstr("attempt to compare"));
  EXPECT_EQ(Answer("local t = {2, 1} table.sort(t, function() return true end) return #t"), "2");
}

TEST(SandboxTest, ASortOrGsubThatYieldsIsAClearError) {
  EXPECT_THAT(Answer("local co = coroutine.wrap(function() table.sort({2, 1}, function() coroutine.yield() "
                     "end) end) co()"),
              HasSubstr("inside a C function"));
  EXPECT_THAT(
      Answer(
          "local co = coroutine.wrap(function() ('x'):gsub('.', function() coroutine.yield() end) end) co()"),
      HasSubstr("inside a C function"));
}

TEST(SandboxTest, CoroutinesWorkAsInLua) {
  EXPECT_EQ(
      Answer("local co = coroutine.create(function(a) local b = coroutine.yield(a + 1) return b * 2 end)\n"
             "local _, x = coroutine.resume(co, 1) local _, y = coroutine.resume(co, 10)\n"
             "return x, y, coroutine.status(co), coroutine.resume(co)"),
      "2 20 dead false cannot resume dead coroutine");
  EXPECT_EQ(Answer("local n = 0 for i in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end "
                   "end) do n = n + i "
                   "end return n"),
            "6");
  EXPECT_EQ(Answer("local log = ''\n"
                   "local co = coroutine.create(function() local x <close> = setmetatable({}, {__close = "
                   "function() log = "
                   "log .. 'closed' end}) coroutine.yield() end)\n"
                   "coroutine.resume(co) coroutine.close(co) return log"),
            "closed");
  EXPECT_THAT(Answer("coroutine.wrap(function() error('x') end)()"), HasSubstr("test:1: x"));
  EXPECT_THAT(Answer("coroutine.yield()"), HasSubstr("outside of a coroutine"));
}

TEST(SandboxTest, AnEndlessLoopHitsTheInstructionLimit) {
  EXPECT_EQ(Answer("while true do end"), "limit: 10,000,000 instructions without a verb");
  EXPECT_EQ(Answer("while true do pcall(function() while true do end end) end"),
            "limit: 10,000,000 instructions without a verb");
  EXPECT_EQ(Answer("local co = coroutine.wrap(function() while true do end end) while true do pcall(co) end"),
            "limit: 10,000,000 instructions without a verb");
  EXPECT_EQ(
      Answer("while true do xpcall(function() while true do end end, function() while true do end end) end"),
      "limit: 10,000,000 instructions without a verb");
  EXPECT_EQ(Answer("local t <close> = setmetatable({}, {__close = function() while true do end end}) while "
                   "true do end"),
            "limit: 10,000,000 instructions without a verb");
}

TEST(SandboxTest, LoopsInsideLibraryFunctionsHitTheInstructionLimit) {
  const char* kLoops[] = {
      "table.move({}, 1, 1 << 60, 2, {})",
      "table.move({}, math.mininteger, -2, 1, {})",
      "table.insert(setmetatable({}, {__len = function() return 1 << 60 end}), 1, 1)",
      "table.remove(setmetatable({}, {__len = function() return 1 << 60 end}), 1)",
      "table.sort(setmetatable({}, {__len = function() return 1 << 40 end}))",
      "table.concat(setmetatable({}, {__index = function() return '' end}), '', 1, 1 << 60)",
  };
  for (const char* loop : kLoops) {
    EXPECT_EQ(Answer(loop), "limit: 10,000,000 instructions without a verb") << loop;
  }
  EXPECT_EQ(Answer("return #string.rep('', 1 << 60)"), "0");
  // 1 MiB a turn, at 64 bytes an instruction: a limit of ten million is reached after 610 turns.
  EXPECT_EQ(Answer("local s = ('x'):rep(1 << 19) while true do local t = s .. s end"),
            "limit: 10,000,000 instructions without a verb");
}

TEST(SandboxTest, APatternThatWouldBacktrackForYearsIsRefused) {
  EXPECT_THAT(Answer("return (('a'):rep(40)):find(('a?'):rep(40) .. ('a'):rep(40))"),
              HasSubstr("could take too long"));
  EXPECT_THAT(Answer("return (('a'):rep(1000)):match(('.-'):rep(12) .. 'b')"),
              HasSubstr("could take too long"));
  EXPECT_EQ(Answer("return ('autosnap_2020-05-12_23:20'):match('(%d+)-(%d+)-(%d+)_(%d+):(%d+)')"),
            "2020 05 12 23 20");
  EXPECT_EQ(Answer("return (('  ' .. ('x'):rep(500) .. ' '):gsub('^%s*(.-)%s*$', '%1')) == ('x'):rep(500)"),
            "true");
}

TEST(SandboxTest, MemoryIsLimited) {
  const Sandbox::Limits limits{.memory_bytes = 16 << 20};
  EXPECT_EQ(Answer("local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end", limits),
            "limit: memory limit of 16MiB reached");
  EXPECT_EQ(Answer("return #string.rep('x', 1 << 30)", limits), "limit: memory limit of 16MiB reached");
  EXPECT_EQ(Answer("while true do pcall(string.rep, 'x', 1 << 30) end", limits),
            "limit: memory limit of 16MiB reached");
  // Garbage is not counted: 64 MiB are made here, a little at a time.
  EXPECT_EQ(Answer("for i = 1, 64 do local s = ('x'):rep(1 << 20) end return 'fine'", limits), "fine");
}

TEST(SandboxTest, DeepRecursionIsAnErrorOfTheScript) {
  EXPECT_THAT(Answer("local function f() return 1 + f() end return f()"), HasSubstr("stack overflow"));
  EXPECT_THAT(Answer("local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k + "
                     "1] end return t[1]"),
              HasSubstr("C stack overflow"));
  EXPECT_THAT(Answer("local function f(s) return (s:gsub('.', f)) end return f('x')"),
              HasSubstr("C stack overflow"));
  EXPECT_THAT(Answer(std::string("return ") + std::string(1000, '(') + "1" + std::string(1000, ')')),
              HasSubstr("C stack overflow"));
  EXPECT_THAT(Answer("local function f() return coroutine.wrap(f)() end return f()"),
              HasSubstr("C stack overflow"));
}

TEST(SandboxTest, BytecodeAndMalformedTextAreRefused) {
  EXPECT_THAT(Answer("\x1bLua\x54"), HasSubstr("attempt to load a binary chunk"));
  EXPECT_THAT(Answer("return return"), HasSubstr("test:1:"));
  EXPECT_THAT(Answer(std::string("\0\xff\xfe", 3)), HasSubstr("test:1:"));
  EXPECT_THAT(Answer("goto nowhere"), HasSubstr("no visible label"));
}

TEST(SandboxTest, CollectorHooksAreRefused) {
  EXPECT_THAT(Answer("setmetatable({}, {__gc = function() end})"), HasSubstr("__gc is not available"));
  EXPECT_THAT(Answer("setmetatable({}, {__mode = 'k'})"), HasSubstr("__mode is not available"));
}

TEST(SandboxTest, AFrozenTableCanBeReadInEveryWay) {
  Sandbox sandbox({});
  std::string text;
  const int status = sandbox.Protect([&](lua_State* L) {
    const std::string chunk =
        "local t = ...\n"
        "local s = ''\n"
        "for i, v in ipairs(t) do s = s .. v end\n"
        "for k, v in pairs(t) do s = s .. tostring(k) end\n"
        "return s .. #t .. table.concat(t, '-') .. select('#', table.unpack(t)) .. next(t) .. rawget(t, 2) "
        ".. "
        "rawlen(t) .. t.x .. tostring(t.none) .. t.inherited .. tostring(pcall(function() t.x = 1 end)) .. "
        "tostring(pcall(table.insert, t, 1)) .. tostring(pcall(table.sort, t))";
    luaL_loadbufferx(L, chunk.data(), chunk.size(), "=test", "t");
    const std::string make =
        "return setmetatable({'a', 'b', 'c', x = 'y'}, {__index = function(_, k) return k == 'inherited' and "
        "'!' or nil end})";
    luaL_loadbufferx(L, make.data(), make.size(), "=test", "t");
    lua_call(L, 0, 1);
    FreezeTable(L, "frozen");
    lua_call(L, 1, 1);
    text = lua_tostring(L, -1);
  });
  ASSERT_EQ(status, LUA_OK) << lua_tostring(sandbox.state(), -1);
  EXPECT_EQ(text, "abc123x3a-b-c31b3ynil!falsefalsefalse");
}

}  // namespace
}  // namespace model
