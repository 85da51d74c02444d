// SPDX-License-Identifier: Apache-2.0
//
// The command line: sub-commands, their options, and what is wrong with them.
//
//   txgsim run FILE [--arm NAME | --arms [--jobs N]]
//   txgsim compare FILE [--designs a,b] [--phases N] [--jobs N]
//   txgsim list [DIR]
//   txgsim explain WORD
//   txgsim help [FILE | exit-codes | language | lua-meta]
//
// CLI11 parses; the messages, the suggestion for a misspelt word and the exit codes
// are ours: every usage error ends with 2.
#ifndef TXGSIM_TOOLS_TXGSIM_OPTIONS_H_
#define TXGSIM_TOOLS_TXGSIM_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tools {

struct Options {
  enum class Command { kNone, kRun, kCompare, kList, kExplain, kHelp };
  Command command = Command::kNone;
  std::string operand;  // FILE, DIR or WORD; may be empty.

  std::string arm = "base";
  bool all_arms = false;
  std::vector<std::string> designs;  // Empty: all that are built.
  int phases = 8;
  int jobs = 0;  // Host threads for several runs; 0: one a core. Never shows in results.

  uint64_t seed = 1;
  std::vector<std::pair<std::string, std::string>> params;  // --set NAME=VALUE
  std::optional<int64_t> until_ns;
  std::string out_dir;

  bool json = false;
  bool host = false;  // Wall-clock figures in the JSON.
  bool quiet = false;
  bool colour = false;

  // What repeats this call, without what changes only the output's form.
  std::string RepeatCommand() const;
};

struct ParsedOptions {
  Options options;
  // Set when there is nothing to do but this: --help, --version, or an error.
  std::optional<int> exit_code;
  std::string text;  // To standard output if exit_code is 0, else to standard error.
};

ParsedOptions ParseOptions(int argc, const char* const* argv);

std::string VersionText();

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_OPTIONS_H_
