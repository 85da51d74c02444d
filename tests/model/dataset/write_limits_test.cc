// SPDX-License-Identifier: Apache-2.0
#include "model/dataset/write_limits.h"

#include "tests/model/dataset/test_pool.h"

namespace model {
namespace {

class WriteLimitsTest : public ::testing::Test {
 protected:
  WriteLimitsTest() : pool_(64 * kGiB) {
    pool_.Must(CreateFilesystem("tank/a"));
    pool_.Must(CreateFilesystem("tank/a/b"));
  }
  int Check(uint64_t in_flight) {
    return CheckWrite(pool_.tree, pool_.Id("tank/a/b"), [&](ObjectId) { return in_flight; });
  }
  TestPool pool_;
};

TEST_F(WriteLimitsTest, AQuotaAnywhereAboveCounts) {
  EXPECT_EQ(Check(kGiB), 0);
  pool_.Must(SetProperty("tank/a", "quota", "320M"));
  pool_.Write("tank/a", 100 * kMiB);
  // 320 MiB and a 32nd of it, 10 MiB, less the 100 MiB on disk: 230 MiB in flight are too many.
  EXPECT_EQ(Check(230 * kMiB - 1), 0);
  EXPECT_EQ(Check(230 * kMiB), kERESTART);
  pool_.Write("tank/a", 220 * kMiB);
  EXPECT_EQ(Check(0), kEDQUOT);
}

TEST_F(WriteLimitsTest, ARefquotaCountsTheHeadAlone) {
  pool_.Must(SetProperty("tank/a/b", "refquota", "100M"));
  pool_.Write("tank/a", 200 * kMiB);
  EXPECT_EQ(Check(100 * kMiB - 1), 0);
  EXPECT_EQ(Check(100 * kMiB), kERESTART);
  pool_.Write("tank/a/b", 100 * kMiB);
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

TEST_F(WriteLimitsTest, WhatAwaitsAsynchronousDestructionStillFillsThePool) {
  pool_.Must(CreateFilesystem("tank/c"));
  pool_.Write("tank/c", 62 * kGiB);
  pool_.Must(Destroy("tank/c"));
  EXPECT_EQ(Check(0), kENOSPC);
  pool_.tree.DrainFreeing(kGiB, pool_.txg);
  EXPECT_EQ(Check(0), 0);
}

}  // namespace
}  // namespace model
