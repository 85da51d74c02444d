// SPDX-License-Identifier: Apache-2.0
//
// A scenario file as the sub-commands load it.
#ifndef TXGSIM_TOOLS_TXGSIM_SCENARIO_FILE_H_
#define TXGSIM_TOOLS_TXGSIM_SCENARIO_FILE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "model/script/declare/resolve.h"
#include "tools/txgsim/options.h"

namespace tools {

class ScenarioFile {
 public:
  // Reads the file; "-" is standard input.
  static absl::StatusOr<ScenarioFile> Read(const std::string& path);

  const std::string& name() const { return name_; }
  const std::string& text() const { return text_; }
  // Resolves one arm with the parameters of the command line.
  model::ResolveResult Resolve(const Options& options, const std::string& arm) const;
  // The same once more, when that has succeeded: with these declarations at the end of the file.
  model::ResolveResult ResolveWith(const Options& options, const std::string& arm,
                                   std::string_view added) const;

 private:
  model::ResolveOptions OptionsFor(const Options& options, const std::string& arm) const;
  ScenarioFile(std::string name, std::string text) : name_(std::move(name)), text_(std::move(text)) {}
  std::string name_;
  std::string text_;
};

// The errors of a scenario that could not be resolved, as lines, and the exit code that goes with them.
std::string ErrorText(const model::ResolveResult& result);
int ExitCodeOf(const model::ResolveResult& result);
// Prints the errors to standard error and returns the exit code that goes with them.
int ReportErrors(const model::ResolveResult& result);
// The same for an error of a run, with the lines of the body at fault, innermost first.
std::string ErrorText(const model::ScenarioError& error, const std::vector<std::string>& traceback);
int ExitCodeOf(const model::ScenarioError& error);
int ReportError(const model::ScenarioError& error, const std::vector<std::string>& traceback);
int ReportError(const absl::Status& status);

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_SCENARIO_FILE_H_
