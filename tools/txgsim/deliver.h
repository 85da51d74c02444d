// SPDX-License-Identifier: Apache-2.0
//
// The end of every command that has a result: to standard output, and to --out.
#ifndef TXGSIM_TOOLS_TXGSIM_DELIVER_H_
#define TXGSIM_TOOLS_TXGSIM_DELIVER_H_

#include <string>
#include <string_view>

#include "tools/txgsim/options.h"
#include "tools/txgsim/report/json.h"
#include "tools/txgsim/report/text.h"

namespace tools {

// The first line of a report that Ctrl-C cut short, or nothing.
std::string InterruptedNote(bool interrupted, const Style& style);

inline constexpr std::string_view kResultFile = "result.json";

// Prints the object (--json) or the text, without blanks at the ends of its lines, and writes the object to
// DIR/`file` (--out). An error of that, such as a full disk, outranks `exit_code`.
int Deliver(const Options& options, const Json& object, const std::string& text, int exit_code,
            std::string_view file = kResultFile);

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_DELIVER_H_
