// SPDX-License-Identifier: Apache-2.0
//
// The results of a sweep as a file of JSON Lines: a run a line.
//
// A line is what `txgsim run --json` prints, on one line, with three keys before it: `key` (sweep_plan.h),
// `run` (its number in the sweep), `sweep` (what the sweep consists of, so that each line stands for itself).
// Nothing in it depends on the machine or the time.
//
// Runs are appended when they end; when all are done, the file is put into the order of the sweep, so that it
// is the same for any number of jobs. Killed between, it has every run that had ended, at worst with a torn
// last line, which the next reader drops. One process at a time writes to a file.
#ifndef TXGSIM_TOOLS_TXGSIM_SWEEP_STORE_H_
#define TXGSIM_TOOLS_TXGSIM_SWEEP_STORE_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/txgsim/report/json.h"

namespace tools {

// Where a line stands in its file, without its end.
struct StoredPlace {
  size_t offset = 0;
  size_t length = 0;
};

// A line of a results file, taken apart.
struct StoredRun {
  std::string key;
  size_t run = 0;
  Json sweep;
  Json result;
  StoredPlace place;
  std::string where;  // "FILE:LINE", for messages.
};

std::string StoredLine(const std::string& key, size_t run, const Json& sweep, const Json& result);

// Whether two results are the same. Under which path the scenario was found does not count, nor what only
// stored lines have.
bool SameResult(Json a, Json b);

struct StoredEnd {
  size_t whole_bytes = 0;  // Up to there every line is whole.
  bool torn = false;       // Something follows: a line whose writer was killed.
};

// Reads line by line, so that a file may be larger than memory. The error of a line that is no such line
// names it; one that `take` returns ends the reading.
absl::StatusOr<StoredEnd> ReadStored(const std::string& path,
                                     const std::function<absl::Status(StoredRun)>& take);

absl::StatusOr<std::string> ReadPlace(const std::string& path, const StoredPlace& place);

class ResultLog {
 public:
  // Makes the file or, with `resume`, goes on with one that is there; without, there must be none. The error
  // says why it cannot be written.
  static absl::StatusOr<std::unique_ptr<ResultLog>> Open(const std::string& path, bool resume);
  // A file that is empty goes.
  ~ResultLog();
  ResultLog(const ResultLog&) = delete;
  ResultLog& operator=(const ResultLog&) = delete;

  // Cuts off what follows the whole lines.
  absl::Status Truncate(size_t whole_bytes);
  // A line without its end; written whole or, if the disk is full, not at all.
  absl::StatusOr<StoredPlace> Append(const std::string& line);

  const std::string& path() const { return path_; }

 private:
  ResultLog(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}

  std::string path_;
  int descriptor_;
  bool ours_ = false;  // No other process writes to it.
  size_t size_ = 0;
  std::chrono::steady_clock::time_point synced_ = std::chrono::steady_clock::now();
};

// Replaces the file, or makes it, by these lines: whole or not at all.
absl::Status WriteLines(const std::string& path, size_t count,
                        const std::function<absl::StatusOr<std::string>(size_t)>& line_of);

// True if a path is meant as that of a file of results; else it is a folder that has them.
bool NamesResultFile(const std::string& path);
// What the writers of a sweep and of a merge call their files in a folder.
inline constexpr const char* kResultsFile = "results.jsonl";
// "shard-2.jsonl"
std::string ShardFile(uint64_t index, std::string_view extension = "jsonl");

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_SWEEP_STORE_H_
