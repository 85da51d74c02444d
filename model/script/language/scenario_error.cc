// SPDX-License-Identifier: Apache-2.0
#include "model/script/language/scenario_error.h"

#include <algorithm>

#include "fmt/format.h"

namespace model {

std::string ScenarioError::Message() const {
  if (suggestion.empty()) return text;
  return fmt::format("{}; did you mean \"{}\"?", text, suggestion);
}

std::string ScenarioError::Render() const {
  std::string out = file;
  if (pos.line > 0) {
    out += fmt::format(":{}", pos.line);
    if (pos.column > 0) out += fmt::format(":{}", pos.column);
  }
  out += ": error: " + Message();
  if (pos.line == 0 || source_line.empty()) return out;
  const std::string number = std::to_string(pos.line);
  out += fmt::format("\n  {} | {}", number, source_line);
  if (pos.column == 0) return out;
  out += fmt::format("\n  {} | ", std::string(number.size(), ' '));
  // Tabs stay tabs, so that the caret stands under its column.
  const size_t before = std::min(source_line.size(), static_cast<size_t>(pos.column - 1));
  for (size_t i = 0; i < before; ++i) out += source_line[i] == '\t' ? '\t' : ' ';
  out += '^';
  out.append(static_cast<size_t>(std::max(0, length - 1)), '~');
  return out;
}

std::string RenderErrors(const std::vector<ScenarioError>& errors) {
  std::string out;
  for (const ScenarioError& error : errors) {
    if (!out.empty()) out += '\n';
    out += error.Render();
  }
  return out;
}

}  // namespace model
