// SPDX-License-Identifier: Apache-2.0
//
// The same file gives the same in another process: Lua seeds its hash tables with
// addresses and the time, so a test in one process cannot see what depends on them.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "model/script/declare/resolve.h"
#include "tests/model/script/declare/resolve_testing.h"

namespace model {
namespace {

constexpr char kFile[] =
    "local t = { zulu = 1, yankee = 2, xray = 3, whiskey = 4, victor = 5, uniform_ = 6, tango = 7, [3] = 8 "
    "}\n"
    "local keys = {}\n"
    "for k in pairs(t) do keys[#keys + 1] = tostring(k) end\n"
    "local k = next(t)\n"
    "while k do keys[#keys + 1] = tostring(k) k = next(t, k) end\n";

// Prints what a process sees, for the test that runs it again.
std::string WhatThisProcessSees() {
  std::string chunk(kFile);
  chunk +=
      "for i, v in ipairs { tostring(t), tostring(tostring), string.format(\"%s\", coroutine.create(next)) } "
      "do\n"
      "  keys[#keys + 1] = v\nend\n"
      "for i, name in ipairs(keys) do process((name:gsub(\"%W\", \"\")) .. \"/\" .. i) (function() end) end\n"
      "local dice = rng \"dice\"\n"
      "process(\"r\" .. dice:integer(1, 1 << 40)) { att = \"1s\" } (function() end)\n"
      "machine { cors = 1, cores = 0, profle = \"x\" }\n";
  const ResolveResult result = Resolve(OptionsFor(chunk));
  std::string out = RenderErrors(result.errors) + "\n";
  ResolveOptions options = OptionsFor(chunk.substr(0, chunk.find("process(\"r\"")));
  const ResolveResult good = Resolve(options);
  EXPECT_TRUE(good.ok()) << RenderErrors(good.errors);
  if (good.ok()) {
    for (const ThreadDecl& thread : good.loaded->scenario.threads) out += thread.name + "\n";
  }
  return out;
}

// No test by itself, hence disabled: OtherProcessesSeeTheSame runs it in processes of its own.
TEST(DeterminismTest, DISABLED_PrintsWhatItSees) {
  std::printf("<<<\n%s>>>\n", WhatThisProcessSees().c_str());
}

std::string RunAgain() {
  const std::string command =
      "'" + ::testing::internal::GetArgvs().at(0) +
      "' --gtest_also_run_disabled_tests --gtest_filter=DeterminismTest.DISABLED_PrintsWhatItSees";
  FILE* pipe = popen(command.c_str(), "r");
  std::string out;
  char buffer[4096];
  for (size_t size = 0; (size = fread(buffer, 1, sizeof(buffer), pipe)) > 0;) out.append(buffer, size);
  pclose(pipe);
  const size_t begin = out.find("<<<\n");
  const size_t end = out.find(">>>\n");
  return begin == std::string::npos || end == std::string::npos ? out
                                                                : out.substr(begin + 4, end - begin - 4);
}

TEST(DeterminismTest, OtherProcessesSeeTheSame) {
  const std::string here = WhatThisProcessSees();
  EXPECT_NE(here.find("zulu"), std::string::npos);
  EXPECT_NE(here.find("function"), std::string::npos);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(RunAgain(), here);
}

TEST(DeterminismTest, ResolvingAgainGivesTheSame) { EXPECT_EQ(WhatThisProcessSees(), WhatThisProcessSees()); }

}  // namespace
}  // namespace model
