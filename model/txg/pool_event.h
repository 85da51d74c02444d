// SPDX-License-Identifier: Apache-2.0
//
// What a pool reports of itself, as `zpool events` lists it. Kinds are the last words of the real classes
// (OpenZFS include/sys/fm/fs/zfs.h, sysevent/eventdefs.h, by memory); `resume` is ours.
//
//   class                 kind              when
//   ereport.fs.zfs.       io_failure        the pool has been suspended, by an I/O error or by multihost
//                         deadman           a sync or an I/O takes longer than the deadman allows
//                         delay             an I/O took longer than zio_slow_io_ms
//   resource.fs.zfs.      statechange       a device is gone, taken out, or back
//   sysevent.fs.zfs.      scrub_start, scrub_finish, scrub_abort, scrub_paused, scrub_resume,
//                         resilver_start, resilver_finish
//   -                     resume            the pool goes on
//
// Differs from the real system: changes of the configuration, the history, each I/O that fails and checksums
// are not reported; a device that goes is noticed at once, and not by the first I/O that fails.
#ifndef TXGSIM_MODEL_TXG_POOL_EVENT_H_
#define TXGSIM_MODEL_TXG_POOL_EVENT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "sim/time.h"

namespace model {

struct PoolEvent {
  sim::SimTime at;
  std::string_view kind;
  std::string text;
};

// "ereport.fs.zfs.delay"; empty for one that is ours.
std::string EventClass(std::string_view kind);

enum class FailMode : uint8_t { kWait, kContinue, kPanic };
enum class SuspendReason : uint8_t { kNone, kIoError, kMultihost };

}  // namespace model

#endif  // TXGSIM_MODEL_TXG_POOL_EVENT_H_
