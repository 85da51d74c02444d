// SPDX-License-Identifier: Apache-2.0
//
// In words: where a design loses against the best, and what its figures say it loses by.
#ifndef TXGSIM_TOOLS_TXGSIM_REPORT_COMPARE_REASONS_H_
#define TXGSIM_TOOLS_TXGSIM_REPORT_COMPARE_REASONS_H_

#include <string>
#include <vector>

#include "tools/txgsim/report/json.h"

namespace tools {

// A sentence each, of a comparison's object: first what the job pays, then what others do. A design that is
// within a quarter of the best loses nothing worth a sentence.
std::vector<std::string> ReasonsFor(const Json& compare);

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_REPORT_COMPARE_REASONS_H_
