// SPDX-License-Identifier: Apache-2.0
//
// Paths into a result: "jobs.prune.latency_ns", as expectations and `--figures` write them.
//
// A path that does not exist is an error with a suggestion, so that a misspelt figure never passes for one
// that is not there: NotFound if no run can have it, FailedPrecondition if this one lacks it (a mark that was
// never set), told apart by the table of fields. Null only for what a run may rightly lack: `result`,
// `end_ns`, `latency_ns`, `kill_to_exit_ns`; and an errno that never occurred counts 0 in `errors`. Lists of
// named things are indexed by name.
#ifndef TXGSIM_MODEL_SCRIPT_RESULT_PATH_H_
#define TXGSIM_MODEL_SCRIPT_RESULT_PATH_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "model/script/result/value.h"

namespace model {

// The field `key` of `value`, which itself stands at `path`. The pointer is never null, and lives as long as
// `value`; so for ResultAt.
absl::StatusOr<const ResultValue*> ResultMember(const ResultValue& value, std::string_view path,
                                                std::string_view key);

// The value at `path` below `root`; errors call the root `name`.
absl::StatusOr<const ResultValue*> ResultAt(const ResultValue& root, std::string_view name,
                                            std::string_view path);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_RESULT_PATH_H_
