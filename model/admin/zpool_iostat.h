// SPDX-License-Identifier: Apache-2.0
//
// What `zpool iostat` prints: capacity, I/Os and bytes a second on average since the start of the run, and
// with -q what waits in the queue of each device and what it has begun, so that one that does not answer
// shows.
//
// The layout is that of OpenZFS cmd/zpool/zpool_main.c:print_iostat. Differs from the real system: -q has
// one pair of columns for all classes of I/O; nothing is printed anew by itself.
#ifndef TXGSIM_MODEL_ADMIN_ZPOOL_IOSTAT_H_
#define TXGSIM_MODEL_ADMIN_ZPOOL_IOSTAT_H_

#include <string>
#include <vector>

#include "model/txg/pool.h"

namespace model {

struct ZpoolIostatFormat {
  bool vdevs = false;   // -v
  bool queues = false;  // -q
};
std::string ZpoolIostatText(const std::vector<Pool*>& pools, const ZpoolIostatFormat& format);

}  // namespace model

#endif  // TXGSIM_MODEL_ADMIN_ZPOOL_IOSTAT_H_
