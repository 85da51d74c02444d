// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/report/run_report.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <vector>

#include "fmt/format.h"
#include "tools/txgsim/report/hang_report.h"
#include "tools/txgsim/report/json_fields.h"
#include "tools/txgsim/report/kernel_log.h"
#include "tools/txgsim/report/pool_report.h"

namespace tools {
namespace {

std::string JobsSection(const Json& run, const Style& style) {
  if (!run.contains("jobs") || run["jobs"].empty()) return "";
  Table table({2, 3, 4, 5, 6, 7, 8});
  table.Row({style.Dim("JOB"), style.Dim("RESULT"), style.Dim("LATENCY"), style.Dim("TXGS"),
             style.Dim("SYSCALLS"), style.Dim("CALLBACKS"), style.Dim("LOCK HELD"), style.Dim("D STATE"),
             style.Dim("OTHERS WAITED")});
  for (const auto& [name, job] : run["jobs"].items()) {
    const auto result = job.find("result_text");
    std::string text = result != job.end() ? result->get<std::string>() : "";
    if (text.empty()) {
      const auto number = job.find("result");
      text = number == job.end() || number->is_null() ? "not ended" : number->dump();
    }
    const auto latency = job.find("latency_ns");
    table.Row({name, text,
               latency != job.end() && latency->is_number() ? DurationText(latency->get<int64_t>()) : "-",
               std::to_string(Number(job, "txgs")), std::to_string(Number(job, "syscalls")),
               std::to_string(Number(job, "callbacks")), DurationText(Number(job, "sync_lock_held_ns")),
               DurationText(Number(job, "d_state_ns")), DurationText(Number(job, "admin_wait_ns"))});
  }
  std::string text = "\n" + table.Text(2);
  for (const auto& [name, job] : run["jobs"].items()) {
    if (job.contains("stopped_by")) text += fmt::format("  {}: {}\n", name, Field(job, "stopped_by"));
  }
  return text;
}

// Lines, each behind two blanks.
std::string Indented(std::string_view lines) {
  std::string text;
  while (!lines.empty()) {
    const size_t end = std::min(lines.find('\n'), lines.size());
    text += fmt::format("  {}\n", lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return text;
}

// "EDQUOT 12, EIO 3"
std::string ErrorsText(const Json& load) {
  std::string text;
  for (const auto& [error, count] : load["errors"].items())
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", error, count.get<int64_t>());
  return text;
}

std::string LoadsSection(const Json& run, const Style& style) {
  if (!run.contains("loads") || run["loads"].empty()) return "";
  Table table({1, 2, 3, 4, 5, 6});
  table.Row({style.Dim("LOAD"), style.Dim("OPS"), style.Dim("THROUGHPUT"), style.Dim("P50"), style.Dim("P99"),
             style.Dim("MAX"), style.Dim("STALLED"), style.Dim("DELAYED"), style.Dim("ERRORS")});
  for (const auto& [name, load] : run["loads"].items()) {
    const Json& latency = load["latency"];
    table.Row({name, std::to_string(Number(load, "ops")), RateText(Number(load, "throughput_bytes_per_s")),
               DurationText(Number(latency, "p50_ns")), DurationText(Number(latency, "p99_ns")),
               DurationText(Number(latency, "max_ns")), DurationText(Number(load, "stall_ns")),
               DurationText(Number(load, "delay_ns")), style.Red(ErrorsText(load))});
  }
  table.DropBlankColumns();
  return "\n" + table.Text(2);
}

std::string PoolsSection(const Json& run, const Style& style) {
  if (!run.contains("pools") || run["pools"].empty()) return "";
  Table table({1, 2, 3, 4});
  table.Row({style.Dim("POOL"), style.Dim("SYNCED TXG"), style.Dim("DIRTY"), style.Dim("DIRTY MAX"),
             style.Dim("GATE CLOSED"), style.Dim("STATE")});
  for (const auto& [name, pool] : run["pools"].items()) {
    const bool frozen = pool.value("frozen", false);
    const bool suspended = pool.value("suspended", false);
    table.Row({name, std::to_string(Number(pool, "txg_synced")), BytesText(Number(pool, "dirty_bytes")),
               BytesText(Number(pool, "dirty_bytes_max")), DurationText(Number(pool, "sync_lock_held_ns")),
               suspended ? style.Red("suspended")
               : frozen  ? style.Red("frozen")
                         : "online"});
  }
  return "\n" + table.Text(2);
}

// Whether jobs and commands are as if one after the other; if not, what proves it, the first of each kind.
// One alone is that in any case.
std::string IsolationSection(const Json& run, const Style& style) {
  if (!run.contains("isolation") || !run["isolation"].value("checked", false)) return "";
  const Json& isolation = run["isolation"];
  if (Number(isolation, "transactions") < 2) return "";
  const bool serialisable = isolation.value("serialisable", false);
  std::string text = fmt::format("\nisolation of {} transactions: {}\n", Number(isolation, "transactions"),
                                 !serialisable ? style.Red("not serialisable")
                                 : isolation.value("strict", false)
                                     ? style.Green("strictly serialisable")
                                     : style.Green("serialisable") + ", but not in the order of time");
  if (isolation.contains("against_time")) text += Indented(Field(isolation, "against_time"));
  std::vector<std::string> shown;
  for (const Json& proof : isolation["proofs"]) {
    const std::string kind = Field(proof, "kind");
    if (std::find(shown.begin(), shown.end(), kind) != shown.end()) continue;
    shown.push_back(kind);
    text += Indented(Field(proof, "text"));
    const int64_t others = Number(isolation, kind.c_str()) - 1;
    if (others > 0)
      text += fmt::format("    {}\n", style.Dim(fmt::format("and {} more of this kind", others)));
  }
  return text;
}

// What a command printed, `most` lines of it.
std::string Printed(const std::string& body, size_t most, const Style& style) {
  std::string text;
  size_t start = 0;
  for (size_t line = 0; start < body.size(); ++line) {
    if (line == most) {
      const auto left = std::count(body.begin() + static_cast<std::ptrdiff_t>(start), body.end(), '\n') +
                        (body.back() == '\n' ? 0 : 1);
      return text + style.Dim(fmt::format("      ... and {} more lines; --all shows them", left)) + "\n";
    }
    const size_t end = std::min(body.find('\n', start), body.size());
    text += "      " + body.substr(start, end - start) + "\n";
    start = end + 1;
  }
  return text;
}

// What `sh` and zfs.debug printed, and how commands failed. If there is much: the newest, and all that
// failed.
std::string OutputSection(const Json& run, const Style& style, bool all) {
  constexpr size_t kCommandsShown = 12;
  constexpr size_t kLinesShown = 20;
  if (!run.contains("output") || run["output"].empty()) return "";
  const Json& output = run["output"];
  const size_t first = !all && output.size() > kCommandsShown ? output.size() - kCommandsShown : 0;
  std::string text = "\ncommands and what they printed\n";
  size_t left_out = 0;
  for (size_t i = 0; i < output.size(); ++i) {
    const Json& one = output[i];
    const bool failed = Number(one, "exit_code") != 0;
    const bool shown = i >= first || failed;
    if (!shown) ++left_out;
    if (left_out > 0 && (shown || i + 1 == first)) {
      text +=
          fmt::format("  {}\n", style.Dim(fmt::format("({} that succeeded; --all shows them)", left_out)));
      left_out = 0;
    }
    if (!shown) continue;
    const std::string command = Field(one, "command");
    text += fmt::format("  {} {}", style.Dim(fmt::format("[{:>12.6f}]", Number(one, "at_ns") / 1e9)),
                        Field(one, "by"));
    if (!command.empty()) text += " $ " + command;
    if (failed) text += style.Red(fmt::format("  exit {}", Number(one, "exit_code")));
    text += "\n";
    const std::string body = Field(one, "text");
    text += Printed(body, all ? body.size() : kLinesShown, style);
  }
  return text;
}

std::string ParamsText(const Json& run) {
  std::string text;
  for (const auto& [name, value] : run["params"].items()) {
    text += fmt::format("  {}={}", name, value.is_string() ? value.get<std::string>() : value.dump());
  }
  return text;
}

// The numbers in `actual` that are durations, as such: "1.50 s (1500000000 ns)".
std::string WithDurations(const std::string& actual, const Json& expectation) {
  const auto durations = expectation.find("durations");
  if (durations == expectation.end()) return actual;
  std::string text;
  for (size_t at = 0; at < actual.size();) {
    size_t end = at;
    while (end < actual.size() && std::isdigit(static_cast<unsigned char>(actual[end])) != 0) ++end;
    const std::string number = actual.substr(at, end - at);
    // "a1" and "1.5" are no whole numbers.
    const bool whole =
        end > at && (at == 0 || (std::isalnum(static_cast<unsigned char>(actual[at - 1])) == 0 &&
                                 actual[at - 1] != '.' && actual[at - 1] != '_'));
    const bool duration = whole && (end == actual.size() || actual[end] != '.') &&
                          std::any_of(durations->begin(), durations->end(),
                                      [&](const Json& ns) { return ns.dump() == number; });
    if (end == at) {
      text += actual[at++];
      continue;
    }
    const int64_t ns = duration ? std::stoll(number) : 0;
    text += ns < 1'000 ? number : fmt::format("{} ({} ns)", DurationText(ns), number);
    at = end;
  }
  return text;
}

}  // namespace

std::string ExpectationsReport(const Json& expectations, const Style& style, Expectations which) {
  std::string text;
  for (const Json& expectation : expectations) {
    const auto held = expectation.find("held");
    const bool checked = held != expectation.end() && held->is_boolean();
    const bool ok = checked && held->get<bool>();
    if (ok && which != Expectations::kAll) continue;
    if (!checked && which == Expectations::kFailed) continue;
    std::string actual = Field(expectation, "actual");
    if (!checked) {  // It says why.
      text += fmt::format("  {} {}\n", style.Dim(actual.empty() ? "not checked" : actual),
                          Field(expectation, "text"));
      continue;
    }
    actual = WithDurations(actual, expectation);
    const std::string label = ok ? style.Green("ok") : style.Red("FAILED");
    text += fmt::format("  {}{} {}", label, ok ? " " : "", Field(expectation, "text"));
    const std::string key = Field(expectation, "key");
    const std::string expected = Field(expectation, "expected");
    if (!expected.empty()) {
      text += fmt::format("  {}: expected {}, got {}", key, expected, actual);
    } else if (!key.empty()) {
      text += fmt::format("  {}: {}", key, actual);
    } else if (!actual.empty()) {
      text += style.Dim(expectation.contains("durations") ? "  " + actual : fmt::format("  ({})", actual));
    } else if (!ok) {
      text += style.Dim("  (the body returned false)");
    }
    text += "\n";
  }
  return text;
}

std::string ChecksReport(const Json& run, const Style& style) {
  std::string text;
  if (!run.contains("failed_checks")) return text;
  for (const Json& check : run["failed_checks"])
    text += fmt::format("  {} check  {}\n", style.Red("FAILED"), check.get<std::string>());
  return text;
}

std::string RunReport(const Json& run, const Style& style, const RunReportOptions& options) {
  std::string text;
  text += fmt::format("{}  arm {}  seed {}{}\n", style.Bold(Field(run, "scenario")), Field(run, "arm"),
                      Number(run, "seed"), ParamsText(run));
  text += fmt::format("{}  at {}  after {} events\n", TitleOf(run, style), InstantText(Number(run, "end_ns")),
                      Number(run, "events"));
  text += StopReport(run);
  if (!options.quiet) {
    text += HangReport(run, style);
    text += KernelLog(run, style);
    text += JobsSection(run, style);
    text += LoadsSection(run, style);
    text += PoolsSection(run, style);
    text += PoolReport(run, style, options.all);
    text += IsolationSection(run, style);
    text += OutputSection(run, style, options.all);
    if (run.contains("warnings")) {
      for (const Json& warning : run["warnings"])
        text += fmt::format("  warning: {}\n", warning.get<std::string>());
    }
  }
  const std::string expectations =
      ChecksReport(run, style) + ExpectationsReport(run["expectations"], style, ShownIf(options.quiet));
  if (!expectations.empty()) text += "\n" + expectations;
  text += "\n";
  if (!Field(run, "digest").empty())
    text += fmt::format("{} {}   ", style.Dim("digest"), Field(run, "digest"));
  if (!options.repeat_command.empty())
    text += fmt::format("{} {}", style.Dim("repeat:"), options.repeat_command);
  text += "\n";
  return text;
}

std::string ArmsReport(const Json& arms, const Style& style) {
  Table table({2});
  table.Row({style.Dim("ARM"), style.Dim("VERDICT"), style.Dim("END"), style.Dim("EXPECTATIONS"),
             style.Dim("ROOT"), style.Dim("DIGEST")});
  std::string failures;
  for (const auto& [name, run] : arms.items()) {
    int held = 0;
    int checked = 0;
    for (const Json& expectation : run["expectations"]) {
      if (!expectation["held"].is_boolean()) continue;
      ++checked;
      held += expectation["held"].get<bool>() ? 1 : 0;
    }
    const std::string counts = fmt::format("{} of {}", held, checked);
    table.Row({name, TitleOf(run, style), InstantText(Number(run, "end_ns")),
               held == checked ? counts : style.Red(counts), Field(run, "root"), Field(run, "digest")});
    const std::string failed =
        ChecksReport(run, style) + ExpectationsReport(run["expectations"], style, Expectations::kNotHeld);
    if (!failed.empty()) failures += fmt::format("\narm {}\n{}", name, failed);
  }
  return table.Text(0) + failures;
}

}  // namespace tools
