// SPDX-License-Identifier: Apache-2.0
//
// File system calls on the pool: write, read, fsync.
//
// fsync needs no txg: the intent log writes its blocks at once, straight to the
// disks, even while the sync gate is closed. Except the first time for a dataset,
// when the log header has no block yet: that allocation has to sync first
// (OpenZFS module/zfs/zil.c:zil_commit, zil_create).
//
// Differs from the real system: fsyncs of one dataset are not gathered into
// shared log blocks, and running out of space for a log block is not modelled.
#include "model/txg/pool.h"

namespace model {
namespace {

constexpr int64_t kLogBlockBytes = 4096;  // The header of a log block.

int64_t CopyNs(const Machine& machine, int64_t bytes) {
  return bytes / 1024 * machine.profile().copy_ns_per_kib;
}

}  // namespace

sim::Task<int> Pool::Write(Thread* thread, ObjectId dataset, int64_t bytes) {
  co_await sim::FrameName{"zfs_write"};
  co_await thread->Compute(sim::SimDuration::Nanos(options_.costs.tx_ns + CopyNs(*machine_, bytes)));
  Tx tx{.dataset = dataset, .write_bytes = static_cast<uint64_t>(bytes)};
  const int error = co_await Assign(thread, &tx, {});
  if (error != 0) co_return error;
  dirty_.Dirty(bytes, tx.txg(), thread);
  written_[tx.txg() % kTxgSize][dataset] += bytes;
  zil_[dataset].unlogged_bytes += bytes;
  Commit(&tx, thread);
  co_return 0;
}

sim::Task<int> Pool::Read(Thread* thread, int64_t bytes) {
  co_await sim::FrameName{"zfs_read"};
  const int error = co_await DiskIo(thread, IoKind::kRead, bytes, 0);
  co_await thread->Compute(sim::SimDuration::Nanos(CopyNs(*machine_, bytes)));
  co_return error;
}

sim::Task<int> Pool::Fsync(Thread* thread, ObjectId dataset) {
  co_await sim::FrameName{"zil_commit"};
  const int64_t bytes = zil_[dataset].unlogged_bytes;
  zil_[dataset].unlogged_bytes = 0;
  if (!zil_[dataset].has_log) {
    co_await sim::FrameName{"zil_create"};
    Tx tx;
    co_await Assign(thread, &tx, {.no_throttle = true});
    const uint64_t txg = tx.txg();
    dirty_.Dirty(kLogBlockBytes, txg, thread);
    Commit(&tx, thread);
    co_await WaitSynced(thread, txg);
    zil_[dataset].has_log = true;
    co_await sim::FrameName{"zil_commit"};
  }
  const int error = co_await DiskIo(thread, IoKind::kWrite, bytes + kLogBlockBytes, 0);
  if (error != 0) co_return error;
  co_return co_await DiskIo(thread, IoKind::kFlush, 0, 0);
}

}  // namespace model
