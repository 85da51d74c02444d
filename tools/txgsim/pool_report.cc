// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/pool_report.h"

#include <vector>

#include "fmt/format.h"

namespace tools {
namespace {

constexpr size_t kTxgRows = 8;
constexpr size_t kEventRows = 6;

int64_t Number(const Json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_number() ? it->get<int64_t>() : 0;
}

// "1.20M", "48.3K", "7": as zpool writes numbers.
std::string Short(double value) {
  static constexpr const char* kUnits[] = {"", "K", "M", "G", "T", "P"};
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  if (unit == 0) return fmt::format("{:.0f}", value);
  return fmt::format("{:.{}f}{}", value, value < 10 ? 2 : value < 100 ? 1 : 0, kUnits[unit]);
}

std::string Wait(int64_t total_ns, int64_t ios) { return ios == 0 ? "-" : DurationText(total_ns / ios); }

struct IoSums {
  int64_t reads = 0, writes = 0, read_bytes = 0, written_bytes = 0, read_wait_ns = 0, write_wait_ns = 0;
  void Add(const Json& disk) {
    reads += Number(disk, "reads");
    writes += Number(disk, "writes");
    read_bytes += Number(disk, "read_bytes");
    written_bytes += Number(disk, "written_bytes");
    read_wait_ns += Number(disk, "read_wait_ns");
    write_wait_ns += Number(disk, "write_wait_ns");
  }
  void AddRow(std::string name, std::string alloc, std::string free, double seconds, Table* table) const {
    const auto rate = [seconds](int64_t n) {
      return Short(seconds > 0 ? static_cast<double>(n) / seconds : 0);
    };
    table->Row({std::move(name), std::move(alloc), std::move(free), rate(reads), rate(writes),
                rate(read_bytes), rate(written_bytes), Wait(read_wait_ns, reads),
                Wait(write_wait_ns, writes)});
  }
};

std::string IostatSection(const Json& run, const Style& style) {
  Table table({1, 2, 3, 4, 5, 6, 7, 8});
  table.Row({style.Dim("pool"), style.Dim("alloc"), style.Dim("free"), style.Dim("read/s"),
             style.Dim("write/s"), style.Dim("read B/s"), style.Dim("write B/s"), style.Dim("read wait"),
             style.Dim("write wait")});
  const double seconds = static_cast<double>(Number(run, "end_ns")) / 1e9;
  for (const auto& [name, pool] : run["pools"].items()) {
    IoSums all;
    for (const Json& disk : pool["disks"]) all.Add(disk);
    const int64_t alloc = Number(pool, "alloc_bytes");
    const int64_t free = Number(pool, "size_bytes") - alloc;
    all.AddRow(name, Short(static_cast<double>(alloc)), Short(static_cast<double>(free)), seconds, &table);
    if (pool["disks"].size() < 2) continue;
    for (const Json& disk : pool["disks"]) {
      IoSums one;
      one.Add(disk);
      const std::string full = disk["name"].get<std::string>();
      one.AddRow("  " + full.substr(full.rfind('/') + 1), "-", "-", seconds, &table);
    }
  }
  return "\n" + table.Text(2);
}

bool IsEmptyTxg(const Json& row) {
  return row["state"] == "C" && Number(row, "ndirty") == 0 && Number(row, "nwritten") == 0 &&
         Number(row, "waiters") == 0;
}

// Times as the kstat has them, in ns.
std::string TxgSection(const std::string& name, const Json& pool, const Style& style) {
  std::vector<const Json*> rows;
  for (const Json& row : pool["txgs"]) {
    if (!IsEmptyTxg(row)) rows.push_back(&row);
  }
  Table table({0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  std::vector<std::string> head;
  for (const char* column : {"txg", "birth", "state", "ndirty", "nread", "nwritten", "reads", "writes",
                             "otime", "qtime", "wtime", "stime"}) {
    head.push_back(style.Dim(column));
  }
  table.Row(std::move(head));
  for (size_t i = rows.size() > kTxgRows ? rows.size() - kTxgRows : 0; i < rows.size(); ++i) {
    const Json& row = *rows[i];
    std::vector<std::string> cells = {std::to_string(Number(row, "txg")),
                                      std::to_string(Number(row, "birth_ns")),
                                      row["state"].get<std::string>()};
    for (const char* column :
         {"ndirty", "nread", "nwritten", "reads", "writes", "otime_ns", "qtime_ns", "wtime_ns", "stime_ns"}) {
      cells.push_back(std::to_string(Number(row, column)));
    }
    table.Row(std::move(cells));
  }
  std::string text = fmt::format("\n  txgs of {}", name);
  if (rows.size() > kTxgRows)
    text += fmt::format(", the last {} of {} that did something", kTxgRows, rows.size());
  return text + "\n" + table.Text(2);
}

std::string EventSection(const std::string& name, const Json& pool) {
  const Json& events = pool["events"];
  if (events.empty()) return "";
  std::string text = fmt::format("\n  events of {}\n", name);
  for (size_t i = 0; i < events.size() && i < kEventRows; ++i) {
    text += fmt::format("  {}  {}  {}\n", InstantText(Number(events[i], "at_ns")),
                        events[i]["kind"].get<std::string>(), events[i]["text"].get<std::string>());
  }
  if (events.size() > kEventRows) text += fmt::format("  and {} more\n", events.size() - kEventRows);
  return text;
}

}  // namespace

std::string PoolReport(const Json& run, const Style& style) {
  if (!run.contains("pools") || run["pools"].empty()) return "";
  std::string text = IostatSection(run, style);
  for (const auto& [name, pool] : run["pools"].items()) {
    text += TxgSection(name, pool, style);
    text += EventSection(name, pool);
    const auto recovered = pool.find("recovered");
    if (recovered == pool.end() || recovered->is_null()) continue;
    text += fmt::format("\n  an import of {} finds txg {}, and replays {} records of the log ({})\n", name,
                        Number(*recovered, "txg"), Number(*recovered, "replayed"),
                        BytesText(Number(*recovered, "replayed_bytes")));
  }
  return text;
}

}  // namespace tools
