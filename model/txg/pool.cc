// SPDX-License-Identifier: Apache-2.0
#include "model/txg/pool.h"

namespace model {
namespace {

// A suspended pool waits for an operator: zpool clear.
class SuspendWait final : public Waitable {
 public:
  explicit SuspendWait(std::string pool) : Waitable(WaitableKind::kOutside, std::move(pool)) {}
  void Enders(const Waiter&, EnderSet* enders) const override { enders->outside = true; }
};

std::string ThreadPrefix(const Pool::Options& options) { return options.only_pool ? "" : options.name + "/"; }

}  // namespace

Pool* ZfsModule::FindPool(std::string_view name) const {
  const std::string_view pool_name = name.substr(0, name.find_first_of("/@#"));
  for (Pool* pool : pools_) {
    if (pool->name() == pool_name) return pool;
  }
  return nullptr;
}

Pool::Pool(ZfsModule* module, const Options& options, DeviceGroup* disks, DatasetTree tree)
    : module_(module),
      machine_(&module->machine()),
      options_(options),
      disks_(disks),
      tree_(std::move(tree)),
      pipeline_(machine_, ThreadPrefix(options), &options_.tunables, this),
      dirty_(machine_, ThreadPrefix(options), &options_.tunables, &pipeline_),
      config_lock_(machine_, ThreadPrefix(options) + "dp_config_rwlock", true),
      admin_gate_(machine_, ThreadPrefix(options) + "admin_gate", true),
      scl_config_(machine_, ThreadPrefix(options) + "SCL_CONFIG", true, true),
      scl_state_(machine_, ThreadPrefix(options) + "SCL_STATE", true, true),
      scl_zio_(machine_, ThreadPrefix(options) + "SCL_ZIO", true, true),
      suspend_cv_(std::make_unique<SuspendWait>(options.name)) {
  SIM_CHECK(options_.tunables.zfs_dirty_data_max > 0);
  module_->pools_.push_back(this);
}

Pool::~Pool() { machine_->simulation().DestroyTasks(); }

void Pool::Clear(Thread* waker) {
  if (!suspended_) return;
  suspended_ = false;
  machine_->WakeAll(suspend_cv_.get(), 0, waker);
}

}  // namespace model
