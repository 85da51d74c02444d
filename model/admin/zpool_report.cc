// SPDX-License-Identifier: Apache-2.0
#include "model/admin/zpool_report.h"

#include <algorithm>
#include <array>
#include <utility>

#include "fmt/format.h"
#include "model/admin/zfs_text.h"
#include "model/design/session.h"

namespace model {
namespace {

constexpr std::array<std::string_view, 3> kFailModes = {"wait", "continue", "panic"};
constexpr std::array<std::string_view, 9> kProperties = {
    "allocated", "capacity", "failmode", "fragmentation", "free", "freeing", "health", "multihost", "size"};

struct Value {
  std::string text;
  std::string_view source = "-";
};

Value ValueOf(const Pool& pool, std::string_view property, bool exact) {
  const uint64_t size = pool.tree().pool_bytes();
  const uint64_t alloc = std::min(pool.tree().AllocatedBytes(), size);
  const auto bytes = [exact](uint64_t n) { return exact ? std::to_string(n) : ZfsSizeText(n); };
  if (property == "allocated") return {bytes(alloc)};
  if (property == "free") return {bytes(size - alloc)};
  if (property == "freeing") return {bytes(pool.tree().freeing_bytes())};
  if (property == "size") return {bytes(size)};
  if (property == "health") return {std::string(PoolHealth(pool))};
  if (property == "capacity") {
    const auto percent = static_cast<uint64_t>(static_cast<unsigned __int128>(alloc) * 100 / size);
    return {fmt::format("{}{}", percent, exact ? "" : "%")};
  }
  if (property == "failmode") {
    const auto mode = static_cast<size_t>(pool.failmode());
    return {std::string(kFailModes[mode]), mode == 0 ? "default" : "local"};
  }
  if (property == "multihost") {
    return pool.multihost() ? Value{"on", "local"} : Value{"off", "default"};
  }
  return {"-"};
}

}  // namespace

std::string ZpoolHistoryText(const Pool& pool) {
  std::string text = fmt::format("History for '{}':\n", pool.name());
  for (const Pool::HistoryLine& line : pool.history()) {
    const CivilTime at = CivilTimeOf(SecondsSince1970(line.at));
    text += fmt::format("{:04}-{:02}-{:02}.{:02}:{:02}:{:02} {}\n", at.year, at.month, at.day, at.hour,
                        at.minute, at.second, line.text);
  }
  return text;
}

std::string ZpoolEventsText(const std::vector<Pool*>& pools) {
  std::vector<const PoolEvent*> events;
  for (const Pool* pool : pools) {
    for (const PoolEvent& event : pool->events()) {
      if (!EventClass(event.kind).empty()) events.push_back(&event);
    }
  }
  std::stable_sort(events.begin(), events.end(),
                   [](const PoolEvent* a, const PoolEvent* b) { return a->at < b->at; });
  std::string text = fmt::format("{:<30} {}", "TIME", "CLASS");
  for (const PoolEvent* event : events) {
    const CivilTime at = CivilTimeOf(SecondsSince1970(event->at));
    text += fmt::format("\n{} {} {} {:02}:{:02}:{:02}.{:09} {}", at.month_name, at.day, at.year, at.hour,
                        at.minute, at.second, event->at.ns() % 1'000'000'000, EventClass(event->kind));
  }
  return text;
}

std::vector<std::string> ZpoolGetTable(const std::vector<Pool*>& pools,
                                       const std::vector<std::string>& properties,
                                       const ZpoolListFormat& format) {
  std::vector<std::array<std::string, 4>> rows;
  if (!format.scripted) rows.push_back({"NAME", "PROPERTY", "VALUE", "SOURCE"});
  for (const Pool* pool : pools) {
    const auto add = [&](std::string_view property) {
      Value value = ValueOf(*pool, property, format.exact);
      rows.push_back({pool->name(), std::string(property), std::move(value.text), std::string(value.source)});
    };
    for (const std::string& property : properties) {
      if (property == "all") {
        for (const std::string_view each : kProperties) add(each);
      } else {
        add(property);
      }
    }
  }
  std::array<size_t, 3> width = {};
  for (const auto& row : rows) {
    for (size_t i = 0; i < width.size(); ++i) width[i] = std::max(width[i], row[i].size());
  }
  std::vector<std::string> lines;
  for (const auto& row : rows) {
    lines.push_back(format.scripted ? fmt::format("{}\t{}\t{}\t{}", row[0], row[1], row[2], row[3])
                                    : fmt::format("{:<{}}  {:<{}}  {:<{}}  {}", row[0], width[0], row[1],
                                                  width[1], row[2], width[2], row[3]));
  }
  return lines;
}

bool IsZpoolProperty(std::string_view name) {
  return std::find(kProperties.begin(), kProperties.end(), name) != kProperties.end();
}

std::string ZpoolProperties() { return fmt::format("{}", fmt::join(kProperties, " ")); }

std::optional<FailMode> ParseFailMode(std::string_view text) {
  const auto it = std::find(kFailModes.begin(), kFailModes.end(), text);
  if (it == kFailModes.end()) return std::nullopt;
  return static_cast<FailMode>(it - kFailModes.begin());
}

}  // namespace model
