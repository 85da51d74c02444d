// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/report/compare_report.h"

#include <functional>
#include <optional>
#include <vector>

#include "fmt/format.h"
#include "tools/txgsim/report/compare_reasons.h"

namespace tools {
namespace {

// What each design promises by its construction; docs/model/designs.md says why.
struct Promise {
  std::string_view design;
  std::string_view readers;  // Others see all of it or nothing.
  std::string_view errors;   // One refused operation undoes all.
  std::string_view power;    // After a power cut.
  std::string_view job_reads;
};
constexpr Promise kPromises[] = {
    {"ioctl", "every step", "rest goes on", "a prefix", "live"},
    {"pipeline", "task by task", "rest goes on", "none, or passed", "live, not own"},
    {"callback", "all or none", "all or none", "all or none", "frozen"},
    {"channel_tx", "all or none", "all or none", "all or none", "frozen"},
    {"optimistic_tx", "all or none", "all or none", "all or none", "live"},
    {"ring", "every step", "rest goes on", "any subset", "live"},
    {"program", "all or none", "earlier stay", "all or none", "current"},
};

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
  // How often the job was at fault; nothing if nobody else was there to tell.
  void Anomalies(std::string_view label, const std::string& kind) {
    Row(label, [kind](const Json& run) -> std::string {
      const Json* job = FirstJob(run);
      const bool checked = run.contains("isolation") && run["isolation"].value("checked", false);
      return checked && job != nullptr ? CountText((*job)["anomalies"].value(kind, int64_t{0})) : "-";
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
    if (ratio && compare_["designs"].contains(reference))
      base = Median(compare_["designs"][reference], figure);
    const int64_t phases = compare_.value("phases", int64_t{1});
    // Interrupted: of a phase that was not run nothing is known.
    const bool complete = compare_.value("complete", true);
    Row(label, [=](const Json& run) -> std::string {
      const std::optional<int64_t> median = Median(run, figure);
      if (!median) return complete ? "never" : "?";
      std::string text = text_of(*median);
      if (base.value_or(0) > 0) text += fmt::format(" ({})", RatioText(*median, *base));
      const int64_t count = run["phases"][figure].value("count", int64_t{0});
      if (complete && count < phases) text += fmt::format(", never in {} of {}", phases - count, phases);
      return text;
    });
    if (phases == 1) return;
    Row("    phases", [=](const Json& run) -> std::string {
      if (!Median(run, figure)) return "-";
      const Json& range = run["phases"][figure];
      const int64_t low = range.value("min", int64_t{0});
      const int64_t high = range.value("max", int64_t{0});
      if (low == high) return "same";
      return text_of(low) == text_of(high) ? text_of(low) : RangeText(text_of(low), text_of(high));
    });
  }
  void Names() {
    std::vector<std::string> cells = {""};
    for (const auto& [name, run] : compare_["designs"].items()) cells.push_back(style_.Bold(name));
    table_.Row(std::move(cells));
  }
  void Promises(std::string_view label, std::string_view Promise::*field) {
    std::vector<std::string> cells = {fmt::format("  {}", label)};
    for (const auto& [name, run] : compare_["designs"].items()) {
      std::string text = "?";
      for (const Promise& promise : kPromises) {
        if (promise.design == name) text = promise.*field;
      }
      cells.push_back(text);
    }
    table_.Row(std::move(cells));
  }
  std::string Text(size_t width) const { return table_.TextWithin(width); }

 private:
  const Json& compare_;
  const Style& style_;
  Table table_;
};

std::string VerdictCell(const Json& run) {
  const std::string verdict = run.value("verdict", "?");
  const Json* job = FirstJob(run);
  if (verdict != "completed" || job == nullptr) return verdict;
  const auto text = job->find("result_text");
  return text != job->end() && text->is_string() ? text->get<std::string>() : verdict;
}

std::string SemanticsText(const Json& compare, const Style& style) {
  std::string text;
  if (!compare.contains("same_tree")) return text;
  const bool same = compare.value("same_tree", false);
  text += fmt::format("deferrable: {}   same tree under every design: {}\n",
                      compare.value("deferrable", false) ? "yes" : "no",
                      same ? style.Green("yes") : style.Red("no"));
  if (!compare.contains("semantics")) return text;
  for (const auto& [design, difference] : compare["semantics"].items()) {
    const std::string cause = difference.value("cause", "");
    const int64_t index = difference.value("index", int64_t{-1});
    text += fmt::format("  {}: {}{}: direct has {}, here {}; cause: {}\n", design,
                        index >= 0 ? fmt::format("call {} ", index) : "", difference.value("call", ""),
                        difference.value("direct", ""), difference.value("got", ""),
                        cause.empty() ? style.Red("none found: a defect") : cause);
  }
  return text;
}

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
    if (run.contains("expectations")) failed += ExpectationsReport(run["expectations"], style, true);
    if (!failed.empty()) text += fmt::format("\nunder {}\n{}", style.Bold(design), failed);
  }
  return text;
}

std::string ComparisonTable(const Json& compare, const Style& style, size_t width) {
  Columns columns(compare, style);
  columns.Names();
  columns.Heading("cost to the job");
  columns.Row("result", VerdictCell);
  columns.FigureWithRange("latency", "latency_ns", DurationText, true);
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
  columns.Heading("what others saw");
  columns.Anomalies("a part of its changes", "partial_visibility");
  columns.Anomalies("what was undone later", "dirty_read");
  columns.Anomalies("updates lost by it", "lost_update");
  columns.Anomalies("write skew by it", "write_skew");
  columns.Heading("what it promises");
  columns.Promises("readers see", &Promise::readers);
  columns.Promises("after an error", &Promise::errors);
  columns.Promises("after a power cut", &Promise::power);
  columns.Promises("the job reads", &Promise::job_reads);
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
  text += "\n\n";
  if (!options.quiet) text += ComparisonTable(compare, style, options.width) + "\n";
  if (const std::vector<std::string> reasons = ReasonsFor(compare); !reasons.empty()) {
    text += style.Bold("where a design loses") + "\n";
    for (const std::string& reason : reasons) text += "  " + reason + "\n";
    text += "\n";
  }
  text += SemanticsText(compare, style) + WarningsText(compare);
  const std::string expectations = ExpectationsReport(compare["expectations"], style, options.quiet);
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
