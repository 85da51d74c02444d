// SPDX-License-Identifier: Apache-2.0
#include "model/script/result/value.h"

#include "fmt/format.h"
#include "sim/check.h"

namespace model {

ResultValue ResultValue::Array() {
  ResultValue value;
  value.kind_ = Kind::kArray;
  return value;
}

ResultValue ResultValue::Object() {
  ResultValue value;
  value.kind_ = Kind::kObject;
  return value;
}

ResultValue ResultValue::FromPlain(const PlainValue& value) {
  return std::visit(
      [](const auto& one) -> ResultValue {
        if constexpr (std::is_same_v<std::decay_t<decltype(one)>, std::monostate>) {
          return {};
        } else {
          return one;
        }
      },
      value);
}

ResultValue ResultValue::FromParam(const ParamValue& value) {
  return std::visit([](const auto& one) { return ResultValue(one); }, value);
}

ResultValue& ResultValue::Append(ResultValue value) {
  SIM_CHECK(kind_ == Kind::kArray);
  return items_.emplace_back(std::move(value));
}

ResultValue& ResultValue::Set(std::string_view key, ResultValue value) {
  SIM_CHECK(kind_ == Kind::kObject);
  if (ResultValue* known = Find(key)) return *known = std::move(value);
  return fields_.emplace_back(std::string(key), std::move(value)).second;
}

const ResultValue* ResultValue::Find(std::string_view key) const {
  for (const auto& [name, value] : fields_) {
    if (name == key) return &value;
  }
  return nullptr;
}

ResultValue* ResultValue::Find(std::string_view key) {
  return const_cast<ResultValue*>(static_cast<const ResultValue*>(this)->Find(key));
}

std::string ResultValue::DebugString() const {
  switch (kind_) {
    case Kind::kNull:
      return "null";
    case Kind::kBool:
      return flag_ ? "true" : "false";
    case Kind::kInteger:
      return fmt::format("{}", integer_);
    case Kind::kDouble:
      return fmt::format("{}", number_);
    case Kind::kString:
      return fmt::format("\"{}\"", text_);
    case Kind::kArray: {
      std::string text;
      for (const ResultValue& item : items_) text += (text.empty() ? "" : ", ") + item.DebugString();
      return fmt::format("[{}]", text);
    }
    case Kind::kObject: {
      std::string text;
      for (const auto& [key, value] : fields_) {
        text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", key, value.DebugString());
      }
      return fmt::format("{{ {} }}", text);
    }
  }
  return "";
}

}  // namespace model
