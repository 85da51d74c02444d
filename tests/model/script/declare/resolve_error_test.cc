// SPDX-License-Identifier: Apache-2.0
//
// What is said about wrong files: text, place, suggestion.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/script/declare/resolve.h"
#include "tests/model/script/declare/resolve_testing.h"

namespace model {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(ResolveErrorTest, AnErrorIsRenderedAsCompilersDo) {
  const ResolveResult result = Resolve(
      OptionsFor("pool \"tank\"\n"
                 "writers \"db\" { count = 16, rat = \"200MB/s\", dataset = \"tank\", fsync_every = 64 }\n"));
  // `rate` is missing too, since the key is misspelt.
  ASSERT_GE(result.errors.size(), 1u);
  EXPECT_EQ(result.errors.back().Render(),
            "t.lua:2:28: error: unknown key \"rat\" in writers \"db\"; did you mean \"rate\"?\n"
            "  2 | writers \"db\" { count = 16, rat = \"200MB/s\", dataset = \"tank\", fsync_every = 64 }\n"
            "    |                            ^~~");
}

TEST(ResolveErrorTest, AllErrorsOfAFileAreListedInOrder) {
  EXPECT_EQ(ErrorsOf("machine { cores = 0, profile = \"x86\" }\n"
                     "pool \"tank\" { disks = \"two\" }\n"
                     "process \"p\" { at = \"5\" }\n"),
            "1:19: cores = 0: at least 1\n"
            "1:32: profile = \"x86\": no such choice; accepted: x86-64, x86-64-mitigated, nested-vm, ideal\n"
            "2:23: disks = \"two\": a whole number is wanted\n"
            "3:9: process \"p\" has no body\n"
            "3:20: at = \"5\": needs a unit, such as \"5ms\" (ns us ms s min h)");
}

TEST(ResolveErrorTest, PoolsHaveNamesThatZpoolAccepts) {
  EXPECT_THAT(ErrorsOf("pool \"mirror\" {}"), StartsWith("1:6: pool \"mirror\": no name for a pool: it "));
  EXPECT_THAT(ErrorsOf("pool \"1tank\" {}"), StartsWith("1:6: pool \"1tank\": no name for a pool: it "));
  EXPECT_THAT(ErrorsOf("pool \"raidz\""), StartsWith("1:6: pool \"raidz\": no name for a pool: it "));
  EXPECT_EQ(ErrorsOf("pool \"tank1\" {}"), "");
}

TEST(ResolveErrorTest, AJobNeedsAPool) {
  EXPECT_EQ(ErrorsOf("\n job \"j\" (function(zfs) end)"), "2:6: job \"j\": there is no pool");
  EXPECT_EQ(ErrorsOf("job \"j\" (function(zfs) end)\npool \"tank\""),
            "1:5: job \"j\": the pool must be declared before it");
  EXPECT_EQ(ErrorsOf("pool \"tank\"\njob \"j\" (function(zfs) end)"), "");
}

TEST(ResolveErrorTest, ACallbackHasNotThePhasesOfRequests) {
  EXPECT_THAT(ErrorsOf("callback \"c\" { wait = \"fuse\" } (function() end)"),
              StartsWith("1:23: wait = \"fuse\": no such choice; accepted: D, killable, S, idle, spin"));
  EXPECT_THAT(ErrorsOf("callback \"c\" { wait = \"seccomp\" } (function() end)"),
              HasSubstr("no such choice"));
  EXPECT_EQ(ErrorsOf("server \"s\" { wait = \"fuse\" } (function() end)"), "");
}

TEST(ResolveErrorTest, TextsOfTheReference) {
  EXPECT_EQ(ErrorsOf("machine { cores = 0 }"), "1:19: cores = 0: at least 1");
  EXPECT_THAT(ErrorsOf("pool \"tank\"\nwriters \"db\" { rate = \"200\" }"),
              HasSubstr("2:23: rate = \"200\": needs a unit, such as \"200MB/s\""));
  EXPECT_EQ(ErrorsOf("process \"app\" (function() end)\nparam(\"n\", 1)\nvariant \"two-cores\" { n = 2 }\n"
                     "expect \"s\" { on = \"two-core\", D = \"app\" }"),
            "4:19: expect on \"two-core\": no such arm; did you mean \"two-cores\"?");
  EXPECT_EQ(ErrorsOf("process \"app\" (function() end)\nexpect \"s\" { D = \"ap\" }"),
            "2:18: D = \"ap\": no thread of that name; did you mean \"app\"?");
  EXPECT_EQ(ErrorsOf("local w = syscall \"write\"\nprocess \"app\" (function() w() end)"),
            "1:19: syscall \"write\" has no body");
  EXPECT_EQ(ErrorsOf("local ready = false\n"
                     "kthread \"producer\" (function() ready = true end)\n"
                     "kthread \"consumer\" (function() if ready then compute \"1us\" end end)"),
            "2:32: \"ready\" is assigned in \"producer\" and read in \"consumer\": make it shared");
}

TEST(ResolveErrorTest, AnEndlessLoopIsALimit) {
  const ResolveResult result = Resolve(OptionsFor("local x = 1\nwhile true do x = x + 1 end"));
  ASSERT_EQ(result.errors.size(), 1u);
  EXPECT_TRUE(result.limit_hit());
  EXPECT_EQ(result.errors[0].text, "10,000,000 instructions without a verb");
  EXPECT_EQ(result.errors[0].pos.line, 2);
  ResolveOptions options = OptionsFor("local t = {} while true do t[#t + 1] = (\"x\"):rep(1000) end");
  options.memory_limit_bytes = 8 << 20;
  EXPECT_TRUE(Resolve(options).limit_hit());
  EXPECT_EQ(Resolve(options).errors[0].text, "memory limit of 8MiB reached");
}

TEST(ResolveErrorTest, SyntaxErrorsHaveAColumn) {
  EXPECT_EQ(ErrorsOf("machine { cores = 1\nprocess \"p\" (function() end)"),
            "2:1: '}' expected (to close '{' at line 1) near 'process'");
  // Not the first of its kind on the line.
  EXPECT_EQ(ErrorsOf("local a = f(1) + (2 * )"), "1:23: unexpected symbol near ')'");
  EXPECT_EQ(ErrorsOf("local a = { x = 1, \"y\" = 2, z = 3 }"), "1:24: '}' expected near '='");
  EXPECT_EQ(ErrorsOf("local a = 1co"), "1:11: malformed number near '1co'");
  EXPECT_THAT(ErrorsOf("for"), StartsWith("1:1: <name> expected near <eof>"));
  EXPECT_THAT(ErrorsOf(std::string("\x1bLua\x54\0\x19", 7)), HasSubstr("attempt to load a binary chunk"));
  EXPECT_THAT(ErrorsOf(std::string("\x7f"
                                   "ELF\0\1\2\3",
                                   8)),
              HasSubstr("1:1: unexpected symbol"));
}

TEST(ResolveErrorTest, UnknownNamesAreFoundWhereverTheyStand) {
  EXPECT_EQ(ErrorsOf("proces \"p\" (function() end)"),
            "1:1: unknown name \"proces\"; did you mean \"process\"?");
  // Neither body ever runs here.
  EXPECT_EQ(ErrorsOf("process \"p\" (function() if false then computr \"1us\" end end)\n"
                     "process \"q\" (function()\n  total = 1\n  print(1)\nend)"),
            "1:39: unknown name \"computr\"; did you mean \"compute\"?\n"
            "3:3: assignment to \"total\", which is not declared: write `local total`\n"
            "4:3: \"print\" is not available: results come from expectations; use mark(\"name\", value) or "
            "check(condition, text)");
}

TEST(ResolveErrorTest, ALocalThatIsDeclaredBelowIsNoUnknownWord) {
  EXPECT_EQ(ErrorsOf("process \"p\" (function() lookup() end)\n"
                     "local other, lookup = 1, syscall \"lookup\" (function() end)"),
            "1:25: unknown name \"lookup\": it is declared below, in line 2; move that up");
  EXPECT_EQ(ErrorsOf("process \"p\" (function() helper() end)\nlocal function helper() end"),
            "1:25: unknown name \"helper\": it is declared below, in line 2; move that up");
  // The field of a table is no local.
  EXPECT_EQ(ErrorsOf("process \"p\" (function() lookup() end)\nlocal t = { lookup = 1 }"),
            "1:25: unknown name \"lookup\"");
}

TEST(ResolveErrorTest, WordsOfALaterVersionSaySo) {
  EXPECT_EQ(ErrorsOf("local r = memory \"node0\" { free = 8 }\nprocess \"p\" (function() r:alloc(8) end)\n"
                     "expect \"s\" { D = \"node0/1\" }"),
            "1:11: memory: not built yet");
  EXPECT_EQ(ErrorsOf("timer \"t\" (function() end)"), "1:1: timer: not built yet");
  EXPECT_EQ(ErrorsOf("memory \"m\" { size = \"1GiB\" } (function() end)"), "1:1: memory: not built yet");
  EXPECT_EQ(ErrorsOf("freezer \"cg\" { version = 2 }"), "1:1: freezer: not built yet");
}

TEST(ResolveErrorTest, NamesAreCheckedAndUnique) {
  EXPECT_THAT(ErrorsOf("process \"my app\" (function() end)"),
              StartsWith("1:9: process \"my app\": a name has letters, digits"));
  EXPECT_EQ(ErrorsOf("process \"p\" (function() end)\nkthread \"p\" (function() end)"),
            "2:9: kthread \"p\": declared before");
  EXPECT_EQ(ErrorsOf("local t = pool \"tank\"\nlocal a, b = t:filesystem \"a\", t:filesystem \"b\"\n"
                     "a:snapshot \"s\" b:snapshot \"s\" b:snapshot \"s\""),
            "3:12: snapshot \"s\": declared before");
  EXPECT_EQ(ErrorsOf("machine { cores = 1 }\nmachine { cores = 2 }"),
            "2:1: machine: given before, at line 1");
  EXPECT_EQ(ErrorsOf("param(\"n\", 1)\nvariant \"base\" { n = 2 }"),
            "2:9: variant \"base\": the file as it stands is the arm \"base\"");
  EXPECT_EQ(ErrorsOf("param(\"n\", 1)\nvariant \"all\" { n = 2 }"),
            "2:9: variant \"all\": this name means something else in expect { on = }");
  EXPECT_EQ(ErrorsOf("param(\"n\", 1)\nparam(\"n\", 2)"), "2:7: param \"n\": declared before");
}

TEST(ResolveErrorTest, AMistakeInALoopIsReportedOnce) {
  EXPECT_EQ(ErrorsOf("for i = 1, 3 do process(\"p\" .. i) { att = \"1s\" } (function() end) end"),
            "1:37: unknown key \"att\" in process \"p1\"; did you mean \"at\"?");
  EXPECT_EQ(ErrorsOf("for i = 1, 3 do process(\"p\" .. i) { at = \"1s\" } end"),
            "1:25: process \"p1\" has no body");
}

TEST(ResolveErrorTest, OptionsAndBodiesAreGivenOnceAndInOrder) {
  EXPECT_EQ(ErrorsOf("process \"p\" { at = \"1s\" } { at = \"2s\" } (function() end)"),
            "1:9: process \"p\": options given twice");
  EXPECT_EQ(ErrorsOf("process \"p\" (function() end) (function() end)"),
            "1:9: process \"p\": body given twice");
  EXPECT_EQ(ErrorsOf("process \"p\" (function() end) { at = \"1s\" }"),
            "1:9: process \"p\": options stand before the body");
  EXPECT_EQ(ErrorsOf("local m = mutex \"m\" (function() end)\nkthread \"k\" (function() m:lock() end)"),
            "1:17: mutex \"m\" takes no body");
  EXPECT_EQ(ErrorsOf("local s = server \"s\" (function() end)\ns:serve(function() end)"),
            "1:18: server \"s\": body given twice");
  EXPECT_EQ(ErrorsOf("server \"s\" { threads = 2 }"), "1:8: server \"s\" has no handler");
  EXPECT_EQ(ErrorsOf("process(5)"),
            "1:1: process: a name is wanted, as in process \"app\" { at = \"0s\" } "
            "(function() ... end)");
  EXPECT_EQ(ErrorsOf("process \"p\" \"q\""),
            "1:1: process \"p\": options { ... } or a body (function() ... end) are wanted");
  EXPECT_EQ(ErrorsOf("expect \"nothing\""),
            "1:8: expect \"nothing\" expects nothing: it has neither keys nor body");
  EXPECT_EQ(ErrorsOf("expect \"nothing\" { at = \"5s\" }"),
            "1:8: expect \"nothing\" expects nothing: it has neither keys nor body");
  EXPECT_EQ(
      ErrorsOf("variant \"v\" { cores = 4 }"),
      "1:15: variant \"v\": no parameter \"cores\"; declare it: local cores = param(\"cores\", DEFAULT)");
}

TEST(ResolveErrorTest, WrongContextsSayWhereTheWordBelongs) {
  EXPECT_THAT(
      ErrorsOf("local m = mutex \"m\"\nm:lock()"),
      HasSubstr("mutex:lock is for kernel code; here is the top of the file: call it from the body of a "
                "syscall or kthread"));
  EXPECT_THAT(ErrorsOf("sleep \"1ms\""),
              HasSubstr("sleep is for user code or kernel code; here is the top of the "
                        "file: call it from the body of a process"));
  EXPECT_THAT(ErrorsOf("local w = syscall \"w\" (function() end)\nw()"),
              HasSubstr("2:1: syscall \"w\" is for user code; here is the top of the file"));
  EXPECT_THAT(ErrorsOf("local w = syscall \"w\"\nw()"), HasSubstr("syscall \"w\" has no body yet"));
}

TEST(ResolveErrorTest, MembersOfThingsAreChecked) {
  EXPECT_EQ(ErrorsOf("local t = pool \"tank\"\nt:filesytem \"a\""),
            "2:3: pool \"tank\" has no \"filesytem\"; did you mean \"filesystem\"?");
  EXPECT_THAT(ErrorsOf("local t = pool \"tank\"\nt.filesystem(\"a\")"),
              HasSubstr("pool:filesystem is called on a pool, with a colon"));
  EXPECT_THAT(ErrorsOf("local t = pool \"tank\"\nt.disks = 3"),
              HasSubstr("pool \"tank\" cannot be written to"));
  EXPECT_THAT(
      ErrorsOf("local t = pool \"tank\"\nlocal l = t:lock \"SCL_STAT\""),
      HasSubstr("a pool has the locks dp_config, spa_namespace, SCL_CONFIG, SCL_STATE, SCL_ZIO, SCL_ALL; did "
                "you mean \"SCL_STATE\"?"));
}

TEST(ResolveErrorTest, QuantitiesNeedTheirUnit) {
  EXPECT_EQ(ErrorsOf("process \"p\" { at = 5 } (function() end)"),
            "1:20: at = 5: needs a unit, such as \"5ms\" (ns us ms s min h)");
  // Computed from a quantity it is in nanoseconds.
  EXPECT_EQ(ErrorsOf("process \"p\" { at = 2 * duration \"5ms\" } (function() end)"), "");
  EXPECT_EQ(ErrorsOf("process \"p\" { at = 0 } (function() end)"), "");
  EXPECT_EQ(ErrorsOf("process \"p\" { at = \"5MB\" } (function() end)"),
            "1:20: at = \"5MB\": unknown unit \"MB\"; accepted: ns us ms s min h");
  EXPECT_EQ(ErrorsOf("machine { stop_at = \"-5s\" }"), "1:21: stop_at = \"-5s\": must not be negative");
  EXPECT_EQ(ErrorsOf("machine { stop_at = uniform(\"1s\", \"2s\") }"),
            "1:21: stop_at = uniform(\"1s\", \"2s\"): one duration is wanted, not a distribution");
  EXPECT_EQ(ErrorsOf("device \"d\" { bandwidth = \"300/s\" }"),
            "1:26: bandwidth = \"300/s\": bytes a second are wanted, such as \"200MB/s\"");
  EXPECT_EQ(ErrorsOf("local d = duration \"5\""),
            "1:11: duration: \"5\": needs a unit, such as \"5ms\" (ns us ms s min h)");
  EXPECT_EQ(ErrorsOf("local d = duration(5)"),
            "1:11: duration: 5: needs a unit, such as \"5ms\" (ns us ms s min h)");
  EXPECT_THAT(ErrorsOf("local d = uniform(\"5ms\", \"1ms\")"), HasSubstr("1:11: uniform: "));
}

TEST(ResolveErrorTest, TunablesOfAPoolAreCheckedByTheirOwnTable) {
  EXPECT_EQ(ErrorsOf("pool \"tank\" { zfs_dirty_data_mx = \"1GiB\" }"),
            "1:15: unknown key \"zfs_dirty_data_mx\" in pool \"tank\"; did you mean \"zfs_dirty_data_max\"?");
  EXPECT_EQ(ErrorsOf("pool \"tank\" { zfs_dirty_data_sync_percent = 200 }"),
            "1:45: zfs_dirty_data_sync_percent = 200: 1 to 100 %");
  EXPECT_EQ(ErrorsOf("pool \"tank\" { txg_timeout = \"1500ms\" }"),
            "1:29: txg_timeout = \"1.5s\": is not a whole number of s");
  EXPECT_EQ(ErrorsOf("pool \"tank\" { zfs_dirty_data_max = \"1GiB\", dirty_data_max = \"256MiB\" }"),
            "1:61: dirty_data_max and zfs_dirty_data_max are the same: give one");
  EXPECT_EQ(ErrorsOf("pool \"tank\" { import = \"none.txt\" }"),
            "1:24: import = \"none.txt\": no such file beside the scenario, nor in data/ there or beside that folder");
}

TEST(ResolveErrorTest, ThingsThatAreNamedMustBeThere) {
  EXPECT_EQ(ErrorsOf("writers \"w\" { rate = \"1MB/s\", dataset = \"tnk/vm\" }\npool \"tank\""),
            "1:41: dataset = \"tnk/vm\": no such pool");
  EXPECT_EQ(ErrorsOf("writers \"w\" { rate = \"1MB/s\" }"),
            "1:9: writers \"w\" needs dataset = a dataset; there is no pool");
  EXPECT_EQ(ErrorsOf("local t = pool \"tank\"\nt:filesystem \"vm1\"\n"
                     "writers \"w\" { rate = \"1MB/s\", dataset = \"tank/vm2\" }"),
            "3:41: dataset = \"tank/vm2\": no such dataset; did you mean \"tank/vm1\"?");
  EXPECT_EQ(ErrorsOf("process \"app\" (function() end)\nfault { at = \"1s\", kill = \"apq\" }"),
            "2:27: kill = \"apq\": no such process, job, load, server or dispatcher; did you mean \"app\"?");
  EXPECT_EQ(ErrorsOf("local t = pool \"tank\"\nfault { at = \"1s\", kill = t }"),
            "2:27: kill = pool \"tank\": no such process, job, load, server or dispatcher");
  EXPECT_EQ(ErrorsOf("local c = completion \"c\" { by = \"nobody\" }"),
            "1:33: by = \"nobody\": no thread of that name");
  EXPECT_EQ(
      ErrorsOf("local c = callback \"c\" { place = \"dispatcher\", dispatcher = \"d\" } (function() end)"),
      "1:61: dispatcher = \"d\": no such dispatcher");
  EXPECT_EQ(ErrorsOf("param(\"cores\", 1)\nvariant \"v\" { core = 2 }"),
            "2:15: variant \"v\": no parameter \"core\"; did you mean \"cores\"?");
  EXPECT_EQ(ErrorsOf("param(\"cores\", 1)\nvariant \"v\" { cores = \"two\" }"),
            "2:23: cores = two: its type is integer, as that of the default");
}

TEST(ResolveErrorTest, ExpectationsNameWhatIsThere) {
  const std::string file =
      "local tank = pool \"tank\"\nlocal fs = server \"fs\" { threads = 2 } (function() end)\n"
      "writers \"db\" { count = 4, rate = \"1MB/s\" }\n";
  EXPECT_EQ(ErrorsOf(file +
                     "expect \"s\" { D = { \"db\", \"db/4\", \"fs/2\", \"txg_sync\", \"tank/txg_sync\" },\n"
                     "  root = tank, frozen = tank, cycle = \"fs\", freed_by = { \"kill db\", \"abort fs\",\n"
                     "  \"complete tank\", \"zpool clear tank\" } }"),
            "");
  EXPECT_EQ(ErrorsOf(file + "expect \"s\" { D = { \"db\", \"db/5\" } }"),
            "4:26: D = \"db/5\": no thread of that name; accepted: db, fs, txg_sync, tank/txg_sync, "
            "txg_quiesce, tank/txg_quiesce");
  EXPECT_EQ(ErrorsOf(file + "expect \"s\" { root = \"tnak\" }"),
            "4:21: root = \"tnak\": no thread or thing of that name; did you mean \"tank\"?");
  EXPECT_EQ(ErrorsOf(file + "expect \"s\" { freed_by = \"kil db\" }"),
            "4:25: freed_by = \"kil db\": no such action; accepted: kill, cont, thaw, abort, reply, "
            "complete, each with a "
            "name, or a zfs or zpool command; did you mean \"kill\"?");
  EXPECT_THAT(ErrorsOf(file + "expect \"s\" { freed_by = \"zpool\" }"),
              HasSubstr("4:25: freed_by = \"zpool\": no subcommand; usage: zpool COMMAND [POOL]"));
  EXPECT_EQ(ErrorsOf(file + "expect \"s\" { freed_by = \"abort sf\" }"),
            "4:25: freed_by = \"abort sf\": nothing of that name; did you mean \"fs\"?");
  EXPECT_EQ(ErrorsOf(file + "expect \"s\" { frozen = \"tunk\" }"),
            "4:23: frozen = \"tunk\": no such pool; did you mean \"tank\"?");
  EXPECT_EQ(ErrorsOf(file + "expect \"s\" { verdict = \"deadlok\" }"),
            "4:24: verdict = \"deadlok\": no such choice; accepted: deadlock, lost_event, frozen_pool, "
            "external, livelock, "
            "slow, unknown, completed; did you mean \"deadlock\"?");
  EXPECT_EQ(ErrorsOf(file + "expect \"s\" { within = \"1s\" }"), "4:14: within stands with completes only");
  EXPECT_EQ(ErrorsOf("pool \"a\" pool \"b\"\nexpect \"s\" { D = \"txg_sync\" }"),
            "2:18: D = \"txg_sync\": there are several pools; write \"a/txg_sync\"");
}

TEST(ResolveErrorTest, ThreadsThatABodySpawnsMayBeExpected) {
  EXPECT_EQ(ErrorsOf("process \"p\" (function() spawn \"child\" (function() end) end)\n"
                     "expect \"s\" { D = { \"child\", \"child/2\" } }"),
            "");
  EXPECT_EQ(
      ErrorsOf(
          "process \"p\" (function() spawn \"child\" (function() end) end)\nexpect \"s\" { D = \"chidl\" }"),
      "2:18: D = \"chidl\": no thread of that name; accepted: p");
  // A computed name can be any.
  EXPECT_EQ(ErrorsOf("process \"p\" (function() for i = 1, 2 do spawn(\"c\" .. i) (function() end) end end)\n"
                     "expect \"s\" { D = \"c2\" }"),
            "");
}

TEST(ResolveErrorTest, NamesAreCheckedInTheArmThatIsJudged) {
  const std::string file =
      "local on = param(\"on\", false)\nif on then process \"extra\" (function() hang() end) end\n"
      "variant \"v\" { on = true }\nexpect \"s\" { on = \"v\", D = \"extra\" }\n";
  EXPECT_EQ(ErrorsOf(file), "");
  EXPECT_EQ(ErrorsOf(file, "v"), "");
  // Also where another arm is asked for.
  EXPECT_EQ(ErrorsOf(file + "expect \"t\" { on = \"v\", D = \"extr\" }"),
            "5:28: D = \"extr\": no thread of that name; did you mean \"extra\"?");
  EXPECT_EQ(ErrorsOf(file + "expect \"t\" { D = \"extra\" }"), "5:18: D = \"extra\": no thread of that name");
  // --set may take away what an expectation names; then it is not judged.
  ResolveOptions options = OptionsFor(file, "v");
  options.params = {{"on", "false"}};
  EXPECT_EQ(RenderErrors(Resolve(options).errors), "");
}

TEST(ResolveErrorTest, FaultsHaveOneActionAndOneTime) {
  EXPECT_THAT(ErrorsOf("fault { at = \"1s\" }"), StartsWith("1:1: fault needs an action: kill, stop, cont"));
  EXPECT_EQ(ErrorsOf("process \"p\" (function() end)\nfault { at = \"1s\", kill = \"p\", stop = \"p\" }"),
            "2:32: fault has one action; here are kill and stop");
  EXPECT_EQ(ErrorsOf("process \"p\" (function() end)\nfault { at = \"1s\", kill = \"p\", lasting = \"1s\" }"),
            "2:32: lasting: kill has no end");
  EXPECT_EQ(ErrorsOf("process \"p\" (function() end)\nfault { kill = \"p\" }"),
            "2:1: fault needs at = a time, or choice = a label, and not both");
}

TEST(ResolveErrorTest, LocksAndSyscallsThatNothingUsesAreReported) {
  EXPECT_EQ(ErrorsOf("mutex \"m\"\nlocal s = syscall \"s\" (function() end)\nprocess \"p\" (function() end)"),
            "1:7: mutex \"m\" is never used\n2:19: syscall \"s\" is never used");
  // Used by one arm is used.
  EXPECT_EQ(ErrorsOf("local m = mutex \"m\"\nlocal on = param(\"on\", false)\n"
                     "if on then kthread \"k\" (function() m:lock() end) end\nvariant \"v\" { on = true }"),
            "");
}

TEST(ResolveErrorTest, LocalsOfTheFileThatBodiesShareAreFound) {
  // Through a function that both call.
  EXPECT_EQ(ErrorsOf("local n = 0\nlocal function bump() n = n + 1 end\n"
                     "process \"a\" (function() bump() end)\nprocess \"b\" (function() bump() end)"),
            "2:23: \"n\" is assigned in \"a\" and read in \"b\": make it shared");
  // In a function inside the body.
  EXPECT_EQ(ErrorsOf("local n = 0\nprocess \"a\" (function() local f = function() n = 1 end f() end)\n"
                     "process \"b\" (function() compute(n) end)"),
            "2:46: \"n\" is assigned in \"a\" and read in \"b\": make it shared");
  EXPECT_EQ(ErrorsOf("local n = 0\nprocess \"a\" (function() n = 1 end)\n"
                     "expect \"it ran\" (function(run) return n == 1 end)"),
            "2:25: \"n\" is assigned in \"a\" and read in expect \"it ran\": use mark");
  // A body of its own may keep its own.
  EXPECT_EQ(ErrorsOf("local n = 0\nprocess \"a\" (function() n = n + 1 end)"), "");
  EXPECT_THAT(
      ErrorsOf("pool \"tank\"\nlocal n = 0\njob \"j\" (function(zfs) n = n + 1 end)"),
      HasSubstr(
          "3:24: \"n\" is assigned in \"j\" but declared outside of it: a job's body may be run more than "
          "once"));
  EXPECT_THAT(ErrorsOf("local n = 0\nlocal t = { bump = function() n = n + 1 end }\n"
                       "process \"a\" (function() t.bump() end)"),
              HasSubstr("2:31: \"n\" is assigned by a function that \"a\" finds in a table: make it shared"));
}

TEST(ResolveErrorTest, ParametersAreChecked) {
  EXPECT_EQ(ErrorsOf("param(\"n\", 1, { sweeep = \"1..8\" })"),
            "1:17: unknown key \"sweeep\" in param \"n\"; did you "
            "mean \"sweep\"?");
  EXPECT_EQ(ErrorsOf("param(\"n\", 1, { sweep = \"8..1\" })"),
            "1:25: sweep = \"8..1\": a range is \"1..8\", \"1..9+2\" or \"16..256*2\", rising");
  EXPECT_EQ(ErrorsOf("param(\"m\", \"c\", { choices = { \"a\", \"b\" } })"),
            "1:29: param \"m\": the default c is not among its choices");
  EXPECT_THAT(ErrorsOf("param(\"n\", {})"), HasSubstr("the default is a boolean, a number or a text"));
  ResolveOptions options =
      OptionsFor("param(\"cores\", 1)\nparam(\"m\", \"a\", { choices = { \"a\", \"bee\" } })");
  options.params = {{"core", "2"}, {"cores", "two"}, {"m", "be"}};
  const ResolveResult result = Resolve(options);
  ASSERT_EQ(result.errors.size(), 3u);
  EXPECT_EQ(result.errors[0].Render(), "t.lua: error: --set cores=two: a whole number is wanted");
  EXPECT_EQ(result.errors[1].Render(), "t.lua: error: --set m=be: accepted: a, bee; did you mean \"bee\"?");
  EXPECT_EQ(result.errors[2].Render(),
            "t.lua: error: --set core=2: no parameter \"core\"; did you mean \"cores\"?");
  EXPECT_EQ(ErrorsOf("param(\"n\", 1)\nvariant \"slow\" { n = 2 }", "slwo"),
            "0:0: no arm \"slwo\"; did you mean \"slow\"?");
}

TEST(ResolveErrorTest, KeywordsAndPositionsInsteadOfKeysAreErrors) {
  EXPECT_THAT(ErrorsOf("machine { 4 }"), HasSubstr("machine: the value 4 stands without a key"));
  EXPECT_THAT(ErrorsOf("param(\"n\", 1)\nvariant \"v\" { 2 }"),
              HasSubstr("the value 2 stands without a key"));
}

TEST(ResolveErrorTest, ErrorsOfTheLuaProgramHaveTheirLine) {
  EXPECT_EQ(ErrorsOf("local x = nil\nlocal y = x.z"), "2:11: attempt to index a nil value (local 'x')");
  EXPECT_EQ(ErrorsOf("local s = string.rep()"),
            "1:18: bad argument #1 to 'rep' (string expected, got no value)");
  EXPECT_EQ(ErrorsOf("error(EIO)"), "0:0: EIO was raised and nobody handled it");
  EXPECT_EQ(ErrorsOf("error({})"), "0:0: a table was raised as an error");
  EXPECT_EQ(ErrorsOf("local function f() return f() + 1 end f()"), "1:1: stack overflow");
}

}  // namespace
}  // namespace model
