// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/sweep/figures.h"

#include <algorithm>

#include "fmt/format.h"
#include "model/script/result/path.h"
#include "sim/portable_math.h"
#include "tools/txgsim/report/text.h"

namespace tools {
namespace {

using model::ResultValue;

void Add(const ResultValue& run, const char* kind, std::initializer_list<const char*> figures,
         std::vector<std::string>* paths) {
  const ResultValue* named = run.Find(kind);
  if (named == nullptr) return;
  for (const auto& [name, value] : named->fields()) {
    for (const char* figure : figures) paths->push_back(fmt::format("{}.{}.{}", kind, name, figure));
  }
}

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

std::string NumberText(const std::string& path, double number) {
  const int64_t whole = sim::RoundToInt64(number);
  if (EndsWith(path, "_ns")) return DurationText(whole);
  if (EndsWith(path, "bytes_per_s")) return RateText(whole);
  if (path.find("bytes", path.rfind('.') + 1) != std::string::npos) return BytesText(whole);
  return number == static_cast<double>(whole) ? fmt::format("{}", whole) : fmt::format("{:.3g}", number);
}

std::vector<std::string> DefaultPaths(const ResultValue& run) {
  std::vector<std::string> paths;
  Add(run, "jobs", {"latency_ns", "txgs", "sync_lock_held_ns", "core_tied_ns", "retries"}, &paths);
  Add(run, "loads", {"latency.p99_ns", "stall_ns", "delay_ns"}, &paths);
  if (paths.empty()) Add(run, "processes", {"latency_ns"}, &paths);
  if (paths.empty()) paths.emplace_back("end_ns");
  Add(run, "pools", {"dirty_bytes_max"}, &paths);
  return paths;
}

// True if the value has others below it.
bool IsTree(const ResultValue& value) {
  return value.kind() == ResultValue::Kind::kObject || value.kind() == ResultValue::Kind::kArray;
}

}  // namespace

absl::StatusOr<std::vector<Figure>> FiguresAskedFor(const ResultValue& run,
                                                    const std::vector<std::string>& paths) {
  std::vector<Figure> figures;
  for (const std::string& path : paths) {
    const absl::StatusOr<const ResultValue*> found = model::ResultAt(run, "run", path);
    if (!found.ok()) {
      return absl::InvalidArgumentError(
          fmt::format("--figures {}: {}", path, std::string(found.status().message())));
    }
    if (IsTree(**found)) {
      std::string below;
      for (const auto& [key, value] : (*found)->fields()) below += (below.empty() ? "" : ", ") + key;
      return absl::InvalidArgumentError(fmt::format("--figures {}: is no single value{}", path,
                                                    below.empty() ? "" : "; below it are " + below));
    }
    figures.emplace_back(path, ToJson(**found));
  }
  return figures;
}

std::vector<Figure> FiguresByDefault(const ResultValue& run) {
  std::vector<Figure> figures;
  for (const std::string& path : DefaultPaths(run)) {
    const absl::StatusOr<const ResultValue*> found = model::ResultAt(run, "run", path);
    if (found.ok() && !IsTree(**found)) figures.emplace_back(path, ToJson(**found));
  }
  return figures;
}

FigureCell CellOf(std::vector<Json> values) {
  FigureCell cell;
  std::vector<double> numbers;
  for (const Json& value : values) {
    if (value.is_number()) numbers.push_back(value.get<double>());
  }
  cell.values = std::move(values);
  cell.summary = model::Summarise(numbers);
  return cell;
}

bool FigureCell::same() const {
  return std::all_of(values.begin(), values.end(),
                     [&](const Json& value) { return value == values.front(); });
}

bool FigureCell::all_zero() const {
  return std::all_of(values.begin(), values.end(),
                     [](const Json& value) { return value.is_null() || value == Json(0); });
}

std::string FigureTitle(const std::string& path) {
  std::string title = path;
  for (const char* kind : {"jobs.", "loads.", "processes.", "pools.", "locks."}) {
    if (title.rfind(kind, 0) == 0) title.erase(0, std::string_view(kind).size());
  }
  if (EndsWith(title, "_ns")) title.resize(title.size() - 3);
  std::replace(title.begin(), title.end(), '.', ' ');
  std::replace(title.begin(), title.end(), '_', ' ');
  return title;
}

std::string CellText(const std::string& path, const FigureCell& cell) {
  if (cell.values.empty()) return "?";  // Not run.
  if (cell.summary.count == 0) {
    if (!cell.same()) return "differs";
    return cell.values.front().is_null() ? "-" : PlainText(cell.values.front());
  }
  std::string text = NumberText(path, cell.summary.mean);
  if (cell.summary.ci95.value_or(0) > 0) text += " +-" + NumberText(path, *cell.summary.ci95);
  if (cell.summary.count < cell.values.size())
    text += fmt::format(" ({} of {})", cell.summary.count, cell.values.size());
  return text;
}

Json CellJson(const FigureCell& cell) {
  const model::Summary& summary = cell.summary;
  if (summary.count == 0) {
    if (cell.values.empty() || !cell.same()) return {{"value", nullptr}};
    return {{"value", cell.values.front()}};
  }
  Json json = Json::object();
  json["mean"] = summary.mean;
  json["ci95"] = summary.ci95 ? Json(*summary.ci95) : Json();
  json["min"] = summary.min;
  json["max"] = summary.max;
  json["count"] = summary.count;
  return json;
}

}  // namespace tools
