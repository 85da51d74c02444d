// SPDX-License-Identifier: Apache-2.0
//
// What the kernel's log would say of a run: the reports of its detectors.
#ifndef TXGSIM_TOOLS_TXGSIM_REPORT_KERNEL_LOG_H_
#define TXGSIM_TOOLS_TXGSIM_REPORT_KERNEL_LOG_H_

#include <string>

#include "tools/txgsim/report/json.h"
#include "tools/txgsim/report/text.h"

namespace tools {

// First report of each detector on each thread, and when it fell silent.
std::string KernelLog(const Json& run, const Style& style);

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_REPORT_KERNEL_LOG_H_
