// SPDX-License-Identifier: Apache-2.0
//
// The words of pools: file system calls of user code, transactions and waits of kernel code.
#include <utility>

#include "fmt/format.h"
#include "model/script/lua/sandbox.h"
#include "model/script/run/job.h"
#include "model/script/run/pool.h"
#include "model/script/run/words.h"

namespace model {
namespace {

enum DataDetail : int { kWrite, kRead, kFsync, kFree };

// A system call on a file of the dataset: true, or nil and an errno.
sim::Task<> Data(OpCall* call) {
  World& world = call->world();
  int64_t bytes = 0;
  if (call->detail() != kFsync) {
    const std::optional<int64_t> given = call->Bytes(2);
    if (!given) co_return;
    bytes = *given;
  }
  bool append = false;
  if (call->detail() == kWrite && !call->Absent(3)) {
    const std::optional<Options> options = call->Table(3);
    if (!options) co_return;
    append = (*options)["append"].flag;
  }
  const std::string& name = world.scenario().NameOf(call->Thing(1));
  Pool* pool = world.pools().module().FindPool(name);
  ObjectId dataset = 0;
  int error = pool == nullptr ? kENOENT : pool->tree().Lookup(name, &dataset);
  Thread* thread = call->thread();
  thread->EnterKernel();
  if (error == 0) {
    switch (call->detail()) {
      case kWrite:
        error = co_await pool->Write(thread, dataset, bytes, append);
        break;
      case kRead:
        error = co_await pool->Read(thread, bytes);
        break;
      case kFsync:
        error = co_await pool->Fsync(thread, dataset);
        break;
      case kFree:
        error = co_await pool->Free(thread, dataset, bytes);
        break;
    }
  }
  co_await thread->ReturnToUser();
  error == 0 ? call->ReturnBool(true) : call->ReturnErrno(error);
}

// tank:assign "128KiB" -> tx. The data is dirty from here on.
sim::Task<> Assign(OpCall* call) {
  const std::optional<int64_t> bytes = call->Bytes(2);
  if (!bytes || !call->MaySleep()) co_return;
  int64_t file = 0;
  if (!call->Absent(3)) {
    const std::optional<Options> options = call->Table(3);
    if (!options) co_return;
    file = (*options)["file"].integer;
  }
  PoolTable& pools = call->world().pools();
  const ThingRef thing = call->Thing(1);
  Pool* pool = pools.PoolOf(thing);
  auto tx = std::make_unique<Tx>();
  tx->dataset = pool->tree().root();
  tx->write_bytes = static_cast<uint64_t>(*bytes);
  tx->hold.dnode = static_cast<uint64_t>(file);
  const int error = co_await pool->Assign(call->thread(), tx.get(), {});
  if (error != 0) {
    call->Raise(error);
    co_return;
  }
  pool->dirty().Dirty(*bytes, tx->txg(), call->thread());
  call->ReturnThing(pools.AddTx(thing.index, std::move(tx)));
}

sim::Task<> CommitTx(OpCall* call) {
  PoolTable& pools = call->world().pools();
  TXGSIM_SCHEDULING_POINT(call, "commit");
  PoolTable::TxRecord& record = pools.TxOf(call->Thing(1));
  if (record.committed) {
    call->Fail("tx:commit: it has been committed");
    co_return;
  }
  record.committed = true;
  pools.PoolOf({ThingKind::kPool, record.pool})->Commit(record.tx.get(), call->thread());
}

int PushTxg(lua_State* L) {
  const ThingRef thing = CheckThing(L, 1, ThingKind::kTx, "tx");
  const PoolTable::TxRecord& record = BodyOf(L).world().pools().TxOf(thing);
  if (record.committed) RaiseText(L, "tx.txg: it has been committed");
  lua_pushinteger(L, static_cast<lua_Integer>(record.tx->txg()));
  return 1;
}

sim::Task<> WaitSynced(OpCall* call) {
  int64_t txg = 0;
  int options = 2;
  if (lua_type(call->lua(), 2) == LUA_TNUMBER) {
    const std::optional<int64_t> given = call->Integer(2);
    if (!given) co_return;
    txg = *given;
    options = 3;
  }
  const std::optional<WaitOptions> wait = call->Wait(options, WaitMode::kD);
  if (!wait || !call->MaySleep()) co_return;
  const int error = co_await call->world()
                        .pools()
                        .PoolOf(call->Thing(1))
                        ->WaitSynced(call->thread(), static_cast<uint64_t>(txg),
                                     {.interruptible = wait->mode == WaitMode::kS});
  if (error != 0) call->Raise(error);
}

sim::Task<> WaitOpen(OpCall* call) {
  if (!call->MaySleep()) co_return;
  co_await call->world().pools().PoolOf(call->Thing(1))->pipeline().WaitOpen(call->thread(), 0, true);
}

constexpr BlockingOp kWriteOp = {.run = &Data, .detail = kWrite, .job_step = &ActInJob};
constexpr BlockingOp kReadOp = {.run = &Data, .detail = kRead, .job_step = &ActInJob};
constexpr BlockingOp kFreeOp = {.run = &Data, .detail = kFree, .job_step = &ActInJob};
constexpr BlockingOp kFsyncOp = {.run = &Data, .detail = kFsync, .job_step = &ActInJob};
constexpr BlockingOp kAssignOp = {&Assign};
constexpr BlockingOp kCommitOp = {&CommitTx};
constexpr BlockingOp kWaitSyncedOp = {&WaitSynced};
constexpr BlockingOp kWaitOpenOp = {&WaitOpen};

}  // namespace

void BindPoolWords(RuntimeTable* table) {
  table->BindBlocking("dataset:write", &kWriteOp);
  table->BindBlocking("dataset:read", &kReadOp);
  table->BindBlocking("dataset:fsync", &kFsyncOp);
  table->BindBlocking("dataset:free", &kFreeOp);
  table->BindBlocking("pool:assign", &kAssignOp);
  table->BindBlocking("tx:commit", &kCommitOp);
  table->BindImmediate("tx.txg", &PushTxg);
  table->BindBlocking("pool:wait_synced", &kWaitSyncedOp);
  table->BindBlocking("pool:wait_open", &kWaitOpenOp);
}

}  // namespace model
