// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/report/pool_report.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <vector>

#include "fmt/format.h"
#include "model/txg/txg.h"

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

// "337us", "1.5ms", "12ms": the mean, in five characters as zpool writes times.
std::string Wait(int64_t total_ns, int64_t ios) {
  if (ios == 0) return "-";
  static constexpr const char* kUnits[] = {"ns", "us", "ms", "s"};
  auto value = static_cast<double>(total_ns / ios);
  size_t unit = 0;
  while (value >= 1000 && unit + 1 < std::size(kUnits)) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.{}f}{}", value, unit > 0 && value < 9.95 ? 1 : 0, kUnits[unit]);
}

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
};

// The table of `zpool iostat -vl`: of each pair of columns the left one is of reads.
class IostatTable {
 public:
  explicit IostatTable(double seconds) : seconds_(seconds) {}

  void Row(std::string name, std::string alloc, std::string free, const IoSums& sums) {
    const auto rate = [this](int64_t n) {
      return Short(seconds_ > 0 ? static_cast<double>(n) / seconds_ : 0);
    };
    width_ = std::max(width_, name.size());
    rows_.push_back({std::move(name),
                     {std::move(alloc), std::move(free), rate(sums.reads), rate(sums.writes),
                      rate(sums.read_bytes), rate(sums.written_bytes), Wait(sums.read_wait_ns, sums.reads),
                      Wait(sums.write_wait_ns, sums.writes)}});
  }
  void Line() { rows_.push_back({}); }

  std::string Text(const Style& style) const {
    std::string text = "  " + std::string(width_, ' ');
    for (const char* group : {"   capacity   ", "  operations  ", "   bandwidth  ", "  total_wait"}) {
      text += style.Dim(group);
    }
    text +=
        "\n" +
        style.Dim(RowText({"pool", {"alloc", "free", "read", "write", "read", "write", "read", "write"}}));
    text += "\n";
    for (const auto& row : rows_) text += RowText(row) + "\n";
    return text;
  }

 private:
  struct Cells {
    std::string name;
    std::vector<std::string> values;  // Empty: a line.
  };
  std::string RowText(const Cells& row) const {
    std::string text =
        fmt::format("  {:<{}}", row.values.empty() ? std::string(width_, '-') : row.name, width_);
    for (size_t i = 0; i < 8; ++i)
      text += fmt::format("  {:>5}", row.values.empty() ? "-----" : row.values[i]);
    return text;
  }

  double seconds_;
  size_t width_ = 10;
  std::vector<Cells> rows_;
};

std::string IostatSection(const Json& run, const Style& style) {
  IostatTable table(static_cast<double>(Number(run, "end_ns")) / 1e9);
  table.Line();
  for (const auto& [name, pool] : run["pools"].items()) {
    IoSums all;
    std::map<std::string, IoSums> vdevs;
    for (const Json& disk : pool["disks"]) {
      all.Add(disk);
      vdevs[disk["vdev"].get<std::string>()].Add(disk);
    }
    const int64_t alloc = Number(pool, "alloc_bytes");
    const int64_t free = Number(pool, "size_bytes") - alloc;
    table.Row(name, Short(static_cast<double>(alloc)), Short(static_cast<double>(free)), all);
    std::string shown;
    for (const Json& disk : pool["disks"]) {
      IoSums one;
      one.Add(disk);
      const std::string vdev = disk["vdev"].get<std::string>();
      if (!vdev.empty() && vdev != shown) table.Row("  " + vdev, "-", "-", vdevs[vdev]);
      shown = vdev;
      const std::string full = disk["name"].get<std::string>();
      table.Row((vdev.empty() ? "  " : "    ") + full.substr(full.rfind('/') + 1), "-", "-", one);
    }
    table.Line();
  }
  return "\n  disks, on average over the run\n" + table.Text(style);
}

bool IsEmptyTxg(const Json& row) {
  return row["state"] == "C" && Number(row, "ndirty") == 0 && Number(row, "nwritten") == 0 &&
         Number(row, "waiters") == 0;
}

// What of the txgs is not there, and why; nothing if all are.
std::string TxgNote(const Json& pool, size_t busy, size_t shown) {
  const Json& kept = pool["txgs"];
  const int64_t initial = static_cast<int64_t>(model::kTxgInitial);
  const int64_t synced = Number(pool, "txg_synced") - initial + 1;
  std::string text;
  if (!kept.empty() && Number(kept.front(), "txg") > initial) {
    text += fmt::format("; {} were synced, and the last {} are kept (zfs_txg_history)", synced, kept.size());
  }
  if (shown < busy) text += fmt::format("; the last {} of {} that did something are shown", shown, busy);
  if (busy < kept.size() && shown < kept.size())
    text += fmt::format("; {} that did nothing are left out", kept.size() - busy);
  if (shown < kept.size()) text += " (--all shows them)";
  return text.empty() ? "" : fmt::format("  {}\n", text.substr(2));
}

// Times as the kstat has them, in ns.
std::string TxgSection(const std::string& name, const Json& pool, const Style& style, bool all) {
  std::vector<const Json*> rows;
  size_t busy = 0;
  for (const Json& row : pool["txgs"]) {
    busy += IsEmptyTxg(row) ? 0 : 1;
    if (all || !IsEmptyTxg(row)) rows.push_back(&row);
  }
  Table table({0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  std::vector<std::string> head;
  for (const char* column : {"txg", "birth", "state", "ndirty", "nread", "nwritten", "reads", "writes",
                             "otime", "qtime", "wtime", "stime"}) {
    head.push_back(style.Dim(column));
  }
  table.Row(std::move(head));
  const size_t first = !all && rows.size() > kTxgRows ? rows.size() - kTxgRows : 0;
  for (size_t i = first; i < rows.size(); ++i) {
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
  return fmt::format("\n  txgs of {}, times in ns\n", name) + TxgNote(pool, busy, rows.size() - first) +
         (rows.empty() ? "" : table.Text(2));
}

std::string EventSection(const std::string& name, const Json& pool, bool all) {
  const Json& events = pool["events"];
  if (events.empty()) return "";
  std::string text = fmt::format("\n  events of {}\n", name);
  const size_t shown = all ? events.size() : std::min(events.size(), kEventRows);
  for (size_t i = 0; i < shown; ++i) {
    text += fmt::format("  {}  {}  {}\n", InstantText(Number(events[i], "at_ns")),
                        events[i]["kind"].get<std::string>(), events[i]["text"].get<std::string>());
  }
  if (events.size() > shown) text += fmt::format("  and {} more (--all shows them)\n", events.size() - shown);
  return text;
}

}  // namespace

std::string PoolReport(const Json& run, const Style& style, bool all) {
  if (!run.contains("pools") || run["pools"].empty()) return "";
  std::string text = IostatSection(run, style);
  for (const auto& [name, pool] : run["pools"].items()) {
    text += TxgSection(name, pool, style, all);
    text += EventSection(name, pool, all);
    const auto recovered = pool.find("recovered");
    if (recovered == pool.end() || recovered->is_null()) continue;
    text += fmt::format("\n  an import of {} finds txg {}, and replays {} records of the log ({})\n", name,
                        Number(*recovered, "txg"), Number(*recovered, "replayed"),
                        BytesText(Number(*recovered, "replayed_bytes")));
  }
  return text;
}

}  // namespace tools
