// SPDX-License-Identifier: Apache-2.0
#include "model/txg/zil.h"

#include "model/txg/pool.h"

namespace model {
namespace {

constexpr int64_t kLogBlockHeader = 4096;
constexpr int64_t kLogBlockBytes = 128 << 10;  // zil_maxblocksize
constexpr int64_t kRecordHeader = 192;         // sizeof (lr_write_t)
constexpr int64_t kBursts = 8;                 // ZIL_BURSTS

}  // namespace

// Waits for blocks that other threads write.
class Zil::CommitWait final : public Waitable {
 public:
  CommitWait(std::string name, const Zil* zil) : Waitable(WaitableKind::kTxg, std::move(name)), zil_(zil) {}
  void Enders(const Waiter& waiter, EnderSet* enders) const override {
    for (auto lwb = zil_->FirstToCome(); lwb != zil_->lwbs_.end(); ++lwb) {
      if (lwb->first > static_cast<uint64_t>(waiter.argument)) break;
      if (lwb->state != LwbState::kDone) enders->Needs(lwb->writer);
    }
  }

 private:
  const Zil* zil_;
};

// Waits, for a time, for others to join a block.
class Zil::GatherWait final : public Waitable {
 public:
  explicit GatherWait(std::string name) : Waitable(WaitableKind::kTxg, std::move(name)) {}
  void Enders(const Waiter&, EnderSet* enders) const override { enders->clock = true; }
};

Zil::Zil(Pool* pool, const std::string& prefix)
    : pool_(pool),
      issuer_(&pool->machine(), prefix + "zl_issuer_lock"),
      committed_(std::make_unique<CommitWait>(prefix + "zcw_cv", this)),
      gathered_(std::make_unique<GatherWait>(prefix + "zcw_cv")) {}

void Zil::Add(ZilRecord record) {
  SIM_CHECK(records_.empty() || records_.back().txg <= record.txg);
  record.seq = ++last_seq_;
  records_.push_back(record);
}

Zil::Lwb* Zil::BlockOf(uint64_t seq) {
  const auto lwb =
      std::partition_point(lwbs_.begin(), lwbs_.end(), [seq](const Lwb& it) { return it.last < seq; });
  return lwb != lwbs_.end() && lwb->first <= seq ? &*lwb : nullptr;
}

std::deque<ZilRecord>::const_iterator Zil::RecordAt(uint64_t seq) const {
  return std::partition_point(records_.begin(), records_.end(),
                              [seq](const ZilRecord& it) { return it.seq < seq; });
}

std::deque<Zil::Lwb>::const_iterator Zil::FirstToCome() const {
  return std::partition_point(lwbs_.begin(), lwbs_.end(),
                              [this](const Lwb& it) { return it.last <= durable_seq_; });
}

// What is on disk from the front of the chain on is durable. Wakes those for whom that is enough, and those
// whose block has failed.
void Zil::Advance(Thread* waker) {
  durable_seq_ = std::max(durable_seq_, synced_seq_);
  for (auto lwb = FirstToCome(); lwb != lwbs_.end(); ++lwb) {
    if (lwb->state != LwbState::kDone || lwb->first > durable_seq_ + 1) break;
    durable_seq_ = lwb->last;
  }
  for (Waiter* waiter = committed_->waiters().front(); waiter != nullptr;) {
    Waiter* next = waiter->next;
    const auto wanted = static_cast<uint64_t>(waiter->argument);
    const Lwb* lwb = BlockOf(wanted);
    const bool failed = lwb != nullptr && lwb->state == LwbState::kFailed;
    if (wanted <= durable_seq_ || failed) pool_->machine().Wake(waiter, 0, waker);
    waiter = next;
  }
}

void Zil::Clean(uint64_t txg) {
  synced_seq_ = LastSeqOf(txg);
  issued_seq_ = std::max(issued_seq_, synced_seq_);
  while (!records_.empty() && records_.front().txg <= txg) records_.pop_front();
  FreeBlocks();
  Advance(nullptr);
}

void Zil::FreeBlocks() {
  std::erase_if(lwbs_, [this](const Lwb& lwb) {
    const bool free = lwb.last <= synced_seq_ && lwb.ended();
    if (free) block_bytes_ -= lwb.bytes;
    return free;
  });
}

uint64_t Zil::LastSeqOf(uint64_t txg) const {
  const auto next = std::partition_point(records_.begin(), records_.end(),
                                         [txg](const ZilRecord& it) { return it.txg <= txg; });
  return next == records_.begin() ? synced_seq_ : std::prev(next)->seq;
}

sim::Task<int> Zil::Commit(Thread* thread) {
  co_await sim::FrameName{"zil_commit"};
  const uint64_t wanted = last_seq_;
  if (durable_seq_ >= wanted) co_return 0;
  if (pool_->suspended()) co_return co_await FallBack(thread);
  co_await issuer_.LockIt(thread);
  if (issued_seq_ < wanted && !has_log_) co_await Create(thread);
  uint64_t block = 0;
  if (issued_seq_ < wanted) {
    const std::optional<uint64_t> assigned = Assign(thread);
    if (!assigned) {
      co_await sim::FrameName{"zil_commit_writer_stall"};
      const int error = co_await FallBack(thread);
      issuer_.Unlock(thread);
      co_return error;
    }
    block = *assigned;
  }
  issuer_.Unlock(thread);
  if (block != 0) {
    co_await Gather(thread, block);
    const int error = co_await WriteBlock(thread, block);
    if (error != 0) co_return co_await FallBack(thread);
  }
  co_await sim::FrameName{"zil_commit_waiter"};
  while (durable_seq_ < wanted) {
    const Lwb* lwb = BlockOf(wanted);
    if (lwb != nullptr && lwb->state == LwbState::kFailed) co_return co_await FallBack(thread);
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

std::optional<uint64_t> Zil::Assign(Thread* thread) {
  Lwb* tail = lwbs_.empty() ? nullptr : &lwbs_.back();
  Lwb* open = tail != nullptr && tail->state == LwbState::kOpen ? tail : nullptr;
  int64_t bytes = 0;
  int64_t filled = 0;
  for (auto record = RecordAt(issued_seq_ + 1); record != records_.end(); ++record) {
    bytes += record->bytes;
    filled += kRecordHeader + (record->in_place ? 0 : record->bytes);
  }
  if (open != nullptr && open->filled + filled > kLogBlockBytes) Close(open, thread);
  const bool joins = open != nullptr && open->state == LwbState::kOpen;
  if (!joins) bytes += kLogBlockHeader;
  if (!pool_->LogBlockFits(bytes)) {
    if (joins) Close(open, thread);
    return std::nullopt;
  }
  if (open != nullptr) {
    parallel_ = kBursts;
  } else if (tail != nullptr && !tail->ended()) {
    parallel_ = std::max(parallel_, kBursts / 2);
  }
  block_bytes_ += bytes;
  const uint64_t first = issued_seq_ + 1;
  issued_seq_ = last_seq_;
  if (joins) {
    open->last = last_seq_;
    open->bytes += bytes;
    open->filled += filled;
    return 0;
  }
  const bool waits = parallel_ > 0 && filled < kLogBlockBytes;
  lwbs_.push_back({.first = first,
                   .last = last_seq_,
                   .bytes = bytes,
                   .filled = filled,
                   .writer = thread,
                   .state = waits ? LwbState::kOpen : LwbState::kClosed});
  return first;
}

void Zil::Close(Lwb* lwb, Thread* waker) {
  lwb->state = LwbState::kClosed;
  pool_->machine().WakeAll(gathered_.get(), 0, waker);
}

sim::Task<> Zil::Gather(Thread* thread, uint64_t block) {
  co_await sim::FrameName{"zil_commit_waiter"};
  const int64_t percent = std::max<int64_t>(pool_->tunables().zfs_commit_timeout_pct, 1);
  const WaitSpec spec = {.timeout = sim::SimDuration::Nanos(block_ns_ * percent / 100)};
  if (BlockOf(block)->state == LwbState::kOpen) co_await thread->Wait(*gathered_, spec);
  if (BlockOf(block)->state != LwbState::kOpen) co_return;
  co_await issuer_.LockIt(thread);
  Lwb* lwb = BlockOf(block);
  if (lwb->state == LwbState::kOpen) {
    Close(lwb, thread);
    --parallel_;
  }
  issuer_.Unlock(thread);
}

sim::Task<int> Zil::WriteBlock(Thread* thread, uint64_t block) {
  const uint64_t last = BlockOf(block)->last;
  const sim::SimTime start = pool_->machine().now();
  int error = co_await pool_->LogIo(thread, IoKind::kWrite, BlockOf(block)->bytes);
  for (auto record = RecordAt(block); error == 0 && record != records_.end() && record->seq <= last;
       ++record) {
    if (record->in_place) pool_->WrittenInPlace(record->bytes, record->txg);
  }
  if (error == 0) BlockOf(block)->on_disk = true;
  if (error == 0 && pool_->tunables().zil_nocacheflush == 0) {
    error = co_await pool_->LogIo(thread, IoKind::kFlush, 0);
  }
  block_ns_ = (block_ns_ * 7 + (pool_->machine().now() - start).ns()) / 8;
  co_await thread->Settle();
  BlockOf(block)->state = error == 0 ? LwbState::kDone : LwbState::kFailed;
  if (last <= synced_seq_) FreeBlocks();
  Advance(thread);
  co_return error;
}

sim::Task<int> Zil::FallBack(Thread* thread) {
  const bool gives_up = pool_->failmode() == FailMode::kContinue;
  const int error = co_await pool_->WaitSynced(thread, 0, {.suspend = gives_up});
  co_return error == 0 ? 0 : kEIO;
}

}  // namespace model
