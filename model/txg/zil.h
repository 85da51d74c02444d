// SPDX-License-Identifier: Apache-2.0
//
// The intent log of one dataset: what fsync has made durable before its txg has synced.
//
//   write        itx in memory          in a log block           block on disk      its txg has synced
//   ----> itx ------------------------> lwb -----------------> replayable ----------------> gone
//                zil_commit takes all      write, then flush        Clean()
//
// zil_commit makes everything written to the dataset so far durable. It puts the records that are in no
// block yet into the open one (under zl_issuer_lock), or closes that and opens another if they do not fit.
// Who opened a block writes it; the others wait for it. The blocks are written side by side and are durable
// in the order of their chain, so a commit returns when its block and all before it are on disk, or when its
// txg has synced.
//
// A block stays open, for others to join, while it looks as if there were others: if a commit finds one open,
// the next 8 blocks do; if it finds the last one not flushed yet, the next 4; else it is written at once. It
// is closed when zfs_commit_timeout_pct of the time that a block takes are over, or when it is full.
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
// Follows OpenZFS module/zfs/zil.c: zil_commit, zil_commit_writer, zil_process_commit_list,
// zil_commit_waiter, zil_burst_done, zil_create, zil_clean, zil_replay. Differs from the real system: one I/O
// a block, data in place included; what one commit adds is never split, so that a block can be larger than
// 128 KiB; a block is always flushed (the real one leaves it to the next if nobody waits for it); what is
// committed while its txg syncs is written by both.
#ifndef TXGSIM_MODEL_TXG_ZIL_H_
#define TXGSIM_MODEL_TXG_ZIL_H_

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "model/sync/lock.h"

namespace model {

class Pool;

// One write, numbered within its dataset from 1.
struct ZilRecord {
  uint64_t seq = 0;
  uint64_t txg = 0;
  int64_t bytes = 0;
  int64_t added = 0;      // Of these, beyond what the dataset began with.
  bool in_place = false;  // Its data does not go into the block.
};

class Zil {
 public:
  Zil(Pool* pool, const std::string& prefix);

  // A write joined its txg (zil_itx_assign); the log numbers it.
  void Add(ZilRecord record);
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
      for (auto record = RecordAt(lwb.first); record != records_.end() && record->seq <= lwb.last; ++record) {
        if (record->txg > txg) replay(*record);
      }
    }
  }

 private:
  enum class LwbState : uint8_t { kOpen, kClosed, kDone, kFailed };
  struct Lwb {
    uint64_t first = 0;  // Which names it.
    uint64_t last = 0;
    int64_t bytes = 0;   // To write, data in place included.
    int64_t filled = 0;  // Of the block itself.
    const Thread* writer = nullptr;
    LwbState state = LwbState::kOpen;
    bool on_disk = false;  // Written; it may survive a power cut. Done: flushed as well.
    bool ended() const { return state == LwbState::kDone || state == LwbState::kFailed; }
  };
  class CommitWait;
  class GatherWait;

  sim::Task<> Create(Thread* thread);
  // Puts what is in no block yet into one. Returns the first record of a block that the caller has to write;
  // 0: another thread does; nothing: there is no room.
  std::optional<uint64_t> Assign(Thread* thread);
  // Waits until others have had their time to join (zil_commit_waiter, zil_commit_waiter_timeout).
  sim::Task<> Gather(Thread* thread, uint64_t block);
  void Close(Lwb* lwb, Thread* waker);
  sim::Task<int> WriteBlock(Thread* thread, uint64_t block);
  // txg_wait_synced in place of a log block.
  sim::Task<int> FallBack(Thread* thread);
  // The block that has this record; null if it has been given back.
  Lwb* BlockOf(uint64_t seq);
  // From this record on, or from the first one that is left.
  std::deque<ZilRecord>::const_iterator RecordAt(uint64_t seq) const;
  // Gives back the blocks that nobody writes and whose records have all synced.
  void FreeBlocks();
  // The first block that is not durable.
  std::deque<Lwb>::const_iterator FirstToCome() const;
  void Advance(Thread* waker);

  Pool* pool_;
  Mutex issuer_;
  std::unique_ptr<Waitable> committed_;
  std::unique_ptr<Waitable> gathered_;  // Waited on by who opened the open block.
  // Both in the order of their numbers, and records so in that of their txgs too.
  std::deque<ZilRecord> records_;  // Of txgs that have not synced.
  std::deque<Lwb> lwbs_;           // The chain: with records that have not synced.
  int64_t block_bytes_ = 0;
  uint64_t last_seq_ = 0;
  uint64_t issued_seq_ = 0;   // In a block, or synced.
  uint64_t durable_seq_ = 0;  // Flushed, with all before it, or synced.
  uint64_t synced_seq_ = 0;
  int64_t block_ns_ = 0;  // A block takes so long lately (zl_last_lwb_latency).
  int64_t parallel_ = 0;  // Blocks still to be kept open (zl_parallel).
  bool has_log_ = false;
};

}  // namespace model

#endif  // TXGSIM_MODEL_TXG_ZIL_H_
