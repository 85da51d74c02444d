// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/report/compare_report.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <vector>

#include "fmt/format.h"
#include "tools/txgsim/report/compare_reasons.h"
#include "tools/txgsim/report/compare_semantics.h"

namespace tools {
namespace {

using Cell = std::function<std::string(const Json& run)>;

const Json* FirstJob(const Json& run) {
  if (!run.contains("jobs") || run["jobs"].empty()) return nullptr;
  return &run["jobs"].begin().value();
}

// The median over the phases of the txg period; nothing if a run does not have the figure (no job ended, no
// loads).
std::optional<int64_t> Median(const Json& run, const std::string& figure) {
  const Json& phases = run["phases"];
  const auto it = phases.find(figure);
  if (it == phases.end()) return std::nullopt;
  return (*it)["median"].get<int64_t>();
}

bool IsolationChecked(const Json& run) {
  return run.contains("isolation") && run["isolation"].value("checked", false);
}

std::string RatioText(int64_t value, int64_t base) {
  const double ratio = static_cast<double>(value) / static_cast<double>(base);
  return ratio < 0.1 ? fmt::format("{:.2g}x", ratio) : fmt::format("{:.2f}x", ratio);
}

// "122 .. 194 ms": the unit once, if it is the same.
std::string RangeText(std::string low, const std::string& high) {
  const size_t unit = low.rfind(' ');
  if (unit != std::string::npos && high.size() > low.size() - unit &&
      high.compare(high.size() - (low.size() - unit), std::string::npos, low, unit) == 0) {
    low.resize(unit);
  }
  return fmt::format("{} .. {}", low, high);
}

std::string VerdictCell(const Json& run) {
  const std::string verdict = run.value("verdict", "?");
  const Json* job = FirstJob(run);
  if (verdict != "completed" || job == nullptr) return verdict;
  const auto text = job->find("result_text");
  return text != job->end() && text->is_string() ? text->get<std::string>() : verdict;
}

std::string CountText(int64_t count) { return std::to_string(count); }

class Columns {
 public:
  Columns(const Json& compare, const Style& style) : compare_(compare), style_(style) {}

  void Heading(std::string_view text) { table_.Row({std::string(style_.Bold(text))}); }
  void Row(std::string_view label, const Cell& cell) {
    std::vector<std::string> cells = {fmt::format("  {}", label)};
    for (const auto& [name, run] : compare_["designs"].items()) cells.push_back(cell(run));
    table_.Row(std::move(cells));
  }
  // Whether the second oracle had anybody to ask in one of the runs.
  bool AnybodyWatched() const {
    const auto& designs = compare_["designs"];
    return std::any_of(designs.begin(), designs.end(), IsolationChecked);
  }
  // Counts of the second oracle, added up; nothing if nobody else was there to tell.
  void Observed(std::string_view label, const std::vector<std::string>& counts) {
    Row(label, [counts](const Json& run) -> std::string {
      const Json* job = FirstJob(run);
      if (!IsolationChecked(run) || job == nullptr) return "-";
      int64_t sum = 0;
      for (const std::string& count : counts) sum += (*job)["anomalies"].value(count, int64_t{0});
      return CountText(sum);
    });
  }
  // What is counted of the job whether somebody looks or not.
  void Steps(std::string_view label, const std::string& count) {
    Row(label, [count](const Json& run) -> std::string {
      const Json* job = FirstJob(run);
      return job == nullptr ? "-" : CountText((*job)["anomalies"].value(count, int64_t{0}));
    });
  }
  // The median of a figure.
  void Figure(std::string_view label, const std::string& figure, std::string (*text_of)(int64_t)) {
    Row(label, [=](const Json& run) {
      const std::optional<int64_t> median = Median(run, figure);
      return median ? text_of(*median) : "-";
    });
  }
  // The median, its ratio to the reference if asked for, and the range over the phases.
  void FigureWithRange(std::string_view label, const std::string& figure, std::string (*text_of)(int64_t),
                       bool ratio) {
    const std::string reference = compare_.value("reference", "");
    std::optional<int64_t> base;
    std::string end;  // Nobody compares what a job took that did something else.
    if (ratio && compare_["designs"].contains(reference)) {
      base = Median(compare_["designs"][reference], figure);
      end = VerdictCell(compare_["designs"][reference]);
    }
    const int64_t phases = compare_.value("phases", int64_t{1});
    // Interrupted: of a phase that was not run nothing is known.
    const bool complete = compare_.value("complete", true);
    Row(label, [=](const Json& run) -> std::string {
      const std::optional<int64_t> median = Median(run, figure);
      if (!median) return complete ? "never" : "?";
      std::string text = text_of(*median);
      if (base.value_or(0) > 0 && VerdictCell(run) == end)
        text += fmt::format(" ({})", RatioText(*median, *base));
      const int64_t count = run["phases"][figure].value("count", int64_t{0});
      if (complete && count < phases) text += fmt::format(", never in {} of {}", phases - count, phases);
      return text;
    });
    if (phases == 1) return;
    Row("    phases", [=](const Json& run) -> std::string {
      if (!Median(run, figure)) return "-";
      const Json& range = run["phases"][figure];
      const std::string low = text_of(range.value("min", int64_t{0}));
      const std::string high = text_of(range.value("max", int64_t{0}));
      return low == high ? "same" : RangeText(low, high);
    });
  }
  void Names() {
    std::vector<std::string> cells = {""};
    for (const auto& [name, run] : compare_["designs"].items()) cells.push_back(style_.Bold(name));
    table_.Row(std::move(cells));
  }
  void Promise(std::string_view label, const std::string& field) {
    Row(label, [field](const Json& run) -> std::string {
      return run.contains("promises") ? run["promises"].value(field, "?") : "?";
    });
  }
  std::string Text(size_t width) const { return table_.TextWithin(width); }

