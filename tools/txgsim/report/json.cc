// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/report/json.h"

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
      // Keys occur once: looking for each before it is added would take quadratic time.
      Json object = Json::object();
      Json::object_t& fields = object.get_ref<Json::object_t&>();
      fields.reserve(value.fields().size());
      for (const auto& [key, field] : value.fields()) fields.emplace_back(key, ToJson(field));
      return object;
    }
  }
  return nullptr;
}

model::ResultValue FromJson(const Json& json) {
  using model::ResultValue;
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_float()) return json.get<double>();
  if (json.is_number()) return json.get<int64_t>();
  if (json.is_string()) return json.get<std::string>();
  if (json.is_array()) {
    ResultValue array = ResultValue::Array();
    for (const Json& item : json) array.Append(FromJson(item));
    return array;
  }
  if (json.is_object()) {
    ResultValue object = ResultValue::Object();
    for (const auto& [key, field] : json.items()) object.Set(key, FromJson(field));
    return object;
  }
  return {};
}

std::string OneLine(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string PlainText(const Json& value) {
  return value.is_string() ? value.get<std::string>() : OneLine(value);
}

}  // namespace tools
