// SPDX-License-Identifier: Apache-2.0
//
// Who is charged for which blocks. Figures in MiB are worked out beside each test.
#include "gmock/gmock.h"
#include "model/dataset/property_query.h"
#include "model/dataset/space_policy.h"
#include "tests/model/dataset/test_pool.h"

namespace model {
namespace {

uint64_t Number(const TestPool& pool, std::string_view name, std::string_view property) {
  return std::get<uint64_t>(GetProperty(pool.tree, pool.Id(name), property).value);
}

class SpaceTest : public ::testing::Test {
 protected:
  SpaceTest() { pool_.Must(CreateFilesystem("tank/a")); }
  TestPool pool_;
};

TEST_F(SpaceTest, OverwritingGivesTheNewestSnapshotWhatOnlyItAndTheHeadHad) {
  pool_.Write("tank/a", 10 * kMiB);
  pool_.Must(TakeSnapshot("tank/a@1"));
  EXPECT_EQ(pool_.Used("tank/a@1"), 0u);
  // All 10 of the head are shared with @1 alone: 4 overwritten become @1's.
  pool_.Write("tank/a", 4 * kMiB, 4 * kMiB);
  EXPECT_EQ(pool_.Used("tank/a@1"), 4 * kMiB);
  EXPECT_EQ(pool_.Used("tank/a"), 14 * kMiB);
  EXPECT_EQ(pool_.Referenced("tank/a"), 10 * kMiB);
  // Of the 10 now 6 are old and 4 new: 5 overwritten evenly hit 3 old and 2 new; the new are freed.
  pool_.Write("tank/a", 5 * kMiB, 5 * kMiB);
  EXPECT_EQ(pool_.Used("tank/a@1"), 7 * kMiB);
  EXPECT_EQ(pool_.Used("tank/a"), 17 * kMiB);
}

TEST_F(SpaceTest, FilesGoOverTheExtentAndGrowBeyondIt) {
  const ObjectId a = pool_.Id("tank/a");
  // Nothing is there to go over.
  pool_.tree.ChangeFiles(a, {.overwritten_bytes = 0, .added_bytes = 10 * kMiB, .freed_bytes = 0}, pool_.txg);
  pool_.tree.ChangeFiles(a, {.overwritten_bytes = 0, .added_bytes = 10 * kMiB, .freed_bytes = 0}, pool_.txg);
  EXPECT_EQ(pool_.Referenced("tank/a"), 20 * kMiB);
  pool_.tree.SetExtent(a, 8 * kMiB);
  pool_.Must(TakeSnapshot("tank/a@1"));
  // However often 8 MiB are written in one txg, they are there once.
  pool_.tree.ChangeFiles(a, {.overwritten_bytes = 100 * kMiB, .added_bytes = kMiB, .freed_bytes = 0},
                         pool_.txg);
  EXPECT_EQ(pool_.Referenced("tank/a"), 21 * kMiB);
  EXPECT_EQ(pool_.Used("tank/a@1"), 8 * kMiB);
  // What is removed is not there to go over any more.
  pool_.tree.ChangeFiles(a, {.overwritten_bytes = 0, .added_bytes = 0, .freed_bytes = 17 * kMiB}, pool_.txg);
  EXPECT_EQ(pool_.Referenced("tank/a"), 4 * kMiB);
  pool_.tree.ChangeFiles(a, {.overwritten_bytes = 8 * kMiB, .added_bytes = 0, .freed_bytes = 0}, pool_.txg);
  EXPECT_EQ(pool_.Referenced("tank/a"), 4 * kMiB);
}

TEST_F(SpaceTest, AVolumeGrowsToItsSize) {
  pool_.Must(CreateVolume("tank/v", "16M", {{"refreservation", "none"}}));
  const ObjectId v = pool_.Id("tank/v");
  pool_.tree.ChangeFiles(v, {.overwritten_bytes = 0, .added_bytes = 10 * kMiB, .freed_bytes = 0}, pool_.txg);
  EXPECT_EQ(pool_.Referenced("tank/v"), 10 * kMiB);
  for (const uint64_t bytes : {10 * kMiB, 100 * kMiB}) {
    pool_.tree.ChangeFiles(v, {.overwritten_bytes = 0, .added_bytes = bytes, .freed_bytes = 0}, pool_.txg);
    EXPECT_EQ(pool_.Referenced("tank/v"), 16 * kMiB);
  }
}

TEST_F(SpaceTest, AClonesExtentIsWhatItWasClonedWith) {
  pool_.Write("tank/a", 10 * kMiB);
  pool_.Must(TakeSnapshot("tank/a@1"));
  pool_.Must(Clone("tank/a@1", "tank/c"));
  EXPECT_EQ(pool_.tree.DatasetOf(pool_.Id("tank/c")).extent_bytes, 10 * kMiB);
}

TEST_F(SpaceTest, WhatTwoSnapshotsShareBecomesTheSurvivors) {
  // @1 and @2 hold 10; then the head overwrites all of it: nobody holds it alone.
  pool_.Write("tank/a", 10 * kMiB);
  pool_.Must(TakeSnapshot("tank/a@1"));
  pool_.Must(TakeSnapshot("tank/a@2"));
  pool_.Write("tank/a", 10 * kMiB, 10 * kMiB);
  EXPECT_EQ(pool_.Used("tank/a@1"), 0u);
  EXPECT_EQ(pool_.Used("tank/a@2"), 0u);
  EXPECT_EQ(pool_.Used("tank/a"), 20 * kMiB);
  TestPool other = pool_;
  pool_.Must(Destroy("tank/a@1"));
  EXPECT_EQ(pool_.Used("tank/a@2"), 10 * kMiB);
  other.Must(Destroy("tank/a@2"));
  EXPECT_EQ(other.Used("tank/a@1"), 10 * kMiB);
  EXPECT_EQ(pool_.tree.freeing_bytes() + other.tree.freeing_bytes(), 0u);
}

TEST_F(SpaceTest, DestroyingFreesWhatIsUniqueAndNoMore) {
  pool_.Write("tank/a", 10 * kMiB);
  pool_.Must(TakeSnapshot("tank/a@1"));
  pool_.Write("tank/a", 3 * kMiB, 3 * kMiB);
  pool_.Must(Destroy("tank/a@1"));
  EXPECT_EQ(pool_.Used("tank/a"), 10 * kMiB);
  EXPECT_EQ(pool_.tree.freeing_bytes(), 3 * kMiB);
}

TEST_F(SpaceTest, FreedSpaceStaysWithTheRootUntilItIsDrained) {
  pool_.Write("tank/a", 10 * kMiB);
  pool_.Must(Destroy("tank/a"));
  EXPECT_EQ(pool_.Used("tank"), 10 * kMiB);
  EXPECT_EQ(pool_.tree.DrainFreeing(4 * kMiB, pool_.txg), 4 * kMiB);
  EXPECT_EQ(pool_.Used("tank"), 6 * kMiB);
  EXPECT_EQ(pool_.tree.DrainFreeing(100 * kMiB, pool_.txg), 6 * kMiB);
  EXPECT_EQ(pool_.Used("tank"), 0u);
}

TEST_F(SpaceTest, ACloneIsChargedForItsOwnBlocksOnly) {
  pool_.Write("tank/a", 10 * kMiB);
  pool_.Must(TakeSnapshot("tank/a@1"));
  pool_.Must(Clone("tank/a@1", "tank/c"));
  EXPECT_EQ(pool_.Referenced("tank/c"), 10 * kMiB);
  EXPECT_EQ(pool_.Used("tank/c"), 0u);
  pool_.Write("tank/c", 3 * kMiB, 3 * kMiB);
  EXPECT_EQ(pool_.Referenced("tank/c"), 10 * kMiB);
  EXPECT_EQ(pool_.Used("tank/c"), 3 * kMiB);
  EXPECT_EQ(pool_.Used("tank/a@1"), 0u);  // A clone drops no block of its origin.
}

TEST_F(SpaceTest, PromoteMovesTheChargeAndKeepsTheSum) {
  // a: 10 shared with @1, then 2 overwritten: @1 alone 2, head 8 old and 2 new.
  // c: 10 of @1, 5 overwritten: 5 old and 5 new.
  pool_.Write("tank/a", 10 * kMiB);
  pool_.Must(TakeSnapshot("tank/a@1"));
  pool_.Must(Clone("tank/a@1", "tank/c"));
  pool_.Write("tank/a", 2 * kMiB, 2 * kMiB);
  pool_.Write("tank/c", 5 * kMiB, 5 * kMiB);
  EXPECT_EQ(pool_.Used("tank/a"), 12 * kMiB);
  EXPECT_EQ(pool_.Used("tank/c"), 5 * kMiB);
  pool_.Must(Promote("tank/c"));
  // Now c is charged for the 10 of @1 and its 5; @1 holds alone, along c, the 5 that c dropped.
  EXPECT_EQ(pool_.Used("tank/c"), 15 * kMiB);
  EXPECT_EQ(pool_.Used("tank/c@1"), 5 * kMiB);
  EXPECT_EQ(pool_.Used("tank/a"), 2 * kMiB);
  EXPECT_EQ(pool_.Used("tank"), 17 * kMiB);
  pool_.Must(Promote("tank/a"));
  EXPECT_EQ(pool_.Used("tank/a"), 12 * kMiB);
  EXPECT_EQ(pool_.Used("tank/a@1"), 2 * kMiB);
  EXPECT_EQ(pool_.Used("tank/c"), 5 * kMiB);
}

TEST_F(SpaceTest, RollbackFreesWhatIsNewerAndRevivesWhatWasOverwritten) {
  pool_.Write("tank/a", 10 * kMiB);
  pool_.Must(TakeSnapshot("tank/a@1"));
  pool_.Write("tank/a", 6 * kMiB, 4 * kMiB);
  pool_.Must(Rollback("tank/a"));
  EXPECT_EQ(pool_.Referenced("tank/a"), 10 * kMiB);
  EXPECT_EQ(pool_.Used("tank/a@1"), 0u);
  EXPECT_EQ(pool_.Used("tank/a"), 10 * kMiB);
  EXPECT_EQ(pool_.tree.freeing_bytes(), 6 * kMiB);
}

TEST_F(SpaceTest, UsedGoesUpToTheRootWithReservations) {
  pool_.Must(CreateFilesystem("tank/a/b", {{"reservation", "10M"}}));
  EXPECT_EQ(pool_.Used("tank/a"), 10 * kMiB);
  pool_.Write("tank/a/b", 4 * kMiB);
  EXPECT_EQ(pool_.Used("tank/a/b"), 4 * kMiB);
  EXPECT_EQ(pool_.Used("tank"), 10 * kMiB);
  pool_.Write("tank/a/b", 8 * kMiB);
  EXPECT_EQ(pool_.Used("tank"), 12 * kMiB);
  pool_.Must(SetProperty("tank/a/b", "reservation", "20M"));
  EXPECT_EQ(pool_.Used("tank/a"), 20 * kMiB);
  pool_.Must(SetProperty("tank/a/b", "reservation", "none"));
  EXPECT_EQ(pool_.Used("tank/a"), 12 * kMiB);
}

TEST_F(SpaceTest, ARefreservationIsConsumedByUniqueBlocks) {
  pool_.Must(SetProperty("tank/a", "refreservation", "10M"));
  EXPECT_EQ(pool_.Used("tank/a"), 10 * kMiB);
  pool_.Write("tank/a", 4 * kMiB);
  EXPECT_EQ(pool_.Used("tank/a"), 10 * kMiB);
  EXPECT_EQ(Number(pool_, "tank/a", "usedbyrefreservation"), 6 * kMiB);
  pool_.Must(TakeSnapshot("tank/a@1"));  // The 4 are no longer the head's alone.
  EXPECT_EQ(pool_.Used("tank/a"), 14 * kMiB);
}

TEST_F(SpaceTest, AvailableIsTheLeastRoomOnTheWayUp) {
  // 1 TiB less the slop of 1/32.
  const uint64_t room = kTiB - kTiB / 32;
  EXPECT_EQ(pool_.tree.AvailableBytes(pool_.tree.root()), room);
  pool_.Must(SetProperty("tank/a", "quota", "100M"));
  pool_.Must(CreateFilesystem("tank/a/b"));
  pool_.Write("tank/a", 30 * kMiB);
  EXPECT_EQ(pool_.tree.AvailableBytes(pool_.Id("tank/a/b")), 70 * kMiB);
  pool_.Must(SetProperty("tank/a/b", "refquota", "50M"));
  pool_.Write("tank/a/b", 20 * kMiB);
  EXPECT_EQ(pool_.tree.AvailableBytes(pool_.Id("tank/a/b")), 30 * kMiB);
  EXPECT_EQ(pool_.tree.AvailableBytes(pool_.tree.root()), room - 50 * kMiB);
}

TEST_F(SpaceTest, FiguresAddUp) {
  pool_.Write("tank/a", 10 * kMiB);
  pool_.Must(TakeSnapshot("tank/a@1"));
  pool_.Write("tank/a", 4 * kMiB, 4 * kMiB);
  pool_.Must(CreateFilesystem("tank/a/b"));
  pool_.Write("tank/a/b", 1 * kMiB);
  EXPECT_EQ(Number(pool_, "tank/a", "usedbydataset"), 10 * kMiB);
  EXPECT_EQ(Number(pool_, "tank/a", "usedbysnapshots"), 4 * kMiB);
  EXPECT_EQ(Number(pool_, "tank/a", "usedbychildren"), 1 * kMiB);
  EXPECT_EQ(Number(pool_, "tank/a", "used"), 15 * kMiB);
  EXPECT_EQ(Number(pool_, "tank/a", "written"), 4 * kMiB);
  EXPECT_EQ(Number(pool_, "tank/a@1", "written"), 10 * kMiB);
  EXPECT_EQ(Number(pool_, "tank/a", "written@1"), 4 * kMiB);
  EXPECT_EQ(Number(pool_, "tank/a", "written@tank/a@1"), 4 * kMiB);
}

TEST_F(SpaceTest, VersionsOfSpaceFollowTheFigures) {
  pool_.Write("tank/a", 10 * kMiB);
  pool_.Must(TakeSnapshot("tank/a@1"));
  pool_.Must(TakeSnapshot("tank/a@2"));
  pool_.Write("tank/a", 1 * kMiB);
  const ObjectId first = pool_.Id("tank/a@1");
  const ObjectId second = pool_.Id("tank/a@2");
  const Version of_first = pool_.tree.VersionOf(first, Aspect::kSpace);
  const Version of_second = pool_.tree.VersionOf(second, Aspect::kSpace);
  // What the head overwrites is older than both snapshots: no snapshot's own figure changes.
  pool_.Write("tank/a", 11 * kMiB, 11 * kMiB);
  EXPECT_EQ(pool_.tree.VersionOf(first, Aspect::kSpace), of_first);
  EXPECT_EQ(pool_.tree.VersionOf(second, Aspect::kSpace), of_second);
  pool_.Must(Destroy("tank/a@1"));
  EXPECT_NE(pool_.tree.VersionOf(second, Aspect::kSpace), of_second);
}

TEST(SpacePolicyTest, TheSlopHasBounds) {
  EXPECT_EQ(SlopBytes(kTiB), 32 * kGiB);
  EXPECT_EQ(SlopBytes(100 * kTiB), 128 * kGiB);
  EXPECT_EQ(SlopBytes(2 * kGiB), 128 * kMiB);
  EXPECT_EQ(SlopBytes(100 * kMiB), 50 * kMiB);
  EXPECT_EQ(AdjustedPoolBytes(kTiB, SpacePolicy::kReserved), kTiB - 16 * kGiB);
  EXPECT_EQ(AdjustedPoolBytes(kTiB, SpacePolicy::kExtraReserved), kTiB - 8 * kGiB);
  EXPECT_EQ(AdjustedPoolBytes(kTiB, SpacePolicy::kNone), kTiB);
}

TEST(SpacePolicyTest, APoolIsFoundForEverySize) {
  for (const uint64_t bytes : {uint64_t{1}, 100 * kMiB, 10 * kGiB, 3 * kTiB, 500 * kTiB}) {
    const uint64_t pool = PoolBytesFor(bytes);
    EXPECT_GE(AdjustedPoolBytes(pool, SpacePolicy::kNormal), bytes);
    EXPECT_LT(AdjustedPoolBytes(pool - 1, SpacePolicy::kNormal), bytes);
  }
}

TEST(SpacePolicyTest, AFullPoolStillAllowsToDestroy) {
  // 64 GiB: slop 2 GiB. At 62.5 GiB used, a normal task and a half reserved one with 0 blocks fail
  // (62 and 63 are the limits), a destroy (63.5) does not.
  TestPool pool(64 * kGiB);
  pool.Must(CreateFilesystem("tank/a"));
  pool.Write("tank/a", 62 * kGiB + 512 * kMiB);
  EXPECT_EQ(CheckSpace(pool.tree, IoctlSpaceCost(pool.tree, TakeSnapshot("tank/a@s"))), kENOSPC);
  EXPECT_EQ(CheckSpace(pool.tree, IoctlSpaceCost(pool.tree, SetProperty("tank/a", "a:b", "c"))), 0);
  EXPECT_EQ(CheckSpace(pool.tree, IoctlSpaceCost(pool.tree, Destroy("tank/a"))), 0);
  EXPECT_EQ(CheckSpace(pool.tree, ProgramSpaceCost(Destroy("tank/a@s")), /*extra_bytes=*/kGiB), 0);
  EXPECT_EQ(CheckSpace(pool.tree, ProgramSpaceCost(Destroy("tank/a@s")), /*extra_bytes=*/kGiB + 1), kENOSPC);
}

TEST(SpacePolicyTest, ThreeCopiesOfEachBlockAreCounted) {
  // A snapshot states 3 blocks of 16 KiB: 144 KiB must be left below 62 GiB.
  TestPool pool(64 * kGiB);
  pool.Must(CreateFilesystem("tank/a"));
  const SpaceCost cost = IoctlSpaceCost(pool.tree, TakeSnapshot("tank/a@s"));
  pool.Write("tank/a", 62 * kGiB - 144 * kKiB);
  EXPECT_EQ(CheckSpace(pool.tree, cost), 0);
  pool.Write("tank/a", 1);
  EXPECT_EQ(CheckSpace(pool.tree, cost), kENOSPC);
}

TEST(SpacePolicyTest, APromoteTouchesEverySnapshotOfTheOrigin) {
  TestPool pool;
  pool.Must(CreateFilesystem("tank/a"));
  pool.Must(TakeSnapshot("tank/a@1"));
  pool.Must(TakeSnapshot("tank/a@2"));
  pool.Must(Clone("tank/a@1", "tank/c"));
  EXPECT_EQ(IoctlSpaceCost(pool.tree, Promote("tank/c")).blocks, 4u);
  EXPECT_EQ(IoctlSpaceCost(pool.tree, TakeSnapshots({"tank/a@3", "tank/c@3"})).blocks, 6u);
}

}  // namespace
}  // namespace model
