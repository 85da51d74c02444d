// SPDX-License-Identifier: Apache-2.0
//
// What a channel program returns, as `zfs program` prints it.
//
// The value becomes a list of name-value pairs: keys of tables as text, values nil,
// boolean, integer, text or table. What does not convert is an error of a program that
// has run in full, and whose changes stay. Source: OpenZFS module/zfs/zcp.c:
// zcp_convert_return_values, zcp_lua_to_nvlist_impl, zcp_table_to_nvlist; cmd/zfs/zfs_main.c:
// zfs_do_channel_program; lib/libnvpair: dump_nvlist.
//
// Differs from the real system: keys are sorted (there they come in the order of the table, which
// differs from run to run); a number with a fraction, which is none there, is no value here either;
// the size of what is returned has no limit of its own.
#ifndef TXGSIM_MODEL_SCRIPT_ZCP_RESULT_H_
#define TXGSIM_MODEL_SCRIPT_ZCP_RESULT_H_

#include <string>

#include "lua.hpp"

namespace model {

struct ProgramOutput {
  std::string text;   // Lines; empty if nothing was returned.
  std::string error;  // Why it does not convert, or empty.
};

// Of the `count` values on top of the stack, which stay there. Raises no Lua error.
ProgramOutput ReturnedByProgram(lua_State* L, int count);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_ZCP_RESULT_H_
