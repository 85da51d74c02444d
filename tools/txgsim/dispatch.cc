// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "tools/txgsim/commands.h"
#include "tools/txgsim/output.h"
#include "tools/txgsim/scenario_file.h"

namespace tools {

std::atomic<bool> interrupted = false;

int Main(int argc, const char* const* argv) {
  const ParsedOptions parsed = ParseOptions(argc, argv);
  if (parsed.exit_code) {
    if (*parsed.exit_code != kExitOk) {
      std::fputs(parsed.text.c_str(), stderr);
      return *parsed.exit_code;
    }
    const absl::Status status = WriteStdout(parsed.text);
    return status.ok() ? kExitOk : ReportError(status);
  }
  switch (parsed.options.command) {
    case Options::Command::kRun:
      return RunCommand(parsed.options);
    case Options::Command::kCompare:
      return CompareCommand(parsed.options);
    case Options::Command::kSweep:
      return SweepCommand(parsed.options);
    case Options::Command::kMerge:
      return MergeCommand(parsed.options);
    case Options::Command::kList:
      return ListCommand(parsed.options);
    case Options::Command::kExplain:
      return ExplainCommand(parsed.options);
    case Options::Command::kHelp:
    case Options::Command::kNone:
      return HelpCommand(parsed.options);
  }
  return kExitInternal;
}

}  // namespace tools
