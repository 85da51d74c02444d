// SPDX-License-Identifier: Apache-2.0
//
// The command line: sub-commands, their options, and what is wrong with them.
//
//   txgsim run FILE [--arm NAME | --arms [--jobs N]] [--design NAME [--fault NAME]] [--strict]
//   txgsim compare FILE [--designs a,b] [--faults all|a,b [--diagnose]] [--phases N] [--jobs N]
//   txgsim sweep FILE [--set NAME=V1,V2 | --set NAME=1..64*2] [--zip] [--seeds N] [--out FILE] [--shard I/N]
//   txgsim merge FILE|DIR...
//   txgsim list [DIR]
//   txgsim explain WORD...
//   txgsim help [FILE | COMMAND | exit-codes | language | result-fields | tunables | lua-meta]
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

#include "tools/txgsim/shard.h"

namespace tools {

struct Options {
  enum class Command { kNone, kRun, kCompare, kSweep, kMerge, kList, kExplain, kHelp };
  Command command = Command::kNone;
  std::string operand;  // FILE, DIR or WORD; may be empty.

  std::string arm = "base";
  bool all_arms = false;
  std::vector<std::string> designs;  // Of compare; empty: all that are built. Of run: at most one.
  std::vector<std::string> faults;   // Rows of the safety matrix; of run: at most one.
  bool diagnose = false;             // What would free the hangs of the matrix.
  int phases = 8;
  int jobs = 0;  // Host threads for several runs; 0: one a core. Never shows in results.

  // Of sweep and merge. There, a value in `params` may stand for several: a list or a range.
  std::vector<std::string> operands;  // FILE or DIR of results.
  bool zip = false;
  int seeds = 1;
  std::optional<Shard> shard;
  bool resume = false;
  bool list_runs = false;
  bool refine = true;                // Runs between swept values, where curves cross.
  std::string csv;                   // A path, "-" for standard output, or nothing.
  std::vector<std::string> figures;  // Paths; empty: the default ones.

  uint64_t seed = 1;
  std::vector<std::pair<std::string, std::string>> params;  // --set NAME=VALUE
  std::optional<int64_t> until_ns;
  std::string out_dir;  // For a sweep also a file, *.jsonl.

  bool json = false;
  bool host = false;  // Wall-clock figures in the JSON.
  bool quiet = false;
  bool everything = false;  // Of run: all that is left out of long lists.
  bool strict = false;      // Of run: a warning is a failure.
  bool colour = false;
  size_t width = 0;  // Columns of the terminal; 0: standard output is none.

  // What repeats this call, without what changes only the output's form.
  std::string RepeatCommand() const;
  // What repeats a cell of the safety matrix of a comparison, with DESIGN and FAULT for the two.
  std::string CellCommand() const;
};

struct ParsedOptions {
  Options options;
  // Set when there is nothing to do but this: --help, --version, or an error.
  std::optional<int> exit_code;
  std::string text;  // To standard output if exit_code is 0, else to standard error.
};

ParsedOptions ParseOptions(int argc, const char* const* argv);

std::string VersionNumber();
std::string VersionText();

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_OPTIONS_H_
