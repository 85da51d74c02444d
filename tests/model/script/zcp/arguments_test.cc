// SPDX-License-Identifier: Apache-2.0
#include "model/script/zcp/arguments.h"

#include <gmock/gmock.h>

#include "fmt/format.h"
#include "model/dataset/errno.h"
#include "tests/model/script/run/run_testing.h"

namespace model {
namespace {

using ::testing::HasSubstr;

std::string Scenario(const std::string& body, const std::string& design) {
  return fmt::format(R"(local tank = pool "tank" {{}}
local vm = tank:filesystem "vm" {{ mounted = false }}
vm:snapshot "a"
vm:snapshot "b"
local held = vm:snapshot "held"
held:hold "keep"
job "j" {{ design = "{}" }} (function(zfs)
{}
end)
)",
                     design, body);
}

// The errno that the body raises, by name; 0 if none.
std::string ResultOf(const std::string& body, const std::string& design = "ioctl") {
  const RunOutcome run = RunText(Scenario(body, design));
  return ErrnoText(static_cast<int>(At(run.result, "jobs.j.result").integer()));
}

std::string ProblemOf(const std::string& body) {
  std::unique_ptr<LoadedScenario> loaded = Load(Scenario(body, "program"));
  if (loaded == nullptr) return "";
  const RunOutcome run = RunScenario(loaded.get(), {});
  return run.error ? run.error->text : "";
}

TEST(ZcpArgumentsTest, ATableAloneGivesThemByPositionAndByKey) {
  for (const char* design : {"ioctl", "program", "channel_tx"}) {
    EXPECT_EQ(ResultOf("if not zfs.exists{\"tank/vm@a\"} then error(EINVAL) end", design), "0");
    EXPECT_EQ(ResultOf("if zfs.get_prop{\"tank/vm\", \"used\"} ~= 0 then error(EINVAL) end", design), "0");
    EXPECT_EQ(ResultOf("local n = 0 for s in zfs.list.snapshots{\"tank/vm\"} do n = n + 1 end\n"
                       "if n ~= 3 then error(EINVAL) end",
                       design),
              "0");
    EXPECT_EQ(ResultOf("if zfs.sync.clone{\"tank/vm@a\", \"tank/c\"} ~= 0 then error(EINVAL) end", design),
              "0");
  }
}

// Held: EBUSY, and marked for later with `defer`.
TEST(ZcpArgumentsTest, DeferIsAKey) {
  EXPECT_EQ(ResultOf("local e = zfs.sync.destroy{\"tank/vm@held\"} if e ~= 0 then error(e) end"), "EBUSY");
  EXPECT_EQ(
      ResultOf("local e = zfs.sync.destroy{\"tank/vm@held\", defer = false} if e ~= 0 then error(e) end"),
      "EBUSY");
  EXPECT_EQ(
      ResultOf("local e = zfs.sync.destroy{\"tank/vm@held\", defer = true} if e ~= 0 then error(e) end"),
      "0");
  EXPECT_THAT(ProblemOf("zfs.sync.destroy{\"tank/vm\", defer = true}"),
              HasSubstr("'deferred' kwarg only supported for snapshots: tank/vm"));
}

TEST(ZcpArgumentsTest, WhatDoesNotFitIsAnError) {
  const std::string form = ": destroy{filesystem or snapshot(string), defer=(boolean)}";
  EXPECT_EQ(ProblemOf("zfs.sync.destroy()"), "zfs.sync.destroy: too few arguments" + form);
  EXPECT_EQ(ProblemOf("zfs.sync.destroy{}"), "zfs.sync.destroy: too few arguments" + form);
  EXPECT_EQ(ProblemOf("zfs.sync.destroy(\"tank/vm@a\", true)"),
            "zfs.sync.destroy: too many positional arguments" + form);
  EXPECT_EQ(ProblemOf("zfs.sync.destroy(\"tank/vm@a\", { defer = true })"),
            "zfs.sync.destroy: too many positional arguments" + form);
  EXPECT_EQ(ProblemOf("zfs.sync.destroy{\"tank/vm@a\", \"tank/vm@b\"}"),
            "zfs.sync.destroy: too many positional arguments" + form);
  EXPECT_EQ(ProblemOf("zfs.sync.destroy(1)"),
            "zfs.sync.destroy: arg 1 wrong type (is 'number', expected 'string')" + form);
  EXPECT_EQ(ProblemOf("zfs.sync.destroy{\"tank/vm@a\", defer = 1}"),
            "zfs.sync.destroy: kwarg 'defer' wrong type (is 'number', expected 'boolean')" + form);
  EXPECT_EQ(ProblemOf("zfs.sync.destroy{\"tank/vm@a\", force = true, abort = 1}"),
            "zfs.sync.destroy: invalid kwarg 'abort'" + form);
  EXPECT_EQ(ProblemOf("zfs.sync.destroy{\"tank/vm@a\", [true] = 1}"),
            "zfs.sync.destroy: kwarg keys must be strings" + form);
  EXPECT_EQ(ProblemOf("zfs.list.holds(\"tank/vm@a\", 2)"),
            "zfs.list.holds: too many positional arguments: holds{snapshot(string)}");
  EXPECT_EQ(ProblemOf("zfs.get_prop(\"tank/vm\")"),
            "zfs.get_prop: too few arguments: get_prop{dataset(string), property(string)}");
}

// Reading them empties the table, as it does in the kernel.
TEST(ZcpArgumentsTest, ATableServesOnce) {
  EXPECT_THAT(ProblemOf("local which = { \"tank/vm@a\" }\nzfs.check.destroy(which)\nzfs.sync.destroy(which)"),
              HasSubstr("too few arguments"));
}

// A rollback that was made says where to; one that is only recorded does not know yet.
TEST(ZcpArgumentsTest, ARollbackNamesItsTarget) {
  const std::string body =
      "local e, d = zfs.sync.rollback(\"tank/vm\")\n"
      "if e ~= 0 or (d and d.target) ~= %s then error(EINVAL) end";
  const auto with = [&](const std::string& target) {
    return std::string(body).replace(body.find("%s"), 2, target);
  };
  EXPECT_EQ(ResultOf(with("\"tank/vm@held\""), "ioctl"), "0");
  EXPECT_EQ(ResultOf(with("\"tank/vm@held\""), "program"), "0");
  EXPECT_EQ(ResultOf(with("nil"), "channel_tx"), "0");
}

// The iterator of a program holds the snapshot's object: promoting the first clone renames the snapshot, and
// the list goes on. An ioctl asks for the old name.
TEST(ZcpArgumentsTest, AListGoesOnWhenWhatIsListedIsRenamed) {
  const std::string body =
      "local n = 0\n"
      "zfs.sync.clone(\"tank/vm@a\", \"tank/c1\") zfs.sync.clone(\"tank/vm@a\", \"tank/c2\")\n"
      "for clone in zfs.list.clones(\"tank/vm@a\") do n = n + 1 zfs.sync.promote(clone) end\n"
      "if n ~= 2 then error(EINVAL) end";
  EXPECT_EQ(ResultOf(body, "program"), "0");
  EXPECT_EQ(ResultOf(body, "ioctl"), "ENOENT");
  // What is listed goes: clones and bookmarks end there, children are an error.
  const std::string gone = "zfs.sync.snapshot(\"tank/c\") zfs.sync.clone(\"tank/vm@a\", \"tank/c\")\n";
  EXPECT_EQ(ResultOf(gone + "zfs.sync.bookmark(\"tank/vm@a\", \"tank/c#1\") zfs.sync.bookmark(\"tank/vm@a\", "
                            "\"tank/c#2\")\n"
                            "for b in zfs.list.bookmarks(\"tank/c\") do zfs.sync.destroy(\"tank/c\") end",
                     "program"),
            "0");
}

// There is no destroy of bookmarks: a '#' is part of a dataset's name, and that is not there.
TEST(ZcpArgumentsTest, AProgramDestroysNoBookmark) {
  const std::string body =
      "if zfs.sync.bookmark(\"tank/vm@a\", \"tank/vm#m\") ~= 0 then error(EINVAL) end\n"
      "if zfs.sync.destroy(\"tank/vm#m\") ~= ENOENT then error(EINVAL) end\n"
      "for name in zfs.list.bookmarks(\"tank/vm\") do return end\n"
      "error(EINVAL)";
  EXPECT_EQ(ResultOf(body, "program"), "0");
}

// zcp functions look at the pool, not at the form of names; the ioctls look at names first.
TEST(ZcpArgumentsTest, NamesAreCheckedByTheIoctlsOnly) {
  const std::string destroy = "local e = zfs.sync.destroy(\"tank/vm@x!\") if e ~= 0 then error(e) end";
  EXPECT_EQ(ResultOf(destroy, "program"), "0");  // A snapshot that is not there.
  EXPECT_EQ(ResultOf(destroy, "ioctl"), "EINVAL");
}

}  // namespace
}  // namespace model
