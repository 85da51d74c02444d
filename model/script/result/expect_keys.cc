// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "fmt/format.h"
#include "model/script/language/quantity.h"
#include "model/script/result/expect.h"

namespace model {
namespace {

using Names = std::vector<std::string>;

bool IsNumber(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// True if `expected` is the thread `name`, or a pool of threads that it belongs to.
bool Covers(std::string_view expected, std::string_view name) {
  if (name == expected) return true;
  return name.size() > expected.size() + 1 && name.substr(0, expected.size()) == expected &&
         name[expected.size()] == '/' && IsNumber(name.substr(expected.size() + 1));
}

bool IsPoolThread(std::string_view name) {
  const std::string_view last = name.substr(name.find_last_of('/') + 1);
  return last == "txg_sync" || last == "txg_quiesce";
}

std::string Listed(const Names& names, std::string_view separator = ", ") {
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, separator));
}

class KeyJudge {
 public:
  KeyJudge(const ExpectDecl& expect, const Scenario& scenario, const ResultValue& run)
      : expect_(expect), scenario_(scenario), run_(run) {}

  ExpectJudgement Judge() {
    const bool held = Verdict() && Frozen() && Cycle() && Root() && Hung() && States() && Detector() &&
                      FreedBy() && NotFreedBy() && Completes() && Deviations();
    judgement_.held = held;
    return std::move(judgement_);
  }

 private:
  bool Fail(std::string_view key, std::string expected, std::string actual) {
    judgement_.failing_key = std::string(key);
    judgement_.expected = std::move(expected);
    judgement_.actual = std::move(actual);
    return false;
  }

  // With one pool its threads need no prefix.
  bool Matches(std::string_view expected, std::string_view name) const {
    if (Covers(expected, name)) return true;
    if (scenario_.pools.size() != 1 || !IsPoolThread(expected)) return false;
    return name == fmt::format("{}/{}", scenario_.pools[0].name, expected) ||
           expected == fmt::format("{}/{}", scenario_.pools[0].name, name);
  }
  bool MatchesAny(const Names& expected, std::string_view name) const {
    return std::any_of(expected.begin(), expected.end(),
                       [&](const std::string& one) { return Matches(one, name); });
  }

  Names TextsAt(std::string_view key) const {
    Names names;
    const ResultValue* list = run_.Find(key);
    if (list == nullptr) return names;
    for (const ResultValue& item : list->items()) names.push_back(item.text());
    return names;
  }
  std::string TextAt(std::string_view key) const {
    const ResultValue* value = run_.Find(key);
    return value != nullptr && value->kind() == ResultValue::Kind::kString ? value->text() : "none";
  }

  bool Verdict() {
    if (!expect_.verdict) return true;
    const std::string actual = TextAt("verdict");
    return actual == *expect_.verdict || Fail("verdict", *expect_.verdict, actual);
  }

  bool Frozen() {
    if (!expect_.frozen) return true;
    Names actual;
    if (const ResultValue* pools = run_.Find("pools")) {
      for (const auto& [name, pool] : pools->fields()) {
        const ResultValue* frozen = pool.Find("frozen");
        if (frozen != nullptr && frozen->flag()) actual.push_back(name);
      }
    }
    const std::set<std::string> wanted(expect_.frozen->begin(), expect_.frozen->end());
    return wanted == std::set<std::string>(actual.begin(), actual.end()) ||
           Fail("frozen", Listed(*expect_.frozen), Listed(actual));
  }

  bool Cycle() {
    if (!expect_.cycle) return true;
    const Names actual = TextsAt("cycle");
    const Names& wanted = *expect_.cycle;
    const size_t size = actual.size();
    if (size != wanted.size()) return Fail("cycle", Listed(wanted, " > "), Listed(actual, " > "));
    for (size_t shift = 0; shift < std::max<size_t>(1, size); ++shift) {
      bool same = true;
      for (size_t i = 0; i < size && same; ++i) same = Matches(wanted[i], actual[(i + shift) % size]);
      if (same) return true;
    }
    return Fail("cycle", Listed(wanted, " > "), Listed(actual, " > "));
  }

