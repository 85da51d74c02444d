// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/compare_report.h"

#include <functional>
#include <vector>

#include "fmt/format.h"
#include "tools/txgsim/run_report.h"

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
    {"ioctl", "no: every step", "no: the rest goes on", "a prefix", "live"},
    {"callback", "yes", "yes", "all or nothing", "frozen"},
    {"channel_tx", "yes", "yes", "all or nothing", "frozen"},
};

using Cell = std::function<std::string(const Json& run)>;

const Json* FirstJob(const Json& run) {
  if (!run.contains("jobs") || run["jobs"].empty()) return nullptr;
  return &run["jobs"].begin().value();
}

int64_t JobNumber(const Json& run, const char* key) {
  const Json* job = FirstJob(run);
  if (job == nullptr) return 0;
  const auto it = job->find(key);
  return it != job->end() && it->is_number() ? it->get<int64_t>() : 0;
}

int64_t LoadsSum(const Json& run, const char* key) {
  int64_t sum = 0;
  if (!run.contains("loads")) return 0;
  for (const auto& [name, load] : run["loads"].items()) sum += load.value(key, int64_t{0});
  return sum;
}

int64_t LoadsWorst(const Json& run, const char* key) {
  int64_t worst = 0;
  if (!run.contains("loads")) return 0;
  for (const auto& [name, load] : run["loads"].items()) {
    worst = std::max(worst, load["latency"].value(key, int64_t{0}));
  }
  return worst;
}

int64_t DirtyMax(const Json& run) {
  int64_t most = 0;
  for (const auto& [name, pool] : run["pools"].items()) {
    most = std::max(most, pool.value("dirty_bytes_max", int64_t{0}));
  }
  return most;
}

class Columns {
 public:
  Columns(const Json& compare, const Style& style) : compare_(compare), style_(style) {}

  void Heading(std::string_view text) { table_.Row({std::string(style_.Bold(text))}); }
  void Row(std::string_view label, const Cell& cell) {
    std::vector<std::string> cells = {fmt::format("  {}", label)};
    for (const auto& [name, run] : compare_["designs"].items()) cells.push_back(cell(run));
    table_.Row(std::move(cells));
  }
  void JobTime(std::string_view label, const char* key) {
    Row(label, [key](const Json& run) { return DurationText(JobNumber(run, key)); });
  }
  void JobCount(std::string_view label, const char* key) {
    Row(label, [key](const Json& run) { return std::to_string(JobNumber(run, key)); });
  }
  // Median over the phases of the txg period, and their range.
  void Phases(std::string_view label, const char* key, bool time, bool ratio) {
    const std::string reference = compare_.value("reference", "");
    int64_t base = 0;
    if (ratio && compare_["designs"].contains(reference)) base = Median(compare_["designs"][reference], key);
    Row(label, [=](const Json& run) {
      const int64_t median = Median(run, key);
      std::string text = time ? DurationText(median) : std::to_string(median);
      if (ratio && base > 0)
        text += fmt::format(" ({:.2f}x)", static_cast<double>(median) / static_cast<double>(base));
      return text;
    });
    Row("    over the phases", [=](const Json& run) -> std::string {
      if (!run.contains("phases")) return "-";
      const Json& phases = run["phases"][key];
      const int64_t low = phases.value("min", int64_t{0});
      const int64_t high = phases.value("max", int64_t{0});
      if (low == high) return "same";
      return time ? fmt::format("{} .. {}", DurationText(low), DurationText(high))
                  : fmt::format("{} .. {}", low, high);
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
  std::string Text() const { return table_.Text(0); }

 private:
  static int64_t Median(const Json& run, const char* key) {
    if (run.contains("phases")) return run["phases"][key].value("median", int64_t{0});
    return JobNumber(run, key);
  }
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
  const bool same = compare.value("same_tree", false);
  text += fmt::format("deferrable: {}   same tree under every design: {}\n",
                      compare.value("deferrable", false) ? "yes" : "no",
                      same ? style.Green("yes") : style.Red("no"));
  if (!compare.contains("semantics")) return text;
  for (const auto& [design, difference] : compare["semantics"].items()) {
    const std::string cause = difference.value("cause", "");
    text +=
        fmt::format("  {}: call {} {}: direct answers {}, here {}; cause: {}\n", design,
                    difference["index"].dump(), difference.value("call", ""), difference.value("direct", ""),
                    difference.value("got", ""), cause.empty() ? style.Red("none found: a defect") : cause);
  }
  return text;
}

}  // namespace

std::string CompareReport(const Json& compare, const Style& style, const std::string& repeat_command) {
  std::string text;
  text += fmt::format("{}  seed {}  reference {}", style.Bold(compare.value("scenario", "")),
                      compare["seed"].dump(), compare.value("reference", ""));
  if (compare.contains("phases"))
    text += fmt::format("  medians over {} phases of the txg period", compare["phases"].dump());
  text += "\n\n";
  Columns columns(compare, style);
  columns.Names();
  columns.Heading("cost to the job");
  columns.Row("result", VerdictCell);
  columns.Phases("latency", "latency_ns", true, true);
  columns.Phases("txgs waited for", "txgs", false, false);
  columns.JobCount("system calls", "syscalls");
  columns.JobCount("callbacks", "callbacks");
  columns.JobTime("cpu, user", "cpu_user_ns");
  columns.JobTime("cpu, kernel", "cpu_kernel_ns");
  columns.JobTime("core tied up", "core_tied_ns");
  columns.JobTime("asleep in D", "d_state_ns");
  columns.Heading("harm to others");
  columns.Phases("txg sync lock held", "sync_lock_held_ns", true, false);
  for (const char* phase : {"crossing", "read_cpu", "user", "think", "blocked"}) {
    columns.Row(fmt::format("    {}", phase), [phase](const Json& run) {
      const Json* job = FirstJob(run);
      if (job == nullptr || !job->contains("sync_lock_split")) return std::string("-");
      return DurationText((*job)["sync_lock_split"].value(phase, int64_t{0}));
    });
  }
  columns.JobTime("administration waited", "admin_wait_ns");
  columns.Row("writers stalled", [](const Json& run) { return DurationText(LoadsSum(run, "stall_ns")); });
  columns.Row("writers delayed", [](const Json& run) { return DurationText(LoadsSum(run, "delay_ns")); });
  columns.Row("writers' worst p99", [](const Json& run) { return DurationText(LoadsWorst(run, "p99_ns")); });
  columns.Row("writers' throughput",
              [](const Json& run) { return RateText(LoadsSum(run, "throughput_bytes_per_s")); });
  columns.Row("dirty data, most", [](const Json& run) { return BytesText(DirtyMax(run)); });
  columns.Heading("what it promises");
  columns.Promises("all or nothing for readers", &Promise::readers);
  columns.Promises("undone by an error", &Promise::errors);
  columns.Promises("after a power cut", &Promise::power);
  columns.Promises("the job reads", &Promise::job_reads);
  text += columns.Text() + "\n" + SemanticsText(compare, style);
  const std::string expectations = ExpectationsReport(compare["expectations"], style, false);
  if (!expectations.empty()) text += "\n" + expectations;
  if (compare.contains("digest"))
    text += fmt::format("\n{} {}", style.Dim("digest"), compare.value("digest", ""));
  if (!repeat_command.empty()) text += fmt::format("   {} {}", style.Dim("repeat:"), repeat_command);
  text += "\n";
  return text;
}

}  // namespace tools
