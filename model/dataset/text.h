// SPDX-License-Identifier: Apache-2.0
//
// Small helpers for text as std::string_view. (The string view of the packaged
// Abseil is a type of its own, so its string functions do not take ours.)
#ifndef TXGSIM_MODEL_DATASET_TEXT_H_
#define TXGSIM_MODEL_DATASET_TEXT_H_

#include <algorithm>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"

namespace model {

// Returns the parts between the separators; n separators give n + 1 parts.
inline std::vector<std::string_view> SplitText(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  for (size_t at = text.find(separator); at != std::string_view::npos; at = text.find(separator)) {
    parts.push_back(text.substr(0, at));
    text.remove_prefix(at + separator.size());
  }
  parts.push_back(text);
  return parts;
}

inline bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  const auto same = [](char x, char y) {
    return absl::ascii_tolower(static_cast<unsigned char>(x)) ==
           absl::ascii_tolower(static_cast<unsigned char>(y));
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

}  // namespace model

#endif  // TXGSIM_MODEL_DATASET_TEXT_H_
