// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "tools/txgsim/catalogue.h"
#include "tools/txgsim/commands.h"
#include "tools/txgsim/output.h"
#include "tools/txgsim/report/json.h"
#include "tools/txgsim/report/text.h"
#include "tools/txgsim/scenario_file.h"

namespace tools {
namespace {

// What the file says of itself: its first comment line.
std::string FirstComment(const std::string& text) {
  if (text.substr(0, 2) != "--") return "";
  size_t begin = text.find_first_not_of("- ");
  if (begin == std::string::npos) return "";
  const size_t end = text.find('\n', begin);
  return text.substr(begin, end == std::string::npos ? end : end - begin);
}

// A row a file; on a terminal the texts are wrapped, beside the names or below them.
std::string TextOf(const std::vector<std::pair<std::string, std::string>>& rows, size_t width) {
  constexpr size_t kLeastBeside = 40;
  size_t names = 0;
  for (const auto& [file, about] : rows) names = std::max(names, file.size());
  const bool beside = width == 0 || width >= names + 2 + kLeastBeside;
  std::string text;
  Table table;
  for (const auto& [file, about] : rows) {
    std::string name = file;
    if (!beside) text += std::exchange(name, "") + "\n";
    const size_t room = beside ? width - names - 2 : width - std::min<size_t>(width - 1, 4);
    for (const std::string& line : width == 0 ? std::vector{about} : Wrapped(about, room)) {
      if (beside) {
        table.Row({std::exchange(name, ""), line});
      } else {
        text += "    " + line + "\n";
      }
    }
  }
  return beside ? table.Text(0) : text;
}

}  // namespace

int ListCommand(const Options& options) {
  const absl::StatusOr<std::string> folder = CatalogueFolder(options.operand);
  if (!folder.ok()) return ReportError(folder.status());
  Json object = Json::array();
  std::vector<std::pair<std::string, std::string>> rows;
  for (const std::string& file : ScenariosIn(*folder)) {
    const absl::StatusOr<std::string> text = ReadFile(file, kScenarioBytesMax);
    if (!text.ok()) return ReportError(text.status());
    object.push_back({{"file", file}, {"about", FirstComment(*text)}});
    rows.emplace_back(file, FirstComment(*text));
  }
  const absl::Status status = WriteStdout(options.json ? object.dump(2) + "\n" : TextOf(rows, options.width));
  return status.ok() ? kExitOk : ReportError(status);
}

}  // namespace tools
