// SPDX-License-Identifier: Apache-2.0
//
// docs/results.md shows commands and what they printed.
#include <gmock/gmock.h>

#include <sstream>

#include "tests/tools/program_testing.h"

namespace tools {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class ResultsDocumentTest : public ProgramFixture {
 protected:
  // The arguments of each command in the document, with scenarios where the test finds them; and what follows
  // it.
  struct Shown {
    std::string arguments;
    std::string output;
  };
  static std::vector<Shown> Commands() {
    std::vector<Shown> commands;
    std::istringstream document(ReadAll(TXGSIM_SOURCE_DIR "/docs/results.md"));
    bool in_output = false;
    for (std::string line; std::getline(document, line);) {
      if (line.rfind("$ txgsim ", 0) == 0) {
        std::string arguments = line.substr(9);
        arguments.replace(arguments.find(" scenarios/"), 1, " " TXGSIM_SOURCE_DIR "/");
        commands.push_back({arguments, ""});
        in_output = true;
      } else if (line == "```") {
        in_output = false;
      } else if (in_output) {
        commands.back().output += line + "\n";
      }
    }
    return commands;
  }
  static size_t Lines(const std::string& text) {
    return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
  }
};

TEST_F(ResultsDocumentTest, EveryCommandIsOneThatCanBeRun) {
  EXPECT_GE(Commands().size(), 5u);
  for (const Shown& shown : Commands()) {
    ASSERT_THAT(shown.arguments, StartsWith("sweep "));
    const ProgramResult list = Run(shown.arguments + " --list");
    EXPECT_EQ(list.exit_code, 0) << shown.arguments << "\n" << list.err;
    EXPECT_GT(Lines(list.out), 1u) << shown.arguments;
    EXPECT_THAT(shown.output, HasSubstr("repeat: txgsim sweep scenarios/")) << shown.arguments;
  }
}

// The one with the fewest runs, run: it ends well, and has as many lines as the document shows.
TEST_F(ResultsDocumentTest, TheSmallestCommandPrintsWhatTheDocumentShows) {
  Shown smallest;
  size_t fewest = 1'000'000;
  for (const Shown& shown : Commands()) {
    const size_t runs = Lines(Run(shown.arguments + " --list").out);
    if (runs >= fewest) continue;
    fewest = runs;
    smallest = shown;
  }
  const ProgramResult result = Run(smallest.arguments);
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_EQ(Lines(result.out), Lines(smallest.output)) << "run tools/results: " << result.out;
  const auto head = [](const std::string& output) {
    const size_t from = output.find("\n\n") + 2;
    std::istringstream words(output.substr(from, output.find('\n', from) - from));
    return std::vector<std::string>{std::istream_iterator<std::string>(words), {}};
  };
  EXPECT_EQ(head(result.out), head(smallest.output)) << "run tools/results";
}

}  // namespace
}  // namespace tools
