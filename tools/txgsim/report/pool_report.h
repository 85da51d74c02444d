// SPDX-License-Identifier: Apache-2.0
//
// What a run did to its pools, in the forms that a ZFS engineer knows: `zpool iostat -vl`, the
// kstat `txgs`, `zpool events`.
//
// Differs from the real commands: iostat is the average since the start of the run; of the
// kstat's rows the last ones are shown, and not those of an idle pool, unless all are asked for.
#ifndef TXGSIM_TOOLS_TXGSIM_REPORT_POOL_REPORT_H_
#define TXGSIM_TOOLS_TXGSIM_REPORT_POOL_REPORT_H_

#include <string>

#include "tools/txgsim/report/json.h"
#include "tools/txgsim/report/text.h"

namespace tools {

// Of all pools of a run; empty if there are none. `all`: also rows that say little.
std::string PoolReport(const Json& run, const Style& style, bool all);

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_REPORT_POOL_REPORT_H_
