// SPDX-License-Identifier: Apache-2.0
//
// What `txgsim run` prints about a hang, or about a run that was cut short: the cycle or the root, the chains
// to it, what would free it, and the threads as ps would show them.
#ifndef TXGSIM_TOOLS_TXGSIM_REPORT_HANG_REPORT_H_
#define TXGSIM_TOOLS_TXGSIM_REPORT_HANG_REPORT_H_

#include <string>

#include "tools/txgsim/report/json.h"
#include "tools/txgsim/report/text.h"

namespace tools {

// "FROZEN POOL (stopped)": verdict and subkind, in the colour of its gravity.
std::string TitleOf(const Json& run, const Style& style);

// Why a run ended before all in it had ended: the machine has stopped, or nobody waited for longer. And who
// had not ended. Empty for any other run.
std::string StopReport(const Json& run);

// Of a run, at its end; of one that is well by then, what expectations found before. Empty: nothing.
std::string HangReport(const Json& run, const Style& style);

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_REPORT_HANG_REPORT_H_
