// SPDX-License-Identifier: Apache-2.0
//
// Scrubs and resilvers: what they read and write, what they tell, who waits for them.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "model/txg/load.h"
#include "tests/support/pool_fixture.h"

namespace model {
namespace {

using sim::SimDuration;

constexpr int64_t kMiB = 1 << 20;

// A mirror of two, 100 MiB/s each.
class ResilverTest : public ::testing::Test {
 protected:
  ResilverTest() {
    for (int i = 0; i < 2; ++i) {
      disks_.push_back(std::make_unique<Device>(
          &machine_, "tank/disk" + std::to_string(i), Device::Options{.bandwidth = 100 * kMiB}));
    }
    group_ = std::make_unique<DeviceGroup>(
        &machine_, "tank",
        std::vector<Vdev>{{.kind = VdevKind::kMirror, .members = {disks_[0].get(), disks_[1].get()}}});
    Pool::Options options;
    options.tunables.zfs_dirty_data_max = int64_t{1} << 30;
    pool_ = std::make_unique<Pool>(&module_, options, group_.get(), DatasetTree("tank", uint64_t{1} << 40));
    pool_->Start();
  }
  ~ResilverTest() override { simulation_.DestroyTasks(); }

  void Write(SimDuration at, int64_t bytes) {
    Process* process = machine_.CreateProcess("app");
    machine_.Spawn(
        process, "app",
        [this, bytes](Thread* t) -> sim::Task<> {
          t->EnterKernel();
          const int error = co_await pool_->Write(t, pool_->tree().root(), bytes);
          EXPECT_EQ(error, 0);
          co_await t->ReturnToUser();
        },
        {.at = sim::SimTime::Start() + at});
  }
  void RunUntil(SimDuration at) { simulation_.Run(sim::SimTime::Start() + at); }
  int64_t Written(size_t disk) const { return disks_[disk]->figures().written_bytes; }

  sim::Simulation simulation_;
  sim::Recorder recorder_{sim::Recorder::Options{}};
  Machine machine_{&simulation_, {.cores = 2}, &recorder_};
  ZfsModule module_{&machine_};
  std::vector<std::unique_ptr<Device>> disks_;
  std::unique_ptr<DeviceGroup> group_;
  std::unique_ptr<Pool> pool_;
};

// What it missed is read from the other member and written to the one that was away, and to no other.
TEST_F(ResilverTest, AMemberThatWasAwayGetsWhatItMissed) {
  disks_[1]->SetOffline(true);
  Write(SimDuration::Seconds(1), 200 * kMiB);
  RunUntil(SimDuration::Seconds(12));
  EXPECT_EQ(Written(1), 0);
  const int64_t whole = Written(0);
  EXPECT_GT(whole, 200 * kMiB);
  disks_[1]->SetOffline(false);
  pool_->MemberIsBack(disks_[1].get());
  EXPECT_TRUE(pool_->scan().running());
  EXPECT_EQ(pool_->scan().bytes, whole);
  RunUntil(SimDuration::Seconds(60));
  EXPECT_FALSE(pool_->scan().running());
  // Besides the uberblocks and metadata of the txgs meanwhile, which go to both.
  EXPECT_EQ(Written(1) - whole, Written(0) - whole);
  EXPECT_GE(disks_[0]->figures().read_bytes, whole);
  EXPECT_EQ(disks_[1]->figures().read_bytes, 0);
  // Reads and writes overlap: about 2 s at 100 MiB/s, not 4.
  const double seconds = static_cast<double>((pool_->scan().end - pool_->scan().start).ns()) / 1e9;
  EXPECT_GT(seconds, 2.0);
  EXPECT_LT(seconds, 3.0);
}

// One that goes away again in the middle gets the rest, and what it missed since, the next time.
TEST_F(ResilverTest, AnInterruptedResilverLosesNothing) {
  disks_[1]->SetOffline(true);
  Write(SimDuration::Seconds(1), 400 * kMiB);
  RunUntil(SimDuration::Seconds(12));
  const int64_t whole = Written(0);
  disks_[1]->SetOffline(false);
  pool_->MemberIsBack(disks_[1].get());
  RunUntil(SimDuration::Seconds(14));
  disks_[1]->SetOffline(true);
  RunUntil(SimDuration::Seconds(15));
  disks_[1]->SetOffline(false);
  pool_->MemberIsBack(disks_[1].get());
  RunUntil(SimDuration::Seconds(60));
  EXPECT_FALSE(pool_->scan().running());
  // Whatever failed on the way was tried again: no less than all, and at most a chunk (16 MiB) twice.
  EXPECT_GE(Written(1), whole);
  EXPECT_LE(Written(1) - (Written(0) - whole), whole + 32 * kMiB);
}

}  // namespace
}  // namespace model
