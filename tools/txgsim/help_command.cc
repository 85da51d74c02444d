// SPDX-License-Identifier: Apache-2.0
#include "fmt/format.h"
#include "model/script/words.h"
#include "model/txg/tunables.h"
#include "tools/txgsim/commands.h"
#include "tools/txgsim/json.h"
#include "tools/txgsim/output.h"
#include "tools/txgsim/scenario_file.h"
#include "tools/txgsim/text.h"

namespace tools {
namespace {

std::string List(const std::vector<model::ParamValue>& values) {
  std::string text;
  for (const model::ParamValue& value : values) text += (text.empty() ? "" : " ") + model::ParamText(value);
  return text;
}

std::string ParamsText(const std::vector<model::ParamDecl>& params) {
  if (params.empty()) return "no parameters\n";
  Table table;
  table.Row({"PARAMETER", "DEFAULT", "CHOICES", "SWEEP", "MEANING"});
  for (const model::ParamDecl& param : params) {
    table.Row({param.name, model::ParamText(param.default_value), List(param.choices), List(param.sweep),
               param.help});
  }
  table.DropBlankColumns();
  return table.Text(0);
}

std::string ArmsText(const std::vector<model::ArmDecl>& arms) {
  Table table;
  table.Row({"ARM", "KIND", "PARAMETERS"});
  static constexpr std::string_view kKinds[] = {"base", "variant", "control", "fix"};
  for (const model::ArmDecl& arm : arms) {
    std::string params;
    for (const auto& [name, value] : arm.params) {
      params += fmt::format("{}{}={}", params.empty() ? "" : " ", name, model::ParamText(value));
    }
    table.Row({arm.name, std::string(kKinds[static_cast<size_t>(arm.kind)]), params});
  }
  table.DropBlankColumns();
  return table.Text(0);
}

}  // namespace

int HelpCommand(const Options& options) {
  if (options.operand.empty()) {
    const char* const arguments[] = {"txgsim", "--help"};
    return Main(2, arguments);
  }
  if (options.operand == "exit-codes") {
    const char* const arguments[] = {"txgsim", "explain", "exit-codes"};
    return Main(3, arguments);
  }
  if (options.operand == "tunables") {
    const absl::Status written = WriteStdout(model::TunablesReference());
    return written.ok() ? kExitOk : ReportError(written);
  }
  if (options.operand == "language" || options.operand == "lua-meta") {
    const std::string words =
        options.operand == "language" ? model::WordsAsMarkdown() : model::WordsAsLuaMeta();
    const absl::Status written = WriteStdout(words);
    return written.ok() ? kExitOk : ReportError(written);
  }
  const absl::StatusOr<ScenarioFile> file = ScenarioFile::Read(options.operand);
  if (!file.ok()) {
    const std::string problem(file.status().message());
    if (!absl::IsNotFound(file.status())) return ReportError(file.status());
    return ReportError(absl::NotFoundError(fmt::format(
        "{}; other topics are the commands, exit-codes, language, tunables and lua-meta", problem)));
  }
  const model::ResolveResult resolved = file->Resolve(options, "base");
  if (!resolved.ok()) return ReportErrors(resolved);
  const std::string text = ParamsText(resolved.params) + "\n" + ArmsText(resolved.arms);
  const absl::Status status = WriteStdout(text);
  return status.ok() ? kExitOk : ReportError(status);
}

}  // namespace tools