  bool Root() {
    if (!expect_.root) return true;
    const std::string actual = TextAt("root");
    return Matches(*expect_.root, actual) || Fail("root", *expect_.root, actual);
  }

  // Each expected one is there, and there is nothing else, but for what `may_be_extra` allows.
  bool SameSet(const Names& wanted, const Names& actual, bool pool_threads_may_be_extra) const {
    for (const std::string& one : wanted) {
      if (std::none_of(actual.begin(), actual.end(),
                       [&](const std::string& name) { return Matches(one, name); })) {
        return false;
      }
    }
    return std::all_of(actual.begin(), actual.end(), [&](const std::string& name) {
      return MatchesAny(wanted, name) || (pool_threads_may_be_extra && IsPoolThread(name));
    });
  }

  bool Hung() {
    if (!expect_.hung) return true;
    const Names actual = TextsAt("hung_set");
    return SameSet(*expect_.hung, actual, true) || Fail("hung", Listed(*expect_.hung), Listed(actual));
  }

  // "D", "DK", "S" ... of one element of `threads`.
  static std::string LetterOf(const ResultValue& thread) {
    const ResultValue* state = thread.Find("state");
    const ResultValue* killable = thread.Find("killable");
    if (state == nullptr) return "?";
    if (state->text() == "D" && killable != nullptr && killable->flag()) return "DK";
    return state->text() == "t" ? "T" : state->text();
  }

  bool States() {
    for (const auto& [letter, names] : expect_.states) {
      for (const std::string& name : names) {
        if (!InState(name, letter)) return false;
      }
    }
    return true;
  }

  bool InState(const std::string& name, const std::string& letter) {
    const ResultValue* threads = run_.Find("threads");
    bool found = false;
    bool all = true;
    std::string actual;
    if (threads != nullptr) {
      for (const ResultValue& thread : threads->items()) {
        const ResultValue* thread_name = thread.Find("name");
        if (thread_name == nullptr || !Matches(name, thread_name->text())) continue;
        found = true;
        const std::string here = LetterOf(thread);
        all = all && here == letter;
        actual += fmt::format("{}{}: {}", actual.empty() ? "" : ", ", thread_name->text(), here);
      }
    }
    if (!found) return Fail(letter, name, "no such thread");
    return all || Fail(letter, name, actual);
  }

  // The task's name in "INFO: task NAME:PID blocked for more than ...".
  static std::string TaskOf(const ResultValue& report) {
    if (const ResultValue* thread = report.Find("thread")) return thread->text();
    const ResultValue* text = report.Find("text");
    if (text == nullptr) return "?";
    const std::string& line = text->text();
    const size_t task = line.find("task ");
    const size_t colon = task == std::string::npos ? task : line.find(" blocked", task);
    if (colon == std::string::npos) return line;
    const std::string name = line.substr(task + 5, colon - task - 5);
    return name.substr(0, name.find_last_of(':'));
  }

  bool Detector() {
    if (!expect_.detector) return true;
    Names actual;
    if (const ResultValue* reports = run_.Find("detector")) {
      for (const ResultValue& report : reports->items()) {
        const std::string name = TaskOf(report);
        if (std::find(actual.begin(), actual.end(), name) == actual.end()) actual.push_back(name);
      }
    }
    return SameSet(*expect_.detector, actual, false) ||
           Fail("detector", Listed(*expect_.detector), Listed(actual));
  }

  // Actions that free every thread of the hung set.
  Names ActionsThatFreeAll() const {
    Names actions;
    const Names hung = TextsAt("hung_set");
    const ResultValue* list = run_.Find("freed_by");
    if (list == nullptr) return actions;
    for (const ResultValue& entry : list->items()) {
      const ResultValue* action = entry.Find("action");
      const ResultValue* frees = entry.Find("frees");
      if (action == nullptr) continue;
      const bool all =
          frees == nullptr || std::all_of(hung.begin(), hung.end(), [&](const std::string& name) {
            return std::any_of(frees->items().begin(), frees->items().end(),
                               [&](const ResultValue& freed) { return freed.text() == name; });
          });
      if (all) actions.push_back(action->text());
    }
    return actions;
  }

