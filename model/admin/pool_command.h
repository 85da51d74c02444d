// SPDX-License-Identifier: Apache-2.0
//
// `zpool` commands as their ioctls run them: which locks they take, what they wait for, and
// what a suspended pool does to them.
//
//   command          suspended pool    takes                               waits for
//   status, list,    works             spa_namespace_lock, SCL_CONFIG R    -
//   iostat
//   get              works             spa_namespace_lock                  -
//   events           works             -                                   -
//   clear            works             spa_namespace_lock, SCL_STATE and   all I/O under way; then the I/Os
//                                      SCL_ZIO W                           issued anew, or three txgs
//   offline, online  EAGAIN            the same                            the same, three txgs
//   sync             EAGAIN            spa_namespace_lock                  three txgs
//   scrub, set       EAGAIN            spa_namespace_lock                  a txg
//   history          EAGAIN            spa_namespace_lock                  -
//   wait             EAGAIN            spa_namespace_lock                  scans and frees, in S: a signal
//                                                                          ends it
//   export           EAGAIN            spa_namespace_lock, all along       three txgs
//   import           -                 the same                            reads, one after the other; a txg
//   attach, replace  EAGAIN            the same, SCL_ALL W                 all I/O under way, four txgs
//   add              EAGAIN            the same                            all I/O under way, a txg
//   reopen           EAGAIN            spa_namespace_lock, SCL_STATE and   all I/O under way
//                                      SCL_ZIO W
//
// Who is refused is decided once, at the start (zfs_ioctl.c:pool_status_check): a command
// that was under way when the pool was suspended hangs.
//
// Those that change something, but clear, wait at the admin gate first (Pool::Options::gate_first).
// Without the name of a pool a command first asks for all of them (ZFS_IOC_POOL_CONFIGS), the only
// wait for spa_namespace_lock that a signal ends.
//
// Follows OpenZFS module/zfs/zfs_ioctl.c, spa.c: spa_export_common, spa_scan, spa_vdev_attach,
// spa_vdev_config_exit; spa_config.c: spa_all_configs; vdev_state.cc for offline, online, clear.
// Differs from the real system: `export` does not unmount, and threads of the pool live on; `import`
// finds what was exported, reads a chain of kImportReads blocks, and asks no other host;
// `attach`, `replace` and `add` change no device: the resilver that the first two start reads, and
// writes nothing, and a name that is none of the pool's is taken for a disk that is there and free; `set`
// knows failmode alone.
#ifndef TXGSIM_MODEL_ADMIN_POOL_COMMAND_H_
#define TXGSIM_MODEL_ADMIN_POOL_COMMAND_H_

#include <string>
#include <vector>

#include "model/txg/pool.h"

namespace model {

enum class PoolCommand : uint8_t {
  kStatus,
  kList,
  kIostat,
  kClear,
  kSync,
  kScrub,
  kScrubStop,
  kScrubPause,
  kWait,
  kExport,
  kImport,
  kAttach,
  kReplace,
  kAdd,
  kReopen,
  kOffline,
  kOnline,
  kHistory,
  kEvents,
  kGet,
  kSet
};

// What a command is told besides the pool.
struct PoolOperands {
  unsigned activities = Pool::kActivityFree | Pool::kActivityResilver | Pool::kActivityScrub;  // Of wait.
  std::string device;                    // Of clear, offline, online, attach, replace; may be empty of clear.
  std::vector<std::string> new_devices;  // Of attach, replace, add.
  FailMode failmode = FailMode::kWait;   // Of set.
  std::vector<std::string> properties;   // Of get.
};

// Whether the command changes the pool: it then goes into its history.
bool IsLogged(PoolCommand command);

// Runs on `thread`, which is in user mode. Returns 0 or an errno.
sim::Task<int> RunPoolCommand(Thread* thread, Pool* pool, PoolCommand command, PoolOperands operands);
// Asks for the configurations of all pools. Returns 0 or EINTR.
sim::Task<int> ReadPoolConfigs(Thread* thread, ZfsModule* module);

}  // namespace model

#endif  // TXGSIM_MODEL_ADMIN_POOL_COMMAND_H_
