// SPDX-License-Identifier: Apache-2.0
//
// The program as its users call it: what bad input says, what each command prints, and
// with which code it ends.
#include <gmock/gmock.h>
#include <pty.h>

#include "fmt/format.h"
#include "tests/tools/program_testing.h"

namespace tools {
namespace {

using Result = ProgramResult;
using ProgramTest = ProgramFixture;
using ::testing::HasSubstr;
using ::testing::Not;

struct BadScenario {
  const char* text;
  const char* says;
};

TEST_F(ProgramTest, BadScenariosAreRefusedWithTheirPosition) {
  const std::vector<BadScenario> cases = {
      {"machine { cores = ", ":1:"},
      {"machine { cores = 0 }\nprocess \"a\" (function() end)", "cores = 0: at least 1"},
      {"machine { coers = 2 }\nprocess \"a\" (function() end)", "did you mean \"cores\"?"},
      {"process \"a\" { at = \"-1s\" } (function() end)", ":1:"},
      {"process \"a\" { at = \"5\" } (function() end)", "unit"},
      {"process \"a\" (function() end)\nprocess \"a\" (function() end)", ":2:"},
      {"local t = pool \"tank\" { disks = 1 }\nt:filesystem \"x\"\nt:filesystem \"x\"", ":3:"},
      {"writers \"db\" { count = 1, rate = \"1MB/s\", dataset = \"nope/x\" }", "nope"},
      {"pool \"tank\" { import = \"missing.txt\" }", "missing.txt"},
      {"syscall \"write\"\nprocess \"a\" (function() end)", "has no body"},
      {"nonsense(1)", "nonsense"},
      {"x = 1", "local"},
      {"process \"a\" (function() compute \"1us\" end)\nexpect \"e\" { D = \"b\" }", "b"},
      {"\x1bLua\x54\x00 binary", "not a text file: byte 1 is 0x1b"},
      {"machine {}\x07", "not a text file: byte 11 is 0x07"},
      {"memory \"node0\" { size = \"1GiB\" }", "not built yet"},
  };
  for (const BadScenario& bad : cases) {
    const std::string path = Write("bad.lua", bad.text);
    const Result result = Run("run " + path);
    EXPECT_EQ(result.exit_code, 2) << bad.text << "\n" << result.out << result.err;
    EXPECT_THAT(result.err, HasSubstr(bad.says)) << bad.text;
    EXPECT_THAT(result.err, HasSubstr("bad.lua")) << bad.text;
    EXPECT_EQ(result.out, "") << bad.text;
  }
}

TEST_F(ProgramTest, TheReportSaysWhatStoppedAJob) {
  const std::string text =
      "local tank = pool \"tank\" {}\n"
      "job \"j\" { design = \"program\" } (function(zfs) while true do end end)\n";
  const Result result = Run("run " + Write("stopped.lua", text));
  EXPECT_THAT(result.out, HasSubstr("ETIME"));
  EXPECT_THAT(result.out, HasSubstr("  j: Timed out. 10000100 Lua instructions\n"));
}

TEST_F(ProgramTest, EndlessLoopsAndMemoryBombsAreLimits) {
  for (const char* text :
       {"while true do end", "local t = {} while true do t[#t + 1] = string.rep('x', 1e6) .. #t end",
        "process \"a\" (function() while true do end end)",
        "process \"a\" (function() while true do now() end end)",
        "process \"a\" (function() for i = 1, 1e9 do mark(\"x\", i) end end)",
        "process \"a\" (function() while true do spawn(\"k\")(function() sleep \"1s\" end) end end)"}) {
    const Result result = Run("run " + Write("endless.lua", text));
    EXPECT_EQ(result.exit_code, 3) << text << "\n" << result.err;
    EXPECT_THAT(result.err, HasSubstr("endless.lua:1:")) << text;
    EXPECT_EQ(result.out, "") << text;
  }
}

// Nothing that could be taken for a result, in no form, and no file.
TEST_F(ProgramTest, AfterAnErrorOfTheRunThereIsNoResult) {
  const std::string wrong = Write("wrong.lua",
                                  "pool \"tank\" {}\n"
                                  "process \"a\" (function()\n"
                                  "  local t = nil\n"
                                  "  sleep \"1ms\"\n"
                                  "  t.x = 1\n"
                                  "end)\n"
                                  "job \"j\" (function(zfs) zfs.exists \"tank\" end)");
  const fs::path out = folder_ / "results";
  for (const std::string& command :
       {"run " + wrong, "run " + wrong + " --json", "run " + wrong + " --arms",
        "run " + wrong + " --out " + out.string(), "compare " + wrong, "compare " + wrong + " --json"}) {
    const Result result = Run(command);
    EXPECT_EQ(result.exit_code, 2) << command;
    EXPECT_EQ(result.out, "") << command;
    EXPECT_THAT(result.err, HasSubstr("wrong.lua:5:3: error:")) << command;
  }
  EXPECT_FALSE(fs::exists(out));
}

TEST_F(ProgramTest, FilesThatCannotBeReadAreNamed) {
  EXPECT_EQ(Run("run " + (folder_ / "no.lua").string()).exit_code, 2);
  EXPECT_THAT(Run("run " + (folder_ / "no.lua").string()).err, HasSubstr("no.lua: No such file"));
  EXPECT_THAT(Run("run " + folder_.string()).err, HasSubstr("it is a directory"));
}

TEST_F(ProgramTest, ListingsWithGarbageAreRefusedWithTheirLine) {
  struct Listing {
    const char* text;
    const char* says;
  };
  const std::vector<Listing> cases = {
      {"USED  AVAIL\n1G  2G\n", "NAME"},
      {"NAME  USED\ntank  lots\n", "lots"},
      {"NAME  USED\ntank  1G\nother/x  1G\n", "other"},
      {"NAME  USED\ntank  1G\ntank  1G\n", "tank"},
      {"\x01\x02\x00\xff", "zfs list"},
      {"", "zfs list"},
  };
  for (const Listing& listing : cases) {
    Write("listing.txt", listing.text);
    const Result result = Run("run " + Write("import.lua",
                                             "pool \"tank\" { import = \"listing.txt\" }\n"
                                             "process \"a\" (function() end)"));
    EXPECT_EQ(result.exit_code, 2) << listing.text << result.out;
    EXPECT_FALSE(result.err.empty()) << listing.says;
  }
}

TEST_F(ProgramTest, AListingIsFoundBesideTheScenarioAndInData) {
  for (const char* folder : {"there/data", "data"}) fs::create_directories(folder_ / folder);
  const std::string file = Write("there/import.lua",
                                 "pool \"tank\" { import = \"listing.txt\" }\n"
                                 "process \"a\" (function() sh \"zfs list -r tank\" end)");
  const std::pair<std::string, std::string> places[] = {
      {"data", "tank/far"}, {"there/data", "tank/near"}, {"there", "tank/beside"}};
  // Each is found before those above it.
  for (const auto& [place, dataset] : places) {
    Write(place + "/listing.txt", fmt::format("NAME  USED\ntank  1G\n{}  1G\n", dataset));
    EXPECT_THAT(Run("run --all " + file).out, HasSubstr(dataset + " "));
  }
}

TEST_F(ProgramTest, UnknownParametersAndArmsAreRefused) {
  const std::string file = Scenario("03_abba.lua");
  const Result param = Run("run " + file + " --set orderd=true");
  EXPECT_EQ(param.exit_code, 2);
  EXPECT_THAT(param.err, HasSubstr("ordered"));
  const Result value = Run("run " + file + " --set ordered=maybe");
  EXPECT_EQ(value.exit_code, 2);
  const Result arm = Run("run " + file + " --arm one-ordre");
  EXPECT_EQ(arm.exit_code, 2);
  EXPECT_THAT(arm.err, HasSubstr("one-order"));
  // Where nothing is close, all of them.
  EXPECT_THAT(Run("run " + file + " --arm zzz").err, HasSubstr("no arm \"zzz\"; accepted: base, one-order"));
  EXPECT_THAT(Run("run " + file + " --set zzz=1").err, HasSubstr("no parameter \"zzz\"; accepted: ordered"));
  EXPECT_THAT(Run("run " + Write("p.lua", "process \"p\" {} function() end")).err,
              HasSubstr("a body stands in parentheses: (function() ... end)"));
  EXPECT_THAT(Run("run " + Scenario("03_aba.lua")).err, HasSubstr("scenarios/03_abba.lua?"));
  EXPECT_THAT(Run("run 03_abba").err, HasSubstr("03_abba.lua?"));
}

TEST_F(ProgramTest, AFullDiskIsAnErrorAndLeavesNothingHalfWritten) {
  const Result result = Run("run " + Scenario("03_abba.lua") + " --out /dev/full/x");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("/dev/full"));
  const std::string command = std::string(TXGSIM_BINARY_DIR "/bin/txgsim run ") + Scenario("03_abba.lua") +
                              " >/dev/full 2>" + (folder_ / "err").string();
  const int status = std::system(command.c_str());
  EXPECT_EQ(WEXITSTATUS(status), 2);
  EXPECT_THAT(ReadAll(folder_ / "err"), HasSubstr("cannot write to standard output"));
}

// The file beside the place of the result is one that takes no byte.
TEST_F(ProgramTest, AFullDiskUnderOutLeavesTheOldResult) {
  const fs::path out = folder_ / "results";
  fs::create_directories(out);
  std::ofstream(out / "result.json") << "old";
  Write("run.sh", "ln -s /dev/full " + (out / "result.json").string() +
                      ".$$.tmp\nexec " TXGSIM_BINARY_DIR "/bin/txgsim run " + Scenario("03_abba.lua") +
                      " --out " + out.string() + " 2>" + (folder_ / "err").string() + " >" +
                      (folder_ / "out").string());
  const int status = std::system(("sh " + (folder_ / "run.sh").string()).c_str());
  EXPECT_EQ(WEXITSTATUS(status), 2);
  EXPECT_THAT(ReadAll(folder_ / "err"), HasSubstr("result.json: No space left on device"));
  EXPECT_EQ(ReadAll(folder_ / "out"), "");
  EXPECT_EQ(ReadAll(out / "result.json"), "old");
  int files = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(out)) ++files;
  EXPECT_EQ(files, 1);
}

