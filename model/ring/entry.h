// SPDX-License-Identifier: Apache-2.0
//
// What goes into a ring and what comes out: submission and completion entries.
//
// An operation is either one that the ring carries out itself (nop, timeout, poll, cancel,
// message), at submission and without a thread, or work: a coroutine for a worker of the
// ring, which may last, tell its progress and be talked to.
//
// `res` is as in io_uring: what the operation returns, or -errno.
//
// Source: linux include/uapi/linux/io_uring.h (io_uring_sqe, io_uring_cqe).
// Differs from the real system: progress, messages and graceful cancellation of long
// operations exist nowhere; they are what is under study here. A poll looks at a queue of
// the model, where the real one takes any file.
#ifndef TXGSIM_MODEL_RING_ENTRY_H_
#define TXGSIM_MODEL_RING_ENTRY_H_

#include <cstdint>
#include <functional>
#include <string>

#include "model/sync/message_queue.h"
#include "sim/task.h"
#include "sim/time.h"

namespace model {

class RingRequest;

enum class RingOp : uint8_t { kNop, kTimeout, kPoll, kCancel, kMessage, kWork };

// How an operation ended.
struct RingResult {
  int64_t res = 0;
  std::string text;
  bool failed = false;  // Ends the rest of its chain although `res` is not negative (a short transfer).
};

// What a worker does. Waits as the operation does: in D on a disk, whoever asked.
struct RingWork {
  std::string name;  // Of the work item.
  std::function<sim::Task<RingResult>(Thread* worker, RingRequest* request)> body;
  bool unbounded = false;         // Of a socket or pipe: not counted against the bounded workers.
  bool stops_gracefully = false;  // Looks at cancel() between its steps.
  bool takes_messages = false;
};

struct Sqe {
  RingOp op = RingOp::kNop;
  int64_t user_data = 0;
  bool link = false;      // IOSQE_IO_LINK: the next one begins when this has succeeded.
  bool hardlink = false;  // IOSQE_IO_HARDLINK: or failed.
  bool drain = false;     // IOSQE_IO_DRAIN: begins when all before it have ended.
  // Of kTimeout: when it ends. Of others: a linked time-out (IORING_OP_LINK_TIMEOUT) behind it.
  sim::SimDuration timeout = sim::SimDuration::Max();
  // kCancel, kMessage: to the operations with this user_data.
  int64_t target = 0;
  bool graceful = false;  // kCancel: what runs finishes the step at hand.
  bool all = false;       // kCancel: all that match (IORING_ASYNC_CANCEL_ALL).
  std::string text;       // kMessage
  // kPoll; null: nothing ever becomes ready. Not owned.
  MessageQueue* poll = nullptr;
  bool multishot = false;  // kPoll: stays armed (IORING_POLL_ADD_MULTI).
  RingWork work;           // kWork
};

struct Cqe {
  int64_t user_data = 0;
  int64_t res = 0;
  bool more = false;  // IORING_CQE_F_MORE: another completion of the same operation will come.
  std::string text;   // What the operation says beside `res`; "timeout" for that of a linked time-out.
};

struct RingSizes {
  int error = 0;  // EINVAL
  int64_t sq = 0;
  int64_t cq = 0;
};

inline constexpr int64_t kMaxRingEntries = 32'768;        // IORING_MAX_ENTRIES
inline constexpr int64_t kMaxRingCqEntries = 2 * 32'768;  // IORING_MAX_CQ_ENTRIES

// io_uring_create: both are powers of two; the CQ has twice the entries of the SQ unless
// `cq_entries` (0: not given) says otherwise. `clamp`: too large is not an error (IORING_SETUP_CLAMP).
RingSizes SizesOfRing(int64_t entries, int64_t cq_entries, bool clamp);

}  // namespace model

#endif  // TXGSIM_MODEL_RING_ENTRY_H_
