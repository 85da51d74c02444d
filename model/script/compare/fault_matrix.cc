// SPDX-License-Identifier: Apache-2.0
#include "model/script/compare/fault_matrix.h"

#include <algorithm>

#include "fmt/format.h"
#include "model/script/compare/done.h"
#include "model/script/run/pool.h"
#include "model/script/run/world.h"
#include "sim/check.h"

namespace model {
namespace {

constexpr FaultKind kFaultKinds[] = {
    {"client_killed", "client killed"},
    {"client_stopped", "client stopped"},
    {"client_loops", "client loops for ever"},
    {"client_slow_1ms", "client slow, 1 ms a call"},
    {"client_slow_1s", "client slow, 1 s a call"},
    {"callback_server_dies", "callback's server killed"},
    {"device_stalls_10s", "disks stall for 10 s"},
    {"device_stalls", "disks stall for ever"},
    {"pool_suspended", "disks gone, pool suspended"},
    {"workers_exhausted", "worker pool exhausted"},
    {"limit_hit", "limit hit half-way"},
    {"second_admin", "a second administrator"},
    {"program_dry_run", "zfs program -n for 10 s"},
    {"client_writes", "client fills the pool"},
    {"file_inherited", "killed, a child has the file"},
    {"owner_swapped_out", "client swaps to the pool"},
    {"power_cut_before", "power cut before Commit"},
    {"power_cut_in", "power cut in Commit"},
    {"power_cut_after", "power cut after Commit"},
};

// Somewhere in the body, between two of its steps or in one.
int64_t Middle(int64_t from, int64_t to) { return from + (to - from) / 2; }

// What is added to the text of a file that may have locals with the names of words (so _ENV), and things with
// any name but these.
constexpr const char* kSecondAdministrator = "fault:second_admin";
constexpr const char* kDryRun = "fault:dry_run";
constexpr const char* kServer = "fault:callback_server";

std::string FaultText(int64_t at_ns, std::string_view action) {
  return fmt::format("_ENV.fault {{ at = \"{}ns\", {} }}\n", at_ns, action);
}

// Enough to reach the dirty limit, whatever a sync frees meanwhile.
int64_t MoreThanDirty(const JobTiming& timing) { return timing.dirty_data_max / 4 * 5; }

// Six snapshots of its own: each waits for a txg.
std::string SecondAdministrator(const JobTiming& timing) {
  return fmt::format(
      "_ENV.operator \"{}\" {{ at = \"{}ns\" }} (function()\n"
      "  for i = 1, 6 do _ENV.sh(\"zfs snapshot {}@second_admin\" .. i) end\n"
      "end)\n",
      kSecondAdministrator, Middle(timing.start_ns, timing.last_step_ns), timing.pool);
}

int64_t JustBefore(const JobTiming& timing) { return std::max<int64_t>(timing.start_ns - 1'000'000, 0); }

// Holds the config lock as reader while it runs, and begins just before the job.
std::string DryRun(const JobTiming& timing) {
  return fmt::format(
      "_ENV.job \"{}\" {{ at = \"{}ns\", design = \"program\", program = {{ sync = false }} }} "
      "(function(zfs)\n"
      "  zfs.exists(\"{}\")\n"
      "  _ENV.compute \"10s\"\n"
      "end)\n",
      kDryRun, JustBefore(timing), timing.pool);
}

// The only threads that callbacks run on are taken for good, just before the job needs them.
std::string CrowdedDispatcher(const JobTiming& timing) {
  return fmt::format(
      "local crowded = _ENV.dispatcher \"fault:crowded\" {{ width = 2, limit = 2 }}\n"
      "_ENV.process \"fault:crowd\" {{ at = \"{}ns\" }} (function()\n"
      "  for i = 1, 2 do crowded:async(function() _ENV.hang() end) end\n"
      "end)\n",
      JustBefore(timing));
}

}  // namespace

std::span<const FaultKind> FaultKinds() { return kFaultKinds; }

JobTiming TimingOf(World& world) {
  JobTiming timing;
  const Job* job = world.pools().jobs().front().get();
  if (job == nullptr || job->pool() == nullptr) return timing;
  const JobFigures& figures = job->figures();
  timing.ended = figures.ended;
  timing.start_ns = figures.start.ns();
  timing.end_ns = figures.end.ns();
  // Without a change, what it does last is reading.
  const bool changes =
      std::any_of(figures.exchanges.begin(), figures.exchanges.end(),
                  [](const JobFigures::Exchange& one) { return one.call.kind == CallKind::kSync; });
  timing.last_step_ns =
      changes ? std::clamp(figures.last_step.ns(), timing.start_ns, timing.end_ns) : timing.end_ns;
  timing.calls = static_cast<int64_t>(figures.exchanges.size());
  timing.pool = job->pool()->name();
  timing.dirty_data_max = job->pool()->tunables().zfs_dirty_data_max;
  timing.instructions = figures.instructions;
  return timing;
}

std::optional<Injection> Inject(std::string_view fault, DesignDecl design, const Scenario& scenario,
                                const JobTiming& timing) {
  const std::string& job = scenario.jobs.front().name;
  const int64_t middle = Middle(timing.start_ns, timing.last_step_ns);
  const auto strike = [](int64_t at, std::string_view action) {
    return Injection{.text = FaultText(at, action), .disturbance = {}};
  };
  const auto add = [](std::string text) { return Injection{.text = std::move(text), .disturbance = {}}; };
  const auto change = [](JobDisturbance disturbance) {
    return Injection{.text = {}, .disturbance = std::move(disturbance)};
  };
  const auto client = [&](ClientFault::Kind kind, int64_t bytes = 0) {
    return change({.client_fault = ClientFault{
                       .kind = kind, .at_call = timing.calls / 2, .bytes = bytes, .pool = timing.pool}});
  };
  const bool callback = design == DesignDecl::kCallback;
  const bool program = design == DesignDecl::kProgram;
  if (fault == "client_killed") return strike(middle, fmt::format("kill = \"{}\"", job));
  if (fault == "client_stopped") return strike(middle, fmt::format("stop = \"{}\"", job));
  if (fault == "client_loops") return client(ClientFault::Kind::kLoops);
  if (fault == "client_slow_1ms") return change({.think_ns = 1'000'000});
  if (fault == "client_slow_1s") return change({.think_ns = 1'000'000'000});
  if (fault == "callback_server_dies" && callback) {
    Injection injection = add(fmt::format("_ENV.dispatcher \"{}\" {{}}\n", kServer) +
                              FaultText(middle, fmt::format("kill = \"{}\"", kServer)));
    injection.disturbance.callback_place = UpcallPlace::kDispatcher;
    return injection;
  }
  if (fault == "device_stalls_10s")
    return strike(middle, fmt::format("stall = \"{}\", lasting = \"10s\"", timing.pool));
  if (fault == "device_stalls") return strike(middle, fmt::format("stall = \"{}\"", timing.pool));
  if (fault == "pool_suspended") return strike(middle, fmt::format("offline = \"{}\"", timing.pool));
  if (fault == "workers_exhausted" && callback) {
    Injection injection = add(CrowdedDispatcher(timing));
    injection.disturbance.callback_place = UpcallPlace::kDispatcher;
    return injection;
  }
  if (fault == "workers_exhausted" && design == DesignDecl::kRing) return change({.ring_workers = 1});
  if (fault == "limit_hit" && program)
    return change({.program_instructions = std::max<int64_t>(timing.instructions / 2, 1)});
  if (fault == "second_admin") return add(SecondAdministrator(timing));
  if (fault == "program_dry_run") return add(DryRun(timing));
  // A program does not act beside its calls.
  if (fault == "client_writes" && !program) return client(ClientFault::Kind::kWrites, MoreThanDirty(timing));
  if (fault == "file_inherited" && design == DesignDecl::kChannelTx) return client(ClientFault::Kind::kForks);
  if (fault == "owner_swapped_out" && !program)
    return client(ClientFault::Kind::kSwappedOut, MoreThanDirty(timing));
  if (fault == "power_cut_before") return strike(middle, "power_cut = true");
  if (fault == "power_cut_in") return strike(Middle(timing.last_step_ns, timing.end_ns), "power_cut = true");
  if (fault == "power_cut_after") return strike(timing.end_ns, "power_cut = true");
  return std::nullopt;
}

namespace {

int64_t SumOfLoads(const ResultValue& run, std::string_view figure) {
  int64_t sum = 0;
  const ResultValue* loads = run.Find("loads");
  if (loads == nullptr) return 0;
  for (const auto& [name, load] : loads->fields()) {
    if (const ResultValue* value = load.Find(figure)) sum += value->integer();
  }
  return sum;
}

ResultValue CellOf(const Scenario& scenario, const RunOutcome& outcome, const DoneCount& done) {
  const ResultValue& run = outcome.result;
  ResultValue cell = ResultValue::Object();
  const auto take = [&](const ResultValue& from, std::string_view key, std::string_view as) {
    const ResultValue* value = from.Find(key);
    cell.Set(as, value != nullptr ? *value : ResultValue());
  };
  take(run, "verdict", "verdict");
  take(run, "subkind", "subkind");
  bool frozen = false;
  for (const auto& [name, pool] : run.Find("pools")->fields()) {
    const ResultValue* value = pool.Find("frozen");
    frozen = frozen || (value != nullptr && value->flag());
  }
  cell.Set("frozen", frozen);
  const ResultValue* hung = run.Find("hung_set");
  cell.Set("stuck", hung != nullptr ? static_cast<int64_t>(hung->items().size()) : int64_t{0});
  if (const ResultValue* job = run.Find("jobs")->Find(scenario.jobs.front().name)) {
    take(*job, "result_text", "result");
    take(*job, "latency_ns", "latency_ns");
    take(*job, "kill_to_exit_ns", "kill_to_exit_ns");
  }
  // Of whom the fault brought along.
  for (const char* kind : {"processes", "jobs"}) {
    for (const char* name : {kSecondAdministrator, kDryRun}) {
      const ResultValue* other = run.Find(kind)->Find(name);
      if (other != nullptr) take(*other, "latency_ns", "other_latency_ns");
    }
  }
  cell.Set("done", done.done);
  cell.Set("of", done.of);
  cell.Set("not_counted", done.not_counted);
  cell.Set("stall_ns", SumOfLoads(run, "stall_ns"));
  take(run, "freed_by", "freed_by");
  take(run, "digest", "digest");
  return cell;
}

struct Cell {
  std::vector<ScenarioError> errors;
  bool interrupted = false;
  ResultValue value;  // Null: nothing to strike.
};

Cell RunCell(const Scenario& scenario, const DatasetTree& start, const DirectRun& direct,
             const MatrixOptions& options, const std::string& fault, size_t design) {
  Cell cell;
  if (options.run.interrupted != nullptr && options.run.interrupted->load(std::memory_order_relaxed)) {
    cell.interrupted = true;
    return cell;
  }
  if (!options.timings[design].ended) return cell;
  const std::optional<Injection> injection =
      Inject(fault, options.designs[design], scenario, options.timings[design]);
  if (!injection) return cell;
  ResolveResult resolved = options.load(injection->text);
  if (!resolved.ok()) {
    cell.errors = std::move(resolved.errors);
    return cell;
  }
  RunOptions run = options.run;
  run.design = options.designs[design];
  run.design_jobs = scenario.jobs.size();
  run.disturbance = injection->disturbance;
  run.judge = false;
  run.diagnose = options.diagnose;
  DoneCount done;
  run.at_end = [&](World& world) {
    const Pool* pool = world.pools().module().FindPool(options.timings[design].pool);
    if (pool == nullptr) return;
    if (!world.halted()) {
      // With the disks gone for good the tree in memory is not what is on them.
      if (fault != "device_stalls" && fault != "pool_suspended")
        done = CountDone(start, direct, pool->tree());
      return;
    }
    const RecoveredPool recovered = pool->Recover();
    if (recovered.tree) done = CountDone(start, direct, *recovered.tree);
  };
  const RunOutcome outcome = RunScenario(resolved.loaded.get(), run);
  if (outcome.error) cell.errors.push_back(*outcome.error);
  cell.interrupted = outcome.interrupted;
  if (!outcome.error && !outcome.interrupted) cell.value = CellOf(scenario, outcome, done);
  return cell;
}

}  // namespace

MatrixOutcome RunMatrix(const Scenario& scenario, const DatasetTree& start, const DirectRun& direct,
                        const MatrixOptions& options) {
  SIM_CHECK(options.timings.size() == options.designs.size());
  const sim::SerialRunner serial;
  const sim::Runner& runner = options.runner != nullptr ? *options.runner : serial;
  const size_t columns = options.designs.size();
  std::vector<Cell> cells = runner.Map<Cell>(options.faults.size() * columns, [&](size_t, size_t number) {
    return RunCell(scenario, start, direct, options, options.faults[number / columns], number % columns);
  });
  MatrixOutcome outcome;
  outcome.faults = ResultValue::Object();
  for (size_t row = 0; row < options.faults.size(); ++row) {
    const auto kind = std::find_if(std::begin(kFaultKinds), std::end(kFaultKinds),
                                   [&](const FaultKind& k) { return k.name == options.faults[row]; });
    SIM_CHECK(kind != std::end(kFaultKinds));
    ResultValue designs = ResultValue::Object();
    for (size_t column = 0; column < columns; ++column) {
      Cell& cell = cells[row * columns + column];
      if (!cell.errors.empty()) {
        outcome.error = std::move(cell.errors.front());
        return outcome;
      }
      outcome.interrupted = outcome.interrupted || cell.interrupted;
      designs.Set(DesignDeclName(options.designs[column]), std::move(cell.value));
    }
    ResultValue entry = ResultValue::Object();
    entry.Set("what", kind->what);
    entry.Set("designs", std::move(designs));
    outcome.faults.Set(kind->name, std::move(entry));
  }
  return outcome;
}

}  // namespace model