// Neither a device nor a pipe is replaced by a file.
TEST_F(ProgramTest, WhatIsNoFileIsWrittenToAsItIs) {
  const fs::path device = folder_ / "device.csv";
  fs::create_symlink("/dev/null", device);
  const std::string sweep = "sweep " + Scenario("03_abba.lua") + " --set ordered=true,false -q --csv ";
  EXPECT_EQ(Run(sweep + device.string()).exit_code, 0);
  EXPECT_TRUE(fs::is_symlink(device));
  EXPECT_TRUE(fs::is_character_file(device));
  const fs::path pipe = folder_ / "pipe.csv";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const Result piped = Run(sweep + pipe.string() + " >/dev/null & cat " + pipe.string());
  EXPECT_THAT(piped.out, HasSubstr("ordered,seed,verdict"));
  EXPECT_TRUE(fs::is_fifo(pipe));
}

TEST_F(ProgramTest, OutWritesTheResultWhole) {
  const fs::path out = folder_ / "results" / "abba";
  const Result result = Run("run " + Scenario("03_abba.lua") + " --json --out " + out.string());
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(ReadAll(out / "result.json"), result.out);
  int files = 0;
  for (const auto& entry : fs::directory_iterator(out)) files += entry.is_regular_file() ? 1 : 0;
  EXPECT_EQ(files, 1);
}

