// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/json.h"

namespace tools {

Json ToJson(const model::ResultValue& value) {
  using Kind = model::ResultValue::Kind;
  switch (value.kind()) {
    case Kind::kNull:
      return nullptr;
    case Kind::kBool:
      return value.flag();
    case Kind::kInteger:
      return value.integer();
    case Kind::kDouble:
      return value.number();
    case Kind::kString:
      return value.text();
    case Kind::kArray: {
      Json array = Json::array();
      for (const model::ResultValue& item : value.items()) array.push_back(ToJson(item));
      return array;
    }
    case Kind::kObject: {
      Json object = Json::object();
      for (const auto& [key, field] : value.fields()) object[key] = ToJson(field);
      return object;
    }
  }
  return nullptr;
}

}  // namespace tools
