// SPDX-License-Identifier: Apache-2.0
//
// Bodies as a driver runs them: contexts, waits, private variables, read-only tables.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/script/lua/binding.h"
#include "model/script/lua/script_host.h"
#include "tests/model/script/declare/resolve_testing.h"

namespace model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// `compute "5us"` waits; the driver below answers it.
const int kComputeOp = 0;

int Note(lua_State* L) {
  lua_pushfstring(L, "%s:%s", BodyContextOf(L)->name.c_str(), luaL_tolstring(L, 1, nullptr));
  static_cast<std::vector<std::string>*>(BodyContextOf(L)->driver)->push_back(lua_tostring(L, -1));
  return 0;
}

const RuntimeTable& TestRuntime() {
  static const RuntimeTable* const kTable = [] {
    auto* table = new RuntimeTable;
    table->BindBlocking("compute", &kComputeOp);
    table->BindImmediate("mark", &Note);
    return table;
  }();
  return *kTable;
}

// What the driver does when `compute` waits.
struct Answer {
  int raise_errno = 0;
  std::string raise_text;
};

class BodyTest : public ::testing::Test {
 protected:
  void Load(const std::string& text) {
    ResolveOptions options = OptionsFor(text);
    options.runtime = &TestRuntime();
    ResolveResult result = Resolve(options);
    ASSERT_TRUE(result.ok()) << RenderErrors(result.errors);
    loaded_ = std::move(result.loaded);
  }

  // Runs a body to its end; returns "" or the error. Each `compute` returns its own argument.
  std::string Run(BodyRef body, Answer answer = {}) {
    ScriptHost& host = *loaded_->host;
    BodyContext context;
    context.context = host.body(body).context;
    context.name = host.body(body).owner_name;
    context.host = &host;
    context.driver = &notes_;
    lua_State* co = host.NewCoroutine(&context);
    context.main = co;
    EXPECT_TRUE(host.InstantiateBody(body, co));
    std::string error;
    for (int results = 0;;) {
      host.ResetInstructionCount();
      const int status = lua_resume(co, nullptr, 0, &results);
      if (status == LUA_OK) break;
      if (status != LUA_YIELD) {
        error = host.ErrorFrom(co, status).Message();
        break;
      }
      ++waits_;
      EXPECT_EQ(context.pending_op, &kComputeOp);
      if (answer.raise_errno != 0) {
        context.raise_errno = answer.raise_errno;
      } else if (!answer.raise_text.empty()) {
        lua_pushlstring(context.pending_state, answer.raise_text.data(), answer.raise_text.size());
        context.raise_text = true;
      } else {
        lua_pushvalue(context.pending_state, 1);
        context.result_count = 1;
      }
    }
    host.FreeCoroutine(co);
    return error;
  }

  std::unique_ptr<LoadedScenario> loaded_;
  std::vector<std::string> notes_;
  int waits_ = 0;
};

TEST_F(BodyTest, AWordThatWaitsReturnsWhatTheDriverPushed) {
  Load("process \"p\" (function() mark(compute \"5us\" .. compute \"6us\") end)");
  EXPECT_EQ(Run(0), "");
  EXPECT_THAT(notes_, ElementsAre("p:5us6us"));
  EXPECT_EQ(waits_, 2);
}

TEST_F(BodyTest, AWaitPassesThroughCoroutinesOfTheBody) {
  Load(
      "process \"p\" (function()\n"
      "  local inner = coroutine.wrap(function()\n"
      "    for i = 1, 2 do coroutine.yield(compute(i .. \"us\")) end\n"
      "  end)\n"
      "  local outer = coroutine.create(function() mark(inner()) mark(inner()) return compute \"9us\" end)\n"
      "  local fine, last = coroutine.resume(outer)\n"
      "  mark(tostring(fine) .. last .. coroutine.status(outer))\n"
      "end)");
  EXPECT_EQ(Run(0), "");
  EXPECT_THAT(notes_, ElementsAre("p:1us", "p:2us", "p:true9usdead"));
  EXPECT_EQ(waits_, 3);
}

