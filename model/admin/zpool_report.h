// SPDX-License-Identifier: Apache-2.0
//
// What `zpool history`, `zpool events` and `zpool get` print.
//
// The layout is that of OpenZFS cmd/zpool/zpool_main.c: zpool_do_history, zpool_do_events,
// zpool_do_get; lib/libzfs/libzfs_util.c: zprop_print_one_property. Differs from the real system:
// `events` has those of pool_event.h, without `-v`; `get` knows few properties.
#ifndef TXGSIM_MODEL_ADMIN_ZPOOL_REPORT_H_
#define TXGSIM_MODEL_ADMIN_ZPOOL_REPORT_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/admin/zpool_text.h"

namespace model {

// "History for 'tank':", and a line a command.
std::string ZpoolHistoryText(const Pool& pool);
// Of all these pools, in order of time.
std::string ZpoolEventsText(const std::vector<Pool*>& pools);

// The rows of `zpool get`, the heading first unless `format` is scripted. A property "all" stands for all.
std::vector<std::string> ZpoolGetTable(const std::vector<Pool*>& pools,
                                       const std::vector<std::string>& properties,
                                       const ZpoolListFormat& format);
bool IsZpoolProperty(std::string_view name);
// "allocated capacity ...".
std::string ZpoolProperties();

std::optional<FailMode> ParseFailMode(std::string_view text);

}  // namespace model

#endif  // TXGSIM_MODEL_ADMIN_ZPOOL_REPORT_H_
