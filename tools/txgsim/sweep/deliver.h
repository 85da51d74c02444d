// SPDX-License-Identifier: Apache-2.0
//
// The end of `sweep` and `merge`: the CSV, then what every command delivers.
#ifndef TXGSIM_TOOLS_TXGSIM_SWEEP_DELIVER_H_
#define TXGSIM_TOOLS_TXGSIM_SWEEP_DELIVER_H_

#include <string>

#include "tools/txgsim/options.h"
#include "tools/txgsim/report/json.h"
#include "tools/txgsim/sweep/report.h"

namespace tools {

// With --csv - the table takes the place of the text, and `problems` goes to standard error. --out gets
// result.json if it is a folder.
int DeliverSweep(const Options& options, const SweepResults& results, const Json& object, std::string text,
                 const std::string& problems, int exit_code);

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_SWEEP_DELIVER_H_
