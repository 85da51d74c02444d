// SPDX-License-Identifier: Apache-2.0
//
// Short ways to resolve a scenario in a test.
#ifndef TXGSIM_TESTS_MODEL_SCRIPT_DECLARE_RESOLVE_TESTING_H_
#define TXGSIM_TESTS_MODEL_SCRIPT_DECLARE_RESOLVE_TESTING_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gtest/gtest.h"
#include "model/script/declare/resolve.h"
#include "model/script/lua/script_host.h"

namespace model {

inline ResolveOptions OptionsFor(std::string text, std::string arm = "base") {
  ResolveOptions options;
  options.file = "t.lua";
  options.text = std::move(text);
  options.arm = std::move(arm);
  options.read_file = [](std::string_view name) -> std::optional<std::string> {
    if (name != "list.txt") return std::nullopt;
    return "NAME USED AVAIL REFER MOUNTPOINT\ntank 1G 9G 24K /tank\ntank/vm 1G 9G 1G /tank/vm\n";
  };
  return options;
}

// Null, with a failed test, if there are errors.
inline std::unique_ptr<LoadedScenario> MustResolve(const std::string& text, const std::string& arm = "base") {
  ResolveResult result = Resolve(OptionsFor(text, arm));
  EXPECT_TRUE(result.ok()) << RenderErrors(result.errors);
  return std::move(result.loaded);
}

// `LINE:COL: message` of each error, in lines; empty if there are none.
inline std::string ErrorsOf(const std::string& text, const std::string& arm = "base") {
  std::string out;
  for (const ScenarioError& error : Resolve(OptionsFor(text, arm)).errors) {
    if (!out.empty()) out += '\n';
    out += std::to_string(error.pos.line) + ":" + std::to_string(error.pos.column) + ": " + error.Message();
  }
  return out;
}

}  // namespace model

#endif  // TXGSIM_TESTS_MODEL_SCRIPT_DECLARE_RESOLVE_TESTING_H_
