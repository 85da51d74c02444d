// SPDX-License-Identifier: Apache-2.0
//
// The designs side by side: what each costs the job, the others, and what it promises.
#ifndef TXGSIM_TOOLS_TXGSIM_REPORT_COMPARE_REPORT_H_
#define TXGSIM_TOOLS_TXGSIM_REPORT_COMPARE_REPORT_H_

#include <string>

#include "tools/txgsim/report/json.h"
#include "tools/txgsim/report/run_report.h"
#include "tools/txgsim/report/text.h"

namespace tools {

// `compare` is the object that `txgsim compare --json` prints. Quiet: without the table.
std::string CompareReport(const Json& compare, const Style& style, const RunReportOptions& options);

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_REPORT_COMPARE_REPORT_H_