TEST_F(BodyTest, AWaitPassesThroughPcallMetamethodsAndIterators) {
  Load(
      "process \"p\" (function()\n"
      "  local t = setmetatable({}, { __index = function(_, k) return compute(k) end })\n"
      "  mark(t.x)\n"
      "  mark(select(2, pcall(compute, \"1us\")))\n"
      "  for v in function(_, last) if not last then return compute \"2us\" end end do mark(v) end\n"
      "end)");
  EXPECT_EQ(Run(0), "");
  EXPECT_THAT(notes_, ElementsAre("p:x", "p:1us", "p:2us"));
}

TEST_F(BodyTest, AWaitInsideACallbackOfCIsRefused) {
  Load(
      "process \"p\" (function() table.sort({ 2, 1 }, function() compute \"1us\" end) end)\n"
      "process \"q\" (function() (\"x\"):gsub(\".\", function() compute \"1us\" end) end)\n"
      "process \"r\" (function()\n"
      "  table.sort({ 2, 1 }, function() coroutine.wrap(function() compute \"1us\" end)() end)\nend)");
  EXPECT_THAT(Run(0), HasSubstr("compute cannot wait here, inside a function called by table.sort"));
  EXPECT_THAT(Run(1), HasSubstr("compute cannot wait here"));
  EXPECT_THAT(Run(2), HasSubstr("cannot wait here"));
}

TEST_F(BodyTest, AnErrnoIsAnIntegerForPcallAndEndsTheBodyOtherwise) {
  Load(
      "process \"p\" (function()\n"
      "  local fine, err = pcall(compute, \"1us\")\n"
      "  mark(tostring(fine) .. (err == EINTR and \" EINTR\" or \"\"))\n"
      "  compute \"1us\"\n"
      "end)");
  EXPECT_EQ(Run(0, {.raise_errno = 4}), "EINTR was raised and nobody handled it");
  EXPECT_THAT(notes_, ElementsAre("p:false EINTR"));
}

TEST_F(BodyTest, ATextIsAnErrorWithItsLine) {
  Load("process \"p\" (function()\n  compute \"1us\"\nend)");
  ScriptHost& host = *loaded_->host;
  EXPECT_EQ(Run(0, {.raise_text = "compute: no core"}), "compute: no core");
  EXPECT_EQ(host.body(0).line, 1);
}

TEST_F(BodyTest, ClosedValuesAreClosedWhenAnErrnoLeavesTheBlock) {
  Load(
      "process \"p\" (function()\n"
      "  pcall(function()\n"
      "    local a <close> = setmetatable({}, { __close = function() mark \"a\" end })\n"
      "    local b <close> = setmetatable({}, { __close = function() mark \"b\" end })\n"
      "    compute \"1us\"\n"
      "  end)\n"
      "end)");
  EXPECT_EQ(Run(0, {.raise_errno = 5}), "");
  EXPECT_THAT(notes_, ElementsAre("p:b", "p:a"));
}

TEST_F(BodyTest, WrongContextsNameTheBodyAndSayWhereTheWordBelongs) {
  Load(
      "local m = mutex \"m\"\n"
      "local cb = callback \"cb\" (function() end)\n"
      "local w = syscall \"w\" (function() end)\n"
      "process \"app\" (function() m:lock() end)\n"
      "process \"b\" (function() cb() end)\n"
      "kthread \"k\" (function() w() end)\n"
      "kthread \"k2\" (function() kill(\"app\") end)\n"
      "process \"c\" (function() process \"d\" end)\n"
      "pool \"tank\"\njob \"j\" (function(zfs) m:lock() end)\n"
      "process \"e\" (function() local n = param(\"n\", 1) end)\n");
  const auto error_of = [&](const std::string& owner) {
    for (BodyRef body = 0; body < loaded_->host->body_count(); ++body) {
      if (loaded_->host->body(body).owner_name == owner) return Run(body);
    }
    return std::string("no such body");
  };
  EXPECT_EQ(error_of("app"),
            "mutex:lock is for kernel code; here is user code (\"app\"): call it from a syscall");
  EXPECT_EQ(error_of("b"),
            "callback \"cb\" is for kernel code; here is user code (\"b\"): call it as a plain function");
  EXPECT_EQ(error_of("k"), "syscall \"w\" is for user code; here is kernel code (\"k\"): use a kfunc");
  EXPECT_EQ(
      error_of("k2"),
      "kill is for user code; here is kernel code (\"k2\"): call it from user code, such as a callback");
  EXPECT_EQ(error_of("c"),
            "process is for the top of the file; here is user code (\"c\"): declare it at the top of "
            "the file");
  EXPECT_EQ(error_of("j"),
            "mutex:lock is for kernel code; here is a job (\"j\"): a job calls zfs.*, compute, check and "
            "mark; use a process for the rest");
  EXPECT_EQ(error_of("e"),
            "param is for the top of the file; here is user code (\"e\"): declare it at the top of the "
            "file");
}

