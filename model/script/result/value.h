// SPDX-License-Identifier: Apache-2.0
//
// The result of a run, a comparison, a sweep or an exploration, as a tree of plain values.
//
// The shape is that of `--json`: objects keep their keys in the order in which they were
// added. Expectations read it by path (`run.loads.db.latency.p99_ns`), see expect.h.
#ifndef TXGSIM_MODEL_SCRIPT_RESULT_VALUE_H_
#define TXGSIM_MODEL_SCRIPT_RESULT_VALUE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/script/language/scenario.h"

namespace model {

class ResultValue {
 public:
  enum class Kind : uint8_t { kNull, kBool, kInteger, kDouble, kString, kArray, kObject };

  ResultValue() = default;  // Null.
  // NOLINTBEGIN(google-explicit-constructor): values stand for themselves.
  ResultValue(bool flag) : kind_(Kind::kBool), flag_(flag) {}
  ResultValue(int integer) : kind_(Kind::kInteger), integer_(integer) {}
  ResultValue(int64_t integer) : kind_(Kind::kInteger), integer_(integer) {}
  ResultValue(double number) : kind_(Kind::kDouble), number_(number) {}
  ResultValue(std::string text) : kind_(Kind::kString), text_(std::move(text)) {}
  ResultValue(std::string_view text) : ResultValue(std::string(text)) {}
  ResultValue(const char* text) : ResultValue(std::string(text)) {}
  // NOLINTEND(google-explicit-constructor)
  static ResultValue Array();
  static ResultValue Object();
  static ResultValue FromPlain(const PlainValue& value);
  static ResultValue FromParam(const ParamValue& value);

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::kNull; }
  bool flag() const { return flag_; }
  int64_t integer() const { return integer_; }
  double number() const { return kind_ == Kind::kInteger ? static_cast<double>(integer_) : number_; }
  const std::string& text() const { return text_; }

  // Arrays. Append returns the element, valid until the next Append.
  ResultValue& Append(ResultValue value);
  const std::vector<ResultValue>& items() const { return items_; }

  // Objects. Set replaces or adds; the result is valid until the next Set.
  ResultValue& Set(std::string_view key, ResultValue value);
  const std::vector<std::pair<std::string, ResultValue>>& fields() const { return fields_; }
  // Returns null if there is no such key, or this is no object.
  const ResultValue* Find(std::string_view key) const;
  ResultValue* Find(std::string_view key);

  // One line: `{ frees = 3, workers = 4 }`, "text", 12, null.
  std::string DebugString() const;

  friend bool operator==(const ResultValue&, const ResultValue&) = default;

 private:
  Kind kind_ = Kind::kNull;
  bool flag_ = false;
  int64_t integer_ = 0;
  double number_ = 0;
  std::string text_;
  std::vector<ResultValue> items_;
  std::vector<std::pair<std::string, ResultValue>> fields_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_RESULT_VALUE_H_
