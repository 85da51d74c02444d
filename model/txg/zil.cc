// SPDX-License-Identifier: Apache-2.0
#include "model/txg/zil.h"

#include <algorithm>

#include "model/txg/pool.h"

namespace model {
namespace {

constexpr int64_t kLogBlockHeader = 4096;

}  // namespace

// Waits for a block that another thread writes.
class Zil::CommitWait final : public Waitable {
 public:
  CommitWait(std::string name, const Zil* zil) : Waitable(WaitableKind::kTxg, std::move(name)), zil_(zil) {}
  void Enders(const Waiter& waiter, EnderSet* enders) const override {
    for (const Lwb& lwb : zil_->lwbs_) {
      if (lwb.done || lwb.first > static_cast<uint64_t>(waiter.argument)) continue;
      enders->Needs(lwb.writer);
    }
  }

 private:
  const Zil* zil_;
};

Zil::Zil(Pool* pool, const std::string& prefix)
    : pool_(pool),
      issuer_(&pool->machine(), prefix + "zl_issuer_lock"),
      committed_(std::make_unique<CommitWait>(prefix + "zcw_cv", this)) {}

void Zil::Add(int64_t bytes, uint64_t txg, bool in_place) {
  records_.push_back({++last_seq_, txg, bytes, in_place});
}

Zil::Lwb* Zil::BlockOf(uint64_t seq) {
  for (Lwb& lwb : lwbs_) {
    if (lwb.first <= seq && seq <= lwb.last) return &lwb;
  }
  return nullptr;
}

// What is on disk from the front of the chain on is durable.
void Zil::Advance(Thread* waker) {
  uint64_t durable = std::max(durable_seq_, synced_seq_);
  for (const Lwb& lwb : lwbs_) {
    if (lwb.last <= durable) continue;
    if (!lwb.done || lwb.first > durable + 1) break;
    durable = lwb.last;
  }
  durable_seq_ = durable;
  pool_->machine().WakeAll(committed_.get(), 0, waker);
}

void Zil::Clean(uint64_t txg) {
  cleaned_txg_ = txg;
  synced_seq_ = LastSeqOf(txg);
  issued_seq_ = std::max(issued_seq_, synced_seq_);
  while (!records_.empty() && records_.front().txg <= txg) records_.pop_front();
  FreeBlocks();
  Advance(nullptr);
}

void Zil::FreeBlocks() {
  std::erase_if(lwbs_, [this](const Lwb& lwb) {
    const bool free = lwb.last <= synced_seq_ && (lwb.done || lwb.failed);
    if (free) block_bytes_ -= lwb.bytes;
    return free;
  });
}

uint64_t Zil::LastSeqOf(uint64_t txg) const {
  uint64_t seq = synced_seq_;
  for (const ZilRecord& record : records_) {
    if (record.txg <= txg) seq = std::max(seq, record.seq);
  }
  return seq;
}

sim::Task<int> Zil::Commit(Thread* thread) {
  co_await sim::FrameName{"zil_commit"};
  const uint64_t wanted = last_seq_;
  if (durable_seq_ >= wanted) co_return 0;
  if (pool_->suspended()) co_return co_await FallBack(thread);
  co_await issuer_.LockIt(thread);
  if (issued_seq_ < wanted && !has_log_) co_await Create(thread);
  if (issued_seq_ < wanted) {
    int64_t bytes = kLogBlockHeader;
    for (const ZilRecord& record : records_) {
      if (record.seq > issued_seq_) bytes += record.bytes;
    }
    if (!pool_->LogBlockFits(bytes)) {
      co_await sim::FrameName{"zil_commit_writer_stall"};
      const int error = co_await FallBack(thread);
      issuer_.Unlock(thread);
      co_return error;
    }
    const uint64_t first = issued_seq_ + 1;
    const uint64_t last = last_seq_;
    lwbs_.push_back({.first = first, .last = last, .bytes = bytes, .writer = thread});
    block_bytes_ += bytes;
    issued_seq_ = last;
    issuer_.Unlock(thread);
    const int error = co_await WriteBlock(thread, first, last, bytes);
    if (error != 0) co_return co_await FallBack(thread);
  } else {
    issuer_.Unlock(thread);
  }
  co_await sim::FrameName{"zil_commit_waiter"};
  while (durable_seq_ < wanted) {
    const Lwb* block = BlockOf(wanted);
    if (block != nullptr && block->failed) co_return co_await FallBack(thread);
    co_await thread->Wait(*committed_, {}, 0, static_cast<int64_t>(wanted));
  }
  co_return 0;
}

// The header of the log gets its first block in a txg of its own.
sim::Task<> Zil::Create(Thread* thread) {
  co_await sim::FrameName{"zil_create"};
  Tx tx;
  const int error = co_await pool_->Assign(thread, &tx, {.no_throttle = true, .suspend = true});
  SIM_CHECK(error == 0);
  const uint64_t txg = tx.txg();
  pool_->dirty().Dirty(kLogBlockHeader, txg, thread);
  pool_->Commit(&tx, thread);
  co_await pool_->WaitSynced(thread, txg);
  has_log_ = true;
}

sim::Task<int> Zil::WriteBlock(Thread* thread, uint64_t first, uint64_t last, int64_t bytes) {
  int error = co_await pool_->LogIo(thread, IoKind::kWrite, bytes);
  for (const ZilRecord& record : records_) {
    if (error != 0 || !record.in_place || record.seq < first || record.seq > last) continue;
    pool_->WrittenInPlace(record.bytes, record.txg);
  }
  if (Lwb* block = BlockOf(last); block != nullptr && error == 0) block->on_disk = true;
  if (error == 0 && pool_->tunables().zil_nocacheflush == 0) {
    error = co_await pool_->LogIo(thread, IoKind::kFlush, 0);
  }
  co_await thread->Settle();
  if (Lwb* block = BlockOf(last)) {
    (error == 0 ? block->done : block->failed) = true;
    FreeBlocks();
  }
  Advance(thread);
  co_return error;
}

sim::Task<int> Zil::FallBack(Thread* thread) {
  const bool gives_up = pool_->failmode() == FailMode::kContinue;
  const int error = co_await pool_->WaitSynced(thread, 0, {.suspend = gives_up});
  co_return error == 0 ? 0 : kEIO;
}

}  // namespace model
