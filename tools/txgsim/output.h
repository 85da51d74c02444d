// SPDX-License-Identifier: Apache-2.0
//
// Where results go: standard output, and files that are there whole or not at all.
#ifndef TXGSIM_TOOLS_TXGSIM_OUTPUT_H_
#define TXGSIM_TOOLS_TXGSIM_OUTPUT_H_

#include <cstdio>
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

// A file that is written beside its place and moved there by Finish: a reader sees the old
// file, or the new one. Without Finish nothing remains of it. Errors name the path. A device or a pipe is
// written to as it is.
class WholeFile {
 public:
  explicit WholeFile(std::string path);
  ~WholeFile();
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;

  absl::Status status() const;  // What has gone wrong so far.
  void Write(std::string_view text);
  absl::Status Finish();

 private:
  void Note(bool ok);

  std::string path_;
  std::string temporary_;
  std::FILE* file_;
  int error_ = 0;
};

absl::Status WriteFileWhole(const std::string& path, std::string_view text);
// Whether a file could be written there; "" and "-" can. For a long command to ask before it begins.
absl::Status CheckWritable(const std::string& path);
absl::Status MakeDirectory(const std::string& path);

// The longest scenario, and the longest listing that one imports.
inline constexpr size_t kScenarioBytesMax = size_t{4} << 20;
inline constexpr size_t kImportBytesMax = size_t{256} << 20;

// The text of a file, "-" for standard input, if it has no more than `most` bytes. The error names the path
// and the cause; NotFound: there is no such file.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t most);

// Whether text for people may be coloured: a terminal, NO_COLOR not set, TERM not dumb.
bool StdoutTakesColour();
// The columns of the terminal that standard output is: COLUMNS, else what the terminal says. 0: it is none.
size_t StdoutWidth();
// Whether a line that changes all the time may stand there: a terminal that can, and nobody's log.
bool StderrTakesProgress();

// A file that `import` names: beside the scenario, else in data/ there, else in data/ beside that folder.
absl::StatusOr<std::string> ReadImport(const std::string& scenario, std::string_view name);

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_OUTPUT_H_
