// SPDX-License-Identifier: Apache-2.0
#include "model/script/run_result.h"

#include <algorithm>

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

void AddThreads(const Machine& machine, ResultValue* result) {
  ResultValue threads = ResultValue::Array();
  ResultValue waits = ResultValue::Array();
  for (const PsRow& row : Ps(machine)) {
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
  }
  result->Set("threads", std::move(threads));
  result->Set("waits", std::move(waits));
}

ResultValue FreedByResult(const std::vector<FreedBy>* freed_by, const std::vector<const Thread*>& of) {
  if (freed_by == nullptr) return ResultValue();
  ResultValue list = ResultValue::Array();
  for (const FreedBy& freed : *freed_by) {
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

ResultValue HangsResult(const Judgement& judgement, const std::vector<FreedBy>* freed_by) {
  ResultValue hangs = ResultValue::Array();
  for (const HangVerdict& hang : judgement.hangs) {
    ResultValue& entry = hangs.Append(ResultValue::Object());
    entry.Set("verdict", VerdictName(hang.verdict));
    entry.Set("subkind", hang.subkind);
    entry.Set("hung_set", Names(hang.threads));
    entry.Set("root", NameOrNull(hang.root.name));
    entry.Set("cycle", Texts(hang.cycle));
    entry.Set("freed_by", FreedByResult(freed_by, hang.threads));
  }
  return hangs;
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

}  // namespace

ResultValue BuildResult(World& world, const Detector& detector, const Judgement& judgement,
                        const std::vector<FreedBy>* freed_by) {
  const Scenario& scenario = world.scenario();
  ResultValue result = ResultValue::Object();
  result.Set("schema", "txgsim.result/1");
  result.Set("scenario", scenario.file);
  result.Set("arm", scenario.arm);
  result.Set("seed", static_cast<int64_t>(world.options().seed));
  result.Set("params", ParamsResult(scenario));
  result.Set("digest", ResultValue());
  result.Set("verdict", VerdictName(judgement.verdict));
  result.Set("subkind", judgement.subkind);
  result.Set("held", ResultValue());
  result.Set("end_ns", world.now().ns());
  result.Set("events", static_cast<int64_t>(world.simulation().events()));
  AddThreads(world.machine(), &result);
  result.Set("hung_set", Names(judgement.hung.threads()));
  result.Set("root", NameOrNull(judgement.root));
  result.Set("cycle", Texts(judgement.cycle));
  result.Set("freed_by", FreedByResult(freed_by, judgement.hung.threads()));
  result.Set("hangs", HangsResult(judgement, freed_by));
  result.Set("detector", ReportsResult(detector, DetectorKind::kHungTask));
  result.Set("soft_lockups", ReportsResult(detector, DetectorKind::kSoftLockup));
  result.Set("rcu_stalls", ReportsResult(detector, DetectorKind::kRcuStall));
  result.Set("jobs", JobsResult(world));
  result.Set("processes", ProcessesResult(world));
  result.Set("loads", LoadsResult(world));
  result.Set("locks", LocksResult(world));
  result.Set("marks", MarksResult(world));
  result.Set("pools", PoolsResult(world, judgement));
  result.Set("warnings", Texts(world.warnings()));
  result.Set("failed_checks", Texts(world.failed_checks()));
  result.Set("output", Texts(world.command_output));
  return result;
}

}  // namespace model
