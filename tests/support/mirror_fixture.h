// SPDX-License-Identifier: Apache-2.0
//
// A machine with a pool "tank" on a mirror of two disks, and perhaps a log device, for tests of what
// becomes of members.
#ifndef TXGSIM_TESTS_SUPPORT_MIRROR_FIXTURE_H_
#define TXGSIM_TESTS_SUPPORT_MIRROR_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/txg/pool.h"

namespace model {

struct MirrorFixture : public ::testing::Test {
  MirrorFixture(int64_t bandwidth, bool with_log, uint64_t used_bytes) {
    for (const char* name : {"tank/disk0", "tank/disk1", "tank/log"}) {
      disks.push_back(std::make_unique<Device>(&machine, name, Device::Options{.bandwidth = bandwidth}));
    }
    group = std::make_unique<DeviceGroup>(
        &machine, "tank",
        std::vector<Vdev>{{.kind = VdevKind::kMirror, .members = {disks[0].get(), disks[1].get()}}});
    log = std::make_unique<DeviceGroup>(&machine, "tank", std::vector<Device*>{disks[2].get()});
    DatasetTree tree("tank", uint64_t{1} << 40);
    tree.Write(tree.root(), used_bytes, 0, 1);
    Pool::Options options;
    options.tunables.zfs_dirty_data_max = int64_t{1} << 30;
    pool = std::make_unique<Pool>(&module, options, group.get(), std::move(tree),
                                  with_log ? log.get() : nullptr);
    pool->Start();
  }
  ~MirrorFixture() override { simulation.DestroyTasks(); }

  // A process that runs `body` once, from `at` on.
  void Run(const std::string& name, sim::SimTime at, ThreadBody body) {
    machine.Spawn(machine.CreateProcess(name), name, std::move(body), {.at = at});
  }

  sim::Simulation simulation;
  sim::Recorder recorder{sim::Recorder::Options{}};
  Machine machine{&simulation, {.cores = 2}, &recorder};
  ZfsModule module{&machine};
  std::vector<std::unique_ptr<Device>> disks;
  std::unique_ptr<DeviceGroup> group;
  std::unique_ptr<DeviceGroup> log;
  std::unique_ptr<Pool> pool;
};

}  // namespace model

#endif  // TXGSIM_TESTS_SUPPORT_MIRROR_FIXTURE_H_