TEST_F(ProgramTest, ARunAsJsonHasTheFieldsThatScriptsRelyOn) {
  const Result result = Run("run " + Scenario("03_abba.lua") + " --json");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json run = Json::parse(result.out);
  for (const char* key :
       {"schema", "scenario",  "seed",  "params",   "digest", "verdict", "held",         "end_ns",
        "events", "threads",   "waits", "hung_set", "root",   "cycle",   "freed_by",     "detector",
        "jobs",   "processes", "loads", "locks",    "marks",  "pools",   "expectations", "arm"}) {
    EXPECT_TRUE(run.contains(key)) << key;
  }
  EXPECT_FALSE(run.contains("host"));
  EXPECT_EQ(run["verdict"], "deadlock");
  EXPECT_EQ(run["digest"].get<std::string>().size(), 16u);
  EXPECT_EQ(run["cycle"], Json({"writeback", "commit"}));
  EXPECT_TRUE(run["held"].get<bool>());
}

TEST_F(ProgramTest, TheCommandThatAReportPrintsRepeatsItsDigest) {
  const Result first = Run("run " + Scenario("03_abba.lua") + " --seed 5 --no-color");
  ASSERT_EQ(first.exit_code, 0) << first.err;
  const size_t at = first.out.find("repeat: txgsim ");
  ASSERT_NE(at, std::string::npos) << first.out;
  const size_t digest = first.out.find("digest ");
  std::string command = first.out.substr(at + 15);
  command.pop_back();
  const Result second = Run(command + " --no-color");
  EXPECT_EQ(second.out, first.out);
  EXPECT_NE(digest, std::string::npos);
}

