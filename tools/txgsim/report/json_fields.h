// SPDX-License-Identifier: Apache-2.0
//
// Reading the JSON of a result: what is not there is 0 or empty.
#ifndef TXGSIM_TOOLS_TXGSIM_REPORT_JSON_FIELDS_H_
#define TXGSIM_TOOLS_TXGSIM_REPORT_JSON_FIELDS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/txgsim/report/json.h"

namespace tools {

inline std::string Joined(const Json& list, std::string_view separator) {
  std::string text;
  for (const Json& item : list) {
    if (!text.empty()) text += separator;
    text += item.is_string() ? item.get<std::string>() : item.dump();
  }
  return text;
}

inline int64_t Number(const Json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_number() ? it->get<int64_t>() : 0;
}

inline std::string Field(const Json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_REPORT_JSON_FIELDS_H_
