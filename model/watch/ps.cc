// SPDX-License-Identifier: Apache-2.0
#include "model/watch/ps.h"

#include <algorithm>

#include "model/watch/kernel_stack.h"
#include "model/watch/wait_graph.h"

namespace model {
namespace {

// Holders before those that only wait in front.
std::string FirstEnder(const EnderSet& enders) {
  for (const bool queued : {false, true}) {
    for (const EnderSet::Clause& clause : enders.all_of) {
      if (clause.queued_in_front != queued || clause.any_of.empty()) continue;
      const Actor* actor = clause.any_of.front();
      return actor->kind() == ActorKind::kThread ? actor->name() : actor->reported_name();
    }
  }
  return "";
}

}  // namespace

PsRow PsRowOf(const Thread& thread) {
  PsRow row;
  row.pid = thread.tid();
  row.comm = thread.name();
  row.state = thread.StateLetter();
  row.killable = thread.Killable();
  row.since = thread.since();
  for (const char* frame : ShortStack(thread)) row.stack.emplace_back(frame);
  row.wchan = thread.waiter().on != nullptr && !row.stack.empty() ? row.stack.front() : "-";
  EnderSet enders;
  if (const Waitable* object = WaitsOn(thread)) {
    row.waits_on = object->name();
    if (!WaitsForWork(thread) && !thread.waiter().timer.valid()) {
      object->Enders(thread.waiter(), &enders);
      row.holder = FirstEnder(enders);
    }
  } else if (thread.state() == ThreadState::kRunnable) {
    row.waits_on = "core";
    if (thread.Examine(&enders) == Actor::Condition::kDepends) row.holder = FirstEnder(enders);
  }
  return row;
}

std::vector<PsRow> Ps(const Machine& machine) {
  std::vector<PsRow> rows;
  for (const auto& thread : machine.threads()) {
    if (thread->state() != ThreadState::kDead && thread->state() != ThreadState::kNew) {
      rows.push_back(PsRowOf(*thread));
    }
  }
  std::sort(rows.begin(), rows.end(), [](const PsRow& a, const PsRow& b) { return a.pid < b.pid; });
  return rows;
}

std::string StackText(const std::vector<std::string>& stack) {
  std::string text;
  for (const std::string& frame : stack) {
    if (!text.empty()) text += " < ";
    text += frame;
  }
  return text;
}

}  // namespace model
