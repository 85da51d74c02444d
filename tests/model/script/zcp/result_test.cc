// SPDX-License-Identifier: Apache-2.0
#include "model/script/zcp/result.h"

#include <gmock/gmock.h>

#include "fmt/format.h"
#include "model/dataset/errno.h"
#include "tests/model/script/run/run_testing.h"

namespace model {
namespace {

using ::testing::HasSubstr;

RunOutcome RunProgram(const std::string& body, const std::string& design = "program") {
  return RunText(fmt::format(R"(local tank = pool "tank" {{}}
local vm = tank:filesystem "vm"
vm:snapshot "a"
job "j" {{ design = "{}" }} (function(zfs)
{}
end)
)",
                             design, body));
}

// What it printed, without the first line, which says that it has produced something.
std::string Printed(const std::string& body) {
  const RunOutcome run = RunProgram(body);
  EXPECT_EQ(At(run.result, "jobs.j.result").integer(), 0) << body;
  const std::string text = At(run.result, "output.1.text").text();
  EXPECT_THAT(text, HasSubstr("Channel program fully executed and produced output:\n"));
  return text.substr(text.find('\n') + 1);
}

// The error of a program that has run in full.
std::string Refused(const std::string& body) {
  const RunOutcome run = RunProgram(body);
  EXPECT_EQ(At(run.result, "jobs.j.result").integer(), kECHRNG) << body;
  return At(run.result, "jobs.j.stopped_by").text();
}

TEST(ZcpResultTest, ValuesArePrintedAsNameValuePairs) {
  EXPECT_EQ(Printed("return 5"), "    return: 5\n");
  EXPECT_EQ(Printed("return \"str\""), "    return: 'str'\n");
  EXPECT_EQ(Printed("return true"), "    return: true\n");
  EXPECT_EQ(Printed("return nil"), "    return\n");
  EXPECT_EQ(Printed("return { failed = {}, succeeded = { [\"tank/vm\"] = 1 }, \"x\", [false] = 2 }"),
            "    return:\n"
            "        1: 'x'\n"
            "        failed:\n"
            "        false: 2\n"
            "        succeeded:\n"
            "            tank/vm: 1\n");
}

TEST(ZcpResultTest, NothingIsPrintedOfNothingOrUnderOtherDesigns) {
  EXPECT_TRUE(At(RunProgram("return").result, "output").items().empty());
  EXPECT_TRUE(At(RunProgram("return 5", "ioctl").result, "output").items().empty());
}

TEST(ZcpResultTest, WhatDoesNotConvertIsEchrng) {
  EXPECT_EQ(Refused("return 1, 2"), "Multiple return values not supported");
  EXPECT_EQ(Refused("return function() end"), "Invalid value type 'function' for key 'return'");
  EXPECT_EQ(Refused("return { a = zfs.exists }"), "Invalid value type 'function' for key 'a'");
  EXPECT_EQ(Refused("return { [{}] = 1 }"), "Invalid key type 'table' in table");
  EXPECT_EQ(Refused("return { \"a\", [\"1\"] = \"b\" }"), "Collision of key '1' in table");
  EXPECT_EQ(Refused("return { [true] = 1, [\"true\"] = 2 }"), "Collision of key 'true' in table");
}

// 20 tables inside one another are taken, 21 are not; a table in itself is as deep as one likes.
TEST(ZcpResultTest, TablesNestTwenty) {
  const std::string nested = "local t = 1 for i = 1, {} do t = {{ t }} end return t";
  EXPECT_THAT(Printed(fmt::format(fmt::runtime(nested), 20)), HasSubstr("1: 1\n"));
  EXPECT_EQ(Refused(fmt::format(fmt::runtime(nested), 21)), "Maximum table depth (20) exceeded for table");
  EXPECT_EQ(Refused("local t = {} t.t = t return t"), "Maximum table depth (20) exceeded for table");
}

// It has run: what it did stays.
TEST(ZcpResultTest, Trap11WhatWasDoneStaysThoughTheResultIsRefused) {
  const RunOutcome run = RunText(R"(local tank = pool "tank" {}
local vm = tank:filesystem "vm"
vm:snapshot "a"
job "j" { design = "program" } (function(zfs) zfs.sync.destroy("tank/vm@a") return 1, 2 end)
process "after" { at = "1s" } (function() sh "zfs list -H -o name -t snapshot" end)
)");
  EXPECT_EQ(At(run.result, "jobs.j.result").integer(), kECHRNG);
  EXPECT_EQ(At(run.result, "output.1.text").text(), "no datasets available");
}

}  // namespace
}  // namespace model
