// SPDX-License-Identifier: Apache-2.0
#include "fmt/format.h"
#include "model/script/language/words.h"
#include "model/script/result/fields.h"
#include "model/txg/tunables.h"
#include "tools/txgsim/commands.h"
#include "tools/txgsim/output.h"
#include "tools/txgsim/report/json.h"
#include "tools/txgsim/report/text.h"
#include "tools/txgsim/scenario_file.h"

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

// Documents that are made from tables; docs/ and share/ keep what they print.
struct Document {
  std::string_view topic;
  std::string_view about;
  std::string (*text)();
};
constexpr Document kDocuments[] = {
    {"language", "every word of scenario files", model::WordsAsMarkdown},
    {"result-fields", "every field of --json, which expectations read", model::ResultFieldsReference},
    {"tunables", "every module parameter", model::TunablesReference},
    {"lua-meta", "the words of scenario files, for editors", model::WordsAsLuaMeta},
};

// Behind what `txgsim --help` prints.
std::string TopicsText() {
  std::string text = "Topics of `txgsim help`:\n";
  const auto add = [&](std::string_view topic, std::string_view about) {
    text += fmt::format("  {:<26}  {}\n", topic, about);
  };
  add("FILE", "parameters and arms of a scenario");
  add("COMMAND", "its options");
  add("exit-codes", "with which code the program ends");
  for (const Document& document : kDocuments) add(document.topic, document.about);
  return text;
}

int Print(const std::string& text) {
  const absl::Status status = WriteStdout(text);
  return status.ok() ? kExitOk : ReportError(status);
}

std::string TopicNames() {
  std::string names = "the commands, exit-codes";
  for (const Document& document : kDocuments) names += fmt::format(", {}", document.topic);
  return names;
}

}  // namespace

int HelpCommand(const Options& options) {
  if (options.operand.empty()) {
    const char* const arguments[] = {"txgsim", "--help"};
    const int code = Main(2, arguments);
    return code != kExitOk ? code : Print(TopicsText());
  }
  if (options.operand == "exit-codes") {
    const char* const arguments[] = {"txgsim", "explain", "exit-codes"};
    return Main(3, arguments);
  }
  for (const Document& document : kDocuments) {
    if (options.operand == document.topic) return Print(document.text());
  }
  const absl::StatusOr<ScenarioFile> file = ScenarioFile::Read(options.operand);
  if (!file.ok()) {
    const std::string problem(file.status().message());
    if (!absl::IsNotFound(file.status())) return ReportError(file.status());
    return ReportError(absl::NotFoundError(fmt::format("{}; other topics are {}", problem, TopicNames())));
  }
  const model::ResolveResult resolved = file->Resolve(options, "base");
  if (!resolved.ok()) return ReportErrors(resolved);
  return Print(ParamsText(resolved.params) + "\n" + ArmsText(resolved.arms));
}

}  // namespace tools
