// SPDX-License-Identifier: Apache-2.0
//
// An error in a scenario file: where, what, and what was probably meant.
//
// Rendered as compilers do, so that editors jump to it:
//
//   prune.lua:12:28: error: unknown key "rat" in writers "db"; did you mean "rate"?
//     12 | writers "db" { count = 16, rat = "200MB/s" }
//        |                            ^~~
//
// All declaration errors of a file are collected; an error of the Lua program itself
// (syntax, a wrong call, a limit) ends the collection and stands last.
#ifndef TXGSIM_MODEL_SCRIPT_LANGUAGE_SCENARIO_ERROR_H_
#define TXGSIM_MODEL_SCRIPT_LANGUAGE_SCENARIO_ERROR_H_

#include <string>
#include <string_view>
#include <vector>

#include "model/script/language/scenario.h"

namespace model {

enum class ScenarioErrorKind : uint8_t {
  kScenario,  // Exit 2.
  kLimit,     // Instructions or memory: exit 3.
};

struct ScenarioError {
  ScenarioErrorKind kind = ScenarioErrorKind::kScenario;
  std::string file;
  SourcePos pos;           // line 0: the file as a whole.
  int length = 1;          // Of the marked text, in bytes.
  std::string text;        // Without the suggestion.
  std::string suggestion;  // `rate`, or empty.
  std::string source_line;

  // The text with `; did you mean "rate"?`.
  std::string Message() const;
  // All of it, without a newline at the end.
  std::string Render() const;
};

// One after the other, in order of lines, a newline between.
std::string RenderErrors(const std::vector<ScenarioError>& errors);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_LANGUAGE_SCENARIO_ERROR_H_
