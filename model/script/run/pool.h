// SPDX-License-Identifier: Apache-2.0
//
// The pools of a run with their disks, loads and jobs.
//
// A pool's state before time 0 is what the file declares, after what it imports. Each disk is
// simulated; they are named POOL/disk0 ..., a log device POOL/log.
#ifndef TXGSIM_MODEL_SCRIPT_RUN_POOL_H_
#define TXGSIM_MODEL_SCRIPT_RUN_POOL_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/design/design.h"
#include "model/script/run/sync.h"
#include "model/script/run/world.h"
#include "model/storage/device_group.h"
#include "model/txg/load.h"
#include "model/txg/pool.h"
#include "model/watch/verdict.h"

namespace model {

class LuaJobBody;

class PoolTable {
 public:
  explicit PoolTable(World* world);
  ~PoolTable();

  void StartPool(int32_t index);
  void StartLoad(int32_t index);
  void StartJob(int32_t index);
  // What the options of the run say of the first job; returns the body that it runs.
  JobBody* DisturbFirstJob(JobOptions* options, JobBody* body);
  void WarnOfDialect(const JobDecl& decl);

  ZfsModule& module() { return module_; }
  // Keeps what jobs and commands read and change; null where there is nobody to disagree with.
  HistoryRecorder* recorder() const { return recorder_.get(); }
  // Null before its place in the order of declaration has come.
  Pool* PoolOf(ThingRef thing) const { return pools_[static_cast<size_t>(thing.index)].pool.get(); }
  const std::vector<Pool*>& pools() const { return module_.pools(); }
  const std::vector<std::unique_ptr<Load>>& loads() const { return loads_; }
  // The k-th is the k-th declared; null before its time.
  const std::vector<std::unique_ptr<Job>>& jobs() const { return jobs_; }

  // A lock of a pool by its declaration; SCL_ALL is three. Any other lock is itself.
  std::vector<Lock*> LocksOf(ThingRef thing, SyncTable* sync) const;
  Lock* LockOf(ThingRef thing) const;
  // A device, or all disks of a pool, its log device included, by thing or name.
  std::vector<Device*> DevicesOf(ThingRef thing, std::string_view name) const;

  ThingRef AddTx(int32_t pool, std::unique_ptr<Tx> tx);
  struct TxRecord {
    int32_t pool;
    std::unique_ptr<Tx> tx;
    bool committed = false;
  };
  TxRecord& TxOf(ThingRef thing) { return txs_[static_cast<size_t>(thing.index)]; }

  // What the txgs of each pool need, for the verdict.
  std::vector<PoolTxgs> Txgs() const;

 private:
  struct Entry {
    std::unique_ptr<VdevQueueLimits> limits;
    std::vector<std::unique_ptr<Device>> disks;  // The log device last.
    std::unique_ptr<DeviceGroup> group;
    std::unique_ptr<DeviceGroup> log;  // Null: none.
    std::unique_ptr<Pool> pool;
  };
  // What the file declares of the pool's contents; fails the run where that cannot be.
  std::optional<DatasetTree> BuildTree(int32_t index);
  void MakeDisks(const PoolDecl& decl, const PoolTunables& tunables, Entry* entry);

  World* world_;
  ZfsModule module_;
  std::unique_ptr<HistoryRecorder> recorder_;
  std::vector<Entry> pools_;
  std::vector<std::unique_ptr<Load>> loads_;
  std::vector<std::unique_ptr<LuaJobBody>> job_bodies_;
  std::unique_ptr<JobBody> faulty_body_;  // Of the first job, if its client is to go wrong.
  std::vector<std::unique_ptr<Dispatcher>> job_dispatchers_;
  std::vector<std::unique_ptr<Job>> jobs_;
  std::vector<TxRecord> txs_;
};

}  // namespace model

#endif  // TXGSIM_MODEL_SCRIPT_RUN_POOL_H_
