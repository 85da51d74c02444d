// SPDX-License-Identifier: Apache-2.0
//
// What the `zpool` command prints: status, list, and why something was refused.
//
// The layout is that of OpenZFS cmd/zpool/zpool_main.c:status_callback,
// print_status_config, print_list_stats; the words are ours where they are more than names.
//
// Differs from the real system: SIZE is what can be used, without parity; there are no
// checksum errors, so CKSUM is 0; FRAG is not known; errors are counted for disks, not for what they
// are part of; a device that is stalled or slow shows as ONLINE, as it does there.
#ifndef TXGSIM_MODEL_ADMIN_ZPOOL_TEXT_H_
#define TXGSIM_MODEL_ADMIN_ZPOOL_TEXT_H_

#include <string>
#include <string_view>

#include "model/admin/pool_command.h"

namespace model {

// "mirror-0", "raidz1-1"; empty for a disk by itself.
std::string VdevName(const Vdev& vdev, size_t index);

// ONLINE, DEGRADED, UNAVAIL, SUSPENDED.
std::string_view PoolHealth(const Pool& pool);

// `with_slow`: with the column of slow I/Os, -s.
std::string ZpoolStatusText(const Pool& pool, bool with_slow);
// Nothing is the matter with it: `zpool status -x` leaves it out.
bool IsHealthy(const Pool& pool);

struct ZpoolListFormat {
  bool scripted = false;  // -H: no heading, tabs.
  bool exact = false;     // -p: bytes.
};
std::string ZpoolListHeading(const ZpoolListFormat& format, size_t name_width);
std::string ZpoolListText(const Pool& pool, const ZpoolListFormat& format, size_t name_width);

// "cannot scrub 'tank': pool I/O is currently suspended". `device`: what the command named besides, if it
// did.
std::string ZpoolErrorText(PoolCommand command, const Pool& pool, int error, std::string_view device);
std::string ZpoolMissingText(std::string_view name);
// Why a pool of that name cannot be imported.
std::string ZpoolNotImportableText(const ZfsModule& module, std::string_view name);

}  // namespace model

#endif  // TXGSIM_MODEL_ADMIN_ZPOOL_TEXT_H_
