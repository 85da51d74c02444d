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
  ResilverTest() : MirrorFixture(100 * kMiB, false, 0) {}

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

}  // namespace
}  // namespace model