TEST_F(ProgramTest, ComparePrintsEveryDesignAndWhetherTheyAgree) {
  const Result result = Run("compare " + Scenario("prune_sanoid.lua") + " --json --phases 2");
  ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  const Json compare = Json::parse(result.out);
  for (const char* design : {"ioctl", "pipeline", "callback", "channel_tx", "optimistic_tx", "program"})
    EXPECT_TRUE(compare["designs"].contains(design));
  EXPECT_TRUE(compare["same_tree"].get<bool>());
  EXPECT_TRUE(compare["deferrable"].get<bool>());
  EXPECT_TRUE(compare["semantics"].empty());
  EXPECT_EQ(compare["reference"], "ioctl");
}

TEST_F(ProgramTest, HowManyRunAtATimeShowsNowhere) {
  for (const std::string& command :
       {"compare " + Scenario("prune_sanoid.lua") + " --phases 3 --json",
        "run " + Scenario("03_abba.lua") + " --arms --json", "run " + Scenario("03_abba.lua") + " --arms"}) {
    const Result one = Run(command + " --jobs 1");
    EXPECT_EQ(one.exit_code, 0) << command;
    for (const char* jobs : {"2", "5"}) {
      const Result several = Run(command + " --jobs " + jobs);
      EXPECT_EQ(several.exit_code, one.exit_code);
      EXPECT_EQ(several.out, one.out) << command << " with " << jobs;
      EXPECT_EQ(several.err, one.err);
    }
  }
  EXPECT_THAT(Run("compare " + Scenario("prune_sanoid.lua") + " --jobs -2").err,
              HasSubstr("--jobs -2: must be"));
}

TEST_F(ProgramTest, ACellOfTheMatrixIsRepeatedByItsCommand) {
  const std::string file = Scenario("prune_sanoid.lua");
  const Result compare =
      Run("compare " + file +
          " --phases 1 --designs ioctl,channel_tx --faults client_stopped,power_cut_in --json");
  ASSERT_EQ(compare.exit_code, 0) << compare.err;
  const Json faults = Json::parse(compare.out)["faults"];
  for (const char* design : {"ioctl", "channel_tx"}) {
    for (const char* fault : {"client_stopped", "power_cut_in"}) {
      const Result run = Run("run " + file + " --json --design " + design + " --fault " + fault);
      const Json again = Json::parse(run.out);
      const Json& cell = faults[fault]["designs"][design];
      EXPECT_EQ(again["digest"], cell["digest"]) << design << " " << fault;
      EXPECT_EQ(again["verdict"], cell["verdict"]) << design << " " << fault;
      EXPECT_EQ(again["params"]["design"], design);
    }
  }
  EXPECT_THAT(Run("compare " + file + " --phases 1 --faults client_stopped").out,
              HasSubstr("txgsim run " + file + " --design DESIGN --fault FAULT --seed 1"));
}

TEST_F(ProgramTest, TheMatrixSaysWhatFreesTheStuckIfItIsAsked) {
  const std::string command =
      "compare " + Scenario("prune_sanoid.lua") + " --phases 1 --designs channel_tx --faults client_stopped";
  EXPECT_THAT(Run(command).out, Not(HasSubstr("freed by")));
  EXPECT_THAT(Run(command + " --diagnose").out, HasSubstr("freed by kill prune; cont prune"));
}

TEST_F(ProgramTest, FaultsThatCannotStrikeAreRefused) {
  const std::string file = Scenario("prune_sanoid.lua");
  EXPECT_THAT(Run("compare " + file + " --faults client_stoped").err,
              HasSubstr("did you mean \"client_stopped\"?"));
  EXPECT_THAT(Run("run " + file + " --fault client_stopped").err, HasSubstr("needs --design"));
  EXPECT_THAT(Run("run " + file + " --design ring --fault limit_hit").err,
              HasSubstr("there is nothing that it could strike under ring"));
  EXPECT_THAT(Run("run " + Scenario("03_abba.lua") + " --design ring --fault limit_hit").err,
              HasSubstr("the scenario has no job"));
  EXPECT_EQ(Run("run " + file + " --design ring --fault limit_hit").exit_code, 2);
}

