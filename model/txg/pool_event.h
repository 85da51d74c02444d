// SPDX-License-Identifier: Apache-2.0
//
// What a pool reports of itself, as `zpool events` lists it. Kinds are the real classes
// without "ereport.fs.zfs." (OpenZFS include/sys/fm/fs/zfs.h); `resume` is ours.
//
//   kind         when
//   io_failure   the pool has been suspended, by an I/O error or by multihost
//   resume       the pool goes on
//   deadman      a sync or an I/O takes longer than the deadman allows
//   delay        an I/O took longer than zio_slow_io_ms
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

enum class FailMode : uint8_t { kWait, kContinue, kPanic };
enum class SuspendReason : uint8_t { kNone, kIoError, kMultihost };

}  // namespace model

#endif  // TXGSIM_MODEL_TXG_POOL_EVENT_H_
