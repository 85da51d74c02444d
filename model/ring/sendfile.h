// SPDX-License-Identifier: Apache-2.0
//
// sendfile as a long operation of a ring: from a dataset or a device to a device.
//
// It goes chunk by chunk: read, then send. After each chunk but the last comes a completion
// with MORE, whose `res` is the number of bytes sent so far. Between chunks it takes its
// messages, oldest first, and looks whether it was cancelled:
//
//   "pause"    sends nothing more until "resume", or until it is cancelled
//   "resume"
//   any other  is given back as `text` of the next completion
//
//   cancelled gracefully   ends after the chunk at hand; `res`: the bytes sent, all known to the receiver
//   cancelled at once      -ECANCELED after the I/O at hand: of the last chunk nothing is known
//   an I/O error           -errno if nothing was sent, else the bytes sent
//
// Fewer bytes than asked for end the rest of its chain.
//
// Source: linux fs/splice.c:do_sendfile, io_uring/rw.c (short transfers fail a link).
#ifndef TXGSIM_MODEL_RING_SENDFILE_H_
#define TXGSIM_MODEL_RING_SENDFILE_H_

#include "model/ring/entry.h"
#include "model/storage/device.h"
#include "model/txg/pool.h"

namespace model {

struct SendfileOptions {
  // One of these; not owned.
  Pool* from_pool = nullptr;  // The file is a dataset of it.
  Device* from_device = nullptr;
  Device* to = nullptr;
  int64_t bytes = 0;
  int64_t chunk_bytes = 128 * 1024;
};

// REQUIRES: bytes >= 0, chunk_bytes >= 1.
RingWork Sendfile(const SendfileOptions& options);

}  // namespace model

#endif  // TXGSIM_MODEL_RING_SENDFILE_H_
