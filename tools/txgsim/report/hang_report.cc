// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/report/hang_report.h"

#include <algorithm>
#include <map>
#include <set>

#include "fmt/format.h"
#include "fmt/ranges.h"
#include "tools/txgsim/report/json_fields.h"

namespace tools {
namespace {

constexpr size_t kMostHolders = 3;  // That a chain names, of one thing.

std::string VerdictTitle(std::string verdict) {
  std::string title;
  for (char c : verdict)
    title += c == '_' ? ' ' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return title;
}

// "inode (held by writeback)", "rwlock (held by mount, behind txg_sync)".
std::string WaitText(const std::string& on, bool lock, const std::vector<std::string>& holders, int64_t more,
                     const std::string& behind) {
  std::string who;
  if (!holders.empty() && holders.front() != on) {
    who = (lock ? "held by " : "owed by ") + fmt::format("{}", fmt::join(holders, ", "));
    if (more > 0) who += fmt::format(" and {} more", more);
  }
  if (!behind.empty()) who += (who.empty() ? "behind " : ", behind ") + behind;
  return who.empty() ? on : fmt::format("{} ({})", on, who);
}

// By waiter: what it waits for, and who has it or has to do it.
std::map<std::string, std::string> WaitTexts(const Json& run) {
  std::map<std::string, std::string> texts;
  for (const Json& wait : run["waits"]) {
    std::vector<std::string> holders;
    if (!Field(wait, "holder").empty()) holders.push_back(Field(wait, "holder"));
    texts[Field(wait, "waiter")] = WaitText(Field(wait, "on"), wait.value("lock", false), holders,
                                            Number(wait, "more_holders"), Field(wait, "queued_behind"));
  }
  return texts;
}

// As ps has it, with what ps cannot tell: whether a kill would help, and on whom it waits.
// Threads of one pool that stand alike share a row.
std::string ThreadTable(const Json& run, const std::set<std::string>& shown, const Style& style) {
  struct Row {
    std::string name, pid, state, kill, since, waits, stack;
    int count = 1;
  };
  std::vector<Row> rows;
  std::map<std::string, size_t> alike;
  const std::map<std::string, std::string> waits = WaitTexts(run);
  for (const Json& thread : run["threads"]) {
    const std::string name = Field(thread, "name");
    if (!shown.contains(name)) continue;
    Row row;
    row.name = GroupOf(name);
    row.pid = std::to_string(Number(thread, "pid"));
    row.state = Field(thread, "state");
    row.kill = thread.value("killable", false) ? "yes" : "no";
    row.since = InstantText(Number(thread, "since_ns"));
    const auto wait = waits.find(name);
    row.waits = wait != waits.end() ? wait->second : "";
    row.stack = Joined(thread["stack"], " < ");
    const std::string key = row.name + "|" + row.state + "|" + Field(thread, "waits_on") + "|" + row.stack;
    const auto [it, fresh] = alike.emplace(key, rows.size());
    if (fresh && row.name == name) alike.erase(it);
    if (!fresh) {
      ++rows[it->second].count;
      continue;
    }
    row.name = name;
    rows.push_back(row);
  }
  Table table({1});
  if (!rows.empty()) {
    table.Row({style.Dim("THREAD"), style.Dim("PID"), style.Dim("S"), style.Dim("KILLABLE"),
               style.Dim("SINCE"), style.Dim("WAITS ON"), style.Dim("STACK")});
  }
  for (const Row& row : rows) {
    const std::string name =
        row.count > 1 ? fmt::format("{} (+{} alike)", row.name, row.count - 1) : row.name;
    table.Row({name, row.pid, row.state == "D" ? style.Red("D") : row.state, row.kill, row.since, row.waits,
               row.stack});
  }
  return table.Text(2);
}

// "a, b, c and 5 more"; members of one pool of threads are counted.
std::string SomeNames(const Json& names) {
  constexpr size_t kMost = 4;
  std::vector<std::pair<std::string, int>> groups;  // The first of it, and how many.
  std::map<std::string, size_t> known;
  for (const Json& name : names) {
    const std::string text = name.get<std::string>();
    const auto [it, fresh] = known.emplace(GroupOf(text), groups.size());
    if (fresh) {
      groups.emplace_back(text, 1);
    } else {
      ++groups[it->second].second;
    }
  }
  std::string text;
  int left = 0;
  for (size_t i = 0; i < groups.size(); ++i) {
    const auto& [first, count] = groups[i];
    if (i >= kMost) {
      left += count;
      continue;
    }
    text += (i > 0 ? ", " : "") + first;
    if (count > 1) text += fmt::format(" (+{} alike)", count - 1);
  }
  return left > 0 ? text + fmt::format(" and {} more", left) : text;
}

// What stands at the end of a chain.
std::string EndText(const std::string& end) {
  static const std::map<std::string, std::string> kTexts = {
      {"cycle", "and so round"},
      {"joins", "as above"},
      {"stopped", "which is stopped"},
      {"endless_loop", "which loops for ever"},
      {"silent", "which never comes back from user code"},
      {"not_begun", "which has not begun"},
      {"livelock", "which repeats itself"},
      {"outside", "which only someone outside can end"},
      {"dead_owner", "which has ended"},
      {"lost", "which nobody is left to signal"},
      {"asleep", "which sleeps"},
      {"progresses", "which goes on"},
      {"runs_for_ever", "which runs for ever"},
  };
  const auto it = kTexts.find(end);
  return it != kTexts.end() ? it->second : "";
}

// "ls > inode (held by writeback) > journal (held by commit) > inode (held by writeback), and so round".
std::string ChainText(const Json& chain) {
  std::string text = SomeNames(chain["of"]);
  std::string end = Field(chain, "end");
  for (const Json& step : chain["steps"]) {
    const std::string on = Field(step, "on");
    if (on == "sleep" && end == "progresses") end = "asleep";
    if (on.empty() || on == "user code" || end == "asleep") continue;  // The end says it.
    std::vector<std::string> holders;
    for (const Json& name : step["holders"]) {
      if (holders.size() < kMostHolders) holders.push_back(name.get<std::string>());
    }
    const std::string behind = step["queued"].empty() ? "" : step["queued"][0].get<std::string>();
    const auto more = static_cast<int64_t>(step["holders"].size()) - static_cast<int64_t>(holders.size());
    text += " > " + WaitText(on, step.value("lock", false), holders, std::max<int64_t>(more, 0), behind);
  }
  return text + ", " + EndText(end);
}

// Where no action helps: which ones were tried.
std::string NothingFrees(const Json& tried) {
  if (!tried.is_array() || tried.empty()) return "nothing known to try";
  return fmt::format("nothing that was tried: {}", Joined(tried, "; "));
}

// Of the run at its end, or of what was judged before.
std::string HangSection(const Json& run, const Style& style) {
  std::string text;
  std::set<std::string> shown;  // And the roots of what is merely slow.
  for (const Json& name : run["victims"]) shown.insert(name.get<std::string>());
  if (shown.empty()) return "";
  if (!run["cycle"].empty()) {
    text +=
        fmt::format("  cycle     {} > {}\n", Joined(run["cycle"], " > "), run["cycle"][0].get<std::string>());
  }
  if (!Field(run, "root").empty()) text += fmt::format("  root      {}\n", Field(run, "root"));
  for (const Json& chain : run["chains"]) {
    text += fmt::format("  chain     {}\n", ChainText(chain));
    for (const Json& step : chain["steps"]) {
      shown.insert(Field(step, "who"));
      // And whom the chain names beside.
      for (size_t i = 0; i < std::min(step["holders"].size(), kMostHolders); ++i)
        shown.insert(step["holders"][i].get<std::string>());
    }
  }
  std::string freed;
  for (const Json& action : run["freed_by"]) {
    if (!freed.empty()) freed += "; ";
    freed += Field(action, "action");
    // Some only: the others stay where they are.
    if (action["frees"].size() < run["hung_set"].size())
      freed += fmt::format(" (only {})", Joined(action["frees"], ", "));
  }
  if (run["freed_by"].is_array() && !run["hung_set"].empty()) {
    text += fmt::format("  freed by  {}\n", freed.empty() ? NothingFrees(run["tried"]) : freed);
  }
  text += "\n" + ThreadTable(run, shown, style);
  if (run.contains("hangs") && run["hangs"].size() > 1) {
    text += "\n";
    for (size_t i = 1; i < run["hangs"].size(); ++i) {
      const Json& hang = run["hangs"][i];
      text += fmt::format("  also {}: {}\n", VerdictTitle(Field(hang, "verdict")),
                          Joined(hang["hung_set"], ", "));
    }
  }
  return text;
}

// Of a run that was cut short, where those were who had not ended; the first of them.
std::string CutSection(const Json& run, const Style& style) {
  constexpr size_t kMost = 20;
  if (StopReport(run).empty() || !run.contains("not_ended")) return "";
  std::set<std::string> shown;
  for (const Json& name : run["not_ended"]) {
    if (shown.size() < kMost) shown.insert(name.get<std::string>());
  }
  const std::string table = ThreadTable(run, shown, style);
  return table.empty() ? "" : "\n" + table;
}

// A run that is well at its end, but was not when an expectation looked.
std::string JudgedSection(const Json& run, const Style& style) {
  if (Field(run, "verdict") != "completed" || !run.contains("judged")) return "";
  std::string text;
  for (const Json& judged : run["judged"]) {
    text += fmt::format("\njudged at {}: {}\n", InstantText(Number(judged, "at_ns")), TitleOf(judged, style));
    text += HangSection(judged, style);
  }
  return text;
}

std::string ColouredVerdict(const std::string& verdict, const Style& style) {
  const std::string title = VerdictTitle(verdict);
  if (verdict == "completed") return style.Green(title);
  if (verdict == "slow" || verdict == "unknown") return style.Yellow(title);
  return style.Red(title);
}

}  // namespace

std::string TitleOf(const Json& run, const Style& style) {
  const std::string title = ColouredVerdict(Field(run, "verdict"), style);
  const std::string subkind = Field(run, "subkind");
  const bool says_more = !subkind.empty() && subkind != Field(run, "verdict");
  return says_more ? fmt::format("{} ({})", title, subkind) : title;
}

std::string StopReport(const Json& run) {
  const auto halted = run.find("halted");
  const std::string subkind = Field(run, "subkind");
  std::string text;
  if (halted != run.end() && halted->is_object()) {
    text += fmt::format("  stopped   at {}: {}{}; nothing runs until someone starts it anew\n",
                        InstantText(Number(*halted, "at_ns")),
                        Field(*halted, "kind") == "panic" ? "kernel panic: " : "", Field(*halted, "text"));
  } else if (subkind == "unfinished") {
    text += "  cut off   by --until or machine.stop_at: what would have come is not known\n";
  } else if (subkind != "interrupted") {
    return "";
  }
  if (run.contains("not_ended") && !run["not_ended"].empty())
    text += fmt::format("  not ended {}\n", SomeNames(run["not_ended"]));
  return text;
}

std::string HangReport(const Json& run, const Style& style) {
  return HangSection(run, style) + CutSection(run, style) + JudgedSection(run, style);
}

}  // namespace tools
