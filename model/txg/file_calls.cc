// SPDX-License-Identifier: Apache-2.0
//
// File system calls on the pool: write, read, fsync; and what is there after a power cut.
//
// A write is logged in memory as well (zil.h). Records below zfs_immediate_write_sz, and all
// on a pool with a log device, keep a copy of the data there, which counts against
// zfs_wrlog_data_max (OpenZFS module/zfs/zfs_log.c:zfs_log_write).
//
// Of the properties of a dataset `sync` and `readonly` count: always makes a write wait for the log,
// disabled leaves nothing to do for fsync (zfs_vnops.c:zfs_write, zil.c:zil_commit), readonly is EROFS.
//
// Differs from the real system: a change of `sync` counts from the txg on that makes it, as there, but is
// not waited for by calls under way.
#include <algorithm>
#include <numeric>
#include <optional>
#include <string_view>

#include "model/dataset/errno.h"
#include "model/dataset/property_query.h"
#include "model/txg/pool.h"

namespace model {
namespace {

constexpr int64_t kMetadataBlockBytes = 16 << 10;

// Whether the dataset, or the nearest one above that sets it, has this value. Not the default's.
bool IsSetTo(const DatasetTree& tree, ObjectId dataset, std::string_view property, std::string_view value) {
  if (tree.FindDataset(dataset) == nullptr) return false;
  const std::optional<SetPoint> set = FindSetPoint(tree, dataset, property, true);
  return set && set->value == value;
}

int64_t CopyNs(const Machine& machine, int64_t bytes) {
  return bytes / 1024 * machine.profile().copy_ns_per_kib;
}

}  // namespace

Zil& Pool::ZilOf(ObjectId dataset) {
  std::unique_ptr<Zil>& zil = zils_[dataset];
  if (zil == nullptr) zil = std::make_unique<Zil>(this, options_.only_pool ? "" : name() + "/");
  return *zil;
}

// A transaction a record, so that a large write is delayed and stopped in the middle (module/zfs/zfs_vnops.c:
// zfs_write).
sim::Task<int> Pool::Write(Thread* thread, ObjectId dataset, int64_t bytes, bool append) {
  co_await sim::FrameName{"zfs_write"};
  if (IsSetTo(tree_, dataset, "readonly", "on")) co_return kEROFS;
  const Dataset* head = tree_.FindDataset(dataset);
  const bool adds = append || head == nullptr;
  const int64_t extent = adds ? 0 : static_cast<int64_t>(head->extent_bytes);
  int error = 0;
  for (int64_t done = 0; done < bytes && error == 0; done += kRecordBytes) {
    const int64_t end = std::min(done + kRecordBytes, bytes);
    error = co_await WriteRecord(thread, dataset, end - done, end - std::clamp(extent, done, end));
  }
  if (error == 0 && IsSetTo(tree_, dataset, "sync", "always")) error = co_await ZilOf(dataset).Commit(thread);
  co_return error;
}

sim::Task<int> Pool::WriteRecord(Thread* thread, ObjectId dataset, int64_t bytes, int64_t added) {
  co_await thread->Compute(sim::SimDuration::Nanos(options_.costs.tx_ns + CopyNs(*machine_, bytes)));
  Tx tx{.dataset = dataset, .write_bytes = static_cast<uint64_t>(bytes)};
  const int error = co_await Assign(thread, &tx, {});
  if (error != 0) co_return error;
  dirty_.Dirty(bytes, tx.txg(), thread);
  FileChanges& changes = changed_[tx.txg() % kTxgSize][dataset];
  changes.overwritten_bytes += static_cast<uint64_t>(bytes - added);
  changes.added_bytes += static_cast<uint64_t>(added);
  const bool in_place = bytes >= options_.tunables.zfs_immediate_write_sz && log_ == nullptr;
  ZilOf(dataset).Add({.txg = tx.txg(), .bytes = bytes, .added = added, .in_place = in_place});
  if (!in_place) dirty_.CountWrlog(bytes, tx.txg(), thread);
  Commit(&tx, thread);
  co_return 0;
}

void Pool::WrittenInPlace(int64_t bytes, uint64_t txg) {
  if (txg > std::max(pipeline_.syncing_txg(), pipeline_.synced_txg())) in_place_[txg % kTxgSize] += bytes;
}

sim::Task<int> Pool::Read(Thread* thread, int64_t bytes) {
  co_await sim::FrameName{"zfs_read"};
  const int error = co_await DiskIo(thread, IoKind::kRead, bytes, 0, {.io_class = IoClass::kSyncRead});
  co_await thread->Compute(sim::SimDuration::Nanos(CopyNs(*machine_, bytes)));
  co_return error;
}

sim::Task<int> Pool::ReadMos(Thread* thread, int64_t bytes) {
  co_await sim::FrameName{"arc_read"};
  co_return co_await DiskIo(thread, IoKind::kRead, bytes, 0, {.io_class = IoClass::kSyncRead});
}

sim::Task<int> Pool::ReadMetadata(Thread* thread, ObjectId object) {
  if (!cold_metadata() || warm_.contains(object)) co_return 0;
  co_await sim::FrameName{"dbuf_read"};
  const int error =
      co_await DiskIo(thread, IoKind::kRead, kMetadataBlockBytes, 0, {.io_class = IoClass::kSyncRead});
  if (error == 0) warm_.insert(object);
  co_return error;
}

// A transaction for each block of pointers, which is what a free dirties: 128 KiB for 128 MiB
// of the file. OpenZFS module/zfs/dmu.c:dmu_free_long_range_impl.
sim::Task<int> Pool::Free(Thread* thread, ObjectId dataset, int64_t bytes) {
  co_await sim::FrameName{"dmu_free_long_range"};
  if (IsSetTo(tree_, dataset, "readonly", "on")) co_return kEROFS;
  constexpr int64_t kPointers = 128 << 10;
  constexpr int64_t kCovered = 128 << 20;
  const int64_t most =
      options_.tunables.zfs_dirty_data_max / 100 * options_.tunables.zfs_per_txg_dirty_frees_percent;
  while (bytes > 0) {
    co_await thread->Compute(sim::SimDuration::Nanos(options_.costs.tx_ns));
    while (most != 0 &&
           std::accumulate(std::begin(long_free_dirty_), std::end(long_free_dirty_), int64_t{0}) >= most) {
      co_await pipeline_.WaitOpen(thread, 0, true);
    }
    Tx tx;
    const int error = co_await Assign(thread, &tx, {});
    if (error != 0) co_return error;
    const int64_t now = std::min(bytes, kCovered);
    dirty_.Dirty(kPointers, tx.txg(), thread);
    long_free_dirty_[tx.txg() % kTxgSize] += kPointers;
    changed_[tx.txg() % kTxgSize][dataset].freed_bytes += static_cast<uint64_t>(now);
    Commit(&tx, thread);
    bytes -= now;
  }
  co_return 0;
}

sim::Task<int> Pool::Fsync(Thread* thread, ObjectId dataset) {
  if (IsSetTo(tree_, dataset, "sync", "disabled")) co_return 0;
  co_return co_await ZilOf(dataset).Commit(thread);
}

// zio_alloc_zil may go into the slop; what is dirty has no blocks yet; what is reserved counts as used. How
// large a log device is, is not known.
bool Pool::LogBlockFits(int64_t bytes) const {
  if (log_ != nullptr) return true;
  uint64_t used = tree_.UsedBytes(tree_.root()) + static_cast<uint64_t>(bytes);
  for (const auto& [dataset, zil] : zils_) used += static_cast<uint64_t>(zil->block_bytes());
  return used <= tree_.pool_bytes();
}

RecoveredPool Pool::Recover() const {
  RecoveredPool recovered;
  recovered.txg = on_disk_.txg;
  recovered.tree = on_disk_.tree;
  for (const auto& [dataset, zil] : zils_) {
    RecoveredPool::Writes& writes = recovered.writes[dataset];
    auto synced = on_disk_.last_seq.find(dataset);
    writes.synced_seq = synced != on_disk_.last_seq.end() ? synced->second : 0;
    writes.seq = writes.synced_seq;
    writes.last_seq = zil->last_seq();
    FileChanges changes;
    zil->ForEachReplayed(on_disk_.txg, [&](const ZilRecord& record) {
      writes.seq = record.seq;
      ++writes.replayed;
      writes.replayed_bytes += record.bytes;
      changes.overwritten_bytes += static_cast<uint64_t>(record.bytes - record.added);
      changes.added_bytes += static_cast<uint64_t>(record.added);
    });
    const bool there = recovered.tree && recovered.tree->FindDataset(dataset) != nullptr;
    if (there) recovered.tree->ChangeFiles(dataset, changes, on_disk_.txg + 1);
  }
  return recovered;
}

}  // namespace model
