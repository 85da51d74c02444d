// SPDX-License-Identifier: Apache-2.0
//
// The JSON type of the program: keys keep the order in which they were put in.
#ifndef TXGSIM_TOOLS_TXGSIM_REPORT_JSON_H_
#define TXGSIM_TOOLS_TXGSIM_REPORT_JSON_H_

#include <nlohmann/json.hpp>

#include "model/script/result/value.h"

namespace tools {

using Json = nlohmann::ordered_json;

Json ToJson(const model::ResultValue& value);
model::ResultValue FromJson(const Json& json);

// Without line breaks; what is no UTF-8 is replaced.
std::string OneLine(const Json& json);
// A plain value for people and for --set: texts as they are.
std::string PlainText(const Json& value);

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_REPORT_JSON_H_
