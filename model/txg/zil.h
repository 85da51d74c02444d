// SPDX-License-Identifier: Apache-2.0
//
// The intent log of one dataset: what fsync has made durable before its txg has synced.
//
//   write        itx in memory          in a log block           block on disk      its txg has synced
//   ----> itx ------------------------> lwb -----------------> replayable ----------------> gone
//                zil_commit takes all      write, then flush        Clean()
//
// zil_commit makes everything written to the dataset so far durable. One thread at a time
// gathers records into a block (zl_issuer_lock); the blocks are written side by side and are
// durable in the order of their chain, so a commit returns when its block and all before
// it are on disk, or when its txg has synced. Who finds nothing new waits for the block that
// has its data.
//
// It needs no txg, except: for the first block of a dataset (zil_create), when there is no
// room for a block (the issuer waits, zil_commit_writer_stall), when writing one failed, and
// when the pool is suspended. With failmode=continue the last two give EIO. Blocks are given
// back when their txg has synced.
//
// After a power cut the blocks are replayed in order, up to the first that did not reach the
// disk; records whose txg is on disk are skipped.
//
// The data of a large write goes to its place on the disks, and only a reference to it into the
// block (WR_INDIRECT): the sync of its txg need not write it again (dmu.c:dmu_sync).
//
// Follows OpenZFS module/zfs/zil.c: zil_commit, zil_commit_writer, zil_commit_waiter,
// zil_create, zil_clean, zil_replay. Differs from the real system: one I/O a commit, data in
// place included, whatever its size; what is committed while its txg syncs is written by both.
#ifndef TXGSIM_MODEL_TXG_ZIL_H_
#define TXGSIM_MODEL_TXG_ZIL_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "model/sync/lock.h"

namespace model {

class Pool;

// One write, numbered within its dataset from 1.
struct ZilRecord {
  uint64_t seq = 0;
  uint64_t txg = 0;
  int64_t bytes = 0;
  bool in_place = false;  // Its data does not go into the block.
};

class Zil {
 public:
  Zil(Pool* pool, const std::string& prefix);

  // A write joined `txg` (zil_itx_assign).
  void Add(int64_t bytes, uint64_t txg, bool in_place = false);
  // The last write's number, and the last that is certain to be there after a power cut.
  uint64_t last_seq() const { return last_seq_; }
  uint64_t durable_seq() const { return durable_seq_; }
  // Returns 0, or EIO.
  sim::Task<int> Commit(Thread* thread);
  // `txg` has synced: its records are of no use any more (zil_clean).
  void Clean(uint64_t txg);

  // The last write in a txg up to this one.
  uint64_t LastSeqOf(uint64_t txg) const;
  // Of the blocks that have not been given back.
  int64_t block_bytes() const { return block_bytes_; }
  // What a replay on top of `txg` would do now: calls `replay` for each record.
  template <typename Replay>
  void ForEachReplayed(uint64_t txg, Replay replay) const {
    for (const Lwb& lwb : lwbs_) {
      if (!lwb.on_disk) return;
      for (const ZilRecord& record : records_) {
        if (record.seq >= lwb.first && record.seq <= lwb.last && record.txg > txg) replay(record);
      }
    }
  }

 private:
  struct Lwb {
    uint64_t first = 0;
    uint64_t last = 0;
    int64_t bytes = 0;
    const Thread* writer = nullptr;
    bool on_disk = false;  // Written; it may survive a power cut.
    bool done = false;     // And flushed.
    bool failed = false;
  };
  class CommitWait;

  sim::Task<> Create(Thread* thread);
  sim::Task<int> WriteBlock(Thread* thread, uint64_t first, uint64_t last, int64_t bytes);
  // txg_wait_synced in place of a log block.
  sim::Task<int> FallBack(Thread* thread);
  Lwb* BlockOf(uint64_t seq);
  // Gives back the blocks that nobody writes and whose records have all synced.
  void FreeBlocks();
  void Advance(Thread* waker);

  Pool* pool_;
  Mutex issuer_;
  std::unique_ptr<Waitable> committed_;
  std::deque<ZilRecord> records_;  // Of txgs that have not synced.
  std::deque<Lwb> lwbs_;           // The chain: with records that have not synced.
  int64_t block_bytes_ = 0;
  uint64_t last_seq_ = 0;
  uint64_t issued_seq_ = 0;   // In a block, or synced.
  uint64_t durable_seq_ = 0;  // Flushed, with all before it, or synced.
  uint64_t synced_seq_ = 0;
  uint64_t cleaned_txg_ = 0;
  bool has_log_ = false;
};

}  // namespace model

#endif  // TXGSIM_MODEL_TXG_ZIL_H_
