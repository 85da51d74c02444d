// SPDX-License-Identifier: Apache-2.0
#include "model/script/run/result.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "model/script/run/pool.h"
#include "model/watch/ps.h"

namespace model {
namespace {

ResultValue Texts(const std::vector<std::string>& texts) {
  ResultValue list = ResultValue::Array();
  for (const std::string& text : texts) list.Append(text);
  return list;
}

ResultValue Names(const std::vector<const Thread*>& threads) {
  ResultValue list = ResultValue::Array();
  for (const Thread* thread : threads) list.Append(thread->name());
  return list;
}

// Null where there is none: a name is never empty.
ResultValue NameOrNull(const std::string& name) { return name.empty() ? ResultValue() : ResultValue(name); }

ResultValue ParamsResult(const Scenario& scenario) {
  ResultValue params = ResultValue::Object();
  for (const ParamDecl& param : scenario.params) params.Set(param.name, ResultValue::FromParam(param.value));
  return params;
}

// `only`: of these threads; empty: of all.
void AddThreads(const Machine& machine, const std::vector<const Thread*>& only, ResultValue* result) {
  ResultValue threads = ResultValue::Array();
  ResultValue waits = ResultValue::Array();
  std::vector<PsRow> rows;
  if (only.empty()) {
    rows = Ps(machine);
  } else {
    for (const Thread* thread : only) rows.push_back(PsRowOf(*thread));
  }
  for (const PsRow& row : rows) {
    ResultValue& thread = threads.Append(ResultValue::Object());
    thread.Set("name", row.comm);
    thread.Set("pid", row.pid);
    thread.Set("state", std::string(1, row.state));
    thread.Set("killable", row.killable);
    thread.Set("since_ns", row.since.ns());
    thread.Set("wchan", row.wchan);
    thread.Set("stack", Texts(row.stack));
    thread.Set("waits_on", NameOrNull(row.waits_on));
    if (row.waits_on.empty()) continue;
    ResultValue& wait = waits.Append(ResultValue::Object());
    wait.Set("waiter", row.comm);
    wait.Set("on", row.waits_on);
    wait.Set("holder", NameOrNull(row.holder));
    wait.Set("more_holders", row.more_holders);
    wait.Set("queued_behind", NameOrNull(row.queued_behind));
    wait.Set("lock", row.on_lock);
  }
  result->Set("threads", std::move(threads));
  result->Set("waits", std::move(waits));
}

ResultValue TriedResult(const Diagnosis* diagnosis) {
  if (diagnosis == nullptr) return ResultValue();
  ResultValue list = ResultValue::Array();
  for (const Action& action : diagnosis->tried) list.Append(ActionText(action));
  return list;
}

ResultValue FreedByResult(const Diagnosis* diagnosis, const std::vector<const Thread*>& of) {
  if (diagnosis == nullptr) return ResultValue();
  ResultValue list = ResultValue::Array();
  for (const FreedBy& freed : diagnosis->freed_by) {
    ResultValue frees = ResultValue::Array();
    for (const std::string& name : freed.frees) {
      const bool of_these =
          std::any_of(of.begin(), of.end(), [&](const Thread* t) { return t->name() == name; });
      if (of_these) frees.Append(name);
    }
    if (frees.items().empty()) continue;
    ResultValue& entry = list.Append(ResultValue::Object());
    entry.Set("action", ActionText(freed.action));
    entry.Set("frees", std::move(frees));
  }
  return list;
}

ResultValue HangsResult(const Judgement& judgement, const Diagnosis* diagnosis) {
  ResultValue hangs = ResultValue::Array();
  for (const HangVerdict& hang : judgement.hangs) {
    ResultValue& entry = hangs.Append(ResultValue::Object());
    entry.Set("verdict", VerdictName(hang.verdict));
    entry.Set("subkind", hang.subkind);
    entry.Set("hung_set", Names(hang.threads));
    entry.Set("root", NameOrNull(hang.root.name));
    entry.Set("cycle", Texts(hang.cycle));
    entry.Set("freed_by", FreedByResult(diagnosis, hang.threads));
  }
  return hangs;
}

std::string_view EndName(const ChainFrom& chain) {
  switch (chain.end) {
    case ChainEnd::kCycle:
      return "cycle";
    case ChainEnd::kJoins:
      return "joins";
    case ChainEnd::kProgresses:
      return "progresses";
    case ChainEnd::kUndecided:
      return "runs_for_ever";
    case ChainEnd::kRoot:
      break;
  }
  static constexpr std::array<std::string_view, 9> kRoots = {
      "none", "stopped", "endless_loop", "silent", "not_begun", "livelock", "outside", "dead_owner", "lost"};
  return kRoots[static_cast<size_t>(chain.root)];
}

// Steps of threads only: what an I/O or a request waits for in its turn is its device's business.
ResultValue ChainsResult(const std::vector<ChainFrom>& chains) {
  ResultValue list = ResultValue::Array();
  for (const ChainFrom& chain : chains) {
    ResultValue& entry = list.Append(ResultValue::Object());
    entry.Set("of", Names(chain.threads));
    ResultValue steps = ResultValue::Array();
    for (const ChainStep& step : chain.steps) {
      if (step.thread == nullptr) continue;
      ResultValue& link = steps.Append(ResultValue::Object());
      link.Set("who", step.who);
      link.Set("on", NameOrNull(step.on));
      link.Set("lock", step.on_lock);
      link.Set("holders", Texts(step.holders));
      link.Set("queued", Texts(step.queued));
    }
    entry.Set("steps", std::move(steps));
    entry.Set("end", EndName(chain));
    entry.Set("joins", NameOrNull(chain.joins));
  }
  return list;
}

// The hung set, or else who is blocked for long, or by something that nothing is known of.
std::vector<const Thread*> Victims(const Judgement& judgement) {
  if (!judgement.hung.empty()) return judgement.hung.threads();
  return !judgement.slow.empty() ? judgement.slow : judgement.hung.undecided();
}

void AddVerdict(const Judgement& judgement, ResultValue* result) {
  result->Set("verdict", VerdictName(judgement.verdict));
  result->Set("subkind", judgement.subkind);
}

void AddHang(const Judgement& judgement, const Diagnosis* diagnosis, ResultValue* result) {
  const std::vector<const Thread*> victims = Victims(judgement);
  result->Set("hung_set", Names(judgement.hung.threads()));
  result->Set("victims", Names(victims));
  result->Set("root", NameOrNull(judgement.root));
  result->Set("cycle", Texts(judgement.cycle));
  result->Set("chains", ChainsResult(judgement.hung.Chains(victims)));
  result->Set("freed_by", FreedByResult(diagnosis, judgement.hung.threads()));
  result->Set("tried", TriedResult(diagnosis));
  result->Set("hangs", HangsResult(judgement, diagnosis));
}

ResultValue ReportsResult(const Detector& detector, DetectorKind kind) {
  ResultValue reports = ResultValue::Array();
  for (const DetectorReport& report : detector.reports()) {
    if (report.kind != kind) continue;
    ResultValue& entry = reports.Append(ResultValue::Object());
    entry.Set("at_ns", report.at.ns());
    entry.Set("thread", report.thread->name());
    entry.Set("text", report.text);
  }
  return reports;
}

// What the run waited for, and what had not ended when it did. Names: of jobs, processes and operators; where
// there are none, of kernel threads.
ResultValue NotEndedResult(World& world) {
  std::vector<std::string> processes, kthreads;
  const Scenario& scenario = world.scenario();
  const std::vector<std::unique_ptr<Job>>& jobs = world.pools().jobs();
  for (size_t i = 0; i < jobs.size(); ++i) {
    if (jobs[i] == nullptr || !jobs[i]->process()->ended()) processes.push_back(scenario.jobs[i].name);
  }
  bool kthreads_only = jobs.empty();
  for (size_t i = 0; i < scenario.threads.size(); ++i) {
    const ThreadDecl& decl = scenario.threads[i];
    const Thread* thread = world.DeclaredThread(static_cast<int32_t>(i));
    if (decl.kind == ThingKind::kKthread) {
      if (!decl.idle && (thread == nullptr || !thread->ended())) kthreads.push_back(decl.name);
      continue;
    }
    kthreads_only = false;
    if (decl.kind == ThingKind::kThread) continue;  // Its process stands for it.
    if (thread == nullptr || !thread->process()->ended()) processes.push_back(decl.name);
  }
  return Texts(kthreads_only ? kthreads : processes);
}

ResultValue HaltedResult(const World& world) {
  if (!world.halted()) return ResultValue();
  ResultValue halted = ResultValue::Object();
  halted.Set("at_ns", world.halted()->at.ns());
  halted.Set("kind", world.halted()->kind);
  halted.Set("text", world.halted()->text);
  return halted;
}

ResultValue OutputResult(const World& world) {
  ResultValue list = ResultValue::Array();
  for (const World::CommandOutput& one : world.command_output) {
    ResultValue& entry = list.Append(ResultValue::Object());
    entry.Set("at_ns", one.at.ns());
    entry.Set("by", one.by);
    entry.Set("command", one.line.empty() ? ResultValue() : ResultValue(one.line));
    entry.Set("exit_code", one.line.empty() ? ResultValue() : ResultValue(one.exit_code));
    entry.Set("text", one.output);
  }
  return list;
}

}  // namespace

std::optional<ResultValue> BuildJudged(World& world, const Judgement& judgement, const Diagnosis* diagnosis) {
  std::vector<const Thread*> threads = Victims(judgement);
  if (threads.empty()) return std::nullopt;
  for (const ChainFrom& chain : judgement.hung.Chains(threads)) {
    for (const ChainStep& step : chain.steps) {
      if (step.thread != nullptr) threads.push_back(step.thread);
    }
  }
  std::sort(threads.begin(), threads.end(),
            [](const Thread* a, const Thread* b) { return a->tid() < b->tid(); });
  threads.erase(std::unique(threads.begin(), threads.end()), threads.end());
  ResultValue judged = ResultValue::Object();
  judged.Set("at_ns", world.now().ns());
  AddVerdict(judgement, &judged);
  AddHang(judgement, diagnosis, &judged);
  AddThreads(world.machine(), threads, &judged);
  return judged;
}

ResultValue BuildResult(World& world, const Detector& detector, const Judgement& judgement,
                        const Diagnosis* diagnosis) {
  const Scenario& scenario = world.scenario();
  ResultValue result = ResultValue::Object();
  result.Set("schema", "txgsim.result/1");
  result.Set("scenario", scenario.file);
  result.Set("arm", scenario.arm);
  result.Set("seed", static_cast<int64_t>(world.options().seed));
  ResultValue params = ParamsResult(scenario);
  if (world.options().design) params.Set("design", DesignDeclName(*world.options().design));
  result.Set("params", std::move(params));
  result.Set("digest", ResultValue());
  AddVerdict(judgement, &result);
  result.Set("held", ResultValue());
  result.Set("halted", HaltedResult(world));
  result.Set("not_ended", NotEndedResult(world));
  result.Set("end_ns", world.now().ns());
  result.Set("events", static_cast<int64_t>(world.simulation().events()));
  AddThreads(world.machine(), {}, &result);
  AddHang(judgement, diagnosis, &result);
  result.Set("detector", ReportsResult(detector, DetectorKind::kHungTask));
  result.Set("soft_lockups", ReportsResult(detector, DetectorKind::kSoftLockup));
  result.Set("rcu_stalls", ReportsResult(detector, DetectorKind::kRcuStall));
  const RunIsolation isolation(world.pools().recorder());
  result.Set("jobs", JobsResult(world, isolation));
  result.Set("isolation", isolation.Result());
  result.Set("processes", ProcessesResult(world));
  result.Set("loads", LoadsResult(world));
  result.Set("locks", LocksResult(world));
  result.Set("marks", MarksResult(world));
  result.Set("pools", PoolsResult(world, judgement));
  result.Set("warnings", Texts(world.warnings()));
  result.Set("failed_checks", Texts(world.failed_checks()));
  result.Set("output", OutputResult(world));
  return result;
}

}  // namespace model
