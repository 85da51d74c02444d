// SPDX-License-Identifier: Apache-2.0
//
// Every field of a result, once: what it means and in what unit.
//
// What `txgsim explain run.PATH` prints and docs/result-fields.md come from this table, and it tells a path
// that this run merely lacks from one that no run can have. A test holds it against the results of the
// catalogue.
//
//   run.processes.NAME.latency.p99_ns   NAME stands for any name, [i] for any number in a list
#ifndef TXGSIM_MODEL_SCRIPT_RESULT_FIELDS_H_
#define TXGSIM_MODEL_SCRIPT_RESULT_FIELDS_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace model {

// Fields that stand alike in several places share a row.
struct ResultField {
  std::string_view places;  // Separated by blanks: "run.processes.NAME run.jobs.NAME".
  std::string_view name;    // Below each place: "latency.p99_ns".
  std::string_view unit;    // "ns", "count", "text", ...
  std::string_view about;
};

// In the order of the documentation.
std::span<const ResultField> ResultFields();

// "run.threads[3].state" is { "run", "threads", "[3]", "state" }.
std::vector<std::string> ResultPathParts(std::string_view path);

// The row of a path, with or without names in it: `run.jobs.prune.txgs`, `run.jobs.NAME.txgs`; a run of a
// comparison or a sweep has the fields of `run`. Null: no result has it.
const ResultField* FindResultField(const std::vector<std::string>& parts);
// True if there is such a field, or there are fields below it.
bool IsResultPath(const std::vector<std::string>& parts);

// What `txgsim explain PATH` prints: the field, or what is below it. Not found: no result has it.
absl::StatusOr<std::string> ExplainResultPath(std::string_view path);

// The same of every field of that name, without `_ns` or with it: "otime", "p99_ns". Empty: there is none.
std::string ResultFieldsNamed(std::string_view name);

std::string ResultFieldsReference();  // docs/result-fields.md

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_RESULT_FIELDS_H_
