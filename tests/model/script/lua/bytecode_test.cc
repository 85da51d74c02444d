// SPDX-License-Identifier: Apache-2.0
//
// That this Lua writes the bytecode that bytecode.cc reads.
#include "model/script/lua/bytecode.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/script/lua/sandbox.h"

namespace model {
namespace {

// The code of the function that the chunk returns.
FunctionCode CodeOfReturned(const std::string& chunk) {
  Sandbox sandbox({});
  FunctionCode code;
  const int status = sandbox.Protect([&](lua_State* L) {
    luaL_loadbufferx(L, chunk.data(), chunk.size(), "=test", "t");
    lua_call(L, 0, 1);
    code = CodeOf(L, -1);
  });
  EXPECT_EQ(status, LUA_OK) << lua_tostring(sandbox.state(), -1);
  return code;
}

FunctionCode CodeOfChunk(const std::string& chunk) {
  Sandbox sandbox({});
  FunctionCode code;
  sandbox.Protect([&](lua_State* L) {
    luaL_loadbufferx(L, chunk.data(), chunk.size(), "=test", "t");
    code = CodeOf(L, -1);
  });
  return code;
}

const UpvalueUse& Use(const FunctionCode& code, const std::string& name) {
  for (const UpvalueUse& use : code.upvalues) {
    if (use.name == name) return use;
  }
  static const UpvalueUse* const kNone = new UpvalueUse;
  return *kNone;
}

TEST(BytecodeTest, AssignmentsAndReadsAreToldApartWithTheirLines) {
  const FunctionCode code = CodeOfReturned(
      "local a, b, c = 1, 2, 3\n"
      "return function()\n"
      "  local x = a\n"
      "  b = x\n"
      "  c = c + 1\n"
      "end");
  EXPECT_EQ(Use(code, "a").read_line, 3);
  EXPECT_EQ(Use(code, "a").assigned_line, 0);
  EXPECT_EQ(Use(code, "b").read_line, 0);
  EXPECT_EQ(Use(code, "b").assigned_line, 4);
  EXPECT_EQ(Use(code, "c").read_line, 5);
  EXPECT_EQ(Use(code, "c").assigned_line, 5);
}

TEST(BytecodeTest, FunctionsInsideCountForTheOneAround) {
  const FunctionCode code = CodeOfReturned(
      "local a = 1\n"
      "return function()\n"
      "  local own = 1\n"
      "  return function() return function() a = 2 own = 3 end end\n"
      "end");
  EXPECT_EQ(Use(code, "a").assigned_line, 4);
  // `own` is a variable of the function itself.
  EXPECT_EQ(code.upvalues.size(), 1u);
}

TEST(BytecodeTest, FieldsOfATableAreReadsOfItsVariable) {
  const FunctionCode code = CodeOfReturned("local t = {}\nreturn function() t.x = 1 return t.y end");
  EXPECT_EQ(Use(code, "t").assigned_line, 0);
  EXPECT_EQ(Use(code, "t").read_line, 2);
}

TEST(BytecodeTest, GlobalsOfAChunkAreThoseOfAllFunctionsInIt) {
  const FunctionCode code = CodeOfChunk(
      "local t = {}\nt.field = 1\nprocess 'x'\n"
      "local function f() compute '1us' total = 3 end\n"
      "local _ENV = {}\nhidden = 1\nlocal function g() return also_hidden end");
  std::vector<std::string> names;
  for (const GlobalUse& use : code.globals)
    names.push_back(use.name + (use.assigned ? "=" : "") + std::to_string(use.line));
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("process3", "compute4", "total=4"));
}

TEST(BytecodeTest, LinesAreRightInLongFunctions) {
  // A jump of many lines, and more than 128 instructions, have absolute entries in the line table.
  const FunctionCode code =
      CodeOfReturned("local a = 1\nreturn function()\n" + std::string(400, '\n') + "a = 2\nend");
  EXPECT_EQ(Use(code, "a").assigned_line, 403);
  std::string many = "local a = 1\nreturn function()\n";
  for (int i = 0; i < 300; ++i) many += "do local x = {} end\n";
  const FunctionCode long_code = CodeOfReturned(many + "a = 2\nend");
  EXPECT_EQ(Use(long_code, "a").assigned_line, 303);
}

TEST(BytecodeTest, ConstantsOfEveryTypeAreReadOver) {
  const FunctionCode code = CodeOfReturned(
      "local a\nreturn function()\n"
      "local t = {1.5, 123456789012, 'short', nil, true, false, '" +
      std::string(60, 'x') +
      "', 2^53, -0.0}\n"
      "a = t end");
  EXPECT_EQ(Use(code, "a").assigned_line, 4);
}

TEST(BytecodeTest, AnythingElseIsRefused) {
  EXPECT_FALSE(ReadFunctionCode("").ok());
  EXPECT_FALSE(ReadFunctionCode("not bytecode at all").ok());
  Sandbox sandbox({});
  std::string dump;
  sandbox.Protect([&](lua_State* L) {
    luaL_loadstring(L, "local a = 1 return function() a = a + 1 end");
    dump = DumpFunction(L);
  });
  EXPECT_TRUE(ReadFunctionCode(dump).ok());
  for (size_t size = 0; size < dump.size(); ++size) {
    EXPECT_FALSE(ReadFunctionCode(std::string_view(dump).substr(0, size)).ok()) << size;
  }
}

}  // namespace
}  // namespace model