TEST_F(ProgramTest, CompareWithoutAJobOrWithAnUnknownDesignIsRefused) {
  EXPECT_EQ(Run("compare " + Scenario("03_abba.lua")).exit_code, 2);
  const Result unknown = Run("compare " + Scenario("prune_sanoid.lua") + " --designs ioctl,chanel_tx");
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean \"channel_tx\"?"));
  EXPECT_THAT(Run("compare " + Scenario("prune_sanoid.lua") + " --designs zzz").err,
              HasSubstr("accepted: ioctl, "));
}

TEST_F(ProgramTest, AFailedExpectationEndsWithOne) {
  const Result result = Run("run " + Write("fails.lua",
                                           "process \"a\" (function() compute \"1us\" end)\n"
                                           "expect \"it hangs\" { verdict = \"deadlock\" }"));
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.out, HasSubstr("FAILED it hangs  verdict: expected deadlock, got completed"));
}

TEST_F(ProgramTest, WithStrictAWarningEndsWithOne) {
  const std::string file = Write("warns.lua",
                                 "pool \"tank\" { disks = 1 }\n"
                                 "process \"a\" (function() sh \"zfs destory tank\" end)");
  EXPECT_EQ(Run("run " + file).exit_code, 0);
  for (const char* form : {"", " -q", " --arms", " --json"}) {
    const Result strict = Run("run --strict " + file + form);
    EXPECT_EQ(strict.exit_code, 1) << form;
    EXPECT_THAT(strict.err, testing::StartsWith("txgsim: arm base: --strict: a typed what is no command: "));
  }
}

TEST_F(ProgramTest, WhatWasNotCheckedIsSaidAlsoWithQuiet) {
  const std::string file = Write("unchecked.lua",
                                 "local n = param(\"n\", 1)\n"
                                 "process \"a\" (function() compute \"1us\" end)\n"
                                 "expect \"it ends\" { completes = \"a\" }");
  EXPECT_THAT(Run("run -q " + file).out, Not(HasSubstr("it ends")));
  EXPECT_THAT(Run("run -q --set n=2 " + file).out, HasSubstr("not checked (parameters changed) it ends"));
}

// At 3 s nobody has marked anything yet.
TEST_F(ProgramTest, WhatARunLacksFailsTheExpectationAndNotTheReport) {
  const std::string command = "run " + Scenario("scrub_against_administration.lua") + " --until 3s";
  const Result result = Run(command);
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.out, HasSubstr("FAILED each snapshot pays for the scrub"));
  EXPECT_THAT(result.out, HasSubstr("run.marks.latency: no such path"));
  EXPECT_THAT(result.out, HasSubstr("POOL  SYNCED TXG"));
  const Result json = Run(command + " --json");
  EXPECT_EQ(json.exit_code, 1);
  EXPECT_FALSE(Json::parse(json.out)["expectations"][0]["held"].get<bool>());
}

// Whatever ends with one says why, also with -q.
TEST_F(ProgramTest, EveryFailureIsNamed) {
  const Result check =
      Run("run -q " + Write("check.lua",
                            "process \"a\" (function()\n"
                            "  sleep \"1ms\"\n"
                            "  check(1 > 2, \"one is more\")\n"
                            "end)\n"
                            "expect \"body\" (function(run) return false, run.end_ns > 0 end)"));
  EXPECT_EQ(check.exit_code, 1);
  EXPECT_THAT(check.out, HasSubstr("check.lua:3:3: one is more (a, at 1"));
  EXPECT_THAT(check.out, HasSubstr("FAILED body  (true)"));
  const std::string hangs = Write("hangs.lua",
                                  "local hang_it = param(\"hang_it\", true)\n"
                                  "local q = queue \"q\"\n"
                                  "process \"a\" (function() if hang_it then q:get() end end)\n"
                                  "control \"still\" { hang_it = true }");
  for (const char* quiet : {"", "-q "}) {
    const Result base = Run(std::string("run ") + quiet + hangs);
    EXPECT_EQ(base.exit_code, 1);
    EXPECT_THAT(base.out, HasSubstr("FAILED no hang that nothing expects  verdict: expected completed, "
                                    "got lost_event"));
    const Result control = Run(std::string("run --arm still ") + quiet + hangs);
    EXPECT_EQ(control.exit_code, 1);
    EXPECT_THAT(control.out,
                HasSubstr("FAILED a control completes without a hang  verdict: expected completed, "
                          "got lost_event"));
  }
  EXPECT_THAT(Run("run --arms " + hangs).out, HasSubstr("0 of 1"));
}

