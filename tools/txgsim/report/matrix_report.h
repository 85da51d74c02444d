// SPDX-License-Identifier: Apache-2.0
//
// The safety matrix as text: a row a fault, a column a design.
#ifndef TXGSIM_TOOLS_TXGSIM_REPORT_MATRIX_REPORT_H_
#define TXGSIM_TOOLS_TXGSIM_REPORT_MATRIX_REPORT_H_

#include <string>

#include "tools/txgsim/report/json.h"
#include "tools/txgsim/report/text.h"

namespace tools {

// `faults` is that of a comparison; `width` columns of the terminal, or 0; `command_pattern` repeats a cell,
// with DESIGN and FAULT to be filled in.
std::string MatrixReport(const Json& faults, const Style& style, size_t width,
                         const std::string& command_pattern);

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_REPORT_MATRIX_REPORT_H_