TEST_F(BodyTest, EachStartOfABodyHasItsOwnVariables) {
  Load(
      "local n, log = 0, \"\"\n"
      "local function bump() n = n + 1 log = log .. n return n end\n"
      "process \"p\" (function() bump() mark(bump() .. log) end)");
  EXPECT_TRUE(loaded_->host->body(0).assigns_locals);
  EXPECT_EQ(Run(0), "");
  EXPECT_EQ(Run(0), "");
  EXPECT_THAT(notes_, ElementsAre("p:212", "p:212"));
}

TEST_F(BodyTest, RecursiveFunctionsStayRecursiveInACopy) {
  Load(
      "local calls = 0\n"
      "local even, odd\n"
      "function even(k) calls = calls + 1 if k == 0 then return true end return odd(k - 1) end\n"
      "function odd(k) calls = calls + 1 if k == 0 then return false end return even(k - 1) end\n"
      "process \"p\" (function() mark(tostring(even(5)) .. calls) end)");
  EXPECT_EQ(Run(0), "");
  EXPECT_EQ(Run(0), "");
  EXPECT_THAT(notes_, ElementsAre("p:false6", "p:false6"));
}

TEST_F(BodyTest, ABodyThatAssignsNothingOutsideIsNotCopied) {
  Load("local t = { 1, 2 }\nlocal function f() return t[1] end\nprocess \"p\" (function() mark(f()) end)");
  EXPECT_FALSE(loaded_->host->body(0).assigns_locals);
  EXPECT_EQ(Run(0), "");
}

TEST_F(BodyTest, TablesOfTheFileAreReadOnlyAndReadable) {
  Load(
      "local list = { \"a\", \"b\", \"c\", deep = { x = 1 } }\n"
      "local Class = {}\nClass.__index = Class\nfunction Class.new(v) return setmetatable({ v = v }, Class) "
      "end\n"
      "function Class:get() return self.v end\n"
      "process \"p\" (function()\n"
      "  local s = \"\"\n"
      "  for i, v in ipairs(list) do s = s .. i .. v end\n"
      "  for k in pairs(list) do s = s .. k end\n"
      "  mark(s .. #list .. table.concat(list, \"\", 1, 3) .. select(\"#\", table.unpack(list)) .. "
      "list.deep.x)\n"
      "  local own = Class.new(7)\n  own.v = own.v + 1\n  mark(own:get())\n"
      "end)\n"
      "process \"q\" (function()\n  list[4] = \"d\"\nend)\n"
      "process \"r\" (function() list.deep.x = 2 end)\n"
      "process \"s\" (function() table.insert(list, \"d\") end)\n");
  EXPECT_EQ(Run(0), "");
  EXPECT_THAT(notes_, ElementsAre("p:1a2b3c123deep3abc31", "p:8"));
  const std::string refused =
      "a table of the file is read-only while the scenario runs: make it inside the body, or use a shared";
  EXPECT_EQ(Run(1), refused);
  EXPECT_EQ(Run(2), refused);
  EXPECT_EQ(Run(3), refused);
}

TEST_F(BodyTest, WhatABodyCanReachIsFoundThroughTablesAndFunctions) {
  Load(
      "local a, b, c, d = mutex \"a\", mutex \"b\", mutex \"c\", mutex \"d\"\n"
      "local locks = { { a } }\nlocal function take() b:lock() return function() c:lock() end end\n"
      "kthread \"k\" (function() locks[1][1]:lock() take() end)\n"
      "kthread \"l\" (function() d:lock() end)\n");
  const auto names = [&](BodyRef body) {
    std::vector<std::string> out;
    for (ThingRef thing : loaded_->host->Reachable(body)) out.push_back(loaded_->host->ThingName(thing));
    return out;
  };
  EXPECT_THAT(names(0), ElementsAre("a", "b", "c"));
  EXPECT_THAT(names(1), ElementsAre("d"));
}

