// SPDX-License-Identifier: Apache-2.0
//
// What declarations become.
#include "model/script/declare/resolve.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/model/script/declare/resolve_testing.h"

namespace model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(ResolveTest, AnEmptyFileHasAMachineWithDefaults) {
  const auto loaded = MustResolve("");
  const MachineDecl& machine = loaded->scenario.machine;
  EXPECT_EQ(machine.cores, 4);
  EXPECT_EQ(machine.profile, "x86-64");
  EXPECT_EQ(machine.memory_bytes, int64_t{16} << 30);
  EXPECT_EQ(machine.scheduler, "eevdf");
  EXPECT_EQ(machine.preempt, "voluntary");
  EXPECT_FALSE(machine.blocking_spin);
  EXPECT_EQ(machine.hung_task_timeout_ns, 120'000'000'000);
  EXPECT_EQ(machine.stop_at_ns, 600'000'000'000);
  EXPECT_EQ(machine.slow_after_ns, 10'000'000'000);
  EXPECT_EQ(machine.laps, 1000);
  ASSERT_EQ(loaded->scenario.arms.size(), 1u);
  EXPECT_EQ(loaded->scenario.arms[0].name, "base");
}

TEST(ResolveTest, TheIdealMachineHasTheIdealProfile) {
  EXPECT_EQ(MustResolve("machine \"ideal\"")->scenario.machine.profile, "ideal");
  const auto loaded = MustResolve("machine \"ideal\" { cores = 2, hung_task_timeout = \"never\" }");
  EXPECT_EQ(loaded->scenario.machine.name, "ideal");
  EXPECT_EQ(loaded->scenario.machine.profile, "ideal");
  EXPECT_EQ(loaded->scenario.machine.cores, 2);
  EXPECT_EQ(loaded->scenario.machine.hung_task_timeout_ns, kForeverNs);
}

TEST(ResolveTest, ThreadsKeepKindProcessAndOrder) {
  const auto loaded = MustResolve(
      "local app = process \"app\" { at = \"1ms\", nice = -5, flags = \"io_flusher\" } (function() end)\n"
      "kthread(\"k\" .. 1) { idle = true } (function() end)\n"
      "app:thread \"t2\" { at = uniform(\"1ms\", \"2ms\") } (function() end)\n"
      "operator \"oncall\" { at = \"60s\" } (function() end)\n");
  const std::vector<ThreadDecl>& threads = loaded->scenario.threads;
  ASSERT_EQ(threads.size(), 4u);
  EXPECT_EQ(threads[0].at, DistributionDecl::Constant(1'000'000));
  EXPECT_EQ(threads[0].nice, -5);
  EXPECT_TRUE(threads[0].io_flusher);
  EXPECT_EQ(threads[1].name, "k1");
  EXPECT_TRUE(threads[1].idle);
  EXPECT_EQ(threads[2].process, 0);
  EXPECT_EQ(threads[2].at.kind, DistributionDecl::Kind::kUniform);
  EXPECT_EQ(threads[3].kind, ThingKind::kOperator);
  EXPECT_LT(threads[0].order, threads[1].order);
  EXPECT_LT(threads[2].order, threads[3].order);
  EXPECT_EQ(threads[1].pos, (SourcePos{2, 1}));
  EXPECT_EQ(loaded->host->body(threads[0].body).owner_text, "process \"app\"");
}

TEST(ResolveTest, LocksAndEventsTakeTheirOptions) {
  const auto loaded = MustResolve(
      "local a, b, c = mutex \"a\", rwsem \"b\" { fair = false }, semaphore \"c\" { count = 3 }\n"
      "local q = waitqueue \"q\" { by = { \"k\", \"outside\" } }\n"
      "local g, s = gate \"g\" { open = false }, shared \"s\" { value = false }\n"
      "local m = queue \"m\" { capacity = 8 }\n"
      "kthread \"k\" (function() a:lock() b:read() c:down() q:sleep() g:pass() s:get() m:get() end)\n");
  const std::vector<SyncDecl>& objects = loaded->scenario.sync_objects;
  ASSERT_EQ(objects.size(), 7u);
  EXPECT_FALSE(objects[1].fair);
  EXPECT_EQ(objects[2].count, 3);
  EXPECT_TRUE(objects[3].by.outside);
  EXPECT_THAT(objects[3].by.threads, ElementsAre("k"));
  EXPECT_FALSE(objects[4].open);
  EXPECT_FALSE(std::get<bool>(objects[5].value));
  EXPECT_EQ(objects[6].capacity, 8);
  EXPECT_EQ(loaded->host->Reachable(0).size(), 7u);
}

TEST(ResolveTest, CrossingsServersAndDevicesTakeTheirOptions) {
  const auto loaded = MustResolve(
      "local d = dispatcher \"d\" { width = 2 }\n"
      "local cb = callback \"cb\" { place = \"dispatcher\", dispatcher = d, wait = \"killable\", on_death = "
      "\"nothing\" }\n"
      "cb(function() return 1 end)\n"
      "local w = syscall \"w\" { restart = true } (function() cb() end)\n"
      "server \"fs\" { threads = 2, on_death = ECONNABORTED } (function(request) return request.op end)\n"
      "server \"far\" { remote = true }\n"
      "workers \"z\" { count = 2, max = 5 }\n"
      "device \"eth0\" { bandwidth = \"125MB/s\", service = exponential \"80us\", by = \"outside\" }\n"
      "file \"fd\" { release = function() compute \"1us\" end }\n"
      "process \"p\" (function() w() end)\n");
  const Scenario& scenario = loaded->scenario;
  EXPECT_EQ(scenario.callbacks[0].place, CallbackPlace::kDispatcher);
  EXPECT_EQ(scenario.callbacks[0].dispatcher, 0);
  EXPECT_EQ(scenario.callbacks[0].wait, WaitMode::kKillable);
  EXPECT_TRUE(scenario.callbacks[0].on_death.nothing);
  EXPECT_NE(scenario.callbacks[0].body, kNoBody);
  EXPECT_TRUE(scenario.syscalls[0].restart);
  EXPECT_EQ(scenario.servers[0].threads, 2);
  EXPECT_EQ(scenario.servers[0].on_death.error, 103);
  EXPECT_EQ(scenario.servers[0].wait, WaitMode::kKillable);
  EXPECT_EQ(scenario.workers[0].max, 5);
  EXPECT_EQ(*scenario.devices[0].bandwidth_bytes_per_s, 125'000'000);
  EXPECT_EQ(scenario.devices[0].depth, 32);
  EXPECT_TRUE(scenario.devices[0].by.outside);
  EXPECT_NE(scenario.files[0].release, kNoBody);
}

TEST(ResolveTest, PoolsHoldDatasetsSnapshotsAndTunables) {
  const auto loaded = MustResolve(
      "local tank = pool \"tank\" { disks = 4, dirty_data_max = \"1GiB\", zfs_delay_scale = 250000,\n"
      "  zfs_txg_timeout = \"7s\", disk = { service = \"1ms\", depth = 2 } }\n"
      "local vm = tank:filesystem \"a/vm\" { used = \"1GiB\", mounted = false, properties = { compression = "
      "\"off\" } }\n"
      "local s = vm:snapshot \"s\" { used = \"8MiB\", shared_with_next = \"4MiB\" }\n"
      "s:clone \"copy\"  s:hold \"keep\"  vm:bookmark \"b\"\n"
      "tank:volume \"v\" { size = \"10GiB\" }\n"
      "local scl = tank:lock \"SCL_STATE\"\n"
      "kthread \"k\" (function() scl:read() end)\n");
  const PoolDecl& pool = loaded->scenario.pools[0];
  EXPECT_EQ(pool.disks, 4);
  EXPECT_EQ(pool.disk.profile, "custom");
  EXPECT_EQ(pool.disk.service.a_ns, 1'000'000);
  EXPECT_EQ(pool.disk.depth, 2);
  std::set<std::pair<std::string, int64_t>> tunables;
  for (const TunableValue& tunable : pool.tunables) tunables.insert({tunable.name, tunable.value});
  EXPECT_THAT(tunables,
              ElementsAre(Pair("zfs_delay_scale", 250'000), Pair("zfs_dirty_data_max", int64_t{1} << 30),
                          Pair("zfs_txg_timeout", 7)));
  const std::vector<PoolItemDecl>& items = loaded->scenario.pool_items;
  ASSERT_EQ(items.size(), 6u);
  EXPECT_EQ(items[0].name, "tank/a/vm");
  EXPECT_FALSE(items[0].mounted);
  EXPECT_THAT(items[0].properties, ElementsAre(Pair("compression", "off")));
  EXPECT_EQ(items[1].name, "tank/a/vm@s");
  EXPECT_EQ(items[1].of, "tank/a/vm");
  EXPECT_EQ(items[1].shared_with_next_bytes, 4 << 20);
  EXPECT_EQ(items[2].kind, PoolItemKind::kClone);
  EXPECT_EQ(items[2].name, "tank/copy");
  EXPECT_EQ(items[2].of, "tank/a/vm@s");
  EXPECT_EQ(items[3].kind, PoolItemKind::kHold);
  EXPECT_EQ(items[3].name, "keep");
  EXPECT_EQ(items[4].name, "tank/a/vm#b");
  EXPECT_EQ(items[4].of, "tank/a/vm@s");
  EXPECT_EQ(items[5].size_bytes, int64_t{10} << 30);
  EXPECT_EQ(loaded->scenario.pool_locks[0].lock, "SCL_STATE");
}

TEST(ResolveTest, AnImportedPoolHasTheDatasetsOfTheListing) {
  const auto loaded = MustResolve(
      "pool \"tank\" { import = \"list.txt\" }\n"
      "writers \"w\" { rate = \"1MB/s\", dataset = \"tank/vm\" }\n");
  EXPECT_EQ(loaded->scenario.loads[0].dataset, "tank/vm");
  EXPECT_NE(loaded->scenario.pools[0].import_text.find("tank/vm"), std::string::npos);
  EXPECT_EQ(ErrorsOf("pool \"tank\" { import = \"list.txt\" }\n"
                     "writers \"w\" { rate = \"1MB/s\", dataset = \"tank/none\" }\n"),
            "2:41: dataset = \"tank/none\": no such dataset");
}

TEST(ResolveTest, LoadsAndJobsTakeTheirOptions) {
  const auto loaded = MustResolve(
      "local tank = pool \"tank\"\n"
      "writers \"db\" { count = 16, rate = \"200MB/s\", arrivals = \"poisson\", stop_at = \"5s\" }\n"
      "readers \"web\" { arrivals = \"closed\", dataset = tank }\n"
      "job \"prune\" { at = \"2s\", think = \"10ms\", every = \"1s\", design = \"callback\",\n"
      "  ioctl = { read_batch = 8 }, callback = { lock = \"config\", wait = \"killable\" },\n"
      "  channel_tx = { lease = \"500ms\", own = \"overlay\" }, pipeline = { batch = 3 } } (function(zfs) "
      "end)\n");
  const std::vector<LoadDecl>& loads = loaded->scenario.loads;
  EXPECT_EQ(loads[0].rate->per_second, 200'000'000);
  EXPECT_EQ(loads[0].arrivals, Arrivals::kPoisson);
  EXPECT_EQ(loads[0].stop_at_ns, 5'000'000'000);
  EXPECT_EQ(loads[0].dataset, "tank");
  EXPECT_EQ(loads[0].pool, 0);
  EXPECT_TRUE(loads[1].reads);
  EXPECT_FALSE(loads[1].rate.has_value());
  const JobDecl& job = loaded->scenario.jobs[0];
  EXPECT_EQ(job.design, DesignDecl::kCallback);
  EXPECT_EQ(job.think.a_ns, 10'000'000);
  EXPECT_EQ(job.every->a_ns, 1'000'000'000);
  EXPECT_EQ(job.options.ioctl.read_batch, 8);
  EXPECT_TRUE(job.options.ioctl.prefetch);
  EXPECT_TRUE(job.options.callback.config_lock);
  EXPECT_EQ(job.options.callback.wait, WaitMode::kKillable);
  EXPECT_EQ(job.options.channel_tx.lease_ns, 500'000'000);
  EXPECT_TRUE(job.options.channel_tx.overlay);
  EXPECT_EQ(job.options.pipeline.batch, 3);
}

TEST(ResolveTest, AJobWithoutADesignDeclaresTheParameter) {
  const std::string text =
      "pool \"tank\"\njob \"j\" (function(zfs) end)\nvariant \"old\" { design = \"ioctl\" }\n";
  const auto base = MustResolve(text);
  EXPECT_EQ(base->scenario.jobs[0].design, DesignDecl::kChannelTx);
  ASSERT_EQ(base->scenario.params.size(), 1u);
  EXPECT_TRUE(base->scenario.params[0].implicit);
  EXPECT_EQ(MustResolve(text, "old")->scenario.jobs[0].design, DesignDecl::kIoctl);
}

TEST(ResolveTest, ArmsSetParametersAndSetOverridesThem) {
  const std::string text =
      "local n = param(\"n\", 1, { sweep = \"1..9+2\", help = \"how many\" })\n"
      "local mode = param(\"mode\", \"a\", { choices = { \"a\", \"b\" } })\n"
      "machine { cores = n }\n"
      "variant \"two\" { n = 2 }\n"
      "fix \"b\" { mode = \"b\", n = 3 }\n";
  EXPECT_EQ(MustResolve(text)->scenario.machine.cores, 1);
  const auto two = MustResolve(text, "two");
  EXPECT_EQ(two->scenario.machine.cores, 2);
  EXPECT_EQ(two->scenario.arm_kind, ArmKind::kVariant);
  EXPECT_EQ(two->scenario.arms.size(), 3u);
  EXPECT_THAT(two->scenario.params[0].sweep,
              ElementsAre(ParamValue(int64_t{1}), ParamValue(int64_t{3}), ParamValue(int64_t{5}),
                          ParamValue(int64_t{7}), ParamValue(int64_t{9})));
  ResolveOptions options = OptionsFor(text, "two");
  options.params = {{"n", "7"}};
  const ResolveResult result = Resolve(options);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result.loaded->scenario.machine.cores, 7);
  EXPECT_TRUE(result.loaded->scenario.params_overridden);
  // What the arm has anyway is no change.
  options.params = {{"n", "2"}};
  EXPECT_FALSE(Resolve(options).loaded->scenario.params_overridden);
}

TEST(ResolveTest, FaultsNameTheirTargets) {
  const auto loaded = MustResolve(
      "local tank = pool \"tank\"\n"
      "local p = process \"p\" (function() hang() end)\n"
      "fault { at = \"1s\", kill = p }\n"
      "fault { choice = \"power\", stop = \"p\", lasting = \"2s\" }\n"
      "fault { at = exponential \"1s\", error = { tank, EIO } }\n"
      "fault { at = \"1s\", signal = { \"USR1\", \"p\" } }\n"
      "fault { at = \"1s\", slow = { \"tank\", 10 } }\n"
      "fault { at = \"1s\", call = function() sh \"zpool clear tank\" end }\n");
  const std::vector<FaultDecl>& faults = loaded->scenario.faults;
  EXPECT_EQ(faults[0].target, (ThingRef{ThingKind::kProcess, 0}));
  EXPECT_EQ(faults[0].lasting_ns, kForeverNs);
  EXPECT_EQ(faults[1].choice, "power");
  EXPECT_FALSE(faults[1].at.has_value());
  EXPECT_EQ(faults[1].lasting_ns, 2'000'000'000);
  EXPECT_EQ(faults[2].action, FaultAction::kError);
  EXPECT_EQ(faults[2].error, 5);
  EXPECT_EQ(faults[2].target.kind, ThingKind::kPool);
  EXPECT_EQ(faults[3].signal, "USR1");
  EXPECT_EQ(faults[4].factor, 10);
  EXPECT_NE(faults[5].call, kNoBody);
}

TEST(ResolveTest, ExpectationsAreTyped) {
  const auto loaded = MustResolve(
      "process \"p\" (function() hang() end)\nlocal p2 = process \"p2\" (function() hang() end)\n"
      "variant \"v\" { n = 2 }\nparam(\"n\", 1)\n"
      "expect \"one\" { at = \"3s\", verdict = \"external\", D = \"p\", S = { p2, \"p\" }, freed_by = {} }\n"
      "expect \"two\" { on = { \"base\", \"v\" } } (function(run) return run.verdict == \"x\" end)\n"
      "expect \"three\" { on = \"all\", completes = \"p\", within = \"2s\" }\n"
      "expect \"four\" { on = \"explore\", deviations = 1 }\n");
  const std::vector<ExpectDecl>& expects = loaded->scenario.expects;
  EXPECT_EQ(expects[0].at_ns, 3'000'000'000);
  EXPECT_THAT(expects[0].arms, ElementsAre("base"));
  EXPECT_THAT(expects[0].states, ElementsAre(Pair("D", ElementsAre("p")), Pair("S", ElementsAre("p2", "p"))));
  EXPECT_THAT(*expects[0].freed_by, IsEmpty());
  EXPECT_FALSE(expects[0].not_freed_by.has_value());
  EXPECT_TRUE(expects[1].JudgesArm("v"));
  EXPECT_FALSE(expects[1].JudgesArm("w"));
  EXPECT_TRUE(expects[2].JudgesArm("w"));
  EXPECT_EQ(expects[2].within_ns, 2'000'000'000);
  EXPECT_TRUE(expects[3].on_explore);
  EXPECT_FALSE(expects[3].JudgesArm("base"));
  EXPECT_EQ(loaded->scenario.LatestExpectNs(), 3'000'000'000);
}

TEST(ResolveTest, RandomNumbersOfTheFileDependOnSeedAndNameOnly) {
  const auto draw = [](uint64_t seed, const std::string& before) {
    ResolveOptions options = OptionsFor(before +
                                        "local dice = rng \"dice\"\nfor i = 1, 3 do\n"
                                        "process(\"p\" .. dice:integer(1, 1000000)) (function() end) end\n");
    options.seed = seed;
    const ResolveResult result = Resolve(options);
    EXPECT_TRUE(result.ok()) << RenderErrors(result.errors);
    EXPECT_EQ(result.loaded->scenario.rngs.back().draws, 3);
    return result.loaded->scenario.threads[0].name;
  };
  EXPECT_EQ(draw(1, ""), draw(1, ""));
  EXPECT_EQ(draw(1, ""), draw(1, "local other = rng \"other\" other:integer(1, 6)\n"));
  EXPECT_NE(draw(1, ""), draw(2, ""));
}

TEST(ResolveTest, AByteOrderMarkAndAFirstLineForTheShellArePassedOver) {
  EXPECT_NE(MustResolve("\xef\xbb\xbf#!/usr/bin/env txgsim run\r\nmachine { cores = 2 }\r\n"), nullptr);
  EXPECT_EQ(ErrorsOf("#!/usr/bin/env txgsim\nmachine { cores = 0 }"), "2:19: cores = 0: at least 1");
  EXPECT_NE(MustResolve("#!only"), nullptr);
}

TEST(ResolveTest, ThingsPrintKindAndNameAndAreEqualToThemselves) {
  const auto loaded = MustResolve(
      "local m = mutex \"m\"\nlocal t = { [m] = 1 }\n"
      "assert(tostring(m) == 'mutex \"m\"' and t[m] == 1)\n"
      "assert(tostring(uniform(\"1ms\", \"2ms\")) == 'uniform(\"1ms\", \"2ms\")')\n"
      "assert(duration \"5ms\" == 5000000 and bytes \"1KiB\" == 1024 and rate \"1kB/s\" == 1000)\n"
      "kthread \"k\" (function() m:lock() end)\n");
  ASSERT_NE(loaded, nullptr);
}

// The shipped scenarios, as far as they are there, resolve in every arm.
TEST(ResolveTest, ShippedScenariosResolveInEveryArm) {
  const std::filesystem::path folder = std::filesystem::path(TXGSIM_SOURCE_DIR) / "scenarios";
  std::set<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".lua") files.insert(entry.path());
  }
  for (const std::filesystem::path& file : files) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    ResolveOptions options;
    options.file = file.filename().string();
    options.text = text.str();
    options.read_file = [&](std::string_view name) -> std::optional<std::string> {
      for (const std::filesystem::path& place : {file.parent_path(), folder / "data", folder}) {
        std::ifstream data(place / name);
        if (!data) continue;
        std::ostringstream contents;
        contents << data.rdbuf();
        return contents.str();
      }
      return std::nullopt;
    };
    const ResolveResult base = Resolve(options);
    for (const ScenarioError& error : base.errors) {
      EXPECT_NE(error.text.find("not built yet"), std::string::npos) << error.Render();
    }
    if (!base.ok()) continue;
    for (const ArmDecl& arm : base.arms) {
      options.arm = arm.name;
      const ResolveResult result = Resolve(options);
      EXPECT_TRUE(result.ok()) << arm.name << "\n" << RenderErrors(result.errors);
    }
  }
}

}  // namespace
}  // namespace model
