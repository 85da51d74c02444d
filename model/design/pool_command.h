// SPDX-License-Identifier: Apache-2.0
//
// `zpool` commands as their ioctls run them: which locks they take, what they wait for, and
// what a suspended pool does to them.
//
//   command         suspended pool    takes                          waits for
//   status, list    works             spa_namespace_lock, SCL_CONFIG R   -
//   clear           works             spa_namespace_lock, SCL_STATE W    the I/Os issued anew
//   sync            EAGAIN            spa_namespace_lock             three txgs
//   scrub           EAGAIN            spa_namespace_lock             a txg
//   wait            EAGAIN            spa_namespace_lock             scans and frees, in S: a signal ends it
//   export          EAGAIN            spa_namespace_lock, all along  three txgs
//   attach          EAGAIN            the same, SCL_ALL W            four txgs
//
// Who is refused is decided once, at the start (zfs_ioctl.c:pool_status_check): a command
// that was under way when the pool was suspended hangs.
//
// The last two, and scrub, wait at the admin gate first (Pool::Options::gate_first).
//
// Follows OpenZFS module/zfs/zfs_ioctl.c, spa.c: spa_export_common, spa_scan, spa_vdev_attach,
// spa_vdev_config_exit; zio.c: zio_resume.
// Differs from the real system: `export` does not unmount, and threads of the pool live on;
// `attach` adds no device: the resilver that it starts reads, and writes nothing.
#ifndef TXGSIM_MODEL_DESIGN_POOL_COMMAND_H_
#define TXGSIM_MODEL_DESIGN_POOL_COMMAND_H_

#include "model/txg/pool.h"

namespace model {

enum class PoolCommand : uint8_t {
  kStatus,
  kList,
  kClear,
  kSync,
  kScrub,
  kScrubStop,
  kWait,
  kExport,
  kAttach
};

// Runs on `thread`, which is in user mode. Returns 0 or an errno. `activities`: what kWait waits for.
sim::Task<int> RunPoolCommand(Thread* thread, Pool* pool, PoolCommand command, unsigned activities = 0);

}  // namespace model

#endif  // TXGSIM_MODEL_DESIGN_POOL_COMMAND_H_
