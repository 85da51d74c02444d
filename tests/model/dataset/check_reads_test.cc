// SPDX-License-Identifier: Apache-2.0
#include "model/dataset/check_reads.h"

#include "gtest/gtest.h"
#include "tests/model/dataset/test_pool.h"

namespace model {
namespace {

class CheckReadsTest : public ::testing::Test {
 protected:
  CheckReadsTest() {
    for (const char* name : {"tank/a", "tank/b"}) pool_.Must(CreateFilesystem(name));
    for (const char* name : {"tank/a@x", "tank/a@y"}) pool_.Must(TakeSnapshot(name));
  }
  bool StaleAfter(const Mutation& checked, const Mutation& done) {
    ReadSet reads;
    NoteCheck(pool_.tree, checked, &reads);
    EXPECT_FALSE(reads.FirstStale(pool_.tree).has_value());
    pool_.Must(done);
    return reads.FirstStale(pool_.tree).has_value();
  }
  bool StaleAfterAWrite(const Mutation& checked) {
    ReadSet reads;
    NoteCheck(pool_.tree, checked, &reads);
    pool_.Write("tank/a", kMiB);
    return reads.FirstStale(pool_.tree).has_value();
  }
  TestPool pool_;
};

TEST_F(CheckReadsTest, ADestroyDependsOnWhatKeepsTheSnapshot) {
  EXPECT_TRUE(StaleAfter(Destroy("tank/a@x"), Hold("keep", "tank/a@x")));
  EXPECT_TRUE(StaleAfter(Destroy("tank/a@y"), Clone("tank/a@y", "tank/c")));
  EXPECT_FALSE(StaleAfter(Destroy("tank/a@x"), CreateFilesystem("tank/d")));
  EXPECT_FALSE(StaleAfterAWrite(Destroy("tank/a@x")));
}

TEST_F(CheckReadsTest, ACreateDependsOnTheNameAndTheParent) {
  EXPECT_TRUE(StaleAfter(CreateFilesystem("tank/b/new"), CreateFilesystem("tank/b/new")));
  EXPECT_TRUE(StaleAfter(CreateFilesystem("tank/b/e/f"), CreateFilesystem("tank/b/e")));
  EXPECT_FALSE(StaleAfter(CreateFilesystem("tank/b/g"), TakeSnapshot("tank/a@z")));
}

TEST_F(CheckReadsTest, ARollbackDependsOnSpaceAndASnapshotDoesNot) {
  EXPECT_TRUE(StaleAfterAWrite(Rollback("tank/a")));
  EXPECT_FALSE(StaleAfterAWrite(TakeSnapshot("tank/a@new")));
}

TEST_F(CheckReadsTest, ACloneDependsOnItsOriginAndItsNewName) {
  EXPECT_TRUE(StaleAfter(Clone("tank/a@x", "tank/c"), CreateFilesystem("tank/c")));
  EXPECT_TRUE(StaleAfter(Clone("tank/a@x", "tank/c2"), Destroy("tank/a@x")));
}

}  // namespace
}  // namespace model
