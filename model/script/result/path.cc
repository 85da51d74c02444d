// SPDX-License-Identifier: Apache-2.0
#include "model/script/result/path.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "fmt/format.h"
#include "fmt/ranges.h"
#include "model/dataset/errno.h"
#include "model/script/language/suggest.h"
#include "model/script/result/fields.h"

namespace model {
namespace {

constexpr std::array<std::string_view, 4> kMayBeAbsent = {"result", "end_ns", "latency_ns",
                                                          "kill_to_exit_ns"};

const ResultValue& Zero() {
  static const ResultValue* const kZero = new ResultValue(0);
  return *kZero;
}
const ResultValue& Null() {
  static const ResultValue* const kNull = new ResultValue();
  return *kNull;
}

// The element of a list of named things.
const ResultValue* FindNamed(const ResultValue& list, std::string_view name) {
  for (const ResultValue& item : list.items()) {
    const ResultValue* item_name = item.Find("name");
    if (item_name != nullptr && item_name->text() == name) return &item;
  }
  return nullptr;
}

// All paths below `value`, without the ones through lists.
void CollectPaths(const ResultValue& value, const std::string& prefix, std::vector<std::string>* paths) {
  for (const auto& [key, field] : value.fields()) {
    paths->push_back(prefix + key);
    CollectPaths(field, prefix + key + ".", paths);
  }
}

// The path below `value` that `key` was probably meant for: a neighbour that is spelled
// alike, else one further down that begins with it or is spelled alike.
std::string SuggestPath(const ResultValue& value, std::string_view key) {
  std::vector<std::string> neighbours;
  for (const auto& [name, field] : value.fields()) neighbours.push_back(name);
  for (const ResultValue& item : value.items()) {
    if (const ResultValue* name = item.Find("name")) neighbours.push_back(name->text());
  }
  std::string close = Suggest(key, neighbours);
  if (!close.empty()) return close;
  std::vector<std::string> paths;
  CollectPaths(value, "", &paths);
  std::vector<std::string> leaves;
  for (const std::string& path : paths) {
    leaves.push_back(path.substr(path.find_last_of('.') + 1));
    if (leaves.back().rfind(key, 0) == 0) return path;
  }
  close = Suggest(key, leaves);
  const auto it = std::find(leaves.begin(), leaves.end(), close);
  return close.empty() ? "" : paths[static_cast<size_t>(it - leaves.begin())];
}

// What there is below `value`, for a reader who has asked for something else.
std::string KeysText(const ResultValue& value) {
  constexpr size_t kMost = 16;
  std::vector<std::string> keys;
  for (const auto& [name, field] : value.fields()) keys.push_back(name);
  for (const ResultValue& item : value.items()) {
    if (const ResultValue* name = item.Find("name")) keys.push_back(name->text());
  }
  const size_t count = keys.size();
  if (count == 0) {
    const bool list = value.kind() == ResultValue::Kind::kArray && !value.items().empty();
    return list ? fmt::format("it is a list of {}", value.items().size()) : "there is nothing";
  }
  keys.resize(std::min(count, kMost));
  std::string text = fmt::format("there {} {}", count == 1 ? "is" : "are", fmt::join(keys, ", "));
  return count > kMost ? text + fmt::format(" and {} more", count - kMost) : text;
}

absl::Status NoPath(const ResultValue& value, std::string_view path, std::string_view key) {
  std::vector<std::string> parts = ResultPathParts(path);
  parts.emplace_back(key);
  const std::string suggestion = SuggestPath(value, key);
  std::string text = fmt::format("{}.{}: no such path; ", path, key);
  text += suggestion.empty() ? KeysText(value) : fmt::format("did you mean \"{}.{}\"?", path, suggestion);
  return IsResultPath(parts) ? absl::FailedPreconditionError(text) : absl::NotFoundError(text);
}

}  // namespace

absl::StatusOr<const ResultValue*> ResultMember(const ResultValue& value, std::string_view path,
                                                std::string_view key) {
  const ResultValue* found =
      value.kind() == ResultValue::Kind::kArray ? FindNamed(value, key) : value.Find(key);
  if (found != nullptr) return found;
  if (std::find(kMayBeAbsent.begin(), kMayBeAbsent.end(), key) != kMayBeAbsent.end()) return &Null();
  const bool counts_errors = path.substr(path.find_last_of('.') + 1) == "errors";
  if (counts_errors && ErrnoByName(key).has_value()) return &Zero();
  return NoPath(value, path, key);
}

absl::StatusOr<const ResultValue*> ResultAt(const ResultValue& root, std::string_view name,
                                            std::string_view path) {
  const ResultValue* value = &root;
  std::string walked(name);
  while (!path.empty()) {
    const size_t dot = std::min(path.find('.'), path.size());
    const std::string key(path.substr(0, dot));
    const absl::StatusOr<const ResultValue*> member = ResultMember(*value, walked, key);
    if (!member.ok()) return member.status();
    value = *member;
    walked += "." + key;
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return value;
}

}  // namespace model
