// SPDX-License-Identifier: Apache-2.0
//
// What is done and checked when the file has ended.
#include <algorithm>

#include "fmt/format.h"
#include "model/script/declare/body_check.h"
#include "model/script/declare/declare.h"
#include "model/script/lua/sandbox.h"
#include "model/script/lua/script_host.h"

namespace model {
namespace {

// Whether it looks at anything, apart from a body.
bool HasKeys(const ExpectDecl& expect) {
  return expect.verdict || expect.frozen || expect.cycle || expect.root || expect.hung ||
         !expect.states.empty() || expect.detector || expect.freed_by || expect.not_freed_by ||
         expect.completes || expect.within_ns || expect.deviations;
}

}  // namespace

void Declarations::FileError(std::string text, std::string suggestion) {
  ScenarioError error;
  error.file = options_.file;
  error.text = std::move(text);
  error.suggestion = std::move(suggestion);
  errors_.push_back(std::move(error));
}

void Declarations::Finish(lua_State* L) {
  if (machine_line_ == 0) FillMachine(Entry{}, Options(FindWord("machine")->options));
  for (size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    if (entry.options_given) continue;
    const Options defaults(entry.word->options);
    CheckRequired(entry, defaults);
    Fill(entry, defaults);
  }
  // Checks may add to the scenario, but not to the list of checks.
  const std::vector<std::function<void()>> later = std::move(later_);
  for (const std::function<void()>& check : later) check();
  CheckParams();
  CheckArms();
  CheckBodies();
  for (const Entry& entry : entries_) {
    if (entry.word->name == "expect") CheckExpect(entry);
  }
  for (const BodyProblem& problem : CheckBodyLocals(L, host_)) {
    Error(problem.line, host_.source().FindWord(problem.line, problem.word), problem.text, problem.text);
  }
  FindUnused();
}

void Declarations::CheckBodies() {
  for (const Entry& entry : entries_) {
    if (entry.body_given) continue;
    if (entry.word->body_required) {
      ErrorAtName(entry, fmt::format("{} has no body", Owner(entry)));
    } else if (entry.word->kind == ThingKind::kServer &&
               !scenario_.servers[static_cast<size_t>(entry.index)].remote) {
      ErrorAtName(entry, fmt::format("{} has no handler", Owner(entry)));
    } else if (entry.word->name == "expect" &&
               !HasKeys(scenario_.expects[static_cast<size_t>(entry.index)])) {
      ErrorAtName(entry, fmt::format("{} expects nothing: it has neither keys nor body", Owner(entry)));
    }
  }
}

void Declarations::FindUnused() {
  std::set<ThingRef> used;
  for (BodyRef body = 0; body < host_.body_count(); ++body) {
    used.insert(host_.Reachable(body).begin(), host_.Reachable(body).end());
  }
  for (const Entry& entry : entries_) {
    const ThingKind kind = entry.thing.kind;
    const bool lock = kind >= ThingKind::kMutex && kind <= ThingKind::kSemaphore;
    if ((!lock && kind != ThingKind::kSyscall) || used.count(entry.thing) != 0) continue;
    unused_.push_back({Owner(entry), entry.line, host_.source().FindName(TokenOf(entry))});
  }
}

}  // namespace model