 private:
  const Json& compare_;
  const Style& style_;
  Table table_;
};

// Of one design alone, each where it arises.
std::string WarningsText(const Json& compare) {
  std::string text;
  for (const auto& [design, run] : compare["designs"].items()) {
    if (!run.contains("warnings")) continue;
    for (const Json& warning : run["warnings"])
      text += fmt::format("  {}: warning: {}\n", design, warning.get<std::string>());
  }
  return text;
}

// Of the expectations on "all" and the checks, those that failed, design by design.
std::string FailuresText(const Json& compare, const Style& style) {
  std::string text;
  for (const auto& [design, run] : compare["designs"].items()) {
    std::string failed = ChecksReport(run, style);
    if (run.contains("expectations"))
      failed += ExpectationsReport(run["expectations"], style, Expectations::kFailed);
    if (!failed.empty()) text += fmt::format("\nunder {}\n{}", style.Bold(design), failed);
  }
  return text;
}

std::string ComparisonTable(const Json& compare, const Style& style, size_t width) {
  Columns columns(compare, style);
  columns.Names();
  columns.Heading("cost to the job");
  columns.Row("result", VerdictCell);
  const int64_t repeats = compare.value("repeats", int64_t{1});
  columns.FigureWithRange(repeats > 1 ? "latency of a repeat" : "latency", LatencyFigure(compare),
                          DurationText, true);
  columns.FigureWithRange("txgs waited for", "txgs", CountText, false);
  columns.Figure("system calls", "syscalls", CountText);
  columns.Figure("callbacks", "callbacks", CountText);
  columns.Figure("runs repeated", "retries", CountText);
  columns.Figure("errnos told late", "late_errors", CountText);
  columns.Figure("cpu, user", "cpu_user_ns", DurationText);
  columns.Figure("cpu, kernel", "cpu_kernel_ns", DurationText);
  columns.Figure("core tied up", "core_tied_ns", DurationText);
  columns.Figure("asleep in D", "d_state_ns", DurationText);
  columns.Heading("harm to others");
  columns.FigureWithRange("sync lock held", "sync_lock_held_ns", DurationText, false);
  for (const char* phase : {"crossing", "read_cpu", "read_io", "user", "think", "blocked"}) {
    columns.Figure(fmt::format("    {}", phase), fmt::format("sync_lock_split.{}", phase), DurationText);
  }
  columns.Figure("admin waited", "admin_wait_ns", DurationText);
  columns.Figure("writers stalled", "loads.stall_ns", DurationText);
  columns.Figure("writers delayed", "loads.delay_ns", DurationText);
  columns.Figure("writers' worst p99", "loads.p99_ns", DurationText);
  columns.Figure("writers' throughput", "loads.throughput_bytes_per_s", RateText);
  columns.Figure("dirty data, most", "pools.dirty_bytes_max", BytesText);
  if (columns.AnybodyWatched()) {
    columns.Heading("what others saw");
    columns.Row("serialisable", [](const Json& run) -> std::string {
      if (!IsolationChecked(run)) return "-";
      return run["isolation"].value("serialisable", false) ? "yes" : "no";
    });
    columns.Observed("a part of its changes", {"partial_visibility"});
    columns.Observed("what was undone later", {"dirty_read"});
    columns.Observed("a part that a failure left", {"half_done_read"});
    columns.Observed("updates lost by it", {"lost_update"});
    columns.Observed("write skew by it", {"write_skew"});
    columns.Observed("its reads torn", {"read_skew", "non_repeatable_read"});
    columns.Observed("written in two orders", {"dirty_write"});
    columns.Observed("other cycles", {"other_cycle"});
  }
  columns.Heading("what it promises");
  columns.Promise("readers see", "readers");
  columns.Steps("    steps seen", "visible_steps");
  columns.Promise("after an error", "errors");
  columns.Steps("    left half done", "half_done");
  columns.Promise("after a power cut", "power");
  columns.Steps("    txgs to disk", "durable_steps");
  columns.Promise("the job reads", "reads");
  return columns.Text(width);
}

}  // namespace

std::string CompareReport(const Json& compare, const Style& style, const RunReportOptions& options) {
  std::string text;
  text += fmt::format("{}  job {}  seed {}  reference {}", style.Bold(compare.value("scenario", "")),
                      compare.value("job", ""), compare["seed"].dump(), compare.value("reference", ""));
  const int64_t phases = compare.value("phases", int64_t{0});
  if (phases > 1) text += fmt::format("  medians over {} phases of the txg period", phases);
  if (phases == 1) text += "  one phase of the txg period";
  const int64_t repeats = compare.value("repeats", int64_t{1});
  if (repeats > 1) text += fmt::format("  {} repeats, latency their median", repeats);
  text += "\n\n";
  if (!options.quiet) text += ComparisonTable(compare, style, options.width) + "\n";
  if (const std::vector<std::string> reasons = ReasonsFor(compare); !reasons.empty()) {
    text += style.Bold("where a design loses") + "\n";
    for (const std::string& reason : reasons) text += "  " + reason + "\n";
    text += "\n";
  }
  text += SemanticsText(compare, style) + WarningsText(compare);
  const std::string expectations = ExpectationsReport(compare["expectations"], style, ShownIf(options.quiet));
  if (!expectations.empty()) text += "\n" + expectations;
  text += FailuresText(compare, style);
  if (compare.contains("digest"))
    text += fmt::format("\n{} {}", style.Dim("digest"), compare.value("digest", ""));
  if (!options.repeat_command.empty())
    text += fmt::format("   {} {}", style.Dim("repeat:"), options.repeat_command);
  text += "\n";
  return text;
}

}  // namespace tools
