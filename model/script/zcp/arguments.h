// SPDX-License-Identifier: Apache-2.0
//
// The arguments of zfs.* calls, as channel programs give them.
//
//   zfs.sync.clone("tank/a@s", "tank/b")              by position alone
//   zfs.sync.destroy{"tank/a@s", defer = true}        one table: by position and by key
//
// One table and nothing else is the second form. Values have exactly the type that is
// wanted: a number is no text. The table is emptied, so that using it again is an error.
// Source: OpenZFS module/zfs/zcp.c:zcp_parse_args, zcp_parse_pos_args, zcp_parse_table_args,
// zcp_args_error.
#ifndef TXGSIM_MODEL_SCRIPT_ZCP_ARGUMENTS_H_
#define TXGSIM_MODEL_SCRIPT_ZCP_ARGUMENTS_H_

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "lua.hpp"

namespace model {

struct CallSignature {
  std::string_view function;                   // "destroy"
  std::array<std::string_view, 3> positional;  // What the texts are, in order; empty: no more.
  bool takes_defer = false;                    // The one key that there is.
};

struct CallArguments {
  std::vector<std::string> texts;  // As many as the signature has.
  bool defer = false;
};

// Takes the `count` values from index 1 on. Returns what is wrong with them, or an empty text. Raises
// no Lua error.
std::string TakeCallArguments(lua_State* L, int count, const CallSignature& signature,
                              CallArguments* arguments);

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_ZCP_ARGUMENTS_H_
