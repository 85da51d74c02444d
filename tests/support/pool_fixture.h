// SPDX-License-Identifier: Apache-2.0
//
// A machine with one pool, for tests: small costs, one fast disk, no import.
#ifndef TXGSIM_TESTS_SUPPORT_POOL_FIXTURE_H_
#define TXGSIM_TESTS_SUPPORT_POOL_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "model/dataset/operations.h"
#include "model/txg/load.h"
#include "model/txg/pool.h"

namespace model {

struct PoolFixture {
  struct Settings {
    int cores = 4;
    int64_t dirty_data_max = int64_t{1} << 30;
    int64_t disk_bandwidth = int64_t{1} << 30;
    sim::SimDuration disk_service = sim::SimDuration::Micros(100);
    sim::SimDuration disk_flush = sim::SimDuration::Micros(100);
    int disk_depth = 32;
    FailMode failmode = FailMode::kWait;
    bool multihost = false;
    PoolTunables tunables = {};
    bool keep_tree_on_disk = false;
    bool batched_destroys = false;
    uint64_t pool_bytes = uint64_t{1} << 40;
    bool gate_first = true;
    bool cold_metadata = false;
    bool log_history = false;
  };

  PoolFixture() : PoolFixture(Settings{}) {}
  explicit PoolFixture(const Settings& settings)
      : machine(&simulation, {.cores = settings.cores}, &recorder),
        module(&machine),
        device(&machine, "disk0",
               {.read = sim::Distribution::Constant(settings.disk_service.ns()),
                .write = sim::Distribution::Constant(settings.disk_service.ns()),
                .flush = sim::Distribution::Constant(settings.disk_flush.ns()),
                .bandwidth = settings.disk_bandwidth,
                .depth = settings.disk_depth}),
        disks(&machine, "tank", std::vector<Device*>{&device}) {
    Pool::Options options;
    options.failmode = settings.failmode;
    options.multihost = settings.multihost;
    options.keep_tree_on_disk = settings.keep_tree_on_disk;
    options.batched_destroys = settings.batched_destroys;
    options.gate_first = settings.gate_first;
    options.cold_metadata = settings.cold_metadata;
    options.log_history = settings.log_history;
    options.tunables = settings.tunables;
    options.tunables.zfs_dirty_data_max = settings.dirty_data_max;
    pool = std::make_unique<Pool>(&module, options, &disks, DatasetTree("tank", settings.pool_bytes));
    pool->Start();
  }
  ~PoolFixture() { simulation.DestroyTasks(); }

  // Makes state as if it had always been there: each in a txg before the first of the run.
  void Make(const Mutation& mutation) {
    ASSERT_EQ(Check(pool->tree(), mutation, {.syncing = true, .txg = 2}), 0) << ToCommand(mutation);
    Apply(pool->tree(), mutation, {.txg = 1, .time_s = 1});
  }

  void RunUntil(sim::SimDuration span) { simulation.Run(sim::SimTime::Start() + span); }

  // A process that runs `body` once, from `at` on.
  Process* Run(const std::string& name, sim::SimDuration at, ThreadBody body) {
    Process* process = machine.CreateProcess(name);
    machine.Spawn(process, name, std::move(body), {.at = sim::SimTime::Start() + at});
    return process;
  }

  sim::Simulation simulation;
  sim::Recorder recorder{sim::Recorder::Options{}};
  Machine machine;
  ZfsModule module;
  Device device;
  DeviceGroup disks;
  std::unique_ptr<Pool> pool;
};

}  // namespace model

#endif  // TXGSIM_TESTS_SUPPORT_POOL_FIXTURE_H_
