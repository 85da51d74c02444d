// SPDX-License-Identifier: Apache-2.0
//
// Where results go: standard output, and files that are there whole or not at all.
#ifndef TXGSIM_TOOLS_TXGSIM_OUTPUT_H_
#define TXGSIM_TOOLS_TXGSIM_OUTPUT_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tools {

// Exit codes; docs and `txgsim help exit-codes` say the same.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;    // An expectation failed, or an unexpected hang.
inline constexpr int kExitUsage = 2;     // Usage or scenario error.
inline constexpr int kExitInternal = 3;  // Internal failure or limit.
inline constexpr int kExitInterrupted = 130;

// Writes and flushes; an error names what went wrong (a full disk, a closed pipe).
absl::Status WriteStdout(std::string_view text);

// Writes `text` to a file beside its place and moves it there: a reader sees the old
// file, or the new one. The error names the path.
absl::Status WriteFileWhole(const std::string& path, std::string_view text);
absl::Status MakeDirectory(const std::string& path);

// The text of a file, "-" for standard input. The error names the path and the cause.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// Whether text for people may be coloured: a terminal, NO_COLOR not set, TERM not dumb.
bool StdoutTakesColour();
bool StderrIsTerminal();

// A file that `import` names: beside the scenario, else in data/ beside it.
absl::StatusOr<std::string> ReadImport(const std::string& scenario, std::string_view name);

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_OUTPUT_H_