  bool FreedBy() {
    if (!expect_.freed_by) return true;
    const Names actual = ActionsThatFreeAll();
    if (expect_.freed_by->empty()) return actual.empty() || Fail("freed_by", "none", Listed(actual));
    for (const std::string& wanted : *expect_.freed_by) {
      if (std::find(actual.begin(), actual.end(), wanted) == actual.end())
        return Fail("freed_by", wanted, Listed(actual));
    }
    return true;
  }

  bool NotFreedBy() {
    if (!expect_.not_freed_by) return true;
    const Names actual = ActionsThatFreeAll();
    for (const std::string& unwanted : *expect_.not_freed_by) {
      if (std::find(actual.begin(), actual.end(), unwanted) != actual.end()) {
        return Fail("not_freed_by", "", fmt::format("{} frees them", unwanted));
      }
    }
    return true;
  }

  static const ResultValue* Number(const ResultValue& of, std::string_view key) {
    const ResultValue* value = of.Find(key);
    return value != nullptr && value->kind() == ResultValue::Kind::kInteger ? value : nullptr;
  }

  bool Completes() {
    if (!expect_.completes) return true;
    for (const std::string& name : *expect_.completes) {
      if (!Completed(name)) return false;
    }
    return true;
  }

  bool Completed(const std::string& name) {
    for (const char* group : {"jobs", "processes"}) {
      const ResultValue* things = run_.Find(group);
      const ResultValue* one = things != nullptr ? things->Find(name) : nullptr;
      if (one == nullptr) continue;
      const ResultValue* end = Number(*one, "end_ns");
      if (end == nullptr) return Fail("completes", "", fmt::format("{} has not ended", name));
      const ResultValue* start = Number(*one, "start_ns");
      const int64_t took = end->integer() - (start != nullptr ? start->integer() : 0);
      if (!expect_.within_ns || took <= *expect_.within_ns) return true;
      return Fail("within", FormatDuration(*expect_.within_ns),
                  fmt::format("{} took {}", name, FormatDuration(took)));
    }
    // A kernel thread, say: it is in the list of threads for as long as it lives.
    const ResultValue* threads = run_.Find("threads");
    if (threads != nullptr) {
      for (const ResultValue& thread : threads->items()) {
        const ResultValue* thread_name = thread.Find("name");
        if (thread_name != nullptr && Matches(name, thread_name->text()) && LetterOf(thread) != "Z") {
          return Fail("completes", "", fmt::format("{} has not ended", thread_name->text()));
        }
      }
    }
    return true;
  }

  bool Deviations() {
    if (!expect_.deviations) return true;
    const ResultValue* actual = Number(run_, "deviations");
    if (actual != nullptr && actual->integer() == *expect_.deviations) return true;
    return Fail("deviations", std::to_string(*expect_.deviations),
                actual != nullptr ? actual->DebugString() : "none");
  }

  const ExpectDecl& expect_;
  const Scenario& scenario_;
  const ResultValue& run_;
  ExpectJudgement judgement_;
};

}  // namespace

ExpectJudgement JudgeKeys(const ExpectDecl& expect, const Scenario& scenario, const ResultValue& run) {
  return KeyJudge(expect, scenario, run).Judge();
}

std::vector<std::string> ActionsAskedFor(const ExpectDecl& expect) {
  std::vector<std::string> actions;
  if (expect.freed_by) actions = *expect.freed_by;
  if (expect.not_freed_by)
    actions.insert(actions.end(), expect.not_freed_by->begin(), expect.not_freed_by->end());
  return actions;
}

}  // namespace model
