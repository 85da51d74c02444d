// SPDX-License-Identifier: Apache-2.0
//
// In words: which designs agree with the job on the dataset model alone, and why the others differ.
#ifndef TXGSIM_TOOLS_TXGSIM_REPORT_COMPARE_SEMANTICS_H_
#define TXGSIM_TOOLS_TXGSIM_REPORT_COMPARE_SEMANTICS_H_

#include <string>

#include "tools/txgsim/report/json.h"
#include "tools/txgsim/report/text.h"

namespace tools {

// A line on the whole, and one for each difference, with all designs that have it. Empty for a comparison
// that was interrupted.
std::string SemanticsText(const Json& compare, const Style& style);

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_REPORT_COMPARE_SEMANTICS_H_
