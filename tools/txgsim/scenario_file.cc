// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/scenario_file.h"

#include <cstdio>
#include <string_view>

#include "fmt/format.h"
#include "model/script/run/words.h"
#include "tools/txgsim/catalogue.h"
#include "tools/txgsim/output.h"

namespace tools {
namespace {

// The first byte that no text has: a control character but tab, line feed, form feed and carriage return.
size_t FindBinary(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\f' && byte != '\r') || byte == 0x7f)
      return i;
  }
  return std::string_view::npos;
}

}  // namespace

absl::StatusOr<ScenarioFile> ScenarioFile::Read(const std::string& path) {
  absl::StatusOr<std::string> text = ReadFile(path, kScenarioBytesMax);
  if (!text.ok()) {
    const std::string near = absl::IsNotFound(text.status()) ? SuggestScenario(path) : "";
    if (near.empty()) return text.status();
    return absl::NotFoundError(
        fmt::format("{}; did you mean {}?", std::string(text.status().message()), near));
  }
  if (const size_t at = FindBinary(*text); at != std::string::npos) {
    return absl::InvalidArgumentError(
        fmt::format("{}: not a text file: byte {} is 0x{:02x}; a scenario is Lua text", path, at + 1,
                    static_cast<unsigned char>((*text)[at])));
  }
  return ScenarioFile(path == "-" ? "<stdin>" : path, *std::move(text));
}

model::ResolveOptions ScenarioFile::OptionsFor(const Options& options, const std::string& arm) const {
  model::ResolveOptions resolve;
  resolve.file = name_;
  resolve.text = text_;
  resolve.arm = arm;
  resolve.params = options.params;
  resolve.seed = options.seed;
  resolve.runtime = &model::RunWords();
  resolve.read_file = [this](std::string_view import) -> std::optional<std::string> {
    absl::StatusOr<std::string> text = ReadImport(name_, import);
    if (!text.ok()) return std::nullopt;
    return *std::move(text);
  };
  return resolve;
}

model::ResolveResult ScenarioFile::Resolve(const Options& options, const std::string& arm) const {
  return model::Resolve(OptionsFor(options, arm));
}

model::ResolveResult ScenarioFile::ResolveWith(const Options& options, const std::string& arm,
                                               std::string_view added) const {
  model::ResolveOptions resolve = OptionsFor(options, arm);
  resolve.check_all_arms = false;
  if (!added.empty()) resolve.text += "\n";
  resolve.text += added;
  return model::Resolve(resolve);
}

std::string ErrorText(const model::ResolveResult& result) {
  return model::RenderErrors(result.errors) + "\n";
}

int ExitCodeOf(const model::ResolveResult& result) { return result.limit_hit() ? kExitInternal : kExitUsage; }

int ReportErrors(const model::ResolveResult& result) {
  std::fputs(ErrorText(result).c_str(), stderr);
  return ExitCodeOf(result);
}

std::string ErrorText(const model::ScenarioError& error, const std::vector<std::string>& traceback) {
  std::string text = error.Render() + "\n";
  if (traceback.size() < 2) return text;  // The error's own place says it.
  for (const std::string& line : traceback) text += fmt::format("    {}\n", line);
  return text;
}

int ExitCodeOf(const model::ScenarioError& error) {
  return error.kind == model::ScenarioErrorKind::kLimit ? kExitInternal : kExitUsage;
}

int ReportError(const model::ScenarioError& error, const std::vector<std::string>& traceback) {
  std::fputs(ErrorText(error, traceback).c_str(), stderr);
  return ExitCodeOf(error);
}

int ReportError(const absl::Status& status) {
  std::fprintf(stderr, "txgsim: %s\n", std::string(status.message()).c_str());
  return kExitUsage;
}

}  // namespace tools
