// SPDX-License-Identifier: Apache-2.0
//
// What the Lua of real channel programs would refuse, or compute otherwise, in the
// body of a job.
//
// That Lua is 5.2 with integers of 64 bits for numbers, and a text by itself: there
// are no locals around it. Source: OpenZFS module/lua/luaconf.h, README.zfs,
// module/zfs/zcp.c:zcp_eval (which libraries are loaded), zcp_global.c (errnos).
//
// Looks at the body and the functions inside it, not at functions that it takes from
// the file: for those it says that they are not there.
#ifndef TXGSIM_MODEL_SCRIPT_ZCP_DIALECT_H_
#define TXGSIM_MODEL_SCRIPT_ZCP_DIALECT_H_

#include <vector>

#include "model/script/language/source_map.h"
#include "model/script/lua/bytecode.h"
#include "model/script/zcp/reader.h"

namespace model {

// In order of lines; each text once. `function`: the body's token in `source` (FindFunction), or -1.
std::vector<DialectNote> DialectNotes(const FunctionCode& body, const SourceMap& source, int function);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_ZCP_DIALECT_H_
