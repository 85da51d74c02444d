// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/report/compare_semantics.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "fmt/format.h"

namespace tools {
namespace {

struct Difference {
  std::string text;
  std::vector<std::string> designs;
};

std::string DifferenceText(const Json& difference, const Style& style) {
  const std::string cause = difference.value("cause", "");
  const int64_t index = difference.value("index", int64_t{-1});
  return fmt::format("{}{}: direct has {}, here {}; cause: {}",
                     index >= 0 ? fmt::format("call {} ", index) : "", difference.value("call", ""),
                     difference.value("direct", ""), difference.value("got", ""),
                     cause.empty() ? style.Red("none found: a defect") : cause);
}

// In the order of the first design that has each.
std::vector<Difference> Differences(const Json& semantics, const Style& style) {
  std::vector<Difference> differences;
  for (const auto& [design, difference] : semantics.items()) {
    std::string text = DifferenceText(difference, style);
    auto same = std::find_if(differences.begin(), differences.end(),
                             [&](const Difference& one) { return one.text == text; });
    if (same == differences.end()) {
      differences.push_back({std::move(text), {}});
      same = differences.end() - 1;
    }
    same->designs.push_back(design);
  }
  return differences;
}

bool JobEnded(const Json& run, const std::string& job) {
  return run.contains("jobs") && run["jobs"].contains(job) && run["jobs"][job].contains("result_text");
}

// Each design is in one of the four.
std::string CountsText(const Json& compare, const Style& style) {
  int64_t agree = 0;
  int64_t caused = 0;
  int64_t defects = 0;
  int64_t endless = 0;
  const std::string job = compare.value("job", "");
  for (const auto& [design, run] : compare["designs"].items()) {
    const auto difference = compare["semantics"].find(design);
    if (difference != compare["semantics"].end()) {
      ++(difference->value("cause", "").empty() ? defects : caused);
    } else {
      ++(JobEnded(run, job) ? agree : endless);
    }
  }
  std::string text =
      fmt::format("agree with direct, tree included: {} of {}", agree, compare["designs"].size());
  if (caused > 0) text += fmt::format("; differ for a known cause: {}", caused);
  if (endless > 0) text += fmt::format("; did not end: {}", endless);
  if (defects > 0) return style.Red(text + fmt::format("; differ for none: {}", defects));
  return caused + endless == 0 ? style.Green(text) : text;
}

}  // namespace

std::string SemanticsText(const Json& compare, const Style& style) {
  std::string text;
  if (!compare.contains("same_tree")) return text;
  const std::string because = compare.value("not_deferrable_because", "");
  text += fmt::format("deferrable: {}{}\n", compare.value("deferrable", false) ? "yes" : "no",
                      because.empty() ? "" : ", because " + because);
  text += CountsText(compare, style) + "\n";
  for (const Difference& difference : Differences(compare["semantics"], style))
    text += fmt::format("  {}: {}\n", fmt::join(difference.designs, ", "), difference.text);
  return text;
}

}  // namespace tools
