// SPDX-License-Identifier: Apache-2.0
//
// Runs scenarios that tests write inline, and files of the catalogue.
#ifndef TXGSIM_TESTS_MODEL_SCRIPT_RUN_RUN_TESTING_H_
#define TXGSIM_TESTS_MODEL_SCRIPT_RUN_RUN_TESTING_H_

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "model/script/declare/resolve.h"
#include "model/script/run/loop.h"
#include "model/script/run/words.h"

namespace model {

inline std::optional<std::string> ReadTextFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

inline ResolveOptions RunnableOptions(std::string text, std::string arm = "base") {
  ResolveOptions options{.file = "test.lua", .text = std::move(text), .arm = std::move(arm)};
  options.runtime = &RunWords();
  options.read_file = [](std::string_view name) {
    return ReadTextFile(std::string(TXGSIM_SOURCE_DIR "/scenarios/data/") + std::string(name));
  };
  return options;
}

// With a tenth of the hosts, where a file asks how many: as much to see, in a tenth of the time.
inline ResolveOptions OnFewHosts(ResolveOptions options) {
  if (options.text.find("param(\"hosts\"") != std::string::npos) options.params = {{"hosts", "70"}};
  return options;
}

// Fails the test if the text is no scenario.
inline std::unique_ptr<LoadedScenario> Load(std::string text, std::string arm = "base") {
  ResolveResult resolved = Resolve(RunnableOptions(std::move(text), std::move(arm)));
  EXPECT_TRUE(resolved.ok()) << RenderErrors(resolved.errors);
  return std::move(resolved.loaded);
}

inline RunOutcome RunText(const std::string& text, const RunOptions& options = {}) {
  std::unique_ptr<LoadedScenario> loaded = Load(text);
  if (loaded == nullptr) return {};
  RunOutcome outcome = RunScenario(loaded.get(), options);
  EXPECT_FALSE(outcome.error) << outcome.error->Render();
  return outcome;
}

// The value at "jobs.prune.txgs"; a number in the path counts from 1. Null if it is not there.
inline const ResultValue& At(const ResultValue& root, std::string_view path) {
  static const ResultValue* const kNull = new ResultValue;
  const ResultValue* value = &root;
  while (!path.empty() && value != nullptr) {
    const size_t dot = std::min(path.find('.'), path.size());
    const std::string key(path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
    if (value->kind() == ResultValue::Kind::kArray) {
      const ResultValue* found = nullptr;
      for (const ResultValue& item : value->items()) {
        const ResultValue* name = item.Find("name");
        if (name != nullptr && name->text() == key) found = &item;
      }
      const size_t index = key.find_first_not_of("0123456789") == std::string::npos ? std::stoul(key) : 0;
      if (index >= 1 && index <= value->items().size()) found = &value->items()[index - 1];
      value = found;
    } else {
      value = value->Find(key);
    }
  }
  return value != nullptr ? *value : *kNull;
}

inline std::string VerdictOf(const RunOutcome& outcome) { return At(outcome.result, "verdict").text(); }

// The value of the first mark of that name.
inline const ResultValue& Marked(const RunOutcome& outcome, const std::string& name) {
  return At(outcome.result, "marks." + name + ".1.value");
}

}  // namespace model

#endif  // TXGSIM_TESTS_MODEL_SCRIPT_RUN_RUN_TESTING_H_
