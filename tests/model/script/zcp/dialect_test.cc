// SPDX-License-Identifier: Apache-2.0
#include "model/script/zcp/dialect.h"

#include <gmock/gmock.h>

#include "fmt/format.h"
#include "tests/model/script/run/run_testing.h"

namespace model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> WarningsOf(const std::string& body, const std::string& design = "program") {
  const RunOutcome run = RunText(fmt::format(R"(local limit, tank = 3, pool "tank" {{}}
job "j" {{ design = "{}" }} (function(zfs)
{}
end)
)",
                                             design, body));
  std::vector<std::string> texts;
  for (const ResultValue& warning : At(run.result, "warnings").items()) texts.push_back(warning.text());
  return texts;
}

TEST(ZcpDialectTest, OperatorsAndNumbersThatDiffer) {
  EXPECT_THAT(WarningsOf("local a, b = 7, 2\nlocal c = a / b\nlocal d = a // b\nlocal e = a ^ 2"),
              ElementsAre("test.lua:4: in a channel program: `/` is floor division of integers there",
                          "test.lua:5: in a channel program: `//` is a syntax error there",
                          "test.lua:6: in a channel program: `^` is a power of integers there, 0 for a "
                          "negative exponent"));
  EXPECT_THAT(WarningsOf("local a = 1.5\nlocal b = a == 1e3"),
              ElementsAre("test.lua:3: in a channel program: `1.5` is a malformed number there",
                          "test.lua:4: in a channel program: `1e3` is a malformed number there"));
  EXPECT_THAT(WarningsOf("local a, b = 7, 2\nlocal f = function() return a << b end"),
              ElementsAre("test.lua:4: in a channel program: `<<` is a syntax error there"));
}

TEST(ZcpDialectTest, NamesThatAreNotThere) {
  EXPECT_THAT(WarningsOf("pcall(function() end)\nmark(\"x\", limit)"),
              ElementsAre("test.lua:3: in a channel program: \"pcall\" is not there",
                          "test.lua:4: in a channel program: \"limit\" is a local outside of the program and "
                          "nil there",
                          "test.lua:4: in a channel program: \"mark\" is not there"));
}

// lbaselib.c of the kernel has sixteen functions, _G and _VERSION; zcp_eval loads three libraries and
// makes the errnos.
TEST(ZcpDialectTest, TheGlobalsOfTheKernelAreKnown) {
  const SourceMap nothing("");
  FunctionCode code;
  for (const char* there :
       {"assert",       "collectgarbage", "error",     "getmetatable", "ipairs",      "next",
        "pairs",        "rawequal",       "rawlen",    "rawget",       "rawset",      "select",
        "setmetatable", "tonumber",       "tostring",  "type",         "_G",          "_VERSION",
        "string",       "table",          "coroutine", "EPERM",        "ENAMETOOLONG"}) {
    code.globals.push_back({there, 1, false});
  }
  EXPECT_THAT(DialectNotes(code, nothing, -1), IsEmpty());
  code.globals.clear();
  for (const char* absent : {"pcall", "xpcall", "print", "load", "loadstring", "loadfile", "dofile",
                             "require", "math", "io", "os", "debug", "bit32", "package", "utf8", "mark"}) {
    code.globals.push_back({absent, 1, false});
  }
  EXPECT_EQ(DialectNotes(code, nothing, -1).size(), code.globals.size());
}

// Of two functions that begin on one line the body is the one that ends where it does.
TEST(ZcpDialectTest, TheBodyIsFoundAmongTheFunctionsOfItsLine) {
  const RunOutcome run = RunText(R"(local tank = pool "tank" {}
local function with(f, body) return body end
job "j" { design = "program" } (with(function() return 010 end, function(zfs)
  local a = 011
end))
)");
  ASSERT_EQ(At(run.result, "warnings").items().size(), 1u);
  EXPECT_EQ(At(run.result, "warnings.1").text(), "test.lua:4: in a channel program: `011` is octal there: 9");
}

TEST(ZcpDialectTest, APlainProgramAndOtherDesignsHaveNone) {
  const char* const plain =
      "for s in zfs.list.children(\"tank\") do\n"
      "  if zfs.sync.destroy(s) == EBUSY then error(\"busy: \" .. tostring(s)) end\n"
      "end\n"
      "local n = 7 % 4 + 2 * 3 - #\"abc\"";
  EXPECT_THAT(WarningsOf(plain), IsEmpty());
  EXPECT_THAT(WarningsOf("local a = 7 / 2", "ioctl"), IsEmpty());
}

}  // namespace
}  // namespace model