// 1.5 s of sleep and some microseconds.
TEST_F(ProgramTest, DurationsInExpectationsAreReadable) {
  const Result result = Run("run " + Write("d.lua",
                                           "process \"a\" (function() sleep \"1.5s\" end)\n"
                                           "expect \"held\" (function(run)\n"
                                           "  return true, run.processes.a.latency_ns\n"
                                           "end)\n"
                                           "expect \"failed\" (function(run)\n"
                                           "  return false, { took = run.processes.a.latency_ns, n = 2 }\n"
                                           "end)"));
  EXPECT_THAT(result.out, ::testing::ContainsRegex("held  1\\.50 s \\(15001[0-9]+ ns\\)\n"));
  EXPECT_THAT(result.out,
              ::testing::ContainsRegex("failed  \\{ n = 2, took = 1\\.50 s \\(15001[0-9]+ ns\\) \\}\n"));
}

// As it is by default, and otherwise.
TEST_F(ProgramTest, AParameterSetToItsDefaultChangesNothing) {
  const std::string file = Scenario("01_stuck_callback.lua");
  const Result same = Run("run " + file + " --set answers=true");
  EXPECT_EQ(same.exit_code, 0);
  EXPECT_THAT(same.out, HasSubstr("ok  the helper waits"));
  const Result other = Run("run " + file + " --set answers=false");
  EXPECT_EQ(other.exit_code, 0);
  EXPECT_THAT(other.out, HasSubstr("not checked (parameters changed) the helper waits"));
  EXPECT_THAT(other.out, Not(HasSubstr("FAILED")));
}

TEST_F(ProgramTest, AReportShowsWhatCommandsPrintedAndHowTheyFailed) {
  const Result result = Run("run " + Write("sh.lua",
                                           "pool \"tank\" {}\n"
                                           "process \"app\" (function()\n"
                                           "  sh \"zfs snapshot tank@a\"\n"
                                           "  sh \"zfs snapshot tank@a\"\n"
                                           "end)"));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("app $ zfs snapshot tank@a\n"));
  EXPECT_THAT(result.out, HasSubstr("app $ zfs snapshot tank@a  exit 1\n"));
  EXPECT_THAT(result.out, HasSubstr("\n      cannot "));
}

