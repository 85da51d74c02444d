// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/sweep/report.h"

#include <algorithm>

#include "fmt/format.h"
#include "sim/digest.h"
#include "sim/hash.h"
#include "tools/txgsim/report/run_report.h"

namespace tools {
namespace {

constexpr size_t kFailuresShown = 10;

Json ValueOf(const SweepRow& row, const std::string& path) {
  for (const auto& [name, value] : row.figures) {
    if (name == path) return value;
  }
  return {};
}

std::string CsvField(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

std::string CsvLine(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields) line += (&field == fields.data() ? "" : ",") + CsvField(field);
  return line + "\n";
}

}  // namespace

absl::StatusOr<SweepRow> RowOf(const model::ResultValue& run, const std::vector<std::string>& figures) {
  SweepRow row;
  row.done = true;
  row.held = run.Find("held") != nullptr && run.Find("held")->flag();
  row.verdict = run.Find("verdict") != nullptr ? run.Find("verdict")->text() : "";
  row.digest = run.Find("digest") != nullptr ? run.Find("digest")->text() : "";
  if (figures.empty()) {
    row.figures = FiguresByDefault(run);
  } else {
    absl::StatusOr<std::vector<Figure>> asked_for = FiguresAskedFor(run, figures);
    if (!asked_for.ok()) return asked_for.status();
    row.figures = *std::move(asked_for);
  }
  if (const model::ResultValue* expectations = run.Find("expectations")) {
    for (const model::ResultValue& one : expectations->items()) {
      const model::ResultValue* held = one.Find("held");
      const bool checked = held != nullptr && !held->is_null();
      row.judged.emplace_back(one.Find("text")->text(),
                              checked ? std::optional<bool>(held->flag()) : std::nullopt);
      if (checked && !held->flag()) row.expectations.push_back(ToJson(one));
    }
  }
  if (row.held) return row;
  if (const model::ResultValue* checks = run.Find("failed_checks")) row.failed_checks = ToJson(*checks);
  return row;
}

size_t SweepResults::done() const {
  return static_cast<size_t>(
      std::count_if(rows_.begin(), rows_.end(), [](const SweepRow& row) { return row.done; }));
}

bool SweepResults::held() const {
  return std::all_of(rows_.begin(), rows_.end(), [](const SweepRow& row) { return !row.done || row.held; });
}

std::string SweepResults::Digest() const {
  if (done() < rows_.size()) return "";
  uint64_t digest = sim::HashName("sweep");
  for (const SweepRow& row : rows_) digest = sim::CombineHash(digest, sim::HashName(row.digest));
  return sim::DigestText(digest);
}

std::vector<std::string> SweepResults::Columns() const {
  if (!asked_for_.empty()) return asked_for_;
  std::vector<std::string> columns;
  for (const SweepRow& row : rows_) {
    for (const auto& [path, value] : row.figures) {
      if (std::find(columns.begin(), columns.end(), path) == columns.end()) columns.push_back(path);
    }
  }
  return columns;
}

FigureCell SweepResults::CellAt(size_t point, const std::string& path) const {
  std::vector<Json> values;
  for (size_t run = point * plan_.seeds(); run < (point + 1) * plan_.seeds(); ++run) {
    if (rows_[run].done) values.push_back(ValueOf(rows_[run], path));
  }
  return CellOf(std::move(values));
}

std::string SweepResults::TableText(const Style& style) const {
  // Of the default figures, those that are 0 everywhere say nothing.
  std::vector<std::string> columns;
  for (const std::string& path : Columns()) {
    bool zero = asked_for_.empty();
    for (size_t point = 0; zero && point < plan_.points(); ++point) zero = CellAt(point, path).all_zero();
    if (!zero) columns.push_back(path);
  }
  const bool verdicts = std::any_of(
      rows_.begin(), rows_.end(), [](const SweepRow& row) { return row.done && row.verdict != "completed"; });
  std::vector<std::string> head;
  std::vector<size_t> right;
  for (const SweepPlan::Axis& axis : plan_.axes()) {
    if (axis.values.front().is_number()) right.push_back(head.size());
    head.push_back(style.Dim(axis.name));
  }
  if (verdicts) head.push_back(style.Dim("verdict"));
  for (const std::string& path : columns) {
    right.push_back(head.size());
    head.push_back(style.Dim(FigureTitle(path)));
  }
  Table table(right);
  table.Row(std::move(head));
  for (size_t point = 0; point < plan_.points(); ++point) {
    std::vector<std::string> cells;
    for (size_t axis = 0; axis < plan_.axes().size(); ++axis)
      cells.push_back(PlainText(plan_.ValueOf(point, axis)));
    if (verdicts) {
      std::vector<Json> values;
      for (size_t run = point * plan_.seeds(); run < (point + 1) * plan_.seeds(); ++run) {
        if (rows_[run].done) values.emplace_back(rows_[run].verdict);
      }
      cells.push_back(CellText("verdict", CellOf(std::move(values))));
    }
    for (const std::string& path : columns) cells.push_back(CellText(path, CellAt(point, path)));
    table.Row(std::move(cells));
  }
  return table.Text(0);
}

std::string SweepResults::FailuresText(const Style& style) const {
  std::string text;
  size_t failures = 0;
  for (size_t run = 0; run < rows_.size(); ++run) {
    const SweepRow& row = rows_[run];
    if (!row.done || row.held) continue;
    if (++failures > kFailuresShown) continue;
    text += fmt::format("\nat {}\n", style.Bold(plan_.Name(run)));
    Json checks = Json::object();
    checks["failed_checks"] = row.failed_checks;
    text += ChecksReport(checks, style);
    text += ExpectationsReport(row.expectations, style, Expectations::kFailed);
    text += fmt::format("  {} {}\n", style.Dim("repeat:"), plan_.RunCommand(scenario_, run));
  }
  if (failures > kFailuresShown)
    text += fmt::format("\nand {} more runs failed\n", failures - kFailuresShown);
  return text;
}

std::string SweepResults::Report(const Style& style, bool quiet) const {
  std::string text = style.Bold(scenario_);
  for (const SweepPlan::Axis& axis : plan_.fixed())
    text += fmt::format("  {}={}", axis.name, PlainText(axis.values.front()));
  text += fmt::format("  {} point{}", plan_.points(), plan_.points() == 1 ? "" : "s");
  if (plan_.seeds() == 1) {
    text += fmt::format("  seed {}", plan_.SeedOf(0));
  } else {
    text += fmt::format("  seeds {}..{}: mean +- half of the 95 % interval (Student)", plan_.SeedOf(0),
                        plan_.SeedOf(plan_.seeds() - 1));
  }
  if (done() < rows_.size()) text += fmt::format("  {} of {} runs", done(), rows_.size());
  text += "\n";
  if (!quiet) text += "\n" + TableText(style);
  return text;
}

Json SweepResults::EachRun() const {
  struct Count {
    size_t held = 0;
    size_t failed = 0;
    size_t not_checked = 0;
  };
  std::vector<std::pair<std::string, Count>> counts;
  for (const SweepRow& row : rows_) {
    for (size_t i = 0; i < row.judged.size(); ++i) {
      const auto& [text, held] = row.judged[i];
      if (i == counts.size()) counts.emplace_back(text, Count{});
      Count& count = counts[i].second;
      ++(!held ? count.not_checked : *held ? count.held : count.failed);
    }
  }
  Json list = Json::array();
  for (const auto& [text, count] : counts) {
    const size_t checked = count.held + count.failed;
    Json one = {{"text", text}, {"held", checked > 0 ? Json(count.failed == 0) : Json()}};
    one["actual"] = checked == 0 ? std::string("not checked (parameters changed)")
                                 : fmt::format("{} of {} runs", count.held, checked);
    one["runs_held"] = count.held;
    one["runs_failed"] = count.failed;
    one["runs_not_checked"] = count.not_checked;
    list.push_back(std::move(one));
  }
  return list;
}

std::string SweepResults::Csv() const {
  const std::vector<std::string> columns = Columns();
  std::vector<std::string> head;
  for (const SweepPlan::Axis& axis : plan_.axes()) head.push_back(axis.name);
  for (const char* name : {"seed", "verdict", "held"}) head.emplace_back(name);
  head.insert(head.end(), columns.begin(), columns.end());
  std::string text = CsvLine(head);
  for (size_t run = 0; run < rows_.size(); ++run) {
    const SweepRow& row = rows_[run];
    if (!row.done) continue;
    std::vector<std::string> fields;
    for (size_t axis = 0; axis < plan_.axes().size(); ++axis)
      fields.push_back(PlainText(plan_.ValueOf(plan_.PointOf(run), axis)));
    fields.push_back(std::to_string(plan_.SeedOf(run)));
    fields.push_back(row.verdict);
    fields.emplace_back(row.held ? "true" : "false");
    for (const std::string& path : columns) {
      const Json value = ValueOf(row, path);
      fields.push_back(value.is_null() ? "" : PlainText(value));
    }
    text += CsvLine(fields);
  }
  return text;
}

Json SweepResults::Points() const {
  const std::vector<std::string> columns = Columns();
  Json points = Json::array();
  for (size_t point = 0; point < plan_.points(); ++point) {
    Json params = Json::object();
    for (size_t axis = 0; axis < plan_.axes().size(); ++axis)
      params[plan_.axes()[axis].name] = plan_.ValueOf(point, axis);
    Json figures = Json::object();
    for (const std::string& path : columns) figures[path] = CellJson(CellAt(point, path));
    const auto first = rows_.begin() + static_cast<std::ptrdiff_t>(point * plan_.seeds());
    const auto last = first + static_cast<std::ptrdiff_t>(plan_.seeds());
    const bool known = std::all_of(first, last, [](const SweepRow& row) { return row.done; });
    const bool holds = std::all_of(first, last, [](const SweepRow& row) { return !row.done || row.held; });
    Json one = Json::object();
    one["params"] = std::move(params);
    one["held"] = known || !holds ? Json(holds) : Json();
    one["figures"] = std::move(figures);
    points.push_back(std::move(one));
  }
  return points;
}

}  // namespace tools
