// SPDX-License-Identifier: Apache-2.0
//
// From the text of a scenario file to a Scenario, for one arm.
//
//   ResolveOptions options{.file = "prune.lua", .text = text, .arm = "two-cores"};
//   ResolveResult result = Resolve(options);
//   if (!result.ok()) return RenderErrors(result.errors);
//   const Scenario& scenario = result.loaded->scenario;
//
// The file is run by a sandboxed Lua state (sandbox.h) that the result keeps, since the
// bodies live there. A LoadedScenario is used by one host thread at a time; another
// thread resolves again. Nothing here reads the clock or the environment; files are read
// for `import` only, through `read_file`.
#ifndef TXGSIM_MODEL_SCRIPT_DECLARE_RESOLVE_H_
#define TXGSIM_MODEL_SCRIPT_DECLARE_RESOLVE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/script/language/scenario.h"
#include "model/script/language/scenario_error.h"

namespace model {

class RuntimeTable;
class ScriptHost;

struct LoadedScenario {
  LoadedScenario();
  ~LoadedScenario();
  LoadedScenario(const LoadedScenario&) = delete;
  LoadedScenario& operator=(const LoadedScenario&) = delete;

  Scenario scenario;
  std::unique_ptr<ScriptHost> host;
};

struct ResolveOptions {
  std::string file;  // Name for messages: "scenarios/03_abba.lua".
  std::string text;  // Its contents.
  std::string arm = "base";
  std::vector<std::pair<std::string, std::string>> params;  // --set NAME=VALUE, as texts.
  uint64_t seed = 1;                                        // For rng streams that the file itself uses.
  const RuntimeTable* runtime = nullptr;                    // Null: bodies cannot run (checking only).
  // Returns the text of the file that `import` names, or nothing. Left out: no imports.
  std::function<std::optional<std::string>(std::string_view name)> read_file;
  // Runs the file for every arm and reports the errors of all; also finds locks and syscalls
  // that no arm uses. Off where a file that was checked is resolved again and again.
  bool check_all_arms = true;
  int64_t memory_limit_bytes = int64_t{256} << 20;
  int64_t instruction_limit = 10'000'000;
};

struct ResolveResult {
  std::unique_ptr<LoadedScenario> loaded;  // Null if there are errors.
  std::vector<ScenarioError> errors;
  // What the file declared as far as it got, also after errors: for `txgsim help FILE`.
  std::vector<ParamDecl> params;
  std::vector<ArmDecl> arms;

  bool ok() const { return loaded != nullptr; }
  // True if one of the errors is a limit: exit 3 instead of 2.
  bool limit_hit() const;
};

ResolveResult Resolve(const ResolveOptions& options);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_DECLARE_RESOLVE_H_
