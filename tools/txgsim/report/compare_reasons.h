// SPDX-License-Identifier: Apache-2.0
//
// In words: where a design loses against the best, and what its figures say it loses by.
#ifndef TXGSIM_TOOLS_TXGSIM_REPORT_COMPARE_REASONS_H_
#define TXGSIM_TOOLS_TXGSIM_REPORT_COMPARE_REASONS_H_

#include <string>
#include <vector>

#include "tools/txgsim/report/json.h"

namespace tools {

// The figure by which the time of a job is compared: of a job with repeats, that of one of them.
const char* LatencyFigure(const Json& compare);
// A sentence each, of a comparison's object: first who does not do what the job is for, then what the job
// pays, then what others do. The best is among those that do it; within a quarter of it a design loses
// nothing worth a sentence.
std::vector<std::string> ReasonsFor(const Json& compare);

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_REPORT_COMPARE_REASONS_H_
