// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/report/kernel_log.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "tools/txgsim/report/json_fields.h"

namespace tools {
namespace {

std::string Stamped(int64_t at_ns, std::string_view body, const Style& style) {
  std::string text;
  const std::string stamp = fmt::format("[{:>12.6f}] ", static_cast<double>(at_ns) / 1e9);
  while (!body.empty()) {
    const size_t end = std::min(body.find('\n'), body.size());
    text += "  " + style.Dim(stamp) + std::string(body.substr(0, end)) + "\n";
    body.remove_prefix(std::min(end + 1, body.size()));
  }
  return text;
}

}  // namespace

std::string KernelLog(const Json& run, const Style& style) {
  constexpr std::string_view kSilent = "Future hung task reports are suppressed";
  std::vector<std::pair<int64_t, std::string>> shown;
  std::set<std::pair<std::string, std::string>> seen;
  int more = 0;
  for (const char* detector : {"detector", "soft_lockups", "rcu_stalls"}) {
    if (!run.contains(detector)) continue;
    for (const Json& report : run[detector]) {
      std::string body = Field(report, "text");
      if (!seen.insert({detector, GroupOf(Field(report, "thread"))}).second) {
        ++more;
        const size_t silent = body.find(kSilent);
        if (silent == std::string::npos) continue;
        body.erase(0, silent);
      }
      shown.emplace_back(Number(report, "at_ns"), std::move(body));
    }
  }
  std::stable_sort(shown.begin(), shown.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string text;
  for (const auto& [at_ns, body] : shown) text += Stamped(at_ns, body, style);
  if (text.empty()) return "";
  if (more > 0)
    text +=
        fmt::format("  and {} more report{} of the same threads or their like\n", more, more > 1 ? "s" : "");
  return "\nthe kernel's log\n" + text;
}

}  // namespace tools
