// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/catalogue.h"
#include "tools/txgsim/commands.h"
#include "tools/txgsim/json.h"
#include "tools/txgsim/output.h"
#include "tools/txgsim/scenario_file.h"
#include "tools/txgsim/text.h"

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

}  // namespace

int ListCommand(const Options& options) {
  const absl::StatusOr<std::string> folder = CatalogueFolder(options.operand);
  if (!folder.ok()) return ReportError(folder.status());
  Json object = Json::array();
  Table table;
  for (const std::string& file : ScenariosIn(*folder)) {
    const absl::StatusOr<std::string> text = ReadFile(file);
    if (!text.ok()) return ReportError(text.status());
    object.push_back({{"file", file}, {"about", FirstComment(*text)}});
    table.Row({file, FirstComment(*text)});
  }
  const absl::Status status = WriteStdout(options.json ? object.dump(2) + "\n" : table.Text(0));
  return status.ok() ? kExitOk : ReportError(status);
}

}  // namespace tools
