// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/report/matrix_report.h"

#include <algorithm>
#include <vector>

#include "fmt/format.h"

namespace tools {
namespace {

// What became of the work: "nothing done", "all done", "17 of 35 done"; nothing if there is none.
std::string DoneText(const Json& cell) {
  const int64_t done = cell.value("done", int64_t{0});
  const int64_t of = cell.value("of", int64_t{0});
  if (of == 0) return cell.value("not_counted", int64_t{0}) > 0 ? "not counted" : "";
  if (done == 0) return "nothing done";
  return done == of ? "all done" : fmt::format("{} of {} done", done, of);
}

std::string Duration(const Json& cell, const char* key) {
  const auto it = cell.find(key);
  return it != cell.end() && it->is_number_integer() ? DurationText(it->get<int64_t>()) : "";
}

// The verdict and the figure that matters most with it.
std::string FirstLine(const Json& cell, const Style& style) {
  const std::string verdict = cell.value("verdict", "?");
  const std::string subkind = cell.value("subkind", "");
  const int64_t stuck = cell.value("stuck", int64_t{0});
  if (subkind == "power_cut") {
    const std::string done = DoneText(cell);
    return done.empty() ? "no changes" : done;
  }
  if (verdict == "completed") {
    const auto result = cell.find("result");
    const std::string text =
        result != cell.end() && result->is_string() ? result->get<std::string>() : subkind;
    if (text == "killed") return fmt::format("gone in {}", Duration(cell, "kill_to_exit_ns"));
    const std::string latency = Duration(cell, "latency_ns");
    if (latency.empty()) return text;
    return text == "0" ? fmt::format("ok in {}", latency) : fmt::format("{} in {}", text, latency);
  }
  if (subkind == "unfinished") return style.Yellow(subkind);
  std::string text =
      verdict == "frozen_pool" || verdict == "deadlock" ? style.Red(verdict) : style.Yellow(verdict);
  if (stuck > 0) text += fmt::format(", {} stuck", stuck);
  return text;
}

// What else to know, the most important of it.
std::string SecondLine(const Json& cell) {
  const std::string verdict = cell.value("verdict", "");
  if (cell.value("subkind", "") == "power_cut") return "";
  if (const std::string other = Duration(cell, "other_latency_ns"); !other.empty()) {
    return fmt::format("the other in {}", other);
  }
  if (verdict != "frozen_pool" && cell.value("frozen", false)) return "pool frozen";
  const int64_t stall = cell.value("stall_ns", int64_t{0});
  if (verdict == "completed" && stall > 0 && cell.value("result", "") == "0") {
    return fmt::format("writers stall {}", DurationText(stall));
  }
  return DoneText(cell);
}

// Whether the matrix was asked what would free the stuck, and what would.
std::string FreedBy(const Json& cell) {
  const auto freed_by = cell.find("freed_by");
  if (freed_by == cell.end() || !freed_by->is_array() || cell.value("stuck", int64_t{0}) == 0) return "";
  if (freed_by->empty()) return "freed by nothing tried";
  std::string text = "freed by ";
  for (const Json& action : *freed_by) {
    if (action != freed_by->front()) text += "; ";
    text += action.value("action", "?");
  }
  return text;
}

// So many designs side by side fit most terminals.
constexpr size_t kColumns = 4;

size_t WidthOf(const std::string& text) {
  size_t width = 0;
  for (size_t from = 0; from < text.size();) {
    const size_t end = std::min(text.find('\n', from), text.size());
    width = std::max(width, DisplayWidth(std::string_view(text).substr(from, end - from)));
    from = end + 1;
  }
  return width;
}

std::string Block(const Json& faults, const Style& style, const std::vector<std::string>& designs) {
  Table table;
  std::vector<std::string> names = {""};
  for (const std::string& design : designs) names.push_back(style.Bold(design));
  table.Row(std::move(names));
  for (const auto& [fault, row] : faults.items()) {
    std::vector<std::string> first = {fmt::format("  {}", row.value("what", ""))};
    std::vector<std::string> second = {"    " + style.Dim(fault)};
    for (const std::string& design : designs) {
      const Json& cell = row["designs"][design];
      first.push_back(cell.is_null() ? "-" : FirstLine(cell, style));
      second.push_back(cell.is_null() ? "" : "  " + SecondLine(cell));
    }
    table.Row(std::move(first));
    table.Row(std::move(second));
    std::vector<std::string> freed = {""};
    for (const std::string& design : designs) {
      const Json& cell = row["designs"][design];
      freed.push_back(cell.is_null() || FreedBy(cell).empty() ? "" : "  " + FreedBy(cell));
    }
    const bool any = std::any_of(freed.begin(), freed.end(), [](const auto& text) { return !text.empty(); });
    if (any) table.Row(std::move(freed));
  }
  return table.Text(0);
}

}  // namespace

std::string MatrixReport(const Json& faults, const Style& style, size_t width,
                         const std::string& command_pattern) {
  if (faults.empty()) return "";
  std::vector<std::string> designs;
  for (const auto& [design, cell] : faults.begin().value()["designs"].items()) designs.push_back(design);
  std::string text = style.Bold("when something goes wrong in the middle of the job") + "\n";
  for (auto from = designs.begin(); from != designs.end();) {
    ptrdiff_t count = std::min<ptrdiff_t>(kColumns, designs.end() - from);
    std::string block = Block(faults, style, {from, from + count});
    while (width > 0 && count > 1 && WidthOf(block) > width)
      block = Block(faults, style, {from, from + --count});
    text += block + "\n";
    from += count;
  }
  return text + fmt::format("{} {}\n", style.Dim("a cell again, with its report:"), command_pattern);
}

}  // namespace tools
