// SPDX-License-Identifier: Apache-2.0
#include "model/txg/pool.h"

namespace model {
namespace {

// A suspended pool waits for an operator: zpool clear. Once somebody has typed it, for that.
class SuspendWait final : public Waitable {
 public:
  SuspendWait(std::string pool_name, const Pool* pool)
      : Waitable(WaitableKind::kOutside, std::move(pool_name)), pool_(pool) {}
  void Enders(const Waiter&, EnderSet* enders) const override {
    if (pool_->clearers().empty()) {
      enders->outside = true;
      return;
    }
    EnderSet::Clause& clause = enders->NeedsAnyOf();
    for (const Thread* thread : pool_->clearers()) clause.any_of.push_back(thread);
  }

 private:
  const Pool* pool_;
};

// `zpool clear` waits for the I/Os that it has issued anew, which their threads wait for.
class ResumeWait final : public Waitable {
 public:
  ResumeWait(std::string name, const std::vector<Thread*>* parked)
      : Waitable(WaitableKind::kIo, std::move(name)), parked_(parked) {}
  void Enders(const Waiter&, EnderSet* enders) const override {
    for (const Thread* thread : *parked_) enders->Needs(thread);
  }

 private:
  const std::vector<Thread*>* parked_;
};

// `zpool wait` waits for work that syncs do.
class ActivitiesWait final : public Waitable {
 public:
  ActivitiesWait(std::string name, const TxgPipeline* pipeline)
      : Waitable(WaitableKind::kTxg, std::move(name)), pipeline_(pipeline) {}
  void Enders(const Waiter&, EnderSet* enders) const override { pipeline_->FillProgress(enders); }

 private:
  const TxgPipeline* pipeline_;
};

// Who wants SCL_ZIO as writer waits for the I/Os that are under way: for the threads that wait for them.
class IoDrain final : public Waitable {
 public:
  IoDrain(std::string name, const std::vector<Thread*>* in_io)
      : Waitable(WaitableKind::kConfigLock, std::move(name)), in_io_(in_io) {}
  void Enders(const Waiter&, EnderSet* enders) const override {
    for (const Thread* thread : *in_io_) enders->Needs(thread);
  }
  bool held() const override { return !in_io_->empty(); }

 private:
  const std::vector<Thread*>* in_io_;
};

std::vector<Device*> DevicesOf(const DeviceGroup* disks, const DeviceGroup* log) {
  std::vector<Device*> devices = disks->devices();
  if (log != nullptr) devices.insert(devices.end(), log->devices().begin(), log->devices().end());
  return devices;
}

std::string ThreadPrefix(const Pool::Options& options) { return options.only_pool ? "" : options.name + "/"; }

}  // namespace

Pool* ZfsModule::FindPool(std::string_view name) const {
  const std::string_view pool_name = name.substr(0, name.find_first_of("/@#"));
  for (Pool* pool : pools_) {
    if (pool->name() == pool_name && !pool->exported()) return pool;
  }
  return nullptr;
}

sim::Task<Pool*> ZfsModule::LookUpPool(Thread* thread, std::string name) {
  co_await sim::FrameName{"spa_lookup"};
  co_await namespace_lock_.LockIt(thread);
  Pool* pool = FindPool(name);
  namespace_lock_.Unlock(thread);
  co_return pool;
}

Pool* ZfsModule::FindExported(std::string_view name) const {
  for (Pool* pool : pools_) {
    if (pool->name() == name && pool->exported()) return pool;
  }
  return nullptr;
}

Pool::Pool(ZfsModule* module, const Options& options, DeviceGroup* disks, DatasetTree tree, DeviceGroup* log)
    : module_(module),
      machine_(&module->machine()),
      options_(options),
      disks_(disks),
      tree_(std::move(tree)),
      pipeline_(machine_, ThreadPrefix(options), &options_.tunables, this),
      dirty_(machine_, ThreadPrefix(options), &options_.tunables, &pipeline_),
      in_flight_(static_cast<uint64_t>(options_.tunables.spa_asize_inflation)),
      config_lock_(machine_, ThreadPrefix(options) + "dp_config_rwlock", true),
      admin_gate_(machine_, ThreadPrefix(options) + "admin_gate", true),
      scl_config_(machine_, ThreadPrefix(options) + "SCL_CONFIG", true, true),
      scl_state_(machine_, ThreadPrefix(options) + "SCL_STATE", true, true),
      scl_zio_(machine_, ThreadPrefix(options) + "SCL_ZIO", true, true),
      deadman_(machine_, &options_.tunables, DevicesOf(disks, log), this),
      suspend_cv_(std::make_unique<SuspendWait>(options.name, this)),
      resume_cv_(std::make_unique<ResumeWait>(ThreadPrefix(options) + "spa_suspend_zio_root", &parked_)),
      activities_cv_(
          std::make_unique<ActivitiesWait>(ThreadPrefix(options) + "spa_activities_cv", &pipeline_)),
      io_drained_(std::make_unique<IoDrain>(ThreadPrefix(options) + "SCL_ZIO", &in_io_)),
      log_(log) {
  SIM_CHECK(options_.tunables.zfs_dirty_data_max > 0);
  if (options_.tunables.zfs_wrlog_data_max == 0) {
    options_.tunables.zfs_wrlog_data_max = 2 * options_.tunables.zfs_dirty_data_max;
  }
  for (Device* device : DevicesOf(disks, log)) device->set_observer(this);
  on_disk_.txg = pipeline_.synced_txg();
  if (options_.keep_tree_on_disk) on_disk_.tree = tree_;
  module_->pools_.push_back(this);
}

void Pool::Start() {
  pipeline_.Start();
  if (!options_.multihost) return;
  machine_->Spawn(nullptr, ThreadPrefix(options_) + "mmp", [this](Thread* t) { return MmpThread(t); });
}

Pool::~Pool() { machine_->simulation().DestroyTasks(); }

}  // namespace model