TEST_F(ProgramTest, ListExplainAndHelpAnswer) {
  const Result list = Run("list " + Scenario(""));
  EXPECT_EQ(list.exit_code, 0);
  EXPECT_THAT(list.out, HasSubstr("prune_pve.lua"));
  EXPECT_THAT(Run("explain deadlock").out, HasSubstr("cycle"));
  EXPECT_THAT(Run("explain zfs_txg_timeout").out, HasSubstr("5 s"));
  EXPECT_THAT(Run("explain EAGAIN").out, HasSubstr("errno 11"));
  EXPECT_THAT(Run("explain writers").out, HasSubstr("rate"));
  // As the report prints it, as people write it, and as the shell splits it.
  for (const char* word : {"FROZEN_POOL", "\"FROZEN POOL\"", "frozen pool", "frozen-pool"})
    EXPECT_THAT(Run(std::string("explain ") + word).out, HasSubstr("silent user process")) << word;
  EXPECT_THAT(Run("explain orphaned_wait").out, HasSubstr("subkind of lost_event"));
  EXPECT_THAT(Run("explain dirty data").out, HasSubstr("written to memory and not yet to disk"));
  EXPECT_THAT(Run("explain transaction group").out, HasSubstr("all that goes to disk together"));
  EXPECT_THAT(Run("explain optimistic_tx").out, HasSubstr("design: "));
  EXPECT_THAT(Run("explain write_skew").out, HasSubstr("anomaly: "));
  EXPECT_THAT(Run("explain power_cut_in").out, HasSubstr("power cut in Commit"));
  EXPECT_THAT(Run("explain nice").out, HasSubstr("policy eevdf"));
  const Result unknown = Run("explain deadlok");
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean \"deadlock\"?"));
  EXPECT_THAT(Run("explain percent").err,
              HasSubstr("known are zfs_dirty_data_max_percent, zfs_dirty_data_max_max_percent"));
  EXPECT_THAT(Run("explain qqqqqqqq").err, HasSubstr("docs/glossary.md"));
  EXPECT_THAT(Run("help exit-codes").out, HasSubstr("130"));
  EXPECT_THAT(Run("help run").out, HasSubstr("--arms"));
  EXPECT_THAT(Run("help help").out, HasSubstr("Usage: txgsim help"));
  for (const char* topic : {"exit-codes", "language", "result-fields", "tunables", "lua-meta"})
    EXPECT_THAT(Run("help").out, HasSubstr(fmt::format("\n  {} ", topic)));
  EXPECT_THAT(Run("help " + Scenario("07_worker_exhaustion.lua")).out, HasSubstr("blocks freed inline"));
  const Result abba = Run("help " + Scenario("03_abba.lua"));
  EXPECT_THAT(abba.out, HasSubstr("PARAMETER  DEFAULT  MEANING\n"));
  EXPECT_THAT(Run("help tunable").err,
              HasSubstr("topics are the commands, exit-codes, language, result-fields, tunables"));
  // No parameters of a file that is no scenario.
  const Result broken = Run("help " + Write("broken.lua", "param(\"n\", 1)\nmachine { cors = 1 }"));
  EXPECT_EQ(broken.exit_code, 2);
  EXPECT_EQ(broken.out, "");
}

TEST_F(ProgramTest, EndlessFilesAreRefused) {
  const Result result = Run("run /dev/zero");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("/dev/zero: it has more than the 4 MiB that are accepted"));
}

TEST_F(ProgramTest, NoLineEndsInBlanks) {
  for (const char* file : {"09_suspended_pool.lua", "quota_and_snapshot.lua", "prune_sanoid.lua"}) {
    for (const char* command : {"run --all ", "compare --phases 1 "}) {
      const std::string out = Run(command + Scenario(file)).out;
      EXPECT_THAT(out, Not(HasSubstr(" \n"))) << command << file;
    }
  }
}

// What the program prints on a terminal of 80 columns.
std::string OnTerminal(const std::vector<std::string>& arguments) {
  std::vector<char*> argv = {const_cast<char*>("txgsim")};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  struct winsize size = {24, 80, 0, 0};
  int terminal = -1;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, &size);
  if (child == 0) {
    ::unsetenv("COLUMNS");
    ::setenv("CI", "true", 1);  // No progress among the lines.
    ::execv(TXGSIM_BINARY_DIR "/bin/txgsim", argv.data());
    ::_exit(127);
  }
  std::string text;
  char block[4096];
  for (ssize_t count = 0; (count = ::read(terminal, block, sizeof(block))) > 0;)
    text.append(block, static_cast<size_t>(count));
  ::close(terminal);
  ::waitpid(child, nullptr, 0);
  std::erase(text, '\r');
  return text;
}

TEST_F(ProgramTest, AComparisonIsInBlocksThatFitTheTerminal) {
  const std::string file = Scenario("prune_sanoid.lua");
  const std::string out = OnTerminal({"compare", file, "--phases", "1", "--no-color"});
  const size_t begin = out.find("\n\n");
  const size_t end = out.find("\ndeferrable:");
  ASSERT_NE(end, std::string::npos) << out;
  std::istringstream table(out.substr(begin, end - begin));
  size_t blocks = 0;
  for (std::string line; std::getline(table, line) && line.rfind("where a design", 0) != 0;) {
    EXPECT_LE(line.size(), 80u) << line;
    blocks += line == "cost to the job" ? 1 : 0;
  }
  EXPECT_GT(blocks, 1u);
  const std::string piped = Run("compare " + file + " --phases 1").out;
  EXPECT_EQ(piped.find("cost to the job"), piped.rfind("cost to the job"));
}

