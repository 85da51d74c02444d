// SPDX-License-Identifier: Apache-2.0
#include "model/watch/ps.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "model/sync/lock.h"
#include "model/watch/kernel_stack.h"
#include "model/watch/wait_graph.h"

namespace model {
namespace {

const std::string& NameOf(const Actor& actor) {
  return actor.kind() == ActorKind::kThread ? actor.name() : actor.reported_name();
}

bool HasEnded(const Actor* actor) {
  return actor->kind() == ActorKind::kThread && static_cast<const Thread*>(actor)->ended();
}

// Holders, and who only waits in front. Who has ended counts only where nobody else could end the wait.
void FillEnders(const EnderSet& enders, PsRow* row) {
  for (const EnderSet::Clause& clause : enders.all_of) {
    if (clause.any_of.empty()) continue;
    const auto alive = std::find_if_not(clause.any_of.begin(), clause.any_of.end(), HasEnded);
    const std::string& name = NameOf(alive != clause.any_of.end() ? **alive : *clause.any_of.front());
    if (clause.queued_in_front) {
      row->queued_behind = name;
      continue;
    }
    std::set<std::string_view> names;  // A task and its own work item have one.
    for (const Actor* actor : clause.any_of) {
      if (!HasEnded(actor)) names.insert(NameOf(*actor));
    }
    const auto count = static_cast<int>(names.size());
    if (row->holder.empty()) {
      row->holder = name;
      row->more_holders = std::max(count - 1, 0);
    } else if (name != row->holder) {
      row->more_holders += count;
    }
  }
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
      FillEnders(enders, &row);
      row.on_lock = object->held();
    }
  } else if (thread.state() == ThreadState::kRunnable) {
    row.waits_on = "core";
    row.on_lock = true;
    if (thread.Examine(&enders) == Actor::Condition::kDepends) FillEnders(enders, &row);
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
