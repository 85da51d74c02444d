// SPDX-License-Identifier: Apache-2.0
//
// Scrubs and resilvers: what they read and write, what they tell, who waits for them.
#include "tests/support/mirror_fixture.h"

namespace model {
namespace {

using sim::SimDuration;

constexpr int64_t kMiB = 1 << 20;

// 100 MiB/s a disk.
class ResilverTest : public MirrorFixture {
 protected:
  ResilverTest() : MirrorFixture(100 * kMiB, false, 1024 * kMiB) {}

  void Write(SimDuration at, int64_t bytes) {
    Run("app", sim::SimTime::Start() + at, [this, bytes](Thread* t) -> sim::Task<> {
      t->EnterKernel();
      const int error = co_await pool->Write(t, pool->tree().root(), bytes);
      EXPECT_EQ(error, 0);
      co_await t->ReturnToUser();
    });
  }
  void RunUntil(SimDuration at) { simulation.Run(sim::SimTime::Start() + at); }
  int64_t Written(size_t disk) const { return disks[disk]->figures().written_bytes; }
};

// What it missed is read from the other member and written to the one that was away, and to no other.
TEST_F(ResilverTest, AMemberThatWasAwayGetsWhatItMissed) {
  disks[1]->SetOffline(true);
  Write(SimDuration::Seconds(1), 200 * kMiB);
  RunUntil(SimDuration::Seconds(12));
  EXPECT_EQ(Written(1), 0);
  const int64_t whole = Written(0);
  EXPECT_GT(whole, 200 * kMiB);
  disks[1]->SetOffline(false);
  pool->MemberIsBack(disks[1].get());
  EXPECT_TRUE(pool->scan().running());
  EXPECT_EQ(pool->scan().bytes, whole);
  RunUntil(SimDuration::Seconds(60));
  EXPECT_FALSE(pool->scan().running());
  // Besides the uberblocks and metadata of the txgs meanwhile, which go to both.
  EXPECT_EQ(Written(1) - whole, Written(0) - whole);
  EXPECT_GE(disks[0]->figures().read_bytes, whole);
  EXPECT_EQ(disks[1]->figures().read_bytes, 0);
  // Reads and writes overlap: about 2 s at 100 MiB/s, not 4.
  const double seconds = static_cast<double>((pool->scan().end - pool->scan().start).ns()) / 1e9;
  EXPECT_GT(seconds, 2.0);
  EXPECT_LT(seconds, 3.0);
}

// One that goes away again in the middle gets the rest, and what it missed since, the next time.
TEST_F(ResilverTest, AnInterruptedResilverLosesNothing) {
  disks[1]->SetOffline(true);
  Write(SimDuration::Seconds(1), 400 * kMiB);
  RunUntil(SimDuration::Seconds(12));
  const int64_t whole = Written(0);
  disks[1]->SetOffline(false);
  pool->MemberIsBack(disks[1].get());
  RunUntil(SimDuration::Seconds(14));
  disks[1]->SetOffline(true);
  RunUntil(SimDuration::Seconds(15));
  disks[1]->SetOffline(false);
  pool->MemberIsBack(disks[1].get());
  RunUntil(SimDuration::Seconds(60));
  EXPECT_FALSE(pool->scan().running());
  // Whatever failed on the way was tried again: no less than all, and at most a chunk (16 MiB) twice.
  EXPECT_GE(Written(1), whole);
  EXPECT_LE(Written(1) - (Written(0) - whole), whole + 32 * kMiB);
}

// Both went, one long before the other, and came back while the pool was suspended: what they missed is not
// forgotten. The last was written twice: by who tried in vain, and when it was issued anew.
TEST_F(ResilverTest, WhatWasMissedBeforeASuspensionIsResilveredAfterIt) {
  disks[1]->SetOffline(true);
  Write(SimDuration::Seconds(1), 200 * kMiB);
  RunUntil(SimDuration::Seconds(12));
  const int64_t missed = Written(0);
  disks[0]->SetOffline(true);
  Write(SimDuration::Seconds(12), 1 * kMiB);
  RunUntil(SimDuration::Seconds(20));
  EXPECT_TRUE(pool->suspended());
  for (size_t i = 0; i < 2; ++i) disks[i]->SetOffline(false);
  Run("oncall", sim::SimTime::Start() + SimDuration::Seconds(21), [this](Thread* t) -> sim::Task<> {
    t->EnterKernel();
    const int error = co_await pool->ClearErrors(t, "");
    EXPECT_EQ(error, 0);
    co_await t->ReturnToUser();
  });
  RunUntil(SimDuration::Seconds(22));
  EXPECT_TRUE(pool->scan().running());
  RunUntil(SimDuration::Seconds(100));
  EXPECT_FALSE(pool->scan().running());
  EXPECT_GE(Written(1), missed);
  EXPECT_EQ(group->Missed(disks[0].get()), 0);
  EXPECT_EQ(group->Missed(disks[1].get()), 0);
}

// A copy of what is not there any more is not needed: 100 MiB of 1024 + 16 are left of what a mirror missed.
TEST_F(ResilverTest, NoMoreIsResilveredThanThereIs) {
  group->AddMissed(disks[1].get(), 3000 * kMiB);
  pool->MemberIsBack(disks[1].get());
  EXPECT_EQ(pool->scan().bytes, (1024 + 16) * kMiB);
  RunUntil(SimDuration::Seconds(60));
  EXPECT_FALSE(pool->scan().running());
  EXPECT_EQ(group->Missed(disks[1].get()), 0);
}

// A disk that is attached meanwhile waits for its turn, and takes nothing from the one that is resilvered.
TEST_F(ResilverTest, ANewMemberWaitsForTheResilverAtHand) {
  group->AddMissed(disks[1].get(), 400 * kMiB);
  pool->MemberIsBack(disks[1].get());
  RunUntil(SimDuration::Seconds(2));
  pool->MemberIsNew();
  EXPECT_EQ(pool->scan().onto, disks[1].get());
  RunUntil(SimDuration::Seconds(60));
  EXPECT_FALSE(pool->scan().running());
  EXPECT_EQ(pool->scan().onto, nullptr);
  EXPECT_EQ(pool->scan().bytes, 1024 * kMiB);
  EXPECT_EQ(group->Missed(disks[1].get()), 0);
  EXPECT_GE(Written(1), 400 * kMiB);
}

// It is not back as long as its pool leaves it out.
TEST_F(ResilverTest, AMemberThatWasTakenOutIsNotBackWhenItsPowerIs) {
  group->AddMissed(disks[1].get(), 100 * kMiB);
  disks[1]->TakeOut(true);
  disks[1]->SetOffline(true);
  disks[1]->SetOffline(false);
  pool->MemberIsBack(disks[1].get());
  EXPECT_FALSE(pool->scan().running());
  EXPECT_EQ(group->Missed(disks[1].get()), 100 * kMiB);
}

// What it cannot write is an error, and missed on; it does not begin again by itself.
TEST_F(ResilverTest, WhatCannotBeWrittenIsAnErrorAndMissedOn) {
  group->AddMissed(disks[1].get(), 128 * kMiB);
  disks[1]->SetError(kEIO);
  pool->MemberIsBack(disks[1].get());
  RunUntil(SimDuration::Seconds(30));
  EXPECT_FALSE(pool->scan().running());
  EXPECT_EQ(pool->scan().errors, 1024);  // Of 128 KiB.
  EXPECT_EQ(pool->scan().resilvered_bytes, 0);
  EXPECT_GE(group->Missed(disks[1].get()), 128 * kMiB);
}

// The only good copy goes before the other has all: the rest is lost, and said to be.
TEST_F(ResilverTest, WhatNoGoodCopyIsLeftOfIsAnError) {
  disks[1]->SetOffline(true);
  Write(SimDuration::Seconds(1), 400 * kMiB);
  RunUntil(SimDuration::Seconds(12));
  disks[1]->SetOffline(false);
  EXPECT_FALSE(group->DoesWithout(disks[0].get()));
  EXPECT_TRUE(group->DoesWithout(disks[1].get()));
  pool->MemberIsBack(disks[1].get());
  RunUntil(SimDuration::Seconds(14));
  disks[0]->SetOffline(true);
  RunUntil(SimDuration::Seconds(60));
  EXPECT_FALSE(pool->scan().running());
  EXPECT_GT(pool->scan().errors, 100);
  EXPECT_EQ(pool->data_errors(), pool->scan().errors);
  EXPECT_LT(pool->scan().resilvered_bytes, 400 * kMiB);
  EXPECT_EQ(disks[1]->figures().read_bytes, 0);
  EXPECT_GT(group->Missed(disks[1].get()), 0);
}

// A second one that comes back waits for its turn: the one at hand is not begun anew for it.
TEST_F(ResilverTest, AMemberThatComesBackMeanwhileWaitsForItsTurn) {
  Device third(&machine, "third", {.bandwidth = 100 * kMiB});
  DeviceGroup mirror(
      &machine, "pond",
      std::vector<Vdev>{{.kind = VdevKind::kMirror, .members = {disks[0].get(), disks[1].get(), &third}}});
  Pool::Options options;
  options.name = "pond";
  options.only_pool = false;
  options.tunables.zfs_dirty_data_max = int64_t{1} << 30;
  DatasetTree tree("pond", uint64_t{1} << 40);
  tree.Write(tree.root(), 1024 * kMiB, 0, 1);
  Pool pond(&module, options, &mirror, std::move(tree));
  pond.Start();
  mirror.AddMissed(disks[1].get(), 400 * kMiB);
  mirror.AddMissed(&third, 100 * kMiB);
  pond.MemberIsBack(disks[1].get());
  RunUntil(SimDuration::Seconds(2));
  pond.MemberIsBack(&third);
  EXPECT_EQ(pond.scan().onto, disks[1].get());
  EXPECT_EQ(pond.scan().bytes, 400 * kMiB);
  RunUntil(SimDuration::Seconds(60));
  EXPECT_FALSE(pond.scan().running());
  EXPECT_EQ(pond.scan().onto, &third);
  EXPECT_EQ(pond.scan().bytes, 100 * kMiB);
  EXPECT_GE(third.figures().written_bytes, 100 * kMiB);
  simulation.DestroyTasks();
}

// dsl_scan_sync: a txg that could not free all that awaits it does not scan.
TEST_F(ResilverTest, AScrubStandsStillWhileDestroyedBlocksAreFreed) {
  const ObjectId big = pool->tree().CreateDataset(pool->tree().root(), "big", DatasetType::kFilesystem,
                                                  {.txg = 1, .time_s = 1});
  // 60 GiB at 8 GiB/s: 7.5 s, in slices of 3 s.
  pool->tree().Write(big, uint64_t{60} << 30, 0, 2);
  pool->tree().DestroyDataset(big, 3);
  pool->StartScan(Pool::ScanKind::kScrub, 1000 * kMiB, nullptr);
  RunUntil(SimDuration::Millis(6'500));
  EXPECT_GT(pool->tree().freeing_bytes(), 0u);
  EXPECT_EQ(pool->scan().left_bytes, 1000 * kMiB);
  RunUntil(SimDuration::Seconds(60));
  EXPECT_EQ(pool->tree().freeing_bytes(), 0u);
  EXPECT_FALSE(pool->scan().running());
}

// Its reads fail at once; it must not run through all it has to read in no time.
TEST_F(ResilverTest, AScrubOfAPoolWhoseDisksAreGoneStopsWithThePool) {
  pool->StartScan(Pool::ScanKind::kScrub, 1000 * kMiB, nullptr);
  RunUntil(SimDuration::Seconds(2));
  for (size_t i = 0; i < 2; ++i) disks[i]->SetOffline(true);
  RunUntil(SimDuration::Seconds(3));
  const int64_t left = pool->scan().left_bytes;
  EXPECT_TRUE(pool->suspended());
  EXPECT_GT(left, 500 * kMiB);
  EXPECT_EQ(pool->data_errors(), 0);
  RunUntil(SimDuration::Seconds(100));
  EXPECT_EQ(pool->scan().left_bytes, left);
}

// The kstat counts what the pool reads while the txg syncs: at 100 MiB/s a scrub fills it.
TEST_F(ResilverTest, TheRowOfATxgHasWhatAScrubRead) {
  pool->StartScan(Pool::ScanKind::kScrub, 1000 * kMiB, nullptr);
  RunUntil(SimDuration::Seconds(7));
  const TxgRow& row = *pool->pipeline().RowOf(4);
  EXPECT_EQ(row.state, 'C');
  // zfs_txg_timeout: for 5 s, in chunks of 16 MiB.
  EXPECT_GE(row.nread, 490 * kMiB);
  EXPECT_LE(row.nread, 530 * kMiB);
}

}  // namespace
}  // namespace model
