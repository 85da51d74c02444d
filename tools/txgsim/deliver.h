// SPDX-License-Identifier: Apache-2.0
//
// The end of every command that has a result: to standard output, and to --out.
#ifndef TXGSIM_TOOLS_TXGSIM_DELIVER_H_
#define TXGSIM_TOOLS_TXGSIM_DELIVER_H_

#include <string>

#include "tools/txgsim/json.h"
#include "tools/txgsim/options.h"
#include "tools/txgsim/text.h"

namespace tools {

// The first line of a report that Ctrl-C cut short, or nothing.
std::string InterruptedNote(bool interrupted, const Style& style);

// Prints the object (--json) or the text, and writes DIR/result.json (--out). An error of
// that, such as a full disk, outranks `exit_code`.
int Deliver(const Options& options, const Json& object, const std::string& text, int exit_code);

}  // namespace tools

#endif  // TXGSIM_TOOLS_TXGSIM_DELIVER_H_