TEST_F(ProgramTest, TheCatalogueIsWrappedToFitTheTerminal) {
  const std::string about =
      "A text that is much too long for a terminal of eighty columns, so that it goes on";
  Write("long.lua", "-- " + about + "\n");
  const std::string name = (folder_ / "long.lua").string();
  EXPECT_EQ(Run("list " + folder_.string()).out, name + "  " + about + "\n");
  std::istringstream lines(OnTerminal({"list", folder_.string()}));
  std::string words;
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 80u);
    std::istringstream in(line);
    for (std::string word; in >> word;) words += (words.empty() ? "" : " ") + word;
  }
  EXPECT_EQ(words, name + " " + about);
}

// Both are made from the table that validates scenarios: `txgsim help language`, `help lua-meta`.
TEST_F(ProgramTest, TheGeneratedFilesAreUpToDate) {
  EXPECT_EQ(Run("help language").out, ReadAll(TXGSIM_SOURCE_DIR "/docs/scenario-language.md"));
  EXPECT_EQ(Run("help result-fields").out, ReadAll(TXGSIM_SOURCE_DIR "/docs/result-fields.md"));
  EXPECT_EQ(Run("help tunables").out, ReadAll(TXGSIM_SOURCE_DIR "/docs/tunables.md"));
  EXPECT_EQ(Run("help lua-meta").out, ReadAll(TXGSIM_SOURCE_DIR "/share/txgsim.d.lua"));
}

// Ctrl-C: what is known so far, and 130.
TEST_F(ProgramTest, AnInterruptEndsARunWithWhatIsKnown) {
  const std::string path = Write("long.lua",
                                 "machine { stop_at = \"100000h\" }\n"
                                 "process \"a\" (function() while true do sleep \"1us\" end end)");
  const Result json = Interrupt({"run", path, "--json"});
  EXPECT_EQ(json.exit_code, 130);
  const Json run = Json::parse(json.out);
  EXPECT_FALSE(run["complete"].get<bool>());
  EXPECT_EQ(run["subkind"], "interrupted");
  EXPECT_TRUE(run["digest"].is_null());
  EXPECT_TRUE(run["held"].is_null());
  EXPECT_GT(run["events"].get<int64_t>(), 0);
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"run", path}, std::vector<std::string>{"run", path, "--arms"}}) {
    const Result text = Interrupt(command);
    EXPECT_EQ(text.exit_code, 130);
    EXPECT_THAT(text.out, HasSubstr("interrupted: this is what was known by then"));
    EXPECT_THAT(text.out, HasSubstr("UNKNOWN"));
  }
}

// The first designs run until they are interrupted, as many as there are cores; the others never begin.
TEST_F(ProgramTest, AnInterruptEndsAComparisonWithWhatIsKnown) {
  const std::string path = Write("long.lua",
                                 "machine { stop_at = \"100000h\" }\n"
                                 "pool \"tank\" {}\n"
                                 "job \"j\" { repeats = 1000000 } (function(zfs)\n"
                                 "  for i = 1, 1000 do compute \"1ms\" zfs.exists \"tank\" end\n"
                                 "end)");
  const Result json = Interrupt({"compare", path, "--json"});
  EXPECT_EQ(json.exit_code, 130) << json.out << json.err;
  const Json compare = Json::parse(json.out);
  EXPECT_FALSE(compare["complete"].get<bool>());
  EXPECT_GE(compare["designs"].size(), 1u);
  EXPECT_EQ(compare["designs"]["ioctl"]["subkind"], "interrupted");
  EXPECT_FALSE(compare.contains("same_tree"));
  const Result text = Interrupt({"compare", path});
  EXPECT_EQ(text.exit_code, 130) << text.out << text.err;
  EXPECT_THAT(text.out, HasSubstr("interrupted: this is what was known by then"));
  EXPECT_THAT(text.out, Not(HasSubstr("agree with direct")));
  // While the job is tried on the dataset model alone, before any design.
  const Result before = Interrupt({"compare",
                                   Write("first.lua",
                                         "pool \"tank\" {}\n"
                                         "job \"j\" (function(zfs)\n"
                                         "  for i = 1, 1000000000 do compute \"1ms\" end\n"
                                         "end)"),
                                   "--json"});
  EXPECT_EQ(before.exit_code, 130) << before.out << before.err;
  EXPECT_TRUE(Json::parse(before.out)["designs"].empty());
}

}  // namespace
}  // namespace tools
