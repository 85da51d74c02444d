// SPDX-License-Identifier: Apache-2.0
#include "model/dataset/names.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "fmt/core.h"
#include "model/dataset/errno.h"
#include "model/dataset/text.h"

namespace model {
namespace {

bool IsNameCharacter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return absl::ascii_isalnum(byte) || c == '-' || c == '_' || c == '.' || c == ':' || c == ' ';
}

std::optional<std::string> ComponentProblem(std::string_view component) {
  if (component.empty()) return "has an empty component";
  if (component == "." || component == "..") return fmt::format("has the component \"{}\"", component);
  const auto bad = std::find_if_not(component.begin(), component.end(), IsNameCharacter);
  if (bad == component.end()) return std::nullopt;
  return fmt::format("contains the character '{}'", absl::CHexEscape(std::string(1, *bad)));
}

std::optional<std::string> DatasetPathProblem(std::string_view path) {
  if (path.front() == '/') return "begins with '/'";
  if (path.back() == '/') return "ends with '/'";
  for (const std::string_view component : SplitText(path, "/")) {
    if (auto problem = ComponentProblem(component)) return problem;
  }
  return std::nullopt;
}

std::optional<std::string> PoolProblem(std::string_view name) {
  if (auto problem = ComponentProblem(name)) return problem;
  if (!absl::ascii_isalpha(static_cast<unsigned char>(name.front()))) return "does not begin with a letter";
  if (name == "mirror" || name == "raidz" || name == "draid") return "is reserved";
  return std::nullopt;
}

// Everything but the length.
std::optional<std::string> FormProblem(NameKind kind, std::string_view name) {
  if (name.empty()) return "is empty";
  if (kind == NameKind::kPool) return PoolProblem(name);
  if (kind == NameKind::kDataset) return DatasetPathProblem(name);
  const SplitName split = Split(name);
  const char wanted = kind == NameKind::kSnapshot ? '@' : '#';
  if (split.separator != wanted) return fmt::format("has no '{}'", wanted);
  if (split.dataset.empty()) return fmt::format("has nothing before the '{}'", wanted);
  if (auto problem = DatasetPathProblem(split.dataset)) return problem;
  if (split.tail.empty()) return fmt::format("has nothing after the '{}'", wanted);
  return ComponentProblem(split.tail);
}

}  // namespace

SplitName Split(std::string_view name) {
  const size_t at = name.find_first_of("@#");
  if (at == std::string_view::npos) return {.dataset = name, .separator = '\0', .tail = {}};
  return {.dataset = name.substr(0, at), .separator = name[at], .tail = name.substr(at + 1)};
}

std::string_view PoolOf(std::string_view name) { return name.substr(0, name.find_first_of("/@#")); }

std::string_view ParentOf(std::string_view dataset) {
  const size_t slash = dataset.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : dataset.substr(0, slash);
}

std::string_view LeafOf(std::string_view dataset) {
  const size_t slash = dataset.rfind('/');
  return slash == std::string_view::npos ? dataset : dataset.substr(slash + 1);
}

size_t NestingOf(std::string_view dataset) {
  return static_cast<size_t>(std::count(dataset.begin(), dataset.end(), '/'));
}

bool IsSameOrBelow(std::string_view name, std::string_view ancestor) {
  if (!name.starts_with(ancestor)) return false;
  const std::string_view rest = name.substr(ancestor.size());
  return rest.empty() || rest.front() == '/' || rest.front() == '@' || rest.front() == '#';
}

std::optional<std::string> NameProblem(NameKind kind, std::string_view name) {
  if (auto problem = FormProblem(kind, name)) return problem;
  const size_t limit = kind == NameKind::kPool ? kPoolNameLengthMax : kDatasetNameLengthMax;
  if (name.size() > limit) return fmt::format("has {} characters, more than {}", name.size(), limit);
  return std::nullopt;
}

int NameErrno(NameKind kind, std::string_view name) {
  if (FormProblem(kind, name)) return kEINVAL;
  return NameProblem(kind, name) ? kENAMETOOLONG : 0;
}

bool IsUserProperty(std::string_view name) {
  const auto allowed = [](char c) {
    return absl::ascii_islower(static_cast<unsigned char>(c)) ||
           absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.' || c == ':';
  };
  return name.find(':') != std::string_view::npos && std::all_of(name.begin(), name.end(), allowed);
}

}  // namespace model
