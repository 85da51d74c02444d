// SPDX-License-Identifier: Apache-2.0
#include "model/admin/zpool_iostat.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "model/admin/zfs_text.h"
#include "model/admin/zpool_text.h"

namespace model {
namespace {

// "1.5K", "7".
std::string Number(uint64_t n) {
  std::string text = ZfsSizeText(n);
  if (text.back() == 'B') text.pop_back();
  return text;
}

struct Sums {
  int64_t reads = 0;
  int64_t writes = 0;
  int64_t read_bytes = 0;
  int64_t written_bytes = 0;
  size_t pending = 0;
  size_t active = 0;
};

Sums SumsOf(const std::vector<Device*>& devices) {
  Sums sums;
  for (const Device* device : devices) {
    const DeviceFigures& figures = device->figures();
    sums.reads += figures.reads;
    sums.writes += figures.writes;
    sums.read_bytes += figures.read_bytes;
    sums.written_bytes += figures.written_bytes;
    sums.pending += device->waiting() + device->held().size();
    sums.active += device->in_service().size();
  }
  return sums;
}

class Table {
 public:
  explicit Table(const ZpoolIostatFormat& format) : format_(format) {}

  void Line() { rows_.emplace_back(); }
  void Row(std::string name, std::string alloc, std::string free, const Sums& sums, int64_t run_ns) {
    const auto rate = [run_ns](int64_t n) {
      constexpr int64_t kSecond = 1'000'000'000;
      const auto rounded = static_cast<__int128>(n) * kSecond / std::max<int64_t>(run_ns, 1);
      return Number(static_cast<uint64_t>(rounded));
    };
    width_ = std::max(width_, name.size());
    rows_.push_back({std::move(name), std::move(alloc), std::move(free), rate(sums.reads), rate(sums.writes),
                     rate(sums.read_bytes), rate(sums.written_bytes)});
    if (!format_.queues) return;
    rows_.back().push_back(std::to_string(sums.pending));
    rows_.back().push_back(std::to_string(sums.active));
  }
  std::string Text() const {
    std::vector<std::string> heading = {"pool", "alloc", "free", "read", "write", "read", "write"};
    std::string text = std::string(width_, ' ') + "     capacity     operations     bandwidth";
    if (format_.queues) {
      text += "        queue";
      heading.insert(heading.end(), {"pend", "activ"});
    }
    text += '\n' + RowText(heading, heading.size());
    for (const std::vector<std::string>& row : rows_) text += '\n' + RowText(row, heading.size());
    return text;
  }

 private:
  std::string RowText(const std::vector<std::string>& row, size_t columns) const {
    std::string text = row.empty() ? std::string(width_, '-') : fmt::format("{:<{}}", row[0], width_);
    for (size_t i = 1; i < columns; ++i) text += fmt::format("  {:>5}", row.empty() ? "-----" : row[i]);
    return text;
  }

  ZpoolIostatFormat format_;
  size_t width_ = 10;
  std::vector<std::vector<std::string>> rows_;  // Empty: a line.
};

void AddVdevs(const Pool& pool, int64_t run_ns, Table* table) {
  const auto leaf = [&](Device* device, std::string_view indent) {
    const std::string_view full = device->name();
    table->Row(fmt::format("{}{}", indent, full.substr(full.rfind('/') + 1)), "-", "-", SumsOf({device}),
               run_ns);
  };
  const std::vector<Vdev>& vdevs = pool.disks().vdevs();
  for (size_t i = 0; i < vdevs.size(); ++i) {
    const std::string top = VdevName(vdevs[i], i);
    if (!top.empty()) table->Row("  " + top, "-", "-", SumsOf(vdevs[i].members), run_ns);
    for (Device* member : vdevs[i].members) leaf(member, top.empty() ? "  " : "    ");
  }
  if (pool.log_device() == nullptr) return;
  leaf(pool.log_device()->devices().front(), "  ");
}

}  // namespace

std::string ZpoolIostatText(const std::vector<Pool*>& pools, const ZpoolIostatFormat& format) {
  Table table(format);
  table.Line();
  for (const Pool* pool : pools) {
    const int64_t run_ns = (pool->machine().now() - sim::SimTime::Start()).ns();
    const uint64_t size = pool->tree().pool_bytes();
    const uint64_t alloc = std::min(pool->tree().AllocatedBytes(), size);
    std::vector<Device*> devices = pool->disks().devices();
    if (pool->log_device() != nullptr) devices.push_back(pool->log_device()->devices().front());
    table.Row(pool->name(), Number(alloc), Number(size - alloc), SumsOf(devices), run_ns);
    if (format.vdevs) AddVdevs(*pool, run_ns, &table);
    table.Line();
  }
  return table.Text();
}

}  // namespace model