TEST_F(BodyTest, AFunctionForAnotherThreadGetsItsOwnCopyOfWhatItCaptured) {
  Load("local m = mutex \"m\"\nkthread \"k\" (function() m:lock() end)");
  ScriptHost& host = *loaded_->host;
  std::string problem;
  lua_Integer seen = 0;
  std::vector<ThingRef> things;
  ASSERT_EQ(host.sandbox().Protect([&](lua_State* L) {
    const std::string chunk =
        "local n, t = 1, { x = 1 }\n"
        "local function get() return n + t.x end\n"
        "local function change() n = 10 t.x = 10 end\n"
        "return get, change";
    luaL_loadbufferx(L, chunk.data(), chunk.size(), "=test", "t");
    lua_call(L, 0, 2);
    lua_insert(L, -2);  // change, get
    things = host.ReachableFrom(L, -1);
    problem = host.InstantiateFunction(L);
    lua_insert(L, -2);  // copy of get, change
    lua_call(L, 0, 0);
    lua_call(L, 0, 1);
    seen = lua_tointeger(L, -1);
  }),
            LUA_OK)
      << lua_tostring(host.state(), -1);
  EXPECT_EQ(problem, "");
  EXPECT_EQ(seen, 2);
  EXPECT_TRUE(things.empty());
}

TEST_F(BodyTest, AFunctionForAnotherThreadMayNotAssignWhatItCaptured) {
  Load("");
  ScriptHost& host = *loaded_->host;
  std::string problem;
  ASSERT_EQ(host.sandbox().Protect([&](lua_State* L) {
    const std::string chunk = "local done = false\nreturn function()\n  done = true\nend";
    luaL_loadbufferx(L, chunk.data(), chunk.size(), "=test", "t");
    lua_call(L, 0, 1);
    problem = host.InstantiateFunction(L);
  }),
            LUA_OK);
  EXPECT_EQ(problem, "\"done\" is assigned at line 3 by a function that another thread runs: make it shared");
}

TEST_F(BodyTest, AnEndlessLoopBetweenTwoVerbsIsALimit) {
  Load("process \"p\" (function() compute \"1us\" while true do pcall(function() end) end end)");
  EXPECT_EQ(Run(0), "10,000,000 instructions without a verb");
  EXPECT_EQ(waits_, 1);
}

TEST_F(BodyTest, JobsFindTheirCallsAndMisspeltOnesAreErrors) {
  Load(
      "pool \"tank\"\njob \"j\" (function(zfs) zfs.sync.destory(\"tank@s\") end)\njob \"k\" (function(zfs) "
      "zfs.lst() end)\n"
      "job \"c\" (function(zfs) zfs.check.frobnicate() end)");
  const auto error_of = [&](BodyRef body) {
    ScriptHost& host = *loaded_->host;
    BodyContext context;
    context.context = kContextJob;
    lua_State* co = host.NewCoroutine(&context);
    context.main = co;
    EXPECT_TRUE(host.InstantiateBody(body, co));
    EXPECT_EQ(host.sandbox().Protect([&](lua_State* L) {
      host.PushZfs(L);
      lua_xmove(L, co, 1);
    }),
              LUA_OK);
    int results = 0;
    return host.ErrorFrom(co, lua_resume(co, nullptr, 1, &results)).Message();
  };
  EXPECT_EQ(error_of(0), "unknown name \"zfs.sync.destory\"; did you mean \"zfs.sync.destroy\"?");
  EXPECT_EQ(error_of(1), "unknown name \"zfs.lst\"; did you mean \"zfs.list\"?");
  EXPECT_THAT(error_of(2),
              testing::StartsWith("unknown name \"zfs.check.frobnicate\"; accepted: bookmark, "));
}

TEST_F(BodyTest, TheTracebackNamesLinesFromTheInside) {
  Load("local function deep()\n  error(\"x\")\nend\nprocess \"p\" (function()\n  deep()\n  return 1\nend)");
  ScriptHost& host = *loaded_->host;
  BodyContext context;
  context.context = kContextUser;
  lua_State* co = host.NewCoroutine(&context);
  context.main = co;
  EXPECT_TRUE(host.InstantiateBody(0, co));
  int results = 0;
  const int status = lua_resume(co, nullptr, 0, &results);
  EXPECT_THAT(host.Traceback(co), ElementsAre("t.lua:2 in deep", "t.lua:5"));
  EXPECT_EQ(host.ErrorFrom(co, status).pos.line, 2);
}

}  // namespace
}  // namespace model
