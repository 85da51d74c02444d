// SPDX-License-Identifier: Apache-2.0
#include "model/script/language/suggest.h"

#include <algorithm>

namespace model {

int EditDistance(std::string_view a, std::string_view b) {
  const size_t width = b.size() + 1;
  // Three rows of the usual matrix: a swap looks two rows back.
  std::vector<int> before(width), previous(width), current(width);
  for (size_t j = 0; j < width; ++j) previous[j] = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    current[0] = static_cast<int>(i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const int substitution = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, substitution});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        current[j] = std::min(current[j], before[j - 2] + 1);
      }
    }
    std::swap(before, previous);
    std::swap(previous, current);
  }
  return previous[b.size()];
}

std::string Suggest(std::string_view written, std::span<const std::string_view> known) {
  const int limit =
      std::min(std::max<int>(2, static_cast<int>(written.size() / 3)), static_cast<int>(written.size()) - 1);
  int best = limit + 1;
  std::string_view word;
  for (std::string_view candidate : known) {
    const int distance = EditDistance(written, candidate);
    // Nothing of the shorter one would be left: "ab" is no misspelt "xy".
    if (distance >= static_cast<int>(std::min(candidate.size(), written.size()))) continue;
    if (distance < best) {
      best = distance;
      word = candidate;
    }
  }
  return std::string(word);
}

std::string Suggest(std::string_view written, const std::vector<std::string>& known) {
  const std::vector<std::string_view> views(known.begin(), known.end());
  return Suggest(written, std::span<const std::string_view>(views));
}

std::string AcceptedUnlessNear(std::string_view written, std::span<const std::string_view> known) {
  constexpr size_t kMost = 16;
  if (known.empty() || !Suggest(written, known).empty()) return "";
  std::vector<std::string_view> different;
  for (std::string_view word : known) {
    if (std::find(different.begin(), different.end(), word) == different.end()) different.push_back(word);
  }
  std::string text = "; accepted: ";
  for (size_t i = 0; i < different.size() && i < kMost; ++i) {
    if (i > 0) text += ", ";
    text += different[i];
  }
  if (different.size() > kMost) text += " and " + std::to_string(different.size() - kMost) + " more";
  return text;
}

std::string AcceptedUnlessNear(std::string_view written, const std::vector<std::string>& known) {
  const std::vector<std::string_view> views(known.begin(), known.end());
  return AcceptedUnlessNear(written, std::span<const std::string_view>(views));
}

}  // namespace model
