// SPDX-License-Identifier: Apache-2.0
//
// What each sub-command does. Each returns the exit code (output.h).
#ifndef TXGSIM_TOOLS_TXGSIM_COMMANDS_H_
#define TXGSIM_TOOLS_TXGSIM_COMMANDS_H_

#include <atomic>

#include "tools/txgsim/options.h"

namespace tools {

// Set by the first Ctrl-C; a run looks at it and ends early.
extern std::atomic<bool> interrupted;

int RunCommand(const Options& options);
int CompareCommand(const Options& options);
int SweepCommand(const Options& options);
int MergeCommand(const Options& options);
int ListCommand(const Options& options);
int ExplainCommand(const Options& options);
int HelpCommand(const Options& options);

// The whole program: parses, dispatches, writes.
int Main(int argc, const char* const* argv);

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_COMMANDS_H_
