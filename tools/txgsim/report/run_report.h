// SPDX-License-Identifier: Apache-2.0
//
// One run, as text: what happened, who hangs on whom, what the figures are.
#ifndef TXGSIM_TOOLS_TXGSIM_REPORT_RUN_REPORT_H_
#define TXGSIM_TOOLS_TXGSIM_REPORT_RUN_REPORT_H_

#include <string>

#include "tools/txgsim/report/json.h"
#include "tools/txgsim/report/text.h"

namespace tools {

struct RunReportOptions {
  bool quiet = false;          // The verdict, the expectations that do not hold, the digest.
  bool all = false;            // Nothing is left out of long lists.
  size_t width = 0;            // Columns of the terminal; 0: there is none.
  std::string repeat_command;  // The exact command that repeats this run.
};

// `run` is the object that `txgsim run --json` prints.
std::string RunReport(const Json& run, const Style& style, const RunReportOptions& options);

// A row for each arm: what `run --arms` prints.
std::string ArmsReport(const Json& arms, const Style& style);

// "ok", "FAILED" and "not checked" lines of the expectations, with the actual values.
enum class Expectations { kAll, kNotHeld, kFailed };
inline Expectations ShownIf(bool quiet) { return quiet ? Expectations::kNotHeld : Expectations::kAll; }
std::string ExpectationsReport(const Json& expectations, const Style& style, Expectations which);

// "FAILED" lines of the calls of check() that failed in a run.
std::string ChecksReport(const Json& run, const Style& style);

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_REPORT_RUN_REPORT_H_
