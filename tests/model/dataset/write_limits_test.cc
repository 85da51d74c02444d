// SPDX-License-Identifier: Apache-2.0
//
// Quotas, reservations and the pool's size as a writer meets them (OpenZFS
// module/zfs/dsl_dir.c:dsl_dir_tempreserve_impl, dsl_dir_willuse_space,
// dsl_dataset.c:dsl_dataset_check_quota).
#include "model/dataset/write_limits.h"

#include "tests/model/dataset/test_pool.h"

namespace model {
namespace {

constexpr uint64_t kTxg = 10;

class WriteLimitsTest : public ::testing::Test {
 protected:
  WriteLimitsTest() : pool_(64 * kGiB) {
    pool_.Must(CreateFilesystem("tank/a"));
    pool_.Must(CreateFilesystem("tank/a/b"));
  }
  // What a transaction of `asize` bytes is told, with `dirty` bytes of files in flight before it.
  int Check(uint64_t dirty, uint64_t asize = 1) {
    SpaceInFlight in_flight;
    in_flight.Write(pool_.tree, pool_.Id("tank/a/b"), kTxg, dirty);
    SpaceInFlight::Reservation reservation;
    return in_flight.Reserve(pool_.tree, pool_.Id("tank/a/b"), kTxg, asize, &reservation);
  }
  TestPool pool_;
};

TEST_F(WriteLimitsTest, WhatIsInFlightCounts24Times) {
  EXPECT_EQ(WorstCaseBytes(0), 0U);
  EXPECT_EQ(WorstCaseBytes(1), 512U * 24);  // Never less than a sector.
  EXPECT_EQ(WorstCaseBytes(kMiB), 24 * kMiB);
}

TEST_F(WriteLimitsTest, AQuotaAnywhereAboveCounts) {
  EXPECT_EQ(Check(kGiB), 0);
  pool_.Must(SetProperty("tank/a", "quota", "320M"));
  pool_.Write("tank/a", 90 * kMiB);
  // 320 MiB and a 32nd of it, 10 MiB, less the 90 MiB on disk: 240 MiB in flight are too many, and
  // that is what 10 MiB count as.
  EXPECT_EQ(Check(10 * kMiB - 1), 0);
  EXPECT_EQ(Check(10 * kMiB), kERESTART);
  pool_.Write("tank/a", 230 * kMiB);
  EXPECT_EQ(Check(0), kEDQUOT);
  EXPECT_EQ(Check(kMiB), kEDQUOT);  // On disk is over: nothing in flight helps.
}

TEST_F(WriteLimitsTest, TheWriteThatGoesOverAQuotaIsLetThrough) {
  pool_.Must(SetProperty("tank/a", "quota", "320M"));
  pool_.Write("tank/a", 320 * kMiB - 1);
  EXPECT_EQ(Check(0, 100 * kMiB), 0);  // Its own size is not added: one free hit.
}

TEST_F(WriteLimitsTest, ARefquotaCountsTheHeadAlone) {
  pool_.Must(SetProperty("tank/a/b", "refquota", "240M"));
  pool_.Write("tank/a", 500 * kMiB);
  EXPECT_EQ(Check(10 * kMiB - 1), 0);
  EXPECT_EQ(Check(10 * kMiB), kERESTART);
  pool_.Write("tank/a/b", 240 * kMiB);
  EXPECT_EQ(Check(1), kERESTART);  // What is in flight may free some.
  EXPECT_EQ(Check(0), kEDQUOT);
}

TEST_F(WriteLimitsTest, AFullPoolIsEnospc) {
  // 64 GiB less the slop of 2 GiB.
  pool_.Write("tank/a", 62 * kGiB - 1);
  EXPECT_EQ(Check(0), 0);
  pool_.Write("tank/a", 1);
  EXPECT_EQ(Check(0), kENOSPC);
}

TEST_F(WriteLimitsTest, AQuotaOfTheRootIsEdquotUnlessThePoolIsSmaller) {
  pool_.Must(SetProperty("tank", "quota", "1G"));
  pool_.Write("tank/a", kGiB);
  EXPECT_EQ(Check(0), kEDQUOT);
}

TEST_F(WriteLimitsTest, WhatAwaitsAsynchronousDestructionStillFillsThePool) {
  pool_.Must(CreateFilesystem("tank/c"));
  pool_.Write("tank/c", 62 * kGiB);
  pool_.Must(Destroy("tank/c"));
  EXPECT_EQ(Check(0), kENOSPC);
  pool_.tree.DrainFreeing(kGiB, pool_.txg);
  EXPECT_EQ(Check(0), 0);
}

TEST_F(WriteLimitsTest, AReservationKeepsAWriteFromTheQuotaAbove) {
  pool_.Must(SetProperty("tank/a/b", "reservation", "1G"));
  pool_.Must(SetProperty("tank/a", "quota", "2G"));
  pool_.Write("tank/a", kGiB);  // With the reservation the quota is reached.
  EXPECT_EQ(Check(0, 24 * kMiB), 0);
  // Past what is reserved, the level above is asked.
  pool_.Write("tank/a/b", kGiB);
  EXPECT_EQ(Check(0, 24 * kMiB), kEDQUOT);
}

TEST_F(WriteLimitsTest, ARefreservationIsRoomForItsOwnHead) {
  pool_.Must(SetProperty("tank/a/b", "refreservation", "1G"));
  pool_.Must(SetProperty("tank/a/b", "quota", "1G"));
  EXPECT_EQ(Check(0, kMiB), 0);
  pool_.Write("tank/a/b", kGiB);
  EXPECT_EQ(Check(0, kMiB), kEDQUOT);
}

TEST_F(WriteLimitsTest, AReservationOfATransactionCountsUntilItsCommit) {
  pool_.Must(SetProperty("tank/a", "quota", "320M"));
  SpaceInFlight in_flight;
  SpaceInFlight::Reservation first;
  SpaceInFlight::Reservation second;
  const ObjectId b = pool_.Id("tank/a/b");
  ASSERT_EQ(in_flight.Reserve(pool_.tree, b, kTxg, 330 * kMiB, &first), 0);
  EXPECT_EQ(in_flight.Of(pool_.Id("tank/a")), 330 * kMiB);
  EXPECT_EQ(in_flight.Reserve(pool_.tree, b, kTxg, 1, &second), kERESTART);
  EXPECT_EQ(in_flight.Of(b), 330 * kMiB);  // A refusal leaves nothing behind.
  in_flight.Release(&first);
  EXPECT_EQ(in_flight.Of(b), 0U);
  EXPECT_EQ(in_flight.Reserve(pool_.tree, b, kTxg, 1, &second), 0);
}

TEST_F(WriteLimitsTest, WhatWasDirtiedCountsUntilItsTxgIsOnDisk) {
  SpaceInFlight in_flight;
  const ObjectId b = pool_.Id("tank/a/b");
  in_flight.Write(pool_.tree, b, kTxg, kMiB);
  in_flight.Write(pool_.tree, b, kTxg + 1, 2 * kMiB);
  EXPECT_EQ(in_flight.Of(pool_.tree.root()), 72 * kMiB);
  in_flight.Forget(kTxg);
  EXPECT_EQ(in_flight.Of(b), 48 * kMiB);
  in_flight.Forget(kTxg + 1);
  EXPECT_EQ(in_flight.Of(b), 0U);
}

}  // namespace
}  // namespace model
